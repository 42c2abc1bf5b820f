#include "explain/page.h"

#include "base/shown.h"

#define VALUE_COLUMNS_MIN 20 /* of a fact beside its label */

static const struct str codes[] = {
	[PAINT_PLAIN] = STR_INIT(""),
	[PAINT_HEADLINE] = STR_INIT("\033[1m"),
	[PAINT_HEADING] = STR_INIT("\033[1;36m"),
	[PAINT_QUOTE] = STR_INIT("\033[33m"),
	[PAINT_GOOD] = STR_INIT("\033[32m"),
	[PAINT_BAD] = STR_INIT("\033[31m"),
	[PAINT_WAIT] = STR_INIT("\033[33m"),
	[PAINT_FAINT] = STR_INIT("\033[2m"),
};

static void
paint_on(struct page *p, enum paint paint)
{
	if (p->colour)
		out_add(p->out, codes[paint]);
}

static void
paint_off(struct page *p, enum paint paint)
{
	if (p->colour && paint != PAINT_PLAIN)
		out_add(p->out, STR("\033[0m"));
}

/* East Asian wide characters, and combining marks that take no column: the ranges that mail is
 * written in. */
static unsigned
char_columns(uint32_t cp)
{
	if (cp >= 0x300 && cp < 0x370)
		return 0;
	return (cp >= 0x1100 && cp < 0x1160) || (cp >= 0x2E80 && cp < 0xA4D0) ||
			       (cp >= 0xAC00 && cp < 0xD7A4) || (cp >= 0xF900 && cp < 0xFB00) ||
			       (cp >= 0xFE30 && cp < 0xFE70) || (cp >= 0xFF00 && cp < 0xFF61) ||
			       (cp >= 0x1F300 && cp < 0x1FA00) || (cp >= 0x20000 && cp < 0x40000)
		       ? 2
		       : 1;
}

unsigned
text_columns(struct str text)
{
	unsigned n = 0;
	size_t bytes;
	for (; text.len > 0; text = str_from(text, bytes)) {
		const uint32_t cp = utf8_next(text, &bytes);
		if (is_shown(cp))
			n += char_columns(cp);
	}
	return n;
}

static void
add_char(struct page *p, struct str text, size_t bytes, uint32_t cp)
{
	if (cp == CHAR_BROKEN)
		out_add(p->out, STR("\xEF\xBF\xBD"));
	else if (cp == '\t' || cp == '\n' || cp == '\r')
		out_add_char(p->out, ' ');
	else if (is_shown(cp))
		out_add(p->out, str_head(text, bytes));
}

static void
add_clean(struct page *p, struct str text)
{
	size_t bytes;
	for (; text.len > 0; text = str_from(text, bytes)) {
		const uint32_t cp = utf8_next(text, &bytes);
		add_char(p, text, bytes, cp);
	}
}

static void
add_blanks(struct page *p, unsigned n)
{
	while (n-- > 0)
		out_add_char(p->out, ' ');
}

/* Characters that do not begin a line in Japanese and Chinese (kinsoku: JIS X 4051 s4.1.2, classes
 * CL, EX, IS, NS and CJ of UAX #14), and those that do not end one (OP). Sorted. */
static const uint16_t not_first[] = {'!', '%', ')', ',', '.', ':', ';', '?', ']', '}', 0x2019,
	0x201D, 0x2025, 0x2026, 0x3001, 0x3002, 0x3005, 0x3009, 0x300B, 0x300D, 0x300F, 0x3011,
	0x3015, 0x3017, 0x3019, 0x301C, 0x303B, 0x3041, 0x3043, 0x3045, 0x3047, 0x3049, 0x3063,
	0x3083, 0x3085, 0x3087, 0x308E, 0x3095, 0x3096, 0x309D, 0x309E, 0x30A1, 0x30A3, 0x30A5,
	0x30A7, 0x30A9, 0x30C3, 0x30E3, 0x30E5, 0x30E7, 0x30EE, 0x30F5, 0x30F6, 0x30FB, 0x30FC,
	0x30FD, 0x30FE, 0xFF01, 0xFF05, 0xFF09, 0xFF0C, 0xFF0E, 0xFF1A, 0xFF1B, 0xFF1F, 0xFF3D,
	0xFF5D, 0xFF5E};
static const uint16_t not_last[] = {'(', '[', '{', 0x2018, 0x201C, 0x3008, 0x300A, 0x300C, 0x300E,
	0x3010, 0x3014, 0x3016, 0x3018, 0xFF08, 0xFF3B, 0xFF5B};

static bool
is_among(uint32_t cp, const uint16_t *sorted, size_t count)
{
	size_t from = 0, to = count;
	while (from < to) {
		const size_t middle = from + (to - from) / 2;
		if (sorted[middle] == cp)
			return true;
		if (sorted[middle] < cp)
			from = middle + 1;
		else
			to = middle;
	}
	return false;
}

/* May a line end between these two, of which one at least is wide? */
static bool
may_part(uint32_t before, uint32_t behind)
{
	return !is_among(behind, not_first, sizeof not_first / sizeof *not_first) &&
	       !is_among(before, not_last, sizeof not_last / sizeof *not_last);
}

/* How much of `text` goes on a line of `room` columns: up to a blank, or beside a wide character,
 * or by force. */
static size_t
line_bytes(struct str text, unsigned room)
{
	size_t at = 0, cut = 0, bytes;
	unsigned used = 0, columns_before = 0;
	uint32_t before = ' ';
	while (at < text.len) {
		const struct str rest = str_from(text, at);
		const uint32_t cp = utf8_next(rest, &bytes);
		const unsigned columns = is_shown(cp) ? char_columns(cp) : 0;
		if (cp == ' ' && at > 0)
			cut = at;
		else if ((columns == 2 || (columns_before == 2 && columns == 1)) && at > 0 &&
			 before != ' ' && may_part(before, cp))
			cut = at;
		if (used + columns > room && at > 0)
			return cut > 0 ? cut : at;
		used += columns;
		at += bytes;
		before = cp;
		columns_before = columns;
	}
	return text.len;
}

void
page_text(struct page *p, unsigned indent, struct str lead, struct str text, enum paint paint)
{
	bool is_first = true;
	text = str_trim(text);
	const unsigned least = 24; /* narrower than this is not readable anyhow */
	const unsigned room = p->columns == 0               ? UINT32_MAX
			      : p->columns > indent + least ? p->columns - indent
							    : least;
	do {
		const size_t n = line_bytes(text, room);
		const unsigned lead_columns = is_first ? text_columns(lead) : 0;
		add_blanks(p, indent > lead_columns ? indent - lead_columns : 0);
		if (is_first)
			add_clean(p, lead);
		paint_on(p, paint);
		add_clean(p, str_trim_end(str_head(text, n)));
		paint_off(p, paint);
		out_add_char(p->out, '\n');
		text = str_from(text, n);
		while (text.len > 0 && text.ptr[0] == ' ')
			text = str_from(text, 1);
		is_first = false;
	} while (text.len > 0);
}

void
page_line(struct page *p, struct str text, enum paint paint)
{
	paint_on(p, paint);
	add_clean(p, text);
	paint_off(p, paint);
	out_add_char(p->out, '\n');
}

void
page_fact(struct page *p, struct str label, unsigned label_columns, struct str value)
{
	if (value.len == 0)
		return;
	const unsigned indent = 2, columns = text_columns(label);
	const unsigned widest = label_columns > columns ? label_columns : columns;
	/* In a narrow window the value stands below its label. */
	const bool is_below =
		p->columns > 0 && p->columns < indent + label_columns + 2 + VALUE_COLUMNS_MIN;
	const unsigned from = is_below ? 2 * indent : indent + widest + 2;
	const unsigned room = p->columns == 0                         ? UINT32_MAX
			      : p->columns > from + VALUE_COLUMNS_MIN ? p->columns - from
								      : VALUE_COLUMNS_MIN;
	add_blanks(p, indent);
	paint_on(p, PAINT_FAINT);
	add_clean(p, label);
	paint_off(p, PAINT_FAINT);
	if (is_below)
		out_add_char(p->out, '\n');
	else
		add_blanks(p, widest - columns + 2);
	value = str_trim(value);
	for (bool is_first = !is_below; value.len > 0; is_first = false) {
		const size_t n = line_bytes(value, room);
		if (!is_first)
			add_blanks(p, from);
		add_clean(p, str_trim_end(str_head(value, n)));
		out_add_char(p->out, '\n');
		value = str_trim(str_from(value, n));
	}
}

void
page_blank(struct page *p)
{
	out_add_char(p->out, '\n');
}
