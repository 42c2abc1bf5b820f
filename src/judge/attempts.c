#include "judge/attempts.h"

#define ATTEMPTS_MAX 64 /* answers that are looked at */
#define TAIL_BYTES 200  /* of an answer, which tell whether it only says that time ran out */

/* Does this answer say no, and not just that it took too long? */
static bool
is_final(struct str text, const struct reply *r)
{
	return r->code / 100 == 5 && r->is_sure &&
	       (r->status.class == 5 || (r->at > 0 && reply_begins_line(text, r->at))) &&
	       !(r->status.subject == 4 && r->status.detail == 7) &&
	       !sign_in(str_head(str_from(text, r->at), TAIL_BYTES), SIGN_EXPIRED, NULL);
}

/* Where the last answer begins, if it says no for good; STR_NPOS otherwise. */
static size_t
final_answer(struct str text, size_t from)
{
	size_t last = STR_NPOS;
	for (int tries = 0; tries < ATTEMPTS_MAX; tries++) {
		struct reply r = reply_scan(str_from(text, from));
		if (r.code == 0)
			break;
		r.at += from;
		if (is_final(text, &r))
			last = r.at;
		else if (r.is_sure && r.code / 100 == 4)
			last = STR_NPOS;
		from = r.at + 3;
	}
	return last;
}

bool
attempts_end(struct str text)
{
	return final_answer(text, 0) != STR_NPOS;
}

void
attempts_decide(const struct facts *f, struct person *who)
{
	bool has_answer = false;
	for (size_t i = 0; i < who->word_count; i++) {
		struct words *const w = &who->words[i];
		/* It may be about the others; and where a server's own words are there, they
		 * decide. */
		if (w->voice > VOICE_OWN && (who->is_one_of_many || has_answer))
			return;
		const struct reply first = facts_reply(f, w->raw);
		has_answer = has_answer || first.is_sure;
		if (first.code / 100 != 4 || !first.is_sure)
			continue;
		const size_t at = final_answer(w->raw, first.at + 3);
		struct scanned *const scan =
			at == STR_NPOS ? NULL : arena_alloc(f->arena, 1, sizeof *scan);
		if (scan == NULL)
			continue;
		w->raw = str_from(w->raw, at);
		w->text = reply_join(w->raw, f->arena);
		w->scan = scan;
	}
}
