/*
 * client - the client's side of SMTP and LMTP as a machine: replies in, commands and events out
 *
 * No socket, no clock, no memory of its own, no thread, like the server's side (session.h): who
 * owns it calls client_next() with the bytes that came, sends what it wrote, and does what the
 * event says. RFC 5321, 2033 and the extensions that the server offers. doc/smtp.md draws the
 * states.
 *
 * A recipient's fate is told once, with the very answer that decided it. What a server is told is
 * only what it offered to understand: a message that needs more (8-bit text, letters beyond ASCII
 * in addresses, REQUIRETLS) is not sent, and the cause names what was missing.
 *
 * A server is a stranger: replies have limits, and what is no reply ends the connection. No text
 * of an envelope can add a command to it.
 *
 * One client belongs to one thread at a time.
 */
#ifndef SMTP_CLIENT_H
#define SMTP_CLIENT_H

#include "base/notify.h"
#include "smtp/extension.h"
#include "smtp/reply.h"
#include "smtp/scram.h"

#define CLIENT_REPLY_BYTES_MAX 2048            /* that are kept of a reply; the rest is cut */
#define CLIENT_REPLY_LINE_BYTES_MAX 2048       /* of a line; the rest is skipped. RFC 5321: 512 */
#define CLIENT_REPLY_LINES_MAX 128             /* of one reply; more is a flood */
#define CLIENT_REPLY_READ_BYTES_MAX (64 << 10) /* of one reply, kept or not; more is a flood */
#define CLIENT_NAME_BYTES_MAX 255              /* of the server, as it calls itself */
#define CLIENT_COMMAND_BYTES_MAX 2048          /* RFC 5321 s4.5.3.1.4, and what extensions add */
#define CLIENT_CREDENTIAL_BYTES_MAX 255        /* of a user's name or password */
#define CLIENT_SCRAM_ITERATIONS_MAX                                                                \
	100000 /* asked for by a server; RFC 7677 s4: 4096. More would hold up everybody */

/* At which step something happened. X(id, name, command); command: as reports write it */
#define CLIENT_STAGES(X)                                                                           \
	X(GREETING, "greeting", "CONNECT")                                                         \
	X(HELLO, "helo", "EHLO")                                                                   \
	X(TLS, "tls", "STARTTLS")                                                                  \
	X(LOGIN, "auth", "AUTH")                                                                   \
	X(MAIL, "mail", "MAIL")                                                                    \
	X(RCPT, "rcpt", "RCPT")                                                                    \
	X(DATA, "data", "DATA")                                                                    \
	X(TEXT, "text", "DATA")                                                                    \
	X(END, "end", "END-OF-DATA")

enum client_stage {
#define X(id, name, command) CLIENT_AT_##id,
	CLIENT_STAGES(X)
#undef X
		CLIENT_STAGE_COUNT
};

/* What decided. X(id, permanent, status, ours, words); status: the enhanced code that fits, in the
 * class that `permanent` says; ours: an operator here can mend it. A cause without a status is the
 * server's answer. */
#define CLIENT_CAUSES(X)                                                                           \
	X(NONE, 0, "", 0, "")                                                                      \
	X(REPLY, 0, "", 0, "the server's answer")                                                  \
	/* of the connection */                                                                    \
	X(LOST, 0, "4.4.2", 0, "the connection was closed by the other end")                       \
	X(TIMEOUT, 0, "4.4.2", 0, "the server did not answer in time")                             \
	X(GARBAGE, 0, "4.5.0", 0, "what the server said is no reply of SMTP")                      \
	X(FLOOD, 0, "4.5.0", 0, "the server's reply did not end")                                  \
	X(CANCELLED, 0, "4.3.2", 1, "the delivery was stopped here")                               \
	X(SELF, 1, "5.4.6", 0, "the server calls itself by our own name: it is this server")       \
	/* of encryption */                                                                        \
	X(TLS_NOT_OFFERED, 0, "4.7.4", 0, "the server offers no STARTTLS, which is required here") \
	X(TLS_REFUSED, 0, "4.7.4", 0, "the server offers STARTTLS, but refused it")                \
	X(TLS_FAILED, 0, "4.7.5", 0, "the TLS handshake failed")                                   \
	X(TLS_INJECTED, 0, "4.7.5", 0, "the server sent more behind its answer to STARTTLS")       \
	/* of our login there */                                                                   \
	X(AUTH_NOT_OFFERED, 0, "4.7.0", 1, "the server offers no way to log in that is safe here") \
	X(AUTH_REFUSED, 0, "4.7.8", 1, "the server refused our login")                             \
	X(AUTH_FORGED, 0, "4.7.8", 1, "the server could not prove that it knows our password")     \
	/* of the message: never sent there */                                                     \
	X(TOO_LARGE, 1, "5.3.4", 0, "the message is larger than the server takes")                 \
	X(EIGHT_BIT, 1, "5.6.3", 0, "the message has 8-bit text, and the server no 8BITMIME")      \
	X(UTF8, 1, "5.6.7", 0, "an address has letters beyond ASCII, and the server no SMTPUTF8")  \
	X(UTF8_HEADER, 1, "5.6.9", 0,                                                              \
		"its header has letters beyond ASCII, and the server no SMTPUTF8")                 \
	X(REQUIRETLS, 1, "5.7.30", 0, "the sender asked for REQUIRETLS, and the server has none")  \
	X(ADDRESS, 1, "5.1.3", 0, "the address cannot be said in SMTP")                            \
	X(OWN_TEXT, 0, "4.3.0", 1, "the message could not be read here")

enum client_cause {
#define X(id, permanent, status, ours, words) CAUSE_##id,
	CLIENT_CAUSES(X)
#undef X
		CAUSE_COUNT
};

struct client_cause_row {
	bool is_permanent, is_ours;
	struct str status; /* absent: the reply's own */
	struct str words;
};

const struct client_cause_row *client_cause_row(enum client_cause cause);

enum client_event_kind {
	/* Nothing happened: */
	CLIENT_MORE,  /* the server is to speak */
	CLIENT_FLUSH, /* send what was written, then call again */
	/* The caller's turn: */
	CLIENT_READY, /* client_begin() or client_quit(), now or later */
	CLIENT_TEXT,  /* client_text() with the next piece of the message */
	CLIENT_TLS,   /* flush, shake hands, then client_secured() or client_insecure() */
	/* News: */
	CLIENT_RESULT, /* of the recipient `recipient`: verdict, cause, stage, code, reply */
	CLIENT_DONE,   /* the transaction is over; every recipient was told of */
	CLIENT_FAILED, /* the connection can do no more: cause, stage, code, reply. Told once,
			  behind DONE when there was a transaction; CLOSE follows, perhaps after a
			  QUIT */
	CLIENT_CLOSE   /* flush what can be, then close */
};

enum client_verdict {
	VERDICT_TAKEN,
	VERDICT_DEFERRED,
	VERDICT_REFUSED,
	VERDICT_LATER /* too many recipients for one transaction: put it into the next, at once */
};

/* Written by client_next(); its slices are good until that is called again. */
struct client_event {
	enum client_event_kind kind;
	uint32_t recipient; /* its place in the envelope */
	enum client_verdict verdict;
	enum client_cause cause;
	enum client_stage stage;
	unsigned code;     /* 0: there was no reply */
	struct str reply;  /* "550-5.1.1 No\n550 5.1.1 such user": printable, LF between lines */
	bool may_be_taken; /* all of the message was sent, and the connection lost before its
			      answer: RFC 1047 */
};

enum client_tls {
	CLIENT_TLS_OPPORTUNISTIC, /* STARTTLS where it is offered */
	CLIENT_TLS_OFF,
	CLIENT_TLS_REQUIRED
};

/* Shared by many, written by none. */
struct client_settings {
	struct str host; /* our name, in EHLO */
	bool is_lmtp;
	bool knows_self; /* a server of our own name is ourselves: where the MX leads */
	enum client_tls tls;
	unsigned avoids;           /* enum extension: not used though they are offered */
	struct str user, password; /* absent: no login. At most CLIENT_CREDENTIAL_BYTES_MAX each */
	bool auth_in_clear;        /* the password may travel unencrypted */
	struct str nonce;          /* random and printable, without a comma, for SCRAM */
};

struct client_recipient {
	struct str path;     /* without brackets */
	struct str original; /* ORCPT: "rfc822;xtext"; absent: none */
	unsigned notify;     /* enum notify */
	uint8_t fate;        /* the machine's */
};

struct client_envelope {
	struct str path; /* of the sender, without brackets; empty: the null path */
	int64_t size_bytes;
	bool is_8bit;      /* the text has bytes beyond ASCII */
	bool is_utf8;      /* an address in its header has: RFC 6531 */
	bool requires_tls; /* RFC 8689 */
	bool is_ret_full, is_ret_headers;
	struct str envelope_id; /* xtext; absent: none */
	struct client_recipient *recipients;
	uint32_t recipient_count; /* 1 at least; client_recipients_max() at most is wise */
};

/* How far a transaction is. Its commands are counted by place: RSET, MAIL, the recipients, DATA. */
struct client_exchange {
	uint32_t said, heard;               /* commands, and answers to them */
	uint32_t chunks_said, chunks_heard; /* BDAT */
	uint32_t accepted;                  /* recipients; in LMTP, those without an answer yet */
	bool has_rset;
	bool is_refused; /* MAIL or a chunk was: nothing more is said */
	bool is_whole;   /* the last of the text was written */
	bool is_ended;   /* over, but for its DONE */
	char last;       /* byte of the text; '\n': a line begins; '\r': it waits */
	/* Recipients from there to there are to be told this, if they were told nothing. */
	uint32_t tell_from, tell_to;
	enum client_verdict verdict;
	enum client_cause cause;
	enum client_stage stage;
};

struct client {
	const struct client_settings *settings;
	uint8_t state; /* enum client_state */
	bool is_secure, is_extended, is_authenticated;
	bool is_dirty; /* RSET goes before the next MAIL */
	bool owes_hello, owes_quit, owes_failed;
	bool has_failed;
	enum client_cause lost;                /* it is to fail when all input is used */
	unsigned offers;                       /* enum extension */
	unsigned mechanisms;                   /* enum auth_mechanism */
	int64_t size_max;                      /* RFC 1870; 0: not said */
	uint32_t recipients_max, messages_max; /* RFC 9422; 0: not said */
	uint32_t messages;                     /* transactions that were begun */
	uint8_t name_bytes;
	char name[CLIENT_NAME_BYTES_MAX];
	/* The reply that is being read, or was read last. */
	uint32_t scanned_bytes, read_bytes, lines;
	uint16_t reply_bytes, code;
	bool is_skipping; /* the rest of a line that is too long */
	bool is_last_line, is_whole_reply;
	char reply[CLIENT_REPLY_BYTES_MAX];
	/* What decided, when something failed. */
	enum client_cause cause;
	enum client_stage stage;
	bool may_be_taken;
	int64_t step_ms;
	uint8_t auth_step, auth_mechanism;
	struct scram_client scram;
	struct client_envelope *envelope; /* the caller's, while a transaction is open */
	struct client_exchange exchange;
};

/* The room that `out` must have free for the machine to go on. */
#define CLIENT_OUT_BYTES_MIN (2 * CLIENT_COMMAND_BYTES_MAX)

/* The most that stays in the input between two calls. */
#define CLIENT_IN_BYTES_MIN CLIENT_REPLY_LINE_BYTES_MAX

/* client_init - a connection that is there now; `settings` must outlive it. is_secure: TLS from
 * the first byte */
void client_init(
	struct client *c, const struct client_settings *settings, bool is_secure, int64_t now_ms);

/*
 * client_next - goes on until something happens
 *
 * in        every byte that came and was not used; advanced past what is used now
 * out       commands are written behind what it holds
 * Returns   event->kind. Call again until it is MORE, FLUSH, READY, TEXT, TLS or CLOSE; on TEXT,
 *           call client_text() and again. O(bytes used)
 */
enum client_event_kind client_next(struct client *c, struct str *in, struct reply_buffer *out,
	struct client_event *event, int64_t now_ms);

/* client_begin - a transaction, after READY; the envelope is used, and written to, until DONE */
void client_begin(struct client *c, struct client_envelope *envelope, int64_t now_ms);

/*
 * client_text - the next piece of the message, after TEXT
 *
 * Lines end in CRLF on the wire, whatever they end in here. Bytes are used as far as `out` has
 * room; call again with the rest.
 *
 * is_last   nothing follows `piece`
 * Returns   bytes used; less than piece.len: flush
 */
size_t client_text(
	struct client *c, struct str piece, bool is_last, struct reply_buffer *out, int64_t now_ms);

/* client_secured - the handshake after CLIENT_TLS is done; client_insecure - it failed, and so has
 * the connection */
void client_secured(struct client *c, int64_t now_ms);
void client_insecure(struct client *c);

/* client_quit - nothing more is to be sent; CLOSE follows when the server has said goodbye */
void client_quit(struct client *c, int64_t now_ms);

/* client_lost - the connection is gone, or must go: LOST, CANCELLED, OWN_TEXT. client_next() tells
 * what that means */
void client_lost(struct client *c, enum client_cause why);

/* client_deadline - when client_expire() must be called; INT64_MAX: never. RFC 5321 s4.5.3.2 */
int64_t client_deadline(const struct client *c);
void client_expire(struct client *c, int64_t now_ms);

/* client_recipients_max - how many one transaction should have: what LIMITS says, else 100, which
 * every server takes (RFC 5321 s4.5.3.1.8) */
uint32_t client_recipients_max(const struct client *c);

/* client_is_tired - LIMITS MAILMAX is reached: no more transactions in this connection */
bool client_is_tired(const struct client *c);

/* client_fini - overwrites what it knows of passwords */
void client_fini(struct client *c);

#endif
