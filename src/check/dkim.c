/* dkim - signatures of a message: found, hashed, verified */
#include "check/dkim.h"

#include "base/decode.h"
#include "base/written.h"
#include "dns/name.h"

#include <openssl/rsa.h>
#include <openssl/x509.h>
#include <stdlib.h>

#define SHA256_BYTES 32
#define ED25519_BYTES 32
#define BASE64_BYTES_MAX 4096 /* of a key or a signature, as text */

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

static struct str
decoded(struct str base64, struct arena *a)
{
	const struct str text = dkim_without_blanks(base64, a);
	if (text.len == 0 || text.len > BASE64_BYTES_MAX)
		return STR_NONE;
	char *const room = arena_bytes(a, (text.len / 4 + 1) * 3);
	if (room == NULL)
		return STR_NONE;
	return str_between(room, base64_write(text, room));
}

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
	size_t at = value.len;
	while (at > 0 && value.ptr[at - 1] != '@')
		at--;
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

/* What is wrong with it; absent: nothing. */
static struct str
signature_parse(struct dkim *d, struct dkim_signature *s)
{
	struct dkim_tags tags;
	struct str value = s->field;
	struct arena *const a = &d->arena;
	char room[DNS_NAME_BYTES_MAX + 1];
	str_cut(&value, ':');
	if (!str_is_set(value) || !dkim_tags_parse(value, &tags))
		return STR("the field is no list of tags");
	s->algorithm = dkim_tag(&tags, STR("a"));
	s->selector = dkim_tag(&tags, STR("s"));
	s->names = dkim_tag(&tags, STR("h"));
	s->domain = dkim_tag(&tags, STR("d"));
	if (!dns_name_parse(s->domain, room, &s->domain))
		return STR("d= is no domain");
	s->domain = arena_str(a, s->domain);
	s->value = decoded(dkim_tag(&tags, STR("b")), a);
	s->body_hash = decoded(dkim_tag(&tags, STR("bh")), a);
	if (!str_eq(dkim_tag(&tags, STR("v")), STR("1")))
		return STR("v= is not 1");
	if (s->selector.len == 0 || s->names.len == 0 || s->value.len == 0 || s->body_hash.len == 0)
		return STR("one of s= h= b= bh= is not there");
	s->is_ed25519 = str_eq_case(s->algorithm, STR("ed25519-sha256"));
	if (!s->is_ed25519 && !str_eq_case(s->algorithm, STR("rsa-sha256")))
		return str_eq_case(s->algorithm, STR("rsa-sha1"))
			       ? STR("rsa-sha1 counts no more (RFC 8301)")
			       : STR("a= is unknown");
	if (!dkim_list_has(s->names, STR("from")))
		return STR("From is not signed");
	if (!forms_parse(s, dkim_tag(&tags, STR("c"))))
		return STR("c= is unknown");
	if (!identity_parse(s, dkim_tag(&tags, STR("i")), a))
		return STR("i= is not of d=");
	if (str_is_set(dkim_tag(&tags, STR("q"))) &&
		!dkim_list_has(dkim_tag(&tags, STR("q")), STR("dns/txt")))
		return STR("q= is unknown");
	const int64_t length = number_of(dkim_tag(&tags, STR("l"))),
		      begins = number_of(dkim_tag(&tags, STR("t"))),
		      ends = number_of(dkim_tag(&tags, STR("x")));
	if (length == -2 || begins == -2 || ends == -2 || (ends >= 0 && begins > ends))
		return STR("l=, t= or x= makes no sense");
	if (ends >= 0 && ends < d->now_s)
		return STR("the signature has expired");
	s->limit = length < 0 ? UINT64_MAX : (uint64_t)length;
	return STR_NONE;
}

/* ---- hashing what arrives */

static void
hash_body(struct dkim *d, bool is_relaxed, struct str piece)
{
	for (size_t i = 0; i < d->count; i++) {
		struct dkim_signature *const s = &d->signatures[i];
		if (s->is_done || s->is_body_relaxed != is_relaxed)
			continue;
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

static bool
is_named(struct str field, struct str name)
{
	const size_t colon = str_find_char(field, ':', 0);
	return colon != STR_NPOS && str_eq_case(str_trim(str_head(field, colon)), name);
}

/* The fields of the header, each with its folded lines. */
static void
fields_find(struct dkim *d)
{
	const struct str header = buf_str(&d->header);
	size_t from = 0;
	for (size_t at = 0; at < header.len;) {
		const size_t eol = str_find(header, STR("\r\n"), at);
		const size_t next = eol == STR_NPOS ? header.len : eol + 2;
		at = next;
		if (next < header.len && (header.ptr[next] == ' ' || header.ptr[next] == '\t'))
			continue;
		if (d->field_count < DKIM_FIELDS_MAX)
			d->fields[d->field_count++] = (struct str){header.ptr + from, next - from};
		from = next;
	}
}

static void
signatures_find(struct dkim *d)
{
	for (size_t i = 0; i < d->field_count && d->count < DKIM_SIGNATURES_MAX; i++) {
		if (!is_named(d->fields[i], STR("DKIM-Signature")))
			continue;
		struct dkim_signature *const s = &d->signatures[d->count++];
		*s = (struct dkim_signature){.field = d->fields[i]};
		const struct str wrong = signature_parse(d, s);
		if (str_is_set(wrong)) {
			end(s, DKIM_PERMERROR, wrong);
			continue;
		}
		FOREIGN_BEGIN();
		s->hash = EVP_MD_CTX_new();
		const bool ok =
			s->hash != NULL && EVP_DigestInit_ex(s->hash, EVP_sha256(), NULL) == 1;
		FOREIGN_END();
		if (!ok)
			end(s, DKIM_TEMPERROR, STR("out of memory"));
	}
}

static void
header_end(struct dkim *d)
{
	d->is_body = true;
	if (d->is_header_too_large || buf_failed(&d->header))
		return;
	fields_find(d);
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
	if (d->count == 0 || piece.len == 0)
		return;
	dkim_body_add(&d->simple, piece);
	dkim_body_add(&d->relaxed, piece);
}

/* ---- the key: s3.6.1 */

struct key {
	EVP_PKEY *key;
	bool is_test;
};

static EVP_PKEY *
key_decode(struct str bytes, bool is_ed25519)
{
	const unsigned char *at = (const unsigned char *)bytes.ptr;
	if (is_ed25519)
		return bytes.len == ED25519_BYTES
			       ? EVP_PKEY_new_raw_public_key(EVP_PKEY_ED25519, NULL, at, bytes.len)
			       : NULL;
	EVP_PKEY *key = d2i_PUBKEY(NULL, &at, (long)bytes.len);
	if (key != NULL)
		return key;
	at = (const unsigned char *)bytes.ptr; /* the bare form, which the RFC's text names */
	return d2i_PublicKey(EVP_PKEY_RSA, NULL, &at, (long)bytes.len);
}

/* What is wrong with the key's record; absent: nothing, and *out is to be freed. */
static struct str
key_parse(struct str text, const struct dkim_signature *s, struct arena *a, struct key *out)
{
	struct dkim_tags tags;
	*out = (struct key){0};
	if (!dkim_tags_parse(text, &tags))
		return STR("the key's record is no list of tags");
	const struct str version = dkim_tag(&tags, STR("v")), kind = dkim_tag(&tags, STR("k")),
			 hashes = dkim_tag(&tags, STR("h")), services = dkim_tag(&tags, STR("s")),
			 flags = dkim_tag(&tags, STR("t")), data = dkim_tag(&tags, STR("p"));
	if (str_is_set(version) &&
		(!str_eq(version, STR("DKIM1")) || !str_eq(tags.list[0].name, STR("v"))))
		return STR("the key's v= is not DKIM1");
	if (!str_is_set(data))
		return STR("the key's record has no key");
	if (data.len == 0)
		return STR("the key was revoked");
	if (s->is_ed25519 ? !str_eq_case(kind, STR("ed25519"))
			  : str_is_set(kind) && !str_eq_case(kind, STR("rsa")))
		return STR("the key is of another kind than the signature");
	if (str_is_set(hashes) && !dkim_list_has(hashes, STR("sha256")))
		return STR("the key is not for sha256");
	if (str_is_set(services) && !dkim_list_has(services, STR("*")) &&
		!dkim_list_has(services, STR("email")))
		return STR("the key is not for mail");
	size_t at = s->identity.len;
	while (at > 0 && s->identity.ptr[at - 1] != '@')
		at--;
	if (dkim_list_has(flags, STR("s")) && !str_eq_case(str_from(s->identity, at), s->domain))
		return STR("the key is not for domains below d=");
	out->is_test = dkim_list_has(flags, STR("y"));
	const struct str bytes = decoded(data, a);
	out->key = bytes.len > 0 ? key_decode(bytes, s->is_ed25519) : NULL;
	if (out->key == NULL)
		return STR("the key cannot be read");
	const int bits = EVP_PKEY_get_bits(out->key);
	if (!s->is_ed25519 && (EVP_PKEY_get_base_id(out->key) != EVP_PKEY_RSA ||
				      bits < DKIM_KEY_BITS_MIN || bits > DKIM_KEY_BITS_MAX)) {
		EVP_PKEY_free(out->key);
		out->key = NULL;
		return STR("the key has fewer than 1024 bits or more than 8192 (RFC 8301)");
	}
	return STR_NONE;
}

/* ---- the header's hash: s3.7, s5.4.2 */

/* The signed fields, each name from the bottom up; a name without a field is nothing. */
static void
signed_fields_add(const struct dkim *d, const struct dkim_signature *s, struct buf *out)
{
	bool taken[DKIM_FIELDS_MAX] = {false};
	for (struct str names = s->names; str_is_set(names);) {
		struct str name = str_cut(&names, ':');
		name = str_trim(name);
		for (size_t i = d->field_count; i-- > 0;) {
			if (taken[i] || !is_named(d->fields[i], name))
				continue;
			taken[i] = true;
			dkim_field_add(out, d->fields[i], s->is_header_relaxed);
			break;
		}
	}
}

static bool
header_hash(struct dkim *d, const struct dkim_signature *s, unsigned char hash[SHA256_BYTES])
{
	struct buf text;
	unsigned len = 0;
	buf_init(&text, 2 * DKIM_HEADER_BYTES_MAX);
	signed_fields_add(d, s, &text);
	dkim_field_add(&text, dkim_field_without_b(s->field, &d->arena), s->is_header_relaxed);
	const bool has_end = text.len >= 2 && text.ptr[text.len - 1] == '\n';
	FOREIGN_BEGIN();
	const bool ok = !buf_failed(&text) && !arena_failed(&d->arena) &&
			EVP_Digest(text.ptr, text.len - (has_end ? 2 : 0), hash, &len, EVP_sha256(),
				NULL) == 1;
	FOREIGN_END();
	WAS_WRITTEN(hash, SHA256_BYTES);
	buf_fini(&text);
	return ok;
}

static bool
is_right(EVP_PKEY *key, const struct dkim_signature *s, const unsigned char *hash)
{
	const unsigned char *const value = (const unsigned char *)s->value.ptr;
	bool ok = false;
	if (s->is_ed25519) { /* RFC 8463 s3: the hash is what is signed */
		EVP_MD_CTX *const ctx = EVP_MD_CTX_new();
		ok = ctx != NULL && EVP_DigestVerifyInit(ctx, NULL, NULL, NULL, key) == 1 &&
		     EVP_DigestVerify(ctx, value, s->value.len, hash, SHA256_BYTES) == 1;
		EVP_MD_CTX_free(ctx);
		return ok;
	}
	EVP_PKEY_CTX *const ctx = EVP_PKEY_CTX_new(key, NULL);
	ok = ctx != NULL && EVP_PKEY_verify_init(ctx) == 1 &&
	     EVP_PKEY_CTX_set_rsa_padding(ctx, RSA_PKCS1_PADDING) == 1 &&
	     EVP_PKEY_CTX_set_signature_md(ctx, EVP_sha256()) == 1 &&
	     EVP_PKEY_verify(ctx, value, s->value.len, hash, SHA256_BYTES) == 1;
	EVP_PKEY_CTX_free(ctx);
	return ok;
}

/* ---- the end of the text */

/* The body's hash, before any key is asked for. */
static void
body_compare(struct dkim_signature *s)
{
	unsigned char hash[SHA256_BYTES];
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

/* The next key that must be asked for. */
static bool
next_key(struct dkim *d)
{
	static const struct str middle = STR_INIT("._domainkey.");
	for (; d->at < d->count; d->at++) {
		struct dkim_signature *const s = &d->signatures[d->at];
		if (s->is_done)
			continue;
		const struct str name = arena_join(&d->arena, s->selector, middle, s->domain);
		if (arena_failed(&d->arena)) {
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
	if (d->count > 0) {
		dkim_body_end(&d->simple);
		dkim_body_end(&d->relaxed);
	}
	for (size_t i = 0; i < d->count; i++)
		body_compare(&d->signatures[i]);
	return next_key(d);
}

/* With one of the keys that stand there: two, while one takes the other's place. */
static void
verify(struct dkim *d, struct dkim_signature *s, const struct dns_answer *answer)
{
	unsigned char hash[SHA256_BYTES];
	if (!header_hash(d, s, hash)) {
		end(s, DKIM_TEMPERROR, STR("out of memory"));
		return;
	}
	end(s, DKIM_PERMERROR, STR("there is no key"));
	for (size_t i = 0; i < answer->count; i++) {
		struct key key;
		FOREIGN_BEGIN();
		const struct str wrong = key_parse(answer->records[i].data, s, &d->arena, &key);
		FOREIGN_END();
		if (str_is_set(wrong)) {
			if (s->result == DKIM_PERMERROR)
				s->words = wrong;
			continue;
		}
		FOREIGN_BEGIN();
		const bool ok = is_right(key.key, s, hash);
		FOREIGN_END();
		EVP_PKEY_free(key.key);
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
	if (dns_is_failure(answer->status))
		end(s, DKIM_TEMPERROR, dns_status_name(answer->status));
	else
		verify(d, s, answer);
	d->at++;
	return next_key(d);
}

struct str
dkim_field_find(const struct dkim *d, struct str name, size_t nth)
{
	for (size_t i = 0; i < d->field_count; i++) {
		if (!is_named(d->fields[i], name) || nth-- > 0)
			continue;
		struct str value = d->fields[i];
		str_cut(&value, ':');
		return str_trim(value);
	}
	return STR_NONE;
}
