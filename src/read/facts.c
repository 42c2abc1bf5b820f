#include "read/facts_inside.h"

#include <stddef.h>

#include "read/address.h"
#include "read/mend.h"
#include "read/reline.h"

#define NAMINGS_OF_LETTER_MAX 64 /* addresses in it that may be whom it is about */
#define TORN_LINES_MAX 8         /* of a field that lost its beginning */
#define HEADER_CUTS_MAX 4        /* blank lines in a header that are none of it */

void
facts_note(struct facts *f, const char *what, size_t at)
{
	for (size_t i = 0; i < f->note_count; i++)
		if (strcmp(f->notes[i].what, what) == 0)
			return;
	if (f->note_count < NOTES_MAX)
		f->notes[f->note_count++] = (struct note){what, at};
}

/* What judges asked for: the letter, and the replies that were asked for last, each in the place
 * that its words choose. */
#define REPLIES_KEPT 8
struct facts_memo {
	struct {
		struct str words;
		struct reply reply;
	} list[REPLIES_KEPT];
	struct letter letter;
	bool has_letter;
};

struct reply
facts_reply(const struct facts *f, struct str words)
{
	if (f->memo == NULL)
		return reply_scan(words);
	const size_t at = ((uintptr_t)words.ptr ^ words.len) % REPLIES_KEPT;
	if (f->memo->list[at].words.ptr != words.ptr || f->memo->list[at].words.len != words.len) {
		f->memo->list[at].reply = reply_scan(words);
		f->memo->list[at].words = words;
	}
	return f->memo->list[at].reply;
}

static void
read_head(struct facts *f)
{
	const struct header *const h = &f->header;
	f->subject = header_text(facts_described_subject(h), f->arena);
	f->from = header_text(facts_described_from(h), f->arena);
	f->from_address = address_clean(f->from);
	size_t at = 0;
	if (str_find_char(f->from_address, ' ', 0) != STR_NPOS) {
		/* "a@b (Name)", 'Name "x" a@b': the first thing that is an address. */
		const struct str found = address_next(f->from, &at);
		if (str_is_set(found))
			f->from_address = found;
	}
	f->to_address = address_clean(header_text(header_find(h, STR("To")), f->arena));
	f->return_path = header_find(h, STR("Return-Path"));
	f->message_id = str_trim(header_find(h, STR("Message-ID")));
	f->date = header_find(h, STR("Date"));
	if (h->is_cut)
		facts_note(f, "header-limit", 0);
}

/* Is this the header of a message, and not of pasted text that begins with "Word: text"? */
static bool
is_message_header(const struct header *h)
{
	static const struct str names[] = {STR_INIT("From"), STR_INIT("To"), STR_INIT("Subject"),
		STR_INIT("Received"), STR_INIT("Return-Path"), STR_INIT("Message-ID"),
		STR_INIT("Date"), STR_INIT("MIME-Version"), STR_INIT("Content-Type"),
		STR_INIT("Delivered-To"), STR_INIT("X-Failed-Recipients")};
	size_t known = 0;
	for (size_t i = 0; i < sizeof names / sizeof *names; i++)
		known += header_has(h, names[i]);
	return known >= 2 || (known == 1 && (h->count == 1 || str_is_set(h->from_line)));
}

/* Are the fields of MIME all that is left of a header? */
static bool
has_lost_head(const struct header *h)
{
	static const struct str names[] = {STR_INIT("From"), STR_INIT("To"), STR_INIT("Subject"),
		STR_INIT("Received"), STR_INIT("Return-Path"), STR_INIT("Message-ID"),
		STR_INIT("Date"), STR_INIT("Delivered-To"), STR_INIT("X-Failed-Recipients")};
	for (size_t i = 0; i < sizeof names / sizeof *names; i++)
		if (header_has(h, names[i]))
			return false;
	return true;
}

/* The rest of a message whose beginning is lost: a torn field, and what it goes on with, then a
 * header. Absent when this is no such thing: an address, a word of a sentence or a code may be the
 * beginning of a text. */
static struct str
behind_torn_field(struct str whole)
{
	struct str rest = whole, line;
	for (int lines = 0; lines < TORN_LINES_MAX && str_line(&rest, &line); lines++) {
		const char c = line.len > 0 ? line.ptr[0] : '\0';
		if (str_is_blank(line))
			break;
		if (lines > 0 && text_begins_header(str_between(line.ptr, whole.ptr + whole.len)))
			return str_between(line.ptr, whole.ptr + whole.len);
		struct str name, value;
		if (lines > 0 && !field_continues(line) && !field_split(line, &name, &value))
			break;
		const bool may_begin =
			c == '<' || ascii_is_digit((unsigned char)c) || (c >= 'A' && c <= 'Z');
		if (lines == 0 && may_begin && str_find_char(line, ' ', 0) != STR_NPOS)
			break;
	}
	return STR_NONE;
}

/* Reads the header, also one whose beginning is lost. */
static bool
read_header(struct facts *f, struct str whole, enum nixie_input kind)
{
	if (kind == NIXIE_INPUT_TEXT)
		return false;
	if (header_parse(whole, f->arena, &f->header) &&
		(kind == NIXIE_INPUT_MESSAGE || is_message_header(&f->header))) {
		for (int i = 0; i < HEADER_CUTS_MAX && header_go_on(&f->header, f->arena); i++)
			;
		return true;
	}
	const struct str rest = behind_torn_field(whole);
	return str_is_set(rest) && header_parse(rest, f->arena, &f->header) &&
	       is_message_header(&f->header);
}

/* The body with the line ends that it had. */
static void
mend_body(struct facts *f)
{
	struct header *const h = &f->header;
	h->body = mend_doubled(h->body, f->arena);
	if (f->is_message && reline_is_lost(h->body)) /* a paste was looked at as a whole */
		h->body = reline_message(h->body, f->arena);
}

static void
read_once(struct facts *f, struct str whole, enum nixie_input kind)
{
	/* No header begins with a digit, and answers of servers do. */
	const bool is_lost = reline_is_lost(whole) && !ascii_is_digit((unsigned char)whole.ptr[0]);
	const struct str lines = is_lost ? reline_message(whole, f->arena) : whole;
	f->is_message = read_header(f, lines, kind);
	f->is_relined = false;
	f->signs.bits = 0;
	f->marks = (struct mark_set){{0}};
	f->dsn = (struct dsn){0};
	f->returned = (struct returned){0};
	f->feedback = (struct feedback){0};
	f->disposition = (struct disposition){0};
	/* A paste may be the source of a message that lost its header: its parts tell. */
	if (!f->is_message)
		f->header = (struct header){.body = lines};
	/* Where the text begins behind a subject, nothing tells. */
	if (is_lost && f->is_message && str_is_blank(f->header.body))
		f->header.body = f->header.fields[f->header.count - 1].value;
	mend_body(f);
	mime_parse(&f->header, f->arena, &f->mime);
	if (!f->is_message && !f->mime.is_multipart)
		f->mime = (struct mime){0};
	facts_read_parts(f);
	if (f->mime.is_deep)
		facts_note(f, "depth-limit", STR_NPOS);
	if (f->mime.is_many)
		facts_note(f, "parts-limit", STR_NPOS);
	facts_read_prose(f, whole);
	if (!f->feedback.is_there)
		facts_read_feedback_text(f);
	/* Somebody saved the parts alone. */
	if (kind != NIXIE_INPUT_MESSAGE && f->is_message && has_lost_head(&f->header))
		f->is_message = false;
	if (f->dsn.is_many)
		facts_note(f, "recipients-limit", STR_NPOS);
}

/* What the subject says counts before the same sign elsewhere. */
static void
signs_add(struct sign_set *to, const struct sign_set *from)
{
	for (uint64_t left = from->bits; left != 0; left &= left - 1) {
		const int sign = __builtin_ctzll(left);
		to->first[sign] = from->first[sign];
	}
	to->bits |= from->bits;
}

struct letter
facts_letter(const struct facts *f)
{
	struct letter l;
	if (f->prose.letter != NULL)
		return *f->prose.letter;
	if (f->memo != NULL && f->memo->has_letter)
		return f->memo->letter;
	letter_read(f->prose.all, &l);
	if (f->memo != NULL) {
		f->memo->letter = l;
		f->memo->has_letter = true;
	}
	return l;
}

bool
facts_has_null_path(const struct facts *f)
{
	return str_eq(str_trim(f->return_path), STR("<>"));
}

/* Is the letter about somebody who has neither sent nor received it? "Your mailbox is full" is no
 * report. Of a text without a header nobody knows who got it; what comes from a list is its talk.
 */
static bool
tells_of_other(const struct facts *f)
{
	struct letter subject;
	letter_read(f->subject, &subject);
	if (!f->prose.speaks_of_mail && !subject.speaks_of_mail)
		return false;
	if (header_has(&f->header, STR("List-Id")) || header_has(&f->header, STR("List-Post")))
		return false;
	/* A header names him: its own, or that of the message that it sends back. */
	if (header_has(&f->header, STR("X-Failed-Recipients")) ||
		(f->returned.is_there && facts_has_null_path(f)))
		return true;
	if (address_is_lists(f->from_address))
		return false;
	for (size_t i = 0; i < f->prose.count && i < NAMINGS_OF_LETTER_MAX; i++) {
		const struct block *const b = &f->prose.blocks[i];
		if (!b->is_contact && !str_eq_case(b->address, f->to_address) &&
			!str_eq_case(b->address, f->from_address))
			return true;
	}
	return false;
}

/* Opens what the message is about, as often as there is a report in it, and notes what its head
 * says. */
static void
read_on(struct facts *f)
{
	for (struct str inner; str_is_set(inner = facts_nested_report(f));) {
		if (f->nesting == NESTED_REPORTS_MAX) {
			facts_note(f, "nesting-limit", STR_NPOS);
			break;
		}
		f->nesting++;
		read_once(f, inner, NIXIE_INPUT_MESSAGE);
	}
	if (f->is_message)
		read_head(f);
	f->subject_signs.bits = 0;
	signs_find(f->subject, WHERE_SUBJECT, f->arena, &f->subject_signs, &f->marks);
	signs_add(&f->signs, &f->subject_signs);
	signs_find(f->from, WHERE_FROM, f->arena, &f->signs, &f->marks);
	signs_find(f->message_id, WHERE_MESSAGE_ID, f->arena, &f->signs, &f->marks);
	/* What quotes a dialogue is no letter in words of its own, and what was pasted mostly a
	 * server's answer. */
	if (f->is_message && f->prose.is_letter && f->prose.exchange_count == 0 &&
		tells_of_other(f))
		sign_note(&f->signs, f->prose.letter_sign, f->prose.letter_words);
	f->memo = arena_alloc(f->arena, 1, sizeof *f->memo);
}

void
facts_read(struct str input, enum nixie_input kind, struct arena *a, struct facts *f)
{
	memset(f, 0, offsetof(struct facts, notes));
	f->signs.bits = 0;
	f->input = input;
	f->arena = a;
	read_once(f, mend_bytes(input, a), kind);
	read_on(f);
}

bool
facts_open(struct facts *f)
{
	struct header inner;
	struct str message = STR_NONE;
	if (!f->is_message || f->nesting == NESTED_REPORTS_MAX || facts_name_somebody(f) ||
		!facts_are_persons(f))
		return false;
	for (size_t i = 0; i < f->mime.count && !str_is_set(message); i++)
		if (facts_is_whole_message(&f->mime.parts[i]))
			message = part_decode(&f->mime.parts[i], f->arena);
	/* A digest has its members' messages one after the other; none of them is a forward. */
	const bool is_lists =
		header_has(&f->header, STR("List-Id")) &&
		str_eq_case(str_trim(header_find(&f->header, STR("Precedence"))), STR("list"));
	if (!str_is_set(message) && !is_lists)
		message = f->prose.returned;
	/* Another header in front of the one that it had. */
	if (!str_is_set(message) && !f->mime.is_multipart)
		message = f->header.body;
	if (!header_parse(message, f->arena, &inner) || !is_message_header(&inner) ||
		str_is_blank(inner.body))
		return false;
	f->nesting++;
	read_once(f, message, NIXIE_INPUT_MESSAGE);
	read_on(f);
	return true;
}
