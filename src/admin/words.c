#include "admin/words.h"

static bool
is_blank(char c)
{
	return c == ' ' || c == '\t' || c == '\r';
}

bool
word_next(struct str *line, struct arena *a, struct str *word)
{
	size_t i = 0, n = 0;
	bool is_quoted = false;
	while (i < line->len && is_blank(line->ptr[i]))
		i++;
	if (i == line->len || line->ptr[i] == '#')
		return false;
	char *const to = arena_bytes(a, line->len - i + 1);
	if (to == NULL)
		return false;
	for (; i < line->len && (is_quoted || !is_blank(line->ptr[i])); i++) {
		char c = line->ptr[i];
		if (c == '"') {
			is_quoted = !is_quoted;
			continue;
		}
		if (is_quoted && c == '\\' && i + 1 < line->len)
			c = line->ptr[++i];
		to[n++] = c;
	}
	*line = str_from(*line, i);
	*word = is_quoted ? STR_NONE : (struct str){to, n};
	return true;
}

void
word_add(struct buf *b, struct str key, struct str word)
{
	bool needs_quotes = word.len == 0 || word.ptr[0] == '#';
	for (size_t i = 0; i < word.len; i++)
		needs_quotes |= is_blank(word.ptr[i]) || word.ptr[i] == '"';
	buf_add(b, key);
	if (str_is_set(key))
		buf_add_char(b, '=');
	if (!needs_quotes) {
		buf_add(b, word);
		return;
	}
	buf_add_char(b, '"');
	for (size_t i = 0; i < word.len; i++) {
		if (word.ptr[i] == '"' || word.ptr[i] == '\\')
			buf_add_char(b, '\\');
		buf_add_char(b, word.ptr[i]);
	}
	buf_add_char(b, '"');
}
