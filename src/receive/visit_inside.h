/*
 * visit_inside - what the files of a visit share
 *
 * visit.c serves, visit_begin.c opens it, visit_tls.c has its handshake, visit_say.c sends what is
 * said, visit_end.c ends it. Whatever sends, reads or serves may find that the client has gone, and
 * then the visit is freed: each function says so, and its caller does not touch the visit again.
 *
 * Threads: that of the event base.
 */
#ifndef RECEIVE_VISIT_INSIDE_H
#define RECEIVE_VISIT_INSIDE_H

#include "receive/inside.h"

enum visit_phase {
	PHASE_PROXY, /* the header before an immediate handshake */
	PHASE_HANDSHAKE,
	PHASE_SILENCE, /* greeting_delay: who speaks now does not wait for anybody */
	PHASE_SERVE,
	PHASE_LINGER
};

struct visit {
	struct guest guest;
	struct stream stream;
	struct event timer;
	int64_t timer_ms, deadline_ms; /* when the timer fires; when something is due */
	enum visit_phase phase;
	bool has_guest, is_held, is_closing, waits;
	bool wants_bytes; /* the session has nothing to do until there are some */
	bool is_proxied, is_too_many, is_beyond_client;
	char *kept; /* what the client said and the session has not used */
	size_t kept_len;
	char *unsent;
	size_t unsent_len;
	size_t lingered_bytes;
	enum condition close_with; /* when the message that is being kept has its answer; 0: no */
	struct receive *receive;
	struct profile *profile;
	struct endpoint peer;
	struct ip counted;
	struct visit *next, **link, *next_held;
	struct visit *next_speaking, **speaking_link; /* link NULL: it is not among those */
};

/* ---- serving: visit.c */

/* visit_serve - everything that can be done now; is_readable: it may be worth while to read. It may
 * free the visit */
void visit_serve(struct visit *v, bool is_readable);

/* visit_ready, visit_wake, visit_timer - what the loop calls: the socket has or takes bytes; the
 * answer to a question came, perhaps within another visit's turn; it is time. Each may free the
 * visit */
void visit_ready(void *visit);
void visit_wake(void *visit);
void visit_timer(evutil_socket_t fd, short what, void *visit);

/* visit_set_deadline - the timer fires at at_ms of the monotonic clock, which says `now`; deadlines
 * may be moved as often as there are commands */
void visit_set_deadline(struct visit *v, int64_t at_ms, int64_t now);

/* ---- the beginning: visit_begin.c */

/* visit_begin_session - the guest, and the line in the log that somebody is there */
void visit_begin_session(struct visit *v);

/* ---- TLS: visit_tls.c; each may free the visit */

/* visit_begin_proxy - first the PROXY header in front of a handshake, and then that */
void visit_begin_proxy(struct visit *v);
/* visit_read_proxy - goes on with the header */
void visit_read_proxy(struct visit *v);
/* visit_begin_handshake - from the first byte, or after STARTTLS was answered */
void visit_begin_handshake(struct visit *v);
/* visit_handshake - goes on with it; when it is done, the visit is served */
void visit_handshake(struct visit *v);

/* ---- what is said: visit_say.c */

enum sent { SENT_ALL, SENT_NOT_ALL, SENT_NEVER /* the visit is gone */ };

/* visit_say - takes bytes to be sent at the end of the turn, or now when nobody ends it; they are
 * copied. False: the visit is gone */
bool visit_say(struct visit *v, const char *bytes, size_t len);
/* visit_send - sends what there is to send */
enum sent visit_send(struct visit *v);
/* visit_send_now - the same before the turn ends: what the log says of it goes first */
enum sent visit_send_now(struct visit *v);
/* visit_is_behind - is something left that the client does not take? What is sent when the turn
 * ends does not count */
bool visit_is_behind(const struct visit *v);
/* visit_has_spoken - it has nothing to send when the turn ends */
void visit_has_spoken(struct visit *v);

/* ---- the end: visit_end.c */

/* visit_begin_linger - nothing more is said; the client may read why, for a while */
void visit_begin_linger(struct visit *v);
/* visit_linger - what still comes is read and dropped, so that the last reply is not taken back by
 * the system. It may free the visit */
void visit_linger(struct visit *v);

#endif
