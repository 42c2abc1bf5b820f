#include "smtp/scram.h"

#include "base/charset.h"
#include "base/written.h"
#include "smtp/base64.h"

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/sha.h>

typedef unsigned char key[SCRAM_KEY_BYTES];

bool
scram_sign(const unsigned char *k, struct str text, unsigned char *out)
{
	FOREIGN_BEGIN();
	const bool ok = HMAC(EVP_sha256(), k, SCRAM_KEY_BYTES, (const unsigned char *)text.ptr,
				text.len, out, NULL) != NULL;
	FOREIGN_END();
	WAS_WRITTEN(out, SCRAM_KEY_BYTES);
	return ok;
}

static bool
sha256(const unsigned char *in, unsigned char *out)
{
	FOREIGN_BEGIN();
	const bool ok = EVP_Digest(in, SCRAM_KEY_BYTES, out, NULL, EVP_sha256(), NULL) == 1;
	FOREIGN_END();
	WAS_WRITTEN(out, SCRAM_KEY_BYTES);
	return ok;
}

bool
scram_derive_both(struct str password, struct str salt, uint32_t iterations,
	unsigned char client_key[SCRAM_KEY_BYTES], struct scram_secret *out)
{
	key salted;
	struct scram_secret secret = {.salt = salt, .iterations = iterations};
	if (password.len > INT32_MAX || salt.len == 0 || salt.len > SCRAM_SALT_BYTES_MAX ||
		iterations == 0 || iterations > SCRAM_ITERATIONS_MAX)
		return false;
	FOREIGN_BEGIN();
	const int derived =
		PKCS5_PBKDF2_HMAC(password.ptr, (int)password.len, (const unsigned char *)salt.ptr,
			(int)salt.len, (int)iterations, EVP_sha256(), sizeof salted, salted);
	FOREIGN_END();
	WAS_WRITTEN(salted, sizeof salted);
	const bool ok = derived == 1 && scram_sign(salted, STR("Client Key"), client_key) &&
			sha256(client_key, secret.stored_key) &&
			scram_sign(salted, STR("Server Key"), secret.server_key);
	OPENSSL_cleanse(salted, sizeof salted);
	if (ok)
		*out = secret;
	return ok;
}

bool
scram_nobody(struct str secret, struct str name, uint32_t iterations, char *room,
	struct scram_secret *out)
{
	key salt;
	if (secret.len != SCRAM_KEY_BYTES ||
		!scram_sign((const unsigned char *)secret.ptr, name, salt))
		return false;
	memcpy(room, salt, SCRAM_NOBODY_SALT_BYTES);
	*out = (struct scram_secret){.salt = {room, SCRAM_NOBODY_SALT_BYTES},
		.iterations = iterations,
		.is_nobody = true};
	return true;
}

bool
scram_derive(struct str password, struct str salt, uint32_t iterations, struct scram_secret *out)
{
	key client;
	const bool ok = scram_derive_both(password, salt, iterations, client, out);
	OPENSSL_cleanse(client, sizeof client);
	return ok;
}

/* The value of the attribute that must come next ("n=..."); false when another does. */
static bool
attribute_cut(struct str *rest, char name, struct str *value)
{
	struct str part = str_cut(rest, ',');
	if (part.len < 2 || part.ptr[0] != name || part.ptr[1] != '=')
		return false;
	*value = str_from(part, 2);
	return true;
}

/* RFC 5802 s5.1 saslname: "=2C" is a comma, "=3D" an equals sign, no other "=" may be. */
static bool
name_decode(struct str in, char *room, struct str *out)
{
	size_t n = 0;
	for (size_t i = 0; i < in.len; i++) {
		char c = in.ptr[i];
		if (c == '=') {
			const struct str code = str_head(str_from(in, i), 3);
			if (!str_eq(code, STR("=2C")) && !str_eq(code, STR("=3D")))
				return false;
			c = code.ptr[1] == '2' ? ',' : '=';
			i += 2;
		}
		if (c == '\0')
			return false;
		room[n++] = c;
	}
	*out = (struct str){room, n};
	return n > 0 && utf8_valid(*out);
}

/* RFC 5802 s7 printable: what a nonce is made of. */
static bool
is_nonce(struct str s)
{
	for (size_t i = 0; i < s.len; i++)
		if (s.ptr[i] < '!' || s.ptr[i] > '~' || s.ptr[i] == ',')
			return false;
	return s.len > 0;
}

/* Moves `rest` past "n," or "y," and "[a=authzid],". */
static enum scram_result
gs2_cut(struct scram *s, struct str *rest, char **room, struct str *authzid)
{
	const struct str flag = str_cut(rest, ','), identity = str_cut(rest, ',');
	*authzid = STR_NONE;
	if (!str_is_set(*rest))
		return SCRAM_SYNTAX;
	if (str_starts(flag, STR("p=")))
		return SCRAM_BINDING;
	if (flag.len != 1 || (flag.ptr[0] != 'n' && flag.ptr[0] != 'y'))
		return SCRAM_SYNTAX;
	memcpy(s->gs2, flag.ptr[0] == 'n' ? "n,," : "y,,", 4);
	if (identity.len == 0)
		return SCRAM_OK;
	if (!str_starts(identity, STR("a=")) || !name_decode(str_from(identity, 2), *room, authzid))
		return SCRAM_SYNTAX;
	*room += authzid->len;
	return SCRAM_OK;
}

enum scram_result
scram_first(struct scram *s, struct str message, char *room, struct str *user, struct str *authzid)
{
	struct str rest = message, name, nonce;
	*s = (struct scram){0};
	const enum scram_result result = gs2_cut(s, &rest, &room, authzid);
	if (result != SCRAM_OK)
		return result;
	if (rest.len > sizeof s->first)
		return SCRAM_SYNTAX;
	memcpy(s->first, rest.ptr, rest.len);
	s->first_bytes = (uint16_t)rest.len;
	/* "m=", an extension we must understand, comes first when there is one: refused too. */
	if (!attribute_cut(&rest, 'n', &name) || !attribute_cut(&rest, 'r', &nonce) ||
		!is_nonce(nonce) || !name_decode(name, room, user))
		return SCRAM_SYNTAX;
	return SCRAM_OK;
}

static void
text_add(struct scram *s, struct str text)
{
	memcpy(s->server_first + s->server_bytes, text.ptr, text.len);
	s->server_bytes = (uint16_t)(s->server_bytes + text.len);
}

struct str
scram_challenge(struct scram *s, const struct scram_secret *secret, struct str nonce)
{
	char salt[BASE64_BYTES(SCRAM_SALT_BYTES_MAX)], digits[STR_DIGITS_MAX];
	struct str rest = {s->first, s->first_bytes}, name, client;
	if (!attribute_cut(&rest, 'n', &name) || !attribute_cut(&rest, 'r', &client) ||
		!is_nonce(nonce) || nonce.len > SCRAM_NONCE_BYTES_MAX || secret->salt.len == 0 ||
		secret->salt.len > SCRAM_SALT_BYTES_MAX || secret->iterations == 0 ||
		client.len + nonce.len + sizeof salt + STR_DIGITS_MAX + 8 > sizeof s->server_first)
		return STR_NONE;
	s->server_bytes = 0;
	text_add(s, STR("r="));
	text_add(s, client);
	text_add(s, nonce);
	text_add(s, STR(",s="));
	text_add(s, (struct str){salt, base64_encode(secret->salt, salt)});
	text_add(s, STR(",i="));
	text_add(s, str_digits(secret->iterations, digits));
	s->nonce_bytes = (uint16_t)(client.len + nonce.len);
	memcpy(s->stored_key, secret->stored_key, sizeof s->stored_key);
	memcpy(s->server_key, secret->server_key, sizeof s->server_key);
	s->is_nobody = secret->is_nobody;
	return (struct str){s->server_first, s->server_bytes};
}

/* The signature that `k` makes of the whole exchange: RFC 5802 s3 AuthMessage. */
static bool
exchange_sign(const struct scram *s, const unsigned char *k, struct str final, unsigned char *out)
{
	char text[sizeof s->first + sizeof s->server_first + SCRAM_CLIENT_FIRST_BYTES_MAX + 2];
	size_t n = s->first_bytes;
	memcpy(text, s->first, n);
	text[n++] = ',';
	memcpy(text + n, s->server_first, s->server_bytes);
	n += s->server_bytes;
	text[n++] = ',';
	memcpy(text + n, final.ptr, final.len);
	return scram_sign(k, (struct str){text, n + final.len}, out);
}

/* Reads client-final-message: the part without the proof, and the proof. */
static bool
final_read(const struct scram *s, struct str message, struct str *without, unsigned char *proof)
{
	char binding[BASE64_BYTES(3)], bytes[SCRAM_KEY_BYTES + 1];
	struct str rest = message, value, nonce;
	size_t length = 0, last = STR_NPOS;
	const struct str sent = {s->server_first + 2, s->nonce_bytes};
	for (size_t i = 0; (i = str_find(message, STR(",p="), i)) != STR_NPOS; i++)
		last = i;
	if (last == STR_NPOS || last > SCRAM_CLIENT_FIRST_BYTES_MAX)
		return false;
	*without = str_head(message, last);
	const struct str header = {binding, base64_encode((struct str){s->gs2, 3}, binding)};
	value = str_from(message, last + 3);
	if (value.len != BASE64_BYTES(SCRAM_KEY_BYTES) || !base64_decode(value, bytes, &length) ||
		length != SCRAM_KEY_BYTES)
		return false;
	memcpy(proof, bytes, SCRAM_KEY_BYTES);
	return attribute_cut(&rest, 'c', &value) && str_eq(value, header) &&
	       attribute_cut(&rest, 'r', &nonce) && str_eq(nonce, sent);
}

enum scram_result
scram_final(struct scram *s, struct str message, char answer[SCRAM_SERVER_FINAL_BYTES])
{
	key proof, signature, client, stored, server;
	struct str without;
	if (s->server_bytes == 0 || !final_read(s, message, &without, proof))
		return SCRAM_SYNTAX;
	bool ok = exchange_sign(s, s->stored_key, without, signature) &&
		  exchange_sign(s, s->server_key, without, server);
	for (size_t i = 0; i < sizeof client; i++)
		client[i] = proof[i] ^ signature[i];
	ok = ok && sha256(client, stored);
	ok = ok && CRYPTO_memcmp(stored, s->stored_key, sizeof stored) == 0 && !s->is_nobody;
	OPENSSL_cleanse(client, sizeof client);
	if (!ok)
		return SCRAM_NO_MATCH;
	memcpy(answer, "v=", 2);
	base64_encode((struct str){(const char *)server, sizeof server}, answer + 2);
	return SCRAM_OK;
}

void
scram_cleanse(void *bytes, size_t n)
{
	OPENSSL_cleanse(bytes, n);
	WAS_WRITTEN(bytes, n);
}

void
scram_wipe(struct scram *s)
{
	scram_cleanse(s, sizeof *s);
}
