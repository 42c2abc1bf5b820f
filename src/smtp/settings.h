/*
 * settings - what an operator decides about a listener, as the machine reads it
 *
 * One for each listener, shared by its sessions and never written by them. settings_init() gives
 * the defaults; doc/smtp.md has them in a table.
 */
#ifndef SMTP_SETTINGS_H
#define SMTP_SETTINGS_H

#include "smtp/extension.h"
#include "smtp/receiver.h"
#include "smtp/reply.h"

enum listener_kind {
	LISTENER_MX,         /* port 25: mail for this server, from anybody */
	LISTENER_SUBMISSION, /* ports 587, 465: mail of its users (RFC 6409) */
	LISTENER_LMTP        /* RFC 2033: LHLO, and an answer for each recipient */
};

/* Bits, in the order in which EHLO lists them. */
enum auth_mechanism { AUTH_SCRAM_SHA_256 = 1, AUTH_PLAIN = 2, AUTH_LOGIN = 4 };

/* mechanism_name - "SCRAM-SHA-256" */
struct str mechanism_name(enum auth_mechanism m);

/* Where a session asks the caller; a place that is not asked passes. */
enum ask {
	ASK_CONNECT = 1,
	ASK_HELLO = 2,
	ASK_MAIL = 4,
	ASK_RCPT = 8,
	ASK_DATA = 16,
	ASK_ALL = 31,
	/* The end of a message and a login are always asked. */
};

struct smtp_settings {
	struct str host;   /* this server's name: in the greeting and in many sentences */
	struct str banner; /* behind it in the greeting */
	enum listener_kind kind;
	enum reply_style style;
	bool has_marks;             /* refusals end in "(C34 7Q2F)" */
	unsigned offers;            /* enum extension: what may be offered where it can be */
	unsigned asks;              /* enum ask */
	unsigned mechanisms;        /* enum auth_mechanism */
	bool auth_in_clear;         /* AUTH without TLS: never but on a net of one's own */
	bool needs_tls, needs_auth; /* before MAIL */
	bool lacks_tls;             /* STARTTLS is known, and not possible for now */
	bool strict_helo;           /* an argument of EHLO must be a domain or an address */
	bool strict_pipelining;    /* who does not wait for an answer it must wait for is refused */
	bool tolerates_early_talk; /* bytes before the greeting */
	bool accepts_bare_paths;   /* MAIL FROM:a@b.example */
	bool accepts_local_paths;  /* RCPT TO:<user> */
	bool refuses_null_sender;  /* breaks bounces to one's own users: C30 */
	enum receiver_bare bare;
	enum receiver_nul nul;
	uint32_t text_line_bytes_max; /* longer lines are refused; 0 = never */
	int64_t message_bytes_max;    /* SIZE; 0 = no limit */
	int64_t message_bytes_drop;   /* when a message is too large by so much more, the connection
					 is   closed instead of reading on; 0 = never */
	uint32_t unterminated_bytes_max; /* of a command without a line end */
	uint32_t recipients_max;         /* in one transaction: 100 at least, RFC 5321 s4.5.3.1.8 */
	uint32_t messages_max;           /* in one session; 0 = no limit */
	uint32_t errors_max;        /* refusals that count; forgiven by a message that is taken */
	uint32_t unknown_max;       /* unknown verbs */
	uint32_t idle_commands_max; /* commands without a message: NOOP, VRFY, RSET, EHLO ... */
	uint32_t login_failures_max;
	uint32_t command_timeout_ms; /* for one whole command: RFC 5321 s4.5.3.2.7, 5 min */
	uint32_t data_timeout_ms;    /* for the next bytes of a message */
	uint32_t answer_timeout_ms;  /* for the caller's answer; then it is a temporary failure */
	uint32_t session_ms_max;
	uint32_t data_rate_min; /* bytes per second of a message, after data_grace_ms */
	uint32_t data_grace_ms;
	/* Told of every change of the state; may be NULL. */
	void (*trace)(void *to, const char *from, const char *into, const char *cause);
	void *trace_to;
};

void settings_init(struct smtp_settings *s, enum listener_kind kind, struct str host);

#endif
