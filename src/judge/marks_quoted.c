/* What is quoted: reports that somebody forwards, and lines of one in a person's letter. */
#include "judge/marks_inside.h"

#include "read/address.h"

#define HEAD_LABEL_MAX 24 /* bytes of "From:" in any language */
#define OWN_LINES_MIN 3   /* of a letter with a quotation */

/* Is this the subject of a report? */
static bool
tells_failure(const struct facts *f, struct str subject)
{
	struct sign_set signs = {.bits = 0};
	signs_find(subject, WHERE_SUBJECT, f->arena, &signs, NULL);
	return sign_seen(&signs, SIGN_FAILURE) || sign_seen(&signs, SIGN_DELAY);
}

/* The lines around one, up to the next blank ones. */
static struct str
paragraph_of(const struct facts *f, size_t line)
{
	const struct text_line *const list = f->prose.lines.list;
	size_t from = line, to = line;
	while (from > 0 && !str_is_blank(list[from - 1].raw))
		from--;
	while (to + 1 < f->prose.lines.count && !str_is_blank(list[to + 1].raw))
		to++;
	return str_between(list[from].raw.ptr, list[to].raw.ptr + list[to].raw.len);
}

/* Who wrote what has this head: the address behind "From:"; absent when it has none. */
static struct str
head_writer(struct str head)
{
	struct str line;
	while (str_line(&head, &line)) {
		line = str_trim(line);
		size_t at = str_find_char(str_head(line, HEAD_LABEL_MAX), ':', 0);
		if (at != STR_NPOS && text_is_from_name(str_trim(str_head(line, at))))
			return address_next(line, &at);
	}
	return STR_NONE;
}

/* Is this the head of what a person wrote? */
static bool
is_persons_head(struct str head)
{
	const struct str from = head_writer(head);
	return str_is_set(from) && !address_is_robot(from);
}

bool
mark_shows_others_mail(const struct facts *f)
{
	const struct str from = head_writer(str_head(f->prose.all, MARK_REPLY_BYTES));
	return str_is_set(from) && !str_eq_case(from, f->to_address);
}

/* The next line "Label: value" from line *i on, which is then that behind it; where its label ends.
 * STR_NPOS: there is none. */
static size_t
next_labelled(const struct facts *f, size_t *i, struct str *line)
{
	while (*i < f->prose.lines.count && *i < MARK_LINES_MAX) {
		*line = str_trim(f->prose.lines.list[(*i)++].raw);
		const size_t label = str_find_char(str_head(*line, HEAD_LABEL_MAX), ':', 0);
		if (label != STR_NPOS)
			return label;
	}
	return STR_NPOS;
}

struct str
mark_quoted_head(const struct facts *f)
{
	struct str line;
	size_t i = 0;
	for (size_t label; (label = next_labelled(f, &i, &line)) != STR_NPOS;) {
		size_t at = label;
		const struct str value = str_trim(str_from(line, label + 1));
		if (text_is_subject_name(str_trim(str_head(line, label))) &&
			tells_failure(f, value) && !is_persons_head(paragraph_of(f, i - 1)))
			return paragraph_of(f, i - 1);
		/* Nobody writes to such an address, so that the label may be in any language. */
		const struct str from = address_next(line, &at);
		if (str_is_set(from) &&
			(str_starts_case(from, STR("mailer-daemon@")) ||
				(address_is_robot(from) &&
					text_is_from_name(str_trim(str_head(line, label))))))
			return paragraph_of(f, i - 1);
	}
	return STR_NONE;
}

bool
mark_quoted_failure(const struct facts *f)
{
	struct str line;
	size_t i = 0;
	for (size_t label; (label = next_labelled(f, &i, &line)) != STR_NPOS;) {
		struct sign_set signs = {.bits = 0};
		if (!text_is_subject_name(str_head(line, label)))
			continue;
		signs_find(str_from(line, label + 1), WHERE_SUBJECT, f->arena, &signs, NULL);
		if (sign_seen(&signs, SIGN_FAILURE) && !sign_seen(&signs, SIGN_DELAY))
			return !is_persons_head(paragraph_of(f, i - 1));
	}
	return false;
}

/* A person's letter, with some lines of a report quoted in it. */
bool
mark_is_persons_quotation(const struct facts *f)
{
	size_t own = 0, quoted = 0;
	if (mark_is_from_server(f) || f->returned.is_there)
		return false;
	/* Most of it is the quotation. */
	if (f->is_quoted)
		return mark_is_in_mail_program(f) && !sign_seen(&f->subject_signs, SIGN_FAILURE) &&
		       facts_letter(f).is_persons;
	for (size_t i = 0; i < f->prose.lines.count && i < MARK_LINES_MAX; i++) {
		const struct text_line *const l = &f->prose.lines.list[i];
		const struct str line = str_trim(l->raw);
		if (str_starts(line, STR(">")))
			quoted +=
				(l->signs >> SIGN_FAILURE & 1) != 0 || facts_reply(f, line).is_sure;
		else
			own += line.len > 0;
	}
	return quoted > 0 && own >= OWN_LINES_MIN;
}
