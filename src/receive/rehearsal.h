/*
 * rehearsal - a session without a socket: the same machine, directory and checks as a client meets
 *
 * What it is told is what a client would send; what it answers is what that client would read. The
 * loop runs while an answer is waited for. Where the message goes is the caller's choice: the queue
 * that receive_start() was given, which for a rehearsal is one to throw away.
 */
#ifndef RECEIVE_REHEARSAL_H
#define RECEIVE_REHEARSAL_H

#include "base/buf.h"
#include "receive/receive.h"

struct rehearsal_client {
	struct endpoint address;
	bool is_secure;  /* as if the handshake were done */
	struct str user; /* as if this account had signed in; absent: nobody */
};

struct rehearsal;

/*
 * rehearsal_new - a client that has connected to that listener, which need not be open
 *
 * r       started; it outlives the rehearsal
 * Returns NULL, and the words of *error: also when the account does not exist
 */
struct rehearsal *rehearsal_new(struct receive *r, const struct config *config,
	const struct config_listener *listener, const struct rehearsal_client *client,
	struct receive_error *error);

/* rehearsal_say - the bytes, with their CRLF; nothing at first, which brings the greeting. All that
 * is answered is added to `replies`. false: the server has closed the connection */
bool rehearsal_say(struct rehearsal *s, struct str bytes, struct buf *replies);

/* rehearsal_reference - the session's, as it stands in replies and in the log */
struct str rehearsal_reference(const struct rehearsal *s);

void rehearsal_free(struct rehearsal *s); /* NULL is harmless */

#endif
