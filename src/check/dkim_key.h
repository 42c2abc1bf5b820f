/*
 * dkim_key - public keys as the DNS has them, and what they say of a signature
 *
 * RFC 6376 s3.6.1, RFC 8301 (sizes), RFC 8463 (Ed25519). OpenSSL does the arithmetic.
 *
 * Pure; any thread, distinct objects.
 */
#ifndef CHECK_DKIM_KEY_H
#define CHECK_DKIM_KEY_H

#include "base/arena.h"

#include <openssl/evp.h>

#define DKIM_HASH_BYTES 32
#define DKIM_KEY_BITS_MIN 1024
#define DKIM_KEY_BITS_MAX 8192
#define DKIM_SIGNATURE_BYTES_MAX (DKIM_KEY_BITS_MAX / 8)
#define DKIM_BASE64_BYTES_MAX 4096 /* of a key or a signature, as text */

struct dkim_key {
	EVP_PKEY *key;
	bool is_ed25519;
	bool is_test;             /* t=y: the domain is trying it out */
	bool is_for_domain_alone; /* t=s: not for domains below it */
};

/*
 * dkim_key_parse - the key of a record
 *
 * Returns   what is wrong with it, a constant, and no key; or absent: dkim_key_free() later
 */
struct str dkim_key_parse(
	struct str record, bool is_ed25519, struct arena *a, struct dkim_key *out);
void dkim_key_free(struct dkim_key *key);

/* dkim_key_verifies - is `value` that key's signature of a SHA-256? */
bool dkim_key_verifies(
	const struct dkim_key *key, struct str value, const unsigned char hash[DKIM_HASH_BYTES]);

/* dkim_base64 - what folded base64 stands for; absent when it is empty, too long, or memory ran
 * out */
struct str dkim_base64(struct str text, struct arena *a);

#endif
