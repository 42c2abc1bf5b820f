#include "cli/feed.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define RAW_BYTES ((size_t)128 << 10)

void
feed_init(struct feed *s, feed_idle *idle, void *to)
{
	*s = (struct feed){.fd = -1, .idle = idle, .idle_to = to};
}

void
feed_fini(struct feed *s)
{
	feed_close(s);
	free(s->raw);
	s->raw = NULL;
}

void
feed_open(struct feed *s, int fd, bool may_wait, uint64_t size_bytes)
{
	s->fd = fd;
	s->may_wait = may_wait;
	s->size_bytes = size_bytes;
	s->taken_bytes = 0;
	s->is_begun = s->is_at_end = false;
	s->why = NULL;
	s->raw_at = s->raw_len = 0;
}

void
feed_close(struct feed *s)
{
	unpack_free(s->unpack);
	s->unpack = NULL;
	if (s->fd > STDIN_FILENO)
		close(s->fd);
	s->fd = -1;
}

/* Bytes as they lie in the file. */
static size_t
read_raw(struct feed *s, char *to, size_t room)
{
	if (s->is_at_end || s->why != NULL)
		return 0;
	for (;;) {
		if (s->may_wait)
			s->idle(s->idle_to);
		const ssize_t n = read(s->fd, to, room);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			s->why = strerror(errno);
		if (n <= 0) {
			s->is_at_end = true;
			return 0;
		}
		s->taken_bytes += (uint64_t)n;
		s->is_at_end = s->size_bytes > 0 && s->taken_bytes >= s->size_bytes;
		return (size_t)n;
	}
}

static size_t
read_packed(struct feed *s, char *to, size_t room)
{
	for (;;) {
		if (s->raw_at == s->raw_len) {
			s->raw_at = 0;
			s->raw_len = read_raw(s, s->raw, RAW_BYTES);
		}
		/* Without new input there may still be output: the decoders keep some back. */
		const bool is_last = s->raw_len == 0;
		struct piece p = {s->raw + s->raw_at, s->raw_len - s->raw_at, to, room, 0};
		const char *const why = unpack_step(s->unpack, &p);
		s->raw_at = s->raw_len - p.in_len;
		if (s->why == NULL)
			s->why = why;
		if (p.made > 0)
			return p.made;
		if (s->why == NULL && is_last && !unpack_is_whole(s->unpack))
			s->why = "is packed and cut short; what could be unpacked was read";
		if (s->why != NULL || is_last)
			return 0;
	}
}

/* The first bytes, which tell whether the file is packed. */
static size_t
begin(struct feed *s, char *to, size_t room)
{
	size_t len = 0, n;
	do {
		n = read_raw(s, to + len, room - len);
		len += n;
	} while (n > 0 && len < PACKING_LOOK_BYTES);
	const enum packing packing = packing_find(to, len);
	if (packing == PACKING_NONE)
		return len;
	if (s->raw == NULL)
		s->raw = malloc(RAW_BYTES);
	s->unpack = s->raw != NULL ? unpack_new(packing) : NULL;
	if (s->unpack == NULL) {
		s->why = "not enough memory to unpack it";
		return 0;
	}
	memcpy(s->raw, to, len);
	s->raw_len = len;
	return read_packed(s, to, room);
}

size_t
feed_read(struct feed *s, char *to, size_t room)
{
	if (!s->is_begun) {
		s->is_begun = true;
		/* So that the first bytes of a packed file fit where packed bytes are kept. */
		return begin(s, to, room < RAW_BYTES ? room : RAW_BYTES);
	}
	if (s->why != NULL)
		return 0;
	return s->unpack != NULL ? read_packed(s, to, room) : read_raw(s, to, room);
}
