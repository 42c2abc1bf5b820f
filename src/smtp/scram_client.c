/* The client's half of SCRAM-SHA-256. */
#include "smtp/base64.h"
#include "smtp/opaque.h"
#include "smtp/scram.h"

#include <openssl/crypto.h>

/* A text in a caller's room; what does not fit makes it fail for good. */
struct text {
	char *ptr;
	size_t len, room;
	bool failed;
};

static void
add(struct text *t, struct str s)
{
	if (s.len > t->room - t->len) {
		t->failed = true;
		return;
	}
	memcpy(t->ptr + t->len, s.ptr, s.len);
	t->len += s.len;
}

static struct str
text_str(const struct text *t)
{
	return t->failed ? STR_NONE : (struct str){t->ptr, t->len};
}

/* client-first-message-bare; RFC 5802 s5.1: "," and "=" are written otherwise in a name. */
static void
add_first_bare(struct text *t, struct str user, struct str nonce)
{
	add(t, STR("n="));
	for (size_t i = 0; i < user.len; i++)
		if (user.ptr[i] == ',')
			add(t, STR("=2C"));
		else if (user.ptr[i] == '=')
			add(t, STR("=3D"));
		else
			add(t, (struct str){user.ptr + i, 1});
	add(t, STR(",r="));
	add(t, nonce);
}

struct str
scram_client_first(struct str user, struct str nonce, char *room)
{
	struct text t = {room, 0, SCRAM_CLIENT_FIRST_BYTES_MAX, false};
	add(&t, STR("n,,"));
	add_first_bare(&t, user, nonce);
	return text_str(&t);
}

/* server-first-message, read. */
struct challenge {
	struct str nonce; /* of both */
	uint32_t iterations;
	char salt_bytes[SCRAM_SALT_BYTES_MAX + 2]; /* what base64 of that length can hold */
	size_t salt_len;
};

static bool
value_cut(struct str *rest, char name, struct str *value)
{
	const struct str part = str_cut(rest, ',');
	*value = str_from(part, 2);
	return part.len > 2 && part.ptr[0] == name && part.ptr[1] == '=';
}

static bool
challenge_read(struct str message, struct challenge *out)
{
	struct str salt, count;
	if (message.len > SCRAM_SERVER_FIRST_BYTES_MAX || !value_cut(&message, 'r', &out->nonce) ||
		!value_cut(&message, 's', &salt) || !value_cut(&message, 'i', &count) ||
		salt.len > BASE64_BYTES(SCRAM_SALT_BYTES_MAX) ||
		!base64_decode(salt, out->salt_bytes, &out->salt_len))
		return false;
	for (size_t i = 0; i < count.len; i++)
		if (!ascii_is_digit(count.ptr[i]))
			return false;
	const int64_t n = str_number(count, SCRAM_ITERATIONS_MAX);
	out->iterations = n > 0 ? (uint32_t)n : 0;
	return n > 0;
}

enum scram_result
scram_client_final(struct scram_client *s, struct str user, struct str password, struct str nonce,
	struct str server_first, uint32_t iterations_max, char *room, struct str *message)
{
	char signed_bytes[2 * SCRAM_CLIENT_FIRST_BYTES_MAX + SCRAM_SERVER_FIRST_BYTES_MAX + 2];
	unsigned char client[SCRAM_KEY_BYTES], signature[SCRAM_KEY_BYTES], server[SCRAM_KEY_BYTES];
	char proof[BASE64_BYTES(SCRAM_KEY_BYTES)], opaque[OPAQUE_ROOM_BYTES];
	struct challenge c;
	struct str prepared;
	struct scram_secret secret;
	s->is_ready = false;
	if (!challenge_read(server_first, &c) || c.iterations > iterations_max)
		return SCRAM_SYNTAX;
	if (!str_starts(c.nonce, nonce) || c.nonce.len == nonce.len)
		return SCRAM_NO_MATCH;
	struct text final = {room, 0, SCRAM_CLIENT_FIRST_BYTES_MAX, false};
	add(&final, STR("c=biws,r=")); /* biws: "n,,", no channel binding */
	add(&final, c.nonce);
	struct text all = {signed_bytes, 0, sizeof signed_bytes, final.failed};
	add_first_bare(&all, user, nonce);
	add(&all, STR(","));
	add(&all, server_first);
	add(&all, STR(","));
	add(&all, (struct str){final.ptr, final.len});
	/* Who gave us a password that we would not take may do so: it is theirs to refuse. */
	if (!opaque_prepare(password, opaque, &prepared))
		prepared = password;
	bool ok = !all.failed &&
		  scram_derive_both(prepared, (struct str){c.salt_bytes, c.salt_len}, c.iterations,
			  client, &secret) &&
		  scram_sign(secret.stored_key, text_str(&all), signature) &&
		  scram_sign(secret.server_key, text_str(&all), server);
	if (ok) {
		for (size_t i = 0; i < sizeof client; i++)
			client[i] ^= signature[i];
		add(&final, STR(",p="));
		add(&final, (struct str){proof,
				    base64_encode((struct str){(const char *)client, sizeof client},
					    proof)});
		memcpy(s->answer, "v=", 2);
		base64_encode((struct str){(const char *)server, sizeof server}, s->answer + 2);
	}
	OPENSSL_cleanse(opaque, sizeof opaque);
	OPENSSL_cleanse(client, sizeof client);
	OPENSSL_cleanse(&secret, sizeof secret);
	*message = text_str(&final);
	s->is_ready = ok && !final.failed;
	return s->is_ready ? SCRAM_OK : SCRAM_SYNTAX;
}

bool
scram_client_verify(const struct scram_client *s, struct str server_final)
{
	return s->is_ready && server_final.len >= sizeof s->answer &&
	       (server_final.len == sizeof s->answer ||
		       server_final.ptr[sizeof s->answer] == ',') &&
	       CRYPTO_memcmp(server_final.ptr, s->answer, sizeof s->answer) == 0;
}
