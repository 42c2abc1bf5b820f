/* record - keys for signing: made, and as the DNS is to have their public half */
#include "sign/record.h"

#include "base/written.h"
#include "check/dkim_key.h"
#include "smtp/base64.h"

#include <openssl/bio.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>
#include <openssl/x509.h>

#define PUBLIC_BYTES_MAX 640 /* RSA with 4096 bits, in its frame */
#define ED25519_BYTES 32
#define ARENA_BYTES_MAX 32768

EVP_PKEY *
sign_key_make(bool is_ed25519)
{
	FOREIGN_BEGIN();
	EVP_PKEY *const key = is_ed25519
				      ? EVP_PKEY_Q_keygen(NULL, NULL, "ED25519")
				      : EVP_PKEY_Q_keygen(NULL, NULL, "RSA", (size_t)SIGN_RSA_BITS);
	FOREIGN_END();
	return key;
}

bool
sign_key_pem(EVP_PKEY *key, struct buf *out)
{
	char *text = NULL;
	out->is_private = true;
	FOREIGN_BEGIN();
	BIO *const to = BIO_new(BIO_s_secmem());
	const bool ok = to != NULL &&
			PEM_write_bio_PKCS8PrivateKey(to, key, NULL, NULL, 0, NULL, NULL) == 1;
	const long len = ok ? BIO_get_mem_data(to, &text) : 0;
	if (len > 0) {
		WAS_WRITTEN(text, (size_t)len);
		buf_add(out, (struct str){text, (size_t)len});
	}
	BIO_free(to);
	FOREIGN_END();
	return len > 0 && !buf_failed(out);
}

bool
sign_record(EVP_PKEY *key, struct buf *out)
{
	unsigned char bytes[PUBLIC_BYTES_MAX];
	char base64[BASE64_BYTES(PUBLIC_BYTES_MAX)];
	size_t len = sizeof bytes;
	FOREIGN_BEGIN();
	const bool is_ed25519 = EVP_PKEY_get_base_id(key) == EVP_PKEY_ED25519;
	bool ok = true;
	if (is_ed25519) {
		ok = EVP_PKEY_get_raw_public_key(key, bytes, &len) == 1;
	} else {
		unsigned char *at = bytes;
		const int n = i2d_PUBKEY(key, NULL);
		ok = n > 0 && (size_t)n <= sizeof bytes && i2d_PUBKEY(key, &at) == n;
		len = ok ? (size_t)n : 0;
	}
	FOREIGN_END();
	if (!ok)
		return false;
	WAS_WRITTEN(bytes, len);
	buf_add(out, is_ed25519 ? STR("v=DKIM1; k=ed25519; p=") : STR("v=DKIM1; k=rsa; p="));
	buf_add(out, (struct str){base64, base64_encode((struct str){(char *)bytes, len}, base64)});
	return !buf_failed(out);
}

void
sign_record_line(struct str name, struct str record, struct buf *out)
{
	buf_add(out, name);
	buf_add(out, STR(". IN TXT ("));
	while (record.len > 0) {
		const struct str piece = str_head(record, SIGN_STRING_BYTES_MAX);
		buf_add(out, STR(" \""));
		buf_add(out, piece);
		buf_add(out, STR("\""));
		record = str_from(record, piece.len);
	}
	buf_add(out, STR(" )\n"));
}

bool
sign_record_matches(EVP_PKEY *key, struct str record, struct str *wrong)
{
	struct arena a;
	struct dkim_key found;
	arena_init(&a, ARENA_BYTES_MAX);
	*wrong = dkim_key_parse(record, EVP_PKEY_get_base_id(key) == EVP_PKEY_ED25519, &a, &found);
	arena_fini(&a);
	if (str_is_set(*wrong))
		return false;
	FOREIGN_BEGIN();
	const bool is_same = EVP_PKEY_eq(key, found.key) == 1;
	FOREIGN_END();
	dkim_key_free(&found);
	if (!is_same)
		*wrong = STR("it is the public half of another key");
	return is_same;
}
