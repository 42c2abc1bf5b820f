/* Whom the prose of a report names, and who else stands in it. */
#include "judge/people_inside.h"

#include "read/address.h"
#include "read/host.h"

#define BLOCKS_LOOKED_AT 64
#define ASIDE_BYTES_MAX 16       /* behind the address of who signs: a telephone's number */
#define NAMED_IN_BYTES 4096      /* of a text, in which a local part may stand alone */
#define NAMED_WORD_MIN 3         /* bytes of one that is no word by chance */
#define SHOWN_TIME_BYTES_MAX 48  /* of a line in which a window shows when a mail came */
#define ABOUT_SENDER_LEAD_MAX 24 /* bytes before the words that say so: a code, a status */

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

/* Few words behind an address, and no server's. */
static bool
says_little(struct str own)
{
	struct str hit;
	return own.len <= ASIDE_BYTES_MAX && str_find_char(str_trim(own), '\n', 0) == STR_NPOS &&
	       reply_scan(own).code == 0 && !sign_in(own, SIGN_FAILURE, &hit);
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
	/* "help@a.example - ext. 4410" is no less for questions. */
	const bool is_told_of = b->naming == NAMING_HEAD && b->own.len > 0;
	if (is_told_of && !(says_little(b->own) && is_for_questions(f, b)))
		return true;
	if (is_told_of || is_for_questions(f, b))
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

/* "Received: ... by mx.example.org for <a@b>; ...": for whom the last server took the message. */
static struct str
taken_for(const struct header *h)
{
	const struct str received = header_find(h, STR("Received"));
	size_t at = received.ptr == NULL ? STR_NPOS : str_find(received, STR("for <"), 0);
	if (at == STR_NPOS || at == 0 || !ascii_is_space((unsigned char)received.ptr[at - 1]))
		return STR_NONE;
	return address_next(received, &at);
}

/* "jsmith", and the message went to jsmith@example.org alone. */
static struct str
fuller_name(const struct facts *f, struct str address)
{
	size_t at = 0;
	if (!f->returned.is_there || str_find_char(address, '@', 0) != STR_NPOS)
		return address;
	const struct str to = address_next(f->returned.to, &at);
	if (str_is_set(to) && address_same(to, address))
		return to;
	const struct str taken = taken_for(&f->returned.header);
	return address_same(taken, address) ? taken : address;
}

void
people_from_prose(
	const struct facts *f, struct people *p, struct people_index *ix, enum naming at_least)
{
	const enum naming best = strongest(f, p, at_least);
	bool is_taken = false; /* the one before */
	if (best < at_least)
		return;
	for (size_t i = 0; i < f->prose.count; i++) {
		const struct block *const b = &f->prose.blocks[i];
		if (b->naming != best || !may_be_recipient(f, p, b))
			continue;
		struct person *who = people_find(ix, p, b->address);
		/* One sentence names one recipient surely, or a list of them; more only when they
		 * are heads or labelled. */
		is_taken = best >= NAMING_OBJECT || p->count == 0 || (b->is_listed && is_taken);
		if (who == NULL && !is_taken)
			continue;
		/* "|/usr/bin/filter", "(expanded from: <a@b>)": nobody knows the pipe but its
		 * server. */
		const bool is_pipe =
			people_is_command(b->address) && people_is_address(b->original);
		if (who == NULL)
			who = people_add(f, p, ix,
				is_pipe ? b->original : fuller_name(f, b->address), "text");
		if (who != NULL && !is_pipe && b->original.len > 0 && who->original.len == 0)
			who->original = b->original;
	}
}

/* Does it stand in the text, and not as a part of a longer word? */
static bool
names_word(struct str text, struct str word)
{
	text = str_head(text, NAMED_IN_BYTES);
	for (size_t at = 0;
		word.len >= NAMED_WORD_MIN && (at = str_find_case(text, word, at)) != STR_NPOS;
		at++) {
		const size_t to = at + word.len;
		if ((at == 0 || !ascii_is_alnum((unsigned char)text.ptr[at - 1])) &&
			(to == text.len || !ascii_is_alnum((unsigned char)text.ptr[to])))
			return true;
	}
	return false;
}

void
people_from_returned(const struct facts *f, struct people *p, struct people_index *ix)
{
	for (size_t i = 0; i < f->prose.count && p->count == 0; i++)
		if (f->prose.blocks[i].naming == NAMING_TO &&
			may_be_recipient(f, p, &f->prose.blocks[i]))
			(void)people_add(f, p, ix, f->prose.blocks[i].address, "returned");
	if (p->count > 0 || !f->returned.is_there)
		return;
	/* A list's message: the text names the member by the local part alone. */
	const struct str taken = taken_for(&f->returned.header);
	if (str_is_set(taken) && !str_has_case(f->returned.to, taken) &&
		names_word(f->prose.all, address_local(taken))) {
		(void)people_add(f, p, ix, taken, "returned");
		return;
	}
	size_t at = 0;
	const struct str to = f->returned.to;
	const struct str first = address_next(to, &at);
	if (!str_is_set(first) || str_is_set(address_next(to, &at)))
		return;
	(void)people_add(f, p, ix, first, "returned");
}
