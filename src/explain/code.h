/*
 * code - the reference: what a reply code, an enhanced code, a reason, a blocklist, a provider's
 * token or a mail program's error number means
 */
#ifndef EXPLAIN_CODE_H
#define EXPLAIN_CODE_H

#include "base/out.h"
#include "explain/explain.h"

/* code_write_text, code_write_json - false, with nothing written, when the catalogue does not know
 * `code` */
bool code_write_text(struct str code, const struct nixie_style *style, enum lang lang,
	struct arena *a, struct out *out);
bool code_write_json(struct str code, const struct nixie_style *style, enum lang lang,
	struct arena *a, struct out *out);

#endif
