/*
 * scram - SCRAM-SHA-256: RFC 5802, RFC 7677. The server's half, and at the end the client's
 *
 * The server never sees the password and keeps none: salt, count, and two keys. Who asks for an
 * unknown user is given a salt as well, or the difference tells who exists. No channel binding
 * (SCRAM-SHA-256-PLUS): a client that insists on it is refused, one that could ("y") is not.
 *
 * Names are compared as they come. The server's keys are of the password as the directory prepared
 * it; the client prepares it here (opaque.h).
 */
#ifndef SMTP_SCRAM_H
#define SMTP_SCRAM_H

#include "base/str.h"

#define SCRAM_KEY_BYTES 32
#define SCRAM_SALT_BYTES_MAX 64
#define SCRAM_NONCE_BYTES_MAX 64         /* of the server's part */
#define SCRAM_CLIENT_FIRST_BYTES_MAX 512 /* without its gs2 header: a name and a nonce */
#define SCRAM_SERVER_FIRST_BYTES_MAX 512
#define SCRAM_SERVER_FINAL_BYTES 46 /* "v=" and 32 bytes in base64 */
#define SCRAM_ITERATIONS_MAX 10000000

/* What the directory keeps of a password. */
struct scram_secret {
	struct str salt;
	uint32_t iterations; /* RFC 7677 s4: 4096 or more */
	unsigned char stored_key[SCRAM_KEY_BYTES], server_key[SCRAM_KEY_BYTES];
	bool is_nobody; /* there is no such user: salt and count are for show, nothing matches */
};

/*
 * scram_derive - the keys of a password
 *
 * salt      kept as a slice in *out
 * Returns   false when libcrypto fails, or a limit is passed. Costs `iterations` HMACs
 */
bool scram_derive(
	struct str password, struct str salt, uint32_t iterations, struct scram_secret *out);

/*
 * scram_nobody - what a user is shown who has no keys
 *
 * The salt is made of the name and a secret, so that it is the same whenever somebody asks; what
 * changes tells that there is nobody.
 * secret    SCRAM_KEY_BYTES, random, the server's own
 * room      SCRAM_NOBODY_SALT_BYTES, kept as a slice in *out
 */
#define SCRAM_NOBODY_SALT_BYTES 16
bool scram_nobody(struct str secret, struct str name, uint32_t iterations, char *room,
	struct scram_secret *out);

/* scram_derive_both - the same, and the key that only the client has */
bool scram_derive_both(struct str password, struct str salt, uint32_t iterations,
	unsigned char client_key[SCRAM_KEY_BYTES], struct scram_secret *out);

/* One exchange; holds the two messages that are signed. */
struct scram {
	uint16_t first_bytes, server_bytes, nonce_bytes; /* nonce: of both parts, in server_first */
	char first[SCRAM_CLIENT_FIRST_BYTES_MAX];        /* client-first-message-bare */
	char server_first[SCRAM_SERVER_FIRST_BYTES_MAX];
	char gs2[4]; /* "n,," or "y,,", NUL */
	unsigned char stored_key[SCRAM_KEY_BYTES], server_key[SCRAM_KEY_BYTES];
	bool is_nobody;
};

enum scram_result {
	SCRAM_OK,
	SCRAM_SYNTAX,  /* no SCRAM message, or one beyond the limits */
	SCRAM_BINDING, /* channel binding, which is not offered */
	SCRAM_NO_MATCH /* the proof is wrong, or there is no such user */
};

/*
 * scram_first - client-first-message
 *
 * user      its name with "=2C" and "=3D" decoded, in room (message.len bytes)
 * authzid   the identity to act as, in room too; absent when none was given
 */
enum scram_result scram_first(
	struct scram *s, struct str message, char *room, struct str *user, struct str *authzid);

/*
 * scram_challenge - server-first-message, in s->server_first; absent when a limit is passed
 *
 * nonce     the server's part: printable ASCII without a comma, random, at least 18 bytes of it
 */
struct str scram_challenge(struct scram *s, const struct scram_secret *secret, struct str nonce);

/*
 * scram_final - client-final-message
 *
 * answer    server-final-message ("v=..."), which proves the server to the client; on SCRAM_OK
 * Time does not depend on where the proof differs.
 */
enum scram_result scram_final(
	struct scram *s, struct str message, char answer[SCRAM_SERVER_FINAL_BYTES]);

/* scram_sign - HMAC-SHA-256 of `text` into out (SCRAM_KEY_BYTES); false when libcrypto fails */
bool scram_sign(const unsigned char *key, struct str text, unsigned char *out);

/* scram_cleanse - overwrites, also where the compiler thinks it in vain */
void scram_cleanse(void *bytes, size_t n);

/* scram_wipe - overwrites keys and messages */
void scram_wipe(struct scram *s);

/* ---- the client's half: scram_client.c */

/* What must be kept between two messages. */
struct scram_client {
	char answer[SCRAM_SERVER_FINAL_BYTES]; /* what the server must say at its end */
	bool is_ready;                         /* `answer` is there */
};

/*
 * scram_client_first - client-first-message, with its gs2 header
 *
 * user      any bytes without a NUL
 * nonce     printable ASCII without a comma, random, at least 18 bytes of it
 * room      SCRAM_CLIENT_FIRST_BYTES_MAX
 * Returns   the message, in room; absent when it would be too long
 */
struct str scram_client_first(struct str user, struct str nonce, char *room);

/*
 * scram_client_final - client-final-message, the answer to server-first-message
 *
 * password  as it was given; what cannot be prepared is taken as it is
 * iterations_max   what a server may cost us
 * room      SCRAM_CLIENT_FIRST_BYTES_MAX
 * message   in room, on SCRAM_OK
 * Returns   SCRAM_SYNTAX for what is no such message, or beyond the limits; SCRAM_NO_MATCH when
 *           the nonce is not ours. Costs the iterations that the server asks for
 */
enum scram_result scram_client_final(struct scram_client *s, struct str user, struct str password,
	struct str nonce, struct str server_first, uint32_t iterations_max, char *room,
	struct str *message);

/* scram_client_verify - is that server-final-message the proof of who knows the password? */
bool scram_client_verify(const struct scram_client *s, struct str server_final);

#endif
