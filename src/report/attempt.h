/*
 * attempt - one try to deliver to one recipient, and the timeline of them all
 *
 * Reports show every attempt: when, where, how encrypted, what was answered. So a deliverer keeps
 * them with the recipient in the queue, as text of a bounded size: the first, and as many of the
 * newest as fit.
 *
 * Pure: no input or output, no clock. Any bytes may stand in what servers said.
 */
#ifndef REPORT_ATTEMPT_H
#define REPORT_ATTEMPT_H

#include "base/arena.h"
#include "catalogue/conditions.h"
#include "nixie.h"

#define ATTEMPTS_PACKED_BYTES_MAX 4096 /* QUEUE_TEXT_MAX: they stand in a text of the queue */
#define ATTEMPTS_MAX 128               /* that are unpacked; fewer fit */
/* Of each text in the timeline. The newest always fits, however much of it has to be escaped. */
#define ATTEMPT_ANSWER_BYTES_MAX 1000
#define ATTEMPT_HOST_BYTES_MAX 255
#define ATTEMPT_SHORT_BYTES_MAX 64 /* an address, the TLS */
#define ATTEMPT_ANSWERED CONDITION__COUNT

struct attempt {
	int64_t at_ms;          /* wall time since 1970 */
	enum nixie_stage stage; /* how far it came; NONE: no server was spoken to (DNS, local) */
	/* What was found here, without an answer of the other side: a connection that was refused,
	 * a domain that does not exist, a mailbox here that is full. Else ATTEMPT_ANSWERED. */
	enum condition condition;
	struct str host, ip; /* the server that was tried; absent when there was none */
	struct str tls;      /* "TLSv1.3 TLS_AES_256_GCM_SHA384"; absent: not encrypted */
	/* As it was received, lines parted by LF or CRLF; of a condition of ours what
	 * attempt_words() made. */
	struct str answer;
};

/* What sentences of conditions have places for, {host} and the like: texts and numbers. */
#define ATTEMPT_TEXTS(X)                                                                           \
	X(domain)                                                                                  \
	X(host)                                                                                    \
	X(ip)                                                                                      \
	X(rcpt)                                                                                    \
	X(sender)                                                                                  \
	X(address)                                                                                 \
	X(list)                                                                                    \
	X(text)                                                                                    \
	X(user)                                                                                    \
	X(helo)                                                                                    \
	X(verb)                                                                                    \
	X(parameter)                                                                               \
	X(mechanism)                                                                               \
	X(id)
#define ATTEMPT_NUMBERS(X)                                                                         \
	X(seconds)                                                                                 \
	X(limit)                                                                                   \
	X(kb)                                                                                      \
	X(max_kb)                                                                                  \
	X(days)                                                                                    \
	X(line)

/* Absent texts are written "-". */
struct attempt_blanks {
#define X(name) struct str name;
	ATTEMPT_TEXTS(X)
#undef X
#define X(name) int64_t name;
	ATTEMPT_NUMBERS(X)
#undef X
};

#define ATTEMPT_WORDS_BYTES_MAX 8192

/* attempt_words - "4.4.1 Connection refused by mx.example.net [192.0.2.1]": the enhanced code and
 * sentence of a condition, filled, in one line. In the arena; absent when that failed */
struct str attempt_words(enum condition c, const struct attempt_blanks *blanks, struct arena *a);

/*
 * attempts_pack - the timeline with one more attempt
 *
 * before    what was packed so far; empty at first. Rubbish counts as empty
 * room      ATTEMPTS_PACKED_BYTES_MAX bytes, not those of `before`
 * Returns   bytes written. When they do not all fit, the oldest but the first go, and that one last
 */
size_t attempts_pack(struct str before, const struct attempt *newest, char *room);

/* attempts_unpack - the attempts of a packed timeline, oldest first; text in the arena
 * Returns   how many; *out is NULL when there are none */
size_t attempts_unpack(struct str packed, struct arena *a, struct attempt **out);

#endif
