/*
 * zone - answers of a DNS for machines that are tested without one
 *
 * A zone is a list of lines, "NAME TYPE VALUE"; TYPE "!" makes the name fail, with VALUE the type
 * that does. A name without a line, and with none below it, does not exist.
 */
#ifndef TESTS_ZONE_H
#define TESTS_ZONE_H

#include "base/net.h"
#include "dns/resolver.h"
#include "tap.h"

#include <stdlib.h>

struct zone_answer {
	struct dns_answer answer;
	struct dns_record records[DNS_RECORDS_MAX];
	char room[65536];
	size_t used;
};

static inline const char *
zone_type(enum dns_type type)
{
	switch (type) {
	case DNS_A:
		return "A";
	case DNS_AAAA:
		return "AAAA";
	case DNS_MX:
		return "MX";
	case DNS_TXT:
		return "TXT";
	case DNS_PTR:
		return "PTR";
	default:
		return "TLSA";
	}
}

static inline struct str
zone_keep(struct zone_answer *z, const void *bytes, size_t len)
{
	char *const to = z->room + z->used;
	if (len > sizeof z->room - z->used)
		abort();
	memcpy(to, bytes, len);
	z->used += len;
	return (struct str){to, len};
}

static inline void
zone_record(struct zone_answer *z, enum dns_type type, struct str value)
{
	struct dns_record *const r = &z->records[z->answer.count++];
	struct ip ip;
	*r = (struct dns_record){0};
	if (type == DNS_MX) {
		r->preference = (uint16_t)str_number(value, 65535);
		str_cut(&value, ' ');
	}
	if (type == DNS_A || type == DNS_AAAA) {
		if (!ip_parse(value, &ip))
			abort();
		r->data = zone_keep(z, ip.bytes + (type == DNS_A ? 12 : 0), type == DNS_A ? 4 : 16);
	} else {
		r->data = zone_keep(z, value.ptr, value.len);
	}
}

/* zone_ask - the answer of the zone; lives in *z */
static inline const struct dns_answer *
zone_ask(const char *const *zone, struct zone_answer *z, enum dns_type type, struct str name)
{
	const char *const kind = zone_type(type);
	bool exists = false;
	*z = (struct zone_answer){0};
	z->answer = (struct dns_answer){.status = DNS_FOUND,
		.type = type,
		.name = name,
		.canonical = name,
		.ttl_s = 300,
		.records = z->records};
	for (; *zone != NULL; zone++) {
		struct str rest = str_of(*zone);
		const struct str owner = str_cut(&rest, ' '), what = str_cut(&rest, ' ');
		exists |= str_eq_case(owner, name) ||
			  (owner.len > name.len && str_ends_case(owner, name) &&
				  owner.ptr[owner.len - name.len - 1] == '.');
		if (!str_eq_case(owner, name))
			continue;
		if (str_eq(what, STR("!")) &&
			(str_eq(rest, STR("*")) || str_eq(rest, str_of(kind)))) {
			z->answer.status = DNS_SERVFAIL;
			return &z->answer;
		}
		if (str_eq(what, str_of(kind)))
			zone_record(z, type, rest);
	}
	if (z->answer.count == 0)
		z->answer.status = exists ? DNS_NO_DATA : DNS_NO_NAME;
	return &z->answer;
}

#endif
