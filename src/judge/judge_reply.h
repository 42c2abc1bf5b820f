/*
 * judge_reply - one answer of which all the circumstances are known, as in a log: who, where, what
 * was done
 *
 * The same judge as that of a report: the answer is put before it as the fields of RFC 3464 that a
 * report about it would have.
 */
#ifndef JUDGE_JUDGE_REPLY_H
#define JUDGE_JUDGE_REPLY_H

#include "judge/judge.h"

struct reply_case {
	struct str input; /* what offsets count from; `text` lies in it, or offsets are -1 */
	struct str text;  /* the answer, UTF-8 */
	struct str recipient, original, sender;
	struct str forwarded_from; /* a forward led from there to `recipient`, and the sender knows
				      only this one; absent in logs: they tell of one server */
	struct str sender_place;   /* as X-Nixie-Sender-Place says it; absent */
	struct str ours;           /* the server that writes the log */
	struct str host, ip;       /* the server that answered; absent when none did */
	struct str command;        /* "RCPT": authoritative, when it is there */
	struct status status;      /* the log's reading of the answer; class 0 = none */
	enum nixie_action action;
	bool is_expired;
	bool is_refusal_here; /* `ours` refused a client, and `text` is what it answered */
};

/* judge_reply - fills *out; its text lives in the case or the arena. When the arena fails it is
 * incomplete. O(text) */
void judge_reply(const struct reply_case *c, struct arena *a, struct nixie_outcome *out);

#endif
