#include "base/out.h"

void
out_flush(struct out *o)
{
	if (o->len > 0 && !o->failed && !o->sink(o->to, o->room, o->len))
		o->failed = true;
	o->len = 0;
}

void
out_add_long(struct out *o, struct str s)
{
	if (s.len > OUT_ROOM_BYTES - o->len)
		out_flush(o);
	if (s.len > OUT_ROOM_BYTES) {
		if (!o->failed && !o->sink(o->to, s.ptr, s.len))
			o->failed = true;
		return;
	}
	if (s.len > 0)
		memcpy(o->room + o->len, s.ptr, s.len);
	o->len += s.len;
}

void
out_add_number(struct out *o, int64_t n)
{
	char room[STR_DIGITS_MAX];
	out_add(o, str_digits(n, room));
}

bool
out_finish(struct out *o)
{
	out_flush(o);
	return !o->failed;
}
