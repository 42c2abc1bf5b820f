/* Signed return paths: good for their days, never forged, and the plain address comes back. */
#include "base/written.h"
#include "report/batv.h"
#include "tap.h"

#include <openssl/evp.h>
#include <openssl/hmac.h>

#define DAY INT64_C(86400000)
#define NOW (INT64_C(20779) * DAY + 3600000) /* 22 Nov 2026; its day ends in 779 */

/* Two keys, 0 and 1. */
static bool
mac(void *keys, unsigned key, struct str text, unsigned char out[static BATV_MAC_BYTES])
{
	const char *const secret = key == 0 ? "secret" : key == 1 ? "other" : NULL;
	unsigned n = BATV_MAC_BYTES;
	(void)keys;
	const bool ok = secret != NULL &&
			HMAC(EVP_sha1(), secret, (int)strlen(secret),
				(const unsigned char *)text.ptr, text.len, out, &n) != NULL;
	WAS_WRITTEN(out, BATV_MAC_BYTES);
	return ok;
}

static void
check(const char *address, int64_t now, enum batv_verdict want, const char *plain, const char *what)
{
	struct str got;
	tap_is_int(batv_check(str_of(address), 7, now, mac, NULL, &got), want, "%s", what);
	tap_is_str(got, str_of(plain), "... the plain address");
}

int
main(void)
{
	char room[400], long_address[1100];
	/* No configuration is read, which MemorySanitizer would not see. */
	OPENSSL_init_crypto(OPENSSL_INIT_NO_LOAD_CONFIG, NULL);
	const struct str ann = STR("ann@a.example");
	const size_t n = batv_sign(ann, 0, 7, NOW, mac, NULL, room);
	room[n] = '\0';
	/* printf 0786ann@a.example | openssl dgst -sha1 -hmac secret */
	const struct str signed_one = {room, n};
	tap_is_str(signed_one, STR("prvs=078632eae4=ann@a.example"), "signed");
	check(room, NOW, BATV_GOOD, "ann@a.example", "good at once");
	check(room, NOW + 7 * DAY, BATV_GOOD, "ann@a.example", "good after seven days");
	check(room, NOW + 8 * DAY, BATV_EXPIRED, "ann@a.example", "not after eight");
	room[9] = room[9] == 'a' ? 'b' : 'a';
	check(room, NOW, BATV_FORGED, "ann@a.example", "one digit of it changed");
	check("prvs=078632eae4=bob@a.example", NOW, BATV_FORGED, "bob@a.example",
		"another address");
	check("PRVS=078632EAE4=ann@a.example", NOW, BATV_GOOD, "ann@a.example", "in capitals");
	check("prvs=178632eae4=ann@a.example", NOW, BATV_FORGED, "ann@a.example", "another key");
	check("prvs=578632eae4=ann@a.example", NOW, BATV_FORGED, "ann@a.example", "a key we lack");
	check("ann@a.example", NOW, BATV_UNSIGNED, "ann@a.example", "unsigned");
	check("prvs=x78632eae4=ann@a.example", NOW, BATV_UNSIGNED, "prvs=x78632eae4=ann@a.example",
		"only like it");
	check("prvs=078632eae4=", NOW, BATV_UNSIGNED, "prvs=078632eae4=", "nothing behind it");
	check("prvs=", NOW, BATV_UNSIGNED, "prvs=", "the head alone");
	check("", NOW, BATV_UNSIGNED, "", "nothing");
	tap_is_int(
		batv_sign(STR(""), 0, 7, NOW, mac, NULL, room), 0, "the null sender is not signed");
	tap_is_int(batv_sign(STR("prvs=078632eae4=ann@a.example"), 0, 7, NOW, mac, NULL, room), 0,
		"nor what is signed already");
	tap_is_int(batv_sign(ann, 2, 7, NOW, mac, NULL, room), 0, "nor without a key");
	check("PRVS=078632EAE4=ANN@A.Example", NOW, BATV_GOOD, "ANN@A.Example", "all of it");
	memset(long_address, 'a', sizeof long_address);
	tap_is_int(batv_sign((struct str){long_address, 1025}, 0, 7, NOW, mac, NULL, room), 0,
		"nor what is no address");
	memcpy(long_address + 48, "@a.example", 10);
	tap_is_int(batv_sign((struct str){long_address, 58}, 0, 7, NOW, mac, NULL, room), 74,
		"a local part of 48 bytes has 64 with its tag");
	tap_is_int(batv_can_sign((struct str){long_address, 58}), true, "... and can be signed");
	long_address[48] = 'a';
	long_address[49] = '@';
	tap_is_int(batv_can_sign((struct str){long_address, 58}), false, "... and not 49");
	tap_is_int(batv_can_sign(STR("\"a b\"@a.example")), false, "nor what is quoted");
	tap_is_int(batv_can_sign(STR("@a.example")), false, "nor what has no local part");
	tap_is_int(batv_sign(ann, 0, BATV_DAYS_MAX, NOW, mac, NULL, room), 29, "99 days");
	tap_is_int(batv_sign(ann, 0, BATV_DAYS_MAX + 1, NOW, mac, NULL, room), 0, "... no more");
	/* Over the end of the thousand days. */
	const size_t m = batv_sign(ann, 1, 7, INT64_C(20996) * DAY, mac, NULL, room);
	room[m] = '\0';
	check(room, INT64_C(21003) * DAY, BATV_GOOD, "ann@a.example", "day 996 to 003");
	check(room, INT64_C(21004) * DAY, BATV_EXPIRED, "ann@a.example", "... and no longer");
	return tap_done();
}
