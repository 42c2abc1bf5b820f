/*
 * jobs - messages in, items out, in the order of the input, by one thread or by several
 *
 * One job: no thread, no copy; the message lies where the source read it. Several: each
 * thread takes the source in turn, copies a batch of messages out of it, and makes their
 * items while the next one reads. Finished batches wait in a ring for those before
 * them; whoever finishes the next one in order writes. What is said about the inputs
 * waits with them, so that the output and the complaints are the same for any number
 * of jobs. The ring's length bounds the memory.
 */
#ifndef CLI_JOBS_H
#define CLI_JOBS_H

#include "cli/format.h"
#include "cli/source.h"

#define JOBS_MAX 256

struct jobs_plan {
	char **paths;
	size_t count;
	unsigned jobs;
	const struct format *format;
	struct nixie_style style;
	enum nixie_input input;
};

/* jobs_run - all of it, to standard output; an exit code */
int jobs_run(const struct jobs_plan *plan);

#endif
