/* dkim_key - public keys as the DNS has them */
#include "check/dkim_key.h"

#include "base/decode.h"
#include "base/written.h"
#include "check/dkim_text.h"

#include <openssl/rsa.h>
#include <openssl/x509.h>

#define ED25519_BYTES 32

struct str
dkim_base64(struct str base64, struct arena *a)
{
	const struct str text = dkim_without_blanks(base64, a);
	if (text.len == 0 || text.len > DKIM_BASE64_BYTES_MAX)
		return STR_NONE;
	char *const room = arena_bytes(a, (text.len / 4 + 1) * 3);
	if (room == NULL)
		return STR_NONE;
	return str_between(room, base64_write(text, room));
}

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

struct str
dkim_key_parse(struct str record, bool is_ed25519, struct arena *a, struct dkim_key *out)
{
	struct dkim_tags tags;
	*out = (struct dkim_key){.is_ed25519 = is_ed25519};
	if (!dkim_tags_parse(record, &tags))
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
	if (is_ed25519 ? !str_eq_case(kind, STR("ed25519"))
		       : str_is_set(kind) && !str_eq_case(kind, STR("rsa")))
		return STR("the key is of another kind than the signature");
	if (str_is_set(hashes) && !dkim_list_has(hashes, STR("sha256")))
		return STR("the key is not for sha256");
	if (str_is_set(services) && !dkim_list_has(services, STR("*")) &&
		!dkim_list_has(services, STR("email")))
		return STR("the key is not for mail");
	out->is_for_domain_alone = dkim_list_has(flags, STR("s"));
	out->is_test = dkim_list_has(flags, STR("y"));
	const struct str bytes = dkim_base64(data, a);
	FOREIGN_BEGIN();
	out->key = bytes.len > 0 ? key_decode(bytes, is_ed25519) : NULL;
	const int bits = out->key != NULL ? EVP_PKEY_get_bits(out->key) : 0;
	FOREIGN_END();
	if (out->key == NULL)
		return STR("the key cannot be read");
	if (!is_ed25519 && (EVP_PKEY_get_base_id(out->key) != EVP_PKEY_RSA ||
				   bits < DKIM_KEY_BITS_MIN || bits > DKIM_KEY_BITS_MAX)) {
		dkim_key_free(out);
		return STR("the key has fewer than 1024 bits or more than 8192 (RFC 8301)");
	}
	return STR_NONE;
}

void
dkim_key_free(struct dkim_key *key)
{
	EVP_PKEY_free(key->key);
	key->key = NULL;
}

static bool
ed25519_verifies(EVP_PKEY *key, struct str value, const unsigned char *hash)
{
	EVP_MD_CTX *const ctx = EVP_MD_CTX_new();
	/* RFC 8463 s3: the hash is what is signed */
	const bool ok = ctx != NULL && EVP_DigestVerifyInit(ctx, NULL, NULL, NULL, key) == 1 &&
			EVP_DigestVerify(ctx, (const unsigned char *)value.ptr, value.len, hash,
				DKIM_HASH_BYTES) == 1;
	EVP_MD_CTX_free(ctx);
	return ok;
}

static bool
rsa_verifies(EVP_PKEY *key, struct str value, const unsigned char *hash)
{
	EVP_PKEY_CTX *const ctx = EVP_PKEY_CTX_new(key, NULL);
	const bool ok = ctx != NULL && EVP_PKEY_verify_init(ctx) == 1 &&
			EVP_PKEY_CTX_set_rsa_padding(ctx, RSA_PKCS1_PADDING) == 1 &&
			EVP_PKEY_CTX_set_signature_md(ctx, EVP_sha256()) == 1 &&
			EVP_PKEY_verify(ctx, (const unsigned char *)value.ptr, value.len, hash,
				DKIM_HASH_BYTES) == 1;
	EVP_PKEY_CTX_free(ctx);
	return ok;
}

bool
dkim_key_verifies(
	const struct dkim_key *key, struct str value, const unsigned char hash[DKIM_HASH_BYTES])
{
	FOREIGN_BEGIN();
	const bool ok = key->is_ed25519 ? ed25519_verifies(key->key, value, hash)
					: rsa_verifies(key->key, value, hash);
	FOREIGN_END();
	return ok;
}
