/*
 * reply - a condition of the catalogue as the lines that are sent
 *
 * RFC 5321 s4.2: the code on every line, "-" behind it on all but the last, at most 512 bytes each;
 * RFC 2034: the same enhanced code on every line, none in the greeting, after EHLO and in 3yz. A
 * refusal ends in its mark, "(C34 7Q2F)": the condition, which `nixie code` explains, and the
 * session, which finds it in the log.
 *
 * Facts come from strangers: what is not printable becomes "?", and a line end in one begins a new
 * line of the reply, so that no fact can forge a reply.
 */
#ifndef SMTP_REPLY_H
#define SMTP_REPLY_H

#include "catalogue/conditions.h"
#include "smtp/limits.h"

/* What sentences have places for, {rcpt} and the like: texts and numbers. */
#define FACT_TEXTS(X)                                                                              \
	X(host)                                                                                    \
	X(text)                                                                                    \
	X(helo)                                                                                    \
	X(verb)                                                                                    \
	X(rcpt)                                                                                    \
	X(sender)                                                                                  \
	X(parameter)                                                                               \
	X(ip)                                                                                      \
	X(domain)                                                                                  \
	X(user)                                                                                    \
	X(mechanism)                                                                               \
	X(id)                                                                                      \
	X(address)                                                                                 \
	X(list)
#define FACT_NUMBERS(X)                                                                            \
	X(limit)                                                                                   \
	X(line)                                                                                    \
	X(seconds)                                                                                 \
	X(kb)                                                                                      \
	X(max_kb)                                                                                  \
	X(days)

struct facts {
#define X(name) struct str name;
	FACT_TEXTS(X)
#undef X
#define X(name) int64_t name;
	FACT_NUMBERS(X)
#undef X
	/* In place of the condition's own codes, when they are of its class: what a filter wants
	 * said. 0, absent: none. */
	unsigned code;
	struct str enhanced;
};

/* A caller's memory that replies are written to; flushed by the caller. */
struct reply_buffer {
	char *ptr;
	size_t len, room;
};

/* How replies are written in a session. */
struct reply_form {
	enum reply_style style;
	struct str session; /* of the mark; absent: no marks */
	bool may_be_utf8;   /* RFC 6531 s3.7.4.2: the client asked for SMTPUTF8 */
	bool is_greeting;   /* of CONNECT or EHLO: never an enhanced code */
	bool has_more;      /* more lines of the same reply follow: "-" behind the last code too */
};

/*
 * reply_write - the reply of `c` with these facts, behind what `out` holds
 *
 * A fact that is absent is written "-". A reply of more than REPLY_BYTES_MAX is cut.
 *
 * out       has room for REPLY_BYTES_MAX bytes
 * Returns   its code: 550
 */
unsigned reply_write(struct reply_buffer *out, const struct reply_form *form, enum condition c,
	const struct facts *facts);

/* reply_line - one line that is no sentence: "250-SIZE 100", "334 dGV4dA=="; `code` and `sep` in
 * front, CRLF behind */
void reply_line(struct reply_buffer *out, unsigned code, char sep, struct str text);

#endif
