#include "read/text_inside.h"

#include "base/charset.h"
#include "read/address.h"
#include "read/header.h"
#include "read/limits.h"
#include "read/text_head.h"

#define SIGNATURE_LINES_MAX 12
#define ASIDE_NAME_MAX 24 /* bytes of a field's name in any language */

/* A field of a notification: only lines that can be one are looked at closely. */
static bool
read_field(struct reader *r, struct line *l)
{
	struct dsn *const d = &r->p->dsn;
	const bool may_begin = ascii_is_alpha((unsigned char)l->bare.ptr[0]) &&
			       str_find_char(str_head(l->bare, 40), ':', 0) != STR_NPOS;
	if (d->last == NULL && !may_begin)
		return false;
	/* A value that was wrapped without its indent goes on; a line that begins another block of
	 * prose does not. */
	struct str address, tail;
	if (!may_begin && !field_continues(l->raw) &&
		(l->bare.ptr[0] == '<' || l->bare.ptr[0] == '-' ||
			text_head(l->bare, &address, &tail))) {
		d->last = NULL;
		return false;
	}
	return dsn_line(l->raw, r->arena, d);
}

/* A reply that was wrapped: its next line stands deeper than the line it began on, whatever it
 * begins with. */
static bool
is_wrapped(const struct reader *r, const struct line *l)
{
	const struct block *const b = text_block(r);
	return b != NULL && r->in_own && b->own.len > 0 && b->naming == NAMING_HEAD &&
	       text_indent(l->raw) > r->indent;
}

/* "host mx.example.org said: 550 5.1.1" at the end of a line, and the rest of the answer on the
 * next one, which has lost its indent: "<a@b>: Recipient address rejected". */
static bool
is_cut_answer(const struct reader *r, const struct line *l)
{
	const struct block *const b = text_block(r);
	struct status s;
	if (b == NULL || !r->in_own || b->own.len < 4)
		return false;
	/* "... Complaints:" / "postmaster@example.org (in reply to ...": nobody's name. */
	size_t at = 0;
	if (l->bare.ptr[0] != '<' && address_is_robot(address_next(l->bare, &at)))
		return true;
	const struct str own = str_trim_end(b->own);
	size_t last = own.len;
	while (last > 0 && !ascii_is_space((unsigned char)own.ptr[last - 1]))
		last--;
	const struct str word = str_from(own, last);
	return status_parse(word, &s) == word.len ||
	       (word.len == 3 && str_number(word, 599) >= 400);
}

/* "----- Transcript of session follows -----": what comes is about something else. */
static bool
is_section(struct str line)
{
	return line.len > 12 && str_starts(line, STR("---")) &&
	       str_eq(str_from(line, line.len - 3), STR("---")) &&
	       str_find_char(line, '@', 0) == STR_NPOS && str_find_char(line, ' ', 0) != STR_NPOS;
}

/* "because:", or a mere rule: the text of the block is still to come, behind the blank line. */
#define LEAD_BYTES_MAX 80
static bool
leads_on(struct str own)
{
	own = str_trim(own);
	size_t marks = 0;
	while (marks < own.len && strchr("-=_*~", own.ptr[marks]) != NULL && own.ptr[marks] != '\0')
		marks++;
	return marks == own.len || (own.len <= LEAD_BYTES_MAX && own.ptr[own.len - 1] == ':');
}

/* "not", in any language of letters. */
static bool
is_negated(struct str line)
{
	uint64_t classes = 0;
	(void)letter_sentence(&line, UINT32_MAX, &classes);
	return (classes >> LETTER_NOT & 1) != 0;
}

/* "There was a temporary problem with these recipients:", "These addresses failed:": what the
 * addresses below it have in common. A line that names somebody speaks of that one. */
static void
note_section(struct reader *r, const struct line *l)
{
	if (l->has_at || l->bare.ptr[0] == '<' || text_indent(l->raw) > 0)
		return;
	if (text_line_says(l, SIGN_DELAY))
		r->is_delay_section = true;
	else if (text_line_says(l, SIGN_FAILURE))
		r->is_delay_section = false;
	/* "The following did not:" */
	const bool is_turn =
		r->is_good_section && str_ends_case(l->bare, STR(":")) && is_negated(l->bare);
	if (text_line_says(l, SIGN_DELAY) || text_line_says(l, SIGN_FAILURE) || is_turn)
		r->is_good_section = false;
	else if (text_line_says(l, SIGN_DELIVERED))
		r->is_good_section = !is_negated(l->bare);
}

/* "552 Quota exceeded:", and below it whom it is about. */
static bool
is_heading(const struct line *l)
{
	if (l->has_at || l->bare.ptr[l->bare.len - 1] != ':')
		return false;
	const struct reply r = reply_scan(l->bare);
	return r.code != 0 && r.at == 0;
}

/* "Asunto: Factura", "Please reply to the postmaster if ...": the first line below an address, and
 * no answer that is about it. */
static bool
is_aside(const struct reader *r, const struct line *l)
{
	const struct block *const b = text_block(r);
	if (b == NULL || !r->in_own || b->own.len > 0)
		return false;
	const size_t colon = str_find_char(str_head(l->bare, ASIDE_NAME_MAX), ':', 0);
	return (colon != STR_NPOS && text_is_subject_name(str_trim(str_head(l->bare, colon)))) ||
	       (r->is_after_blank && text_line_says(l, SIGN_CONTACT) &&
		       !text_line_says(l, SIGN_FAILURE) && reply_scan(l->bare).code == 0);
}

static void
read_blank(struct reader *r, struct str raw)
{
	const struct block *const b = text_block(r);
	(void)dsn_line(raw, r->arena, &r->p->dsn);
	if (b != NULL && !leads_on(b->own))
		r->in_own = false;
	r->in_reply = r->is_command_open = false;
	if (r->is_list_open)
		r->is_list_section = r->is_list_open = false;
	r->is_after_blank = true;
	r->is_sentence_open = r->is_in_head = false;
}

static void
read_line(struct reader *r, const struct text_line *of, const struct text_line *next)
{
	const struct str raw = of->raw;
	struct line l = {.raw = raw, .bare = str_trim(raw), .signs = of->signs, .next = next};
	r->is_list_open = r->is_list_section;
	text_note_answer_above(r, &l);
	l.has_at = memchr(l.bare.ptr, '@', l.bare.len) != NULL;
	if (read_field(r, &l)) {
		/* The fields of others are not what was said of this one. */
		if (r->p->count > 1)
			r->current = 0;
		r->in_own = false;
		return;
	}
	if (text_read_dialogue(r, &l) || text_read_origin(r, &l)) {
		text_extend_block(r, raw);
		return;
	}
	/* With one recipient, all of it is about that one. */
	if (is_section(l.bare)) {
		r->is_list_open = false;
		r->is_list_section =
			text_line_says(&l, SIGN_FAILURE) || text_line_says(&l, SIGN_DELAY);
	}
	if (is_section(l.bare) && r->current > 1) {
		r->current = 0;
		r->in_own = false;
		r->is_failure_sentence = text_line_says(&l, SIGN_FAILURE);
		note_section(r, &l);
		return;
	}
	note_section(r, &l);
	if (!is_wrapped(r, &l) && !is_cut_answer(r, &l) &&
		(text_read_recipient(r, &l) || text_read_object(r, &l)))
		return;
	r->heading = is_heading(&l) ? l.bare : STR_NONE;
	if (str_is_set(r->heading))
		r->current = 0;
	if (str_is_set(r->heading) || is_aside(r, &l))
		r->in_own = false;
	text_extend_block(r, raw);
	if (r->is_after_blank)
		r->lead = 0;
	/* What stands under an address is about that one, and leads to no other. */
	r->line_before = r->is_blank_above ? 0 : r->line_above;
	r->line_above = l.signs;
	if (!r->in_own) {
		r->lead |= l.signs;
		r->lead_line = l.signs;
	}
	r->is_after_blank = false;
	r->is_sentence_open = ascii_is_alpha((unsigned char)l.bare.ptr[l.bare.len - 1]);
	if (l.has_at)
		text_note_passing(r, &l);
	r->is_failure_sentence = !l.has_at && l.bare.len < 400 && text_line_says(&l, SIGN_FAILURE);
}

/* Does the footer of a list or a signature begin here? So long is Mailman's rule, and no longer;
 * the other line is that of RFC 3676 s4.3, with few lines behind it. */
static bool
begins_footer(const struct text_lines *lines, size_t i)
{
	static const struct str rule = STR_INIT("_______________________________________________");
	const struct str raw = lines->list[i].raw;
	if (raw.len == 0 || (raw.ptr[0] != rule.ptr[0] && raw.ptr[0] != '-'))
		return false;
	const struct str line = str_trim_end(raw);
	if (line.len == rule.len)
		return str_eq(line, rule);
	return line.len == 2 && str_starts(raw, STR("-- ")) && i > 0 &&
	       lines->count - i <= SIGNATURE_LINES_MAX;
}

/* What stands behind a list, and apart from its last address, is said of all in it. */
static void
share_in_lists(struct prose *p)
{
	const struct block *last = NULL;
	for (size_t i = p->count; i-- > 0;) {
		struct block *const b = &p->blocks[i];
		if (b->naming < NAMING_OBJECT)
			continue;
		if (b->own.len == 0 && str_is_set(b->heading)) {
			b->own = b->heading;
			continue;
		}
		if (!b->is_in_list || last == NULL) {
			last = b;
			continue;
		}
		if (last->is_apart || last->is_listed)
			b->own = last->own;
		if (last->is_apart || last->own.len == 0)
			b->after = last->after;
	}
}

/* Parts the report's own words from the copy of the message, and searches them. A copy without a
 * header is known by the line above it, which only the search finds: then what was found behind
 * that line is forgotten. */
static bool
read_own_words(struct str text, struct arena *a, struct sign_set *set, struct mark_set *marks,
	struct prose *p)
{
	const struct sign_set set_before = *set;
	const struct mark_set marks_before = *marks;
	size_t ends = text.len;
	size_t returned = text_header_at(text, &ends);
	p->all = str_head(text, ends);
	if (!text_lines_read(p->all, a, &p->lines, set, marks))
		return false;
	const size_t announced = text_announced_at(text, &p->lines, &ends);
	if (announced != STR_NPOS) {
		returned = announced;
		p->all = str_head(text, ends);
		*set = set_before;
		*marks = marks_before;
		if (!text_lines_read(p->all, a, &p->lines, set, marks))
			return false;
	}
	if (returned != STR_NPOS)
		p->returned = str_from(text, returned);
	return true;
}

void
text_read(struct str text, bool may_be_letter, struct arena *a, struct sign_set *set,
	struct mark_set *marks, struct prose *p)
{
	*p = (struct prose){.returned = STR_NONE};
	struct reader r = {.p = p, .arena = a};
	p->dsn.splits_lines = true;
	if (!read_own_words(utf8_head(text, TEXT_BYTES_MAX), a, set, marks, p))
		return;
	if (may_be_letter)
		text_tell_as_letter(p, a);
	for (size_t i = 0; i < p->lines.count; i++) {
		const struct str raw = p->lines.list[i].raw;
		const bool is_blank = str_is_blank(raw);
		if (begins_footer(&p->lines, i)) {
			p->all = str_between(p->all.ptr, raw.ptr);
			p->lines.count = i;
			break;
		}
		if (is_blank)
			read_blank(&r, raw);
		else
			read_line(&r, &p->lines.list[i],
				i + 1 < p->lines.count ? &p->lines.list[i + 1] : NULL);
		r.is_blank_above = is_blank;
	}
	share_in_lists(p);
	p->dsn.last = NULL;
	p->dsn.in_group = false;
	dsn_finish(&p->dsn, a);
}
