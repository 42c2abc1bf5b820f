/*
 * remote - one message to one place, over SMTP or LMTP, and what became of each recipient
 *
 * A place is a domain (its mail servers are found in the DNS), a host that a route names, an
 * address literal, or an LMTP server. remote_start() takes a message and those of its recipients
 * that go to the same place. It finds the place's hosts and tries them in order, uses a connection
 * that is open or makes one, splits what is too much for one transaction, and calls `done` once,
 * with one result for each recipient.
 *
 * It says what happened and never what follows: whether and when to try again, and whom to tell,
 * are the scheduler's. It keeps in mind only what several messages share: how many connections a
 * place takes at a time, and for how long one that does not answer is left alone.
 *
 * RFC 5321 s5, 7505 (null MX), 3461, 3207, 8689, 2033 (LMTP). doc/sending.md has the rules.
 *
 * Threads: one, that of the event loop; `done` is called on it, never from within remote_start().
 */
#ifndef DELIVER_REMOTE_H
#define DELIVER_REMOTE_H

#include "base/net.h"
#include "catalogue/catalogue.h"
#include "config/config.h"
#include "queue/queue.h"
#include "smtp/client.h"

#define REMOTE_RECIPIENTS_MAX QUEUE_RECIPIENTS_MAX
#define REMOTE_REPLY_BYTES_MAX 2048 /* of a reply in a result; a longer one is cut */
#define REMOTE_TRIES_MAX 16         /* hosts, by address, that one job tries */

/* How a connection is encrypted. */
enum remote_tls {
	REMOTE_TLS_OPPORTUNISTIC, /* where it is offered; in the clear when it fails */
	REMOTE_TLS_OFF,
	REMOTE_TLS_REQUIRED, /* never in the clear; any certificate */
	REMOTE_TLS_VERIFIED  /* the same, and the certificate is one of that host's name */
};

/* Where to. Either `domain` or `host`. */
struct remote_place {
	struct str domain;     /* of the recipients: its MX; or an address literal "[192.0.2.1]" */
	struct str host;       /* of a route: a name or an address, no MX; "/path" for LMTP */
	unsigned port;         /* 0: 25, or 465 with is_tls_immediate, or 24 for LMTP */
	bool is_lmtp;          /* each recipient gets an answer after the message */
	bool is_tls_immediate; /* TLS from the first byte: port 465 */
	enum remote_tls tls;
	struct str user, password;           /* a route's login; absent: none */
	struct str source_ipv4, source_ipv6; /* the address to come from; absent: the settings' */
};

struct remote_recipient {
	struct str forward_path;
	struct str original; /* ORCPT as it came, "rfc822;xtext"; absent: none */
	uint32_t notify;     /* enum notify */
};

/* The message's bytes, CRLF at every line end; called on the loop, once or more for each byte. */
struct remote_body {
	uint64_t bytes;
	/* 0, or a negative errno: our own trouble, and the attempt ends as a temporary failure */
	int (*read)(void *of, uint64_t offset, void *to, size_t bytes);
	void *of; /* must live until `done` */
};

/* Everything but `body.of` and `to` is copied. */
struct remote_message {
	struct str id;           /* for the log: queue_id_text() */
	uint32_t flags;          /* enum message_flag */
	struct str reverse_path; /* empty: the null reverse-path */
	struct str envelope_id;  /* ENVID, as it came */
	const struct remote_recipient *recipients;
	size_t recipient_count;
	struct remote_body body;
};

enum remote_outcome {
	REMOTE_TAKEN,    /* the other server has taken it, and the responsibility */
	REMOTE_DEFERRED, /* a temporary failure: 4yz, the net, the DNS, or trouble of our own */
	REMOTE_REFUSED,  /* a permanent failure: 5yz, no such domain, what cannot be sent there */
	REMOTE_UNTRIED   /* nobody was asked: cancelled, or the place is being left alone, until
			    `not_before_ms`. No attempt to count */
};

/* At which step. X(id, name, command); command: what struct reply_case wants, "" = none. */
#define REMOTE_STAGES(X)                                                                           \
	X(DNS, "dns", "")                                                                          \
	X(CONNECT, "connect", "CONNECT")                                                           \
	CLIENT_STAGES(X)

enum remote_stage {
#define X(id, name, command) REMOTE_AT_##id,
	REMOTE_STAGES(X)
#undef X
		REMOTE_STAGE_COUNT
};

const char *remote_stage_name(enum remote_stage stage);
const char *remote_stage_command(enum remote_stage stage);

/* One host that was asked, in the order of time. */
struct remote_try {
	struct str name; /* of the host: "mx1.example.org"; the path of a socket */
	struct str ip;   /* "192.0.2.1"; absent when it has none */
	unsigned port;
	struct str tls;   /* "TLSv1.3 TLS_AES_256_GCM_SHA384"; absent: in the clear */
	bool is_verified; /* its certificate is one of that name */
	bool offers_dsn;  /* RFC 3461: NOTIFY, ORCPT, RET and ENVID went along */
	int64_t began_ms; /* wall time */
	int64_t took_ms;  /* from there to the last answer about this message */
};

/* What became of a recipient. All slices are good until `done` returns. */
struct remote_result {
	enum remote_outcome outcome;
	enum remote_stage stage;
	/* The answer, when one came: */
	unsigned code;    /* 550; 0 = no answer */
	struct str reply; /* "550-5.1.1 No such\n550 5.1.1 user": all lines, LF between them */
	/* When none came, or it was not the answer that decided: */
	enum condition condition; /* what it is called here; CONDITION__COUNT: the reply says it */
	struct str status;        /* the enhanced code that fits: "4.4.1"; absent: the reply's */
	struct str words; /* what happened, one line: "connecting to mx.example.org [192.0.2.1]:25:
			     connection refused"; absent when the reply says all */
	const struct remote_try *peer; /* who decided; NULL: nobody was reached */
	bool is_ours;      /* our own doing, and an operator's to mend: our login, our settings */
	bool may_be_taken; /* the connection was lost after the final dot, before the answer: the
			      next attempt may make it two (RFC 1047) */
	int64_t size_bytes_max; /* of D13: what the server takes */
	int64_t not_before_ms;  /* wall time; of UNTRIED: when to come again; 0 = any */
};

struct remote_report {
	const struct remote_result *results; /* in the order of the recipients */
	size_t result_count;
	const struct remote_try *tries; /* everybody who was asked; the last is the latest */
	size_t try_count;
	struct str place; /* as remote_each_place() names it */
};

typedef void remote_done(void *to, const struct remote_report *report);

struct remote;     /* all places */
struct remote_job; /* one message on its way to one of them */
struct dns;
struct event_base;
struct sts;
struct ssl_ctx_st;

/* What an operator decides; the settings of that name in config/table.h. */
struct remote_settings {
	struct str hostname;
	unsigned port;                               /* of servers that the DNS names */
	struct str source_ipv4, source_ipv6;         /* empty: the system chooses */
	struct str own_addresses;                    /* networks that lead back here: B01 */
	struct str tls_required_to, tls_verified_to; /* domains */
	int64_t connect_timeout_ms, idle_ms;
	unsigned connections_max, connections_per_place_max;
	bool uses_chunking;
	bool heeds_policies;         /* MTA-STS */
	bool resolver_is_validating; /* what the DNS calls authentic is */
};

/* remote_settings_read - of a configuration that was checked; texts are borrowed from it */
void remote_settings_read(const struct config *config, struct remote_settings *out);

/* Where this server listens for mail. An unspecified address (0.0.0.0, ::) is every one of this
 * machine. */
struct remote_door {
	struct ip ip;
	unsigned port;
};

struct remote_options {
	struct event_base *base;
	struct dns *dns;
	struct ssl_ctx_st *tls; /* tls_client_new(); NULL: no TLS */
	struct sts *sts;        /* policies of domains; NULL: none are asked for */
	const struct remote_settings *settings;
	const struct remote_door *own_doors; /* B01 */
	size_t own_door_count;
};

#define REMOTE_OWN_DOORS_MAX 32 /* more are not looked at */

/* remote_new - NULL when memory ran out. Settings and doors are copied, what else is borrowed */
struct remote *remote_new(const struct remote_options *options);

/* remote_settings_set - for connections that begin from now on; copied. False, and all as it was,
 * when memory ran out */
bool remote_settings_set(struct remote *r, const struct remote_settings *settings);

/* remote_free - jobs must be done or cancelled; NULL is harmless */
void remote_free(struct remote *r);

/*
 * remote_start - sends a message to a place
 *
 * Everything but `done` happens later. A job waits its turn when the place takes no more at a time:
 * remote_room() says how many would not.
 *
 * Returns   the job, good until `done` is called; NULL when memory ran out
 */
struct remote_job *remote_start(struct remote *r, const struct remote_place *place,
	const struct remote_message *message, remote_done *done, void *to);

/*
 * remote_cancel - ends a job; `done` is called from within
 *
 * Recipients who had no answer are UNTRIED, or DEFERRED with may_be_taken when the whole message
 * was sent.
 */
void remote_cancel(struct remote *r, struct remote_job *job);

/* remote_room - how many more jobs a place takes at this moment without their waiting; 0 too while
 * it is left alone */
unsigned remote_room(const struct remote *r, const struct remote_place *place);

/* What is known of a place. */
struct remote_place_state {
	struct str name;      /* "example.org"; "route.example:587"; "lmtp:/run/dovecot/lmtp" */
	unsigned connections; /* open, or being opened */
	unsigned idle;        /* of them, waiting for more */
	unsigned limit;       /* connections it takes at a time, by what it answered */
	unsigned jobs;        /* under way */
	unsigned waiting;     /* jobs that wait for a turn */
	int64_t left_alone_until_ms; /* wall time; 0: it is not */
	struct str words;            /* why it is left alone */
};

typedef bool remote_visit(void *to, const struct remote_place_state *state); /* false: stop */
void remote_each_place(const struct remote *r, remote_visit *fn, void *to);

/* remote_revive - a place, or with an absent name all, is not left alone any longer */
void remote_revive(struct remote *r, struct str name);

/* Since the start, but for the first line. */
struct remote_counts {
	uint64_t places, connections, idle, jobs; /* now */
	uint64_t connected, reused, connect_failed, tls_done, tls_failed, tls_in_clear;
	uint64_t transactions, taken, deferred, refused, untried, bytes;
};

void remote_counts(const struct remote *r, struct remote_counts *out);

#endif
