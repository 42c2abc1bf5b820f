/*
 * session - the server's side of SMTP and LMTP as a machine: bytes in, replies and events out
 *
 * No socket, no clock, no memory of its own, no thread: who owns those calls session_next() with
 * the bytes that came, sends what it wrote, and does what the event says. RFC 5321, 2033 and the
 * extensions of extension.h. doc/smtp.md draws the states and has the rules for callers.
 *
 * The machine keeps no text. A command stays in the caller's buffer until it is answered, so a
 * session that waits costs its struct and nothing else; and what comes behind a question waits in
 * front of the socket.
 *
 * What is nobody's answer is a safe one: a recipient that nobody vouched for is refused (no open
 * relay by omission), a message that nobody took was not saved.
 *
 * One session belongs to one thread at a time.
 */
#ifndef SMTP_SESSION_H
#define SMTP_SESSION_H

#include "smtp/param.h"
#include "smtp/path.h"
#include "smtp/proxy.h"
#include "smtp/scram.h"
#include "smtp/settings.h"
#include "smtp/verb.h"

/* Bits, for the columns of the verb table. */
enum smtp_state {
	STATE_PROXY = 1,    /* the header of the PROXY protocol must come */
	STATE_CONNECT = 2,  /* not greeted yet */
	STATE_REFUSED = 4,  /* greeted with 554 or 521: QUIT is all that is left */
	STATE_START = 8,    /* greeted; no EHLO yet */
	STATE_READY = 16,   /* no transaction */
	STATE_MAIL = 32,    /* a sender, no recipient */
	STATE_RCPT = 64,    /* a recipient */
	STATE_CHUNKS = 128, /* between BDAT and BDAT */
	STATE_DATA = 256,
	STATE_END = 512,   /* the message is complete, its answer pending */
	STATE_AUTH = 1024, /* between AUTH and its end */
	STATE_TLS = 2048,  /* 220 was sent; the handshake must come */
	STATE_CLOSED = 4096
};

enum smtp_event_kind {
	/* Nothing happened: */
	EVENT_MORE,  /* all complete input is used up */
	EVENT_FLUSH, /* send what was written, then call again */
	EVENT_WAIT,  /* the question is still open */
	/* Questions: session_answer(), at once or later. In brackets, what no answer means. */
	EVENT_CONNECT,   /* may this client connect? [yes] */
	EVENT_HELLO,     /* text: the name it gives [yes] */
	EVENT_MAIL,      /* path, mail: a message begins [yes] */
	EVENT_RCPT,      /* path, rcpt [no: C22] */
	EVENT_DATA,      /* its text is about to come [yes] */
	EVENT_END,       /* the message is complete: is it safe on disk? recipient: which, in LMTP,
			    where each is asked for [no: C38] */
	EVENT_LOGIN,     /* user, password, authzid: are they right? [cannot tell: X35] */
	EVENT_SCRAM,     /* user, authzid: its secret is wanted [cannot tell: X35] */
	EVENT_SIGNED_IN, /* user, authzid: the proof is right; may it sign in? [yes] */
	/* News: */
	EVENT_PROXY,   /* proxy: who is behind the proxy */
	EVENT_XCLIENT, /* text: the attributes; xclient_next() reads them */
	EVENT_BODY,    /* text: the next piece of the message */
	EVENT_RESET, /* the transaction is over, nothing was taken: forget sender, recipients, text
		      */
	EVENT_REFUSED, /* condition, code, stage, text: the reply as it was written; path: of MAIL
			  and RCPT, when has_path. For the log */
	EVENT_TLS,     /* flush, then shake hands, then session_secured() */
	EVENT_CLOSE    /* flush, then close */
};

#define SESSION_USER_BYTES_MAX 255
#define SESSION_CREDENTIALS_BYTES_MAX 1024 /* PLAIN, LOGIN and SCRAM messages, decoded */

/* Written by session_next(). Its slices point into the input, into itself or into the output, and
 * are good until any of them changes. */
struct smtp_event {
	enum smtp_event_kind kind;
	uint32_t question; /* of a question: its number, for session_answer() */
	struct str text;
	struct path path;
	bool has_path; /* it could be read */
	struct mail_params mail;
	struct rcpt_params rcpt;
	uint32_t recipient; /* 0 is the first that was accepted */
	struct proxy proxy;
	struct str user, authzid, password;
	enum auth_mechanism mechanism;
	enum condition condition;
	unsigned code;
	enum session_stage stage;
	/* User and password lie in `room`: when there are some, session_next() and event_wipe()
	 * overwrite it. False before the first session_next(). */
	bool has_credentials;
	char room[SESSION_CREDENTIALS_BYTES_MAX];
};

enum smtp_verdict {
	ANSWER_PASS,   /* no opinion: what no answer means */
	ANSWER_ACCEPT, /* positive reply */
	ANSWER_REFUSE /* with `condition`, whose facts are filled in from here and by the machine */
};

struct smtp_answer {
	enum smtp_verdict verdict;
	enum condition condition;
	struct facts facts;                /* of the condition; of A12 {id}, the queue's */
	const struct scram_secret *secret; /* of EVENT_SCRAM, when accepted */
	struct str nonce;                  /* random, for it */
	struct str identity;               /* of a login: the name it counts as; absent = user */
};

/* One mail transaction, from MAIL to the end of its message. */
struct transaction {
	struct receiver receiver;
	int64_t declared_bytes;     /* SIZE; -1 = not */
	uint32_t accepted, refused; /* recipients */
	uint32_t answered;          /* of the accepted, in LMTP */
	uint8_t body;               /* enum body */
	bool is_utf8, requires_tls;
	bool is_begun; /* MAIL was accepted, and its end is not told yet */
	bool is_open;  /* the receiver is set up: BDAT or DATA came */
	bool is_whole; /* all of the message came */
	bool is_taken; /* the caller took it, for one recipient at least */
};

struct session {
	const struct smtp_settings *settings;
	enum smtp_state state;
	char reference[CONDITION_SESSION_BYTES_MAX]; /* "7Q2F" */
	uint8_t reference_bytes;
	struct endpoint client; /* whom the machine takes for the other end */
	bool is_secure, is_authenticated;
	bool is_extended; /* EHLO or LHLO, not HELO */
	bool may_xclient;
	/* The line at the start of the input. */
	uint32_t scanned_bytes, discarded_bytes, limit_bytes;
	/* The open question. */
	uint8_t pending;
	bool has_answer;
	uint32_t question;
	struct smtp_answer answer;
	/* What is still to be told. */
	bool owes_reset, owes_refused;
	enum condition closing; /* to be said next, and the end; 0 = none (C01 is said otherwise) */
	struct {
		enum condition condition;
		unsigned code;
		enum session_stage stage;
		size_t at;
	} refused;
	/* Counted. */
	uint32_t errors, unknown, idle_commands, login_failures, messages;
	/* When: the caller's clock. */
	int64_t began_ms, step_ms, data_began_ms;
	/* BDAT. */
	uint64_t data_bytes; /* since data_began_ms */
	uint64_t chunk_left;
	uint64_t chunk_bytes;
	bool is_in_chunk, is_chunk_skipped, is_chunk_last;
	enum condition verdict; /* of a message that is refused when it is complete */
	bool has_verdict;
	/* AUTH: PLAIN, LOGIN and SCRAM by turns. */
	uint8_t auth_step;
	uint8_t user_bytes;
	char user[SESSION_USER_BYTES_MAX + 1];
	struct scram scram;
	struct transaction transaction;
};

/* The room that a reply_buffer must have free for the machine to go on. */
#define SESSION_OUT_BYTES_MIN (2 * REPLY_BYTES_MAX)

/* The most that stays in the input between two calls, which is what its buffer must hold. */
#define SESSION_IN_BYTES_MIN (LINE_AUTH_BYTES_MAX + 2)

struct session_peer {
	struct endpoint client;
	struct str reference; /* CONDITION_SESSION_BYTES_MIN..MAX capitals and digits */
	bool is_secure;       /* TLS from the first byte: port 465 */
	bool sends_proxy;     /* a listed proxy: its header comes first */
	bool may_xclient;     /* a listed host */
};

/* session_init - a session that begins now; `settings` must outlive it */
void session_init(struct session *s, const struct smtp_settings *settings,
	const struct session_peer *peer, int64_t now_ms);

/*
 * session_next - goes on until something happens
 *
 * in        every byte that came and was not used, from the first; advanced past what is used now.
 *           The same bytes must come again, and more behind them.
 * out       replies are written behind what it holds; it has SESSION_OUT_BYTES_MIN free, or the
 *           answer is EVENT_FLUSH
 * event     written; has_credentials is false before the first call
 * Returns   event->kind. Call again until it is MORE, FLUSH, WAIT, TLS or CLOSE. O(bytes used)
 */
enum smtp_event_kind session_next(struct session *s, struct str *in, struct reply_buffer *out,
	struct smtp_event *event, int64_t now_ms);

/*
 * session_answer - answers the open question
 *
 * question  its number: an answer that comes too late, after another question was asked, is dropped
 * answer    copied; its slices are used by the next session_next(), which must follow
 * Returns   false when it was dropped
 */
bool session_answer(struct session *s, uint32_t question, const struct smtp_answer *answer);

/* session_secured - the handshake after EVENT_TLS is done; a handshake that failed is the end of
 * the connection */
void session_secured(struct session *s, int64_t now_ms);

/* session_deadline - when session_expire() must be called, on the clock of session_next() */
int64_t session_deadline(const struct session *s);

/*
 * session_expire - the deadline has passed: 421, or a temporary failure in place of the answer
 *
 * Nothing happens before the deadline. session_next() must follow, with the same `out`, not flushed
 * in between: it tells of the refusal. In the middle of a handshake nothing is said, since nobody
 * could read it.
 *
 * out       has SESSION_OUT_BYTES_MIN free
 */
void session_expire(struct session *s, struct reply_buffer *out, int64_t now_ms);

/* session_close - the caller ends it: 421 of that condition (X10 shutting down, X36 ...), with
 * facts or NULL. session_next() must follow, as above. */
void session_close(
	struct session *s, struct reply_buffer *out, enum condition c, const struct facts *facts);

/* session_fini - overwrites what it knows of passwords */
void session_fini(struct session *s);
void event_wipe(struct smtp_event *event);

/* session_protocol - what Received says behind "with": "ESMTPSA" (RFC 3848), "UTF8SMTP" (RFC 6531
 * s4.3), "LMTPS" */
struct str session_protocol(const struct session *s);

/* session_state_name - "ready" */
const char *session_state_name(enum smtp_state state);
struct str session_stage_name(enum session_stage stage); /* "end" */

#define XCLIENT_VALUE_BYTES_MAX 512

struct xclient_attribute {
	struct str name, value; /* absent: [UNAVAILABLE], or [TEMPUNAVAIL]: is_temporary */
	bool is_temporary;
};

/* xclient_next - the next "NAME=value" of EVENT_XCLIENT's text; the value decoded in `room`
 * (XCLIENT_VALUE_BYTES_MAX); false at the end */
bool xclient_next(struct str *rest, struct xclient_attribute *a, char *room);

#endif
