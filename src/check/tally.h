/*
 * tally - what DMARC found, counted until it is reported to those whose domains it was about
 *
 * RFC 7489 s7.2: for each day (UTC) and domain with a policy that asks for reports (rua=), messages
 * that are alike are one row with a count. A file of SQLite, dmarc.db in the data directory: it
 * survives a restart, an operator can look into it, and a thread of its own handle reads it while
 * the loop writes.
 *
 * It is written on the loop, as the greylist is and for its reasons (check/greylist.h): one small
 * change to an index, WAL, no commit waits for the disk. Trouble with the file costs a count, never
 * mail. Threads: one for each handle.
 */
#ifndef CHECK_TALLY_H
#define CHECK_TALLY_H

#include "base/arena.h"

#define TALLY_FILE "dmarc.db"
#define TALLY_ROWS_MAX 10000       /* of one domain and day; what is new beyond is not counted */
#define TALLY_ROWS_ALL_MAX 1000000 /* of the file */
#define TALLY_TEXT_BYTES_MAX 1024  /* of each text */
#define TALLY_DAY_S 86400
#define TALLY_WORDS_MAX 256

/* The policy that was published, as it was seen last that day. */
struct tally_policy {
	int64_t id;             /* in the file */
	int64_t day;            /* since 1970 */
	struct str domain, rua; /* whose record it is; where reports are wanted */
	struct str policy, subdomain_policy;
	bool is_spf_strict, is_dkim_strict;
	int64_t percent;
	int64_t messages, failed; /* of that day */
	int64_t settled_s;        /* when it was reported, or given up; 0: it waits */
	struct str outcome;       /* what became of it: "sent to a@example.org" */
};

/* Messages that are alike. */
struct tally_row {
	struct str ip, disposition; /* "none", "quarantine", "reject" */
	struct str reason; /* of another disposition than the policy's: "trusted_forwarder" */
	bool is_spf_aligned, is_dkim_aligned;
	struct str header_from, envelope_from;
	struct str spf_domain, spf_scope, spf_result;
	struct str dkim; /* "DOMAIN SELECTOR RESULT" of each signature, with LF between */
	int64_t count;
};

struct tally;

/* tally_open - the file, made when it is not there; NULL and *words */
struct tally *tally_open(const char *path, char words[static TALLY_WORDS_MAX]);
void tally_close(struct tally *t); /* NULL is harmless */

/* tally_add - one message; false: it was not counted */
bool tally_add(struct tally *t, const struct tally_policy *policy, const struct tally_row *row);

/* tally_due - the oldest of those that wait, of a day before `day`, that is to be tried at now_s;
 * false: none */
bool tally_due(
	struct tally *t, int64_t day, int64_t now_s, struct arena *a, struct tally_policy *out);

/* tally_find - that of a domain and day; false: none */
bool tally_find(
	struct tally *t, struct str domain, int64_t day, struct arena *a, struct tally_policy *out);

/* tally_each - all that is kept, newest day first; fn gives false to stop. Texts live for the call
 */
typedef bool tally_visit(void *to, const struct tally_policy *policy);
bool tally_each(struct tally *t, tally_visit *fn, void *to);

/* tally_rows - of one policy; false when the file does not answer */
typedef bool tally_row_visit(void *to, const struct tally_row *row);
bool tally_rows(struct tally *t, int64_t policy, tally_row_visit *fn, void *to);

/* tally_settle - it is reported, or will not be; tally_later - it is tried again then */
bool tally_settle(struct tally *t, int64_t policy, int64_t now_s, struct str outcome);
bool tally_later(struct tally *t, int64_t policy, int64_t next_s);

/* tally_forget - what is of a day before that: some domains of it, the oldest first. *has_more:
 * there may be others, so that one call holds nobody up */
#define TALLY_FORGET_MOST 16
bool tally_forget(struct tally *t, int64_t day, bool *has_more);

#endif
