#include "judge/scan.h"

#include "base/fold.h"

#define HITS_MAX 256
#define REFUSED_AFTER_ALL 9 /* off the weight of a refused connection that brought an answer */

/* Reasons that say little and are printed along with better ones: they lose to any other of the
 * same rank. */
static bool
is_general(enum reason r)
{
	return r == REASON_EXPIRED || r == REASON_POLICY_REFUSED || r == REASON_PROTOCOL_ERROR ||
	       r == REASON_SYSTEM_ERROR || r == REASON_UNKNOWN || r == REASON_CONNECTION_TIMEOUT;
}

/* "aup#in-1310", "s3150": one word that the provider made up for this very case. */
static bool
is_token(struct str pattern)
{
	return pattern.len > 0 && str_find_char(pattern, ' ', 0) == STR_NPOS;
}

static bool
code_agrees(const struct provider_code_row *row, const struct reply *reply)
{
	/* A token says it all, whichever code it comes with; a sentence keeps to its class; a row
	 * without words has only its codes. */
	if (is_token(catalogue_text(row->pattern)))
		return true;
	if (row->reply_code != 0 && reply->code != 0 &&
		(row->pattern.len > 0 ? row->reply_code / 100 != reply->code / 100
				      : row->reply_code != reply->code))
		return false;
	if (row->subject == 255 || reply->status.class == 0)
		return true;
	return (row->class == 0 || row->class == reply->status.class) &&
	       row->subject == reply->status.subject && reply->status.detail >= row->detail_from &&
	       reply->status.detail <= row->detail_to;
}

/* How many bytes of the catalogue stand behind a hit: "domain of sender address *" says more than
 * "domain *". */
static size_t
pattern_length(const struct pattern_hit *h)
{
	return h->table == PATTERN_PHRASE          ? catalogue_phrases[h->row].phrase.len
	       : h->table == PATTERN_PROVIDER_CODE ? catalogue_provider_codes[h->row].pattern.len
						   : catalogue_blocklists[h->row].match.len;
}

/* Does a wrapper, or a longer phrase, cover this hit? Then it is part of those words and says
 * nothing by itself. */
static bool
is_covered(const struct pattern_hit *hits, size_t count, size_t i)
{
	/* They are in the order of their beginnings. */
	for (size_t k = 0; k < count && hits[k].at <= hits[i].at; k++) {
		if (k == i || hits[k].table != PATTERN_PHRASE || hits[k].len < hits[i].len ||
			(hits[k].len == hits[i].len &&
				pattern_length(&hits[k]) <= pattern_length(&hits[i])) ||
			hits[k].at + hits[k].len < hits[i].at + hits[i].len)
			continue;
		const struct phrase_row *const longer = &catalogue_phrases[hits[k].row];
		if (longer->strength == STRENGTH_WRAPPER)
			return true;
		if (hits[i].table == PATTERN_PHRASE &&
			longer->strength >= catalogue_phrases[hits[i].row].strength)
			return true;
	}
	return false;
}

static unsigned
by_length(unsigned rank, size_t len)
{
	const unsigned more = (unsigned)(len / 6);
	return rank + (more > 8 ? 8 : more);
}

static struct candidate
weigh_phrase(const struct pattern_hit *h, const struct scan_context *about)
{
	const struct phrase_row *const row = &catalogue_phrases[h->row];
	struct candidate c = {.reason = row->reason, .rule = catalogue_text(row->id)};
	if ((row->where == WHERE_REPLY && !about->is_reply) ||
		(row->where == WHERE_TEXT && about->is_reply))
		return c;
	if (row->strength == STRENGTH_SURE)
		c.weight = by_length(RANK_PHRASE_SURE, row->phrase.len);
	else if (row->strength == STRENGTH_STRONG)
		c.weight = by_length(RANK_PHRASE_STRONG, row->phrase.len);
	else if (row->strength == STRENGTH_WEAK)
		c.weight = by_length(RANK_PHRASE_WEAK, row->phrase.len);
	return c;
}

static struct candidate
weigh_provider(const struct pattern_hit *h, const struct scan_context *about)
{
	const struct provider_code_row *const row = &catalogue_provider_codes[h->row];
	struct candidate c = {
		.reason = row->reason, .rule = catalogue_text(row->id), .provider_code = row};
	const bool is_theirs = str_eq(catalogue_text(row->provider), about->provider);
	if (!code_agrees(row, &about->reply) || (!row->anywhere && !is_theirs) || !about->is_reply)
		return c;
	const struct str pattern = catalogue_text(row->pattern);
	if (is_token(pattern))
		c.weight = is_theirs ? RANK_PROVIDER + 9 : RANK_PHRASE_SURE + 9;
	else
		c.weight = by_length(is_theirs ? RANK_PROVIDER : RANK_PHRASE_STRONG, pattern.len);
	return c;
}

/* "Spamhaus", of Spamhaus: a house that has many lists, as in the link behind the name of one. */
static bool
is_house(const struct blocklist_row *row)
{
	return str_eq(catalogue_text(row->name), catalogue_text(row->operator));
}

static struct candidate
weigh_blocklist(const struct pattern_hit *h)
{
	const struct blocklist_row *const row = &catalogue_blocklists[h->row];
	struct candidate c = {
		.reason = row->reason, .rule = catalogue_text(row->id), .blocklist = row};
	if (!row->is_lookup && !row->is_allow && row->reason != REASON_UNKNOWN)
		c.weight = by_length(RANK_BLOCKLIST, is_house(row) ? 0 : h->len);
	return c;
}

static bool
is_better(const struct candidate *new, const struct candidate *old)
{
	if (new->weight == 0)
		return false;
	const unsigned a = new->weight / 10, b = old->weight / 10;
	if (a / 1 != b && !(a >= 6 && b >= 6 && a < 8 && b < 8))
		return new->weight > old->weight;
	/* Words of like strength: the reason that says more, then the longer words. */
	if (is_general(new->reason) != is_general(old->reason))
		return is_general(old->reason);
	return new->weight > old->weight;
}

/* Does a sentence end within it, so that a gap of the pattern took in the beginning of another?
 * "... to the address as before. There is no" is nobody's "address * is no". */
static bool
is_of_two_sentences(const struct scanned *s, const struct pattern_hit *h)
{
	if (h->table != PATTERN_PHRASE || h->len <= pattern_length(h))
		return false; /* it has no gap */
	if (memchr(s->folded.ptr + h->at, '.', h->len) == NULL)
		return false;
	const struct str words = scan_words_of(s, h);
	for (size_t i = 1; i + 2 < words.len; i++) {
		const unsigned char next = (unsigned char)words.ptr[i + 2];
		if (words.ptr[i] == '.' && words.ptr[i + 1] == ' ' &&
			((next >= 'A' && next <= 'Z') || next >= 0xC3) && words.ptr[i - 1] >= 'a' &&
			words.ptr[i - 1] <= 'z')
			return true;
	}
	return false;
}

void
scan_make(struct str text, struct arena *a, struct scanned *s)
{
	struct pattern_hit hits[HITS_MAX];
	*s = (struct scanned){.text = str_head(text, SCAN_BYTES_MAX)};
	char *const room = s->text.len == 0 ? NULL : arena_bytes(a, s->text.len);
	if (room == NULL)
		return;
	s->folded = (struct str){room, fold_text(s->text, room)};
	const size_t n = patterns_find(s->folded,
		PATTERN_PHRASE | PATTERN_BLOCKLIST | PATTERN_PROVIDER_CODE | PATTERN_SIGN |
			PATTERN_IN(WHERE_REPLY),
		hits, HITS_MAX);
	for (size_t i = 0; i < n; i++)
		if (hits[i].table == PATTERN_SIGN)
			s->signs |= (uint64_t)1 << catalogue_signs[hits[i].row].sign;
	struct pattern_hit *const kept = n == 0 ? NULL : arena_alloc(a, n, sizeof *kept);
	if (kept == NULL)
		return;
	for (size_t i = 0; i < n; i++)
		if (!is_of_two_sentences(s, &hits[i]))
			kept[s->count++] = hits[i];
	s->hits = kept;
}

struct str
scan_words_of(const struct scanned *s, const struct pattern_hit *h)
{
	/* Folding makes nothing longer: where the length is the same, so is every place. */
	return s->folded.len == s->text.len ? (struct str){s->text.ptr + h->at, h->len}
					    : fold_origin_words(s->text, h->at, h->len);
}

struct str
scan_sign(const struct scanned *s, enum sign sign)
{
	for (size_t i = 0; i < s->count; i++)
		if (s->hits[i].table == PATTERN_SIGN &&
			catalogue_signs[s->hits[i].row].sign == sign)
			return scan_words_of(s, &s->hits[i]);
	return STR_NONE;
}

static bool
is_in_names(unsigned char c)
{
	return ascii_is_alnum(c) || c == '.' || c == '-' || c == '_' || c == '@' || c == '+';
}

/* Does this hit stand in a name, as in "greylisting.example.net" or "spam@b.example"? Names say
 * nothing. The path of a link may. */
static bool
is_in_name(const struct scanned *s, const struct pattern_hit *h)
{
	const struct str folded = s->folded, text = s->text;
	const size_t behind = h->at + h->len;
	/* Most words have blanks around them, which needs no look at the text itself. */
	if ((h->at == 0 || !is_in_names((unsigned char)folded.ptr[h->at - 1])) &&
		(behind >= folded.len || !is_in_names((unsigned char)folded.ptr[behind])))
		return false;
	const struct str words = scan_words_of(s, h);
	const char *from = words.ptr, *to = words.ptr + words.len;
	const char *const end = text.ptr + text.len;
	if (str_find_char(words, ' ', 0) != STR_NPOS || str_find_char(words, '.', 0) != STR_NPOS)
		return false;
	while (from > text.ptr && is_in_names((unsigned char)from[-1]))
		from--;
	while (to < end && is_in_names((unsigned char)*to))
		to++;
	while (to > from && (to[-1] == '.' || to[-1] == '-'))
		to--;
	const struct str name = str_between(from, to);
	const size_t dot = str_find_last(name, '.');
	const struct str before = str_between(text.ptr, from);
	const bool is_path = str_ends_case(before, STR("/")) && !str_ends_case(before, STR("//"));
	if (name.len <= words.len || is_path || dot == STR_NPOS || dot + 2 >= name.len)
		return false;
	for (size_t i = dot + 1; i < name.len; i++)
		if (name.ptr[i] < 'a' || name.ptr[i] > 'z')
			return false;
	return true;
}

struct candidate
scan_text(const struct scanned *s, const struct scan_context *about,
	const struct blocklist_row **blocklist)
{
	struct candidate best = {.weight = 0};
	const struct pattern_hit *const hits = s->hits;
	const size_t n = s->count;
	const struct str text = s->text;
	const struct pattern_hit *best_hit = NULL;
	struct candidate list = {.weight = 0};
	bool is_refusing = false; /* do the words say that an address is listed or blocked? */
	for (size_t i = 0; i < n; i++) {
		struct candidate c;
		if (hits[i].table == PATTERN_SIGN || is_covered(hits, n, i))
			continue;
		if (hits[i].table == PATTERN_PHRASE)
			c = weigh_phrase(&hits[i], about);
		else if (hits[i].table == PATTERN_PROVIDER_CODE)
			c = weigh_provider(&hits[i], about);
		else
			c = weigh_blocklist(&hits[i]);
		/* A server that answered 550 was reached: "connection refused: listed". */
		if (c.reason == REASON_CONNECTION_REFUSED && about->reply.code / 100 == 5 &&
			c.weight > REFUSED_AFTER_ALL)
			c.weight -= REFUSED_AFTER_ALL;
		if (hits[i].table == PATTERN_BLOCKLIST) {
			if (c.weight > list.weight)
				list = c;
			continue;
		}
		if (c.weight > 0 && hits[i].table == PATTERN_PHRASE && is_better(&c, &best) &&
			is_in_name(s, &hits[i]))
			continue;
		if (c.weight > 0 &&
			(c.reason == REASON_IP_BLOCKLISTED || c.reason == REASON_IP_REPUTATION ||
				c.reason == REASON_DOMAIN_BLOCKLISTED ||
				c.reason == REASON_DYNAMIC_IP))
			is_refusing = true;
		if (is_better(&c, &best)) {
			best = c;
			best_hit = &hits[i];
		}
	}
	if (best_hit != NULL)
		best.words = scan_words_of(s, best_hit);
	/* A list's name decides only in a sentence that says one is on it, or where nothing else
	 * speaks at all. */
	if (list.weight > 0 && about->is_reply && (is_refusing || best.weight < RANK_PHRASE_WEAK)) {
		if (best.weight < RANK_PROVIDER) {
			/* The words stay those that say so; the list tells which reason it is. */
			list.words = best_hit != NULL && is_refusing ? best.words : STR_NONE;
			if (!str_is_set(list.words)) {
				const size_t at = str_find_case(
					text, catalogue_text(list.blocklist->match), 0);
				if (at != STR_NPOS)
					list.words = (struct str){text.ptr + at,
						catalogue_text(list.blocklist->match).len};
			}
			best = list;
		}
		*blocklist = list.blocklist;
	}
	return best;
}

struct candidate
scan_codes(const struct reply *reply)
{
	struct candidate c = {.weight = 0};
	if (reply->status.class != 0) {
		const struct enhanced_row *const row =
			catalogue_enhanced_find(reply->status.subject, reply->status.detail);
		if (row != NULL && row->weight != STRENGTH_NONE && row->reason != REASON_UNKNOWN) {
			c.reason = row->reason;
			c.weight = row->weight == STRENGTH_STRONG ? RANK_ENHANCED_STRONG
								  : RANK_ENHANCED_WEAK;
			c.rule = catalogue_text(row->code);
			return c;
		}
	}
	const struct reply_row *const row =
		reply->code != 0 ? catalogue_reply_find(reply->code) : NULL;
	if (row != NULL && row->reason != REASON_UNKNOWN && row->weight != STRENGTH_NONE) {
		c.reason = row->reason;
		c.weight = RANK_REPLY_CODE + (row->weight == STRENGTH_STRONG ? 5 : 0);
	}
	return c;
}

struct candidate
scan_provider_code(const struct scan_context *about)
{
	struct candidate c = {.weight = 0};
	if (about->provider_row == NULL || about->reply.status.class == 0)
		return c;
	for (size_t i = 0; i < about->provider_row->codes; i++) {
		const struct provider_code_row *const row =
			&catalogue_provider_codes[about->provider_row->codes_from + i];
		if (row->pattern.len > 0 || row->subject == 255 || !code_agrees(row, &about->reply))
			continue;
		return (struct candidate){.reason = row->reason,
			.weight = RANK_PHRASE_STRONG,
			.rule = catalogue_text(row->id),
			.provider_code = row};
	}
	return c;
}
