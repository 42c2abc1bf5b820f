/*
 * pipe - mail to a command, through a small process that may become another user
 *
 * The helper is forked before the server gives its privileges up and before it has threads. It
 * starts a command for each message, with the message as its input and who it is from and for in
 * its environment, waits for its end or kills it when its time is over, and tells how it ended. It
 * never reads mail itself.
 *
 * The command is run by /bin/sh -c. Addresses come to it in variables alone, never in the line.
 *
 * Threads: that of the event loop.
 */
#ifndef DELIVER_PIPE_H
#define DELIVER_PIPE_H

#include "base/str.h"

#define PIPE_COMMANDS_MAX 32         /* at a time */
#define PIPE_REQUEST_BYTES_MAX 32768 /* command and environment */
#define PIPE_OUTPUT_BYTES_MAX 1024   /* of the last line that is kept */

struct event_base;
struct pipe_helper;

/* Why a helper could not be started. */
struct pipe_error {
	char words[256];
};

/*
 * pipe_helper_start - forks the helper
 *
 * user     whose rights commands have; absent: the user that runs this. Only root can give another
 * Returns  NULL and the words of *error
 */
struct pipe_helper *pipe_helper_start(struct str user, struct pipe_error *error);

/* pipe_helper_listen - its answers come by this loop */
bool pipe_helper_listen(struct pipe_helper *h, struct event_base *base);

/* pipe_helper_stop - ends the helper and the commands that run; whoever waits is answered. NULL is
 * harmless */
void pipe_helper_stop(struct pipe_helper *h);

enum pipe_end {
	PIPE_EXITED, /* `code` */
	PIPE_KILLED, /* by signal `code` */
	PIPE_TIMED_OUT,
	PIPE_NOT_RUN /* the system did not let it: errno in `code`, 0 when the helper is gone */
};

struct pipe_result {
	enum pipe_end end;
	int code;
	struct str line; /* the last line of what it wrote, to output or error; may be empty */
};

typedef void pipe_answer(void *to, const struct pipe_result *result);

struct pipe_variable {
	const char *name;
	struct str value; /* absent: not set. NULs are left out */
};

struct pipe_request {
	struct str command;
	const struct pipe_variable *variables;
	size_t variable_count;
	unsigned timeout_s;
	int input; /* a file whose beginning is the message; stays the caller's */
};

/* pipe_room - how many more commands may run now */
unsigned pipe_room(const struct pipe_helper *h);

/* pipe_run - false when it cannot be asked (too long, no room, the helper is gone), and then there
 * is no answer */
bool pipe_run(
	struct pipe_helper *h, const struct pipe_request *request, pipe_answer *answer, void *to);

/* What sysexits.h says of an exit code: the enhanced status, and in words. */
struct pipe_meaning {
	bool is_delivered, is_permanent;
	bool is_ours; /* the command, or what was told of it, is at fault: alarm an operator */
	const char *status; /* "5.1.1" */
	const char *words;  /* "no such user" */
};

/* pipe_meaning_of - of any end */
struct pipe_meaning pipe_meaning_of(const struct pipe_result *result);

#endif
