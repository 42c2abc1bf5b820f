/* What a message says to people, found and made readable. */
#include "read/facts_inside.h"

#include "base/decode.h"
#include "base/lanes.h"
#include "read/mend.h"
#include "read/notification.h"
#include "read/reline.h"

#define REPLY_LOOKED_FOR_BYTES 80 /* of a text that begins with an answer */
#define SPARSE_TEXT_BYTES 40      /* a text part with less to say yields to the HTML beside it */
#define POINTING_TEXT_BYTES 240   /* ... or one that only points to it */

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

/* "Please view this mail in a program that shows HTML": it is short and names nobody. */
static bool
says_little(const struct texts *t)
{
	return t->words < SPARSE_TEXT_BYTES ||
	       (t->count == 1 && t->list[0].len < POINTING_TEXT_BYTES &&
		       str_find_char(t->list[0], '@', 0) == STR_NPOS);
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
			if (!str_is_set(html) && says_little(&texts))
				html = part_decode(p, f->arena);
			continue;
		}
		add_text(&texts, part_decode(p, f->arena));
		has_text = true;
	}
	if (str_is_set(html) && says_little(&texts)) {
		const struct str shown = decode_html(html, f->arena);
		if (texts.words < SPARSE_TEXT_BYTES || str_find_char(shown, '@', 0) != STR_NPOS)
			add_text(&texts, shown);
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
	if (str_eq(lines, f->text))
		return; /* it was read like this */
	text_read(lines, may_be_letter(f, lines), f->arena, &f->signs, &f->marks, &f->prose);
	f->is_relined = f->prose.count > 0;
	if (f->is_relined)
		f->text = lines;
	else
		f->prose = whole;
}

void
facts_read_prose(struct facts *f, struct str whole)
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
	text = mend_typeset(text, f->arena);
	if (f->dsn.count == 0) /* else the fields name whom it is about */
		text = text_unlink(text, f->arena);
	f->text = text_unquote(text, f->arena);
	f->is_quoted = f->text.ptr != text.ptr;
	f->text = mend_wrapped_addresses(f->text, f->arena);
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
		facts_read_returned(f, f->prose.returned);
	if (f->dsn.count == 0) {
		const struct dsn status = f->dsn;
		f->dsn = f->prose.dsn;
		if (!str_is_set(f->dsn.reporting_mta))
			f->dsn.reporting_mta = status.reporting_mta;
	}
}
