/* escape - bytes as the dialogues write them: \r \n \0 \\ \xHH, and \{600*a} for 600 times "a" */
#ifndef TESTS_ESCAPE_H
#define TESTS_ESCAPE_H

#include "base/buf.h"

#include <stdlib.h>

#define ESCAPE_TIMES_MAX (1 << 20)

/* escape_undo - the bytes that `text` stands for, behind what `to` holds; false when it is none */
static inline bool
escape_undo(struct str text, struct buf *to)
{
	for (size_t i = 0; i < text.len; i++) {
		if (text.ptr[i] != '\\' || i + 1 == text.len) {
			buf_add_char(to, text.ptr[i]);
			continue;
		}
		const char c = text.ptr[++i];
		if (c == 'x' && i + 2 < text.len) {
			char hex[3] = {text.ptr[i + 1], text.ptr[i + 2], '\0'};
			buf_add_char(to, (char)strtol(hex, NULL, 16));
			i += 2;
		} else if (c == '{') {
			const size_t close = str_find_char(text, '}', i);
			struct str what = str_from(str_head(text, close), i + 1);
			const int64_t n = str_number(str_cut(&what, '*'), ESCAPE_TIMES_MAX);
			if (close == STR_NPOS || n < 0)
				return false;
			for (int64_t k = 0; k < n; k++)
				if (!escape_undo(what, to))
					return false;
			i = close;
		} else {
			buf_add_char(to, c == 'r' ? '\r' : c == 'n' ? '\n' : c == '0' ? '\0' : c);
		}
	}
	return true;
}

#endif
