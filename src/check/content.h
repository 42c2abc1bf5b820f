/* content - what the text shows: signatures, who is shown in From, and whether they agree */
#ifndef CHECK_CONTENT_H
#define CHECK_CONTENT_H

#include "check/inside.h"

/* content_begin - the text is whole: the look-ups begin */
void content_begin(struct check_session *s);

/* content_judge - they are done: what came of them is found, and *out is the answer */
void content_judge(struct check_session *s, struct check_verdict *out);

#endif
