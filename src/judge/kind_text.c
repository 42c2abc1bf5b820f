/* Text without a header: somebody pasted it because it is about a failure, or has a question. */
#include "judge/attempts.h"
#include "judge/generator.h"
#include "judge/kind_inside.h"
#include "judge/marks.h"
#include "read/address.h"

#define ANSWER_PASTE_COLUMNS 400 /* the words of an answer, without its code */
#define PHRASE_PASTE_BYTES 140   /* "Connection refused" and nothing else */

/* Does the prose itself, not a quoted answer, say that delivery failed? */
static bool
prose_says_failure(const struct facts *f)
{
	for (size_t i = 0; i < f->prose.lines.count; i++) {
		const struct text_line *const l = &f->prose.lines.list[i];
		if (((l->signs >> SIGN_FAILURE) & 1) && !field_continues(l->raw) &&
			str_find_char(l->raw, '@', 0) == STR_NPOS &&
			facts_reply(f, l->raw).code == 0)
			return true;
	}
	return false;
}

/* Do the words give a reason, so that they can only be about a failure? Weak ones count where they
 * stand under an address. */
static bool
gives_reason(const struct facts *f)
{
	const struct candidate c = kind_reason_in_prose(f);
	return c.weight >= RANK_PHRASE_STRONG ||
	       (c.weight >= RANK_PHRASE_WEAK &&
		       (mark_head_block(f) || f->prose.all.len <= PHRASE_PASTE_BYTES));
}

/* "250 2.0.0 Ok: queued, 512 bytes": an answer that takes the mail, and no other behind it. */
static bool
is_taken(struct str text)
{
	text = str_trim(text);
	const int64_t code = str_number(text, 299);
	return (code == 250 || code == 251) &&
	       !reply_scan(str_head(text, MARK_REPLY_BYTES)).is_sure;
}

/* What a text without a header has of a report. People also paste their questions, and pages that
 * speak of failed mail. */
enum grip {
	GRIP_NONE,
	GRIP_PHRASE, /* it is so short that it may be a server's words and nothing else */
	GRIP_FATE, /* what became of mail to an address, a server's answer, a program's own words */
	GRIP_FORM  /* a form that only reports have */
};

/* Is anybody named so, whom one is not just to write to? */
static bool
is_named(const struct facts *f, enum naming at_least)
{
	for (size_t i = 0; i < f->prose.count && i < KIND_BLOCKS_LOOKED_AT; i++) {
		const struct block *const b = &f->prose.blocks[i];
		if (b->naming >= at_least && !b->is_contact && !address_is_robot(b->address))
			return true;
	}
	return false;
}

/* "Delivery to the following recipients failed:", and whom it is about below it. */
static bool
announces_failed(const struct facts *f)
{
	for (size_t i = 0; i + 1 < f->prose.lines.count && i < KIND_BLOCKS_LOOKED_AT; i++) {
		const struct text_line *const l = &f->prose.lines.list[i];
		if (((l->signs >> SIGN_FAILURE) & 1) && str_ends_case(str_trim(l->raw), STR(":")))
			return true;
	}
	return false;
}

/* "... was not delivered", and "To: a@b" behind it; before it stands what a window shows of any
 * mail. */
static bool
describes_failed(const struct facts *f)
{
	const struct str told = sign_words(&f->signs, SIGN_FAILURE);
	for (size_t i = 0; str_is_set(told) && i < f->prose.count && i < KIND_BLOCKS_LOOKED_AT; i++)
		if (f->prose.blocks[i].naming == NAMING_TO &&
			f->prose.blocks[i].address.ptr > told.ptr)
			return true;
	return false;
}

/* Is it one line of so many columns, not counting links? */
static bool
is_one_line(struct str text, size_t columns)
{
	size_t n = 0;
	text = str_trim(text);
	if (str_find_char(text, '\n', 0) != STR_NPOS)
		return false;
	for (struct str word; str_is_set(word = str_word(&text)) && word.len > 0;)
		if (!str_has(word, STR("://")))
			for (size_t i = 0; i < word.len; i++)
				n += ((unsigned char)word.ptr[i] & 0xC0) != 0x80;
	return n <= columns;
}

/* "<a@b> ... unknown user": a plain reason under somebody's address in angle brackets, at the head
 * of a line. */
static bool
has_head_with_reason(const struct facts *f)
{
	bool has_head = false;
	for (size_t i = 0; i < f->prose.count && i < KIND_BLOCKS_LOOKED_AT && !has_head; i++) {
		const struct block *const b = &f->prose.blocks[i];
		has_head = b->naming == NAMING_HEAD && b->own.len > 0 && !b->is_contact &&
			   b->address.ptr > f->prose.all.ptr && b->address.ptr[-1] == '<';
	}
	return has_head && kind_reason_in_prose(f).weight >= RANK_PHRASE_STRONG;
}

static enum grip
grip_of(const struct facts *f, const struct reply *r)
{
	const bool is_told = sign_seen(&f->signs, SIGN_FAILURE) ||
			     sign_seen(&f->signs, SIGN_DELAY) ||
			     sign_seen(&f->signs, SIGN_EXPIRED) ||
			     sign_seen(&f->signs, SIGN_SUCCESS) || f->prose.is_letter;
	if (mark_refusals(f) > 0 || str_is_set(mark_quoted_head(f)) ||
		((r->is_sure || is_told) && is_named(f, NAMING_OBJECT)))
		return GRIP_FORM;
	if (r->is_sure || is_named(f, NAMING_SENTENCE) || announces_failed(f) ||
		describes_failed(f) || (is_told && f->returned.is_there) ||
		(sign_seen(&f->signs, SIGN_EXPIRED) && is_one_line(f->prose.all, SIZE_MAX)) ||
		(r->status.class != 0 && (is_told || gives_reason(f))) ||
		str_is_set(generator_find(f)) || has_head_with_reason(f))
		return GRIP_FATE;
	const bool is_phrase = f->prose.all.len <= PHRASE_PASTE_BYTES ||
			       (is_one_line(f->prose.all, ANSWER_PASTE_COLUMNS) && gives_reason(f));
	return is_phrase ? GRIP_PHRASE : GRIP_NONE;
}

/* Does somebody speak who is no server? */
static bool
is_talk(const struct facts *f, enum grip grip)
{
	const bool is_question = mark_asks(str_head(f->prose.all, MARK_REPLY_BYTES));
	if (grip == GRIP_FATE)
		return is_question && facts_letter(f).is_persons;
	if (is_question)
		return true;
	/* A login that a server refused speaks of passwords, too. */
	const struct letter l = facts_letter(f);
	return l.is_persons ||
	       (l.is_other && kind_reason_in_prose(f).reason != REASON_LOGIN_FAILED);
}

/* Words that speak of failed mail, and are no report. */
static bool
by_talk(const struct facts *f, enum grip grip, struct kind *k)
{
	if (grip == GRIP_FORM)
		return false;
	if (sign_seen(&f->signs, SIGN_AUTO_REPLY) ||
		(grip < GRIP_FATE && facts_letter(f).is_away)) {
		kind_set(k, NIXIE_KIND_AUTO_REPLY, "kind:auto-reply",
			sign_words(&f->signs, SIGN_AUTO_REPLY));
		return true;
	}
	if (sign_seen(&f->signs, SIGN_CHALLENGE) && !sign_seen(&f->signs, SIGN_EXPIRED)) {
		kind_set(k, NIXIE_KIND_CHALLENGE, "kind:challenge",
			sign_words(&f->signs, SIGN_CHALLENGE));
		return true;
	}
	/* "... restricted to moderators" refuses a post. */
	const bool waits = sign_seen(&f->signs, SIGN_MODERATION) &&
			   !(grip == GRIP_FATE && sign_seen(&f->signs, SIGN_FAILURE) &&
				   kind_reason_in_prose(f).reason == REASON_LIST_RESTRICTED);
	return grip == GRIP_NONE || waits || is_talk(f, grip);
}

void
kind_of_text(const struct facts *f, struct kind *k)
{
	const struct reply r = facts_reply(f, str_head(f->prose.all, MARK_REPLY_BYTES));
	if (is_taken(f->prose.all)) {
		kind_set(k, NIXIE_KIND_SUCCESS, "kind:reply", STR_NONE);
		return;
	}
	if (by_talk(f, grip_of(f, &r), k))
		return;
	const bool is_delay = sign_seen(&f->signs, SIGN_DELAY) && !kind_has_final_block(f);
	/* A bare 4xx answer: the one who got it will try again, unless the text around it says it
	 * was the last. */
	const bool is_bare_4xx = r.code / 100 == 4 && !sign_seen(&f->signs, SIGN_EXPIRED) &&
				 !prose_says_failure(f) &&
				 !attempts_end(str_head(f->prose.all, MARK_REPLY_BYTES));
	if (is_delay || is_bare_4xx)
		kind_set(k, NIXIE_KIND_DELAY, "kind:words", sign_words(&f->signs, SIGN_DELAY));
	else if (r.code != 0 || r.status.class != 0)
		kind_set(k, NIXIE_KIND_FAILURE, "kind:reply", STR_NONE);
	else if (sign_seen(&f->signs, SIGN_FAILURE) || sign_seen(&f->signs, SIGN_EXPIRED))
		kind_set(k, NIXIE_KIND_FAILURE, "kind:words", sign_words(&f->signs, SIGN_FAILURE));
	else if (mark_refusals(f) > 0)
		kind_set(k, NIXIE_KIND_FAILURE, "kind:dialogue", STR_NONE);
	else if (sign_seen(&f->signs, SIGN_SUCCESS))
		kind_set(k, NIXIE_KIND_SUCCESS, "kind:success-words",
			sign_words(&f->signs, SIGN_SUCCESS));
	else if (gives_reason(f))
		kind_set(k, NIXIE_KIND_FAILURE, "kind:reason", STR_NONE);
	else if (f->prose.is_letter)
		kind_set(k,
			f->prose.letter_sign == SIGN_DELAY ? NIXIE_KIND_DELAY : NIXIE_KIND_FAILURE,
			"kind:letter", f->prose.letter_words);
}
