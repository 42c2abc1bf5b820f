/* refuser - who said no: which side, and by which name */
#ifndef JUDGE_REFUSER_H
#define JUDGE_REFUSER_H

#include "judge/reason.h"

/* refuser_find - fills refuser, refuser_name and provider of *o from what is known */
void refuser_find(const struct facts *f, const struct person *who, const struct origin *from,
	const struct finding *found, struct nixie_outcome *o);

#endif
