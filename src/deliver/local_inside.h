/* local_inside - what the files of local delivery share: an errand, and how it ends */
#ifndef DELIVER_LOCAL_INSIDE_H
#define DELIVER_LOCAL_INSIDE_H

#include "deliver/inside.h"
#include "mailbox/maildir.h"

#define LOCAL_HEAD_BYTES_MAX 2048

/* A parcel here. */
struct errand {
	struct work work; /* the first member */
	struct errand *next;
	struct local *local;
	struct parcel *parcel;
	char *bytes;   /* of the message */
	uint64_t have; /* of them, so far */
	int error;     /* of the queue */
	int input;     /* of a command; -1 */
	int input_error;
	struct str hostname, mail_folder; /* settings may change while a thread looks */
	struct written *written;          /* one for each recipient */
};

/* What a thread found out; words of it come later, on the loop. */
struct written {
	enum mailbox_result result;
	struct mailbox_error error;
	int64_t at_ms, took_ms;
};

struct local {
	struct deliver *d;
	struct errand *reading, **reading_end;
	uint64_t bytes_in_memory;
	size_t open, pipes;
	int64_t started_ms;
};

/* local_head - Return-Path and Delivered-To, RFC 5321 s4.4 */
struct str local_head(
	const struct parcel *p, const struct parcel_recipient *r, char room[LOCAL_HEAD_BYTES_MAX]);

/* local_fail - a failure with a condition of ours */
void local_fail(struct errand *e, struct parcel_recipient *r, enum condition condition,
	struct str words, const struct written *w);

/* local_fail_all - the same for each recipient, at this moment; the errand is over */
void local_fail_all(struct errand *e, enum condition condition, const char *words);

/* local_errand_end - the parcel goes back, with what became of it */
void local_errand_end(struct errand *e);

/* local_input_write - in a thread: the message as a command gets it, into a file without a name */
void local_input_write(struct errand *e);

/* local_command_start - the command is run; it ends the errand */
void local_command_start(struct errand *e);

#endif
