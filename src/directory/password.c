/* password - argon2id (RFC 9106) */
#include "directory/directory_inside.h"

#include <argon2.h>
#include <openssl/evp.h>
#include <sys/random.h>

/* OWASP's second choice of 2024: 19 MiB, two passes, one lane. */
#define PASSES 2
#define MEMORY_KIB (19 * 1024)
#define LANES 1
#define SALT_BYTES 16
#define HASH_BYTES 32

const char password_of_nobody[] = "$argon2id$v=19$m=19456,t=2,p=1$boYpibr3eHCgTHQozeqI0g"
				  "$/zimMV9tCh6a50u89hvslwfGkmoLBxKhjemM4vJpc2w";

static bool
argon2id_make(struct str password, char *out, size_t room)
{
	unsigned char salt[SALT_BYTES];
	return getrandom(salt, sizeof salt, 0) == sizeof salt &&
	       argon2id_hash_encoded(PASSES, MEMORY_KIB, LANES, password.ptr, password.len, salt,
		       sizeof salt, HASH_BYTES, out, room) == ARGON2_OK;
}

bool
secrets_make(struct str password, struct secrets *out)
{
	return password.len > 0 && password.len <= DIRECTORY_PASSWORD_MAX &&
	       getrandom(out->salt, sizeof out->salt, 0) == sizeof out->salt &&
	       argon2id_make(password, out->hash, sizeof out->hash) &&
	       scram_derive(password, (struct str){out->salt, sizeof out->salt}, SCRAM_ITERATIONS,
		       &out->scram);
}

/* ---- hMailServer's: the digest of a password, or of six letters and the password */

#define DIGEST_HEX_MAX (2 * EVP_MAX_MD_SIZE)

static const struct old_kind {
	struct str prefix;
	const char *digest;
	size_t salt, hex; /* letters of each */
} old_kinds[] = {
	{STR_INIT("hmailserver-md5:"), "MD5", 0, 32},
	{STR_INIT("hmailserver-sha256:"), "SHA256", 6, 64},
};

static const struct old_kind *
old_kind_find(struct str hash)
{
	for (size_t i = 0; i < sizeof old_kinds / sizeof *old_kinds; i++)
		if (str_starts(hash, old_kinds[i].prefix))
			return &old_kinds[i];
	return NULL;
}

/* The digest as hMailServer has it, in small hexadecimal. */
static bool
old_digest(const struct old_kind *kind, struct str salt, struct str password,
	char hex[DIGEST_HEX_MAX], struct str *out)
{
	unsigned char bytes[EVP_MAX_MD_SIZE];
	unsigned n = 0;
	EVP_MD_CTX *const c = EVP_MD_CTX_new();
	const bool ok = c != NULL &&
			EVP_DigestInit_ex(c, EVP_get_digestbyname(kind->digest), NULL) == 1 &&
			EVP_DigestUpdate(c, salt.ptr, salt.len) == 1 &&
			EVP_DigestUpdate(c, password.ptr, password.len) == 1 &&
			EVP_DigestFinal_ex(c, bytes, &n) == 1;
	EVP_MD_CTX_free(c);
	for (unsigned i = 0; i < n; i++) {
		hex[2 * i] = "0123456789abcdef"[bytes[i] >> 4];
		hex[2 * i + 1] = "0123456789abcdef"[bytes[i] & 15];
	}
	*out = (struct str){hex, 2 * n};
	return ok;
}

/* "$argon2id$" of a hash as it is kept, and the salt in front of it. */
static struct str
old_inner(const struct old_kind *kind, struct str hash, struct str *salt)
{
	const struct str rest = str_from(hash, kind->prefix.len);
	*salt = str_head(rest, kind->salt);
	return str_from(rest, kind->salt);
}

bool
hash_take(struct str given, char out[PASSWORD_HASH_MAX])
{
	const struct old_kind *const kind = old_kind_find(given);
	struct str salt = STR(""), inner = kind == NULL ? given : old_inner(kind, given, &salt);
	if (str_starts(inner, STR("$argon2id$"))) {
		if (given.len >= PASSWORD_HASH_MAX)
			return false;
		memcpy(out, given.ptr, given.len);
		out[given.len] = '\0';
		return true;
	}
	if (kind == NULL || inner.len != kind->hex)
		return false;
	char hex[DIGEST_HEX_MAX];
	for (size_t i = 0; i < inner.len; i++) {
		hex[i] = (char)ascii_lower((unsigned char)inner.ptr[i]);
		if (!ascii_is_digit((unsigned char)hex[i]) && (hex[i] < 'a' || hex[i] > 'f'))
			return false;
	}
	const size_t head = kind->prefix.len + salt.len;
	memcpy(out, given.ptr, head);
	return argon2id_make((struct str){hex, inner.len}, out + head, PASSWORD_HASH_MAX - head);
}

bool
password_matches(struct str password, const char *hash)
{
	const struct old_kind *const kind = old_kind_find(str_of(hash));
	char hex[DIGEST_HEX_MAX];
	struct str salt, inner = str_of(hash);
	if (password.len > DIRECTORY_PASSWORD_MAX)
		return false;
	if (kind != NULL) {
		inner = old_inner(kind, inner, &salt);
		if (!old_digest(kind, salt, password, hex, &password))
			return false;
	}
	return argon2id_verify(inner.ptr, password.ptr, password.len) == ARGON2_OK;
}

bool
password_is_current(const char *hash)
{
	const struct str nobody = str_of(password_of_nobody);
	const size_t salt = str_find(nobody, STR("p=1$"), 0) + 4;
	return str_starts(str_of(hash), str_head(nobody, salt));
}
