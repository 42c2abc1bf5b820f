/* rubbish - bytes that can be no mail and no text */
#ifndef READ_RUBBISH_H
#define READ_RUBBISH_H

#include "base/str.h"

/* rubbish_find - why they are neither, as the rest of a sentence ("is empty; ..."); NULL when they
 * may be one. Looks at the first 4096 bytes */
const char *rubbish_find(struct str bytes);

/* rubbish_is_other_file - is it one that stands among mails and is none: with zero bytes, and no
 * field at its head? Looks at the first 4096 bytes */
bool rubbish_is_other_file(struct str bytes);

#endif
