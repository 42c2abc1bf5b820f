/*
 * fuzz_smtp_receiver - the text of a message, against a slow and simple reader of the whole
 *
 * The first bytes choose form, settings, and how the rest is cut. Holds always: content, end,
 * flaw and its place are those of the simple reader, however the bytes were cut; what was repaired
 * holds no CR or LF of its own.
 */
#include "fuzz.h"
#include "smtp/receiver.h"

struct outcome {
	char *content;
	size_t len, used; /* used: up to the end, 0 = no end */
	enum receiver_flaw flaw;
	uint64_t offset;
};

static void
put(struct outcome *o, const char *bytes, size_t n)
{
	if (o->flaw != FLAW_NONE)
		return;
	memcpy(o->content + o->len, bytes, n);
	o->len += n;
}

static void
flaw(struct outcome *o, enum receiver_flaw what, size_t offset)
{
	if (o->flaw != FLAW_NONE)
		return;
	o->flaw = what;
	o->offset = offset;
}

/* The same, with all bytes at hand: looks ahead and behind as it likes. Line lengths are left out.
 */
static struct outcome
read_simply(const struct receiver *r, struct str in)
{
	struct outcome o = {.content = malloc(2 * in.len + 2)};
	bool is_hard = true, is_soft = false; /* behind a CRLF; behind a LF */
	for (size_t i = 0; i < in.len; i++) {
		const char c = in.ptr[i];
		const bool is_crlf = c == '\r' && i + 1 < in.len && in.ptr[i + 1] == '\n';
		if (r->form == RECEIVER_DATA && is_hard && c == '.') {
			if (str_starts(str_from(in, i), STR(".\r\n"))) {
				o.used = i + 3;
				return o;
			}
			is_hard = false;
			continue;
		}
		if (r->form == RECEIVER_DATA && is_soft && c == '.') {
			is_soft = false;
			if (i + 1 == in.len)
				break; /* nobody knows yet */
			if (in.ptr[i + 1] == '.')
				continue;
		}
		is_hard = is_crlf;
		is_soft = false;
		if (is_crlf) {
			put(&o, "\r\n", 2);
			i++;
		} else if (c == '\r') {
			if (i + 1 == in.len && r->form == RECEIVER_DATA)
				break; /* nobody knows yet */
			if (r->bare == BARE_REFUSE)
				flaw(&o, FLAW_BARE_CR, i);
			put(&o, " ", 1);
		} else if (c == '\n') {
			if (r->bare == BARE_REFUSE)
				flaw(&o, FLAW_BARE_LF, i);
			put(&o, "\r\n", 2);
			is_soft = true;
		} else if (c == '\0') {
			if (r->nul == NUL_REFUSE)
				flaw(&o, FLAW_NUL, i);
			if (r->nul != NUL_STRIP)
				put(&o, &c, 1);
			else
				is_hard = is_soft = false;
		} else {
			put(&o, &c, 1);
		}
	}
	return o;
}

static struct outcome
read_by(struct receiver *r, struct str in, const uint8_t *cuts, size_t cut_count)
{
	struct outcome o = {.content = malloc(2 * in.len + 2)};
	const size_t all = in.len;
	struct str piece;
	for (size_t i = 0; in.len > 0; i++) {
		const size_t step = cut_count == 0 ? in.len : 1 + cuts[i % cut_count] % 9u;
		struct str now = str_head(in, step);
		const size_t had = now.len;
		enum receiver_step what;
		while ((what = receiver_next(r, &now, &piece)) == RECEIVER_PIECE) {
			assert(piece.len > 0);
			put(&o, piece.ptr, piece.len);
		}
		in = str_from(in, had - now.len);
		if (what == RECEIVER_END) {
			o.used = all - in.len;
			break;
		}
		assert(now.len == 0);
	}
	if (r->form != RECEIVER_DATA)
		while (receiver_finish(r, &piece) == RECEIVER_PIECE)
			put(&o, piece.ptr, piece.len);
	o.flaw = (enum receiver_flaw)r->flaw;
	o.offset = r->flaw_offset;
	assert(o.len == r->size_bytes);
	return o;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	if (size < 4)
		return 0;
	const enum receiver_form form = data[0] % 2 ? RECEIVER_CHUNK : RECEIVER_DATA;
	struct receiver r;
	const struct str in = fuzz_copy(data + 4, size - 4);
	for (size_t cuts = 0; cuts <= 3; cuts += 3) {
		receiver_init(&r, form, data[0] & 2 ? BARE_REFUSE : BARE_NORMALISE,
			(enum receiver_nul)(data[0] / 4 % 3), 0);
		struct outcome got = read_by(&r, in, data + 1, cuts), want = read_simply(&r, in);
		/* At a flaw the simple reader stops where it is; what came before may still be
		 * held. */
		assert(got.flaw == want.flaw && got.offset == want.offset && got.used == want.used);
		assert(got.flaw != FLAW_NONE || got.len == want.len);
		assert(got.len <= want.len && memcmp(got.content, want.content, got.len) == 0);
		for (size_t i = 0; got.flaw == FLAW_NONE && i < got.len; i++)
			if (got.content[i] == '\n')
				assert(i > 0 && got.content[i - 1] == '\r');
			else if (got.content[i] == '\r')
				assert(i + 1 < got.len ? got.content[i + 1] == '\n'
						       : got.used == 0);
		free(got.content);
		free(want.content);
	}
	free((void *)(uintptr_t)in.ptr);
	return 0;
}
