/*
 * remote_inside - what the files of sending share
 *
 * For remote*.c only. A place has jobs that wait and links; a link is a connection, from the first
 * question to the DNS to its end, and has one job at a time.
 */
#ifndef DELIVER_REMOTE_INSIDE_H
#define DELIVER_REMOTE_INSIDE_H

#include <event2/event.h>
#include <event2/event_struct.h>

#include "base/arena.h"
#include "base/net.h"
#include "deliver/remote.h"
#include "deliver/sts.h"
#include "dns/resolver.h"
#include "net/clock.h"
#include "net/stream.h"
#include "queue/table.h"

#define HOST_NAME_BYTES_MAX 255
#define HOSTS_MX_MAX 16       /* of a domain, the best ones; who has more has enough */
#define HOSTS_ADDRESSES_MAX 4 /* of a host and family */
#define WORDS_BYTES_MAX 512
#define PLACE_LIMIT_FIRST 5 /* connections at a time, to a place nobody knows yet */

/* What the DNS says of a host's certificate, when DNSSEC vouches for it: DANE, RFC 7672. */
enum dane_state {
	DANE_RECORDS, /* it is to match one of them; when none of them is usable, any will do, but
			 nothing goes in clear */
	DANE_SILENT   /* they could not be asked for, so the host is not to be used: s2.1.1 */
};

struct dane {
	enum dane_state state;
	enum dns_status status;
	struct stream_tlsa *list;
	size_t count;
};

#define DANE_NAME_BYTES_MAX (sizeof "_65535._tcp." + HOST_NAME_BYTES_MAX)

/* dane_name - "_25._tcp.mx.example.org" */
void dane_name(unsigned port, const char *host, char out[static DANE_NAME_BYTES_MAX]);

/* dane_read - what an answer to that name means; NULL: nothing. In the arena */
const struct dane *dane_read(const struct dns_answer *answer, struct arena *a);

/* One address to connect to. */
struct host {
	char name[HOST_NAME_BYTES_MAX + 1]; /* or the path of a socket */
	struct ip ip;
	const struct dane *dane; /* NULL: nothing is known */
	bool is_unnamed;         /* by the policy of the domain, when it has one */
	bool is_path;
};

struct hosts;
typedef void hosts_done(void *to);

/* Where a place is: filled in when done() is called, or at once. */
struct hosts {
	struct host list[REMOTE_TRIES_MAX];
	size_t count;
	/* When there is none: */
	enum remote_outcome outcome;
	enum condition condition;
	char status[8]; /* "5.1.2" */
	char words[WORDS_BYTES_MAX];
	const struct sts_policy *policy; /* of the domain: MTA-STS; NULL: it has none */
	struct arena arena;              /* of what is known of them */
	struct hosts_search *search;     /* under way */
};

/* hosts_find - false: done() will be called; true: they are there, and it will not */
bool hosts_find(struct hosts *h, struct remote *r, const struct remote_place *place,
	hosts_done *done, void *to);
/* hosts_fini - ends the search, if there is one; what was found is gone */
void hosts_fini(struct hosts *h);

enum link_state {
	LINK_FINDING, /* its hosts */
	LINK_CONNECTING,
	LINK_SHAKING, /* hands: TLS */
	LINK_TALKING,
	LINK_IDLE,
	LINK_DEAD /* to be freed */
};

#define LINK_IN_BYTES (2 * CLIENT_IN_BYTES_MIN)
#define LINK_OUT_BYTES (32 << 10)

#define CLEAR_WORDS_MAX (STREAM_WORDS_MAX + 48)

struct link {
	struct remote *remote;
	struct place *place;
	struct remote_job *job; /* NULL: idle */
	struct link *next;      /* of the place */
	enum link_state state;
	struct stream stream;
	struct event timer;
	struct hosts hosts;
	size_t host; /* its place in hosts.list */
	struct client client;
	struct client_settings settings;
	char nonce[33];
	struct client_envelope envelope;
	struct remote_try *try; /* the job's, of this host */
	char tls[STREAM_WORDS_MAX];
	char trouble[STREAM_WORDS_MAX];     /* of a handshake that failed */
	char why_in_clear[CLEAR_WORDS_MAX]; /* ... of the connection before, with without_tls */
	bool is_verified;
	bool must_prove;  /* its certificate is asked for */
	bool has_dane;    /* ... by TLSA records */
	bool is_unproven; /* the certificate was at fault */
	bool without_tls; /* the handshake failed, and may be done without */
	bool is_reused;   /* nothing was heard on it since it was idle */
	bool stays_here;  /* the next connection goes to the same host */
	bool is_open;     /* counted among the connections */
	unsigned messages;
	int64_t deadline_ms, began_ms, began_wall_ms;
	uint64_t offset; /* of the text */
	size_t in_bytes, out_sent;
	struct reply_buffer out;
	char in[LINK_IN_BYTES];
	char out_room[LINK_OUT_BYTES];
};

struct remote_job {
	struct remote_job *next; /* of those that wait */
	struct arena arena;
	struct remote *remote;
	struct place *place;
	struct link *link; /* NULL: it waits */
	struct str reverse_path, envelope_id;
	uint32_t flags;
	struct remote_body body;
	struct client_recipient *recipients;
	struct remote_result *results;
	bool *is_settled;
	size_t recipient_count, open_count; /* open: not settled */
	/* Of the transaction at hand. */
	struct client_recipient *batch;
	uint32_t *batch_places;
	struct remote_try tries[REMOTE_TRIES_MAX];
	size_t try_count;
	struct remote_result last;    /* whose texts the next result may share */
	struct remote_result failure; /* the one that came farthest, of hosts that were of no use */
	bool has_failure;
	bool was_reached; /* a server was ready to take it */
	bool is_scanned, has_8bit, has_8bit_header;
	bool is_cancelled;
	remote_done *done;
	void *to;
};

struct place {
	struct table_node node;
	struct place *next_all;
	struct remote *remote;
	struct arena arena; /* of what follows */
	struct str key, name;
	struct remote_place where;
	struct remote_job *waiting, **waiting_end;
	struct link *links;
	unsigned waiting_count, job_count, link_count, idle_count;
	double limit;            /* connections at a time */
	uint32_t recipients_max; /* of a transaction; 0: as the server says */
	unsigned failures;       /* jobs in a row that reached nobody */
	int64_t alone_until_ms;  /* wall time */
	char words[WORDS_BYTES_MAX];
};

struct remote {
	struct remote_options options;
	struct arena arena; /* of the settings */
	struct remote_settings settings;
	struct remote_door own_doors[REMOTE_OWN_DOORS_MAX];
	struct table places;
	struct place *all;
	struct event pump;
	uint64_t random;
	struct link *dead; /* to be freed when nobody stands on them */
	size_t link_count;
	struct remote_counts counts;
};

uint32_t remote_random(struct remote *r);

/* remote_is_self - does a connection there end in this server? */
bool remote_is_self(const struct remote *r, const struct ip *ip, unsigned port);

/* place_port - the port that a place is at */
unsigned place_port(const struct remote *r, const struct remote_place *place);

/* place_find - NULL when nothing was sent there. place_get makes it; NULL when memory ran out */
struct place *place_find(const struct remote *r, const struct remote_place *where);
struct place *place_get(struct remote *r, const struct remote_place *where);
void place_free(struct place *p); /* without jobs and links */

/* place_wanted - the place with the encryption that settings and message want */
struct remote_place place_wanted(
	const struct remote *r, const struct remote_place *where, uint32_t flags);

bool place_is_alone(const struct place *p);

/* places_pump - jobs that wait have their turn; place_pump_later - from the loop */
void places_pump(struct remote *r);
void place_pump_later(struct remote *r);

/* place_worked, place_failed - what is learned of a place */
void place_worked(struct place *p);
void place_busy(struct place *p); /* it takes no more at a time */
void place_failed(struct place *p, const char *words);

/* link_open - a new connection for the job; false when memory ran out. link_send - the job over an
 * idle one */
bool link_open(struct place *p, struct remote_job *job);
void link_send(struct link *l, struct remote_job *job);
void link_cancel(struct link *l);
void link_free(struct link *l);    /* ends it, whatever it does */
void links_bury(struct remote *r); /* frees those that are done with */

/* remote_said.c: which try this host is, of the job at hand, and what was learned in it */
void link_try_begin(struct link *l);
void link_try_note(struct link *l);
struct remote_result link_result_of(
	struct link *l, const struct client_event *e, enum remote_outcome outcome);
enum condition connect_condition(int error); /* an errno */
/* Could another host do better? */
bool event_is_of_the_connection(const struct client_event *e);

/* remote_address.c: lengths of what was written; 0: the system's choice, or no such address */
socklen_t link_source_address(const struct link *l, bool is_v4, struct sockaddr_storage *out);
socklen_t link_host_address(
	const struct link *l, const struct host *h, struct sockaddr_storage *out);

/* remote_sts.c: what the policy of the domain means for a host. DANE goes first: RFC 8461 s2 */
const struct sts_policy *sts_keep(const struct sts_policy *policy, struct arena *a);
bool link_is_enforced(const struct link *l); /* TLS, and a good certificate */
bool link_is_unnamed(const struct link *l);  /* ... and the host is none of the domain's */
/* sts_complaint - what a policy in testing would have refused of this connection; "" when nothing
 */
void sts_complaint(const struct link *l, char words[static STREAM_WORDS_MAX]);

/* remote_tls.c */
bool link_is_immediate(const struct link *l); /* TLS from the first byte */
enum client_tls link_tls_wanted(const struct link *l);
bool link_may_go_clear(const struct link *l); /* when TLS fails */
void link_shake_begin(struct link *l);
bool link_shake(struct link *l, bool is_immediate); /* one step; false: it waits */

/* remote_talk.c */
void link_talk_begin(struct link *l, bool is_secure);
bool link_talk(struct link *l); /* one event; false: the loop must wait, or the link is gone */
bool link_fill(struct link *l); /* reads what came; false when nothing did */

/* remote_link.c */
void link_connect_next(struct link *l); /* to the next host, or the end */
void link_disconnect(struct link *l);
void link_job_leave(struct link *l); /* the job is over; the connection may stay */
void link_kill(struct link *l);      /* done with; freed later, since whoever called stands on it */

/* job_settle - what became of a recipient; r's texts are copied */
void job_settle(struct remote_job *job, size_t recipient, const struct remote_result *r);

/* job_note - nobody could be asked at this host: kept when it came farther than what was before */
void job_note(struct remote_job *job, const struct remote_result *r);

/* job_finish - who is open gets what was noted, and `done` is called; the job is gone */
void job_finish(struct remote_job *job);

/* job_batch - the next transaction: recipients that are open, `most` at the most; how many */
uint32_t job_batch(struct remote_job *job, uint32_t most);

/* job_scan - finds bytes beyond ASCII; a negative errno when the body cannot be read */
int job_scan(struct remote_job *job);

#endif
