/* milter_inside - what the files of the milter's machine share */
#ifndef FILTER_MILTER_INSIDE_H
#define FILTER_MILTER_INSIDE_H

#include "filter/milter.h"

/* milter_say - the packets of the step at hand; false: there is nothing to say */
bool milter_say(struct milter *t, struct buf *out);

/* milter_take_edit - an answer to the end of the message that changes something */
enum machine_wants milter_take_edit(struct milter *t, char letter, struct str rest);

#endif
