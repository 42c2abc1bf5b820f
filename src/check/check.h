/*
 * check - may this be sent by whom it says, and is it wanted? The answers to a session's questions
 *
 * The one who owns the session (src/receive) tells what it hears, in order: connect, hello, mail,
 * rcpt, data, body, end. Look-ups begin with the first word that makes them possible, and nobody
 * waits for them before RCPT: there the origin is judged, for each message anew, so that the log
 * knows whom the mail was for, and so that postmaster and abuse can be written to by those who are
 * refused (RFC 5321 s4.5.1). What only the text can show is judged at its end.
 *
 *	if (!check_rcpt(s, recipient, &verdict))
 *		wait: done(to, &verdict) is called from the loop
 *
 * What cannot be looked up is never a reason to refuse for good; it is none at all, or 4yz, as
 * the settings say. Every check that was made writes a line into the log; when their scores reach
 * the threshold, the one that weighs most speaks in the reply, and the log has the total.
 *
 * Not checked at all, which costs nothing and is answered at once: clients that signed in, those of
 * `check_exempt`, listeners that are not for mail from anybody.
 *
 * Threads: that of the event loop. doc/checks.md
 */
#ifndef CHECK_CHECK_H
#define CHECK_CHECK_H

#include "base/net.h"
#include "check/arc_chain.h"
#include "config/config.h"
#include "dns/resolver.h"
#include "eventlog/eventlog.h"
#include "smtp/reply.h"

#define CHECK_WORDS_MAX 512

struct checks;
struct check_session;

/* What they stand on; all of it outlives them. */
struct checks_parts {
	struct event_base *base;
	struct dns *dns;         /* NULL: what would ask it is not checked */
	struct eventlog *log;    /* NULL: nothing is logged */
	const char *data_folder; /* greylist.db is there; NULL: no greylisting */
};

/* checks_new - nothing is checked until checks_configure(); NULL: no memory */
struct checks *checks_new(const struct checks_parts *parts);

/*
 * checks_configure - the settings; at the start, and again with every reload
 *
 * A session keeps those it began with.
 *
 * config    borrowed for the call
 * words     of the mistake, on false; then all is as it was before
 */
bool checks_configure(
	struct checks *c, const struct config *config, char words[static CHECK_WORDS_MAX]);

/* checks_free - when its sessions are gone; NULL is harmless */
void checks_free(struct checks *c);

struct check_verdict {
	bool is_refused;
	enum condition condition; /* when refused; its row says whether for now or for good */
	struct facts facts;       /* of it; good until the next call for this session */
	struct str headers;       /* of check_end(), when not refused: lines for the front of the
				     message, in front of Received, each with its CRLF; may be empty.
				     Authentication-Results is the first of them */
	unsigned score;           /* the sum of what failed, and what weighs most of it: */
	unsigned heaviest_score;
	enum condition heaviest;
	struct facts heaviest_facts;
	bool has_chain; /* the text was looked at for a chain of ARC seals: */
	enum arc_result chain;
};

typedef void check_done(void *to, const struct check_verdict *verdict);

struct check_client {
	struct ip ip;         /* the client that is meant: behind PROXY or XCLIENT, that one */
	struct str reference; /* of the session: "7Q2F" */
	struct str host;      /* what this server calls itself */
	struct str authserv;  /* ... in Authentication-Results; absent: likewise */
	const struct client_name *name; /* claimed: it is taken for true; else it is asked about */
	bool is_exempt; /* a submission or LMTP listener, a client that is trusted */
};

/*
 * check_session_new - a client has connected (after PROXY): the look-ups about its address begin
 *
 * client    its texts are copied
 * done      called at most once for each question that was answered with false
 * Returns   NULL: no memory. All functions below take NULL and pass
 */
struct check_session *check_session_new(
	struct checks *c, const struct check_client *client, check_done *done, void *to);

/* check_session_free - also while a question is open; NULL is harmless */
void check_session_free(struct check_session *s);

/* check_client_is - XCLIENT: it speaks for somebody else; what was found is forgotten */
void check_client_is(struct check_session *s, const struct ip *ip);

/* check_signed_in - nothing is asked about the origin of what this client sends from now on */
void check_signed_in(struct check_session *s, struct str user);

/* check_is_exempt - true for whom nothing is asked about: also NULL */
bool check_is_exempt(const struct check_session *s);

/* check_client_name - the client's name by reverse DNS, when it leads back to it and is known by
 * now */
struct str check_client_name(const struct check_session *s);

/*
 * The questions, each at its place. True: *verdict is written. False: done() is called later;
 * until then no other question may be asked, but check_reset() and check_session_free() may be
 * called, and then done() is not.
 */
bool check_connect(struct check_session *s, struct check_verdict *verdict);
bool check_hello(struct check_session *s, struct str name, struct check_verdict *verdict);

/* check_mail - a message begins; sender: the reverse-path without brackets, "" is the null one */
bool check_mail(struct check_session *s, struct str sender, struct check_verdict *verdict);

/* check_rcpt - for each recipient, after the directory has taken it; recipient: without brackets */
bool check_rcpt(struct check_session *s, struct str recipient, struct check_verdict *verdict);

bool check_data(struct check_session *s, struct check_verdict *verdict);

/* check_body - the next piece of the text, as it came, before anything is put in front of it */
void check_body(struct check_session *s, struct str piece);

/* check_returned - before check_end(): a bounce to `rcpt`, which sent nothing that it could be
 * about; result: "unsigned"; words: what decided */
void check_returned(struct check_session *s, struct str result, struct str words, struct str rcpt,
	bool refuses);

/* check_end - the text is whole */
bool check_end(struct check_session *s, struct check_verdict *verdict);

/* check_each - calls fn with each thing that was found so far: "spf", "fail", and what decided */
typedef void check_fact(
	void *to, struct str test, struct str result, struct str words, unsigned score);
void check_each(const struct check_session *s, check_fact *fn, void *to);

/* check_add - something else found this: it counts with the others, and its words are those of the
 * reply (C41) when it weighs most */
void check_add(struct check_session *s, struct str words, unsigned score);

/* check_again - after check_end(), and what was added since: is it too much now? */
void check_again(struct check_session *s, struct check_verdict *verdict);

/* check_reset - the message is over, however it ended; the session goes on. An open question is
 * closed */
void check_reset(struct check_session *s);

#endif
