/*
 * runner - the process that runs the script, and the one that starts it again
 *
 * Two, because a script can do what no hook of Lua's can stop: one pattern in string.find() may
 * take a year. So the script has a process to itself, without files, and with a clock of the kernel
 * that ends it (RUNNER_CPU_MS); another process, which has no threads and runs no script, waits for
 * its end, tells the server, and forks the next one. What is under way then has no answer; what
 * waits behind it in the socket is answered by the next.
 *
 * Every frame is one packet (SOCK_SEQPACKET): struct runner_head, then what hooks/frame.h says.
 */
#ifndef HOOKS_RUNNER_H
#define HOOKS_RUNNER_H

#include <sys/types.h>

#include "hooks/script.h"

#define RUNNER_CPU_MS                                                                              \
	500 /* of one call, and of loading: a script of a million instructions needs 20 */
#define RUNNER_NAME_BYTES 64

enum runner_kind {
	RUNNER_LOAD,   /* to it: another script. The limits, the name, the text */
	RUNNER_CALL,   /* to it: the facts */
	RUNNER_LOADED, /* its answer: `points`, or words of what is wrong; then all is as before */
	RUNNER_ANSWER,
	RUNNER_DIED /* `number` is the signal; the next one is there */
};

struct runner_head {
	uint32_t id; /* of the call, and of its answer */
	uint16_t kind, point;
	uint32_t points, number;
};

/* In front of the text of RUNNER_LOAD. */
struct runner_load {
	struct script_limits limits;
	char name[RUNNER_NAME_BYTES];
};

/* runner_start - forks both; before the process has threads. The server's end of the socket, which
 * does not block; -1 when the system gives no process */
int runner_start(void);

#endif
