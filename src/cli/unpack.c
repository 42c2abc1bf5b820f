#include "cli/unpack.h"

#include <stdlib.h>
#include <string.h>
#define ZLIB_CONST /* then its input is const */
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

#define GZIP_FIRST_BYTE 0x1F
#define GZIP_WINDOW_BITS (15 + 16) /* zlib's way of saying: gzip, and nothing else */

struct unpack {
	enum packing packing;
	z_stream gzip;
	ZSTD_DStream *zstd;
	bool is_whole;  /* between two members, or two frames */
	bool is_padded; /* nothing but what follows the last member */
};

enum packing
packing_find(const char *bytes, size_t len)
{
	if (len >= 3 && memcmp(bytes, "\x1F\x8B\x08", 3) == 0)
		return PACKING_GZIP;
	if (len >= 4 && memcmp(bytes, "\x28\xB5\x2F\xFD", 4) == 0)
		return PACKING_ZSTD;
	return PACKING_NONE;
}

struct unpack *
unpack_new(enum packing packing)
{
	struct unpack *const u = calloc(1, sizeof *u);
	if (u == NULL)
		return NULL;
	u->packing = packing;
	if (packing == PACKING_GZIP ? inflateInit2(&u->gzip, GZIP_WINDOW_BITS) == Z_OK
				    : (u->zstd = ZSTD_createDStream()) != NULL)
		return u;
	free(u);
	return NULL;
}

void
unpack_free(struct unpack *u)
{
	if (u == NULL)
		return;
	if (u->packing == PACKING_GZIP)
		inflateEnd(&u->gzip);
	else
		ZSTD_freeDStream(u->zstd);
	free(u);
}

/* What follows the last member: another one, or the zeros that tapes and `tar` leave. */
static const char *
gzip_next_member(struct unpack *u, struct piece *p)
{
	if (!u->is_padded && (unsigned char)*p->in == GZIP_FIRST_BYTE) {
		u->is_whole = false;
		return inflateReset(&u->gzip) == Z_OK ? NULL : "cannot be unpacked";
	}
	u->is_padded = true;
	for (; p->in_len > 0; p->in++, p->in_len--)
		if (*p->in != '\0')
			return "is packed by gzip, and something else follows; that was not read";
	return NULL;
}

static const char *
gzip_step(struct unpack *u, struct piece *p)
{
	if (u->is_whole && p->in_len > 0) {
		const char *const why = gzip_next_member(u, p);
		if (why != NULL || p->in_len == 0)
			return why;
	}
	const uInt most = 1U << 30; /* zlib counts in 32 bits */
	const uInt in_len = p->in_len < most ? (uInt)p->in_len : most;
	const uInt room = p->room < most ? (uInt)p->room : most;
	u->gzip.next_in = (const Bytef *)p->in;
	u->gzip.avail_in = in_len;
	u->gzip.next_out = (Bytef *)p->out;
	u->gzip.avail_out = room;
	const int rc = inflate(&u->gzip, Z_NO_FLUSH);
	p->in += in_len - u->gzip.avail_in;
	p->in_len -= in_len - u->gzip.avail_in;
	p->made = room - u->gzip.avail_out;
	if (rc == Z_STREAM_END)
		u->is_whole = true;
	else if (rc == Z_MEM_ERROR)
		return "not enough memory to unpack it";
	else if (rc != Z_OK && rc != Z_BUF_ERROR)
		return "is packed by gzip, and damaged; what could be unpacked was read";
	return NULL;
}

static const char *
zstd_step(struct unpack *u, struct piece *p)
{
	ZSTD_inBuffer in = {p->in, p->in_len, 0};
	ZSTD_outBuffer out = {p->out, p->room, 0};
	const size_t rc = ZSTD_decompressStream(u->zstd, &out, &in);
	p->in += in.pos;
	p->in_len -= in.pos;
	p->made = out.pos;
	if (ZSTD_isError(rc))
		return u->is_whole
			       ? "is packed by zstd, and something else follows; that was not read"
			       : "is packed by zstd, and damaged or made with a window of more "
				 "than "
				 "128 MiB; what could be unpacked was read";
	/* Asked again after the last frame, zstd waits for another one. */
	if (in.pos > 0 || out.pos > 0)
		u->is_whole = rc == 0;
	return NULL;
}

const char *
unpack_step(struct unpack *u, struct piece *p)
{
	p->made = 0;
	const char *const why = u->packing == PACKING_GZIP ? gzip_step(u, p) : zstd_step(u, p);
	WAS_WRITTEN(p->out, p->made);
	return why;
}

bool
unpack_is_whole(const struct unpack *u)
{
	return u->is_whole;
}
