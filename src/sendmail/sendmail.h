/*
 * sendmail - what the files of nixie-sendmail share
 *
 * Programs hand over mail as Sendmail has taken it since 1983: options, a message on standard
 * input. There is no spool here: the message is given to the server while the program waits, and
 * exit 0 means that the server has it.
 */
#ifndef SENDMAIL_SENDMAIL_H
#define SENDMAIL_SENDMAIL_H

#include "base/arena.h"
#include "base/buf.h"

#define MESSAGE_BYTES_MAX ((size_t)1 << 30)
#define RECIPIENTS_MAX 50000
#define ADDRESS_BYTES_MAX 320
#define WHERE_BYTES_MAX 256 /* of the server's address */

/* sysexits.h, BSD 4.3: what programs that call sendmail know. */
enum exit_code {
	EXIT_SENT = 0,
	EXIT_USAGE = 64,
	EXIT_NO_DATA = 65, /* there is nobody to send it to */
	EXIT_NO_INPUT = 66,
	EXIT_NO_USER = 67,     /* the server knows no such recipient */
	EXIT_UNAVAILABLE = 69, /* refused for good */
	EXIT_OS = 71,
	EXIT_TRY_LATER = 75, /* refused for now, or the server does not answer */
	EXIT_NOT_ALLOWED = 77,
	EXIT_CONFIG = 78
};

enum mode { MODE_SEND, MODE_SESSION, MODE_QUEUE, MODE_ALIASES, MODE_NOTHING };

struct options {
	enum mode mode;
	bool reads_recipients;            /* -t */
	bool ignores_dots;                /* -i */
	bool is_told;                     /* -v */
	struct str sender;                /* -f; absent: the user */
	struct str full_name;             /* -F */
	struct str envelope_id;           /* -V, as xtext; absent: none */
	bool is_ret_full, is_ret_headers; /* -R */
	unsigned notify;                  /* -N: as in smtp/client.h */
	const char *conf_path;            /* -C */
	char **operands;                  /* recipients */
	int operand_count;
};

/* complain - "nixie-sendmail: WORDS" on stderr. */
__attribute__((format(printf, 1, 2))) void complain(const char *fmt, ...);

/* ---- options.c */

/* options_read - false when the program is to end with *code */
bool options_read(int argc, char **argv, struct options *o, int *code);

/* ---- recipients.c: pure */

struct recipients {
	struct arena *a;
	struct str *list; /* with a domain, each once */
	size_t count, room;
	struct str host; /* of names without a domain */
	bool is_too_many;
};

/* recipients_add - those of a list of addresses: `"Doe, J." <j@a.example>, friends: k, l;` */
void recipients_add(struct recipients *r, struct str list);

/* ---- message.c: pure */

struct message_facts {
	struct str sender, full_name, host; /* for a From field */
	struct str date, id;                /* "Sun, 22 Nov 2026 09:00:00 +0000", "x.y@host" */
	bool reads_recipients;
};

/*
 * message_complete - the message as it is to travel
 *
 * The header without Bcc, with From, Date and Message-ID when they were missing; a blank line
 * behind it, also when the input was text alone. Recipients of To, Cc and Bcc are added to *r when
 * they are to be read; when the message was sent again, of Resent-To and kin instead (RFC 5322
 * s3.6.6).
 */
void message_complete(
	struct str in, const struct message_facts *facts, struct recipients *r, struct buf *out);

/* ---- where.c */

/* where_find - the server's address: NIXIE_SUBMIT, else the configuration's listener, else
 * 127.0.0.1:25; and the name of this host. False after a complaint */
bool where_find(const char *conf_path, char where[static WHERE_BYTES_MAX],
	char host[static WHERE_BYTES_MAX]);

/* where_connect - a socket there, or -1 after a complaint */
int where_connect(const char *where);

/* ---- submit.c */

/* submit - hands the message over and waits for the answer; gives the exit code */
int submit(const struct options *o, const char *where, struct str host, struct str sender,
	const struct recipients *r, struct str message);

/* ---- session.c */

/* session_run - -bs: what is typed goes to the server, a line when the one before has its answer,
 * and the answers come back; gives the exit code */
int session_run(const char *where);

#endif
