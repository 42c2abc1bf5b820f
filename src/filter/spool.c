#define _GNU_SOURCE /* O_TMPFILE, mkostemp() */
#include "filter/spool.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

void
spool_init(struct spool *t, const char *folder)
{
	*t = (struct spool){.folder = folder, .fd = -1};
	buf_init(&t->memory, SPOOL_MEMORY_BYTES);
}

void
spool_fini(struct spool *t)
{
	if (t->fd >= 0)
		close(t->fd);
	t->fd = -1;
	buf_fini(&t->memory);
}

static bool
write_all(int fd, struct str bytes)
{
	while (bytes.len > 0) {
		const ssize_t n = write(fd, bytes.ptr, bytes.len);
		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return false;
		bytes = str_from(bytes, (size_t)n);
	}
	return true;
}

/* A file that has no name, or none any more: not every file system can make one without. */
static int
file_open(const char *folder)
{
	char path[1024];
	int fd = open(folder, O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
	if (fd >= 0 || (errno != EOPNOTSUPP && errno != EISDIR && errno != EINVAL))
		return fd;
	const int n = snprintf(path, sizeof path, "%s/.filter-XXXXXX", folder);
	if (n < 0 || (size_t)n >= sizeof path)
		return -1;
	fd = mkostemp(path, O_CLOEXEC);
	if (fd >= 0)
		unlink(path);
	return fd;
}

/* What is in memory moves to the file, and so does all that follows. */
static bool
to_file(struct spool *t)
{
	t->fd = file_open(t->folder);
	if (t->fd < 0 || !write_all(t->fd, buf_str(&t->memory)))
		return false;
	buf_fini(&t->memory);
	return true;
}

bool
spool_add(struct spool *t, struct str piece)
{
	if (t->has_failed)
		return false;
	if (t->fd < 0 && piece.len > SPOOL_MEMORY_BYTES - t->memory.len && !to_file(t))
		t->has_failed = true;
	else if (t->fd >= 0)
		t->has_failed = !write_all(t->fd, piece);
	else
		buf_add(&t->memory, piece);
	t->has_failed |= buf_failed(&t->memory);
	t->bytes += piece.len;
	return !t->has_failed;
}

long
spool_read(const struct spool *t, uint64_t offset, void *to, size_t room)
{
	if (t->has_failed)
		return -1;
	if (t->fd < 0) {
		const struct str rest =
			str_head(str_from(buf_str(&t->memory),
					 offset < SIZE_MAX ? (size_t)offset : SIZE_MAX),
				room);
		if (rest.len > 0)
			memcpy(to, rest.ptr, rest.len);
		return (long)rest.len;
	}
	ssize_t n;
	do
		n = pread(t->fd, to, room, (off_t)offset);
	while (n < 0 && errno == EINTR);
	return n;
}

bool
spool_header(const struct spool *t, struct buf *out)
{
	char piece[4096];
	long n = 0;
	while (out->len < SPOOL_HEADER_BYTES_MAX &&
		(n = spool_read(t, out->len, piece, sizeof piece)) > 0) {
		const size_t before = out->len;
		buf_add(out, (struct str){piece, (size_t)n});
		const struct str text = buf_str(out);
		if (buf_failed(out))
			return false;
		if (str_starts(text, STR("\r\n"))) {
			out->len = 2;
			return true;
		}
		const size_t end = str_find(text, STR("\r\n\r\n"), before > 3 ? before - 3 : 0);
		if (end != STR_NPOS) {
			out->len = end + 4;
			return true;
		}
	}
	if (out->len > SPOOL_HEADER_BYTES_MAX)
		out->len = SPOOL_HEADER_BYTES_MAX;
	return n >= 0;
}
