#include "web/marked.h"

/* A stretch of the text, [from, to). */
struct stretch {
	size_t from, to;
};

struct stretches {
	struct stretch list[MARKS_MAX];
	size_t count;
};

/* Puts it in its place; what overlaps or touches becomes one. Past the limit, it is left out. */
static void
add(struct stretches *all, size_t from, size_t to)
{
	size_t at = 0;
	while (at < all->count && all->list[at].to < from)
		at++;
	size_t end = at;
	for (; end < all->count && all->list[end].from <= to; end++) {
		from = all->list[end].from < from ? all->list[end].from : from;
		to = all->list[end].to > to ? all->list[end].to : to;
	}
	if (end == at) {
		if (all->count == MARKS_MAX)
			return;
		memmove(&all->list[at + 1], &all->list[at], (all->count - at) * sizeof *all->list);
		all->count++;
	} else {
		memmove(&all->list[at + 1], &all->list[end],
			(all->count - end) * sizeof *all->list);
		all->count -= end - at - 1;
	}
	all->list[at] = (struct stretch){from, to};
}

static void
add_evidence(
	struct stretches *marks, const struct nixie_evidence *list, size_t count, struct str text)
{
	for (size_t i = 0; i < count; i++) {
		const struct nixie_evidence *const e = &list[i];
		if (e->offset < 0 || e->words.len == 0 || (uint64_t)e->offset >= text.len ||
			e->words.len > text.len - (size_t)e->offset)
			continue;
		add(marks, (size_t)e->offset, (size_t)e->offset + e->words.len);
	}
}

static void
find_marks(const struct nixie_report_info *info, struct str text, struct stretches *marks)
{
	marks->count = 0;
	for (size_t i = 0; i < info->outcome_count && marks->count < MARKS_MAX; i++)
		add_evidence(
			marks, info->outcomes[i].evidence, info->outcomes[i].evidence_count, text);
	add_evidence(marks, info->evidence, info->evidence_count, text);
}

/* To the start of the line, when that is near. */
static size_t
line_start(struct str text, size_t at, size_t reach)
{
	for (size_t n = 0; n < reach && n < at; n++)
		if (text.ptr[at - n - 1] == '\n')
			return at - n;
	return at;
}

static void
find_windows(const struct stretches *marks, struct str text, struct stretches *windows)
{
	windows->count = 0;
	if (text.len <= MARKED_WHOLE_BYTES_MAX) {
		add(windows, 0, text.len);
		return;
	}
	add(windows, 0, MARKED_HEAD_BYTES);
	for (size_t i = 0; i < marks->count; i++) {
		const struct stretch *const m = &marks->list[i];
		const size_t from =
			m->from > MARKED_AROUND_BYTES ? m->from - MARKED_AROUND_BYTES : 0;
		const size_t to = text.len - m->to > MARKED_AROUND_BYTES
					  ? m->to + MARKED_AROUND_BYTES
					  : text.len;
		add(windows, line_start(text, from, MARKED_AROUND_BYTES / 2), to);
	}
}

static void
write_window(
	struct site *s, struct str text, const struct stretch *w, const struct stretches *marks)
{
	size_t at = w->from;
	for (size_t i = 0; i < marks->count; i++) {
		const struct stretch *const m = &marks->list[i];
		if (m->from < at || m->to > w->to)
			continue;
		html_lines(&s->out, str_between(text.ptr + at, text.ptr + m->from));
		HTML(&s->out, "<mark>");
		html_lines(&s->out, str_between(text.ptr + m->from, text.ptr + m->to));
		HTML(&s->out, "</mark>");
		at = m->to;
	}
	html_lines(&s->out, str_between(text.ptr + at, text.ptr + w->to));
}

static void
write_gap(struct site *s, size_t bytes)
{
	char room[STR_DIGITS_MAX];
	if (bytes == 0)
		return;
	HTML(&s->out, "\n<span class=\"gap\">");
	html_text(&s->out, site_fill(s, "page.left_out",
				   &(struct fill){.n = str_digits((int64_t)bytes, room)}));
	HTML(&s->out, "</span>\n");
}

void
marked_write(struct site *s, const struct nixie_report_info *info, struct str text)
{
	struct stretches marks, windows;
	if (text.len == 0)
		return;
	find_marks(info, text, &marks);
	find_windows(&marks, text, &windows);
	HTML(&s->out, "<details class=\"original\">\n<summary>");
	site_say(s, marks.count > 0 ? "page.original" : "page.original_plain");
	HTML(&s->out, "</summary>\n<pre tabindex=\"0\">\n");
	size_t at = 0;
	for (size_t i = 0; i < windows.count; i++) {
		write_gap(s, windows.list[i].from - at);
		write_window(s, text, &windows.list[i], &marks);
		at = windows.list[i].to;
	}
	write_gap(s, text.len - at);
	HTML(&s->out, "</pre>\n</details>\n");
}
