/* dkim - signatures of a message: found, hashed, verified */
#include "check/dkim.h"

#include "base/written.h"
#include "check/dkim_key.h"
#include "dns/name.h"

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

/* ---- the signature's field: s3.5 */

/* A number of seconds or bytes; -1: none stated, -2: none that makes sense. */
static int64_t
number_of(struct str value)
{
	if (!str_is_set(value))
		return -1;
	for (size_t i = 0; i < value.len; i++)
		if (!ascii_is_digit((unsigned char)value.ptr[i]))
			return -2;
	const int64_t n = str_number(value, INT64_MAX);
	return value.len == 0 || n < 0 ? -2 : n;
}

static bool
is_same_or_below(struct str name, struct str domain)
{
	return str_eq_case(name, domain) || (name.len > domain.len && str_ends_case(name, domain) &&
						    name.ptr[name.len - domain.len - 1] == '.');
}

/* i=: an address at d= or below it; absent: "@" and d=. */
static bool
identity_parse(struct dkim_signature *s, struct str value, struct arena *a)
{
	if (!str_is_set(value)) {
		s->identity = arena_join(a, STR("@"), s->domain, STR_NONE);
		return true;
	}
	const size_t at = str_behind_last(value, '@');
	s->identity = dkim_without_blanks(value, a);
	return at > 0 && is_same_or_below(str_from(value, at), s->domain);
}

static bool
forms_parse(struct dkim_signature *s, struct str value)
{
	struct str body = value;
	const struct str header = str_cut(&body, '/');
	if (!str_is_set(value))
		return true; /* simple/simple */
	s->is_header_relaxed = str_eq_case(header, STR("relaxed"));
	s->is_body_relaxed = str_eq_case(body, STR("relaxed"));
	return (s->is_header_relaxed || str_eq_case(header, STR("simple"))) &&
	       (s->is_body_relaxed || !str_is_set(body) || str_eq_case(body, STR("simple")));
}

static bool
has_too_many(struct str names)
{
	size_t n = 0;
	for (; str_is_set(names); n++)
		str_cut(&names, ':');
	return n > DKIM_NAMES_MAX;
}

/* What a signature must have, whoever made it; as below. */
static struct str
basics_parse(struct dkim *d, struct dkim_signature *s, const struct dkim_tags *tags)
{
	struct arena *const a = &d->arena;
	char room[DNS_NAME_BYTES_MAX + 1];
	s->algorithm = dkim_tag(tags, STR("a"));
	s->selector = dkim_tag(tags, STR("s"));
	s->names = dkim_tag(tags, STR("h"));
	s->domain = dkim_tag(tags, STR("d"));
	if (!dns_name_parse(s->domain, room, &s->domain))
		return STR("d= is no domain");
	s->domain = arena_str(a, s->domain);
	s->value_text = dkim_without_blanks(dkim_tag(tags, STR("b")), a);
	s->value = dkim_base64(s->value_text, a);
	s->body_hash = dkim_base64(dkim_tag(tags, STR("bh")), a);
	if (s->selector.len == 0 || s->names.len == 0 || s->value.len == 0 || s->body_hash.len == 0)
		return STR("one of s= h= b= bh= is not there");
	s->is_ed25519 = str_eq_case(s->algorithm, STR("ed25519-sha256"));
	if (!s->is_ed25519 && !str_eq_case(s->algorithm, STR("rsa-sha256")))
		return str_eq_case(s->algorithm, STR("rsa-sha1"))
			       ? STR("rsa-sha1 counts no more (RFC 8301)")
			       : STR("a= is unknown");
	if (has_too_many(s->names))
		return STR("h= has more than 200 names");
	if (!dkim_list_has(s->names, STR("from")))
		return STR("From is not signed");
	if (!forms_parse(s, dkim_tag(tags, STR("c"))))
		return STR("c= is unknown");
	if (str_is_set(dkim_tag(tags, STR("q"))) &&
		!dkim_list_has(dkim_tag(tags, STR("q")), STR("dns/txt")))
		return STR("q= is unknown");
	const int64_t length = number_of(dkim_tag(tags, STR("l"))),
		      begins = number_of(dkim_tag(tags, STR("t"))),
		      ends = number_of(dkim_tag(tags, STR("x")));
	if (length == -2 || begins == -2 || ends == -2 || (ends >= 0 && begins > ends))
		return STR("l=, t= or x= makes no sense");
	if (ends >= 0 && ends < d->now_s)
		return STR("the signature has expired");
	s->limit = length < 0 ? UINT64_MAX : (uint64_t)length;
	return STR_NONE;
}

/* What is wrong with it; absent: nothing. */
static struct str
signature_parse(struct dkim *d, struct dkim_signature *s)
{
	struct dkim_tags tags;
	struct str value = s->field;
	str_cut(&value, ':');
	if (!str_is_set(value) || !dkim_tags_parse(value, &tags))
		return STR("the field is no list of tags");
	const struct str wrong = basics_parse(d, s, &tags);
	if (str_is_set(wrong))
		return wrong;
	if (!str_eq(dkim_tag(&tags, STR("v")), STR("1")))
		return STR("v= is not 1");
	return identity_parse(s, dkim_tag(&tags, STR("i")), &d->arena) ? STR_NONE
								       : STR("i= is not of d=");
}

/* The same of one who passed it on: there i= is a number, and v= means nothing (RFC 8617 s4.1.2).
 */
static struct str
passed_parse(struct dkim *d, struct dkim_signature *s)
{
	struct dkim_tags tags;
	struct str value = s->field;
	str_cut(&value, ':');
	if (!dkim_tags_parse(value, &tags))
		return STR("the field is no list of tags");
	s->identity = STR_NONE;
	const struct str wrong = basics_parse(d, s, &tags);
	if (str_is_set(wrong))
		return wrong;
	s->identity = arena_join(&d->arena, STR("@"), s->domain, STR_NONE);
	return dkim_list_has(s->names, arc_field_name(ARC_SEAL)) ? STR("it signs a seal")
								 : STR_NONE;
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
		signature_begin(s, signature_parse(d, s));
	}
	arc_chain_find(d->fields, d->field_count, &d->chain);
	if (d->chain.count == 0 || str_is_set(d->chain.wrong))
		return;
	d->passed =
		(struct dkim_signature){.field = d->chain.sets[d->chain.count - 1][ARC_MESSAGE]};
	signature_begin(&d->passed, passed_parse(d, &d->passed));
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
