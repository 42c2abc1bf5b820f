/*
 * limits - who may send how much: the rates of the configuration, and where a session meets them
 *
 * A limit counts what is asked for, not what is taken, so that who is refused for something else is
 * slowed down, too; what a limit refuses is not counted, so that "in 40 s" is true. A session that
 * signed in is held to what its account may, everybody else to what the client, its network (/24,
 * IPv6 /64) and the sender may, but for networks of `rate_exempt`; and all to what a recipient may
 * get. LMTP is mail that was taken elsewhere, and is not counted.
 *
 * The counts are in memory, since each command asks for them; a worker writes them down, once in
 * RATES_KEEP_S and at the end. So a crash forgives at most what was sent in that time, and nobody
 * waits for a disk: SQLite would have been a transaction for each MAIL.
 *
 * Without limits, which is the default, nothing is asked and nothing is kept.
 */
#ifndef RECEIVE_LIMITS_H
#define RECEIVE_LIMITS_H

#include "base/net.h"
#include "config/config.h"
#include "receive/rates.h"

#define LIMITS_KEEP_S 30
#define LIMITS_WORDS_MAX 80 /* "rate_client_recipients = 1000000/2592000s" */

struct event_base;
struct guest;
struct limits;
struct smtp_answer;
struct workers;

/* Where a session is asked. */
enum limit_at { LIMIT_AT_CONNECT, LIMIT_AT_MAIL, LIMIT_AT_RCPT };

/* limits_new - nothing is limited until limits_configure(). NULL: no memory */
struct limits *limits_new(void);
/* limits_free - writes down what changed; NULL is harmless */
void limits_free(struct limits *l);

/* limits_configure - the rates of the configuration; what was counted stays */
void limits_configure(struct limits *l, const struct config *config);

/*
 * limits_start - what was counted before is read, and from now on kept
 *
 * path       of the file; NULL: nothing is read or kept. Borrowed for good
 * workers    NULL: it is read, and never written: a rehearsal
 */
void limits_start(
	struct limits *l, struct event_base *base, struct workers *workers, const char *path);

/* limits_refuse - is it one too many? Then *a refuses, and says when to come again; else it is
 * counted. For RCPT: of guest's mail, the recipient that is asked about */
bool limits_refuse(struct guest *g, enum limit_at at, struct smtp_answer *a);

#endif
