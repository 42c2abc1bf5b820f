#include "report/summary.h"

#include "explain/explain.h"
#include "explain/fill.h"
#include "read/header.h"
#include "report/inside.h"
#include "report/mailtext.h"
#include "report/sheet.h"

#define SUBJECT_SHOWN_BYTES 60

static struct str
sentence(const struct draft *d, const char *key, uint64_t n)
{
	char digits[STR_DIGITS_MAX];
	const struct fill facts = {.n = str_digits((int64_t)n, digits), .ours = d->hostname};
	return fill_key(str_of(key), &facts, d->facts->lang, d->arena);
}

/* "no such mailbox: Lunch on Friday? (7K2M9QX1ABCDE)" */
static struct str
item_line(const struct draft *d, const struct draft_recipient *r, struct str subject)
{
	struct arena *const a = d->arena;
	const enum lang lang = d->facts->lang;
	const struct str shown =
		str_head_text(str_trim(header_text(subject, a)), SUBJECT_SHOWN_BYTES);
	struct str line = catalogue_sentence(
		lang, arena_join(a, STR("reason."), str_in(r->outcome.reason), STR("")));
	if (line.len == 0)
		line = catalogue_sentence(lang, STR("reason.unknown"));
	if (shown.len > 0)
		line = arena_join(a, line, STR(": "), shown);
	line = arena_join(a, line, STR(" ("), r->given->about);
	return arena_join(a, line, STR(")"), STR(""));
}

static void
words(const struct draft *d, const struct summary_facts *f, struct str subject, struct sheet *s)
{
	sheet_add(s, BLOCK_HEADLINE, subject);
	sheet_add(s, BLOCK_PARAGRAPH, sentence(d, "bounce.digest_intro", f->count));
	for (size_t i = 0; i < f->count && i < SUMMARY_SHOWN_MAX; i++)
		sheet_fact(
			s, d->recipients[i].final, item_line(d, &d->recipients[i], f->subjects[i]));
	if (f->count > SUMMARY_SHOWN_MAX)
		sheet_add(s, BLOCK_PARAGRAPH,
			sentence(d, "label.more", f->count - SUMMARY_SHOWN_MAX));
	sheet_add(s, BLOCK_LINE, STR(""));
	sheet_add(s, BLOCK_PARAGRAPH, sentence(d, "bounce.ask", 0));
}

bool
summary_write(const struct summary_facts *f, struct arena *a, struct buf *out)
{
	const struct report_facts facts = {.hostname = f->hostname,
		.postmaster = f->postmaster,
		.id = f->id,
		.about = STR(""),
		.to = f->to,
		.now_ms = f->now_ms,
		.lang = f->lang,
		.sender = f->to,
		.envelope_id = STR_NONE,
		.client = STR_NONE,
		.original = STR(""),
		.recipients = f->recipients,
		.recipient_count = f->count};
	struct draft d = {.facts = &facts, .arena = a};
	struct sheet s = {.arena = a};
	if (!draft_make(&d))
		return false;
	const struct str subject = sentence(&d, "bounce.digest_subject", f->count);
	words(&d, f, subject, &s);
	return draft_write(&d, subject, &s, false, out);
}
