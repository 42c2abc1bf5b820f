/*
 * fuzz_source - from the bytes of a file to its messages: source, stream, unpack, mbox
 *
 * The lowest bits of the length choose how the file is packed: not at all, by gzip, by zstd, in one
 * piece or in two; or the bytes are taken for packed ones. Holds always: what is no mbox is one
 * message with all its bytes; of an mbox, the messages are those that mbox_find_end() sees in the
 * whole; packing changes nothing; nothing is said of a good file, and something of a bad one.
 */
#define _GNU_SOURCE /* memfd_create */
#include "base/buf.h"
#include "cli/source.h"
#include "fuzz.h"

#include <stdio.h>
#include <sys/mman.h>
#include <unistd.h>
#include <zlib.h>
#include <zstd.h>

/* MemorySanitizer does not see what these libraries write. */
#if defined(__has_feature)
#if __has_feature(memory_sanitizer)
#include <sanitizer/msan_interface.h>
#define WAS_WRITTEN(ptr, len) __msan_unpoison(ptr, len)
#endif
#endif
#ifndef WAS_WRITTEN
#define WAS_WRITTEN(ptr, len) ((void)0)
#endif

#define OUTPUT_BYTES_MAX ((size_t)64 << 20)
#define GZIP_WINDOW_BITS (15 + 16)

enum packed_by { BY_NOBODY, BY_GZIP, BY_ZSTD, BY_INPUT };

static void
add_gzip(struct buf *b, struct str in)
{
	z_stream z = {.next_in = (Bytef *)(uintptr_t)in.ptr, .avail_in = (uInt)in.len};
	assert(deflateInit2(&z, 1, Z_DEFLATED, GZIP_WINDOW_BITS, 8, Z_DEFAULT_STRATEGY) == Z_OK);
	const size_t room = deflateBound(&z, (uLong)in.len);
	char *const to = buf_reserve(b, room);
	assert(to != NULL);
	z.next_out = (Bytef *)to;
	z.avail_out = (uInt)room;
	assert(deflate(&z, Z_FINISH) == Z_STREAM_END);
	WAS_WRITTEN(to, z.total_out);
	b->len += z.total_out;
	deflateEnd(&z);
}

static void
add_zstd(struct buf *b, struct str in)
{
	const size_t room = ZSTD_compressBound(in.len);
	char *const to = buf_reserve(b, room);
	assert(to != NULL);
	const size_t n = ZSTD_compress(to, room, in.ptr, in.len, 1);
	assert(!ZSTD_isError(n));
	WAS_WRITTEN(to, n);
	b->len += n;
}

static void
pack(struct buf *b, struct str in, enum packed_by by)
{
	if (by == BY_GZIP)
		add_gzip(b, in);
	else if (by == BY_ZSTD)
		add_zstd(b, in);
	else
		buf_add(b, in);
}

static void
count_saying(void *to, const char *what, const char *why, bool is_failure)
{
	(void)is_failure;
	assert(what[0] != '\0' && why[0] != '\0');
	(*(int *)to)++;
}

/* The messages of `in`, as they are to come; false when they are over. */
static bool
next_expected(struct str *rest, bool is_mbox, struct str *message)
{
	struct mbox_end e = {.scanned = 0};
	if (rest->len == 0)
		return false;
	e.end = e.next = rest->len;
	if (is_mbox)
		assert(mbox_find_end(rest->ptr, rest->len, true, MESSAGE_BYTES_MAX, &e));
	*message = str_head(*rest, e.end);
	*rest = str_from(*rest, e.next);
	return true;
}

static void
check_file(int fd, struct str in, bool is_known)
{
	char path[64];
	int said = 0;
	(void)snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
	char *paths[] = {path};
	const struct source_options o = {.say = count_saying, .to = &said};
	struct source s;
	struct message m;
	struct str rest = in, want;
	const bool is_mbox = mbox_is_from_line(in.ptr, in.len);
	uint64_t index = 0;
	source_init(&s, paths, 1, &o);
	while (source_next(&s, &m)) {
		assert(m.index == index++ && m.len <= MESSAGE_BYTES_MAX);
		if (!is_known)
			continue;
		assert(next_expected(&rest, is_mbox, &want));
		assert(str_eq((struct str){m.bytes, m.len}, want));
	}
	if (is_known) {
		assert(!next_expected(&rest, is_mbox, &want));
		assert(said == (in.len == 0)); /* "is empty" */
	} else {
		assert(index > 0 || said > 0);
	}
	source_fini(&s);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const enum packed_by by = (enum packed_by)(size & 3);
	const struct str in = fuzz_copy(data, size);
	/* What looks packed is taken for it. */
	const bool is_known = by == BY_GZIP || by == BY_ZSTD ||
			      (by == BY_NOBODY && packing_find(in.ptr, in.len) == PACKING_NONE);
	struct buf file;
	buf_init(&file, OUTPUT_BYTES_MAX);
	if (by == BY_INPUT)
		buf_add(&file, size & 4 ? STR("\x1F\x8B\x08") : STR("\x28\xB5\x2F\xFD"));
	const size_t half = size & 8 ? size / 2 : size;
	pack(&file, str_head(in, half), by);
	if (half < size)
		pack(&file, str_from(in, half), by);
	const int fd = memfd_create("mails", MFD_CLOEXEC);
	assert(!file.failed && fd >= 0);
	assert(file.len == 0 || write(fd, file.ptr, file.len) == (ssize_t)file.len);
	check_file(fd, in, is_known);
	close(fd);
	buf_fini(&file);
	free((void *)(uintptr_t)in.ptr);
	return 0;
}
