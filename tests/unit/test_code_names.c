/* test_code_names - each code is found by the names that lists of codes give it */
#include "catalogue/catalogue.h"
#include "explain/code_find.h"
#include "tap.h"

static struct arena arena;

static bool
finds(struct str name, enum code_kind kind, size_t row)
{
	struct code_answer answer;
	arena_reset(&arena);
	code_find(name, &arena, &answer);
	for (size_t i = 0; i < answer.count; i++)
		if (answer.list[i].kind == kind && answer.list[i].row == row)
			return true;
	return false;
}

static void
check(struct text name, enum code_kind kind, size_t row)
{
	const struct str s = catalogue_text(name);
	if (s.len > 0)
		tap_ok(finds(s, kind, row), "%.*s", (int)s.len, s.ptr);
}

int
main(void)
{
	arena_init(&arena, 1 << 20);
	for (size_t i = 0; i < CATALOGUE_REPLIES; i++) {
		check(catalogue_replies[i].name, ENTRY_REPLY, i);
		check(catalogue_replies[i].other_name, ENTRY_REPLY, i);
	}
	for (size_t i = 0; i < CATALOGUE_ENHANCED; i++) {
		check(catalogue_enhanced[i].name, ENTRY_ENHANCED, i);
		check(catalogue_enhanced[i].other_name, ENTRY_ENHANCED, i);
	}
	for (size_t i = 0; i < CATALOGUE_CODE_DIGITS; i++) {
		check(catalogue_code_digits[i].name, ENTRY_DIGIT, i);
		check(catalogue_code_digits[i].other_name, ENTRY_DIGIT, i);
	}
	struct code_answer answer;
	code_find(STR("mailbox FULL!"), &arena, &answer);
	tap_ok(answer.count > 0, "however it is written");
	code_find(STR("()"), &arena, &answer);
	tap_is_int(answer.count, 0, "no letters are no name");
	code_find(STR("Mailbox"), &arena, &answer);
	bool has_code = false;
	for (size_t i = 0; i < answer.count; i++)
		has_code |= answer.list[i].kind == ENTRY_ENHANCED;
	tap_ok(!has_code, "a part of a name is none");
	code_find(STR("pbl.spamhaus.org"), &arena, &answer);
	tap_ok(answer.count == 1 && answer.list[0].kind == ENTRY_BLOCKLIST &&
			str_eq(catalogue_text(catalogue_blocklists[answer.list[0].row].name),
				STR("Spamhaus PBL")),
		"one list by its zone, and not all of its house");
	code_find(STR("spamhaus"), &arena, &answer);
	tap_ok(answer.count >= 1, "its house by its name");
	arena_fini(&arena);
	return tap_done();
}
