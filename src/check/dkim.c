/* dkim - signatures of a message: found, hashed, verified */
#include "check/dkim.h"

#include "base/written.h"
#include "check/dkim_key.h"
#include "check/dkim_signature.h"

#include <stdlib.h>

struct str
dkim_result_name(enum dkim_result r)
{
	static const struct str names[DKIM_RESULT_COUNT] = {
		[DKIM_NONE] = STR_INIT("none"),
		[DKIM_PASS] = STR_INIT("pass"),
		[DKIM_FAIL] = STR_INIT("fail"),
		[DKIM_POLICY] = STR_INIT("policy"),
		[DKIM_NEUTRAL] = STR_INIT("neutral"),
		[DKIM_TEMPERROR] = STR_INIT("temperror"),
		[DKIM_PERMERROR] = STR_INIT("permerror"),
	};
	return names[r];
}

static void
end(struct dkim_signature *s, enum dkim_result result, struct str words)
{
	s->result = result;
	s->words = words;
	s->is_done = true;
}

/* ---- hashing what arrives */

static void
hash_piece(struct dkim_signature *s, bool is_relaxed, struct str piece)
{
	if (s->is_done || s->is_body_relaxed != is_relaxed)
		return;
	const uint64_t left = s->limit - s->hashed;
	const struct str now = left < piece.len ? str_head(piece, (size_t)left) : piece;
	s->is_longer |= now.len < piece.len;
	s->hashed += now.len;
	FOREIGN_BEGIN();
	const bool ok = now.len == 0 || EVP_DigestUpdate(s->hash, now.ptr, now.len) == 1;
	FOREIGN_END();
	if (!ok)
		end(s, DKIM_TEMPERROR, STR("out of memory"));
}

static void
hash_body(struct dkim *d, bool is_relaxed, struct str piece)
{
	for (size_t i = 0; i < d->count; i++)
		hash_piece(&d->signatures[i], is_relaxed, piece);
	hash_piece(&d->passed, is_relaxed, piece);
}

static void
give_simple(void *to, struct str piece)
{
	hash_body(to, false, piece);
}

static void
give_relaxed(void *to, struct str piece)
{
	hash_body(to, true, piece);
}

static void
signature_begin(struct dkim_signature *s, struct str wrong)
{
	if (str_is_set(wrong)) {
		end(s, DKIM_PERMERROR, wrong);
		return;
	}
	FOREIGN_BEGIN();
	s->hash = EVP_MD_CTX_new();
	const bool ok = s->hash != NULL && EVP_DigestInit_ex(s->hash, EVP_sha256(), NULL) == 1;
	FOREIGN_END();
	if (!ok)
		end(s, DKIM_TEMPERROR, STR("out of memory"));
}

static void
signatures_find(struct dkim *d)
{
	for (size_t i = 0; i < d->field_count && d->count < DKIM_SIGNATURES_MAX; i++) {
		if (!dkim_field_is(d->fields[i], STR("DKIM-Signature")))
			continue;
		struct dkim_signature *const s = &d->signatures[d->count++];
		*s = (struct dkim_signature){.field = d->fields[i]};
		signature_begin(s, dkim_signature_parse(d, s));
	}
	arc_chain_find(d->fields, d->field_count, &d->chain);
	if (d->chain.count == 0 || str_is_set(d->chain.wrong))
		return;
	d->passed =
		(struct dkim_signature){.field = d->chain.sets[d->chain.count - 1][ARC_MESSAGE]};
	signature_begin(&d->passed, dkim_passed_parse(d, &d->passed));
}

/* Does anybody want to know of the body? */
static bool
is_signed(const struct dkim *d)
{
	return d->count > 0 || d->passed.hash != NULL;
}

static void
header_end(struct dkim *d)
{
	d->is_body = true;
	if (d->is_header_too_large || buf_failed(&d->header))
		return;
	d->field_count = dkim_fields_find(buf_str(&d->header), d->fields, DKIM_FIELDS_MAX);
	signatures_find(d);
	d->simple.give = give_simple;
	d->relaxed.is_relaxed = true;
	d->relaxed.give = give_relaxed;
	d->simple.to = d->relaxed.to = d;
}

struct dkim *
dkim_new(int64_t now_s)
{
	struct dkim *const d = calloc(1, sizeof *d);
	if (d == NULL)
		return NULL;
	d->now_s = now_s;
	d->passed.is_done = true; /* until there is one */
	arena_init(&d->arena, DKIM_ARENA_BYTES_MAX);
	buf_init(&d->header, DKIM_HEADER_BYTES_MAX);
	return d;
}

void
dkim_free(struct dkim *d)
{
	if (d == NULL)
		return;
	for (size_t i = 0; i < d->count; i++)
		EVP_MD_CTX_free(d->signatures[i].hash);
	EVP_MD_CTX_free(d->passed.hash);
	buf_fini(&d->header);
	arena_fini(&d->arena);
	free(d);
}

/* Bytes of the header until the empty line; what is behind it. */
static struct str
header_add(struct dkim *d, struct str piece)
{
	struct buf *const header = &d->header;
	for (size_t i = 0; i < piece.len; i++) {
		buf_add_char(header, piece.ptr[i]);
		if (buf_failed(header)) {
			d->is_header_too_large = true;
			header_end(d);
			return STR_NONE;
		}
		if (piece.ptr[i] != '\n' || header->ptr == NULL)
			continue;
		const struct str so_far = buf_str(header);
		const bool is_empty_line = (so_far.len == 2 && so_far.ptr[0] == '\r') ||
					   (so_far.len >= 4 && memcmp(so_far.ptr + so_far.len - 4,
								       "\r\n\r\n", 4) == 0);
		if (!is_empty_line)
			continue;
		header->len -= 2;
		header_end(d);
		return str_from(piece, i + 1);
	}
	return STR_NONE;
}

void
dkim_add(struct dkim *d, struct str piece)
{
	if (!d->is_body)
		piece = header_add(d, piece);
	if (!is_signed(d) || piece.len == 0)
		return;
	dkim_body_add(&d->simple, piece);
	dkim_body_add(&d->relaxed, piece);
}

/* ---- the header's hash: s3.7, s5.4.2 */

static bool
header_hash(struct dkim *d, const struct dkim_signature *s, unsigned char hash[DKIM_HASH_BYTES])
{
	struct buf text;
	unsigned len = 0;
	buf_init(&text, 2 * DKIM_HEADER_BYTES_MAX);
	dkim_signed_add(d->fields, d->field_count, s->names, s->is_header_relaxed, &text);
	dkim_field_add(&text, dkim_field_without_b(s->field, &d->arena), s->is_header_relaxed);
	const bool has_end = text.len >= 2 && text.ptr[text.len - 1] == '\n';
	FOREIGN_BEGIN();
	const bool ok = !buf_failed(&text) && !arena_failed(&d->arena) &&
			EVP_Digest(text.ptr, text.len - (has_end ? 2 : 0), hash, &len, EVP_sha256(),
				NULL) == 1;
	FOREIGN_END();
	WAS_WRITTEN(hash, DKIM_HASH_BYTES);
	buf_fini(&text);
	return ok;
}

/* ---- the end of the text */

/* The body's hash, before any key is asked for. */
static void
body_compare(struct dkim_signature *s)
{
	unsigned char hash[DKIM_HASH_BYTES];
	unsigned len = 0;
	if (s->is_done)
		return;
	FOREIGN_BEGIN();
	const bool ok = EVP_DigestFinal_ex(s->hash, hash, &len) == 1;
	FOREIGN_END();
	WAS_WRITTEN(hash, sizeof hash);
	WAS_WRITTEN(&len, sizeof len);
	if (!ok)
		end(s, DKIM_TEMPERROR, STR("out of memory"));
	else if (s->limit != UINT64_MAX && s->hashed < s->limit)
		end(s, DKIM_PERMERROR, STR("l= is more than the body has"));
	else if (s->body_hash.len != len || memcmp(s->body_hash.ptr, hash, len) != 0)
		end(s, DKIM_FAIL, STR("the body was changed"));
	else if (s->is_longer)
		end(s, DKIM_POLICY, STR("text was added behind what is signed (l=)"));
}

struct str
dkim_key_name(struct arena *a, struct str selector, struct str domain)
{
	const struct str name = arena_join(a, selector, STR("._domainkey."), domain);
	return arena_failed(a) ? STR_NONE : name;
}

/* The next key that must be asked for. */
static bool
next_key(struct dkim *d)
{
	for (; d->at < d->count; d->at++) {
		struct dkim_signature *const s = &d->signatures[d->at];
		if (s->is_done)
			continue;
		const struct str name = dkim_key_name(&d->arena, s->selector, s->domain);
		if (!str_is_set(name)) {
			end(s, DKIM_TEMPERROR, STR("out of memory"));
			continue;
		}
		d->ask = (struct ask){DNS_TXT, name};
		return true;
	}
	return false;
}

bool
dkim_begin(struct dkim *d)
{
	if (!d->is_body)
		header_end(d);
	if (is_signed(d)) {
		dkim_body_end(&d->simple);
		dkim_body_end(&d->relaxed);
	}
	for (size_t i = 0; i < d->count; i++)
		body_compare(&d->signatures[i]);
	body_compare(&d->passed);
	return next_key(d);
}

/* t=s of a key: i= must name d= and nothing below it. */
static bool
is_of_domain_itself(const struct dkim_signature *s)
{
	const size_t at = str_behind_last(s->identity, '@');
	return str_eq_case(str_from(s->identity, at), s->domain);
}

/* With one of the keys that stand there: two, while one takes the other's place. */
void
dkim_verify(struct dkim *d, struct dkim_signature *s, const struct dns_answer *answer)
{
	unsigned char hash[DKIM_HASH_BYTES];
	if (dns_is_failure(answer->status)) {
		end(s, DKIM_TEMPERROR, dns_status_name(answer->status));
		return;
	}
	if (!header_hash(d, s, hash)) {
		end(s, DKIM_TEMPERROR, STR("out of memory"));
		return;
	}
	end(s, DKIM_PERMERROR, STR("there is no key"));
	for (size_t i = 0; i < answer->count; i++) {
		struct dkim_key key;
		struct str wrong =
			dkim_key_parse(answer->records[i].data, s->is_ed25519, &d->arena, &key);
		if (!str_is_set(wrong) && key.is_for_domain_alone && !is_of_domain_itself(s)) {
			dkim_key_free(&key);
			wrong = STR("the key is not for domains below d=");
		}
		if (str_is_set(wrong)) {
			if (s->result == DKIM_PERMERROR)
				s->words = wrong;
			continue;
		}
		const bool ok = dkim_key_verifies(&key, s->value, hash);
		dkim_key_free(&key);
		s->is_test = key.is_test;
		end(s, ok ? DKIM_PASS : DKIM_FAIL,
			ok ? STR_NONE : STR("the header was changed, or the key is another"));
		if (ok)
			return;
	}
}

bool
dkim_step(struct dkim *d, const struct dns_answer *answer)
{
	struct dkim_signature *const s = &d->signatures[d->at];
	dkim_verify(d, s, answer);
	d->at++;
	return next_key(d);
}

struct str
dkim_field_find(const struct dkim *d, struct str name, size_t nth)
{
	for (size_t i = 0; i < d->field_count; i++) {
		if (!dkim_field_is(d->fields[i], name) || nth-- > 0)
			continue;
		struct str value = d->fields[i];
		str_cut(&value, ':');
		return str_trim(value);
	}
	return STR_NONE;
}
