/*
 * guest - one session and everything that is asked about it
 *
 * Between the machine (smtp/session.h), which asks, and the rest of the server, which knows. It has
 * no socket, so that `nixied try` can be one too. An answer may come later: from the workers, the
 * disk, the DNS; then wake() is called, and guest_go() once more.
 */
#ifndef RECEIVE_GUEST_H
#define RECEIVE_GUEST_H

#include "base/arena.h"
#include "base/net.h"
#include "check/check.h"
#include "check/client_name.h"
#include "directory/directory.h"
#include "filter/filters.h"
#include "smtp/session.h"

struct receive;
struct profile;
struct mail;
struct login;
struct room_work;
struct domain_look;

enum guest_wants {
	GUEST_MORE,  /* bytes */
	GUEST_FLUSH, /* `out` sent, then to be called again */
	GUEST_WAIT,  /* wake() will be called */
	GUEST_HOLD,  /* room in the queue: receive_queue_turned() */
	GUEST_TLS,   /* `out` sent, then a handshake, then guest_secured() */
	GUEST_CLOSE  /* `out` sent, then the end */
};

/* Where checks are asked. */
enum check_point {
	CHECK_AT_CONNECT, /* by milters alone, as at HELLO */
	CHECK_AT_HELLO,
	CHECK_AT_MAIL,
	CHECK_AT_RCPT,
	CHECK_AT_DATA,
	CHECK_AT_END
};

struct guest {
	struct receive *receive;
	struct profile *profile;
	struct session session;
	struct mail *mail;         /* from MAIL until its end */
	struct refusals *refusals; /* what it was refused since MAIL; NULL: nothing */
	struct login *login;       /* a password is being checked */
	struct check_session *check;
	struct check_verdict checked;  /* at the end: what the filters are told of */
	struct client_name *name;      /* asked for milters, or claimed; NULL: neither */
	struct filter_session *filter; /* NULL: nobody is asked, or knows of the session yet */
	uint32_t check_question;       /* that waits for a check */
	struct hook_question *hook;    /* the script is asked; NULL: it is not */
	uint32_t hook_question;        /* that waits for it */
	uint8_t hook_at;               /* enum hook_point */
	char *hook_words;
	uint32_t hook_score; /* of on_connect and on_helo: counts for each message */
	enum check_point check_at;
	struct room_work *room;     /* a mailbox is being looked at; NULL: none is */
	struct domain_look *domain; /* ... or the domain of a recipient elsewhere */
	uint32_t rcpt_question;     /* that waits for either */
	char *helo, *user; /* what the client calls itself; the account; NULL: nothing yet */
	char *tls;         /* protocol version and cipher */
	int64_t account, epoch;
	int64_t began_ms;              /* wall */
	uint32_t taken;                /* messages */
	struct arena scratch;          /* of an answer, until it is used */
	enum auth_mechanism mechanism; /* of the login */
	bool is_in_scram;
	bool is_too_many, is_beyond_client; /* told at CONNECT: C15, X16 */
	void (*wake)(void *to);
	void *to;
};

void guest_init(struct guest *g, struct receive *r, struct profile *p,
	const struct session_peer *peer, int64_t now);
enum guest_wants guest_go(struct guest *g, struct str *in, struct reply_buffer *out, int64_t now);
void guest_secured(struct guest *g, const char *words, int64_t now);
/* guest_fini - it is gone; what was being asked finds nobody */
void guest_fini(struct guest *g);

/* guest_end_mail - the message is over, however it ended */
void guest_end_mail(struct guest *g);

/* guest_take_text - the next piece of its message, as it is kept; binary_piece */
void guest_take_text(void *guest, struct str piece);

/* guest_answer - the answer to the open question, and wake(); for answers that come later */
void guest_answer(struct guest *g, uint32_t question, const struct smtp_answer *answer);

/* guest_client - the address of the client as text */
struct str guest_client(const struct guest *g, char room[ENDPOINT_TEXT_BYTES]);
/* guest_client_name - its name, when it is known by now to lead back to that address; good until
 * the next command */
struct str guest_client_name(const struct guest *g);
struct ip guest_ip(const struct guest *g);
struct ip endpoint_ip(const struct endpoint *e);

/* guest_range - what the client's network may do; false when the directory does not answer */
bool guest_range(struct guest *g, struct arena *a, struct directory_range *out);
/* range_is_free - may it send that way without a login? */
bool range_is_free(const struct directory_range *range, enum direction way);

/* guest_is_of_ours - a client of a network that may send to others without signing in: nobody asks
 * where its mail comes from, and it is signed */
bool guest_is_of_ours(struct guest *g);

/* The questions: each writes *a, or gives false when the answer comes later. */
bool answer_connect(struct guest *g, struct smtp_answer *a);
bool answer_mail(struct guest *g, const struct smtp_event *e, struct smtp_answer *a);
bool answer_rcpt(struct guest *g, const struct smtp_event *e, struct smtp_answer *a);
bool answer_data(struct guest *g, const struct smtp_event *e, struct smtp_answer *a);
bool answer_end(struct guest *g, const struct smtp_event *e, struct smtp_answer *a);
bool answer_login(struct guest *g, const struct smtp_event *e, struct smtp_answer *a);
bool answer_scram(struct guest *g, const struct smtp_event *e, struct smtp_answer *a);
bool answer_signed_in(struct guest *g, const struct smtp_event *e, struct smtp_answer *a);

/* weigh_rcpt - the recipient that is being judged, whom nothing has refused: is there room, is
 * there such a domain, and all that follows; as above */
bool weigh_rcpt(struct guest *g, uint32_t question, struct smtp_answer *a);
/* weigh_forget - what was asked is not wanted any more */
void weigh_forget(struct guest *g);

/* guest_check_begin - a message begins, and with it what is checked about its origin. It ends with
 * the message: a session that rests keeps nothing of it */
void guest_check_begin(struct guest *g);
/* guest_check - asks the checks at this point, and does what follows; as above */
bool guest_check(struct guest *g, enum check_point at, uint32_t question, struct smtp_answer *a);

/* guest_filter_session - connect or EHLO, which nothing has refused: milters hear of it, and then
 * the script; as above */
bool guest_filter_session(
	struct guest *g, enum check_point at, uint32_t question, struct smtp_answer *a);

/* guest_filter - the checks let it pass: asks the filters at g->check_at, and does what follows; as
 * above */
bool guest_filter(struct guest *g, const struct check_verdict *checked, uint32_t question,
	struct smtp_answer *a);
/*
 * The script of the operator (hooks/hooks.h), at its places: each writes *a, or gives false when
 * the answer comes later. Without a function for it nothing is asked.
 */
bool hooked_connect(struct guest *g, uint32_t question, struct smtp_answer *a);
bool hooked_hello(struct guest *g, uint32_t question, struct smtp_answer *a);
bool hooked_mail(struct guest *g, uint32_t question, struct smtp_answer *a);
/* ... and accepts the recipient */
bool hooked_rcpt(struct guest *g, uint32_t question, struct smtp_answer *a);
/* ... and keeps the message, with `checked` in front */
bool hooked_end(struct guest *g, struct str checked, uint32_t question, struct smtp_answer *a);
/* hooked_forget - what it was asked is not wanted any more */
void hooked_forget(struct guest *g);

static inline bool
refuse_with(struct smtp_answer *a, enum condition c)
{
	a->verdict = ANSWER_REFUSE;
	a->condition = c;
	return true;
}

#endif
