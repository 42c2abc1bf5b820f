/*
 * shelf - a folder of a mailbox for mail that is kept there for a while: Rejects
 *
 * A folder of Maildir++ beside the inbox (".Rejects"), which mail programs show like any other. It
 * holds what nobody accepted, so it counts for no quota, and it is bounded: what is old goes, and
 * what is too much, the oldest first. Only files that shelf_put() has made are counted and removed;
 * what people move there is theirs.
 *
 * Threads: any, also on one mailbox. Time is the caller's.
 */
#ifndef MAILBOX_SHELF_H
#define MAILBOX_SHELF_H

#include "mailbox/maildir.h"

#define SHELF_REJECTS ".Rejects"

struct shelf_bounds {
	int64_t since_s;    /* what arrived before it goes */
	uint64_t bytes_max; /* more than that goes */
};

/*
 * shelf_put - into the folder of the Maildir at `mailbox`; both are made where they are missing,
 * also the two folders above
 *
 * message  its id: at most 64 letters and digits. A quota is not asked
 */
enum mailbox_result shelf_put(const char *mailbox, const struct mailbox_message *message,
	const struct shelf_bounds *bounds, struct mailbox_error *error);

/* shelf_tidy - removes what is past the bounds; true when the folder is there */
bool shelf_tidy(const char *mailbox, const struct shelf_bounds *bounds);

/* shelves_tidy - that of each mailbox below `base`, as mailbox_path() has them. O(mailboxes) */
void shelves_tidy(const char *base, const struct shelf_bounds *bounds);

#endif
