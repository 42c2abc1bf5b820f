/* arc - does the chain hold? */
#include "check/arc.h"

#include "base/written.h"
#include "dns/name.h"

#define SEAL_TEXT_BYTES_MAX (2 * DKIM_HEADER_BYTES_MAX)

static bool
end(struct arc *a, enum arc_result result, struct str words)
{
	a->result = result;
	a->words = words;
	return false;
}

/* ---- the seals */

/* What is wrong with it; absent: nothing. */
static struct str
seal_parse(struct arc *a, size_t i)
{
	struct arena *const arena = &a->dkim->arena;
	struct arc_seal *const s = &a->seals[i];
	struct str value = a->dkim->chain.sets[i][ARC_SEAL];
	struct dkim_tags tags;
	char room[DNS_NAME_BYTES_MAX + 1];
	str_cut(&value, ':');
	if (!dkim_tags_parse(value, &tags))
		return STR("a seal is no list of tags");
	const struct str algorithm = dkim_tag(&tags, STR("a"));
	s->is_ed25519 = str_eq_case(algorithm, STR("ed25519-sha256"));
	if (!s->is_ed25519 && !str_eq_case(algorithm, STR("rsa-sha256")))
		return STR("a= of a seal is unknown");
	s->selector = dkim_tag(&tags, STR("s"));
	if (s->selector.len == 0)
		return STR("a seal has no s=");
	if (!dns_name_parse(dkim_tag(&tags, STR("d")), room, &s->domain))
		return STR("d= of a seal is no domain");
	s->domain = arena_str(arena, s->domain);
	s->value = dkim_base64(dkim_tag(&tags, STR("b")), arena);
	return s->value.len > 0 ? STR_NONE : STR("a seal has no b=");
}

static bool
hash_add(EVP_MD_CTX *to, struct buf *text)
{
	const bool ok = !buf_failed(text) &&
			(text->len == 0 || EVP_DigestUpdate(to, text->ptr, text->len) == 1);
	buf_clear(text);
	return ok;
}

/* Each seal covers all sets up to its own; they are hashed once, and a copy taken at each. s5.1.1
 */
static bool
seals_hash(struct arc *a, EVP_MD_CTX *all, EVP_MD_CTX *one, struct buf *text)
{
	const struct arc_chain *const chain = &a->dkim->chain;
	bool ok = EVP_DigestInit_ex(all, EVP_sha256(), NULL) == 1;
	for (size_t i = 0; ok && i < chain->count; i++) {
		const struct str seal = chain->sets[i][ARC_SEAL];
		dkim_field_add(text, chain->sets[i][ARC_RESULTS], true);
		dkim_field_add(text, chain->sets[i][ARC_MESSAGE], true);
		ok = hash_add(all, text) && EVP_MD_CTX_copy_ex(one, all) == 1;
		dkim_field_add(text, dkim_field_without_b(seal, &a->dkim->arena), true);
		text->len -= text->len >= 2 ? 2 : 0; /* the last line end is not part of it */
		ok = ok && hash_add(one, text) &&
		     EVP_DigestFinal_ex(one, a->seals[i].hash, NULL) == 1;
		dkim_field_add(text, seal, true);
		ok = ok && hash_add(all, text);
	}
	return ok;
}

static bool
seals_read(struct arc *a, struct str *wrong)
{
	struct buf text;
	*wrong = STR_NONE;
	for (size_t i = 0; i < a->dkim->chain.count; i++) {
		*wrong = seal_parse(a, i);
		if (str_is_set(*wrong))
			return false;
	}
	buf_init(&text, SEAL_TEXT_BYTES_MAX);
	FOREIGN_BEGIN();
	EVP_MD_CTX *const all = EVP_MD_CTX_new(), *const one = EVP_MD_CTX_new();
	const bool ok = all != NULL && one != NULL && seals_hash(a, all, one, &text);
	EVP_MD_CTX_free(all);
	EVP_MD_CTX_free(one);
	FOREIGN_END();
	buf_fini(&text);
	WAS_WRITTEN(a->seals, sizeof a->seals);
	return ok && !arena_failed(&a->dkim->arena);
}

/* ---- the machine */

static bool
ask_for(struct arc *a, struct str selector, struct str domain)
{
	const struct str name = dkim_key_name(&a->dkim->arena, selector, domain);
	if (!str_is_set(name))
		return end(a, ARC_TEMPERROR, STR("out of memory"));
	a->ask = (struct ask){DNS_TXT, name};
	return true;
}

static bool
next(struct arc *a)
{
	if (a->left == 0)
		return end(a, ARC_PASS, STR_NONE);
	const struct arc_seal *const s = &a->seals[a->left - 1];
	return ask_for(a, s->selector, s->domain);
}

bool
arc_begin(struct arc *a, struct dkim *d)
{
	struct str wrong;
	*a = (struct arc){.dkim = d, .left = d->chain.count};
	if (d->is_header_too_large)
		return end(a, ARC_NONE, STR("the header is too large to be looked at"));
	if (str_is_set(d->chain.wrong))
		return end(a, ARC_FAIL, d->chain.wrong);
	if (d->chain.count == 0)
		return end(a, ARC_NONE, STR_NONE);
	if (d->passed.is_done)
		return end(a, d->passed.result == DKIM_TEMPERROR ? ARC_TEMPERROR : ARC_FAIL,
			d->passed.words);
	if (!seals_read(a, &wrong))
		return str_is_set(wrong) ? end(a, ARC_FAIL, wrong)
					 : end(a, ARC_TEMPERROR, STR("out of memory"));
	a->is_at_message = true;
	return ask_for(a, d->passed.selector, d->passed.domain);
}

static bool
message_step(struct arc *a, const struct dns_answer *answer)
{
	struct dkim_signature *const s = &a->dkim->passed;
	a->is_at_message = false;
	dkim_verify(a->dkim, s, answer);
	if (s->result == DKIM_TEMPERROR)
		return end(a, ARC_TEMPERROR, s->words);
	return s->result == DKIM_PASS ? next(a) : end(a, ARC_FAIL, s->words);
}

bool
arc_step(struct arc *a, const struct dns_answer *answer)
{
	if (a->is_at_message)
		return message_step(a, answer);
	if (dns_is_failure(answer->status))
		return end(a, ARC_TEMPERROR, dns_status_name(answer->status));
	const struct arc_seal *const s = &a->seals[--a->left];
	struct str words = STR("a seal has no key");
	for (size_t i = 0; i < answer->count; i++) {
		struct dkim_key key;
		const struct str wrong = dkim_key_parse(
			answer->records[i].data, s->is_ed25519, &a->dkim->arena, &key);
		if (str_is_set(wrong)) {
			words = wrong;
			continue;
		}
		const bool ok = dkim_key_verifies(&key, s->value, s->hash);
		dkim_key_free(&key);
		if (ok)
			return next(a);
		words = STR("a seal does not fit: a set was changed, or the key is another");
	}
	return end(a, ARC_FAIL, words);
}

/* ---- whom to believe */

static bool
is_trusted(struct str sealer, struct str trusted)
{
	for (struct str one = str_word(&trusted); one.len > 0; one = str_word(&trusted))
		if (str_eq_case(sealer, one) || str_is_below(sealer, one))
			return true;
	return false;
}

bool
arc_vouches(const struct arc *a, struct str trusted, struct str from, struct str *by)
{
	if (a->result != ARC_PASS)
		return false;
	for (size_t i = a->dkim->chain.count; i-- > 0;) {
		if (!is_trusted(a->seals[i].domain, trusted))
			return false;
		if (arc_results_say(a->dkim->chain.sets[i][ARC_RESULTS], from)) {
			*by = a->seals[i].domain;
			return true;
		}
	}
	return false;
}
