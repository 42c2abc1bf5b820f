/* pipe_helper - the process that runs commands, and what is said to it; for pipe.c alone */
#ifndef DELIVER_PIPE_HELPER_H
#define DELIVER_PIPE_HELPER_H

#include "deliver/pipe.h"

/* Both sides are the same program, so structs go over the socket as they are, a packet each. */

struct pipe_hello {
	int32_t pid;
};

/* Then the command and the environment, each with a NUL behind; a descriptor comes along. */
struct pipe_order {
	uint32_t slot, timeout_s;
};

struct pipe_reply {
	uint32_t slot, end;
	int32_t code;
	uint32_t line_bytes;
	char line[PIPE_OUTPUT_BYTES_MAX];
};

/* pipe_helper_main - until the socket's other end is closed */
void pipe_helper_main(int fd);

#endif
