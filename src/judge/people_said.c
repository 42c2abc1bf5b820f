/* What the prose and the dialogue say to each of the people. */
#include "judge/people_inside.h"

#include "read/address.h"
#include "read/text_head.h"

void
people_give_prose(const struct facts *f, struct people *p, const struct people_index *ix)
{
	for (size_t i = 0; i < f->prose.count; i++) {
		const struct block *const b = &f->prose.blocks[i];
		if (b->naming < NAMING_SENTENCE)
			continue;
		struct person *const who = people_like(p, ix, b->address);
		if (who == NULL)
			continue;
		if (b->original.len > 0 && who->original.len == 0 &&
			!str_eq_case(b->original, who->recipient))
			who->original = b->original;
		/* A sentence that names somebody is the report's, not the server's; so is what
		 * stands below it, unless each one has a paragraph of his own. */
		const bool is_reports = b->naming == NAMING_SENTENCE ||
					(b->naming == NAMING_OBJECT && p->count == 1);
		people_say(
			f, p, who, b->own, is_reports && f->is_message ? VOICE_AFTER : VOICE_OWN);
		people_say(f, p, who, b->after, VOICE_AFTER);
	}
}

void
people_note_fates(const struct facts *f, struct people *p, const struct people_index *ix)
{
	size_t delayed = 0, failed = 0, delivered = 0;
	for (size_t i = 0; i < f->prose.count; i++) {
		const struct block *const b = &f->prose.blocks[i];
		if (b->naming >= NAMING_OBJECT)
			*(b->is_delivered ? &delivered : b->is_delayed ? &delayed : &failed) += 1;
	}
	const bool is_mixed = failed > 0 ? delayed + delivered > 0 : delayed > 0 && delivered > 0;
	for (size_t i = 0; is_mixed && i < f->prose.count; i++) {
		const struct block *const b = &f->prose.blocks[i];
		struct person *const who =
			b->naming >= NAMING_OBJECT ? people_like(p, ix, b->address) : NULL;
		if (who == NULL)
			continue;
		/* The first place tells; what is repeated below for administrators need not. */
		who->is_delivered = who->is_delivered || b->is_delivered;
		who->is_delayed = b->is_delayed && !who->is_delivered;
	}
}

static bool
is_refusal(struct str reply)
{
	return reply.len >= 3 && (reply.ptr[0] == '4' || reply.ptr[0] == '5') &&
	       ascii_is_digit((unsigned char)reply.ptr[1]);
}

/* Who had a line of the transcript before that answer came, "<a@b>... Deferred: Connection
 * refused", and is not meant by it. */
static void
note_settled(
	const struct facts *f, struct people *p, const struct people_index *ix, struct str answer)
{
	for (size_t i = 0; i < f->prose.count && f->prose.blocks[i].address.ptr < answer.ptr; i++) {
		const struct block *const b = &f->prose.blocks[i];
		struct person *const who =
			str_starts(b->own, STR("...")) ? people_like(p, ix, b->address) : NULL;
		if (who != NULL)
			who->is_settled = true;
	}
}

/* A command whose refusal ends nothing: the client does without. */
static bool
goes_on_behind(struct str command)
{
	static const struct str verbs[] = {
		STR_INIT("STARTTLS"), STR_INIT("EHLO"), STR_INIT("HELO"), STR_INIT("AUTH")};
	for (size_t i = 0; i < sizeof verbs / sizeof *verbs; i++)
		if (str_starts_case(command, verbs[i]))
			return true;
	return false;
}

/* "452 try later" of the first host, and "552 too big" of the one that was asked next: the last one
 * decided. */
static bool
is_overruled(const struct person *who, const struct exchange *common)
{
	const struct words *const w = who->word_count > 0 ? who->words : NULL;
	for (size_t i = 0; w != NULL && i < who->word_count; i++)
		if (w[i].voice == VOICE_REPLY)
			return w[i].raw.ptr[0] == '4' && common->reply.ptr[0] == '5' &&
			       w[i].raw.ptr < common->reply.ptr && str_is_set(who->host) &&
			       str_is_set(common->host) && !str_eq_case(who->host, common->host);
	return false;
}

/* Puts the answer that decided in place of the one before, which is forgotten. */
static void
overrule(const struct facts *f, struct people *p, struct person *who, struct str reply)
{
	size_t kept = 0;
	for (size_t i = 0; i < who->word_count; i++)
		if (who->words[i].voice != VOICE_REPLY && who->words[i].voice != VOICE_OWN)
			who->words[kept++] = who->words[i];
	who->word_count = kept;
	people_say(f, p, who, reply, VOICE_REPLY);
	if (who->word_count == kept + 1) {
		const struct words last = who->words[kept];
		memmove(who->words + 1, who->words, kept * sizeof last);
		who->words[0] = last;
	}
}

/* "550 5.1.1 <c@d>... User unknown": does the answer begin with somebody's address? */
static bool
begins_with_other(struct str reply)
{
	struct status s;
	struct str rest = str_trim(str_from(reply, 3)), address, tail;
	rest = str_trim(str_from(rest, status_parse(rest, &s)));
	return rest.len > 0 && rest.ptr[0] == '<' && text_head(rest, &address, &tail);
}

void
people_give_dialogue(
	const struct facts *f, struct people *p, const struct people_index *ix, bool is_failure)
{
	const struct exchange *common = NULL;
	for (size_t i = 0; i < f->prose.exchange_count; i++) {
		const struct exchange *const e = &f->prose.dialogue[i];
		if (!is_refusal(e->reply))
			continue;
		struct person *who = NULL;
		size_t at = 0;
		struct str named;
		if (str_starts_case(e->command, STR("RCPT TO:")))
			who = people_like(p, ix, address_clean(str_from(e->command, 8)));
		while (who == NULL && str_is_set(named = address_next(e->reply, &at)))
			who = people_like(p, ix, named);
		if (who == NULL) {
			/* What still waits was not refused for good; another was. */
			if (!is_failure && e->reply.ptr[0] == '5' && begins_with_other(e->reply))
				continue;
			if (common == NULL || goes_on_behind(common->command))
				common = e;
			continue;
		}
		people_say(f, p, who, e->reply, VOICE_REPLY);
		if (!str_is_set(who->command))
			who->command = e->command;
		if (!str_is_set(who->host))
			who->host = e->host;
	}
	if (common != NULL && p->count > 1)
		note_settled(f, p, ix, common->reply);
	for (size_t i = 0; common != NULL && i < p->count; i++) {
		struct person *const who = &p->list[i];
		const bool is_last = is_failure && is_overruled(who, common);
		if ((str_is_set(who->command) && !is_last) || who->is_settled)
			continue;
		if (is_last)
			overrule(f, p, who, common->reply);
		else
			people_say(f, p, who, common->reply, VOICE_REPLY);
		who->command = common->command;
		who->host = common->host;
	}
}

void
people_say_prose(const struct facts *f, struct people *p)
{
	struct person *const who = &p->list[0];
	if (f->dsn.count > 0)
		people_say(f, p, who, f->dsn.recipients[0].diagnostic, VOICE_DIAGNOSTIC);
	for (size_t i = 0; i < f->prose.exchange_count && who->word_count < 2; i++)
		if (is_refusal(f->prose.dialogue[i].reply)) {
			people_say(f, p, who, f->prose.dialogue[i].reply, VOICE_REPLY);
			who->command = f->prose.dialogue[i].command;
			who->host = f->prose.dialogue[i].host;
		}
	/* Without a header it is a reply or a paste: all of it is what the server said. */
	people_say(f, p, who, f->prose.all, f->is_message ? VOICE_PROSE : VOICE_OWN);
}
