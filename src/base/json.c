#include "base/json.h"

#include "base/charset.h"
#include "base/lanes.h"

static void
indent(struct json *j)
{
	out_add_char(j->out, '\n');
	for (unsigned i = 0; i < j->depth; i++)
		out_add(j->out, STR("  "));
}

#define MARKS_BYTES 8 /* of commas, quotes and a colon around a name, with room to spare */

/* begin(), for people to read; and for names longer than ours are. */
static void
begin_slowly(struct json *j, struct str name)
{
	struct out *const o = j->out;
	if (j->has_member)
		out_add_char(o, ',');
	if (j->pretty && j->depth > 0)
		indent(j);
	if (!str_is_set(name))
		return;
	out_add_char(o, '"');
	out_add(o, name);
	out_add(o, STR("\":"));
	if (j->pretty)
		out_add_char(o, ' ');
}

/* Everything before a value: a comma where one is due, and the name; and the first byte of it. */
static inline void
begin(struct json *j, struct str name, char first)
{
	struct out *const o = j->out;
	if (j->pretty || name.len > OUT_SHORT_BYTES) {
		begin_slowly(j, name);
		name = STR_NONE;
		j->has_member = false; /* its comma is written */
	}
	char *to = out_room(o, OUT_SHORT_BYTES + MARKS_BYTES);
	*to = ',';
	to += j->has_member;
	if (str_is_set(name)) {
		*to++ = '"';
		to = out_copy(to, name);
		*to++ = '"';
		*to++ = ':';
	}
	*to++ = first;
	o->len = (size_t)(to - o->room);
	j->has_member = true;
}

void
json_open(struct json *j, struct str name, char bracket)
{
	begin(j, name, bracket);
	j->depth++;
	j->has_member = false;
}

void
json_close(struct json *j, char bracket)
{
	const bool was_empty = !j->has_member;
	j->depth--;
	if (j->pretty && !was_empty)
		indent(j);
	out_add_char(j->out, bracket);
	j->has_member = true;
}

static void
escape(struct out *o, unsigned char c)
{
	static const char hex[] = "0123456789abcdef";
	out_add_char(o, '\\');
	switch (c) {
	case '"':
	case '\\':
		out_add_char(o, (char)c);
		return;
	case '\n':
		out_add_char(o, 'n');
		return;
	case '\r':
		out_add_char(o, 'r');
		return;
	case '\t':
		out_add_char(o, 't');
		return;
	default:
		out_add(o, STR("u00"));
		out_add_char(o, hex[c >> 4]);
		out_add_char(o, hex[c & 15]);
	}
}

/* Writes what stands at the head of `s` and does not stand for itself: bytes that are no ASCII, a
 * control byte, a quote, a backslash. Returns how many bytes of `s` that was. DEL stays. */
static size_t
put_odd(struct out *o, struct str s)
{
	const unsigned char c = (unsigned char)s.ptr[0];
	if (c < 0x80) {
		escape(o, c);
		return 1;
	}
	const int step = utf8_step(s);
	if (step < 0) {
		out_add(o, STR("\xEF\xBF\xBD"));
		return 1;
	}
	out_add(o, str_head(s, (size_t)step));
	return (size_t)step;
}

void
json_text(struct json *j, struct str name, struct str value)
{
	struct out *const o = j->out;
	begin(j, name, '"');
	size_t i = 0;
	while (i < value.len) {
		const size_t left = value.len - i;
		const struct lanes l = lanes_next(value.ptr + i, left);
		const unsigned odd = lanes_odd(l, ' ') | lanes_either(l, '"', '\\');
		/* All 16 go out, and those that count are counted. */
		lanes_store(l, out_room(o, LANES));
		if (odd == 0) {
			o->len += LANES;
			i += LANES;
			continue;
		}
		o->len += lanes_first(odd);
		i += lanes_first(odd);
		/* What is no ASCII seldom comes alone. */
		if (i < value.len)
			do
				i += put_odd(o, str_from(value, i));
			while (i < value.len && (unsigned char)value.ptr[i] >= 0x80);
	}
	out_add_char(o, '"');
}

void
json_number(struct json *j, struct str name, int64_t value)
{
	char room[STR_DIGITS_MAX];
	const struct str digits = str_digits(value, room);
	begin(j, name, digits.ptr[0]);
	out_add(j->out, str_from(digits, 1));
}

void
json_percent(struct json *j, struct str name, unsigned percent)
{
	begin(j, name, percent >= 100 ? '1' : '0');
	if (percent >= 100)
		return;
	out_add_char(j->out, '.');
	out_add_char(j->out, (char)('0' + percent / 10));
	if (percent % 10 != 0)
		out_add_char(j->out, (char)('0' + percent % 10));
}

void
json_bool(struct json *j, struct str name, bool value)
{
	begin(j, name, value ? 't' : 'f');
	out_add(j->out, value ? STR("rue") : STR("alse"));
}
