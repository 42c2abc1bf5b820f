/*
 * unpack - gzip (RFC 1952) and Zstandard (RFC 8878), piece by piece
 *
 * Members and frames that follow one another are one text, as gzip and zstd
 * themselves read them. Memory does not grow with the input: 32 KiB for gzip, the
 * window of the frame for zstd, at most 128 MiB.
 */
#ifndef CLI_UNPACK_H
#define CLI_UNPACK_H

#include <stdbool.h>
#include <stddef.h>

enum packing { PACKING_NONE, PACKING_GZIP, PACKING_ZSTD };

#define PACKING_LOOK_BYTES 4 /* so many bytes tell how something is packed */

/* packing_find - by the first bytes */
enum packing packing_find(const char *bytes, size_t len);

struct unpack;

/* unpack_new - NULL when memory ran out */
struct unpack *unpack_new(enum packing packing);
void unpack_free(struct unpack *u);

struct piece {
	const char *in; /* moved past what was taken */
	size_t in_len;
	char *out;
	size_t room, made;
};

/*
 * unpack_step - turns some of `in` into `out`
 *
 * Returns  NULL, or a sentence about what is wrong; then what was made is still good,
 *          and there is nothing to be had from here on
 */
const char *unpack_step(struct unpack *u, struct piece *p);

/* unpack_is_whole - may the input end here? */
bool unpack_is_whole(const struct unpack *u);

#endif
