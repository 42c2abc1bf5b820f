/*
 * inside - what the files of a session's checks share
 *
 * A check that asks the DNS is a run: a machine (check/ask.h), and the question it waits for. Runs
 * belong to a scope, the client or the message at hand; what they find stays there. When the last
 * run of a scope has ended, who waits for it goes on.
 */
#ifndef CHECK_INSIDE_H
#define CHECK_INSIDE_H

#include "base/arena.h"
#include "base/buf.h"
#include "check/arc.h"
#include "check/check.h"
#include "check/dkim.h"
#include "check/dmarc.h"
#include "check/greylist.h"
#include "check/links.h"
#include "check/origin.h"
#include "check/settings.h"
#include "check/spf.h"
#include "check/tally.h"
#include "net/clock.h"

#include <event2/event_struct.h>
#include <sys/queue.h>

#define SCOPE_ARENA_BYTES_MAX ((size_t)1 << 20)
#define FINDINGS_MAX 96 /* of one scope: each list may find once, each other check too */

/* In the order in which they speak when they weigh the same. */
enum test {
	TEST_LIST,
	TEST_DOMAIN_LIST,
	TEST_LINK,
	TEST_SENDER,
	TEST_SPF,
	TEST_DMARC,
	TEST_DKIM,
	TEST_ARC,
	TEST_RETURN,
	TEST_REVERSE,
	TEST_HELO,
	TEST_HOOK,
	TEST_ALLOWED,
	TEST_COUNT
};

/* test_name - "dnsbl", as the log has it */
struct str test_name(enum test t);

/* What a check found, for the log and for the verdict. */
struct finding {
	enum test test;
	struct str result; /* a constant: "fail" */
	struct str words;  /* what decided; absent: nothing more to say */
	unsigned score;
	bool refuses;    /* alone, whatever the sum */
	bool defers;     /* the same for now: the DNS did not tell */
	bool is_waiting; /* for DMARC, which may vouch: does not count until then */
	bool is_logged;
	enum condition condition; /* of score, refuses, defers */
	struct facts facts;
};

struct run;
TAILQ_HEAD(runs, run);

struct scope {
	struct arena arena; /* of the findings' texts */
	struct runs runs;   /* under way */
	struct finding findings[FINDINGS_MAX];
	size_t count;
};

struct check_session {
	struct checks *checks;
	struct check_settings *settings;
	check_done *done;
	void *to;
	struct ip ip;
	char ip_text[IP_TEXT_BYTES];
	char reference[CONDITION_SESSION_BYTES_MAX + 1];
	char host[DNS_NAME_BYTES_MAX + 1], authserv[DNS_NAME_BYTES_MAX + 1];
	struct str helo, sender; /* the latter in mail.arena; "" the null one, absent: none said */
	char helo_room[DNS_NAME_BYTES_MAX + 3]; /* longer ones are cut */
	char limit_room[64];
	struct str limit_words; /* "refuse_score = 10" */
	struct str spf_identity;
	enum spf_result spf_result; /* of the message at hand */
	enum reverse_result reverse_result;
	struct dkim *dkim; /* NULL: not looked at */
	struct arc *arc;   /* in mail.arena; NULL: nobody says that they passed it on */
	struct dmarc_find dmarc;
	struct buf text; /* the beginning of the message, when links are looked at */
	size_t author_count;
	bool is_spf_aligned, is_dkim_aligned; /* passed for a domain that agrees with From */
	bool is_dmarc_pass, is_quarantined;
	bool is_vouched_for; /* by a sealer who is trusted, though DMARC failed */
	bool is_late;        /* the deadline has passed: nothing more is asked */
	bool is_at_end;      /* of the text */
	bool has_no_memory;  /* for its signatures */
	bool has_told;       /* its greylisting was asked: `greylisted` */
	bool is_judged;      /* the message's origin was judged, and the log knows: `origin` */
	bool is_listed_good; /* one of dnswl has the client */
	bool is_exempt, is_always_exempt; /* for this address; whatever it is */
	struct check_verdict greylisted;
	struct check_verdict origin; /* what came of it */
	enum question { QUESTION_NONE, QUESTION_RCPT, QUESTION_END } open;
	struct event deadline; /* of the open question */
	struct scope client, mail;
};

struct checks {
	struct checks_parts parts;
	struct check_settings *settings;   /* NULL: nothing is checked */
	struct greylist *greylist;         /* open when it is configured */
	bool is_greylist_broken;           /* and that was told */
	struct tally *tally;               /* open when reports are configured */
	int64_t alarmed_ms[4 * LISTS_MAX]; /* when a list out of order was last told */
};

/* ---- run.c */

/* The kinds of run. */
enum run_kind {
	RUN_SPF,
	RUN_REVERSE,
	RUN_HELO,
	RUN_SENDER,
	RUN_LIST,
	RUN_DKIM,
	RUN_ARC,
	RUN_DMARC,
	RUN_POLICY
};

/* Begin: what they find is in the scope when none of its runs is left, perhaps at once. */
void run_spf(struct check_session *s);
/* claimed: what is known without asking, or NULL */
void run_reverse(struct check_session *s, const struct reverse_check *claimed);
void run_helo(struct check_session *s);
void run_sender(struct check_session *s);
void run_lists_of_ip(struct check_session *s);
void run_lists_of_domains(struct check_session *s);
/* run_lists_of_links - of the text, as far as it is kept */
void run_lists_of_links(struct check_session *s);
void run_dkim(struct check_session *s);
void run_arc(struct check_session *s); /* behind run_dkim() */
void run_dmarc(struct check_session *s, struct str author);
/* run_policy - has the domain that SPF failed for a policy of DMARC? */
void run_policy(struct check_session *s, struct str domain);

void scope_init(struct scope *scope);
/* scope_clear - no run is left, nothing found */
void scope_clear(struct scope *scope);
void scope_fini(struct scope *scope);

/* scope_give_up - what is still being asked counts as a DNS that does not answer; s->is_late must
 * be true, so that no result begins another run */
void scope_give_up(struct scope *scope);

/* ---- found.c: what a result means */

/* finding_add - without weight; what the caller writes into it is kept. NULL when there are too
 * many, which the limits of lists.h do not allow */
struct finding *finding_add(struct scope *scope, enum test test, struct str result);
struct str reverse_result_name(enum reverse_result r);

void found_spf(struct check_session *s, const struct spf *spf);
void found_reverse(struct check_session *s, const struct reverse_check *c);
void found_helo(struct check_session *s, const struct helo_check *c);
void found_sender(struct check_session *s, const struct sender_check *c);
void found_policy(struct check_session *s, const struct dmarc_find *policy);
void found_list(struct check_session *s, const struct list_check *c, struct str item);

/* ---- judge.c */

/* judge - the verdict of all that was found; what is new is written into the log */
void judge(struct check_session *s, struct check_verdict *out);

/* ---- hold.c */

/* hold - greylisting: true when the message must come again, and *out says so */
bool hold(struct check_session *s, struct check_verdict *out);

/* ---- tally_mail.c */

/* tally_mail - a message whose text was judged: counted for its domain's report, when it wants one
 */
void tally_mail(struct check_session *s, const struct check_verdict *v);

/* ---- check.c */

/* check_ended - a run has ended: who waits may go on */
void check_ended(struct check_session *s);

#endif
