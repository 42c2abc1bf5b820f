/* Answers of the DNS, damaged in every byte; names; the edges of their limits. */
#include "dns/message.h"
#include "dns/name.h"
#include "tap.h"

#include <stdlib.h>

static struct dns_message message; /* large */

static void
test_names(void)
{
	char room[DNS_NAME_BYTES_MAX + 1], text[DNS_NAME_BYTES_MAX + 2];
	struct str name;
	for (size_t i = 0; i < sizeof text; i++)
		text[i] = i % 64 == 63 ? '.' : 'a';
	tap_ok(dns_name_parse((struct str){text, 253}, room, &name), "a name of 253 bytes");
	tap_ok(!dns_name_parse((struct str){text, 254}, room, &name), "one of 254");
	tap_ok(dns_name_parse((struct str){text, 63}, room, &name), "a label of 63 bytes");
	memset(text, 'a', 64);
	tap_ok(!dns_name_parse((struct str){text, 64}, room, &name), "one of 64");
	tap_ok(dns_name_parse(STR("_DMARC.Example.ORG."), room, &name), "a name");
	tap_is_str(name, STR("_dmarc.example.org"), "... in lower case, without its dot");
	tap_ok(dns_name_parse(STR("b\303\274cher.example"), room, &name), "UTF-8");
	tap_is_str(name, STR("xn--bcher-kva.example"), "... is an A-label");
	static const char *const none[] = {"", ".", "..", ".a", "a..b", "a b", "a\\.b", "a\tb",
		"\377.example", "\342\230\203\342\200\256.example"};
	for (size_t i = 0; i < sizeof none / sizeof *none; i++)
		tap_ok(!dns_name_parse(str_of(none[i]), room, &name), "no name %zu", i);
	tap_ok(!dns_name_parse(STR("a\303\274\0b.example"), room, &name), "a NUL is in no name");
}

static void
test_reverse(void)
{
	char room[DNS_NAME_BYTES_MAX + 1], zone[DNS_NAME_BYTES_MAX];
	struct ip four, six;
	(void)ip_parse(STR("192.0.2.10"), &four);
	(void)ip_parse(STR("2001:db8::1f"), &six);
	tap_is_str(dns_reverse_name(&four, STR_NONE, room), STR("10.2.0.192.in-addr.arpa"),
		"IPv4 turned round");
	tap_is_str(dns_reverse_name(&six, STR("bl.example"), room),
		STR("f.1.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.8.b.d.0.1.0.0.2.bl.example"),
		"IPv6 in nibbles");
	memset(zone, 'z', sizeof zone);
	tap_ok(str_is_set(dns_reverse_name(&six, (struct str){zone, 253 - 64}, room)),
		"the longest zone");
	tap_ok(!str_is_set(dns_reverse_name(&six, (struct str){zone, 253 - 63}, room)),
		"one longer");
}

static void
test_below(void)
{
	tap_ok(str_is_below(STR("a.B.example"), STR("b.EXAMPLE")) &&
			str_is_below(STR(".example"), STR("example")),
		"names below a domain");
	tap_ok(!str_is_below(STR("b.example"), STR("b.example")) &&
			!str_is_below(STR("ab.example"), STR("b.example")) &&
			!str_is_below(STR("example"), STR("b.example")),
		"the domain itself, one that only ends alike, and the one above are not");
}

/* One MX and one CNAME for "a.example". */
#define QUESTION "\001a\007example\000\000\017\000\001"
#define HEADER "\x12\x34\x81\x80\000\001\000\002\000\000\000\000"
#define ANSWERS                                                                                    \
	"\xc0\014\000\005\000\001\000\000\000\144\000\004\001b\xc0\016"                            \
	"\xc0\047\000\017\000\001\000\000\000\062\000\007\000\012\002mx\xc0\016"
static const char whole[] = HEADER QUESTION ANSWERS;

static void
test_message(void)
{
	const struct str all = {whole, sizeof whole - 1};
	dns_message_read(all, DNS_MX, STR("a.example"), &message);
	const struct dns_answer *const a = &message.answer;
	tap_is_int(a->status, DNS_FOUND, "an MX behind a CNAME");
	tap_is_str(a->canonical, STR("b.example"), "the canonical name");
	tap_is_int(a->ttl_s, 50, "the least TTL of the chain");
	tap_is_int(a->records[0].preference, 10, "its preference");
	tap_is_str(a->records[0].data, STR("mx.example"), "its host");
	dns_message_read(all, DNS_MX, STR("c.example"), &message);
	tap_is_int(message.answer.status, DNS_BROKEN, "the answer to another question");
	dns_message_read(all, DNS_TXT, STR("a.example"), &message);
	tap_is_int(message.answer.status, DNS_BROKEN, "... of another type");
}

/* Whatever is damaged: what comes out stays within its limits, and points into the room. */
static bool
is_sound(const struct dns_message *m)
{
	const struct dns_answer *const a = &m->answer;
	bool ok = (a->status == DNS_FOUND) == (a->count > 0) && a->count <= DNS_RECORDS_MAX &&
		  a->ttl_s >= DNS_TTL_S_MIN && a->ttl_s <= DNS_TTL_S_MAX;
	for (size_t i = 0; i < a->count; i++)
		ok &= str_is_within(a->records[i].data, (struct str){m->room, m->room_used});
	return ok;
}

static void
test_damage(void)
{
	const size_t len = sizeof whole - 1;
	bool ok = true;
	for (size_t cut = 0; cut < len; cut++) {
		char *const copy = malloc(cut + 1); /* so that the sanitizer sees a step too far */
		memcpy(copy, whole, cut);
		dns_message_read((struct str){copy, cut}, DNS_MX, STR("a.example"), &message);
		ok &= is_sound(&message) && message.answer.status != DNS_FOUND;
		free(copy);
	}
	tap_ok(ok, "a message cut anywhere is not believed");
	for (size_t at = 0; at < len; at++)
		for (unsigned byte = 0; byte < 256; byte++) {
			char copy[sizeof whole - 1];
			memcpy(copy, whole, len);
			copy[at] = (char)byte;
			dns_message_read(
				(struct str){copy, len}, DNS_MX, STR("a.example"), &message);
			ok &= is_sound(&message);
		}
	tap_ok(ok, "any byte may be any other");
}

int
main(void)
{
	test_names();
	test_reverse();
	test_below();
	test_message();
	test_damage();
	return tap_done();
}
