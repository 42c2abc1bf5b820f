/*
 * destination - where a recipient's mail goes now
 *
 * Aliases, lists and forwards were followed when the message was accepted: the queue holds final
 * addresses. Whether such an address is a mailbox here, belongs to a route or to another server is
 * asked again at each attempt, so that a change takes effect at once.
 */
#ifndef DELIVER_DESTINATION_H
#define DELIVER_DESTINATION_H

#include "deliver/parcel.h"
#include "deliver/settings.h"
#include "directory/directory.h"

struct destination {
	enum carrier carrier;
	struct str lane_name;       /* of all that goes the same way */
	struct remote_place remote; /* of LMTP and REMOTE */
	bool is_own_relay;
	struct str address; /* the mailbox's */
	uint64_t quota_bytes;
};

/*
 * destination_find - asks the directory
 *
 * recipient  a final address, without <>
 * a          everything in *out lives there, in the settings or is static
 * Returns    false when there is nowhere to go: *refusal says why, a condition of the catalogue,
 * and *why in words
 */
bool destination_find(struct directory *directory, const struct deliver_settings *settings,
	struct str recipient, struct str sender, struct arena *a, struct destination *out,
	enum condition *refusal, struct str *why);

#endif
