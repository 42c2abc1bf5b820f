#include "base/fold.h"

#include "base/lanes.h"

enum kind { KIND_AS_IS, KIND_BLANK, KIND_NOTHING };

/* One character of the raw text, and what it folds to. */
struct piece {
	size_t used; /* bytes of the raw text, at least 1 */
	size_t len;  /* bytes in `to`; a blank has its one byte there too */
	enum kind kind;
	unsigned char to[3];
};

static bool
is_even(unsigned c)
{
	return (c & 1) == 0;
}

/* The plain letter of each one with a mark, from U+00C0 to U+024F; a digit for two letters
 * (`doubles`), a dot for what has none and stays. What a server may say in ASCII alone is written
 * without marks, and so are most old reports: "Usuario desconocido", "skrzynka przepelniona". */
#define LATIN_FIRST 0xC0
static const char latin[] = "aaaaaa2ceeeeiiiidnooooo.ouuuuy41aaaaaa2ceeeeiiii" /* U+00C0 */
			    "dnooooo.ouuuuy4yaaaaaaccccccccddddeeeeeeeeeegggg" /* U+00F0 */
			    "gggghhhhiiiiiiiiii55jjkkkllllllllllnnnnnnnnnoooo" /* U+0120 */
			    "oo33rrrrrrssssssssttttttuuuuuuuuuuuuwwyyyzzzzzzs" /* U+0150 */
			    "................................oo.............u" /* U+0180 */
			    "u............................aaiioouuuuuuuuuu.aa" /* U+01B0 */
			    "aa22..ggkkoooo..j...gg..nnaa22ooaaaaeeeeiiiioooo" /* U+01E0 */
			    "rrrruuuusstt..hh......aaeeooooooooyy............" /* U+0210 */
			    "................";                                /* U+0240 */

/* The same from U+1E00 to U+1EFF: those of Vietnamese. */
#define LATIN_MORE_FIRST 0x1E00
static const char latin_more[] = "aabbbbbbccddddddddddeeeeeeeeeeffgghhhhhhhhhhiiii" /* U+1E00 */
				 "kkkkkkllllllllmmmmmmnnnnnnnnoooooooopppprrrrrrrr" /* U+1E30 */
				 "ssssssssssttttttttuuuuuuuuuuvvvvwwwwwwwwwwxxxxyy" /* U+1E60 */
				 "zzzzzzhtwy.s..1.aaaaaaaaaaaaaaaaaaaaaaaaeeeeeeee" /* U+1E90 */
				 "eeeeeeeeiiiioooooooooooooooooooooooouuuuuuuuuuuu" /* U+1EC0 */
				 "uuyyyyyyyy......";                                /* U+1EF0 */

static const char doubles[][2] = {{'s', 's'}, {'a', 'e'}, {'o', 'e'}, {'t', 'h'}, {'i', 'j'}};

static unsigned
plain_greek(unsigned c)
{
	if (c >= 0x391 && c <= 0x3AB && c != 0x3A2)
		c += 32;
	switch (c) {
	case 0x3C2: /* final sigma: capitals do not tell the two apart */
		return 0x3C3;
	case 0x386:
	case 0x3AC:
		return 0x3B1; /* alpha */
	case 0x388:
	case 0x3AD:
		return 0x3B5; /* epsilon */
	case 0x389:
	case 0x3AE:
		return 0x3B7; /* eta */
	case 0x38A:
	case 0x390:
	case 0x3AF:
	case 0x3CA:
		return 0x3B9; /* iota */
	case 0x38C:
	case 0x3CC:
		return 0x3BF; /* omicron */
	case 0x38E:
	case 0x3B0:
	case 0x3CB:
	case 0x3CD:
		return 0x3C5; /* upsilon */
	case 0x38F:
	case 0x3CE:
		return 0x3C9; /* omega */
	default:
		return c; /* archaic letters and symbols: no mail server writes them */
	}
}

static unsigned
lower_cyrillic(unsigned c)
{
	if (c >= 0x410 && c <= 0x42F)
		return c + 32;
	if (c <= 0x40F)
		return c + 80;
	if (c <= 0x45F)
		return c;
	if (c >= 0x482 && c <= 0x489) /* signs, not letters */
		return c;
	if (c == 0x4C0)
		return 0x4CF;
	if (c >= 0x4C1 && c <= 0x4CE)
		return is_even(c) ? c : c + 1;
	return is_even(c) ? c + 1 : c;
}

/* In lower case, and without the marks of the living languages: "ё" is written "е" as often. */
static unsigned
plain_cyrillic(unsigned c)
{
	c = lower_cyrillic(c);
	switch (c) {
	case 0x439:
	case 0x45D:
		return 0x438; /* и */
	case 0x450:
	case 0x451:
		return 0x435; /* е */
	case 0x453:
		return 0x433; /* г */
	case 0x457:
		return 0x456; /* і */
	case 0x45C:
		return 0x43A; /* к */
	case 0x45E:
		return 0x443; /* у */
	default:
		return c;
	}
}

static bool
continues(unsigned char c)
{
	return (c & 0xC0) == 0x80;
}

static struct piece
blank(size_t used)
{
	return (struct piece){.used = used, .len = 1, .kind = KIND_BLANK, .to = {' '}};
}

static struct piece
one_byte(size_t used, unsigned c)
{
	return (struct piece){.used = used, .len = 1, .to = {(unsigned char)c}};
}

/* A letter as latin[] and latin_more[] have it. */
static struct piece
plain_latin(const unsigned char *p, size_t used, char letter)
{
	if (letter >= '1' && letter <= '5') {
		const char *const two = doubles[letter - '1'];
		return (struct piece){.used = used,
			.len = 2,
			.to = {(unsigned char)two[0], (unsigned char)two[1]}};
	}
	if (letter != '.')
		return one_byte(used, (unsigned char)letter);
	return (struct piece){.used = used, .len = used, .to = {p[0], p[1], used > 2 ? p[2] : 0}};
}

/* U+0080..U+07FF */
static struct piece
fold_two(const unsigned char *p)
{
	const unsigned c = (unsigned)(p[0] & 0x1F) << 6 | (p[1] & 0x3F);
	unsigned plain = c;
	if (c == 0xA0)
		return blank(2);
	if (c == 0xAD || (c >= 0x300 && c <= 0x36F)) /* marks that stand behind their letter */
		return (struct piece){.used = 2, .kind = KIND_NOTHING};
	if (c >= LATIN_FIRST && c < LATIN_FIRST + sizeof latin - 1)
		return plain_latin(p, 2, latin[c - LATIN_FIRST]);
	if (c >= 0x370 && c < 0x400)
		plain = plain_greek(c);
	else if (c >= 0x400 && c < 0x500)
		plain = plain_cyrillic(c);
	return (struct piece){.used = 2,
		.len = 2,
		.to = {(unsigned char)(0xC0 | plain >> 6), (unsigned char)(0x80 | (plain & 0x3F))}};
}

/* U+0800..U+FFFF: quotes, dashes, kinds of nothing, and the letters of Vietnamese */
static struct piece
fold_three(const unsigned char *p)
{
	const unsigned c =
		(unsigned)(p[0] & 0x0F) << 12 | (unsigned)(p[1] & 0x3F) << 6 | (p[2] & 0x3F);
	if (c >= LATIN_MORE_FIRST && c < LATIN_MORE_FIRST + sizeof latin_more - 1)
		return plain_latin(p, 3, latin_more[c - LATIN_MORE_FIRST]);
	if ((c >= 0x200B && c <= 0x200D) || c == 0xFEFF)
		return (struct piece){.used = 3, .kind = KIND_NOTHING};
	if ((c >= 0x2000 && c <= 0x200A) || c == 0x2028 || c == 0x2029 || c == 0x202F ||
		c == 0x3000)
		return blank(3);
	if ((c >= 0x2010 && c <= 0x2015) || c == 0x2212)
		return one_byte(3, '-');
	if (c >= 0x2018 && c <= 0x201B)
		return one_byte(3, '\'');
	if (c >= 0x201C && c <= 0x201F)
		return one_byte(3, '"');
	return (struct piece){.used = 3, .len = 3, .to = {p[0], p[1], p[2]}};
}

/*
 * A byte that leads no sequence we know passes alone. That is enough, also for
 * longer sequences and for text that is not UTF-8: the bytes 80..BF never lead,
 * so no character is ever read from the middle of another.
 */
static struct piece
fold_one(const unsigned char *p, size_t left)
{
	const unsigned char c = p[0];
	if (c < 0x80)
		return ascii_is_space(c) ? blank(1) : one_byte(1, (unsigned)ascii_lower(c));
	if (c >= 0xC2 && c <= 0xDF && left >= 2 && continues(p[1]))
		return fold_two(p);
	if (c >= 0xE0 && c <= 0xEF && left >= 3 && continues(p[1]) && continues(p[2]))
		return fold_three(p);
	return one_byte(1, c);
}

/* U+3040..U+EFFF, which stay as they are: most of what is not Latin, and all of it long. */
static inline bool
is_cjk(const unsigned char *p, size_t left)
{
	return left >= 3 && p[0] >= 0xE3 && p[0] <= 0xEE && continues(p[1]) && continues(p[2]) &&
	       (p[0] > 0xE3 || p[1] > 0x80);
}

/* How many bytes at the head of these fold to one byte each: printable ASCII without two blanks
 * side by side. A NUL, as behind the end of a text, is none. */
static inline size_t
plain_run(struct lanes l, bool after_blank)
{
	const unsigned blanks = lanes_equal(l, ' ');
	const unsigned others = lanes_odd(l, ' ') | (blanks & (blanks << 1 | after_blank));
	return others == 0 ? LANES : lanes_first(others);
}

size_t
fold_text(struct str raw, char *out)
{
	size_t at = 0, n = 0;
	bool after_blank = true; /* as if: so no blank comes first */
	while (at < raw.len) {
		const size_t left = raw.len - at;
		const struct lanes l = lanes_next(raw.ptr + at, left);
		const size_t run = plain_run(l, after_blank);
		/* What is written never overtakes what is read: all 16 have room. */
		if (run == LANES)
			lanes_store(lanes_lower(l), out + n);
		else
			lanes_store_few(lanes_lower(l), out + n, run);
		at += run;
		n += run;
		if (run > 0)
			after_blank = out[n - 1] == ' ';
		if (run == LANES)
			continue;
		/* White space and what is no ASCII: they often come together. */
		while (at < raw.len) {
			const unsigned char c = (unsigned char)raw.ptr[at];
			if (c > ' ' && c < 0x80)
				break;
			if (ascii_is_space(c)) {
				at++;
				if (!after_blank)
					out[n++] = ' ';
				after_blank = true;
				continue;
			}
			if (is_cjk((const unsigned char *)raw.ptr + at, raw.len - at)) {
				memmove(out + n, raw.ptr + at, 3); /* `out` may be `raw` */
				at += 3;
				n += 3;
				after_blank = false;
				continue;
			}
			const struct piece piece =
				fold_one((const unsigned char *)raw.ptr + at, raw.len - at);
			at += piece.used;
			if (piece.kind == KIND_NOTHING || (piece.kind == KIND_BLANK && after_blank))
				continue;
			after_blank = piece.kind == KIND_BLANK;
			for (size_t i = 0; i < piece.len; i++)
				out[n++] = (char)piece.to[i];
		}
	}
	return n > 0 && after_blank ? n - 1 : n;
}

/* The way through a raw text, along its folded form. */
struct way {
	struct str raw;
	size_t from;       /* in the raw text: all before it was passed */
	size_t n;          /* so long it is when folded, without the blank that waits */
	size_t kept_to;    /* behind the last byte that was kept */
	size_t blank_from; /* where the blank begins that waits: it counts only when something
			      follows it, and precedes it */
	bool blank_waits;
};

/* Goes on to the place `at` of the folded text, which is not before an earlier one. */
static size_t
go_to(struct way *w, size_t at)
{
	while (w->from < w->raw.len) {
		const char *const p = w->raw.ptr + w->from;
		const size_t left = w->raw.len - w->from;
		if (!w->blank_waits && w->n < at) {
			size_t run = plain_run(lanes_next(p, left), w->n == 0);
			run = run < at - w->n ? run : at - w->n;
			if (run > 0 && p[run - 1] == ' ')
				run--; /* it may be the last thing in the text */
			w->n += run;
			w->from += run;
			if (run > 0) {
				w->kept_to = w->from;
				continue;
			}
		}
		const struct piece piece = fold_one((const unsigned char *)p, left);
		if (piece.kind == KIND_AS_IS) {
			if (w->blank_waits && at == w->n)
				return w->blank_from;
			w->n += w->blank_waits ? 1 : 0;
			w->blank_waits = false;
			if (at < w->n + piece.len)
				return w->from + (at - w->n);
			w->n += piece.len;
			w->kept_to = w->from + piece.used;
		} else if (piece.kind == KIND_BLANK && !w->blank_waits && w->n > 0) {
			w->blank_waits = true;
			w->blank_from = w->from;
		}
		w->from += piece.used;
	}
	return w->kept_to;
}

size_t
fold_origin(struct str raw, size_t at)
{
	struct way w = {.raw = raw};
	return go_to(&w, at);
}

struct str
fold_origin_words(struct str raw, size_t at, size_t len)
{
	struct way w = {.raw = raw};
	const size_t from = go_to(&w, at);
	return (struct str){raw.ptr + from, go_to(&w, at + len) - from};
}
