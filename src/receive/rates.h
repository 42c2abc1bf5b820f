/*
 * rates - how often somebody did something: buckets that leak, in a table with a ceiling
 *
 * "300/1h" allows 300 at once and then one every 12 seconds. Of each bucket one number is kept,
 * when it will be empty again (the "theoretical arrival time" of GCRA, ITU-T I.371), so nothing
 * ticks, a bucket that is empty is as good as forgotten, and what is kept on disk is a time and a
 * name.
 *
 * Who fills the table with names that nobody will ever use again pushes out the oldest of that kind
 * alone: made-up senders never forget an account.
 *
 * Time is the caller's: milliseconds since 1970. A clock that went back, and a limit that was
 * lowered, forgive what was counted. Pure; one thread.
 */
#ifndef RECEIVE_RATES_H
#define RECEIVE_RATES_H

#include "base/buf.h"
#include "base/units.h"

#define RATES_MAX 50000         /* buckets of one kind */
#define RATES_KEY_BYTES_MAX 320 /* of a key; what is behind it does not count */
#define RATES_FILE_BYTES_MAX ((size_t)128 << 20)

/* X(id, name on disk) */
#define RATE_KINDS(X)                                                                              \
	X(CONNECTIONS, "connections")                                                              \
	X(CLIENT, "client")                                                                        \
	X(CLIENT_RECIPIENTS, "client-recipients")                                                  \
	X(NETWORK, "network")                                                                      \
	X(NETWORK_RECIPIENTS, "network-recipients")                                                \
	X(USER, "user")                                                                            \
	X(USER_RECIPIENTS, "user-recipients")                                                      \
	X(SENDER, "sender")                                                                        \
	X(RECIPIENT, "recipient")

enum rate_kind {
#define X(id, name) RATE_##id,
	RATE_KINDS(X)
#undef X
		RATE_KIND_COUNT
};

struct rates;

/* rates_new - NULL: no memory */
struct rates *rates_new(void);
void rates_free(struct rates *r); /* NULL is harmless */

/* rates_wait_ms - until one more of `key` is within the limit; 0: it is now. Counts nothing */
int64_t rates_wait_ms(const struct rates *r, enum rate_kind kind, struct str key,
	const struct rate *limit, int64_t now_ms);

/* rates_count - one more of it, whatever the limit says; without memory nothing is counted */
void rates_count(struct rates *r, enum rate_kind kind, struct str key, const struct rate *limit,
	int64_t now_ms);

/* rates_has_changed - since the last rates_write() */
bool rates_has_changed(const struct rates *r);

/* rates_write - all that is not empty, a line each, oldest first */
void rates_write(struct rates *r, struct buf *out, int64_t now_ms);

/* rates_read - what rates_write() wrote, into a table without buckets; lines that are none are left
 * out */
void rates_read(struct rates *r, struct str text, int64_t now_ms);

#endif
