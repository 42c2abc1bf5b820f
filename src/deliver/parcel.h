/*
 * parcel - some recipients of one message that go the same way, and what became of each
 *
 * The scheduler makes parcels and puts them in line by where they go; a carrier takes one, tries,
 * and gives it back with a result for each recipient; settle/ makes them durable.
 */
#ifndef DELIVER_PARCEL_H
#define DELIVER_PARCEL_H

#include "base/arena.h"
#include "deliver/copy.h"
#include "deliver/remote.h"
#include "report/attempt.h"

#define PARCEL_RECIPIENTS_MAX 500 /* more of one message make several parcels */

/* Who takes it. */
enum carrier {
	CARRIER_MAILDIR, /* a mailbox here, written in a thread */
	CARRIER_PIPE,    /* a command here */
	CARRIER_LMTP,    /* a server that keeps the mailboxes of here */
	CARRIER_REMOTE   /* another server */
};

enum carried_outcome {
	CARRIED_UNTRIED,    /* nobody was asked: no attempt to count */
	CARRIED_DELIVERED,  /* in a mailbox here */
	CARRIED_RELAYED,    /* another server has it */
	CARRIED_FAILED,     /* what was said decides what follows */
	CARRIED_UNREADABLE, /* the message cannot be read from the queue */
	CARRIED_EXPANDED    /* a list: there is nothing to carry */
};

/* What became of a recipient. Slices live in the parcel's arena. */
struct carried {
	enum carried_outcome outcome;
	struct attempt attempt; /* when, where, what was answered */
	struct str peer;        /* "mx.example.org [192.0.2.1]:25", for people */
	struct str words;       /* what happened, when the answer does not say it */
	const char *stage;      /* at which step, for the log; NULL: none */
	unsigned code;          /* the reply's; 0: there was none */
	int64_t took_ms;
	int64_t not_before_ms; /* of UNTRIED */
	bool is_ours;          /* our own doing, and an operator's to mend */
	bool may_be_taken;     /* the other side may have it all the same */
	bool passed_dsn_on;    /* the next server was told of NOTIFY and will report itself */
};

struct parcel_recipient {
	uint32_t place; /* in the envelope */
	struct str forward_path;
	struct str original;
	uint32_t notify;
	enum recipient_kind kind;
	uint32_t list;        /* as in struct queue_recipient */
	uint32_t attempts;    /* made before */
	struct str address;   /* where it goes: the mailbox's, or the forward-path */
	uint64_t quota_bytes; /* of a mailbox; 0 = none */
	struct carried result;
};

struct parcel;
typedef void parcel_done(void *to, struct parcel *p);

struct parcel {
	struct parcel *next; /* whoever has it */
	struct arena arena;  /* all of its text */
	uint64_t message, body_bytes;
	struct str id; /* queue_id_text() */
	uint32_t flags;
	int64_t arrived_ms;
	uint32_t list; /* all recipients are members of that one; 0: the sender's own */
	struct str reverse_path, envelope_id, client; /* of its copy: deliver/copy.h */
	struct str signed_path; /* that others are told, where it is another (BATV); else absent */
	enum carrier carrier;
	struct str lane_name;       /* parcels with the same go through the same lane */
	struct remote_place remote; /* of LMTP and REMOTE */
	bool wants_signed;          /* `signed_path`, when there are keys */
	bool is_own_relay;          /* remote is a host of a route of ours */
	struct parcel_recipient *recipients;
	size_t count;
	int64_t began_ms;
	void *lane, *flight; /* the scheduler's */
};

/* parcel_fail - the same failure for all its recipients: a condition of ours */
void parcel_fail(struct parcel *p, enum condition condition, struct str words, int64_t now_ms);

/* parcel_fail_one - of one of them */
void parcel_fail_one(
	struct parcel *p, size_t i, enum condition condition, struct str words, int64_t now_ms);

/* parcel_free - NULL is harmless */
void parcel_free(struct parcel *p);

#endif
