/* name - domain names as text */
#include "dns/name.h"

#include "base/written.h"

#include <idn2.h>

#define LABEL_BYTES_MAX 63

static bool
labels_fit(struct str name)
{
	size_t label = 0;
	for (size_t i = 0; i < name.len; i++) {
		const unsigned char c = (unsigned char)name.ptr[i];
		if (c <= ' ' || c >= 127 || c == '\\')
			return false;
		if (c == '.' && label == 0)
			return false;
		label = c == '.' ? 0 : label + 1;
		if (label > LABEL_BYTES_MAX)
			return false;
	}
	return label > 0;
}

bool
dns_name_parse(struct str name, char room[DNS_NAME_BYTES_MAX + 1], struct str *out)
{
	if (name.len > 0 && name.ptr[name.len - 1] == '.')
		name.len--;
	if (name.len == 0 || name.len > DNS_NAME_BYTES_MAX)
		return false;
	for (size_t i = 0; i < name.len; i++)
		room[i] = (char)ascii_lower((unsigned char)name.ptr[i]);
	room[name.len] = '\0';
	*out = (struct str){room, name.len};
	if (!str_is_ascii(*out)) {
		uint8_t *labels = NULL;
		int rc = IDN2_DISALLOWED;
		FOREIGN_BEGIN();
		if (memchr(room, '\0', name.len) == NULL)
			rc = idn2_lookup_u8((const uint8_t *)room, &labels,
				IDN2_NFC_INPUT | IDN2_NONTRANSITIONAL);
		FOREIGN_END();
		if (rc == IDN2_OK)
			WAS_WRITTEN(labels, DNS_NAME_BYTES_MAX + 2);
		const size_t len = rc == IDN2_OK ? strlen((const char *)labels) : 0;
		const bool fits = len > 0 && len <= DNS_NAME_BYTES_MAX;
		if (fits)
			memcpy(room, labels, len + 1);
		out->len = len;
		idn2_free(labels);
		if (!fits)
			return false;
	}
	return labels_fit(*out);
}

struct str
dns_reverse_name(const struct ip *ip, struct str zone, char room[DNS_NAME_BYTES_MAX + 1])
{
	static const char digits[] = "0123456789abcdef";
	const bool is_v4 = ip_is_v4(ip);
	char *to = room;
	if (!str_is_set(zone))
		zone = is_v4 ? STR("in-addr.arpa") : STR("ip6.arpa");
	if (zone.len > DNS_NAME_BYTES_MAX - 64) /* 64: of the nibbles and their dots */
		return STR_NONE;
	for (size_t i = sizeof ip->bytes; i-- > (is_v4 ? 12 : 0);) {
		const unsigned byte = ip->bytes[i];
		if (is_v4) {
			if (byte >= 100)
				*to++ = digits[byte / 100];
			if (byte >= 10)
				*to++ = digits[byte / 10 % 10];
			*to++ = digits[byte % 10];
		} else {
			*to++ = digits[byte & 15];
			*to++ = '.';
			*to++ = digits[byte >> 4];
		}
		*to++ = '.';
	}
	memcpy(to, zone.ptr, zone.len);
	to[zone.len] = '\0';
	return (struct str){room, (size_t)(to - room) + zone.len};
}
