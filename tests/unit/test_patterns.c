/*
 * The matcher, on a small catalogue of awkward patterns (tests/unit/patterns): by rows, and
 * against an obvious matcher that tries each pattern at each place.
 */
#include "base/fold.h"
#include "catalogue/patterns.h"
#include "tap.h"

#include <stdlib.h>
#include <time.h>

#define TEXT_BYTES 2048
#define NONE ((size_t)-1)

/* --- The obvious matcher --- */

struct reference {
	struct str pattern, text;
	bool ends_word;
	bool tried[128][TEXT_BYTES];
};

static bool
digit_at(struct str s, size_t at)
{
	return at < s.len && ascii_is_digit((unsigned char)s.ptr[at]);
}

static bool
word_at(struct str s, size_t at)
{
	return at < s.len && ascii_is_alnum((unsigned char)s.ptr[at]);
}

/* The nearest end of the pattern from `p` on, at `at` of the text; NONE when it does not match. */
static size_t
match(struct reference *r, size_t p, size_t at)
{
	if (p == r->pattern.len)
		return r->ends_word && word_at(r->text, at) ? NONE : at;
	if (r->tried[p][at]) /* and did not match, or there would be no second try */
		return NONE;
	r->tried[p][at] = true;
	char c = r->pattern.ptr[p];
	if (c == '*') {
		for (size_t wild = 0; wild <= PATTERN_WILD_BYTES && at + wild <= r->text.len;
			wild++) {
			const size_t end = match(r, p + 1, at + wild);
			if (end != NONE)
				return end;
		}
		return NONE;
	}
	if (c == '%') {
		size_t to = at;
		while (digit_at(r->text, to))
			to++;
		if (to == at || to - at > PATTERN_DIGIT_BYTES ||
			(at > 0 && digit_at(r->text, at - 1)))
			return NONE;
		return match(r, p + 2, to);
	}
	if (c == '\\')
		c = r->pattern.ptr[++p];
	return at < r->text.len && r->text.ptr[at] == c ? match(r, p + 1, at + 1) : NONE;
}

static size_t
match_from(struct str pattern, struct str text, size_t at, bool ends_word)
{
	static struct reference r;
	r.pattern = pattern;
	r.text = text;
	r.ends_word = ends_word;
	for (size_t p = 0; p < pattern.len; p++)
		memset(r.tried[p], 0, text.len + 1);
	return match(&r, 0, at);
}

static bool
has_anchor(struct str segment)
{
	size_t run = 0;
	for (size_t i = 0; i < segment.len; i++) {
		run = segment.ptr[i] == '%' ? 0 : run + 1;
		if (segment.ptr[i] == '%' || segment.ptr[i] == '\\')
			i++;
		if (run == 3)
			return true;
	}
	return false;
}

/* All that patterns_find() should say of one pattern, in order of the starts. */
static size_t
reference_find(struct str pattern, struct str text, struct pattern_hit *hits)
{
	bool starts_word = true, ends_word = true;
	size_t n = 0;
	if (pattern.ptr[0] == '*') {
		pattern = str_from(pattern, 1);
		starts_word = false;
	}
	if (pattern.ptr[pattern.len - 1] == '*' && pattern.ptr[pattern.len - 2] != '\\') {
		pattern.len--;
		ends_word = false;
	}
	starts_word = starts_word && (word_at(pattern, 0) || pattern.ptr[0] == '%');
	ends_word = ends_word && word_at(pattern, pattern.len - 1); /* the d of %d as well */
	const size_t star = str_find_char(pattern, '*', 0);
	const bool has_head = star != STR_NPOS && pattern.ptr[star - 1] != '\\' &&
			      !has_anchor(str_head(pattern, star));
	if (!has_head) {
		for (size_t at = 0; at < text.len; at++) {
			if (starts_word && at > 0 && word_at(text, at - 1))
				continue;
			const size_t end = match_from(pattern, text, at, ends_word);
			if (end != NONE)
				hits[n++] = (struct pattern_hit){
					.at = (uint32_t)at, .len = (uint32_t)(end - at)};
		}
		return n;
	}
	const struct str head = str_head(pattern, star), rest = str_from(pattern, star + 1);
	for (size_t at = 0; at < text.len; at++) {
		const size_t end = match_from(rest, text, at, ends_word);
		if (end == NONE)
			continue;
		for (size_t from = at; from-- > 0;) {
			const size_t head_end = match_from(head, text, from, false);
			if (head_end == NONE || head_end > at ||
				at - head_end > PATTERN_WILD_BYTES ||
				(starts_word && from > 0 && word_at(text, from - 1)))
				continue;
			bool known = false;
			for (size_t i = 0; i < n; i++)
				known = known || hits[i].at == from;
			if (!known)
				hits[n++] = (struct pattern_hit){
					.at = (uint32_t)from, .len = (uint32_t)(end - from)};
			break;
		}
	}
	return n;
}

/* --- Rows --- */

static int
phrase_of(const char *phrase)
{
	for (int i = 0; i < CATALOGUE_PHRASES; i++)
		if (str_eq(catalogue_text(catalogue_phrases[i].phrase), str_of(phrase)))
			return i;
	return -1;
}

/* The hits of one phrase as text: "at+len at+len ", in the order of the starts. */
static struct str
hits_of(int row, struct str text, char *out, size_t room)
{
	struct pattern_hit hits[64];
	const size_t n = patterns_find(text, PATTERN_PHRASE, hits, 64);
	size_t len = 0;
	for (size_t at = 0; at <= text.len; at++)
		for (size_t i = 0; i < n; i++)
			if (hits[i].row == row && hits[i].at == at)
				len += (size_t)snprintf(out + len, room - len, "%zu+%u ", at,
					(unsigned)hits[i].len);
	return (struct str){out, len};
}

/* `~` stands for 159 bytes of `.`, `&` for 100, `^` for one. */
static struct str
grown(const char *text, char *out)
{
	size_t n = 0;
	for (; *text != '\0'; text++) {
		const size_t times = *text == '~' ? 159 : *text == '&' ? 100 : 1;
		memset(out + n, strchr("~&^", *text) != NULL ? '.' : *text, times);
		n += times;
	}
	return (struct str){out, n};
}

static void
test_rows(void)
{
	/* These rows are too wide to be aligned. */
	/* clang-format off */
	static const struct {
		const char *name, *phrase, *text, *want;
	} rows[] = {
		{"the whole text", "no such user", "no such user", "0+12 "},
		{"in the middle", "no such user", "550 no such user here", "4+12 "},
		{"twice", "no such user", "no such user, no such user", "0+12 14+12 "},
		{"a longer word behind", "no such user", "no such username", ""},
		{"a digit behind", "no such user", "no such user1", ""},
		{"a longer word before", "no such user", "piano such user", ""},
		{"punctuation around", "no such user", "<no such user>", "1+12 "},
		{"a letter of another script behind", "no such user", "no such useré", "0+12 "},
		{"an underscore is no letter", "no such user", "_no such user_", "1+12 "},
		{"cut at the end", "no such user", "no such use", ""},
		{"case counts: the text is folded", "no such user", "No such user", ""},
		{"a leading * lifts the border", "*known host", "unknown host", "2+10 "},
		{"but only there", "*known host", "unknown hosts", ""},
		{"and needs nothing before it", "*known host", "known host", "0+10 "},
		{"a trailing * lifts the border", "blacklist*", "blacklisted", "0+9 "},
		{"but only there", "blacklist*", "xblacklisted", ""},
		{"both lifted", "*baa*", "abaab", "1+3 "},
		{"a number", "over %d bytes", "over 12345 bytes", "0+16 "},
		{"no number", "over %d bytes", "over  bytes", ""},
		{"a number of 32", "over %d bytes", "over 12345678901234567890123456789012 bytes", "0+43 "},
		{"a number of 33", "over %d bytes", "over 123456789012345678901234567890123 bytes", ""},
		{"a number first takes all of it", "%d messages queued", "1234 messages queued", "0+20 "},
		{"a number of 33 first", "%d messages queued", "123456789012345678901234567890123 messages queued", ""},
		{"a word before a number", "%d messages queued", "x1234 messages queued", ""},
		{"a point before a number", "%d messages queued", "1.234 messages queued", "2+19 "},
		{"a number last", "user number %d", "user number 12", "0+14 "},
		{"a word behind a number", "user number %d", "user number 12x", ""},
		{"two numbers", "code %d-%d here", "code 1-23 here code 4-5 here", "0+14 15+13 "},
		{"escaped %", "100\\% full", "100% full", "0+9 "},
		{"escaped *", "star\\*star", "star*star starxstar", "0+9 "},
		{"no border beside punctuation", "(full)", "x(full)x", "1+6 "},
		{"Cyrillic", "ящик переполнен", "ваш ящик переполнен!", "7+29 "},
		{"overlaps", "aba", "aba aba", "0+3 4+3 "},
		{"a * of nothing", "one * two * three * four", "one  two  three  four", "0+21 "},
		{"a * of 160", "abc*%dcc", "abc~^1cc", "0+166 "},
		{"a * of 161", "abc*%dcc", "abc~^^1cc", ""},
		{"two * of 160", "aaa*bbb*ccc", "aaa~^bbb~^ccc", "0+329 "},
		{"the second of 161", "aaa*bbb*ccc", "aaa~^bbb~^^ccc", ""},
		{"a later middle reaches further", "aaa*bbb*ccc", "aaa.bbb&bbb&ccc", "0+213 "},
		{"a middle out of reach", "aaa*bbb*ccc", "aaa.bbb~^bbb^ccc", ""},
		{"the nearest end", "aaa*bbb*ccc", "aaa bbb ccc ccc", "0+11 "},
		{"several starts, one end", "aaa*bbb*ccc", "aaa aaa bbb ccc", "0+15 4+11 "},
		{"an end that is no border, then one", "abc*c1c*cab", "abc c1c cabx cab", "0+16 "},
		{"a number right behind a *", "abc*%dcc", "abc12cc", "0+7 "},
		{"a number whose end would do", "abc*%dcc", "abc123456789012345678901234567890123cc", ""},
		{"a head", "<*> is unknown", "<joe@example.org> is unknown", "0+28 "},
		{"the nearest head", "<*> is unknown", "<<joe> is unknown", "1+16 "},
		{"no head", "<*> is unknown", "joe> is unknown", ""},
		{"a head 160 away", "<*> is unknown", "<~^> is unknown", "0+173 "},
		{"a head 161 away", "<*> is unknown", "<~^^> is unknown", ""},
		{"two ends of one head", "<*> is unknown", "<joe> is unknown> is unknown", "0+16 "},
		{"two heads", "<*> is unknown", "<joe> is unknown <jim> is unknown", "0+16 17+16 "},
		{"a head does not overlap", "ab*abc", "abc", ""},
		{"a head just before", "ab*abc", "ababc", "0+5 "},
		{"a head, and a blank", "ab*abc", "ab-abc", "0+6 "},
		{"a head with a number", "a%db*abcab", "a12b abcab", "0+10 "},
		{"a head with a long number", "a%db*abcab", "a123456789012345678901234567890123b abcab", ""},
		{"folded pattern", "Wide * “Space”  Here", "wide open \"space\" here", "0+22 "},
	};
	/* clang-format on */
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		char room[TEXT_BYTES], said[512];
		const int row = phrase_of(rows[i].phrase);
		const struct str text = grown(rows[i].text, room);
		const struct str got = hits_of(row, text, said, sizeof said);
		tap_is_str(got, str_of(rows[i].want), "%s: %s", rows[i].phrase, rows[i].name);
		if (row < 0)
			tap_ok(row >= 0, "there is a phrase %s", rows[i].phrase);
	}
}

static void
test_edges(void)
{
	struct pattern_hit hits[8];
	const struct str text = STR("no such user, no such user");
	tap_is_int(patterns_find(STR_NONE, ~0U, hits, 8), 0, "absent");
	tap_is_int(patterns_find(STR(""), ~0U, hits, 8), 0, "empty");
	tap_is_int(patterns_find(STR("no"), ~0U, hits, 8), 0, "two bytes");
	tap_is_int(patterns_find(STR("aba"), ~0U, hits, 8), 1, "three bytes");
	tap_is_int(patterns_find(text, ~0U, hits, 8), 6, "two places, three tables");
	tap_is_int(patterns_find(text, PATTERN_PHRASE, hits, 8), 2, "only phrases");
	tap_is_int(hits[1].table, PATTERN_PHRASE, "the table of a hit");
	tap_is_int(patterns_find(text, PATTERN_SIGN, hits, 8), 2, "only signs");
	tap_is_int(hits[1].row, 0, "the row of a hit");
	tap_is_int(patterns_find(text, PATTERN_GENERATOR, hits, 8), 2, "only generators");
	tap_is_int(hits[0].row, 1, "not the one that is only `*`");
	tap_is_int(patterns_find(text, PATTERN_SIGN | PATTERN_GENERATOR, hits, 8), 4, "two tables");
	tap_is_int(patterns_find(text, PATTERN_PROVIDER_CODE, hits, 8), 0, "a table without rows");
	tap_is_int(patterns_find(text, 0, hits, 8), 0, "no table");
	static const struct {
		enum where where;
		int signs, generators, more; /* of "no such user", twice; of two rows more */
	} places[] = {{WHERE_TEXT, 2, 0, 1}, {WHERE_SUBJECT, 2, 2, 2}, {WHERE_REPLY, 0, 0, 1},
		{WHERE_FROM, 0, 0, 0}, {WHERE_HEADER, 0, 0, 1}};
	for (size_t i = 0; i < sizeof places / sizeof *places; i++) {
		const unsigned in = PATTERN_IN(places[i].where);
		tap_is_int(patterns_find(text, PATTERN_SIGN | in, hits, 8), places[i].signs,
			"signs that count in text %d", places[i].where);
		tap_is_int(patterns_find(text, PATTERN_GENERATOR | in, hits, 8),
			places[i].generators, "generators");
		tap_is_int(patterns_find(STR("only subject, anywhere at all"), PATTERN_SIGN | in,
				   hits, 8),
			places[i].more, "and others");
		tap_is_int(patterns_find(text, PATTERN_PHRASE | in, hits, 8), 2,
			"phrases are looked for everywhere");
	}
	tap_is_int(patterns_find(text,
			   PATTERN_SIGN | PATTERN_GENERATOR | PATTERN_IN(WHERE_REPLY) |
				   PATTERN_IN(WHERE_TEXT),
			   hits, 8),
		2, "in one text or another");
	tap_is_int(patterns_find(text, PATTERN_PHRASE, hits, 2), 2, "room for all");
	tap_is_int(patterns_find(text, PATTERN_PHRASE, hits, 1), 1, "room for one");
	tap_is_int(patterns_find(text, PATTERN_PHRASE, hits, 0), 0, "room for none");
	tap_is_int(
		patterns_find(STR("\0no such user\0"), PATTERN_SIGN, hits, 8), 1, "between NULs");
	tap_is_int(
		patterns_find(STR("aaa\0bbb\0ccc"), PATTERN_PHRASE, hits, 8), 1, "a * over a NUL");
}

/* --- At random --- */

static uint32_t random_state = 1;

static unsigned
random_below(unsigned n)
{
	random_state = random_state * 1664525 + 1013904223;
	return (random_state >> 8) % n;
}

/* Pieces of the patterns, single letters of theirs, and gaps near the reach of `*`. */
static size_t
random_text(char *out)
{
	size_t n = 0;
	const unsigned letters = 1 + random_below(40);
	for (unsigned left = random_below(60); left > 0; left--) {
		const unsigned kind = random_below(100);
		if (n > TEXT_BYTES - 400)
			break;
		if (kind < letters) {
			out[n++] = "abc1<> a2-"[random_below(10)];
		} else if (kind < 97) {
			const struct str phrase = catalogue_text(
				catalogue_phrases[random_below(CATALOGUE_PHRASES)].phrase);
			const size_t from =
				random_below(3) == 0 ? random_below((unsigned)phrase.len) : 0;
			const size_t len = random_below(3) == 0
						   ? random_below((unsigned)(phrase.len - from) + 1)
						   : phrase.len - from;
			for (size_t i = from; i < from + len; i++) {
				const char c = phrase.ptr[i];
				if (c == '\\')
					continue;
				if (i > 0 && phrase.ptr[i - 1] == '\\') {
					out[n++] = c;
					continue;
				}
				out[n++] = c == '%' || c == '*' ? "17 "[random_below(3)] : c;
				if (c == '%')
					i++; /* the d */
			}
		} else {
			for (unsigned i = 155 + random_below(8); i > 0; i--)
				out[n++] = '.';
		}
	}
	return fold_text((struct str){out, n}, out);
}

static int
by_start(const void *a, const void *b)
{
	const struct pattern_hit *const x = a, *const y = b;
	return x->at != y->at ? (x->at > y->at) - (x->at < y->at)
			      : (x->len > y->len) - (x->len < y->len);
}

static bool
same_hits(struct str text, int row, struct str pattern, const struct pattern_hit *all, size_t n_all,
	size_t *found)
{
	struct pattern_hit want[TEXT_BYTES], got[TEXT_BYTES];
	const size_t n_want = reference_find(pattern, text, want);
	size_t n_got = 0;
	for (size_t i = 0; i < n_all; i++)
		if (all[i].row == row)
			got[n_got++] = all[i];
	qsort(want, n_want, sizeof *want, by_start);
	qsort(got, n_got, sizeof *got, by_start);
	bool same = n_want == n_got;
	for (size_t i = 0; same && i < n_got; i++)
		same = want[i].at == got[i].at && want[i].len == got[i].len;
	*found += n_want;
	if (same)
		return true;
	tap_show("pattern", pattern);
	tap_show("text", text);
	for (size_t i = 0; i < n_want; i++)
		printf("# want %u+%u\n", (unsigned)want[i].at, (unsigned)want[i].len);
	for (size_t i = 0; i < n_got; i++)
		printf("#  got %u+%u\n", (unsigned)got[i].at, (unsigned)got[i].len);
	return false;
}

static void
test_random(void)
{
	static size_t found[CATALOGUE_PHRASES];
	static struct pattern_hit hits[1 << 16];
	bool same = true, in_order = true;
	for (int round = 0; same && round < 3000; round++) {
		char room[TEXT_BYTES];
		const size_t len = random_text(room);
		char *const exact = malloc(len > 0 ? len : 1);
		if (exact == NULL)
			abort();
		memcpy(exact, room, len);
		const struct str text = {exact, len};
		const size_t n =
			patterns_find(text, PATTERN_PHRASE, hits, sizeof hits / sizeof *hits);
		for (size_t i = 1; i < n; i++)
			in_order = in_order && (hits[i - 1].at < hits[i].at ||
						       (hits[i - 1].at == hits[i].at &&
							       hits[i - 1].row < hits[i].row));
		for (int row = 0; same && row < CATALOGUE_PHRASES; row++) {
			const struct str phrase = catalogue_text(catalogue_phrases[row].phrase);
			char pattern[256];
			const size_t pattern_len = fold_text(phrase, pattern);
			same = same_hits(text, row, (struct str){pattern, pattern_len}, hits, n,
				&found[row]);
		}
		free(exact);
	}
	tap_ok(same, "patterns_find finds what the obvious matcher finds");
	tap_ok(in_order, "in the order of their beginnings, then of the rows");
	for (int row = 0; row < CATALOGUE_PHRASES; row++) {
		const struct str phrase = catalogue_text(catalogue_phrases[row].phrase);
		tap_ok(found[row] > 0, "%.*s: %zu times in the random texts", (int)phrase.len,
			phrase.ptr, found[row]);
	}
}

/* Texts made to be expensive: twice the text may cost twice the time, not four times. */
static void
test_hostile(void)
{
	static const char *const units[] = {"aaa", "aaa bbb ", "one two three ", "cab a b ", "<",
		"<><<<1><a ", "abc ", "ab abc", "1", "1 messages queued", "11111111 ", "c <1><a",
		"<> is unknown", "b1b a1c "};
	static struct pattern_hit hits[1 << 20];
	const size_t size = 2 * 1000 * 1000;
	char *const text = malloc(size);
	if (text == NULL)
		abort();
	for (size_t u = 0; u < sizeof units / sizeof *units; u++) {
		const size_t len = strlen(units[u]);
		for (size_t at = 0; at + len <= size; at += len)
			memcpy(text + at, units[u], len);
		const clock_t begin = clock();
		const size_t n =
			patterns_find((struct str){text, size - size % len}, ~0U, hits, 1 << 20);
		const double seconds = (double)(clock() - begin) / CLOCKS_PER_SEC;
		tap_ok(seconds < 20, "2 MB of \"%s\": %zu hits", units[u], n);
		printf("# %.2f s\n", seconds);
	}
	free(text);
}

int
main(void)
{
	test_rows();
	test_edges();
	test_random();
	test_hostile();
	return tap_done();
}
