/*
 * batv - return paths that prove that we sent the mail: "prvs=078632eae4=ann@a.example"
 *
 * Spammers put other people's addresses on their mail, and what cannot be delivered comes back to
 * those. A server that signs the return paths of what it sends knows which bounces are about mail
 * of its own: one to an address without a good signature is about mail that never was.
 *
 * draft-levine-smtp-batv: the tag is a digit for the key, the day on which the address ends (the
 * last three digits of its number since 1970), and the first three bytes of the HMAC-SHA-1 of both
 * and the address, in hex. Three bytes are few, and enough: who guesses them gains one bounce. The
 * HMAC is that of the address in small letters, since servers on the way may change them.
 *
 * Pure. The HMAC is the caller's, so that nothing here needs a library of cryptography.
 */
#ifndef REPORT_BATV_H
#define REPORT_BATV_H

#include "base/str.h"

#define BATV_BYTES 16    /* that the tag adds: "prvs=" K DDD SSSSSS "=" */
#define BATV_DAYS_MAX 99 /* that a signed address may be good for: its numbers come again */
#define BATV_MAC_BYTES 20

/* HMAC-SHA-1 of `text` with the key of that digit; false when there is no such key */
typedef bool batv_mac(
	void *keys, unsigned key, struct str text, unsigned char mac[static BATV_MAC_BYTES]);

/* batv_can_sign - not the null reverse-path, what has a tag already, a quoted local part, or one
 * that would be too long with it (RFC 5321 s4.5.3.1.1) */
bool batv_can_sign(struct str address);

/*
 * batv_sign - the address with a tag
 *
 * key       0..9: a new one is used while the old one is still known
 * days      that it is good for, from now on
 * room      address.len + BATV_BYTES bytes
 * Returns   bytes written; 0 when it cannot be signed, or there is no such key
 */
size_t batv_sign(struct str address, unsigned key, unsigned days, int64_t now_ms, batv_mac *mac,
	void *keys, char *room);

enum batv_verdict {
	BATV_UNSIGNED,
	BATV_GOOD,
	BATV_EXPIRED, /* signed by us, but too long ago */
	BATV_FORGED
};

/* batv_check - is it signed by us? *plain is the address without the tag, a part of `address`; all
 * of it when there is no tag */
enum batv_verdict batv_check(struct str address, unsigned days, int64_t now_ms, batv_mac *mac,
	void *keys, struct str *plain);

#endif
