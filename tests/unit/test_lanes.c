/* Built twice: as it is, and with LANES_PLAIN. Both must answer as a byte at a time does. */
#include "base/lanes.h"
#include "tap.h"

#include <stdlib.h>

/* What the masks should be: one predicate of one byte for each question. */
static bool
is_line_end(unsigned char c)
{
	return c == '\n';
}

static bool
is_any_line_end(unsigned char c)
{
	return c == '\n' || c == '\r';
}

static bool
is_nul(unsigned char c)
{
	return c == '\0';
}

static bool
is_0xe9(unsigned char c)
{
	return c == 0xE9;
}

static bool
is_digit(unsigned char c)
{
	return c >= '0' && c <= '9';
}

static bool
is_ascii(unsigned char c)
{
	return c < 0x80;
}

static bool
is_odd(unsigned char c)
{
	return c < ' ' || c >= 0x80;
}

static bool
is_high(unsigned char c)
{
	return c >= 0x80;
}

static bool
is_lead(unsigned char c)
{
	return c >= 0xC0;
}

static bool
is_alnum(unsigned char c)
{
	return ascii_is_alnum(c);
}

static unsigned
equal_line_end(struct lanes l)
{
	return lanes_equal(l, '\n');
}

static unsigned
either_line_end(struct lanes l)
{
	return lanes_either(l, '\n', '\r');
}

static unsigned
equal_nul(struct lanes l)
{
	return lanes_equal(l, '\0');
}

static unsigned
equal_0xe9(struct lanes l)
{
	return lanes_equal(l, (char)0xE9);
}

static unsigned
within_digits(struct lanes l)
{
	return lanes_within(l, '0', '9');
}

static unsigned
within_ascii(struct lanes l)
{
	return LANES_ALL & ~lanes_odd(l, '\0');
}

static unsigned
odd_below_blank(struct lanes l)
{
	return lanes_odd(l, ' ');
}

static const struct {
	const char *name;
	unsigned (*ask)(struct lanes l);
	bool (*want)(unsigned char c);
} questions[] = {
	{"equal to a line end", equal_line_end, is_line_end},
	{"either line end", either_line_end, is_any_line_end},
	{"equal to NUL", equal_nul, is_nul},
	{"equal to a byte that is no ASCII", equal_0xe9, is_0xe9},
	{"within the digits", within_digits, is_digit},
	{"odd below NUL: no ASCII", within_ascii, is_ascii},
	{"odd below a blank", odd_below_blank, is_odd},
	{"high", lanes_high, is_high},
	{"lead", lanes_lead, is_lead},
	{"alnum", lanes_alnum, is_alnum},
};

/* Every byte in every lane, among neighbours that change with it. */
static char
byte_at(unsigned c, unsigned lane, unsigned i)
{
	return (char)(i == lane ? c : c * 7 + i * 31 + lane);
}

/* The bytes of a few, of an exact size, so that a sanitizer sees one too many. */
static void
test_few(void)
{
	unsigned wrong_load = 0, wrong_store = 0;
	for (size_t n = 0; n <= LANES; n++) {
		char *const raw = malloc(n > 0 ? n : 1), *const out = malloc(n > 0 ? n : 1);
		char want[LANES] = {0}, got[LANES];
		if (raw == NULL || out == NULL)
			abort();
		for (size_t i = 0; i < n; i++)
			want[i] = raw[i] = (char)(0xA1 + i * 5);
		lanes_store(n < LANES ? lanes_load_few(raw, n) : lanes_load(raw), got);
		wrong_load += memcmp(got, want, LANES) != 0;
		if (n > 0) {
			lanes_store(lanes_next(raw, n), got);
			wrong_load += memcmp(got, want, LANES) != 0;
			lanes_store_few(lanes_load(want), out, n);
			wrong_store += memcmp(out, raw, n) != 0;
		}
		free(raw);
		free(out);
	}
	tap_ok(wrong_load == 0, "a few bytes, and NULs behind them");
	tap_ok(wrong_store == 0, "a few bytes stored");
}

int
main(void)
{
	test_few();
	unsigned wrong[sizeof questions / sizeof *questions] = {0}, wrong_case = 0, wrong_copy = 0;
	for (unsigned c = 0; c < 256; c++)
		for (unsigned lane = 0; lane < LANES; lane++) {
			char raw[LANES + 1], out[LANES]; /* not aligned */
			for (unsigned i = 0; i < LANES; i++)
				raw[i + 1] = byte_at(c, lane, i);
			const struct lanes l = lanes_load(raw + 1);
			for (size_t q = 0; q < sizeof questions / sizeof *questions; q++) {
				unsigned want = 0;
				for (unsigned i = 0; i < LANES; i++)
					want |= (unsigned)questions[q].want(
							(unsigned char)raw[i + 1])
						<< i;
				wrong[q] += questions[q].ask(l) != want;
			}
			lanes_store(l, out);
			wrong_copy += memcmp(out, raw + 1, LANES) != 0;
			lanes_store(lanes_lower(l), out);
			for (unsigned i = 0; i < LANES; i++)
				wrong_case += (unsigned char)out[i] !=
					      ascii_lower((unsigned char)raw[i + 1]);
		}
	for (size_t q = 0; q < sizeof questions / sizeof *questions; q++)
		tap_ok(wrong[q] == 0, "%s", questions[q].name);
	const struct lanes one = lanes_load("-xy--x-y--xxyy--"),
			   other = lanes_load("y-y-xyxyxxyyyyxx");
	tap_ok(lanes_both(one, '-', other, 'y') == 0x0001 &&
			lanes_both(one, 'x', other, 'y') == 0x0C20,
		"one byte here and another there");
	unsigned wrong_four = 0;
	for (size_t i = 0; i < 4 * LANES; i++)
		for (size_t k = 0; k < 4 * LANES; k++) {
			char here[4 * LANES] = {0}, there[4 * LANES] = {0};
			here[i] = 'x';
			there[k] = 'y';
			wrong_four += lanes_both_in_four(here, 'x', there, 'y') != (i == k);
		}
	tap_ok(wrong_four == 0, "the same among 64");
	tap_ok(wrong_copy == 0, "loaded and stored");
	tap_ok(wrong_case == 0, "capitals become small letters, and nothing else changes");
	tap_ok(lanes_first(1) == 0 && lanes_first(0x8000) == 15 && lanes_first(0x0A00) == 9,
		"the lowest bit of a mask");
	return tap_done();
}
