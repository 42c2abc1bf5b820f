#include "base/json_walk.h"

#include "base/charset.h"

struct walk {
	struct str text;
	size_t at;
	struct arena *arena;
	struct json_path path;
	json_value *value;
	void *to;
};

static void
skip_blanks(struct walk *w)
{
	while (w->at < w->text.len && ascii_is_space((unsigned char)w->text.ptr[w->at]))
		w->at++;
}

static char
peek(const struct walk *w)
{
	return w->at < w->text.len ? w->text.ptr[w->at] : '\0';
}

/* Four hexadecimal digits at `s`, or -1. */
static int32_t
hex4(struct str s)
{
	int32_t n = 0;
	if (s.len < 4)
		return -1;
	for (size_t i = 0; i < 4; i++) {
		const int c = ascii_lower((unsigned char)s.ptr[i]);
		if (!ascii_is_digit(c) && !(c >= 'a' && c <= 'f'))
			return -1;
		n = n * 16 + (ascii_is_digit(c) ? c - '0' : c - 'a' + 10);
	}
	return n;
}

/* One escape after its backslash; writes what it stands for and returns how many bytes of `s` it
 * took. */
static size_t
unescape(struct str s, char *out, size_t *n)
{
	static const char from[] = "bfnrt", to[] = "\b\f\n\r\t";
	const char *const known = s.ptr[0] != '\0' ? strchr(from, s.ptr[0]) : NULL;
	if (known != NULL) {
		out[(*n)++] = to[known - from];
		return 1;
	}
	int32_t cp = s.ptr[0] == 'u' ? hex4(str_from(s, 1)) : -1;
	if (cp < 0) {
		out[(*n)++] = s.ptr[0];
		return 1;
	}
	size_t used = 5;
	if (cp >= 0xD800 && cp < 0xDC00 && str_starts(str_from(s, 5), STR("\\u"))) {
		const int32_t low = hex4(str_from(s, 7));
		if (low >= 0xDC00 && low < 0xE000) {
			cp = 0x10000 + ((cp - 0xD800) << 10) + (low - 0xDC00);
			used = 11;
		}
	}
	*n += utf8_put((uint32_t)cp, out + *n);
	return used;
}

/* The string that opens at `at`: a slice of the text when it has no escapes. */
static struct str
read_string(struct walk *w)
{
	const size_t from = ++w->at;
	bool has_escape = false;
	while (w->at < w->text.len && w->text.ptr[w->at] != '"') {
		if (w->text.ptr[w->at] == '\\') {
			has_escape = true;
			w->at++;
		}
		w->at++;
	}
	if (w->at > w->text.len)
		w->at = w->text.len;
	const struct str raw = {w->text.ptr + from, w->at - from};
	if (w->at < w->text.len)
		w->at++;
	char *const out = has_escape ? arena_bytes(w->arena, raw.len + 1) : NULL;
	if (out == NULL)
		return raw;
	size_t n = 0;
	for (size_t i = 0; i < raw.len;) {
		if (raw.ptr[i] != '\\' || i + 1 == raw.len) {
			out[n++] = raw.ptr[i++];
			continue;
		}
		i += 1 + unescape(str_from(raw, i + 1), out, &n);
	}
	return (struct str){out, n};
}

/* Goes down into '{' or '[' at `at`; false when it is too deep and was passed over as a whole. */
static bool
enter(struct walk *w)
{
	if (w->path.depth < JSON_DEPTH_MAX) {
		w->at++;
		return true;
	}
	size_t depth = 0;
	do {
		const char c = peek(w);
		if (c == '"') {
			(void)read_string(w);
			continue;
		}
		depth += c == '{' || c == '[';
		depth -= c == '}' || c == ']';
		w->at++;
	} while (depth > 0 && w->at < w->text.len);
	return false;
}

static void
leaf(struct walk *w)
{
	const size_t from = w->at;
	while (w->at < w->text.len && w->text.ptr[w->at] != '\0' &&
		strchr(",]} \t\r\n", w->text.ptr[w->at]) == NULL)
		w->at++;
	if (w->at == from) {
		if (w->at < w->text.len)
			w->at++; /* not JSON: one byte on, or it would stand still */
		return;
	}
	w->value(w->to, &w->path, (struct str){w->text.ptr + from, w->at - from});
}

/*
 * One level of the walk is one turn of this loop; the brackets that are open
 * are kept in `kinds`, so that no input can exhaust the stack.
 */
bool
json_walk(struct str text, struct arena *a, json_value *value, void *to)
{
	struct walk w = {.text = text, .arena = a, .value = value, .to = to};
	char kinds[JSON_DEPTH_MAX + 1] = {0};
	skip_blanks(&w);
	if (peek(&w) != '{')
		return false;
	do {
		skip_blanks(&w);
		const char c = peek(&w);
		struct json_path *const p = &w.path;
		const bool in_object = p->depth > 0 && kinds[p->depth - 1] == '{';
		if (c == ',') {
			w.at++;
			if (p->depth > 0)
				p->index[p->depth - 1]++;
			continue;
		}
		if (c == '}' || c == ']') {
			w.at++;
			if (p->depth > 0)
				p->depth--;
			continue;
		}
		if (in_object && c == '"') {
			p->name[p->depth - 1] = read_string(&w);
			skip_blanks(&w);
			if (peek(&w) == ':')
				w.at++;
			skip_blanks(&w);
		}
		const char v = peek(&w);
		if (v == '{' || v == '[') {
			if (!enter(&w))
				continue;
			kinds[p->depth] = v;
			p->name[p->depth] = STR_NONE;
			p->index[p->depth] = 0;
			p->depth++;
		} else if (v == '"') {
			const struct str s = read_string(&w);
			value(to, p, s);
		} else {
			leaf(&w);
		}
	} while (w.path.depth > 0 && w.at < text.len);
	return true;
}
