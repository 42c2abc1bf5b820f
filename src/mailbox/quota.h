/* quota - how full a Maildir is: Maildir++'s `maildirsize` */
#ifndef MAILBOX_QUOTA_H
#define MAILBOX_QUOTA_H

#include "base/str.h"

/* quota_used - bytes in the Maildir that the descriptor `dir` is of; negative errno. Counts anew
 * when the file is missing, of another quota, too long, or says "full" and is not fresh */
int64_t quota_used(int dir, uint64_t quota_bytes, int64_t now_s, uint64_t more_bytes);

/* quota_add - notes that so many bytes came; a failure is no harm: the next count finds them */
void quota_add(int dir, uint64_t bytes);

/* quota_full_since - since when mail has found no room: what is remembered in the Maildir, or now,
 * which is remembered from here on if `may_note`. Seconds since 1970 */
int64_t quota_full_since(int dir, int64_t now_s, bool may_note);

/* quota_full_end - mail fits again */
void quota_full_end(int dir);

#endif
