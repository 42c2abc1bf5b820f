/*
 * test_same - the same bytes give the same report, whatever was read before
 *
 * usage: test_same PATH...
 *
 * Each mail is read by a report of its own. Then one report reads all of them many times in a
 * random order, some of them cut, under a small limit, or as another kind of input in between.
 */
#include "../fuzz/message_check.h"
#include "../unit/tap.h"
#include "mails.h"
#include "random.h"

#define ROUNDS 4 /* so many times each mail is read again, on average */

static void
report_of(struct nixie_report *r, struct str text, struct buf *out)
{
	buf_clear(out);
	if (nixie_read(r, text.ptr, text.len, NIXIE_INPUT_ANY) != NIXIE_OK)
		return;
	check_json(r, true, out);
	check_page(r, out);
}

/* Something else in between: its report is of no interest. */
static void
disturb(struct nixie_report *r, struct str text, struct random *random)
{
	const enum nixie_input kind = (enum nixie_input)random_below(random, 3);
	nixie_report_limit(r, random_below(random, 2) == 0 ? random_below(random, 65536) + 1 : 0);
	if (nixie_read(r, text.ptr, random_below(random, text.len + 1), kind) != NIXIE_OK)
		nixie_report_limit(r, 0);
	nixie_report_limit(r, 0);
}

static uint64_t
hash_of(struct str s)
{
	uint64_t h = 14695981039346656037u;
	for (size_t i = 0; i < s.len; i++)
		h = (h ^ (unsigned char)s.ptr[i]) * 1099511628211u;
	return h;
}

int
main(int argc, char **argv)
{
	struct mails mails = {.list = NULL};
	struct random random = {1};
	struct buf out;
	size_t alone = 0, wrong = 0;
	buf_init(&out, CHECK_OUTPUT_BYTES);
	for (int i = 1; i < argc; i++)
		tap_ok(mails_add(&mails, argv[i]), "%s is there", argv[i]);
	uint64_t *const want = calloc(mails.count + 1, sizeof *want);
	struct nixie_report *const r = nixie_report_new();
	if (!tap_ok(mails.count > 0 && want != NULL && r != NULL, "there are mails"))
		return tap_done();
	for (size_t i = 0; i < mails.count; i++) {
		struct nixie_report *const own = nixie_report_new();
		report_of(own, mails.list[i].text, &out);
		alone += out.len > 0;
		want[i] = hash_of(buf_str(&out));
		nixie_report_free(own);
	}
	tap_is_int(alone, mails.count, "each mail read alone");
	for (size_t i = 0; i < mails.count * ROUNDS; i++) {
		const size_t at = random_below(&random, mails.count);
		if (random_below(&random, 4) == 0)
			disturb(r, mails.list[random_below(&random, mails.count)].text, &random);
		report_of(r, mails.list[at].text, &out);
		if (hash_of(buf_str(&out)) != want[at] && wrong++ < 10)
			tap_ok(false, "another report the second time: %s", mails.list[at].name);
	}
	tap_is_int(
		wrong, 0, "%zu mails, read %d times each in a random order", mails.count, ROUNDS);
	nixie_report_free(r);
	free(want);
	buf_fini(&out);
	mails_fini(&mails);
	return tap_done();
}
