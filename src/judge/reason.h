/* reason - why one recipient was refused: the words and codes about it, weighed against each other
 */
#ifndef JUDGE_REASON_H
#define JUDGE_REASON_H

#include "judge/origin.h"
#include "judge/scan.h"
#include "judge/stated.h"

struct finding {
	struct candidate why;     /* weight 0: nothing is known */
	const struct words *said; /* the words it was found in; NULL when codes decided */
	const struct blocklist_row *blocklist;
	struct reply reply;         /* the codes that count for this recipient */
	const struct words *quoted; /* where the reply was found, the server's own words; NULL when
				       there are none */
	bool is_status_stated;
	bool is_expired;
	unsigned confidence; /* percent */
	bool has_condition;  /* nixied said it, and names the condition */
	struct stated stated;
};

/* reason_find - what decided; of a delivery that went well, the codes alone */
void reason_find(const struct facts *f, struct person *who, const struct origin *o, bool went_well,
	struct finding *found);

#endif
