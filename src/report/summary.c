#include "report/summary.h"

#include "explain/fill.h"
#include "read/header.h"
#include "report/inside.h"
#include "report/letter.h"
#include "report/mailtext.h"

#define SUBJECT_SHOWN_BYTES 60

static struct str
sentence(const struct summary_facts *f, const char *key, uint64_t n, struct arena *a)
{
	char digits[STR_DIGITS_MAX];
	const struct fill facts = {
		.n = str_digits((int64_t)n, digits), .ours = draft_host(f->hostname)};
	return fill_key(str_of(key), &facts, f->lang, a);
}

/* "no such mailbox: Lunch on Friday? (7K2M9QX1ABCDE)" */
static struct str
item_line(const struct summary_facts *f, const struct summary_item *i, struct arena *a)
{
	const struct str subject =
		str_head_text(str_trim(header_text(i->subject, a)), SUBJECT_SHOWN_BYTES);
	struct str line =
		catalogue_sentence(f->lang, arena_join(a, STR("reason."), i->reason, STR("")));
	if (line.len == 0)
		line = catalogue_sentence(f->lang, STR("reason.unknown"));
	if (subject.len > 0)
		line = arena_join(a, line, STR(": "), subject);
	line = arena_join(a, line, STR(" ("), i->about);
	return arena_join(a, line, STR(")"), STR(""));
}

bool
summary_write(const struct summary_facts *f, struct arena *a, struct buf *out)
{
	struct sheet s = {.arena = a};
	struct letter l = {.arena = a,
		.hostname = draft_host(f->hostname),
		.postmaster = mail_clean(f->postmaster, DRAFT_ADDRESS_BYTES_MAX, a),
		.to = mail_clean(f->to, DRAFT_ADDRESS_BYTES_MAX, a),
		.id = f->id,
		.now_ms = f->now_ms,
		.lang = f->lang};
	const struct str subject = sentence(f, "bounce.digest_subject", f->count, a);
	if (l.postmaster.len == 0)
		l.postmaster = arena_join(a, STR("postmaster@"), l.hostname, STR(""));
	sheet_add(&s, BLOCK_HEADLINE, subject);
	sheet_add(&s, BLOCK_PARAGRAPH, sentence(f, "bounce.digest_intro", f->count, a));
	for (size_t i = 0; i < f->count && i < SUMMARY_SHOWN_MAX; i++)
		sheet_fact(&s, f->items[i].rcpt, item_line(f, &f->items[i], a));
	if (f->count > SUMMARY_SHOWN_MAX)
		sheet_add(&s, BLOCK_PARAGRAPH,
			sentence(f, "label.more", f->count - SUMMARY_SHOWN_MAX, a));
	sheet_add(&s, BLOCK_LINE, STR(""));
	sheet_add(&s, BLOCK_PARAGRAPH, sentence(f, "bounce.ask", 0, a));
	letter_head(&l, subject, STR_NONE, out);
	letter_words(&l, &s, out);
	return !buf_failed(out) && !arena_failed(a);
}
