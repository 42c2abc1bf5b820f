/* inside - what the files of this folder share */
#ifndef RECEIVE_INSIDE_H
#define RECEIVE_INSIDE_H

#include "base/net.h"
#include "hooks/hooks.h"
#include "receive/clients.h"
#include "receive/guest.h"
#include "receive/limits.h"
#include "receive/mail.h"
#include "receive/receive.h"
#include "receive/rejects.h"

#include "net/clock.h"
#include "net/stream.h"
#include "net/tls.h"
#include "net/turn.h"

#define NETWORKS_MAX CONFIG_LIST_MAX

/* How a listener serves, as it was configured once. A session keeps the one it began with. */
struct profile {
	unsigned uses; /* by its listener and its sessions */
	struct smtp_settings settings;
	struct tls_server *tls; /* NULL: none */
	bool is_immediate;      /* TLS from the first byte */
	struct net proxies[NETWORKS_MAX], xclient[NETWORKS_MAX];
	size_t proxy_count, xclient_count;
	struct arena arena; /* of the texts above */
	struct str name, host;
	struct str lacks;      /* why its certificate could not be read; absent: it could */
	struct str authserv;   /* as Authentication-Results has it */
	struct str postmaster; /* absent: postmaster@host */
	struct str mail_folder;
	struct str notified; /* of people here, who is told what their program was refused */
	unsigned hops_max;
	int64_t greeting_delay_ms;
	int64_t quota_grace_s;
	unsigned filters; /* a bit for each word of the setting */
	bool checks_identities, guards_own_senders, wants_form, checks_rcpt_domain;
	bool takes_nothing; /* every client is told so */
};

/* profile_new - may_wait: a certificate that is at fault is no reason to give none, but for TLS
 * from the first byte */
struct profile *profile_new(const struct config *config, const struct config_listener *listener,
	bool may_wait, struct receive_error *error);
void profile_release(struct profile *p);

struct listener {
	struct receive *receive;
	struct profile *profile;
	char address[256]; /* as the configuration has it */
	int fd;
	struct event event;
};

struct visit;

struct receive {
	struct event_base *base;
	struct receive_parts parts;
	struct listener *listeners[CONFIG_LISTENERS_MAX];
	size_t listener_count;
	struct clients *clients;
	struct limits *limits;
	struct rejects *rejects;
	struct logins *logins;
	struct visit *visits;                   /* those that are open */
	struct visit *held;                     /* that wait for room in the queue */
	struct visit *speaking, **speaking_end; /* whose replies are sent at the end of the turn */
	int64_t room;                           /* in the queue, when it is known for this turn */
	bool is_room_known;
	size_t connections_max, connections_per_client;
	unsigned ban_failures;
	int64_t ban_ms;
	bool is_stopping;
	void (*stopped)(void *to);
	void *stopped_to;
	struct event patience;
	int64_t hook_alarmed_ms; /* when a script that failed was last told */
	struct receive_counts counts;
	uint64_t next_reference;
	char *in, *out; /* of whichever session runs at the moment */
};

/* The room of receive.in and .out. */
#define RECEIVE_IN_BYTES ((size_t)SESSION_IN_BYTES_MIN + ((size_t)64 << 10))
#define RECEIVE_OUT_BYTES ((size_t)16 << 10)

/* guest_tell_check - into the log: what a check of this session's mail found, and by which rule */
void guest_tell_check(const struct guest *g, struct str check, struct str result, struct str rule);

/* guest_text - a copy of the text, to be freed; NULL without memory. The text may stand at the very
 * end of receive.in, where no NUL follows */
char *guest_text(struct str text);

/* receive_room - queue_room(), asked once in a turn */
int64_t receive_room(struct receive *r);

/* visit_new - a client has connected; takes over the socket */
void visit_new(struct receive *r, struct profile *p, int fd, const struct sockaddr *address);
void visit_close(struct visit *v, enum condition c);
void visit_free(struct visit *v);
/* visits_resume - those of the list go on: there is room in the queue again */
void visits_resume(struct visit *held);
/* visits_speak - what was said in this turn is sent */
void visits_speak(struct receive *r);
struct visit *visit_next(const struct visit *v);

#endif
