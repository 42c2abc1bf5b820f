/*
 * rspamd - the machine of rspamd's protocol: HTTP, /checkv2 with the message, JSON in return
 *
 *	> POST /checkv2 HTTP/1.1
 *	> From: sender@example.org           (what is known of the session, as fields)
 *	< {"action":"soft reject","score":4.1,"required_score":15.0,"symbols":{...},"milter":{...}}
 *
 * What an action means is rspamd's to say (its actions.conf), so there are no limits of ours:
 * reject refuses, soft reject defers, add header and rewrite subject mark. "greylist" alone passes:
 * where it is to have an effect, rspamd's own module makes "soft reject" of it.
 */
#ifndef FILTER_RSPAMD_H
#define FILTER_RSPAMD_H

#include "filter/machine.h"
#include "net/http_answer.h"

#define RSPAMD_SYMBOLS_MAX 24 /* that are told, the heaviest */

struct rspamd_symbol {
	struct str name;
	int64_t points;
};

struct rspamd {
	struct machine m;
	struct http_answer http;
	bool has_text;
	struct str action, message, subject;
	bool has_action, is_skipped, has_bad_edit;
	struct rspamd_symbol symbols[RSPAMD_SYMBOLS_MAX];
	size_t symbol_count;
};

void rspamd_begin(struct rspamd *r, const struct filter_question *q, struct buf *out);
void rspamd_text(struct rspamd *r, struct str piece, struct buf *out);
enum machine_wants rspamd_next(struct rspamd *r, struct str *in, bool is_end, struct buf *out);
void rspamd_fini(struct rspamd *r);

#endif
