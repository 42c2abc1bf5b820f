/*
 * lines - the lines of a file or of standard input, unpacked where gzip or zstd packed them
 *
 * A line is what stands between two LFs, whatever is in it. Memory is that of the longest line.
 */
#ifndef CLI_LINES_H
#define CLI_LINES_H

#include "cli/feed.h"

#define LINE_BYTES_MAX ((size_t)16 << 20) /* a longer one is given in pieces of that size */

struct lines {
	struct feed feed;
	char *bytes;
	size_t room, start, end, seen;
	bool is_at_end;
	uint64_t number;    /* of the line that was given last, from 1 */
	int64_t modified_s; /* of the file, since 1970; -1 for standard input */
};

/* lines_open - "-" is standard input. NULL, or why it cannot be read; then nothing is to be closed
 */
const char *lines_open(struct lines *l, const char *path);
void lines_close(struct lines *l);

/* lines_next - valid until the next call; false at the end, and then l->feed.why says what was
 * wrong with the input, if anything */
bool lines_next(struct lines *l, const char **line, size_t *len);

#endif
