/*
 * wire - a connection to a filter: the machine of its protocol on a stream
 *
 * For backend.c alone. It has one exchange at a time, or none: then it is idle.
 */
#ifndef FILTER_WIRE_H
#define FILTER_WIRE_H

#include "filter/backend.h"
#include "filter/clamd.h"
#include "filter/milter.h"
#include "filter/policy.h"
#include "filter/rspamd.h"
#include "filter/spamd.h"
#include "net/stream.h"

#define WIRE_IN_BYTES_MAX (2 * MILTER_PACKET_BYTES_MAX)

/* A milter's is SPARE between two messages of its session: of it nothing is lost but what can be
 * told again. */
enum wire_state { WIRE_CONNECTING, WIRE_TALKING, WIRE_RESTING, WIRE_SPARE, WIRE_IDLE, WIRE_DEAD };

/* What a machine is, whichever it is. */
union wire_machine {
	struct machine m;
	struct clamd clamd;
	struct spamd spamd;
	struct rspamd rspamd;
	struct milter milter;
	struct policy policy;
};

struct wire {
	struct backend *backend;
	struct exchange
		*exchange; /* RESTING, SPARE: a milter between two questions of its session */
	enum wire_state state;
	struct stream stream;
	struct event timer; /* of IDLE */
	struct buf in, out;
	size_t out_sent;
	uint64_t text_at;
	bool has_header, has_text; /* sent, of the text */
	bool is_end;               /* nothing more comes */
	bool is_mute;              /* nothing more can be sent */
	bool is_reused, has_heard; /* of this question */
	union wire_machine u;
	TAILQ_ENTRY(wire) link;
};

/* wire_open - a new connection for the exchange; false: *why says why */
bool wire_open(struct backend *b, struct exchange *x, const char **why);

/* wire_ask - the exchange's question, over a connection that is idle, or rests with it */
void wire_ask(struct wire *t, struct exchange *x);

/* wire_mail_over - the message of a milter that rests is over; it is spare, or closed when it is of
 * no use any more */
void wire_mail_over(struct wire *t);

/* wire_leave - its exchange is done with it, in whatever state: it is closed */
void wire_leave(struct wire *t);

/* wire_free - closed, and freed at once: not while it is running */
void wire_free(struct wire *t);

/* ---- of backend.c, for wire.c */

/* exchange_end - answered (why is NULL), or not. Nothing of the wire may be touched behind it */
void exchange_end(struct exchange *x, const char *why);
/* exchange_lost - the connection was of no use, though it had been: once more, with a new one */
bool exchange_lost(struct exchange *x);
/* backend_tidy - soon: buries what is dead, and serves who waits */
void backend_tidy(struct backend *b);

#endif
