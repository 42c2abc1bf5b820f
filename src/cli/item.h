/* item - what is written about one message, and who writes it */
#ifndef CLI_ITEM_H
#define CLI_ITEM_H

#include "cli/jobs.h"
#include "cli/progress.h"

/*
 * item_make - the item of a message, put behind what is in `out`
 *
 * Returns  NULL, or what is wrong; then `out` is as it was
 */
const char *item_make(const struct jobs_plan *plan, struct nixie_report *r, const struct message *m,
	struct put *out);

/* item_put_saying - "nixie: WHAT: WHY" and a line end */
void item_put_saying(struct put *said, const char *what, const char *why);

/* Standard output and standard error, for one thread at a time. */
struct writer {
	const struct format *format;
	size_t left_out; /* bytes of the first `between`, which nothing stands before */
	int error;       /* an errno of standard output; 0: all is well */
	bool is_failure; /* an input could not be read */
	uint64_t mails;
	struct progress progress;
};

/* writer_init - and writes what comes before the first item */
void writer_init(struct writer *w, const struct format *format, uint64_t total_bytes);

/* writer_write - items to standard output, then sayings to standard error; both are empty then.
 * False when nothing more can be written. */
bool writer_write(struct writer *w, struct put *out, struct put *said);

/* writer_finish - writes what comes after the last item; an exit code */
int writer_finish(struct writer *w);

#endif
