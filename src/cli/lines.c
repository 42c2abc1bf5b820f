#include "cli/lines.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define FIRST_ROOM_BYTES ((size_t)256 << 10)

const char *
lines_open(struct lines *l, const char *path)
{
	const bool is_stdin = strcmp(path, "-") == 0;
	const int fd = is_stdin ? STDIN_FILENO : open(path, O_RDONLY | O_CLOEXEC);
	struct stat st = {.st_size = 0};
	*l = (struct lines){.modified_s = -1};
	if (fd < 0)
		return errno == ENOENT ? "no such file; check the name" : strerror(errno);
	if (fstat(fd, &st) == 0 && S_ISDIR(st.st_mode)) {
		if (!is_stdin)
			close(fd);
		return "is a folder; name the logs in it";
	}
	l->bytes = malloc(FIRST_ROOM_BYTES);
	if (l->bytes == NULL) {
		if (!is_stdin)
			close(fd);
		return "not enough memory";
	}
	l->room = FIRST_ROOM_BYTES;
	const bool is_file = fstat(fd, &st) == 0 && S_ISREG(st.st_mode);
	if (is_file && !is_stdin)
		l->modified_s = (int64_t)st.st_mtime;
	feed_init(&l->feed, NULL, NULL);
	feed_open(&l->feed, fd, false, is_file ? (uint64_t)st.st_size : 0);
	return NULL;
}

void
lines_close(struct lines *l)
{
	feed_fini(&l->feed);
	free(l->bytes);
	l->bytes = NULL;
}

/* More bytes behind those that are there; false at the end. */
static bool
fill(struct lines *l)
{
	if (l->start > 0) {
		memmove(l->bytes, l->bytes + l->start, l->end - l->start);
		l->end -= l->start;
		l->start = 0;
	}
	if (l->room - l->end < FIRST_ROOM_BYTES / 4) {
		char *const bytes = realloc(l->bytes, l->room * 2);
		if (bytes == NULL) {
			l->feed.why = "not enough memory for a line of it";
			return false;
		}
		l->bytes = bytes;
		l->room *= 2;
	}
	const size_t n = feed_read(&l->feed, l->bytes + l->end, l->room - l->end);
	l->end += n;
	return n > 0;
}

bool
lines_next(struct lines *l, const char **line, size_t *len)
{
	for (;;) {
		const size_t have = l->end - l->start;
		const char *const from = l->bytes + l->start;
		const char *const lf =
			have > l->seen ? memchr(from + l->seen, '\n', have - l->seen) : NULL;
		if (lf == NULL && have < LINE_BYTES_MAX && !l->is_at_end) {
			l->seen = have;
			l->is_at_end = !fill(l);
			continue;
		}
		if (lf == NULL && have == 0)
			return false;
		*line = from;
		*len = lf != NULL ? (size_t)(lf - from) : have;
		l->start += *len + (lf != NULL);
		l->seen = 0;
		l->number++;
		return true;
	}
}
