/*
 * fuzz_dns - answers of DNS servers: the type of the question, then the message
 *
 * Holds always: FOUND has records, and nothing else has; what is told lies in the message's own
 * room; a name of a host has no blank, no control character and fits; the TTL is within its bounds.
 */
#include "dns/message.h"
#include "dns/name.h"
#include "fuzz.h"

static const enum dns_type types[] = {DNS_A, DNS_PTR, DNS_MX, DNS_TXT, DNS_AAAA, DNS_TLSA};

static void
check_name(struct str name)
{
	assert(name.len <= 255);
	for (size_t i = 0; i < name.len; i++)
		assert(name.ptr[i] > ' ' && name.ptr[i] < 127 && name.ptr[i] != '\\');
}

static void
check_answer(const struct dns_message *m, enum dns_type type)
{
	const struct dns_answer *const a = &m->answer;
	const struct str room = {m->room, m->room_used};
	assert(a->type == type && m->room_used <= sizeof m->room);
	assert((a->status == DNS_FOUND) == (a->count > 0) && a->count <= DNS_RECORDS_MAX);
	assert(a->ttl_s >= DNS_TTL_S_MIN && a->ttl_s <= DNS_TTL_S_MAX);
	assert(a->status == DNS_FOUND || a->ttl_s <= DNS_NEGATIVE_TTL_S_MAX);
	assert(a->has_cname ? fuzz_lies_in(a->canonical, room) : str_eq(a->canonical, a->name));
	check_name(a->canonical);
	for (size_t i = 0; i < a->count; i++) {
		const struct dns_record *const r = &a->records[i];
		assert(fuzz_lies_in(r->data, room));
		if (type == DNS_MX || type == DNS_PTR)
			check_name(r->data);
		if (type == DNS_A || type == DNS_AAAA)
			assert(r->data.len == (type == DNS_A ? 4 : 16));
	}
}

/* A name that can be asked can be asked again, and is the same. */
static void
check_parse(struct str in)
{
	char room[DNS_NAME_BYTES_MAX + 1], again[DNS_NAME_BYTES_MAX + 1];
	struct str name, same;
	if (!dns_name_parse(in, room, &name))
		return;
	check_name(name);
	assert(name.len > 0 && name.len <= DNS_NAME_BYTES_MAX && room[name.len] == '\0');
	assert(dns_name_parse(name, again, &same) && str_eq(name, same));
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct dns_message message; /* large */
	const struct str in = fuzz_copy(data, size);
	check_parse(in);
	if (in.len > 0) {
		const enum dns_type type =
			types[(unsigned char)in.ptr[0] % (sizeof types / sizeof *types)];
		dns_message_read(str_from(in, 1), type, STR("a.example"), &message);
		check_answer(&message, type);
	}
	free((void *)(uintptr_t)in.ptr);
	return 0;
}
