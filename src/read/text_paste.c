/* Text as people hand it on: quoted in a forward, wrapped anew by a mail program. */
#include "read/limits.h"
#include "read/text.h"

/* Is most of this text a quotation, each line of it behind a '>'? */
static bool
is_quoted(struct str text)
{
	struct str rest = str_head(text, 65536), line;
	size_t quoted = 0, plain = 0;
	while (str_line(&rest, &line)) {
		const struct str bare = str_trim(line);
		if (bare.len > 0)
			*(bare.ptr[0] == '>' ? &quoted : &plain) += 1;
	}
	return quoted >= 3 && quoted * 2 > plain;
}

struct str
text_unquote(struct str text, struct arena *a)
{
	for (int depth = 0; depth < QUOTE_DEPTH_MAX && is_quoted(text); depth++) {
		char *const out = arena_bytes(a, text.len + 1);
		if (out == NULL)
			return text;
		size_t n = 0;
		struct str rest = text, line;
		while (str_line(&rest, &line)) {
			if (line.len > 0 && line.ptr[0] == '>')
				line = str_from(line, line.len > 1 && line.ptr[1] == ' ' ? 2 : 1);
			if (line.len > 0)
				memcpy(out + n, line.ptr, line.len);
			n += line.len;
			if (n < text.len)
				out[n++] = '\n';
		}
		text = (struct str){out, n};
	}
	return text;
}
