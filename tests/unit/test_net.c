/* test_net - addresses and networks; sizes and times */
#include "base/net.h"
#include "base/units.h"
#include "tap.h"

static void
test_addresses(void)
{
	static const struct {
		const char *text, *want; /* NULL: no address */
	} rows[] = {
		{"192.0.2.1", "192.0.2.1"},
		{"2001:DB8:0::1", "2001:db8::1"},
		{"::ffff:192.0.2.1", "192.0.2.1"},
		{"::ffff:c000:0201", "192.0.2.1"},
		{"::", "::"},
		{"1111:2222:3333:4444:5555:6666:255.255.255.255",
			"1111:2222:3333:4444:5555:6666:ffff:ffff"},
		{"", NULL},
		{"192.0.2", NULL},
		{"192.0.2.256", NULL},
		{"192.0.2.01", NULL},
		{"192.0.2.1 ", NULL},
		{"[::1]", NULL},
		{"fe80::1%eth0", NULL},
		{"0000:0000:0000:0000:0000:ffff:192.168.100.228x", NULL},
	};
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		struct ip ip = {{7}};
		char text[IP_TEXT_BYTES];
		const bool is_one = ip_parse(str_of(rows[i].text), &ip);
		tap_ok(is_one == (rows[i].want != NULL), "address \"%s\"", rows[i].text);
		ip_text(&ip, text);
		tap_is_str(str_of(text), rows[i].want == NULL ? STR("700::") : str_of(rows[i].want),
			"what it is then");
	}
	struct ip ip;
	tap_ok(!ip_parse((struct str){"::1\0", 4}, &ip), "a NUL is no end");
	tap_ok(ip_parse(STR("192.0.2.1"), &ip) && ip_is_v4(&ip), "IPv4");
	tap_ok(ip_parse(STR("::192.0.2.1"), &ip) && !ip_is_v4(&ip), "not IPv4");
	ip = ip_of_v4("\300\0\2\1");
	tap_ok(ip_is_v4(&ip) && ip.bytes[12] == 192, "of four bytes");
}

static void
test_networks(void)
{
	static const struct {
		const char *text, *first, *last, *written, *outside;
	} rows[] = {
		{"192.0.2.77/24", "192.0.2.0", "192.0.2.255", "192.0.2.0/24", "192.0.3.0"},
		{"192.0.2.129/25", "192.0.2.128", "192.0.2.255", "192.0.2.128/25", "192.0.2.127"},
		{"192.0.2.1", "192.0.2.1", "192.0.2.1", "192.0.2.1", "192.0.2.2"},
		{"192.0.2.1/32", "192.0.2.1", "192.0.2.1", "192.0.2.1", "192.0.2.0"},
		{"192.0.2.1/31", "192.0.2.0", "192.0.2.1", "192.0.2.0/31", "192.0.2.2"},
		{"10.1.2.3/0", "0.0.0.0", "255.255.255.255", "0.0.0.0/0", "2001:db8::1"},
		{"::ffff:10.1.2.3/104", "10.0.0.0", "10.255.255.255", "10.0.0.0/8", "11.0.0.0"},
		{"::ffff:0:0/95", "::fffe:0:0", "255.255.255.255", "::fffe:0:0/95", "::1:0:0:0"},
		{"2001:db8::1/33", "2001:db8::", "2001:db8:7fff:ffff:ffff:ffff:ffff:ffff",
			"2001:db8::/33", "2001:db8:8000::"},
		{"::1/128", "::1", "::1", "::1", "::"},
		{"::1/127", "::", "::1", "::/127", "::2"},
		{"::/1", "::", "7fff:ffff:ffff:ffff:ffff:ffff:ffff:ffff", "::/1", "8000::"},
	};
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		struct net net = {.bits = 0}, again;
		char text[NET_TEXT_BYTES];
		tap_is_int(net_parse(str_of(rows[i].text), &net), NET_OK, "%s", rows[i].text);
		net_text(&net, text);
		tap_is_str(str_of(text), str_of(rows[i].written), "written");
		ip_text(&net.first, text);
		tap_is_str(str_of(text), str_of(rows[i].first), "its first");
		const struct ip last = net_last(&net);
		ip_text(&last, text);
		tap_is_str(str_of(text), str_of(rows[i].last), "its last");
		struct ip out;
		ip_parse(str_of(rows[i].outside), &out);
		tap_ok(net_has(&net, &net.first) && net_has(&net, &last), "it has both");
		tap_ok(!net_has(&net, &out), "and not %s", rows[i].outside);
		tap_ok(net_of_range(&net.first, &last, &again) && again.bits == net.bits,
			"and is found by them");
	}
	static const struct {
		const char *text;
		enum net_fault fault;
	} bad[] = {
		{"", NET_NO_ADDRESS},
		{"/24", NET_NO_ADDRESS},
		{"example.org", NET_NO_ADDRESS},
		{"192.0.2/24", NET_NO_ADDRESS},
		{"192.0.2.0/", NET_BAD_LENGTH},
		{"192.0.2.0/33", NET_BAD_LENGTH},
		{"192.0.2.0/08", NET_BAD_LENGTH},
		{"192.0.2.0/-1", NET_BAD_LENGTH},
		{"192.0.2.0/8x", NET_BAD_LENGTH},
		{"192.0.2.0/ 8", NET_BAD_LENGTH},
		{"192.0.2.0/255.255.255.0", NET_BAD_LENGTH},
		{"::/129", NET_BAD_LENGTH},
	};
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
		struct net net;
		tap_is_int(
			net_parse(str_of(bad[i].text), &net), bad[i].fault, "\"%s\"", bad[i].text);
	}
	struct ip first, last;
	struct net net;
	ip_parse(STR("192.0.2.1"), &first);
	ip_parse(STR("192.0.2.2"), &last);
	tap_ok(!net_of_range(&first, &last, &net), "two that are no network");
}

static void
test_units(void)
{
	static const struct {
		const char *text;
		enum units units;
		int64_t want;
		const char *written;
	} rows[] = {
		{"0", UNITS_BYTES, 0, "0"},
		{"64K", UNITS_BYTES, 65536, "64K"},
		{"1 m", UNITS_BYTES, 1 << 20, "1M"},
		{"1025", UNITS_BYTES, 1025, "1025"},
		{"2048M", UNITS_BYTES, (int64_t)2 << 30, "2G"},
		{"8589934591G", UNITS_BYTES, INT64_MAX - (1 << 30) + 1, "8589934591G"},
		{"8589934592G", UNITS_BYTES, INT64_MAX, NULL},
		{"9223372036854775807", UNITS_BYTES, INT64_MAX, NULL},
		{"99999999999999999999", UNITS_BYTES, INT64_MAX, NULL},
		{"90", UNITS_SECONDS, 90, "90s"},
		{"60s", UNITS_SECONDS, 60, "1m"},
		{"48h", UNITS_SECONDS, 172800, "2d"},
		{"3600", UNITS_NONE, 3600, "3600"},
		{"5M", UNITS_SECONDS, -1, NULL},
		{"5s", UNITS_BYTES, -1, NULL},
		{"5K", UNITS_NONE, -1, NULL},
		{"1T", UNITS_BYTES, -1, NULL},
		{"1KB", UNITS_BYTES, -1, NULL},
		{"1.5G", UNITS_BYTES, -1, NULL},
		{"-1", UNITS_BYTES, -1, NULL},
		{"K", UNITS_BYTES, -1, NULL},
		{"", UNITS_BYTES, -1, NULL},
		{" 1", UNITS_BYTES, -1, NULL},
	};
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		char room[UNITS_TEXT_BYTES];
		const int64_t got = units_parse(str_of(rows[i].text), rows[i].units);
		tap_is_int(got, rows[i].want, "\"%s\"", rows[i].text);
		if (rows[i].written != NULL)
			tap_is_str(units_text(got, rows[i].units, room), str_of(rows[i].written),
				"written");
	}
}

static void
test_client(void)
{
	struct ip v4, v6, other, client;
	(void)ip_parse(STR("192.0.2.10"), &v4);
	(void)ip_parse(STR("2001:db8:0:1::1f"), &v6);
	(void)ip_parse(STR("2001:db8:0:1::"), &other);
	client = ip_client(&v4);
	tap_ok(memcmp(&client, &v4, sizeof v4) == 0, "an IPv4 address is a client");
	client = ip_client(&v6);
	tap_ok(memcmp(&client, &other, sizeof other) == 0, "of IPv6 a /64 is");
}

int
main(void)
{
	test_addresses();
	test_networks();
	test_client();
	test_units();
	return tap_done();
}
