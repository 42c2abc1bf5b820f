/* answer - what a name server said: looked at, and copied to be kept */
#include "dns/answer.h"

#include <stdlib.h>

struct str
dns_status_name(enum dns_status s)
{
	static const struct str names[DNS_STATUS_COUNT] = {
		[DNS_FOUND] = STR_INIT("found"),
		[DNS_NO_DATA] = STR_INIT("nodata"),
		[DNS_NO_NAME] = STR_INIT("nxdomain"),
		[DNS_BAD_NAME] = STR_INIT("badname"),
		[DNS_SERVFAIL] = STR_INIT("servfail"),
		[DNS_REFUSED] = STR_INIT("refused"),
		[DNS_TIMEOUT] = STR_INIT("timeout"),
		[DNS_NO_SERVER] = STR_INIT("noserver"),
		[DNS_BROKEN] = STR_INIT("broken"),
		[DNS_OVERLOADED] = STR_INIT("overloaded"),
	};
	return names[s];
}

struct ip
dns_answer_ip(const struct dns_answer *answer, size_t i)
{
	const struct str data = answer->records[i].data;
	struct ip ip;
	if (answer->type == DNS_A)
		return ip_of_v4(data.ptr);
	memcpy(ip.bytes, data.ptr, sizeof ip.bytes);
	return ip;
}

bool
dns_answer_has_ip(const struct dns_answer *answer, const struct ip *ip)
{
	for (size_t i = 0; i < answer->count; i++) {
		const struct ip one = dns_answer_ip(answer, i);
		if (memcmp(one.bytes, ip->bytes, sizeof one.bytes) == 0)
			return true;
	}
	return false;
}

size_t
dns_answer_ips(const struct dns_answer *answer, struct ip *ips, size_t max)
{
	size_t n = 0;
	for (; n < answer->count && n < max; n++)
		ips[n] = dns_answer_ip(answer, n);
	return n;
}

/* A slice of the message that was read, copied to *to. */
static struct str
moved(struct str s, char **to)
{
	if (s.len > 0)
		memcpy(*to, s.ptr, s.len);
	const struct str kept = {*to, s.len};
	*to += s.len;
	return kept;
}

struct dns_answer *
dns_answer_copy(const struct dns_answer *from, struct str name, size_t *bytes)
{
	size_t text = from->canonical.len;
	for (size_t i = 0; i < from->count; i++)
		text += from->records[i].data.len;
	*bytes = sizeof *from + from->count * sizeof *from->records + text + 1;
	struct dns_answer *const to = malloc(*bytes);
	if (to == NULL)
		return NULL;
	struct dns_record *const records = (struct dns_record *)(to + 1);
	char *at = (char *)(records + from->count);
	*to = *from;
	to->name = name;
	to->canonical = moved(from->canonical, &at);
	to->records = records;
	for (size_t i = 0; i < from->count; i++) {
		records[i] = from->records[i];
		records[i].data = moved(from->records[i].data, &at);
	}
	return to;
}
