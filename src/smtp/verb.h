/*
 * verb - the commands of SMTP and LMTP as a table
 *
 * In which states each is allowed, what is said in the others, what it needs, and how long its line
 * may be: columns, so that a handler finds all that settled.
 */
#ifndef SMTP_VERB_H
#define SMTP_VERB_H

#include "catalogue/conditions.h"

struct turn;

/* At which step of a session something is refused; the words of deliveries (client.h) where there
 * are such. X(id, name) */
#define SESSION_STAGES(X)                                                                          \
	X(CONNECT, "connect")                                                                      \
	X(HELO, "helo")                                                                            \
	X(TLS, "tls")                                                                              \
	X(AUTH, "auth")                                                                            \
	X(MAIL, "mail")                                                                            \
	X(RCPT, "rcpt")                                                                            \
	X(DATA, "data")       /* at DATA or BDAT, before the text */                               \
	X(TEXT, "text")       /* while it came */                                                  \
	X(END, "end")         /* when all of it was there */                                       \
	X(COMMAND, "command") /* between the steps, or at a command that is none of them */

enum session_stage {
#define X(id, name) SESSION_AT_##id,
	SESSION_STAGES(X)
#undef X
};

enum verb_flag {
	VERB_BEFORE_TLS = 1, /* also where TLS is required and not there yet: RFC 3207 s4 */
	VERB_NO_ARGUMENT = 2,
	VERB_GROUP_END = 4,   /* the client must wait for its answer: RFC 2920 s3.1 */
	VERB_IDLE = 8,        /* gets no message nearer */
	VERB_NEEDS_AUTH = 16, /* where the listener wants it */
	VERB_SMTP = 32,       /* not in LMTP */
	VERB_LMTP = 64,       /* in LMTP alone */
};

typedef int verb_fn(struct turn *t); /* enum step */

struct verb {
	struct str name;
	unsigned states;          /* enum smtp_state, where it is allowed */
	unsigned flags;           /* enum verb_flag */
	unsigned extension;       /* enum extension that must be offered; 0 = always there */
	enum condition elsewhere; /* said in other states, but for those before EHLO (C09) */
	enum condition unoffered; /* said when the extension is not offered */
	enum session_stage stage;
	size_t line_bytes_max;
	verb_fn *run; /* NULL: it is only known, and `unoffered` is said */
	const char *rfc;
};

/* verb_find - the row of a word, in any case; NULL when it is unknown */
const struct verb *verb_find(struct str word);

/* verb_list - the names of those that may be said where these extensions are offered, with blanks
 * between, into `room` (256 bytes); the length */
size_t verb_list(bool is_lmtp, unsigned offers, char *room);

#endif
