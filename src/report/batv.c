#include "report/batv.h"

#define ADDRESS_BYTES_MAX 1024 /* RFC 5321 s4.5.3.1: far longer than any */
#define LOCAL_BYTES_MAX 64     /* RFC 5321 s4.5.3.1.1 */
#define DAY_MS INT64_C(86400000)
#define DAYS 1000 /* after which the numbers come again */

static const struct str head = STR_INIT("prvs=");

/* The tag without its bytes of the HMAC, "1784", and those bytes. */
static bool
make_tag(struct str address, unsigned key, unsigned day, batv_mac *mac, void *keys,
	char tag[static 10])
{
	static const char digits[] = "0123456789abcdef";
	char text[4 + ADDRESS_BYTES_MAX];
	unsigned char bytes[BATV_MAC_BYTES];
	if (address.len > ADDRESS_BYTES_MAX || key > 9)
		return false;
	text[0] = (char)('0' + key);
	text[1] = (char)('0' + day / 100 % 10);
	text[2] = (char)('0' + day / 10 % 10);
	text[3] = (char)('0' + day % 10);
	for (size_t i = 0; i < address.len; i++)
		text[4 + i] = (char)ascii_lower((unsigned char)address.ptr[i]);
	if (!mac(keys, key, (struct str){text, 4 + address.len}, bytes))
		return false;
	memcpy(tag, text, 4);
	for (size_t i = 0; i < 3; i++) {
		tag[4 + 2 * i] = digits[bytes[i] >> 4];
		tag[5 + 2 * i] = digits[bytes[i] & 15];
	}
	return true;
}

static unsigned
day_of(int64_t ms)
{
	return (unsigned)(ms / DAY_MS % DAYS);
}

bool
batv_can_sign(struct str address)
{
	const size_t at = str_behind_last(address, '@');
	return at > 1 && at - 1 + BATV_BYTES <= LOCAL_BYTES_MAX && address.ptr[0] != '"' &&
	       address.len <= ADDRESS_BYTES_MAX && !str_starts_case(address, head);
}

size_t
batv_sign(struct str address, unsigned key, unsigned days, int64_t now_ms, batv_mac *mac,
	void *keys, char *room)
{
	const unsigned end = (day_of(now_ms) + days) % DAYS;
	char tag[10];
	if (!batv_can_sign(address) || days > BATV_DAYS_MAX ||
		!make_tag(address, key, end, mac, keys, tag))
		return 0;
	memcpy(room, head.ptr, head.len);
	memcpy(room + head.len, tag, sizeof tag);
	room[head.len + sizeof tag] = '=';
	memcpy(room + BATV_BYTES, address.ptr, address.len);
	return BATV_BYTES + address.len;
}

enum batv_verdict
batv_check(struct str address, unsigned days, int64_t now_ms, batv_mac *mac, void *keys,
	struct str *plain)
{
	char tag[10];
	*plain = address;
	if (address.len <= BATV_BYTES || !str_starts_case(address, head) ||
		address.ptr[BATV_BYTES - 1] != '=')
		return BATV_UNSIGNED;
	const struct str given = {address.ptr + head.len, sizeof tag};
	const int64_t number = str_number(str_head(given, 4), 9999);
	for (size_t i = 0; i < 4; i++)
		if (!ascii_is_digit((unsigned char)given.ptr[i]))
			return BATV_UNSIGNED;
	*plain = str_from(address, BATV_BYTES);
	const unsigned key = (unsigned)(number / DAYS), end = (unsigned)(number % DAYS);
	/* Servers on the way may write local parts in capitals. */
	if (!make_tag(*plain, key, end, mac, keys, tag) ||
		!str_eq_case(given, (struct str){tag, sizeof tag}))
		return BATV_FORGED;
	return (end + DAYS - day_of(now_ms)) % DAYS <= days ? BATV_GOOD : BATV_EXPIRED;
}
