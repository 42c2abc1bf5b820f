/*
 * signing - messages of ours are signed, and those that are passed on are sealed, beside the loop
 *
 * A job is fed the message as it goes on: its header, its body, and at last the fields that stand
 * in front. An RSA signature takes a quarter of a millisecond or more, which many sessions would
 * feel, so a thread makes it; what the thread reads is the job's own. The queue gets the message
 * with its signatures in front, so that what is kept is what goes out.
 *
 *	j = signing_begin(s);
 *	signing_header(j, field) ...  signing_body(j, piece) ...
 *	signing_front(j, fields);
 *	if (signing_choose(j, domain)) signing_go(j, done, to); else signing_drop(j);
 *
 * Threads: that of the loop, but for what a worker does by itself.
 */
#ifndef SIGN_SIGNING_H
#define SIGN_SIGNING_H

#include "check/arc_chain.h"
#include "config/config.h"
#include "net/workers.h"

#define SIGNING_WORDS_MAX 1400
#define SIGNING_BYTES_MAX ((size_t)32 << 10) /* of all fields that one message gets */

struct signing;
struct signing_job;

/* signing_new - nothing is signed until it is configured; NULL: no memory. workers: outlive all
 * jobs */
struct signing *signing_new(struct workers *workers);

/* signing_configure - the keys are read (again); false, all as it was before, and *words say what
 * is wrong. Jobs go on with the keys they began with */
bool signing_configure(
	struct signing *s, const struct config *config, char words[static SIGNING_WORDS_MAX]);

/* signing_free - when no job is left; NULL is harmless */
void signing_free(struct signing *s);

/* signing_has_keys - is there anything to sign with? false for NULL */
bool signing_has_keys(const struct signing *s);

/* signing_begin - NULL: there are no keys, or no memory, and the message goes unsigned. All
 * functions below take NULL */
struct signing_job *signing_begin(struct signing *s);
/* signing_drop - in whichever state: done() is not called any more */
void signing_drop(struct signing_job *j);

void signing_header(
	struct signing_job *j, struct str field); /* the next field, with its line end */
void signing_body(struct signing_job *j, struct str piece);
void signing_front(struct signing_job *j, struct str fields); /* once; stands before all of these */

/* signing_has_failed - no memory for it, or too large a header: nothing will be signed */
bool signing_has_failed(const struct signing_job *j);

/* signing_author - the value of From when there is just one such field; else absent. Behind
 * signing_front() */
struct str signing_author(struct signing_job *j);

/* signing_choose - signs with the keys of that domain, or one above; false: there are none */
bool signing_choose(struct signing_job *j, struct str domain);

/* signing_chain - what stands in the header of those who passed it on, behind signing_front() */
const struct arc_chain *signing_chain(struct signing_job *j);

/* signing_seal - an ARC set is to be added, with a key of `arc_domain`, or else of that domain, the
 * RSA one when there are both; false: there is none, or the settings or the chain (RFC 8617 s5.1)
 * do not want it. results: the value of our Authentication-Results */
bool signing_seal(
	struct signing_job *j, struct str domain, enum arc_result result, struct str results);

/* signing_go - done() is called from the loop with the new fields, "" when they could not be made;
 * the job is gone with it */
typedef void signing_done(void *to, struct str fields);
void signing_go(struct signing_job *j, signing_done *done, void *to);

/* signing_text - a whole message of our own, as signing_begin() to signing_go(), with the keys of
 * the domain of its From. NULL: it goes unsigned, and done() is not called. Else signing_drop() may
 * end it */
struct signing_job *signing_text(
	struct signing *s, struct str message, signing_done *done, void *to);

#endif
