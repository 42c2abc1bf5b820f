/*
 * machine - a conversation with a filter, without I/O
 *
 * A filter is a program beside this server that looks at mail: clamd, spamd, rspamd, a milter, a
 * policy service. Its protocol is a machine: bytes that came go in, bytes to be sent come out, and
 * in the end there is an answer. What stands on it (filter/wire.h) has the connection and the time.
 *
 *	begin(m, q, out)               the question; its first bytes
 *	next(m, in, is_end, out)       again and again, as it says:
 *	  MACHINE_TEXT                 a piece of the text is wanted: text(m, piece, out), an empty
 *	                               one when there is no more
 *	  MACHINE_READ                 more bytes, once `out` is sent
 *	  MACHINE_DONE                 m->answer is there
 *	  MACHINE_BROKEN               what came is no answer; m->trouble says why
 *
 * Whatever a filter sends is a stranger's: every count and length has its limit here, and no bytes
 * can do more than break this one conversation.
 */
#ifndef FILTER_MACHINE_H
#define FILTER_MACHINE_H

#include "base/arena.h"
#include "base/buf.h"
#include "filter/edit.h"

#define FILTER_PIECE_BYTES ((size_t)32 << 10)  /* of the text, at a time */
#define FILTER_OUT_BYTES_MAX ((size_t)4 << 20) /* that wait to be sent: a header, escaped */
#define FILTER_WORDS_BYTES_MAX ((size_t)400)   /* of a reply that a filter wants */
#define FILTER_TROUBLE_BYTES 256

/* The places of a session at which filters are asked; PING is `nixied check`. */
enum filter_point {
	FILTER_PING,
	FILTER_CONNECT,
	FILTER_HELO,
	FILTER_MAIL,
	FILTER_RCPT,
	FILTER_DATA,
	FILTER_END
};

/* filter_point_name - "RCPT" */
struct str filter_point_name(enum filter_point p);

/* What is known of a session and its message. All of it is borrowed until the answer is there. */
struct filter_facts {
	struct str host;            /* what this server calls itself */
	struct str reference;       /* of the session: "7Q2F" */
	struct str ip, client_name; /* the latter: by reverse DNS, absent when it is not known */
	struct str client_ptr;      /* what the address calls itself; absent: not known */
	struct str client_resolve;  /* "OK", "FORGED" ...: check/client_name.h; absent: not asked */
	unsigned port;              /* of the client; 0: not known */
	bool is_v6;
	struct str helo, protocol;          /* "ESMTPS" */
	struct str tls_version, tls_cipher; /* absent: in clear */
	struct str user, mechanism;         /* of a client that signed in */
	struct str sender;                  /* without brackets; "" is the null one */
	struct str rcpt;                    /* at RCPT */
	const struct str *recipients;       /* that were accepted */
	size_t recipient_count;
	struct str id;              /* the message's, from DATA on */
	struct str received;        /* at the end: our Received field */
	struct str header;          /* at the end: with its blank line, when it has one */
	uint64_t bytes, body_bytes; /* at the end: of header and body; of the body */
};

struct filter_question {
	enum filter_point at;
	const struct filter_facts *facts;
	struct arena *arena; /* where answers live; nothing in it moves while they are used */
};

/* In the order in which they speak: the last before the others. */
enum filter_verdict { FILTER_PASS, FILTER_TAG, FILTER_DEFER, FILTER_REFUSE };

struct filter_answer {
	enum filter_verdict verdict;
	bool is_final;      /* nothing more is asked of it about this message */
	bool ends_session;  /* of a milter: it was about the client. With is_final nothing more is
			       asked of it about this session */
	bool has_points;    /* of a filter that counts */
	int64_t points, of; /* in thousandths; `of`: the filter's own limit */
	struct str rule;    /* what decided: a virus, symbols, an action; absent: nothing to say */
	struct str words;   /* for whoever is refused; absent: none of its own */
	unsigned code;      /* ... and with which reply; 0, absent: as it happens */
	struct str status;
	struct edits edits;
};

enum machine_wants { MACHINE_READ, MACHINE_TEXT, MACHINE_DONE, MACHINE_BROKEN };

/* What all machines have in front. */
struct machine {
	struct filter_question question;
	struct filter_answer answer;
	bool can_go_on;    /* after MACHINE_DONE: the connection is good for another question */
	bool has_progress; /* it said that it is still at it; whoever sees it sets it back */
	char trouble[FILTER_TROUBLE_BYTES];
};

/* machine_broken - keeps the words, gives MACHINE_BROKEN */
__attribute__((format(printf, 2, 3))) enum machine_wants machine_broken(
	struct machine *m, const char *format, ...);

/* machine_line - the next line of `in` without its line end (LF or CRLF), which is taken out of it;
 * false when it is not whole */
bool machine_line(struct str *in, struct str *line);

/* machine_keep - a stranger's words into the arena: printable (UTF-8 stays), one line, at most
 * `bytes_max`; absent when nothing is left */
struct str machine_keep(const struct filter_question *q, struct str words, size_t bytes_max);

/* machine_take_status - "5.7.1", taken from the front of *words; absent when there is none */
struct str machine_take_status(struct str *words);

/* machine_keep_codes - what the filter would reply with, where it fits the verdict that stands in
 * m->answer; 421 would be a promise to hang up, and is not kept */
void machine_keep_codes(struct machine *m, unsigned code, struct str status);

/* machine_points - "-12.345" in thousandths; false when it is no number */
bool machine_points(struct str s, int64_t *points);

/* machine_put_points - "12.3", as people write it */
#define MACHINE_POINTS_BYTES 32
struct str machine_put_points(int64_t points, char room[MACHINE_POINTS_BYTES]);

#endif
