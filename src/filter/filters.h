/*
 * filters - what the programs beside this server say of a message: clamd, spamd, rspamd, milters,
 * policy services
 *
 * Asked behind src/check: what the origin refuses is not shown to anybody. At one place of a
 * session all but milters are asked at once, then the milters one after the other, each with what
 * the one before made of the message. The first stage that refuses is the last.
 *
 *	if (!filter_rcpt(s, recipient, &verdict))
 *		wait: done(to, &verdict) is called from the loop
 *
 * Every answer but a plain pass is a line of the log; at the end of the message each is. A filter
 * that does not answer defers the message or lets it pass, as its setting says.
 *
 * Threads: that of the event base. doc/filters.md
 */
#ifndef FILTER_FILTERS_H
#define FILTER_FILTERS_H

#include "check/check.h"
#include "filter/backend.h"

#define FILTER_WAIT_MS_MAX 100000 /* for one place: below the 120 s that a session waits */

struct filters;
struct filter_session;

/* What they stand on; all of it outlives them. */
struct filters_parts {
	struct event_base *base;
	struct eventlog *log;    /* NULL: nothing is logged */
	const char *data_folder; /* where large messages are kept while they are looked at */
};

struct filters *filters_new(const struct filters_parts *parts); /* NULL: no memory */

/* filters_configure - at the start, and with every reload; false: *words, and all is as before */
bool filters_configure(struct filters *f, const struct config *config,
	char words[static FILTER_SETTINGS_WORDS_MAX]);

/* filters_free - when its sessions are gone; NULL is harmless */
void filters_free(struct filters *f);

/* filters_hear_sessions - is there a milter among those wanted, which hears of connect and EHLO? */
bool filters_hear_sessions(const struct filters *f, unsigned wanted);

/* filters_counts - of that kind, since the start */
const struct filter_counts *filters_counts(const struct filters *f, enum filter_kind kind);

/* Says of one filter whether it answers: why is NULL when it does. */
typedef void filters_pinged(void *to, const struct filter_setting *setting, const char *why);

/* filters_ping - asks all of them, and runs the loop until each has answered or failed */
void filters_ping(struct filters *f, filters_pinged *fn, void *to);

/* What becomes of the message at hand. */
struct filter_outcome {
	bool is_refused;
	enum condition condition;
	struct facts facts; /* of it; good until the next call for this session, as all below */
	struct str rule;    /* which filter, and what decided: for the log */
	/* Of filter_end(), when not refused: */
	struct str front;  /* goes in front of the message, each line with its CRLF */
	bool is_rewritten; /* header and body are those of filter_header(), filter_body_read() */
	const struct edits *edits; /* of the envelope, in order; NULL: none */
};

typedef void filter_done(void *to, const struct filter_outcome *outcome);

/* Who the client is. Its texts are copied. */
struct filter_client {
	struct str host, authserv, reference, ip, client_name, client_ptr, client_resolve, helo,
		protocol, tls_version, tls_cipher, user,
		mechanism; /* authserv: in Authentication-Results */
	unsigned port;
	bool is_v6;
	bool is_ours;    /* signed in, or of a network of ours: not asked whether it is wanted */
	unsigned wanted; /* a bit for each enum filter_kind */
};

/*
 * filter_session_new - a client has connected, or a message begins
 *
 * out      NULL when nobody is to be asked: all functions below take that and pass
 * Returns  false: no memory, and nobody can be asked
 */
bool filter_session_new(struct filters *f, const struct filter_client *client, filter_done *done,
	void *to, struct filter_session **out);

/* filter_session_free - also while a question is open; NULL is harmless */
void filter_session_free(struct filter_session *s);

/* filter_client_is - what is known of the client by now, in place of what was; between messages */
void filter_client_is(struct filter_session *s, const struct filter_client *client);

/* filter_mail_over - the message is over, however it ended, also while a question is open; or there
 * was none. Milters keep their connections for the next one. Gives the session; NULL: nobody knows
 * of it, or the settings are others now, and it is freed */
struct filter_session *filter_mail_over(struct filter_session *s);

/* filter_client_name - the client's name by reverse DNS became known; absent: nothing changes */
void filter_client_name(struct filter_session *s, struct str name);

/* The questions. True: *out is written. False: done() is called later. At connect and EHLO only
 * milters are asked, that have connections to spare: half of them are for messages. One that does
 * not answer there is asked again at MAIL, and refuses nobody before. */
bool filter_connect(struct filter_session *s, struct filter_outcome *out);
bool filter_hello(struct filter_session *s, struct filter_outcome *out);
bool filter_mail(struct filter_session *s, struct str sender, struct filter_outcome *out);
/* filter_rcpt - a recipient that will be accepted when no filter is against it */
bool filter_rcpt(struct filter_session *s, struct str recipient, struct filter_outcome *out);
bool filter_data(struct filter_session *s, struct str id, struct filter_outcome *out);

/*
 * filter_is_forged - does this field of a message claim what only this server may say?
 *
 * Results under its name (RFC 8601 s5), whoever sends them; and of strangers the verdict of a spam
 * filter, X-Spam-Status and its kin, where one is asked: programs behind us believe the first they
 * find. Such a field must not go on.
 */
bool filter_is_forged(const struct filter_session *s, struct str authserv, struct str field);

/* filter_body - the next piece of the text, as it came */
void filter_body(struct filter_session *s, struct str piece);

/* What is known at the end. */
struct filter_end {
	struct str received;                /* our Received field, as it will stand in front */
	struct str checked;                 /* lines of the checks, which go in front of it */
	struct str completion;              /* fields that its header lacks and gets */
	const struct check_verdict *origin; /* what the checks came to: scores add up */
};
bool filter_end(struct filter_session *s, const struct filter_end *end, struct filter_outcome *out);

/* filter_header - of a message that is rewritten; filter_body_read - its body: how many bytes, 0 at
 * the end, -1 when the disk failed */
struct str filter_header(const struct filter_session *s);
long filter_body_read(const struct filter_session *s, uint64_t offset, void *to, size_t room);

#endif
