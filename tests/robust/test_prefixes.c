/*
 * test_prefixes - mails that end anywhere: every prefix of fifty
 *
 * usage: test_prefixes PATH...
 *
 * Each prefix lies in memory of its own size, so that the sanitizers and valgrind see a read one
 * byte too far. One report reads them all.
 */
#include "../fuzz/message_check.h"
#include "../unit/tap.h"
#include "mails.h"

#define MAILS 50
#define MAIL_BYTES ((size_t)4096) /* of larger ones, the first */
#define WRITE_EVERY 16            /* prefixes; writing costs more than reading */

static size_t
read_prefixes(struct nixie_report *r, struct str mail, struct buf *out)
{
	size_t read = 0;
	for (size_t n = 0; n <= mail.len; n++) {
		const struct str prefix = fuzz_copy((const uint8_t *)mail.ptr, n);
		read += nixie_read(r, prefix.ptr, prefix.len, NIXIE_INPUT_ANY) == NIXIE_OK;
		check_report(r, prefix);
		buf_clear(out);
		if (n % WRITE_EVERY == 0)
			check_json(r, true, out);
		free((void *)(uintptr_t)prefix.ptr);
	}
	return read;
}

int
main(int argc, char **argv)
{
	struct mails mails = {.list = NULL};
	struct nixie_report *const r = nixie_report_new();
	struct buf out;
	buf_init(&out, CHECK_OUTPUT_BYTES);
	for (int i = 1; i < argc; i++)
		tap_ok(mails_add(&mails, argv[i]), "%s is there", argv[i]);
	tap_ok(r != NULL && mails.count >= MAILS, "there are fifty mails");
	/* Spread over all of them. */
	for (size_t i = 0; r != NULL && i < MAILS && mails.count >= MAILS; i++) {
		const struct mail *const m = &mails.list[i * mails.count / MAILS];
		const struct str text = str_head(m->text, MAIL_BYTES);
		tap_is_int(
			read_prefixes(r, text, &out), text.len + 1, "all prefixes of %s", m->name);
	}
	nixie_report_free(r);
	buf_fini(&out);
	mails_fini(&mails);
	return tap_done();
}
