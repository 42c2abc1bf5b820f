/* inside - what the files of a session's filters share */
#ifndef FILTER_INSIDE_H
#define FILTER_INSIDE_H

#include "filter/filters.h"
#include "filter/spool.h"

#define FILTER_ARENA_BYTES_MAX ((size_t)96 << 20) /* a new body, and what it is told of */
#define FILTER_HEADER_BYTES_MAX ((size_t)2 << 20) /* with all that filters add */

struct filters {
	struct filters_parts parts;
	struct backends *backends; /* NULL: not configured */
	struct filter_counts counts[KIND_COUNT];
};

struct filter_session {
	struct filters *filters;
	struct backends *backends;
	filter_done *done;
	void *to;
	struct arena arena;
	struct filter_facts facts;
	struct str authserv;
	bool is_ours;
	bool has_mail;   /* MAIL was asked */
	bool needs_text; /* else it is only counted */
	unsigned wanted;
	enum filter_point at;
	struct exchange list[FILTERS_MAX];
	bool is_asked[FILTERS_MAX];  /* at this place */
	bool is_taken[FILTERS_MAX];  /* its answer is in what follows */
	bool is_out[FILTERS_MAX];    /* wants to hear no more, or failed and is passed over */
	bool is_gone[FILTERS_MAX];   /* ... of this session: a milter that accepted the client */
	bool was_asked[FILTERS_MAX]; /* at the end of the text: to be logged */
	size_t next;                 /* of the milters, whose turn it is */
	size_t open_count;
	bool has_begun;  /* with those that are no milters */
	bool is_asking;  /* in a question of ours: done() is not called */
	bool is_decided; /* somebody refuses */
	struct event deadline;
	struct str *recipients;
	size_t recipient_count, recipient_room;
	struct spool text;
	size_t header_bytes; /* of the text as it came */
	size_t kept_bytes;   /* of those, what goes on */
	struct buf header;   /* what it has become, with what goes in front of it */
	struct str body;     /* what it has become; absent: as it came */
	bool is_rewritten;
	struct edits edits; /* of the envelope */
	const struct check_verdict *origin;
	struct filter_outcome outcome;
};

/* filter_stages_init - of a session that is new: nobody is asked yet */
void filter_stages_init(struct filter_session *s);

/* filter_ask - asks all who are to be asked at this place. True: it is over, and *out is written;
 * false: done() will be called from the loop */
bool filter_ask(struct filter_session *s, enum filter_point at, struct filter_outcome *out);

/* filter_no_room - the outcome is that we cannot ask: the message is deferred; `rule` a literal */
void filter_no_room(struct filter_session *s, const char *rule);

/* filter_take_answer - what filter i wants changed, in what follows. Fields that a policy service
 * adds at RCPT wait for the end of the text. Without memory s->header or the arena fails */
void filter_take_answer(struct filter_session *s, size_t i);

/* filter_facts_of_text - after header or body changed: how long they are, for those asked next */
void filter_facts_of_text(struct filter_session *s);

/* filter_judge - what the answers of this place come to, into s->outcome; each is logged */
void filter_judge(struct filter_session *s);

/* filter_refuses - does this answer end it, whatever the others say? */
bool filter_refuses(const struct filter_session *s, const struct exchange *x);

#endif
