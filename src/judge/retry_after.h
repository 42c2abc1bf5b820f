/* retry_after - how long a server asks to wait */
#ifndef JUDGE_RETRY_AFTER_H
#define JUDGE_RETRY_AFTER_H

#include "base/str.h"

/* retry_after - the seconds a server asked to wait: "try again in 300 seconds"; -1 when it did not
 * say. Any thread */
int64_t retry_after(struct str text);

#endif
