/* password - argon2id (RFC 9106) */
#include "directory/directory_inside.h"

#include <argon2.h>
#include <sys/random.h>

/* OWASP's second choice of 2024: 19 MiB, two passes, one lane. */
#define PASSES 2
#define MEMORY_KIB (19 * 1024)
#define LANES 1
#define SALT_BYTES 16
#define HASH_BYTES 32

const char password_of_nobody[] = "$argon2id$v=19$m=19456,t=2,p=1$boYpibr3eHCgTHQozeqI0g"
				  "$/zimMV9tCh6a50u89hvslwfGkmoLBxKhjemM4vJpc2w";

bool
secrets_make(struct str password, struct secrets *out)
{
	unsigned char salt[SALT_BYTES];
	return password.len > 0 && password.len <= DIRECTORY_PASSWORD_MAX &&
	       getrandom(salt, sizeof salt, 0) == sizeof salt &&
	       getrandom(out->salt, sizeof out->salt, 0) == sizeof out->salt &&
	       argon2id_hash_encoded(PASSES, MEMORY_KIB, LANES, password.ptr, password.len, salt,
		       sizeof salt, HASH_BYTES, out->hash, sizeof out->hash) == ARGON2_OK &&
	       scram_derive(password, (struct str){out->salt, sizeof out->salt}, SCRAM_ITERATIONS,
		       &out->scram);
}

bool
password_matches(struct str password, const char *hash)
{
	return password.len <= DIRECTORY_PASSWORD_MAX &&
	       argon2id_verify(hash, password.ptr, password.len) == ARGON2_OK;
}

bool
password_is_current(const char *hash)
{
	const struct str nobody = str_of(password_of_nobody);
	const size_t salt = str_find(nobody, STR("p=1$"), 0) + 4;
	return str_starts(str_of(hash), str_head(nobody, salt));
}
