/*
 * code - the reference: what a reply code, an enhanced code, a reason, a blocklist, a provider's
 * token or a mail program's error number means
 */
#ifndef EXPLAIN_CODE_H
#define EXPLAIN_CODE_H

#include "base/out.h"
#include "explain/explain.h"

/* What the reader made of the text that is looked up, where it is a line of a server. */
struct code_line {
	int reason;     /* enum reason */
	struct str key; /* of the explanation that fits: situation_find() */
};

/* code_write_text, code_write_json - false, with nothing written, when the catalogue does not know
 * `code`. line: NULL when it was not read, or gave no reason */
bool code_write_text(struct str code, const struct code_line *line, const struct nixie_style *style,
	enum lang lang, struct arena *a, struct out *out);
bool code_write_json(struct str code, const struct code_line *line, const struct nixie_style *style,
	enum lang lang, struct arena *a, struct out *out);

#endif
