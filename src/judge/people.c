#include "judge/people.h"

#include "base/charset.h"
#include "judge/marks.h"
#include "judge/witness.h"
#include "read/address.h"
#include "read/text_head.h"

#define FIRST_WORDS 2
#define BLOCKS_LOOKED_AT 64
#define SHOWN_TIME_BYTES_MAX 48  /* of a line in which a window shows when a mail came */
#define ABOUT_SENDER_LEAD_MAX 24 /* bytes before the words that say so: a code, a status */

/* An index over the people by address, so that 100,000 recipients stay linear: open addressing,
 * rebuilt when it fills. */
struct index {
	uint32_t *slots; /* position + 1; 0 = free */
	size_t size;     /* a power of two */
};

static uint32_t
address_hash(struct str s)
{
	uint32_t h = 2166136261u;
	for (size_t i = 0; i < s.len; i++)
		h = (h ^ (uint32_t)ascii_lower((unsigned char)s.ptr[i])) * 16777619u;
	return h;
}

static struct person *
index_find(const struct index *ix, struct people *p, struct str address)
{
	if (ix->size == 0 || ix->slots == NULL)
		return NULL;
	for (size_t i = address_hash(address) & (ix->size - 1); ix->slots[i] != 0;
		i = (i + 1) & (ix->size - 1))
		if (str_eq_case(p->list[ix->slots[i] - 1].recipient, address))
			return &p->list[ix->slots[i] - 1];
	return NULL;
}

static void
index_put(struct index *ix, const struct people *p, size_t at)
{
	if (ix->slots == NULL)
		return;
	size_t i = address_hash(p->list[at].recipient) & (ix->size - 1);
	for (; ix->slots[i] != 0; i = (i + 1) & (ix->size - 1))
		if (str_eq_case(p->list[ix->slots[i] - 1].recipient, p->list[at].recipient))
			return; /* the first keeps the place, or many without a name cost their
				   square */
	ix->slots[i] = (uint32_t)at + 1;
}

static struct person *
add(const struct facts *f, struct people *p, struct index *ix, struct str address, const char *by)
{
	p->is_many = p->is_many || p->count == RECIPIENTS_MAX;
	if (p->count == RECIPIENTS_MAX)
		return NULL;
	struct person *const list = arena_more(f->arena, p->list, p->count, &p->room, sizeof *list);
	if (list == NULL)
		return NULL;
	p->list = list;
	struct person *const new = &list[p->count++];
	*new = (struct person){.recipient = address, .named_by = by};
	if (p->count * 2 > ix->size) {
		ix->size = ix->size == 0 ? 16 : ix->size * 4;
		ix->slots = arena_alloc(f->arena, ix->size, sizeof *ix->slots);
		if (ix->slots == NULL) {
			ix->size = 0;
			return new;
		}
		for (size_t i = 0; i < p->count; i++)
			index_put(ix, p, i);
	} else {
		index_put(ix, p, p->count - 1);
	}
	return new;
}

/* Few say more than two things, and there may be 100,000 people. */
static bool
has_room_for_words(const struct facts *f, struct person *who)
{
	if (who->word_count < who->word_room)
		return true;
	const size_t room = who->word_room == 0 ? FIRST_WORDS : WORDS_MAX;
	struct words *const words = arena_alloc(f->arena, room, sizeof *words);
	if (words == NULL)
		return false;
	if (who->word_count > 0)
		memcpy(words, who->words, who->word_count * sizeof *words);
	who->words = words;
	who->word_room = room;
	return true;
}

/* The same words are often said to many: they are joined, and searched, once. */
static struct words
words_of(const struct facts *f, const struct people *p, struct str raw, enum voice voice)
{
	const struct words *const last = &p->last_said;
	struct words w = {.raw = raw, .voice = voice};
	if (last->raw.ptr == raw.ptr && last->raw.len == raw.len &&
		(last->voice == VOICE_PROSE) == (voice == VOICE_PROSE)) {
		w.text = last->text;
		w.scan = last->scan;
	} else {
		w.text = voice == VOICE_PROSE ? raw : reply_join(raw, f->arena);
		w.scan = arena_alloc(f->arena, 1, sizeof *w.scan);
	}
	return w;
}

static void
say(const struct facts *f, struct people *p, struct person *who, struct str raw, enum voice voice)
{
	if (voice == VOICE_OWN)
		raw = reply_skip_rules(raw);
	raw = utf8_head(str_trim(raw), DIAGNOSTIC_BYTES_MAX);
	if (raw.len == 0 || who->word_count == WORDS_MAX)
		return;
	for (size_t i = 0; i < who->word_count; i++)
		if (str_eq(who->words[i].raw, raw))
			return;
	if (!has_room_for_words(f, who))
		return;
	p->last_said = words_of(f, p, raw, voice);
	if (p->last_said.scan != NULL)
		who->words[who->word_count++] = p->last_said;
}

static bool
is_usable(struct str address)
{
	return address.len > 0 && address.ptr[0] != '|' && address.ptr[0] != '/' &&
	       str_find_char(address, '@', 0) != STR_NPOS &&
	       str_find_char(address, ' ', 0) == STR_NPOS;
}

/* "|/usr/bin/procmail user", "/var/mail/x", ":include:...": what an alias led to, no address. */
static bool
is_command(struct str address)
{
	/* A quoted local part may be an address, and is none without a domain. */
	const bool is_quoted = address.len > 1 && address.ptr[0] == '"';
	if (is_quoted && str_find_char(address, '@', 0) == STR_NPOS)
		return true;
	const struct str bare = is_quoted ? str_from(address, 1) : address;
	return bare.len > 0 && memchr("|/:", bare.ptr[0], 3) != NULL;
}

/* The best name in a group: Final-Recipient when it is an address; else any that is; else what
 * there is. */
static struct str
group_address(const struct dsn_recipient *r)
{
	if (is_usable(r->final))
		return r->final;
	if (is_usable(r->original))
		return r->original;
	if (is_usable(r->actual))
		return r->actual;
	return r->final.len > 0 ? r->final : r->original.len > 0 ? r->original : r->actual;
}

static void
from_fields(const struct facts *f, struct people *p, struct index *ix)
{
	for (size_t i = 0; i < f->dsn.count; i++) {
		const struct dsn_recipient *const r = &f->dsn.recipients[i];
		const struct str address = witness_address(f, r, group_address(r));
		struct person *who = address.len > 0 ? index_find(ix, p, address) : NULL;
		/* The same recipient twice: once more is no second failure, unless the action
		 * differs. */
		if (who != NULL && who->dsn != NULL && who->dsn->action == r->action) {
			say(f, p, who, r->diagnostic, VOICE_DIAGNOSTIC);
			continue;
		}
		who = add(f, p, ix, address, "dsn");
		if (who == NULL)
			return;
		who->dsn = r;
		if (r->original.len > 0 && !str_eq_case(r->original, address))
			who->original = r->original;
		say(f, p, who, r->diagnostic, VOICE_DIAGNOSTIC);
		const size_t comment = str_find_char(r->status_text, '(', 0);
		if (comment != STR_NPOS)
			say(f, p, who, str_from(r->status_text, comment), VOICE_COMMENT);
		say(f, p, who, r->more, VOICE_COMMENT);
	}
}

static void
from_failed_field(const struct facts *f, struct people *p, struct index *ix)
{
	static const struct str name = STR_INIT("X-Failed-Recipients");
	for (size_t i = 0; i < f->header.count; i++) {
		if (!str_eq_case(f->header.fields[i].name, name))
			continue;
		for (struct str rest = f->header.fields[i].value; str_is_set(rest);) {
			const struct str address = address_clean(str_cut(&rest, ','));
			if (address.len > 0 && index_find(ix, p, address) == NULL)
				(void)add(f, p, ix, address, "x-failed-recipients");
		}
	}
}

/* A refusal in the form of a receipt (RFC 5429 s2.1.1): its text is what the one who refused says.
 */
static void
from_disposition(const struct facts *f, struct people *p, struct index *ix)
{
	const struct str address = address_typed(f->disposition.final_recipient, NULL);
	struct person *const who =
		is_usable(address) ? add(f, p, ix, address, "disposition") : NULL;
	if (who != NULL)
		say(f, p, who, f->prose.all, VOICE_OWN);
}

/* Does it stand on its line without a word or a sign behind it? */
static bool
is_bare(const struct facts *f, const struct block *b)
{
	const char *p = b->address.ptr + b->address.len;
	const char *const end = f->prose.all.ptr + f->prose.all.len;
	while (p < end && (*p == ' ' || *p == '\t' || *p == '>' || *p == '.'))
		p++;
	return p >= end || *p == '\n' || *p == '\r';
}

/* Below a sentence that tells whom it is about: an address of a signature, with at most a link or a
 * telephone number below it. */
static bool
is_signature(const struct facts *f, const struct block *b)
{
	return b->naming == NAMING_HEAD && !b->is_led && f->prose.has_sentence && is_bare(f, b) &&
	       facts_reply(f, str_head(b->own, 4096)).code == 0;
}

/* That of who answers questions, where the text speaks of somebody else too. */
static bool
is_for_questions(const struct facts *f, const struct block *b)
{
	if (!address_is_service(b->address) || b->address.ptr == f->prose.labelled.ptr)
		return false;
	for (size_t i = 0; i < f->prose.count && i < BLOCKS_LOOKED_AT; i++) {
		const struct str other = f->prose.blocks[i].address;
		if (str_find_char(other, '@', 0) != STR_NPOS && !address_is_service(other) &&
			!address_is_robot(other) && !str_eq_case(other, f->from_address) &&
			!str_eq_case(other, f->to_address))
			return true;
	}
	return false;
}

/* "Name <a@b>" and nothing but the day below it, "Tue, Mar 3, 9:13 AM (2 days ago)": what a window
 * shows above any mail. */
static bool
is_above_time(const struct facts *f, const struct block *b)
{
	const char *const end = f->prose.all.ptr + f->prose.all.len;
	struct str rest = str_between(b->address.ptr + b->address.len, end), line, below;
	if (b->naming != NAMING_LABEL || b->address.ptr == f->prose.all.ptr ||
		b->address.ptr[-1] != '<' || !str_line(&rest, &line) ||
		!str_eq(str_trim(line), STR(">")) || !str_line(&rest, &below) ||
		below.len > SHOWN_TIME_BYTES_MAX)
		return false;
	for (size_t i = 1; i + 2 < below.len; i++)
		if (below.ptr[i] == ':' && ascii_is_digit((unsigned char)below.ptr[i - 1]) &&
			ascii_is_digit((unsigned char)below.ptr[i + 1]) &&
			ascii_is_digit((unsigned char)below.ptr[i + 2]))
			return true;
	return false;
}

/* "Mail Delivery Subsystem <mailer-daemon@a.example>": who sent the report, as a window shows it
 * above the text, which speaks of somebody else. */
static bool
is_shown_sender(const struct facts *f, const struct block *b)
{
	if (f->is_message || !(address_is_robot(b->address) || is_above_time(f, b)) ||
		facts_reply(f, str_head(b->own, 4096)).code != 0)
		return false;
	for (size_t i = 0; i < f->prose.count && i < BLOCKS_LOOKED_AT; i++) {
		const struct block *const other = &f->prose.blocks[i];
		if (other != b && other->naming >= NAMING_SENTENCE &&
			!address_is_robot(other->address))
			return true;
	}
	return f->dsn.count > 0 || f->prose.exchange_count > 0;
}

/* "a@b adresinden ...": the one who got the report stands first in a sentence about somebody else.
 */
static bool
is_readers(const struct facts *f, const struct block *b)
{
	if (b->naming != NAMING_LABEL || !str_eq_case(b->address, f->to_address))
		return false;
	const bool is_labelled = b->address.ptr == f->prose.labelled.ptr;
	if (f->returned.is_there && str_has_case(f->returned.from, b->address) &&
		!str_has_case(f->returned.to, b->address))
		return true;
	for (size_t i = 0; i < f->prose.count && i < BLOCKS_LOOKED_AT; i++) {
		const struct block *const other = &f->prose.blocks[i];
		if (other->naming >= (is_labelled ? NAMING_LABEL : NAMING_SENTENCE) &&
			!other->is_contact && !address_is_robot(other->address) &&
			!str_eq_case(other->address, f->to_address) &&
			!str_eq_case(other->address, f->from_address))
			return true;
	}
	return false;
}

/* May this address, met in the prose, be a recipient of whom the report speaks? */
static bool
may_be_recipient(const struct facts *f, const struct people *p, const struct block *b)
{
	/* "<a@b>: Sender address rejected" is about the sender, when a person pasted just that. */
	struct str hit;
	if (!f->is_message && sign_seen(&f->signs, SIGN_ABOUT_SENDER) &&
		sign_in(b->own, SIGN_ABOUT_SENDER, &hit) &&
		(size_t)(hit.ptr - b->own.ptr) < ABOUT_SENDER_LEAD_MAX)
		return false;
	/* Nothing is said of it but that one may write to it. */
	if (b->is_contact && facts_reply(f, str_head(b->own, 4096)).code == 0)
		return false;
	/* "<mx.example.org>: Helo command rejected" is a piece of somebody's answer. */
	if (b->naming == NAMING_HEAD && f->prose.has_full &&
		str_find_char(b->address, '@', 0) == STR_NPOS && host_looks_real(b->address))
		return false;
	if (is_signature(f, b) || is_shown_sender(f, b) || is_readers(f, b))
		return false;
	/* "To:" in the head of a report that somebody forwards is the one who got it. */
	if (b->naming == NAMING_TO && str_is_within(b->address, p->quoted_head))
		return false;
	if (b->naming == NAMING_HEAD && b->own.len > 0)
		return true;
	if (is_for_questions(f, b))
		return false;
	/* An address alone below "Recipient: a@b" is that of who signs. */
	if (b->naming == NAMING_HEAD && str_is_set(f->prose.labelled) &&
		f->prose.labelled.ptr < b->address.ptr)
		return false;
	if (b->naming >= NAMING_LABEL)
		return !address_is_robot(b->address) || b->naming == NAMING_HEAD;
	return !address_is_robot(b->address) && !str_eq_case(b->address, f->from_address) &&
	       !str_eq_case(b->address, f->to_address) && !str_eq_case(b->address, p->quoted_to) &&
	       !str_eq_case(b->address, f->returned.return_path);
}

/* The strength of the strongest naming among the blocks that may be recipients. */
static enum naming
strongest(const struct facts *f, const struct people *p, enum naming at_least)
{
	enum naming best = NAMING_PASSING;
	for (size_t i = 0; i < f->prose.count; i++) {
		const struct block *const b = &f->prose.blocks[i];
		if (b->naming > best && b->naming >= at_least && may_be_recipient(f, p, b))
			best = b->naming;
	}
	return best;
}

/* "jsmith", and the message went to jsmith@example.org alone. */
static struct str
fuller_name(const struct facts *f, struct str address)
{
	size_t at = 0;
	if (!f->returned.is_there || str_find_char(address, '@', 0) != STR_NPOS)
		return address;
	const struct str to = address_next(f->returned.to, &at);
	return str_is_set(to) && address_same(to, address) ? to : address;
}

static void
from_prose(const struct facts *f, struct people *p, struct index *ix, enum naming at_least)
{
	const enum naming best = strongest(f, p, at_least);
	bool is_taken = false; /* the one before */
	if (best < at_least)
		return;
	for (size_t i = 0; i < f->prose.count; i++) {
		const struct block *const b = &f->prose.blocks[i];
		if (b->naming != best || !may_be_recipient(f, p, b))
			continue;
		struct person *who = index_find(ix, p, b->address);
		/* One sentence names one recipient surely, or a list of them; more only when they
		 * are heads or labelled. */
		is_taken = best >= NAMING_OBJECT || p->count == 0 || (b->is_listed && is_taken);
		if (who == NULL && !is_taken)
			continue;
		/* "|/usr/bin/filter", "(expanded from: <a@b>)": nobody knows the pipe but its
		 * server. */
		const bool is_pipe = is_command(b->address) && is_usable(b->original);
		if (who == NULL)
			who = add(f, p, ix, is_pipe ? b->original : fuller_name(f, b->address),
				"text");
		if (who != NULL && !is_pipe && b->original.len > 0 && who->original.len == 0)
			who->original = b->original;
	}
}

/* "Rejected posting to list@a", "Your mail to a@b": the subject of a failure, where nothing else
 * names anybody. */
static void
from_subject(const struct facts *f, struct people *p, struct index *ix)
{
	size_t at = 0;
	if (!f->is_message || (f->prose.count > 0 && !sign_seen(&f->subject_signs, SIGN_FAILURE) &&
				      !str_eq(str_trim(f->return_path), STR("<>"))))
		return;
	const struct str address = address_next(f->subject, &at);
	/* A line end that was lost has put the Message-ID behind it. */
	if (str_is_set(address) && !address_is_robot(address) &&
		!text_is_behind_sender_word(f->subject, address) &&
		!str_eq_case(address, f->from_address) && !str_eq_case(address, f->to_address))
		(void)add(f, p, ix, address, "subject");
}

/* A list that sends a post back, and names itself in its header alone. */
static void
from_list_header(const struct facts *f, struct people *p, struct index *ix)
{
	static const struct str names[] = {STR_INIT("X-BeenThere"), STR_INIT("List-Post")};
	for (size_t i = 0; i < sizeof names / sizeof *names && p->count == 0; i++) {
		size_t at = 0;
		const struct str list = address_next(header_find(&f->header, names[i]), &at);
		if (str_is_set(list))
			(void)add(f, p, ix, list, "list");
	}
}

/* "RCPT TO:<a@b>" in the dialogue, when the answer to it is a refusal, or all of it was refused. */
static void
from_dialogue(const struct facts *f, struct people *p, struct index *ix)
{
	for (size_t i = 0; i < f->prose.exchange_count; i++) {
		const struct exchange *const e = &f->prose.dialogue[i];
		if (!str_starts_case(e->command, STR("RCPT TO:")))
			continue;
		const struct str address = address_clean(str_from(e->command, 8));
		if (is_usable(address) && index_find(ix, p, address) == NULL)
			(void)add(f, p, ix, address, "dialogue");
	}
}

/* Last of all: the one recipient in the header of the returned message, or in the description of
 * it. */
static void
from_returned(const struct facts *f, struct people *p, struct index *ix)
{
	for (size_t i = 0; i < f->prose.count && p->count == 0; i++)
		if (f->prose.blocks[i].naming == NAMING_TO &&
			may_be_recipient(f, p, &f->prose.blocks[i]))
			(void)add(f, p, ix, f->prose.blocks[i].address, "returned");
	if (p->count > 0 || !f->returned.is_there)
		return;
	size_t at = 0;
	const struct str to = f->returned.to;
	const struct str first = address_next(to, &at);
	if (!str_is_set(first) || str_is_set(address_next(to, &at)))
		return;
	(void)add(f, p, ix, first, "returned");
}

static struct person *
person_like(struct people *p, const struct index *ix, struct str address)
{
	struct person *const exact = index_find(ix, p, address);
	if (exact != NULL || p->count > 64)
		return exact;
	for (size_t i = 0; i < p->count; i++) {
		struct person *const who = &p->list[i];
		if (address_same(who->recipient, address) || address_same(who->original, address) ||
			(who->dsn != NULL && address_same(who->dsn->actual, address)))
			return who;
	}
	return NULL;
}

/* Gives what the prose says under an address to the person it speaks of; what it says to all, to
 * all. */
static void
add_prose(const struct facts *f, struct people *p, const struct index *ix)
{
	for (size_t i = 0; i < f->prose.count; i++) {
		const struct block *const b = &f->prose.blocks[i];
		if (b->naming < NAMING_SENTENCE)
			continue;
		struct person *const who = person_like(p, ix, b->address);
		if (who == NULL)
			continue;
		if (b->original.len > 0 && who->original.len == 0 &&
			!str_eq_case(b->original, who->recipient))
			who->original = b->original;
		/* A sentence that names somebody is the report's, not the server's; so is what
		 * stands below it, unless each one has a paragraph of his own. */
		const bool is_reports = b->naming == NAMING_SENTENCE ||
					(b->naming == NAMING_OBJECT && p->count == 1);
		say(f, p, who, b->own, is_reports && f->is_message ? VOICE_AFTER : VOICE_OWN);
		say(f, p, who, b->after, VOICE_AFTER);
	}
}

/* A text with a list of those that failed and one of those still being tried, or who have got it:
 * who is on which. With one list alone, the message as a whole tells. */
static void
note_fates(const struct facts *f, struct people *p, const struct index *ix)
{
	size_t delayed = 0, failed = 0, delivered = 0;
	for (size_t i = 0; i < f->prose.count; i++) {
		const struct block *const b = &f->prose.blocks[i];
		if (b->naming >= NAMING_OBJECT)
			*(b->is_delivered ? &delivered : b->is_delayed ? &delayed : &failed) += 1;
	}
	const bool is_mixed = failed > 0 ? delayed + delivered > 0 : delayed > 0 && delivered > 0;
	for (size_t i = 0; is_mixed && i < f->prose.count; i++) {
		const struct block *const b = &f->prose.blocks[i];
		struct person *const who =
			b->naming >= NAMING_OBJECT ? person_like(p, ix, b->address) : NULL;
		if (who == NULL)
			continue;
		who->is_delivered = b->is_delivered;
		who->is_delayed = b->is_delayed && !b->is_delivered;
	}
}

static bool
is_refusal(struct str reply)
{
	return reply.len >= 3 && (reply.ptr[0] == '4' || reply.ptr[0] == '5') &&
	       ascii_is_digit((unsigned char)reply.ptr[1]);
}

/* Who had a line of the transcript before that answer came, "<a@b>... Deferred: Connection
 * refused", and is not meant by it. */
static void
note_settled(const struct facts *f, struct people *p, const struct index *ix, struct str answer)
{
	for (size_t i = 0; i < f->prose.count && f->prose.blocks[i].address.ptr < answer.ptr; i++) {
		const struct block *const b = &f->prose.blocks[i];
		struct person *const who =
			str_starts(b->own, STR("...")) ? person_like(p, ix, b->address) : NULL;
		if (who != NULL)
			who->is_settled = true;
	}
}

/* A command whose refusal ends nothing: the client does without. */
static bool
goes_on_behind(struct str command)
{
	static const struct str verbs[] = {
		STR_INIT("STARTTLS"), STR_INIT("EHLO"), STR_INIT("HELO"), STR_INIT("AUTH")};
	for (size_t i = 0; i < sizeof verbs / sizeof *verbs; i++)
		if (str_starts_case(command, verbs[i]))
			return true;
	return false;
}

/* "452 try later" of the first host, and "552 too big" of the one that was asked next: the last one
 * decided. */
static bool
is_overruled(const struct person *who, const struct exchange *common)
{
	const struct words *const w = who->word_count > 0 ? who->words : NULL;
	for (size_t i = 0; w != NULL && i < who->word_count; i++)
		if (w[i].voice == VOICE_REPLY)
			return w[i].raw.ptr[0] == '4' && common->reply.ptr[0] == '5' &&
			       w[i].raw.ptr < common->reply.ptr && str_is_set(who->host) &&
			       str_is_set(common->host) && !str_eq_case(who->host, common->host);
	return false;
}

/* Puts the answer that decided in place of the one before, which is forgotten. */
static void
overrule(const struct facts *f, struct people *p, struct person *who, struct str reply)
{
	size_t kept = 0;
	for (size_t i = 0; i < who->word_count; i++)
		if (who->words[i].voice != VOICE_REPLY && who->words[i].voice != VOICE_OWN)
			who->words[kept++] = who->words[i];
	who->word_count = kept;
	say(f, p, who, reply, VOICE_REPLY);
	if (who->word_count == kept + 1) {
		const struct words last = who->words[kept];
		memmove(who->words + 1, who->words, kept * sizeof last);
		who->words[0] = last;
	}
}

/* "550 5.1.1 <c@d>... User unknown": does the answer begin with somebody's address? */
static bool
begins_with_other(struct str reply)
{
	struct status s;
	struct str rest = str_trim(str_from(reply, 3)), address, tail;
	rest = str_trim(str_from(rest, status_parse(rest, &s)));
	return rest.len > 0 && rest.ptr[0] == '<' && text_head(rest, &address, &tail);
}

/*
 * Gives the dialogue's refusals to the people. An answer to somebody's RCPT, or one that names
 * somebody, is theirs; the first refusal of anything else is everybody's who has none ("503 need
 * RCPT" behind it only echoes it).
 */
static void
add_dialogue(const struct facts *f, struct people *p, const struct index *ix, bool is_failure)
{
	const struct exchange *common = NULL;
	for (size_t i = 0; i < f->prose.exchange_count; i++) {
		const struct exchange *const e = &f->prose.dialogue[i];
		if (!is_refusal(e->reply))
			continue;
		struct person *who = NULL;
		size_t at = 0;
		struct str named;
		if (str_starts_case(e->command, STR("RCPT TO:")))
			who = person_like(p, ix, address_clean(str_from(e->command, 8)));
		while (who == NULL && str_is_set(named = address_next(e->reply, &at)))
			who = person_like(p, ix, named);
		if (who == NULL) {
			/* What still waits was not refused for good; another was. */
			if (!is_failure && e->reply.ptr[0] == '5' && begins_with_other(e->reply))
				continue;
			if (common == NULL || goes_on_behind(common->command))
				common = e;
			continue;
		}
		say(f, p, who, e->reply, VOICE_REPLY);
		if (!str_is_set(who->command))
			who->command = e->command;
		if (!str_is_set(who->host))
			who->host = e->host;
	}
	if (common != NULL && p->count > 1)
		note_settled(f, p, ix, common->reply);
	for (size_t i = 0; common != NULL && i < p->count; i++) {
		struct person *const who = &p->list[i];
		const bool is_last = is_failure && is_overruled(who, common);
		if ((str_is_set(who->command) && !is_last) || who->is_settled)
			continue;
		if (is_last)
			overrule(f, p, who, common->reply);
		else
			say(f, p, who, common->reply, VOICE_REPLY);
		who->command = common->command;
		who->host = common->host;
	}
}

void
people_gather(const struct facts *f, bool is_failure, struct people *p)
{
	struct index ix = {0};
	*p = (struct people){0};
	for (size_t i = 0; i < f->prose.count; i++)
		if (f->prose.blocks[i].naming == NAMING_TO) {
			p->quoted_head = mark_quoted_head(f);
			if (str_is_within(f->prose.blocks[i].address, p->quoted_head))
				p->quoted_to = f->prose.blocks[i].address;
			break;
		}
	from_fields(f, p, &ix);
	if (p->count == 0)
		from_failed_field(f, p, &ix);
	if (p->count == 0 && is_failure)
		from_disposition(f, p, &ix);
	if (p->count == 0)
		from_prose(f, p, &ix, NAMING_LABEL);
	if (p->count == 0 && is_failure)
		from_dialogue(f, p, &ix);
	if (p->count == 0 && is_failure)
		from_prose(f, p, &ix, NAMING_SENTENCE);
	if (p->count == 0 && is_failure)
		from_subject(f, p, &ix);
	if (p->count == 0 && is_failure)
		from_list_header(f, p, &ix);
	if (p->count == 0 && is_failure)
		from_prose(f, p, &ix, NAMING_PASSING);
	if (p->count == 0 && is_failure)
		from_returned(f, p, &ix);
	/* A group without an address of use (a pipe, a path, nothing) belongs to the one whom the
	 * rest names. */
	if (p->count == 1 && p->list[0].dsn != NULL &&
		(p->list[0].recipient.len == 0 || is_command(p->list[0].recipient))) {
		struct people named = {0};
		struct index by_name = {0};
		from_failed_field(f, &named, &by_name);
		if (named.count == 0)
			from_prose(f, &named, &by_name, NAMING_SENTENCE);
		if (named.count == 0)
			from_returned(f, &named, &by_name);
		if (named.count > 0) {
			p->list[0].recipient = named.list[0].recipient;
			p->list[0].named_by = named.list[0].named_by;
			ix = (struct index){0};
		}
	}
	add_prose(f, p, &ix);
	note_fates(f, p, &ix);
	add_dialogue(f, p, &ix, is_failure);
	bool has_own = false;
	for (size_t i = 0; i < p->count; i++)
		has_own = has_own ||
			  (p->list[i].word_count > 0 && p->list[i].words[0].voice <= VOICE_OWN);
	for (size_t i = 0; i < p->count; i++) {
		p->list[i].is_one_of_many = p->count > 1 && has_own;
		if (!p->list[i].is_one_of_many && p->count <= 64)
			say(f, p, &p->list[i], f->prose.all,
				f->is_relined && p->count == 1 ? VOICE_OWN : VOICE_PROSE);
	}
}

void
people_say_prose(const struct facts *f, struct people *p)
{
	struct person *const who = &p->list[0];
	if (f->dsn.count > 0)
		say(f, p, who, f->dsn.recipients[0].diagnostic, VOICE_DIAGNOSTIC);
	for (size_t i = 0; i < f->prose.exchange_count && who->word_count < 2; i++)
		if (is_refusal(f->prose.dialogue[i].reply)) {
			say(f, p, who, f->prose.dialogue[i].reply, VOICE_REPLY);
			who->command = f->prose.dialogue[i].command;
			who->host = f->prose.dialogue[i].host;
		}
	/* Without a header it is a reply or a paste: all of it is what the server said. */
	say(f, p, who, f->prose.all, f->is_message ? VOICE_PROSE : VOICE_OWN);
}

const struct scanned *
words_scan(struct words *w, struct arena *a)
{
	if (!str_is_set(w->scan->text))
		scan_make(w->text, a, w->scan);
	return w->scan;
}
