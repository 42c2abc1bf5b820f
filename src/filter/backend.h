/*
 * backend - one filter as it is: its connections, who waits for one, and whether it is down
 *
 * An exchange is one question to one filter, put by one session. It waits for a connection, in a
 * line of FILTER_LINE_MAX at the most, and has the filter's timeout for all of it. A connection
 * whose protocol allows it serves one question after the other; that of a milter belongs to its
 * exchange until the session is over. Between two messages it is taken away when another session's
 * message has none: the one that has been of no use for longest.
 *
 * A filter that fails is told once (alarm), and once more when it is back.
 *
 * Threads: that of the event base.
 */
#ifndef FILTER_BACKEND_H
#define FILTER_BACKEND_H

#include <event2/event.h>
#include <event2/event_struct.h>
#include <sys/queue.h>

#include "eventlog/eventlog.h"
#include "filter/machine.h"
#include "filter/settings.h"

#define FILTER_LINE_MAX 100  /* exchanges that wait for a connection */
#define FILTER_IDLE_MS 20000 /* that a connection is kept for the next question */

struct wire;
TAILQ_HEAD(wires, wire);
struct backend;
struct backends;
struct spool;

/* One question, in its owner's memory. */
struct exchange {
	struct backend *backend;
	struct wire *wire; /* NULL: waits, or is done with it */
	struct filter_question question;
	const struct spool *text; /* at the end: the body, from `body_at` on */
	uint64_t body_at;
	struct str body; /* instead of that, when it was replaced */
	bool is_open;    /* not answered yet */
	bool is_waiting; /* in the line */
	bool has_retried;
	/* When it is not open any more: */
	bool has_failed; /* trouble says why */
	struct filter_answer answer;
	char trouble[FILTER_TROUBLE_BYTES];
	struct event timer;
	TAILQ_ENTRY(exchange) link;
	void (*done)(void *to, struct exchange *x); /* from the loop, or from exchange_ask() */
	void *to;
};

/* exchange_init - for that backend; done() is called once for each exchange_ask() */
void exchange_init(struct exchange *x, struct backend *b,
	void (*done)(void *to, struct exchange *x), void *to);

/* exchange_ask - the question; its facts and texts stay where they are until it is answered */
void exchange_ask(struct exchange *x, const struct filter_question *q);

/* exchange_give_up - an open one fails with these words, and done() is called */
void exchange_give_up(struct exchange *x, const char *why);

/* exchange_mail_over - the message is over, also while it is open: done() is not called any more.
 * A milter is told so, and keeps its connection */
void exchange_mail_over(struct exchange *x);

/* exchange_leave - a milter is told that the session is over, and its connection closed */
void exchange_leave(struct exchange *x);

/* exchange_fini - nothing more is asked: a milter is told so; done() is not called any more */
void exchange_fini(struct exchange *x);

/* Of a kind of filter, since the start. */
struct filter_counts {
	uint64_t asked, failed, outages;
	uint64_t verdicts[FILTER_REFUSE + 1]; /* of those that were answered: what they came to */
	uint64_t down;                        /* filters that are, now */
};

struct backend {
	struct backends *all;
	struct filter_setting setting;
	char shown[24]; /* as replies name it: "milter 2" */
	unsigned open_count, waiting_count;
	TAILQ_HEAD(exchanges, exchange) waiting;
	struct wires wires;
	bool is_down;
	int64_t down_since_ms; /* wall time */
	uint64_t unanswered;   /* since then */
};

/* All of one configuration. It is gone when nobody uses it. */
struct backends {
	unsigned uses;
	struct event_base *base;
	struct eventlog *log;
	struct filter_counts *counts; /* KIND_COUNT of them; outlives this */
	struct filter_settings *settings;
	struct backend list[FILTERS_MAX];
	struct event tidy; /* what must not be done where it is found out */
	struct wires dead;
};

/* backends_new - takes the settings over; NULL: no memory */
struct backends *backends_new(struct event_base *base, struct eventlog *log,
	struct filter_counts *counts, struct filter_settings *settings);
void backends_use(struct backends *b);
void backends_release(struct backends *b); /* NULL is harmless */

#endif
