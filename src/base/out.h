/*
 * out - text on its way to a sink, a few thousand bytes at a time
 *
 * Writing never fails in the middle: when the sink returns false it is not called
 * again, and out_finish() says so at the end.
 */
#ifndef BASE_OUT_H
#define BASE_OUT_H

#include "base/str.h"

#define OUT_ROOM_BYTES 8192

typedef bool out_sink(void *to, const char *bytes, size_t len);

struct out {
	out_sink *sink;
	void *to;
	size_t len;
	bool failed;
	char room[OUT_ROOM_BYTES];
};

static inline void
out_init(struct out *o, out_sink *sink, void *to)
{
	o->sink = sink;
	o->to = to;
	o->len = 0;
	o->failed = false;
}

void out_flush(struct out *o);
void out_add_long(struct out *o, struct str s);
void out_add_number(struct out *o, int64_t n);

/* Most of what is written is a few bytes long: a name, a number, a word. */
#define OUT_SHORT_BYTES 32

/* out_copy - up to OUT_SHORT_BYTES to where there is room for them; where they end. In two pieces
 * of a fixed size, which may overlap: no call, and no loop. */
static inline char *
out_copy(char *to, struct str s)
{
	if (s.len >= 16) {
		memcpy(to, s.ptr, 16);
		memcpy(to + s.len - 16, s.ptr + s.len - 16, 16);
	} else if (s.len >= 8) {
		memcpy(to, s.ptr, 8);
		memcpy(to + s.len - 8, s.ptr + s.len - 8, 8);
	} else if (s.len >= 4) {
		memcpy(to, s.ptr, 4);
		memcpy(to + s.len - 4, s.ptr + s.len - 4, 4);
	} else {
		for (size_t i = 0; i < s.len; i++)
			to[i] = s.ptr[i];
	}
	return to + s.len;
}

/* out_room - where the next bytes go, with room for `n`, which is far below OUT_ROOM_BYTES; the
 * caller writes them and adds to the length as many as count */
static inline char *
out_room(struct out *o, size_t n)
{
	if (OUT_ROOM_BYTES - o->len < n)
		out_flush(o);
	return o->room + o->len;
}

static inline void
out_add(struct out *o, struct str s)
{
	if (s.len > OUT_SHORT_BYTES || OUT_ROOM_BYTES - o->len < OUT_SHORT_BYTES) {
		out_add_long(o, s);
		return;
	}
	(void)out_copy(o->room + o->len, s);
	o->len += s.len;
}

static inline void
out_add_char(struct out *o, char c)
{
	if (o->len == OUT_ROOM_BYTES)
		out_flush(o);
	o->room[o->len++] = c;
}

/* out_finish - hands over what is left; true when the sink took everything */
bool out_finish(struct out *o);

#endif
