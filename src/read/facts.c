#include "read/facts.h"

#include <stddef.h>

#include "base/charset.h"
#include "base/decode.h"
#include "base/lanes.h"
#include "read/address.h"
#include "read/mend.h"
#include "read/notification.h"
#include "read/reline.h"

#define NAMINGS_OF_LETTER_MAX 64  /* addresses in it that may be whom it is about */
#define REPLY_LOOKED_FOR_BYTES 80 /* of a text that begins with an answer */
#define RETURNED_HEAD_BYTES                                                                        \
	(256 << 10)          /* of an encoded returned message that are decoded: its header fits */
#define TORN_LINES_MAX 8     /* of a field that lost its beginning */
#define SPARSE_TEXT_BYTES 40 /* a text part with less to say yields to the HTML beside it */

void
facts_note(struct facts *f, const char *what, size_t at)
{
	for (size_t i = 0; i < f->note_count; i++)
		if (strcmp(f->notes[i].what, what) == 0)
			return;
	if (f->note_count < NOTES_MAX)
		f->notes[f->note_count++] = (struct note){what, at};
}

/* The replies that were asked for last, each in the place that its words choose. */
#define REPLIES_KEPT 8
struct reply_memo {
	struct {
		struct str words;
		struct reply reply;
	} list[REPLIES_KEPT];
};

struct reply
facts_reply(const struct facts *f, struct str words)
{
	if (f->replies == NULL)
		return reply_scan(words);
	const size_t at = ((uintptr_t)words.ptr ^ words.len) % REPLIES_KEPT;
	if (f->replies->list[at].words.ptr != words.ptr ||
		f->replies->list[at].words.len != words.len) {
		f->replies->list[at].reply = reply_scan(words);
		f->replies->list[at].words = words;
	}
	return f->replies->list[at].reply;
}

/* A field of a table: its name, and where its value goes in a struct of slices. */
struct slot {
	struct str name;
	size_t offset;
};

static void
fill_slots(const struct header *h, const struct slot *slots, size_t count, void *out)
{
	for (size_t i = 0; i < count; i++) {
		struct str *const to = (struct str *)(void *)((char *)out + slots[i].offset);
		if (!str_is_set(*to))
			*to = header_find(h, slots[i].name);
	}
}

static void
read_feedback(struct facts *f, struct str body)
{
	static const struct slot slots[] = {
		{STR_INIT("Feedback-Type"), offsetof(struct feedback, type)},
		{STR_INIT("User-Agent"), offsetof(struct feedback, user_agent)},
		{STR_INIT("Original-Rcpt-To"), offsetof(struct feedback, original_rcpt_to)},
		{STR_INIT("Removal-Recipient"), offsetof(struct feedback, original_rcpt_to)},
		{STR_INIT("Original-Mail-From"), offsetof(struct feedback, original_mail_from)},
		{STR_INIT("Source-IP"), offsetof(struct feedback, source_ip)},
		{STR_INIT("Arrival-Date"), offsetof(struct feedback, arrival_date)},
		{STR_INIT("Received-Date"), offsetof(struct feedback, arrival_date)},
		{STR_INIT("Reporting-MTA"), offsetof(struct feedback, reporting_mta)},
		{STR_INIT("Auth-Failure"), offsetof(struct feedback, auth_failure)},
		{STR_INIT("Reported-Domain"), offsetof(struct feedback, reported_domain)},
		{STR_INIT("Original-Envelope-Id"), offsetof(struct feedback, original_envelope_id)},
	};
	struct header h;
	f->feedback.is_there = true;
	if (header_parse(body, f->arena, &h))
		fill_slots(&h, slots, sizeof slots / sizeof *slots, &f->feedback);
}

/* The fields of a complaint in the middle of a text: desks that write by hand, or relays that took
 * the parts off. */
static void
read_feedback_text(struct facts *f)
{
	for (size_t i = 0; i < f->prose.lines.count; i++) {
		const struct str line = f->prose.lines.list[i].raw;
		if (line.len == 0 || (line.ptr[0] | 0x20) != 'f' ||
			!str_starts_case(line, STR("Feedback-Type:")))
			continue;
		struct header h;
		const struct str all = f->prose.all;
		const struct str rest = str_between(line.ptr, all.ptr + all.len);
		if (header_parse(rest, f->arena, &h) &&
			(header_has(&h, STR("User-Agent")) || header_has(&h, STR("Version")) ||
				header_has(&h, STR("Source-IP"))))
			read_feedback(f, rest);
		return;
	}
}

static void
read_disposition(struct facts *f, struct str body)
{
	static const struct slot slots[] = {
		{STR_INIT("Disposition"), offsetof(struct disposition, disposition)},
		{STR_INIT("Final-Recipient"), offsetof(struct disposition, final_recipient)},
		{STR_INIT("Original-Recipient"), offsetof(struct disposition, original_recipient)},
		{STR_INIT("Original-Message-ID"),
			offsetof(struct disposition, original_message_id)},
		{STR_INIT("Reporting-UA"), offsetof(struct disposition, reporting_ua)},
		{STR_INIT("Failure"), offsetof(struct disposition, explanation)},
		{STR_INIT("Error"), offsetof(struct disposition, explanation)},
	};
	struct header h;
	f->disposition.is_there = true;
	if (header_parse(body, f->arena, &h))
		fill_slots(&h, slots, sizeof slots / sizeof *slots, &f->disposition);
}

static void
read_returned(struct facts *f, struct str message)
{
	struct returned *const r = &f->returned;
	if (r->is_there || !header_parse(message, f->arena, &r->header))
		return;
	const struct header *const h = &r->header;
	r->is_there = true;
	r->message_id = str_trim(header_text(header_find(h, STR("Message-ID")), f->arena));
	r->subject = header_text(header_find(h, STR("Subject")), f->arena);
	r->from = header_text(header_find(h, STR("From")), f->arena);
	r->to = header_text(header_find(h, STR("To")), f->arena);
	r->date = header_find(h, STR("Date"));
	r->list_id = header_text(header_find(h, STR("List-Id")), f->arena);
	if (!str_is_set(r->list_id))
		r->list_id = header_text(header_find(h, STR("List-Post")), f->arena);
	r->return_path = address_clean(header_find(h, STR("Return-Path")));
}

static void
read_returned_part(struct facts *f, const struct part *p)
{
	struct part head = *p;
	if (str_is_set(p->encoding))
		head.raw = str_head(head.raw, RETURNED_HEAD_BYTES);
	head.role = PART_OTHER; /* its header needs no charset */
	read_returned(f, part_decode(&head, f->arena));
}

/* How many bytes of the text are no white space; counted up to `enough`. */
static size_t
words_in(struct str text, size_t enough)
{
	size_t n = 0;
	for (size_t i = 0; i < text.len && n < enough; i += LANES) {
		const size_t left = text.len - i;
		const struct lanes l = lanes_next(text.ptr + i, left);
		const unsigned blanks = lanes_equal(l, ' ') | lanes_within(l, '\t', '\r');
		n += (left < LANES ? left : LANES) - (size_t)__builtin_popcount(blanks);
	}
	return n < enough ? n : enough;
}

/* Texts that make one, with a blank line between them. */
struct texts {
	struct str list[MIME_PARTS_MAX + 1];
	size_t count, len;
	size_t words; /* up to SPARSE_TEXT_BYTES of each */
};

static void
add_text(struct texts *t, struct str text)
{
	if (text.len == 0)
		return;
	t->words += words_in(text, SPARSE_TEXT_BYTES);
	t->len += text.len + 2;
	t->list[t->count++] = text;
}

/* All at once: a message of many parts would otherwise cost their square. */
static struct str
join(const struct texts *t, struct arena *a)
{
	if (t->count < 2)
		return t->count == 0 ? STR_NONE : t->list[0];
	char *const all = arena_bytes(a, t->len);
	size_t n = 0;
	if (all == NULL)
		return t->list[0];
	for (size_t i = 0; i < t->count; i++) {
		memcpy(all + n, t->list[i].ptr, t->list[i].len);
		memcpy(all + n + t->list[i].len, "\n\n", 2);
		n += t->list[i].len + 2;
	}
	return (struct str){all, n - 2};
}

/* The prose: all the text parts before the returned message; the HTML where there is no text worth
 * the name. */
static struct str
human_text(struct facts *f)
{
	struct texts texts;
	texts.count = texts.len = texts.words = 0; /* and not the list, which is long */
	struct str html = STR_NONE;
	bool is_behind = false, has_text = false;
	for (size_t i = 0; i < f->mime.count; i++) {
		const struct part *const p = &f->mime.parts[i];
		if (p->role == PART_RETURNED)
			is_behind = true;
		if ((p->role != PART_TEXT && p->role != PART_HTML) ||
			(is_behind && texts.words > 0))
			continue;
		if (p->role == PART_HTML) {
			if (!str_is_set(html) && texts.words < SPARSE_TEXT_BYTES)
				html = part_decode(p, f->arena);
			continue;
		}
		add_text(&texts, part_decode(p, f->arena));
		has_text = true;
	}
	if (texts.words < SPARSE_TEXT_BYTES && str_is_set(html)) {
		add_text(&texts, decode_html(html, f->arena));
		has_text = true;
	}
	if (!has_text && f->mime.is_multipart)
		return f->mime.preamble;
	return join(&texts, f->arena);
}

static bool
looks_like_html(struct str text)
{
	const struct str head = str_head(str_trim(text), 2048);
	return str_starts(head, STR("<")) &&
	       (str_has_case(head, STR("<html")) || str_has_case(head, STR("<!doctype")) ||
		       str_has_case(head, STR("<body")) || str_has_case(head, STR("<div")) ||
		       str_has_case(head, STR("<p>")));
}

/* Has it no fields of a report, and is it no server's answer, so that words may be all it has? */
static bool
may_be_letter(const struct facts *f, struct str text)
{
	if (f->dsn.count > 0 || f->feedback.is_there || f->disposition.is_there ||
		f->mime.is_report)
		return false;
	return f->is_message || !reply_scan(str_head(text, REPLY_LOOKED_FOR_BYTES)).is_sure;
}

/* A paste may be one long line of a server's. It is taken apart when that tells of nobody, and only
 * if its parts do. */
static void
take_apart(struct facts *f)
{
	const struct prose whole = f->prose;
	const struct str lines = reline_prose(f->text, true, f->arena);
	text_read(lines, may_be_letter(f, lines), f->arena, &f->signs, &f->marks, &f->prose);
	f->is_relined = f->prose.count > 0;
	if (f->is_relined)
		f->text = lines;
	else
		f->prose = whole;
}

static void
read_prose(struct facts *f, struct str whole)
{
	const struct part paste = {.role = PART_TEXT, .raw = whole};
	if (f->dsn.is_explained && f->dsn.count > 0) {
		f->prose = (struct prose){.all = STR("")};
		return;
	}
	struct str text = f->is_message || f->mime.is_multipart ? human_text(f)
								: part_decode(&paste, f->arena);
	if (looks_like_html(text))
		text = decode_html(text, f->arena);
	f->text = text_unquote(text, f->arena);
	f->is_quoted = f->text.ptr != text.ptr;
	const bool is_lost = reline_is_lost(f->text);
	if (!f->is_message || is_lost)
		f->text = text_unwrap(f->text, f->arena);
	if (f->is_message && is_lost)
		f->text = reline_prose(f->text, false, f->arena);
	text = f->text;
	if (notification_read(f, text)) {
		f->prose = (struct prose){.all = STR("")};
		return;
	}
	if (text.len > TEXT_BYTES_MAX)
		facts_note(f, "text-limit", STR_NPOS);
	text_read(text, may_be_letter(f, text), f->arena, &f->signs, &f->marks, &f->prose);
	if (!f->is_message && is_lost && f->prose.count == 0 && f->prose.dsn.count == 0)
		take_apart(f);
	if (f->prose.lines.is_cut)
		facts_note(f, "text-limit", STR_NPOS);
	if (f->prose.is_many || f->prose.dsn.is_many)
		facts_note(f, "recipients-limit", STR_NPOS);
	if (str_is_set(f->prose.returned))
		read_returned(f, f->prose.returned);
	if (f->dsn.count == 0) {
		const struct dsn status = f->dsn;
		f->dsn = f->prose.dsn;
		if (!str_is_set(f->dsn.reporting_mta))
			f->dsn.reporting_mta = status.reporting_mta;
	}
}

static void
read_parts(struct facts *f)
{
	for (size_t i = 0; i < f->mime.count; i++) {
		const struct part *const p = &f->mime.parts[i];
		switch (p->role) {
		case PART_STATUS: {
			struct str body = part_decode(p, f->arena);
			/* Some relays encode a part and lose the field that says so. */
			if (!str_is_set(p->encoding) &&
				str_find_char(str_head(body, 200), ':', 0) == STR_NPOS)
				body = decode_base64(body, f->arena);
			dsn_parse(body, f->arena, &f->dsn);
			break;
		}
		case PART_FEEDBACK:
			read_feedback(f, part_decode(p, f->arena));
			break;
		case PART_DISPOSITION:
			read_disposition(f, part_decode(p, f->arena));
			break;
		case PART_RETURNED:
			read_returned_part(f, p);
			break;
		case PART_OTHER:
		case PART_TEXT:
		case PART_HTML:
			break;
		}
	}
	dsn_finish(&f->dsn, f->arena);
}

/* A field of a header, or of its description in a forward, which is in the language of the mail
 * program. */
static struct str
find_described(const struct header *h, struct str name, bool (*is_name)(struct str))
{
	struct str value = header_find(h, name);
	for (size_t i = 0; i < h->count && !str_is_set(value); i++)
		if (is_name(str_trim(h->fields[i].name)))
			value = h->fields[i].value;
	return value;
}

static struct str
described_from(const struct header *h)
{
	return find_described(h, STR("From"), text_is_from_name);
}

static struct str
described_subject(const struct header *h)
{
	return find_described(h, STR("Subject"), text_is_subject_name);
}

static void
read_head(struct facts *f)
{
	const struct header *const h = &f->header;
	f->subject = header_text(described_subject(h), f->arena);
	f->from = header_text(described_from(h), f->arena);
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

/* Does the report itself name a recipient, so that what it returns is only what it is about? */
static bool
names_somebody(const struct facts *f)
{
	if (f->dsn.count > 0 || f->feedback.is_there || f->disposition.is_there ||
		header_has(&f->header, STR("X-Failed-Recipients")))
		return true;
	for (size_t i = 0; i < f->prose.count; i++)
		if (f->prose.blocks[i].naming >= NAMING_LABEL)
			return true;
	return false;
}

/* Did a person send this, so that a message in it from a postmaster is what it is about? A server
 * returns those that its own postmaster wrote. */
static bool
is_persons(const struct facts *f)
{
	return !address_is_robot(address_clean(described_from(&f->header))) &&
	       !str_eq(str_trim(header_find(&f->header, STR("Return-Path"))), STR("<>"));
}

static bool
is_report_header(const struct facts *f, const struct header *h)
{
	struct sign_set signs = {.bits = 0};
	const struct str from = header_text(described_from(h), f->arena);
	if (content_type_is(header_find(h, STR("Content-Type")), STR("multipart/report")) ||
		header_has(h, STR("X-Failed-Recipients")) ||
		str_starts_case(address_clean(from), STR("mailer-daemon")) ||
		(f->is_persons && address_is_robot(address_clean(from))))
		return true;
	signs_find(
		header_text(described_subject(h), f->arena), WHERE_SUBJECT, f->arena, &signs, NULL);
	if (!sign_seen(&signs, SIGN_FAILURE) && !sign_seen(&signs, SIGN_DELAY))
		return false;
	signs_find(from, WHERE_FROM, f->arena, &signs, NULL);
	return sign_seen(&signs, SIGN_MAILER) || address_is_robot(address_clean(from));
}

/* Is this a whole message, by its type, or by what a text begins with? */
static bool
is_whole_message(const struct part *p)
{
	return p->role == PART_RETURNED &&
	       (!str_is_set(p->type) || content_type_is(p->type, STR("message/")) ||
		       content_type_is(p->type, STR("text/plain")));
}

/* The report in a forwarded message: it is one, or forwards one; absent when there is none, or it
 * is too deep. */
static struct str
find_report(struct facts *f, struct str message, unsigned depth)
{
	struct header h;
	struct mime m;
	if (!header_parse(message, f->arena, &h))
		return STR_NONE;
	if (is_report_header(f, &h))
		return message;
	mime_parse(&h, f->arena, &m);
	for (size_t i = 0; i < m.count; i++) {
		if (!is_whole_message(&m.parts[i]))
			continue;
		if (depth == NESTED_REPORTS_MAX) {
			facts_note(f, "nesting-limit", STR_NPOS);
			return STR_NONE;
		}
		const struct str found =
			find_report(f, part_decode(&m.parts[i], f->arena), depth + 1);
		if (str_is_set(found))
			return found;
	}
	return STR_NONE;
}

/* A message that was forwarded, or pasted into another, and is a report itself: then it is that one
 * we are asked about. */
static struct str
nested_report(struct facts *f)
{
	struct header inner;
	if (names_somebody(f))
		return STR_NONE;
	f->is_persons = f->is_message && is_persons(f);
	for (size_t i = 0; i < f->mime.count; i++) {
		const struct part *const p = &f->mime.parts[i];
		if (!is_whole_message(p))
			continue;
		const struct str found = find_report(f, part_decode(p, f->arena), f->nesting + 1);
		if (str_is_set(found))
			return found;
	}
	if (str_is_set(f->prose.returned) && header_parse(f->prose.returned, f->arena, &inner) &&
		is_report_header(f, &inner))
		return f->prose.returned;
	return STR_NONE;
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
		(kind == NIXIE_INPUT_MESSAGE || is_message_header(&f->header)))
		return true;
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
	read_parts(f);
	if (f->mime.is_deep)
		facts_note(f, "depth-limit", STR_NPOS);
	if (f->mime.is_many)
		facts_note(f, "parts-limit", STR_NPOS);
	read_prose(f, whole);
	if (!f->feedback.is_there)
		read_feedback_text(f);
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
	if (header_has(&f->header, STR("List-Id")) || header_has(&f->header, STR("List-Post")) ||
		address_is_lists(f->from_address))
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
	for (struct str inner; str_is_set(inner = nested_report(f));) {
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
	f->replies = arena_alloc(f->arena, 1, sizeof *f->replies);
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
	if (!f->is_message || f->nesting == NESTED_REPORTS_MAX || names_somebody(f) ||
		!is_persons(f))
		return false;
	for (size_t i = 0; i < f->mime.count && !str_is_set(message); i++)
		if (is_whole_message(&f->mime.parts[i]))
			message = part_decode(&f->mime.parts[i], f->arena);
	if (!str_is_set(message))
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
