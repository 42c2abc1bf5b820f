/*
 * mtalog - what a mail server's log line says of a delivery
 *
 * Of the many lines a server writes, three kinds bear on delivery: what became of a recipient, who
 * sent a message (on a line of its own, to be joined by the queue id), and a client that was turned
 * away. All else is LOG_NOTHING. Nothing is judged here.
 *
 * One file for each server, because each has a language of its own: log_postfix.c, log_exim.c,
 * log_sendmail.c, log_opensmtpd.c.
 */
#ifndef READ_MTALOG_H
#define READ_MTALOG_H

#include "nixie.h"
#include "read/logline.h"
#include "read/reply.h"

enum log_what {
	LOG_NOTHING,
	LOG_SENDER,   /* a queue id and its sender */
	LOG_DELIVERY, /* what became of one or several recipients */
	LOG_EXPIRED,  /* the queue gave a message up; for whom, earlier lines said */
	LOG_REFUSAL,  /* this server refused a client */
	LOG_DONE      /* the message has left the queue */
};

/* What one line says. Slices of it; absent is absent. */
struct log_entry {
	enum log_what what;
	const char *generator; /* static, the catalogue's name: "Postfix" */
	struct str queue_id;
	struct str sender;     /* "" is the null reverse-path */
	struct str recipient;  /* cleaned */
	struct str recipients; /* more of them, "<b@x>,<c@x>": log_entry_more() */
	struct str original;   /* before aliases */
	struct str host, ip;   /* the server spoken to; of a refusal, the client */
	struct status status;  /* the log's own "dsn=" */
	enum nixie_action action;
	bool is_expired;
	struct str text; /* the answer */
	struct str
		command; /* "RCPT", "END-OF-MESSAGE", where the line names it beside the answer */
};

/*
 * log_entry_read - reads one message of any server
 *
 * line     as logline_parse() made it; the program tells whose it is. Without one, the words do.
 * out      always written
 * Cost     O(n)
 */
void log_entry_read(const struct logline *line, struct log_entry *out);

/* log_entry_more - moves `e` on to the next of its recipients; false when there is none */
bool log_entry_more(struct log_entry *e);

/* The readers of each server; false when the message is none of theirs. `component` is what stands
 * behind the last '/' of the program: "smtp", "qmgr"; absent when the program is unknown. */
bool log_postfix(struct str message, struct str component, struct log_entry *e);
bool log_exim(struct str message, struct log_entry *e);
bool log_sendmail(struct str message, struct log_entry *e);
bool log_opensmtpd(struct str message, struct log_entry *e);

/* ---- for those readers ---- */

/* log_head - the text of `*s` up to the first `end`, with *s moved behind it; absent, and *s as it
 * was, when there is none */
struct str log_head(struct str *s, struct str end);

/* log_address - "<a@b>" at the start of *s without its brackets, with *s moved behind it; absent
 * when *s does not begin with one. A '>' in quotes does not close it. */
struct str log_address(struct str *s);

/* log_peer - "mx.example.org[192.0.2.1]:25" or "mx.example.org [192.0.2.1]" into host and ip;
 * "unknown" and "none" are no hosts */
void log_peer(struct str s, struct log_entry *e);

/* log_is_id - only letters and digits (and `more`), `least` to `most` of them */
bool log_is_id(struct str s, size_t least, size_t most, const char *more);

#endif
