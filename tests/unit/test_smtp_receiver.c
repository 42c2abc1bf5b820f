#include "smtp/receiver.h"
#include "tap.h"

/* What a receiver makes of `in` when it comes in pieces of `step` bytes: the content in `out`, and
 * the number of bytes up to the end; 0 when it did not end. */
static size_t
receive(struct receiver *r, struct str in, size_t step, struct str *out)
{
	static char room[4096];
	size_t n = 0;
	const size_t all = in.len;
	while (in.len > 0) {
		struct str now = str_head(in, step), piece;
		const size_t had = now.len;
		enum receiver_step what;
		while ((what = receiver_next(r, &now, &piece)) == RECEIVER_PIECE) {
			memcpy(room + n, piece.ptr, piece.len);
			n += piece.len;
		}
		in = str_from(in, had - now.len);
		*out = (struct str){room, n};
		if (what == RECEIVER_END)
			return all - in.len;
	}
	*out = (struct str){room, n};
	return 0;
}

/* clang-format off */
/* In DATA, repairs allowed. */
static const struct { struct str in, out, rest; } data_rows[] = {
	{STR_INIT(".\r\n"), STR_INIT(""), STR_INIT("")},
	{STR_INIT("a\r\n.\r\nQUIT\r\n"), STR_INIT("a\r\n"), STR_INIT("QUIT\r\n")},
	{STR_INIT("a\r\n\r\nb\r\n.\r\n"), STR_INIT("a\r\n\r\nb\r\n"), STR_INIT("")},
	{STR_INIT("..\r\n..a\r\n.b\r\n.\r\n"), STR_INIT(".\r\n.a\r\nb\r\n"), STR_INIT("")},
	{STR_INIT("a.\r\n. \r\n.\r\n"), STR_INIT("a.\r\n \r\n"), STR_INIT("")},
	{STR_INIT("\r\n.\r\n"), STR_INIT("\r\n"), STR_INIT("")},
	{STR_INIT("a\nb\r\n.\r\n"), STR_INIT("a\r\nb\r\n"), STR_INIT("")},
	{STR_INIT("a\rb\r\n.\r\n"), STR_INIT("a b\r\n"), STR_INIT("")},
	{STR_INIT("a\r\r\n.\r\n"), STR_INIT("a \r\n"), STR_INIT("")},
	{STR_INIT("a\n..b\n.c\n.\n.\r\n\r\n.\r\n"), STR_INIT("a\r\n.b\r\n.c\r\n.\r\n.\r\n\r\n"), STR_INIT("")},
	{STR_INIT("a\r\n.\rb\r\n.\r\n"), STR_INIT("a\r\n b\r\n"), STR_INIT("")},
	{STR_INIT("a\r\n.\r\r\n.\r\n"), STR_INIT("a\r\n \r\n"), STR_INIT("")},
};
/* clang-format on */

static void
check_data(void)
{
	for (size_t i = 0; i < sizeof data_rows / sizeof *data_rows; i++)
		for (size_t step = 1; step < 9; step++) {
			struct receiver r;
			struct str out = STR_NONE;
			const struct str in = data_rows[i].in;
			receiver_init(&r, RECEIVER_DATA, BARE_NORMALISE, NUL_KEEP, 0);
			const size_t used = receive(&r, in, step, &out);
			tap_is_str(out, data_rows[i].out, "row %zu by %zu", i, step);
			tap_is_str(str_from(in, used), data_rows[i].rest, "row %zu by %zu leaves",
				i, step);
			tap_ok(used > 0 && r.wire_bytes == used && r.size_bytes == out.len,
				"row %zu by %zu is counted", i, step);
		}
}

/* Is every CR and LF in `s` part of a CRLF? */
static bool
has_whole_lines(struct str s)
{
	for (size_t i = 0; i < s.len; i++)
		if ((s.ptr[i] == '\r' && (i + 1 == s.len || s.ptr[i + 1] != '\n')) ||
			(s.ptr[i] == '\n' && (i == 0 || s.ptr[i - 1] != '\r')))
			return false;
	return true;
}

/* One cell of the grid: X "." Y between what are two messages to somebody else. */
static void
check_cell(struct str x, struct str y, bool may_end, enum receiver_bare bare, const char *name)
{
	char text[128];
	const int first =
		snprintf(text, sizeof text, "one%.*s.%.*s", (int)x.len, x.ptr, (int)y.len, y.ptr);
	const int all = first + snprintf(text + first, sizeof text - (size_t)first,
					"MAIL FROM:<x@y.example>\r\nend\r\n.\r\n");
	for (size_t step = 1; step < sizeof text; step = step < 5 ? step + 1 : step * 5) {
		struct receiver r;
		struct str out;
		receiver_init(&r, RECEIVER_DATA, bare, NUL_KEEP, 0);
		const size_t used = receive(&r, (struct str){text, (size_t)all}, step, &out);
		tap_is_int(used, (size_t)(may_end ? first : all),
			"%s by %zu ends there and nowhere else", name, step);
		tap_ok(has_whole_lines(out), "%s by %zu passes no CR or LF of its own on", name,
			step);
		tap_is_int(r.flaw != FLAW_NONE || r.has_repairs,
			!(has_whole_lines(x) && has_whole_lines(y)), "%s by %zu is noticed", name,
			step);
		tap_ok(r.flaw == FLAW_NONE || bare == BARE_REFUSE, "%s by %zu is not both", name,
			step);
	}
}

/* SMTP smuggling: only a true CRLF.CRLF ends a message, whatever else looks like one. */
static void
check_smuggling(void)
{
	static const struct str ends[] = {STR_INIT("\r\n"), STR_INIT("\n"), STR_INIT("\r"),
		STR_INIT("\r\r\n"), STR_INIT("\n\r"), STR_INIT(" \r\n")};
	static const char *const names[] = {"CRLF", "LF", "CR", "CRCRLF", "LFCR", "SPCRLF"};
	for (size_t x = 0; x < 6; x++)
		for (size_t y = 0; y < 6; y++)
			for (int bare = BARE_REFUSE; bare <= BARE_NORMALISE; bare++) {
				char name[64];
				snprintf(name, sizeof name, "%s.%s %s", names[x], names[y],
					bare == BARE_REFUSE ? "refused" : "repaired");
				check_cell(ends[x], ends[y], (x == 0 || x == 3 || x == 5) && y == 0,
					(enum receiver_bare)bare, name);
			}
}

/* Where the first flaw is; and that nothing comes behind it. */
static void
check_flaws(void)
{
	/* clang-format off */
	static const struct { struct str in; enum receiver_flaw flaw; int line, offset; struct str out; } rows[] = {
		{STR_INIT("a\r\nb\nc\r\n.\r\n"), FLAW_BARE_LF, 2, 4, STR_INIT("a\r\nb")},
		{STR_INIT("a\r\nb\rc\r\n.\r\n"), FLAW_BARE_CR, 2, 4, STR_INIT("a\r\nb")},
		{STR_INIT("\n.\r\n\r\n.\r\n"), FLAW_BARE_LF, 1, 0, STR_INIT("")},
		{STR_INIT("\r\r\n.\r\n"), FLAW_BARE_CR, 1, 0, STR_INIT("")},
		{STR_INIT(".\r.\r\n\r\n.\r\n"), FLAW_BARE_CR, 1, 1, STR_INIT("")},
		{STR_INIT("a\0b\r\n.\r\n"), FLAW_NUL, 1, 1, STR_INIT("a")},
		{STR_INIT("1234\n\r\n.\r\n"), FLAW_LONG_LINE, 1, 3, STR_INIT("")},
		{STR_INIT("\r\n123\r\n..34\r\n.\r\n"), FLAW_NONE, 0, 0, STR_INIT("\r\n123\r\n.34\r\n")},
	};
	/* clang-format on */
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		struct receiver r;
		struct str out;
		receiver_init(&r, RECEIVER_DATA, BARE_REFUSE, NUL_REFUSE, 5);
		const size_t used = receive(&r, rows[i].in, 1, &out);
		tap_is_int(used, rows[i].in.len, "flaw %zu: all is taken", i);
		tap_is_int(r.flaw, rows[i].flaw, "flaw %zu", i);
		tap_ok((int)r.flaw_line == rows[i].line && (int)r.flaw_offset == rows[i].offset,
			"flaw %zu: where", i);
		tap_is_str(out, rows[i].out.len > 0 ? rows[i].out : out,
			"flaw %zu: what came before it", i);
		tap_is_int(out.len, r.size_bytes, "flaw %zu: counted", i);
	}
}

static void
check_chunks(void)
{
	struct receiver r;
	struct str out, piece, in;
	receiver_init(&r, RECEIVER_CHUNK, BARE_NORMALISE, NUL_STRIP, 0);
	tap_ok(receive(&r, STR("a\r\n.\r\n..b\n.\0c\r"), 3, &out) == 0,
		"a chunk has no end of its own");
	tap_is_str(out, STR("a\r\n.\r\n..b\r\n.c"), "and its dots are dots");
	in = STR("\nd\r");
	tap_ok(receiver_next(&r, &in, &piece) == RECEIVER_PIECE,
		"the next chunk goes on in the line");
	tap_is_str(piece, STR("\r\n"), "a line end over two chunks is one");
	while (receiver_next(&r, &in, &piece) == RECEIVER_PIECE)
		;
	tap_ok(receiver_finish(&r, &piece) == RECEIVER_PIECE, "a CR at the very end");
	tap_is_str(piece, STR(" "), "is one of its own");
	tap_ok(receiver_finish(&r, &piece) == RECEIVER_END, "then it is over");
	tap_ok(r.has_repairs && !r.has_8bit, "there were repairs");

	receiver_init(&r, RECEIVER_CHUNK, BARE_REFUSE, NUL_KEEP, 0);
	receive(&r, STR("ab\r"), 8, &out);
	tap_ok(receiver_finish(&r, &piece) == RECEIVER_END, "a CR at the very end, refused");
	tap_ok(r.flaw == FLAW_BARE_CR && r.flaw_offset == 2, "is noted where it is");

	receiver_init(&r, RECEIVER_BINARY, BARE_REFUSE, NUL_REFUSE, 10);
	receive(&r, STR("\r\n.\r\n\0\n\r 0123456789\xFF"), 4, &out);
	tap_is_str(out, STR("\r\n.\r\n\0\n\r 0123456789\xFF"), "binary is passed on as it is");
	tap_is_int(r.flaw, FLAW_NONE, "and has no flaws");
}

static void
check_facts(void)
{
	struct receiver r;
	struct str out;
	char text[TEXT_LINE_BYTES_MAX + 8];
	receiver_init(&r, RECEIVER_DATA, BARE_REFUSE, NUL_REFUSE, 0);
	receive(&r, STR("a\r\nb\xC3\xB6\r\n.\r\n"), 1, &out);
	tap_ok(r.has_8bit && r.longest_line == 5 && !r.has_repairs && r.line == 3, "what was seen");
	for (size_t n = TEXT_LINE_BYTES_MAX - 1; n <= TEXT_LINE_BYTES_MAX + 1; n++)
		for (size_t step = 1; step < n + 5; step *= 30) {
			memset(text, 'x', n - 2);
			memcpy(text + n - 2, "\r\n.\r\n", 5);
			receiver_init(
				&r, RECEIVER_DATA, BARE_REFUSE, NUL_REFUSE, TEXT_LINE_BYTES_MAX);
			receive(&r, (struct str){text, n + 3}, step, &out);
			tap_is_int(r.flaw, n > TEXT_LINE_BYTES_MAX ? FLAW_LONG_LINE : FLAW_NONE,
				"a line of %zu bytes by %zu", n, step);
			tap_is_int(r.longest_line, n, "is measured");
			if (r.flaw != FLAW_NONE)
				tap_is_int(r.flaw_offset, TEXT_LINE_BYTES_MAX - 2,
					"and where it is too long");
		}
}

int
main(void)
{
	check_data();
	check_smuggling();
	check_flaws();
	check_chunks();
	check_facts();
	return tap_done();
}
