/* Letters in words of their own. */
#include "read/text_inside.h"

/* Do the catalogue's words in some line say that delivery failed or waits? */
static bool
is_told(const struct text_lines *lines)
{
	static const uint64_t telling = UINT64_C(1) << SIGN_FAILURE | UINT64_C(1) << SIGN_DELAY;
	for (size_t i = 0; i < lines->count; i++)
		if ((lines->list[i].signs & telling) != 0)
			return true;
	return false;
}

void
text_tell_as_letter(struct prose *p, struct arena *a)
{
	struct letter_sentences telling = {.list = NULL};
	if (is_told(&p->lines))
		return;
	p->letter = arena_alloc(a, 1, sizeof *p->letter);
	if (p->letter == NULL)
		return;
	struct letter *const l = p->letter;
	letter_read_telling(p->all, a, l, &telling);
	if (!letter_is_report(l))
		return;
	p->is_letter = true;
	const bool is_refused = reply_scan(str_head(p->all, LETTER_BYTES_MAX)).code / 100 == 5;
	p->letter_sign =
		letter_is_delay(l) && (l->is_delayed || !is_refused) ? SIGN_DELAY : SIGN_FAILURE;
	p->letter_words = l->words;
	p->speaks_of_mail = l->speaks_of_mail;
	size_t line = 0;
	for (size_t k = 0; k < telling.count; k++) {
		const struct str one = telling.list[k];
		if (!str_is_set(p->letter_words))
			p->letter_words = one;
		const struct text_line *const lines = p->lines.list;
		while (line < p->lines.count &&
			lines[line].raw.ptr + lines[line].raw.len <= one.ptr)
			line++;
		for (size_t i = line; i < p->lines.count && lines[i].raw.ptr < one.ptr + one.len;
			i++)
			p->lines.list[i].signs |= UINT64_C(1) << p->letter_sign;
	}
}
