/* origin - reverse DNS, the name in HELO, the sender's domain */
#include "check/origin.h"

/* A name into a field of that size; one that is too long is none. */
static bool
name_keep(struct str name, char room[DNS_NAME_BYTES_MAX + 1])
{
	const bool fits = name.len > 0 && name.len <= DNS_NAME_BYTES_MAX;
	if (fits)
		memcpy(room, name.ptr, name.len);
	room[fits ? name.len : 0] = '\0';
	return fits;
}

/* ---- reverse DNS */

static bool
reverse_next(struct reverse_check *c)
{
	if (c->at < c->count) {
		c->ask = (struct ask){dns_address_type(&c->ip), str_of(c->names[c->at])};
		return true;
	}
	c->result = c->has_failed  ? REVERSE_TEMPERROR
		    : c->count > 0 ? REVERSE_NOT_BACK
				   : REVERSE_NONE;
	if (c->count > 0)
		name_keep(str_of(c->names[0]), c->name);
	return false;
}

bool
reverse_begin(struct reverse_check *c, const struct ip *ip)
{
	*c = (struct reverse_check){.ip = *ip};
	c->ask = (struct ask){DNS_PTR, dns_reverse_name(ip, STR_NONE, c->name)};
	return true;
}

bool
reverse_step(struct reverse_check *c, const struct dns_answer *answer)
{
	c->has_failed |= dns_is_failure(answer->status);
	if (!c->has_names) {
		c->has_names = true;
		c->name[0] = '\0';
		for (size_t i = 0; i < answer->count && c->count < REVERSE_NAMES_MAX; i++)
			c->count += name_keep(answer->records[i].data, c->names[c->count]);
		return reverse_next(c);
	}
	if (dns_answer_has_ip(answer, &c->ip)) {
		c->result = REVERSE_PASS;
		name_keep(str_of(c->names[c->at]), c->name);
		return false;
	}
	c->at++;
	return reverse_next(c);
}

/* ---- HELO */

static bool
helo_end(struct helo_check *c, enum helo_result result)
{
	c->result = result;
	return false;
}

/* An address literal: RFC 5321 s4.1.3. */
static bool
literal_end(struct helo_check *c, struct str inside)
{
	struct ip ip;
	if (str_starts_case(inside, STR("IPv6:")))
		inside = str_from(inside, 5);
	if (!ip_parse(inside, &ip))
		return helo_end(c, HELO_UNKNOWN);
	ip_text(&ip, c->found);
	return helo_end(
		c, memcmp(ip.bytes, c->ip.bytes, sizeof ip.bytes) == 0 ? HELO_PASS : HELO_OTHER);
}

bool
helo_begin(struct helo_check *c, struct str name, const struct ip *ip)
{
	*c = (struct helo_check){.ip = *ip};
	if (name.len > 1 && name.ptr[0] == '[')
		return literal_end(c, str_unwrap(name, '[', ']'));
	if (!name_keep(name, c->name))
		return helo_end(c, HELO_UNKNOWN);
	c->ask = (struct ask){dns_address_type(ip), str_of(c->name)};
	return true;
}

bool
helo_step(struct helo_check *c, const struct dns_answer *answer)
{
	c->has_failed |= dns_is_failure(answer->status);
	if (dns_answer_has_ip(answer, &c->ip))
		return helo_end(c, HELO_PASS);
	if (answer->count > 0 && c->found[0] == '\0') {
		const struct ip ip = dns_answer_ip(answer, 0);
		ip_text(&ip, c->found);
	}
	if (answer->type == dns_address_type(&c->ip)) { /* the other family, to say what it has */
		c->ask.type = answer->type == DNS_A ? DNS_AAAA : DNS_A;
		return true;
	}
	return helo_end(c, c->has_failed         ? HELO_TEMPERROR
			   : c->found[0] != '\0' ? HELO_OTHER
						 : HELO_UNKNOWN);
}

/* ---- the sender's domain */

static bool
sender_end(struct sender_check *c, enum sender_result result)
{
	c->result = result;
	return false;
}

bool
sender_begin(struct sender_check *c, struct str domain)
{
	*c = (struct sender_check){.result = SENDER_PASS};
	if (domain.len > 0 && domain.ptr[0] == '[')
		return false;
	if (!name_keep(domain, c->domain))
		return sender_end(c, SENDER_NO_HOST);
	c->ask = (struct ask){DNS_MX, str_of(c->domain)};
	return true;
}

bool
sender_step(struct sender_check *c, const struct dns_answer *answer)
{
	if (dns_is_failure(answer->status))
		return sender_end(c, SENDER_TEMPERROR);
	if (answer->type == DNS_MX && answer->count == 1 && answer->records[0].data.len == 0)
		return sender_end(c, SENDER_NULL_MX);
	if (answer->count > 0)
		return sender_end(c, SENDER_PASS);
	if (answer->status != DNS_NO_DATA || answer->type == DNS_AAAA)
		return sender_end(c, SENDER_NO_HOST);
	c->ask.type = answer->type == DNS_MX ? DNS_A : DNS_AAAA;
	return true;
}
