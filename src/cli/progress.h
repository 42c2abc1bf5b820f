/*
 * progress - a line on the terminal that says how far a long piece of work is
 *
 * Shown after a second, and only where nobody else reads: standard error must be a
 * terminal, and standard output not the same one. Never written into a pipe.
 */
#ifndef CLI_PROGRESS_H
#define CLI_PROGRESS_H

#include <stdbool.h>
#include <stdint.h>

struct progress {
	bool is_wanted, is_shown;
	uint64_t total_bytes; /* 0: not known */
	int64_t began_ms, told_ms;
};

void progress_init(struct progress *p, uint64_t total_bytes);

/* progress_tell - `mails` are done, `bytes` read; cheap when it is too early for a new line */
void progress_tell(struct progress *p, uint64_t mails, uint64_t bytes);

/* progress_clear - takes the line away, before something else is written or at the end */
void progress_clear(struct progress *p);

#endif
