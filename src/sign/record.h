/*
 * record - keys for signing: made, and as the DNS is to have their public half (RFC 6376 s3.6.1)
 *
 * Any thread; no I/O.
 */
#ifndef SIGN_RECORD_H
#define SIGN_RECORD_H

#include "base/buf.h"

#include <openssl/evp.h>

#define SIGN_RSA_BITS                                                                              \
	2048 /* RFC 8301; larger ones do not fit a packet of the DNS, with its name                \
	      */
#define SIGN_RECORD_BYTES_MAX 1024
#define SIGN_STRING_BYTES_MAX 255 /* of one string of a TXT */

/* sign_key_make - NULL: OpenSSL has no memory or no random numbers */
EVP_PKEY *sign_key_make(bool is_ed25519);

/* sign_key_pem - the private key in PKCS #8, which is a secret: `out` is wiped (is_private) */
bool sign_key_pem(EVP_PKEY *key, struct buf *out);

/* sign_record - "v=DKIM1; k=rsa; p=..." of a private or public key */
bool sign_record(EVP_PKEY *key, struct buf *out);

/* sign_record_line - the same as a line of a zone: "NAME. TXT ( "..." "..." )", in strings of at
 * most 255 bytes */
void sign_record_line(struct str name, struct str record, struct buf *out);

/* sign_record_matches - does a record of the DNS hold that key's public half? On false *wrong says
 * why not, a constant */
bool sign_record_matches(EVP_PKEY *key, struct str record, struct str *wrong);

#endif
