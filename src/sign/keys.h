/*
 * keys - the private keys that mail is signed with
 *
 * A folder: DOMAIN/SELECTOR.pem, PKCS #8 or what OpenSSL reads as such; RSA from 1024 bits on or
 * Ed25519. All of a domain's sign. A key that others than its owner may read is no secret and is
 * refused, as ssh does; other names in the folder are left alone, so that SELECTOR.new can wait for
 * its record in the DNS.
 *
 * Threads: a set belongs to one, which counts its uses; its keys may be used by any.
 */
#ifndef SIGN_KEYS_H
#define SIGN_KEYS_H

#include "base/arena.h"

#include <openssl/evp.h>

#define SIGN_KEYS_FOLDER "keys" /* below data_directory */
#define SIGN_KEYS_MAX 20000
#define SIGN_KEYS_OF_DOMAIN_MAX 4 /* two kinds, old and new */
#define SIGN_KEY_BYTES_MAX 16384  /* of a file */
#define SIGN_RSA_BITS_MIN 1024    /* RFC 8301 */
#define SIGN_RSA_BITS_MAX 4096    /* what every verifier must take */
#define SIGN_KEYS_WORDS_MAX 1400

struct sign_key {
	struct str domain, selector;
	EVP_PKEY *key;
	bool is_ed25519;
};

struct sign_keys {
	unsigned uses;
	struct arena arena;
	struct sign_key *list; /* by domain, then selector */
	size_t count;
};

/* sign_key_parse - a private key in PEM; NULL and what is wrong with it, a constant */
EVP_PKEY *sign_key_parse(struct str pem, struct str *wrong);

/* sign_key_read - of a file; NULL and *words: the path, what is wrong, what to do */
EVP_PKEY *sign_key_read(const char *path, char words[static SIGN_KEYS_WORDS_MAX]);

/* sign_keys_load - all of a folder, which may be absent. NULL and *words as above; used once */
struct sign_keys *sign_keys_load(const char *folder, char words[static SIGN_KEYS_WORDS_MAX]);
void sign_keys_release(struct sign_keys *k); /* NULL is harmless */

/* sign_keys_find - those of the domain, or else of the nearest above it, so that a key of
 * example.org signs for mail.example.org too; *count of them, 0 when there are none */
const struct sign_key *sign_keys_find(const struct sign_keys *k, struct str domain, size_t *count);

#endif
