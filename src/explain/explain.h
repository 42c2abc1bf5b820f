/*
 * explain - a verdict in words: what happened, why, and what to do now
 *
 * It decides nothing: the words are the catalogue's, chosen by what the judge found.
 */
#ifndef EXPLAIN_EXPLAIN_H
#define EXPLAIN_EXPLAIN_H

#include "explain/fill.h"
#include "nixie.h"

#define STEPS_MAX 8

struct steps {
	struct str list[STEPS_MAX];
	size_t count;
};

/* One outcome, or a report without outcomes, explained. All text lives in the arena or the
 * catalogue. */
struct explanation {
	struct str key;   /* "relay_denied/own_server" */
	bool is_given_up; /* nobody tries it again */
	struct str headline, happened, why;
	struct steps sender, sending_admin, receiving_admin;
	struct str refused_by, step, next, disagree,
		last_answer; /* sentences; absent when there is nothing to say */
	struct str fixer;    /* whose move it is in this case, as "fixer_name." has it */
	struct str verdict, whose_move, sure, write_to, advice, backscatter, links;
	struct str quote; /* the deciding words, or the whole reply */
	struct fill facts;
};

/* explain_outcome - one outcome of the report `info` */
void explain_outcome(const struct nixie_report_info *info, const struct nixie_outcome *o,
	enum lang lang, struct arena *a, struct explanation *e);

/* Whom an explanation is about. */
enum explain_whom {
	EXPLAIN_ONE,       /* the outcome's recipient */
	EXPLAIN_OF_DOMAIN, /* several recipients at its domain: "the recipient" */
	EXPLAIN_OF_DOMAINS /* several, at different domains */
};

/* explain_cause - what is the same for several recipients; `o` is the outcome of one of them */
void explain_cause(const struct nixie_report_info *info, const struct nixie_outcome *o,
	enum explain_whom whom, enum lang lang, struct arena *a, struct explanation *e);

/* explain_key - the explanation of that key in general, without a case: headline, happened, why and
 * steps; the rest is absent */
void explain_key(struct str key, enum lang lang, struct arena *a, struct explanation *e);

/* explain_kind - a report that is no failure: "An automatic reply, not a bounce" */
void explain_kind(const struct nixie_report_info *info, enum lang lang, struct arena *a,
	struct explanation *e);

/* situation_find - the key of the explanation that fits best: a reason, or reason and situation.
 * O(rows) */
#define SITUATION_BYTES_MAX 2048 /* of the diagnostic that are looked at */
struct str situation_find(const struct nixie_outcome *o);

/* situation_fixer - whose move it is in that situation; empty: as the reason has it */
struct str situation_fixer(const struct nixie_outcome *o);

/* explain_fixer - whose move it is for that reason in general, as "fixer_name." has it: the first
 * of "recipient or receiving_admin" */
struct str explain_fixer(struct str reason);

/* explain_fixer_of - whose move it is in that very case */
struct str explain_fixer_of(const struct nixie_outcome *o);

/* explain_join - two sentences, one behind the other: in Japanese without a blank. `one` may be
 * absent */
struct str explain_join(struct str one, struct str two, struct arena *a);

/* explain_first_step - what the one whose move it is does first; absent when there is no step */
struct str explain_first_step(const struct explanation *e, struct str fixer);

/* explain_date - an RFC 3339 date for people: "2026-11-22 04:15 +01:00"; anything else stays as it
 * is */
struct str explain_date(struct str iso, struct arena *a);

/* explain_condition - "C34: No such mailbox"; absent for an id that does not exist */
struct str explain_condition(struct str id, enum lang lang, struct arena *a);

/* explain_is_through - did the message get through there, or on its way? */
static inline bool
explain_is_through(const struct nixie_outcome *o)
{
	return o->action == NIXIE_ACTION_DELIVERED || o->action == NIXIE_ACTION_RELAYED ||
	       o->action == NIXIE_ACTION_EXPANDED;
}

static inline struct str
str_in(struct nixie_str s)
{
	return (struct str){s.ptr, s.len};
}

#endif
