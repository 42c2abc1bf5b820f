/* The list of people: each once, found by address, with what was said to it. */
#include "judge/people_inside.h"

#include "base/charset.h"
#include "read/address.h"

#define FIRST_WORDS 2

static uint32_t
address_hash(struct str s)
{
	uint32_t h = 2166136261u;
	for (size_t i = 0; i < s.len; i++)
		h = (h ^ (uint32_t)ascii_lower((unsigned char)s.ptr[i])) * 16777619u;
	return h;
}

struct person *
people_find(const struct people_index *ix, struct people *p, struct str address)
{
	if (ix->size == 0 || ix->slots == NULL)
		return NULL;
	for (size_t i = address_hash(address) & (ix->size - 1); ix->slots[i] != 0;
		i = (i + 1) & (ix->size - 1))
		if (str_eq_case(p->list[ix->slots[i] - 1].recipient, address))
			return &p->list[ix->slots[i] - 1];
	return NULL;
}

static void
index_put(struct people_index *ix, const struct people *p, size_t at)
{
	if (ix->slots == NULL)
		return;
	size_t i = address_hash(p->list[at].recipient) & (ix->size - 1);
	for (; ix->slots[i] != 0; i = (i + 1) & (ix->size - 1))
		if (str_eq_case(p->list[ix->slots[i] - 1].recipient, p->list[at].recipient))
			return; /* the first keeps the place, or many without a name cost their
				   square */
	ix->slots[i] = (uint32_t)at + 1;
}

struct person *
people_add(const struct facts *f, struct people *p, struct people_index *ix, struct str address,
	const char *by)
{
	p->is_many = p->is_many || p->count == RECIPIENTS_MAX;
	if (p->count == RECIPIENTS_MAX)
		return NULL;
	struct person *const list = arena_more(f->arena, p->list, p->count, &p->room, sizeof *list);
	if (list == NULL)
		return NULL;
	p->list = list;
	struct person *const new = &list[p->count++];
	*new = (struct person){.recipient = address, .named_by = by};
	if (p->count * 2 > ix->size) {
		ix->size = ix->size == 0 ? 16 : ix->size * 4;
		ix->slots = arena_alloc(f->arena, ix->size, sizeof *ix->slots);
		if (ix->slots == NULL) {
			ix->size = 0;
			return new;
		}
		for (size_t i = 0; i < p->count; i++)
			index_put(ix, p, i);
	} else {
		index_put(ix, p, p->count - 1);
	}
	return new;
}

/* Few say more than two things, and there may be 100,000 people. */
static bool
has_room_for_words(const struct facts *f, struct person *who)
{
	if (who->word_count < who->word_room)
		return true;
	const size_t room = who->word_room == 0 ? FIRST_WORDS : WORDS_MAX;
	struct words *const words = arena_alloc(f->arena, room, sizeof *words);
	if (words == NULL)
		return false;
	if (who->word_count > 0)
		memcpy(words, who->words, who->word_count * sizeof *words);
	who->words = words;
	who->word_room = room;
	return true;
}

/* The same words are often said to many: they are joined, and searched, once. */
static struct words
words_of(const struct facts *f, const struct people *p, struct str raw, enum voice voice)
{
	const struct words *const last = &p->last_said;
	struct words w = {.raw = raw, .voice = voice};
	if (last->raw.ptr == raw.ptr && last->raw.len == raw.len &&
		(last->voice == VOICE_PROSE) == (voice == VOICE_PROSE)) {
		w.text = last->text;
		w.scan = last->scan;
	} else {
		w.text = voice == VOICE_PROSE ? raw : reply_join(raw, f->arena);
		w.scan = arena_alloc(f->arena, 1, sizeof *w.scan);
	}
	return w;
}

void
people_say(const struct facts *f, struct people *p, struct person *who, struct str raw,
	enum voice voice)
{
	if (voice == VOICE_OWN)
		raw = reply_skip_rules(raw);
	raw = utf8_head(str_trim(raw), DIAGNOSTIC_BYTES_MAX);
	if (raw.len == 0 || who->word_count == WORDS_MAX)
		return;
	for (size_t i = 0; i < who->word_count; i++)
		if (str_eq(who->words[i].raw, raw))
			return;
	if (!has_room_for_words(f, who))
		return;
	p->last_said = words_of(f, p, raw, voice);
	if (p->last_said.scan != NULL)
		who->words[who->word_count++] = p->last_said;
}

struct person *
people_like(struct people *p, const struct people_index *ix, struct str address)
{
	struct person *const exact = people_find(ix, p, address);
	if (exact != NULL || p->count > 64)
		return exact;
	for (size_t i = 0; i < p->count; i++) {
		struct person *const who = &p->list[i];
		if (address_same(who->recipient, address) || address_same(who->original, address) ||
			(who->dsn != NULL && address_same(who->dsn->actual, address)))
			return who;
	}
	return NULL;
}

const struct scanned *
words_scan(struct words *w, struct arena *a)
{
	if (!str_is_set(w->scan->text))
		scan_make(w->text, a, w->scan);
	return w->scan;
}
