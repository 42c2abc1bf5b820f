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

/* Everything before a value: a comma where one is due, and the name. */
static void
begin(struct json *j, struct str name)
{
	struct out *const o = j->out;
	if (j->has_member)
		out_add_char(o, ',');
	if (j->pretty && j->depth > 0)
		indent(j);
	j->has_member = true;
	if (!str_is_set(name))
		return;
	out_add_char(o, '"');
	out_add(o, name);
	out_add_char(o, '"');
	out_add_char(o, ':');
	if (j->pretty)
		out_add_char(o, ' ');
}

void
json_open(struct json *j, struct str name, char bracket)
{
	begin(j, name);
	out_add_char(j->out, bracket);
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

/* Where from `i` on the next byte is that does not stand for itself in a string: a control byte, a
 * quote, a backslash, no ASCII. DEL stays. */
static size_t
plain_end(struct str s, size_t i)
{
	for (; s.len - i >= LANES; i += LANES) {
		const struct lanes l = lanes_load(s.ptr + i);
		const unsigned mask = lanes_odd(l, ' ') | lanes_either(l, '"', '\\');
		if (mask != 0)
			return i + lanes_first(mask);
	}
	for (; i < s.len; i++) {
		const unsigned char c = (unsigned char)s.ptr[i];
		if (c < ' ' || c >= 0x80 || c == '"' || c == '\\')
			break;
	}
	return i;
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

void
json_text(struct json *j, struct str name, struct str value)
{
	begin(j, name);
	out_add_char(j->out, '"');
	size_t from = 0;
	for (size_t i = 0; (i = plain_end(value, i)) < value.len;) {
		const unsigned char c = (unsigned char)value.ptr[i];
		const int step = c < 0x80 ? 0 : utf8_step(str_from(value, i));
		if (step > 0) {
			i += (size_t)step;
			continue;
		}
		out_add(j->out, (struct str){value.ptr + from, i - from});
		if (c < 0x80)
			escape(j->out, c);
		else
			out_add(j->out, STR("\xEF\xBF\xBD"));
		from = ++i;
	}
	if (value.len > from)
		out_add(j->out, str_from(value, from));
	out_add_char(j->out, '"');
}

void
json_number(struct json *j, struct str name, int64_t value)
{
	begin(j, name);
	out_add_number(j->out, value);
}

void
json_percent(struct json *j, struct str name, unsigned percent)
{
	begin(j, name);
	if (percent >= 100) {
		out_add_char(j->out, '1');
		return;
	}
	out_add(j->out, STR("0."));
	out_add_char(j->out, (char)('0' + percent / 10));
	if (percent % 10 != 0)
		out_add_char(j->out, (char)('0' + percent % 10));
}

void
json_bool(struct json *j, struct str name, bool value)
{
	begin(j, name);
	out_add(j->out, value ? STR("true") : STR("false"));
}
