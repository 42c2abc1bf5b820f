/* Rows of tables, names before addresses, and the last of many answers. */
#include "base/buf.h"
#include "judge/attempts.h"
#include "read/text_head.h"
#include "tap.h"

#include <stdio.h>

#define ARENA_LIMIT_BYTES ((size_t)1 << 20)

/* clang-format off */
static const struct row {
	struct str line, address, said; /* address: absent where it is no row */
} rows[] = {
	{STR_INIT("1\t550 5.1.1 no such user\ta@b.example\tAnna"), STR_INIT("a@b.example"), STR_INIT("550 5.1.1 no such user")},
	{STR_INIT("| 3 | <a@b.example> | 552 full |"), STR_INIT("a@b.example"), STR_INIT("552 full")},
	{STR_INIT("  9  10/18  10/26  a@b.example"), STR_INIT("a@b.example"), STR_INIT("")},
	{STR_INIT("2024-02-09 06:30   a@b.example"), STR_INIT("a@b.example"), STR_INIT("")},
	{STR_INIT("1  2  3  4  5  6  7  a@b.example"), STR_INIT("a@b.example"), STR_INIT("")},
	{STR_INIT("1  2  3  4  5  6  7  8  a@b.example"), {NULL, 0}, {NULL, 0}},
	{STR_INIT("a@b.example"), {NULL, 0}, {NULL, 0}},
	{STR_INIT("Anna  a@b.example"), {NULL, 0}, {NULL, 0}},
	{STR_INIT("1  a@b.example  c@d.example"), {NULL, 0}, {NULL, 0}},
	{STR_INIT("write to a@b.example"), {NULL, 0}, {NULL, 0}},
	{STR_INIT("550 no such user"), {NULL, 0}, {NULL, 0}},
	{STR_INIT(""), {NULL, 0}, {NULL, 0}},
};

static const struct named {
	struct str line, address;
} named[] = {
	{STR_INIT("Anna Holm, a@b.example"), STR_INIT("a@b.example")},
	{STR_INIT("\xC3\x85sa van der Holm Elf, <a@b.example>"), STR_INIT("a@b.example")},
	{STR_INIT("one two three four five six, a@b.example"), {NULL, 0}},
	{STR_INIT("From: Anna, a@b.example"), {NULL, 0}},
	{STR_INIT("c@d.example, a@b.example"), {NULL, 0}},
	{STR_INIT("Anna, and a@b.example"), {NULL, 0}},
	{STR_INIT(", a@b.example"), {NULL, 0}},
	{STR_INIT("Anna a@b.example"), {NULL, 0}},
};

/* What is left of a person's own words. */
static const struct answer {
	struct str in, want;
} answers[] = {
	{STR_INIT("421 4.3.2 busy\n450 4.7.1 greylisted\n550 5.1.1 no such user"), STR_INIT("550 5.1.1 no such user")},
	{STR_INIT("450 4.7.1 greylisted\n  550 no such user\n  -> final"), STR_INIT("550 no such user -> final")},
	{STR_INIT("550 5.1.1 no such user\n450 4.7.1 greylisted"), STR_INIT("550 5.1.1 no such user 450 4.7.1 greylisted")},
	{STR_INIT("450 4.7.1 greylisted\n550 5.1.1 no\n421 4.3.2 busy"), STR_INIT("450 4.7.1 greylisted 550 5.1.1 no 421 4.3.2 busy")},
	{STR_INIT("450 4.2.2 mailbox full\n554 5.4.7 took too long"), STR_INIT("450 4.2.2 mailbox full 554 5.4.7 took too long")},
	{STR_INIT("450 4.2.2 mailbox full\n550 it has been in the queue too long"), STR_INIT("450 4.2.2 mailbox full 550 it has been in the queue too long")},
	{STR_INIT("450 4.2.2 full, later (550 then)"), STR_INIT("450 4.2.2 full, later (550 then)")},
	{STR_INIT("550 5.1.1 no such user"), STR_INIT("550 5.1.1 no such user")},
};
/* clang-format on */

static void
test_rows(void)
{
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		const struct row *const r = &rows[i];
		struct str address = STR_NONE, said = STR_NONE;
		const bool is_row = text_row(r->line, true, &address, &said);
		const int len = (int)r->line.len;
		if (!tap_ok(is_row == str_is_set(r->address), "a row? %.*s", len, r->line.ptr) ||
			!is_row)
			continue;
		tap_is_str(address, r->address, "who: %.*s", len, r->line.ptr);
		tap_ok(str_eq(said, r->said), "what: %.*s", len, r->line.ptr);
	}
}

static void
test_names(void)
{
	for (size_t i = 0; i < sizeof named / sizeof *named; i++) {
		const struct named *const n = &named[i];
		struct str address = STR_NONE;
		const bool is_named = text_behind_name(n->line, &address);
		tap_ok(is_named == str_is_set(n->address) &&
				(!is_named || str_eq(address, n->address)),
			"behind a name: %.*s", (int)n->line.len, n->line.ptr);
	}
}

/* What attempts_decide() leaves of an answer. */
static struct str
decided(struct arena *a, struct str raw)
{
	const struct facts f = {.arena = a};
	struct scanned scan = {.text = STR_NONE};
	struct words w = {
		.raw = raw, .text = reply_join(raw, a), .voice = VOICE_OWN, .scan = &scan};
	struct person who = {.words = &w, .word_count = 1, .word_room = 1};
	attempts_decide(&f, &who);
	return who.words[0].text;
}

static void
test_answers(void)
{
	static char many[4096];
	struct arena a;
	arena_init(&a, ARENA_LIMIT_BYTES);
	for (size_t i = 0; i < sizeof answers / sizeof *answers; i++)
		tap_is_str(decided(&a, answers[i].in), answers[i].want, "decides: %.*s",
			(int)answers[i].want.len, answers[i].want.ptr);
	/* The first, and then as many as are looked at: the last of them still counts. */
	for (int i = 0; i < 64; i++)
		snprintf(many + strlen(many), sizeof many - strlen(many), "421 4.3.2 busy\n");
	snprintf(many + strlen(many), sizeof many - strlen(many), "550 5.1.1 no\n");
	tap_is_str(
		decided(&a, str_of(many)), STR("550 5.1.1 no"), "at the edge of what is looked at");
	memmove(many + 15, many, strlen(many) + 1);
	tap_ok(decided(&a, str_of(many)).len > 12, "one behind it is not");
	arena_fini(&a);
}

int
main(void)
{
	test_rows();
	test_names();
	test_answers();
	return tap_done();
}
