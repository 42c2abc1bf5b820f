/*
 * receive - nixied's receiving half: listeners, sessions, and the answers they ask for
 *
 * It joins what knows nothing of each other: sockets (net), the protocol (smtp), who is here
 * (directory), what was accepted (queue). 250 after a message is said when queue_commit() has
 * answered, and by nothing else.
 *
 * Threads: that of the event base; passwords are checked by the workers.
 */
#ifndef RECEIVE_RECEIVE_H
#define RECEIVE_RECEIVE_H

#include "check/check.h"
#include "config/config.h"
#include "directory/directory.h"
#include "eventlog/eventlog.h"
#include "filter/filters.h"
#include "net/workers.h"
#include "queue/queue.h"
#include "smtp/session.h"

#define RECEIVE_WORDS_MAX 1400
#define RATES_FILE "rates" /* in data_directory */

struct receive_error {
	char words[RECEIVE_WORDS_MAX];
};

struct checks;
struct hooks;
struct notice;
struct event_base;
struct receive;
struct return_paths;
struct signing;
struct turn;

/* receive_new - nothing is listened on yet. NULL: no memory */
struct receive *receive_new(struct event_base *base);

/* What it stands on; all of it outlives it. */
struct receive_parts {
	struct directory *directory;
	const char *directory_path; /* for the threads that check passwords */
	struct queue *queue;
	struct workers *workers;
	struct eventlog *log;
	struct checks *checks;             /* NULL: nothing is checked */
	struct filters *filters;           /* NULL: nobody else is asked */
	struct hooks *hooks;               /* NULL: there is no script */
	struct signing *signing;           /* NULL: nothing is signed */
	struct return_paths *return_paths; /* NULL: likewise */
	const char *rates_path;            /* where what limits count is kept; NULL: nowhere */
	bool is_rehearsal;                 /* it is read there, and not written */
	struct turn *turn; /* calls receive_turn_ended(); NULL: replies are sent at once */
	void (*accepted)(void *to, uint64_t message);           /* one more is in the queue */
	void (*refused)(void *to, const struct notice *notice); /* somebody is to be told; NULL */
	void *to;
};

/* receive_start - from now on clients are served, when the loop runs. The sockets come first, since
 * they may need rights that are given up before the rest is opened. False: no memory */
bool receive_start(struct receive *r, const struct receive_parts *parts);

/*
 * receive_configure - opens the listeners of the configuration, or those that are new
 *
 * A listener that is there keeps its socket, and its sessions end with the settings they began
 * with; one that is no longer named is closed. On failure everything is as it was before.
 *
 * config    borrowed until the next call: kept alive by the caller, text and all
 * inherited sockets that systemd opened, taken for the listeners by their addresses
 */
bool receive_configure(struct receive *r, const struct config *config, const int *inherited,
	size_t inherited_count, struct receive_error *error);

/* receive_hostname - what this server calls itself: the setting, or else the system's name; in the
 * arena, or a constant */
struct str receive_hostname(const struct config *config, struct arena *a);

/* receive_addresses - calls fn with each listener's name and address, "127.0.0.1:2525" */
typedef void receive_address(void *to, struct str listener, const char *address);
void receive_addresses(const struct receive *r, receive_address *fn, void *to);

/* receive_refresh - reads certificates again that have changed; about once a minute */
void receive_refresh(struct receive *r);

/* receive_stop - no new sessions; those that are there are told 421, and `stopped` is called when
 * the last one is gone, within `patience_ms` */
void receive_stop(struct receive *r, int64_t patience_ms, void (*stopped)(void *to), void *to);

/* receive_queue_turned - queue_turn() was called: who waited for room goes on */
void receive_queue_turned(struct receive *r);

/* receive_turn_ended - sends the replies of this turn; what the log says of them has been written
 */
void receive_turn_ended(struct receive *r);

/* receive_bans, receive_lift_bans - clients that guessed passwords: clients_bans(), clients_lift()
 */
void receive_bans(const struct receive *r,
	void (*fn)(void *to, const struct net *who, int64_t left_ms), void *to);
size_t receive_lift_bans(struct receive *r, const struct net *which);

void receive_free(struct receive *r);

/* Since the start. */
struct receive_counts {
	uint64_t sessions, open, refused_sessions;
	uint64_t tls, tls_failed, logins, logins_failed;
	uint64_t messages, recipients, bytes;
	uint64_t refused[CONDITION__COUNT];
};
const struct receive_counts *receive_counts(const struct receive *r);

#endif
