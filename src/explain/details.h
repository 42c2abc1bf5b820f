/* details - the technical facts of one outcome, in the order in which people read them */
#ifndef EXPLAIN_DETAILS_H
#define EXPLAIN_DETAILS_H

#include "explain/explain.h"

/* The names of the sentences "label.NAME" that stand before the facts. */
#define DETAIL_NAMES(X)                                                                            \
	X(recipient)                                                                               \
	X(original_recipient)                                                                      \
	X(action)                                                                                  \
	X(reason)                                                                                  \
	X(reply)                                                                                   \
	X(server)                                                                                  \
	X(condition)                                                                               \
	X(session)                                                                                 \
	X(provider)                                                                                \
	X(blocklist)                                                                               \
	X(sending_ip)                                                                              \
	X(link)                                                                                    \
	X(retry_after)                                                                             \
	X(last_attempt)                                                                            \
	X(retry_until)                                                                             \
	X(reported_by)                                                                             \
	X(generator)                                                                               \
	X(subject)                                                                                 \
	X(date)                                                                                    \
	X(message_id)

#define X(name) DETAIL_##name,
enum detail { DETAIL_NAMES(X) DETAIL__COUNT };
#undef X

struct details {
	struct str value[DETAIL__COUNT]; /* empty: not known */
};

/* details_gather - of the outcome `o`, which `e` explains; text lives in the arena, the report or
 * the catalogue */
void details_gather(const struct nixie_report_info *info, const struct nixie_outcome *o,
	const struct explanation *e, enum lang lang, struct arena *a, struct details *d);

/* detail_label - the words before it */
struct str detail_label(enum detail d, enum lang lang);

#endif
