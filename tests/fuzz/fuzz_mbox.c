/*
 * fuzz_mbox - where the messages of an mbox begin
 *
 * Holds always: each byte belongs to one message or to the line ends between two; each message but
 * the first begins with a From line; it does not matter in which pieces the bytes come. And what
 * mboxo, mboxrd and mboxcl2 wrote comes back as it went in, whatever it says (0xFF parts the
 * messages of the input).
 */
#include "base/buf.h"
#include "fuzz.h"
#include "read/mbox.h"

#define LIMIT_BYTES ((size_t)1 << 20)
#define MESSAGES_MAX 16
#define OUTPUT_BYTES_MAX ((size_t)64 << 20)

static const struct str from_line = STR_INIT("From x@a.example Thu Nov 22 04:15:57 2026\n");

static bool
is_line_ends(struct str s)
{
	for (size_t i = 0; i < s.len; i++)
		if (s.ptr[i] != '\n' && s.ptr[i] != '\r')
			return false;
	return true;
}

/* The end of the message at the start of `rest`, found with all the bytes, and with more and more
 * of them, `step` at first. */
static struct mbox_end
find_end(struct str rest, size_t step)
{
	struct mbox_end whole = {.scanned = 0}, pieces = {.scanned = 0};
	assert(mbox_find_end(rest.ptr, rest.len, true, LIMIT_BYTES, &whole));
	size_t have = 0;
	bool is_found = false;
	while (!is_found && have < rest.len) {
		have = have + step < rest.len ? have + step : rest.len;
		const struct str copy = fuzz_copy((const uint8_t *)rest.ptr, have);
		is_found = mbox_find_end(copy.ptr, copy.len, false, LIMIT_BYTES, &pieces);
		free((void *)(uintptr_t)copy.ptr);
		step += step / 2 + 1;
	}
	if (!is_found)
		assert(mbox_find_end(rest.ptr, rest.len, true, LIMIT_BYTES, &pieces));
	assert(pieces.end == whole.end && pieces.next == whole.next);
	return whole;
}

static void
check_bytes(struct str in, size_t step)
{
	for (struct str rest = in; rest.len > 0;) {
		const struct mbox_end e = find_end(rest, step);
		assert(e.end <= e.next && e.next > 0 && e.next <= rest.len);
		assert(is_line_ends(str_between(rest.ptr + e.end, rest.ptr + e.next)));
		rest = str_from(rest, e.next);
		assert(rest.len == 0 || mbox_is_from_line(rest.ptr, rest.len));
	}
}

enum form { MBOXO, MBOXRD, MBOXCL2 };

/* The body as its form writes it: From lines quoted or not, and with its last line end. */
static void
add_body(struct buf *b, struct str body, enum form form)
{
	while (body.len > 0) {
		const size_t lf = str_find_char(body, '\n', 0);
		const struct str line = lf == STR_NPOS ? body : str_head(body, lf);
		size_t quotes = 0;
		while (form == MBOXRD && quotes < line.len && line.ptr[quotes] == '>')
			quotes++;
		if (form != MBOXCL2 && str_starts(str_from(line, quotes), STR("From ")))
			buf_add_char(b, '>');
		buf_add(b, line);
		buf_add_char(b, '\n');
		body = str_from(body, lf == STR_NPOS ? body.len : lf + 1);
	}
}

static void
check_form(struct str in, enum form form)
{
	struct buf mbox, body;
	size_t starts[MESSAGES_MAX + 1], count = 0;
	buf_init(&mbox, OUTPUT_BYTES_MAX);
	buf_init(&body, OUTPUT_BYTES_MAX);
	for (struct str rest = in; str_is_set(rest) && count < MESSAGES_MAX;) {
		buf_clear(&body);
		add_body(&body, str_cut(&rest, '\xFF'), form);
		starts[count++] = mbox.len;
		buf_add(&mbox, from_line);
		buf_add(&mbox, STR("Subject: x\n"));
		if (form == MBOXCL2) {
			buf_add(&mbox, STR("Content-Length: "));
			buf_add_number(&mbox, (int64_t)body.len);
			buf_add_char(&mbox, '\n');
		}
		buf_add_char(&mbox, '\n');
		buf_add(&mbox, buf_str(&body));
		buf_add_char(&mbox, '\n');
	}
	starts[count] = mbox.len;
	assert(!mbox.failed && !body.failed);
	const struct str whole = buf_str(&mbox);
	for (size_t i = 0; i < count; i++) {
		const struct str rest = str_from(whole, starts[i]);
		struct mbox_end e = {.scanned = 0};
		assert(mbox_find_end(rest.ptr, rest.len, true, LIMIT_BYTES, &e));
		assert(starts[i] + e.next == starts[i + 1]);
		/* Without the empty line behind it; the last message may keep it. */
		assert(starts[i] + e.end + 1 == starts[i + 1] || i + 1 == count);
	}
	buf_fini(&mbox);
	buf_fini(&body);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const struct str in = fuzz_copy(data, size);
	check_bytes(in, 1 + size % 97);
	for (enum form form = MBOXO; form <= MBOXCL2; form++)
		check_form(in, form);
	free((void *)(uintptr_t)in.ptr);
	return 0;
}
