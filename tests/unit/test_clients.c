/* Who a client is, and how much each may have. */
#include "serve/clients.h"
#include "serve/settings.h"
#include "tap.h"

static struct peer
peer(const char *text)
{
	struct peer p = {.is_local = false};
	if (str_eq(str_of(text), STR("unix")))
		p.is_local = true;
	else if (!peer_parse(str_of(text), &p))
		tap_ok(false, "%s is an address", text);
	return p;
}

/* tap_is_int() looks at what it is given more than once, and asking changes the answer. */
#define wait_is(wait, want, ...)                                                                   \
	do {                                                                                       \
		const unsigned got = (wait);                                                       \
		tap_is_int(got, want, __VA_ARGS__);                                                \
	} while (0)

static void
test_addresses(void)
{
	static const struct {
		const char *text, *want; /* NULL: no address */
	} rows[] = {
		{"192.0.2.1", "192.0.2.1"},
		{"192.0.2.1:4711", "192.0.2.1"},
		{"2001:db8::1", "2001:db8::1"},
		{"2001:DB8:0::1", "2001:db8::1"},
		{"[2001:db8::1]", "2001:db8::1"},
		{"[2001:db8::1]:4711", "2001:db8::1"},
		{"::ffff:192.0.2.1", "192.0.2.1"},
		{"::1", "::1"},
		{"", NULL},
		{"unknown", NULL},
		{"_hidden", NULL},
		{"192.0.2.256", NULL},
		{"192.0.2", NULL},
		{"[192.0.2.1", NULL},
		{"2001:db8::g", NULL},
		{"192.0.2.1 ", NULL},
		{"1111:2222:3333:4444:5555:6666:7777:8888:9999", NULL},
		{"0000000000000000000000000000000000000000000000000000000000192.0.2.1", NULL},
	};
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		struct peer p;
		char text[IP_TEXT_BYTES] = "";
		const bool is_one = peer_parse(str_of(rows[i].text), &p);
		if (is_one)
			peer_text(&p, text);
		tap_ok(is_one == (rows[i].want != NULL), "address: \"%s\"", rows[i].text);
		if (rows[i].want != NULL)
			tap_is_str(str_of(text), str_of(rows[i].want), "address: \"%s\": written",
				rows[i].text);
	}
}

static void
test_nets(void)
{
	static const struct {
		const char *net, *in, *out;
	} rows[] = {
		{"192.0.2.1", "192.0.2.1", "192.0.2.2"},
		{"10.0.0.0/8", "10.255.255.255", "11.0.0.0"},
		{"192.0.2.128/25", "192.0.2.200", "192.0.2.127"},
		{"192.0.2.0/31", "192.0.2.1", "192.0.2.2"},
		{"0.0.0.0/0", "255.1.2.3", "2001:db8::1"},
		{"::/0", "2001:db8::1", "unix"},
		{"2001:db8::/32", "2001:db8:ffff::", "2001:db9::"},
		{"2001:db8::/33", "2001:db8:7fff::", "2001:db8:8000::"},
		{"::1", "::1", "::2"},
		{"unix", "unix", "127.0.0.1"},
	};
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		struct trusted net;
		const struct peer in = peer(rows[i].in), out = peer(rows[i].out);
		tap_ok(trusted_parse(str_of(rows[i].net), &net), "net: %s", rows[i].net);
		tap_ok(trusted_has(&net, &in), "net: %s has %s", rows[i].net, rows[i].in);
		tap_ok(!trusted_has(&net, &out), "net: %s has not %s", rows[i].net, rows[i].out);
	}
	static const char *const bad[] = {"", "x", "10.0.0.0/33", "10.0.0.0/", "10.0.0.0/-1",
		"10.0.0.0/8x", "::/129", "[::1]", "10.0.0.0/ 8", "unix/1", "10.0.0.0/0008"};
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
		struct trusted net;
		tap_ok(!trusted_parse(str_of(bad[i]), &net), "net: \"%s\" is none", bad[i]);
	}
}

static void
test_behind(void)
{
	static const struct {
		const char *connected, *list;
		bool is_rfc7239;
		const char *client;
	} rows[] = {
		{"198.51.100.7", "192.0.2.1", false,
			"198.51.100.7"}, /* not trusted: no matter what */
		{"127.0.0.1", NULL, false, "127.0.0.1"},
		{"127.0.0.1", "192.0.2.1", false, "192.0.2.1"},
		{"127.0.0.1", "192.0.2.1:4711", false, "192.0.2.1"},
		{"127.0.0.1", "203.0.113.9, 192.0.2.1", false,
			"192.0.2.1"}, /* the first is a claim */
		{"127.0.0.1", "192.0.2.1, 10.0.0.3", false, "192.0.2.1"},
		{"127.0.0.1", "203.0.113.9,192.0.2.1 , 10.0.0.3,10.0.0.4", false, "192.0.2.1"},
		{"127.0.0.1", "10.0.0.5, 10.0.0.3", false, "10.0.0.5"},
		{"127.0.0.1", "192.0.2.1, unknown", false, "127.0.0.1"},
		{"127.0.0.1", "192.0.2.1, unknown, 10.0.0.3", false, "10.0.0.3"},
		{"127.0.0.1", "", false, "127.0.0.1"},
		{"127.0.0.1", ",,,", false, "127.0.0.1"},
		{"127.0.0.1", "2001:db8::1", false, "2001:db8::1"},
		{"127.0.0.1", "for=192.0.2.1", true, "192.0.2.1"},
		{"127.0.0.1", "for=203.0.113.9, For=\"[2001:db8::1]:4711\";proto=https;by=x", true,
			"2001:db8::1"},
		{"127.0.0.1", "proto=https; for=192.0.2.1;host=\"x\"", true, "192.0.2.1"},
		{"127.0.0.1", "for=192.0.2.1, for=_hidden", true, "127.0.0.1"},
		{"127.0.0.1", "192.0.2.1", true, "127.0.0.1"},
		{"unix", "192.0.2.1", false, "192.0.2.1"},
	};
	struct settings s;
	serve_settings_init(&s);
	tap_ok(settings_proxy(&s, STR("127.0.0.1")) == NULL &&
			settings_proxy(&s, STR("10.0.0.0/8")) == NULL &&
			settings_proxy(&s, STR("unix")) == NULL,
		"proxies are taken");
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		struct peer p = peer(rows[i].connected);
		char text[IP_TEXT_BYTES];
		peer_behind(s.proxies, s.proxy_count, str_of(rows[i].list), rows[i].is_rfc7239, &p);
		peer_text(&p, text);
		tap_is_str(str_of(text), str_of(rows[i].client), "behind %s: \"%s\"",
			rows[i].connected, rows[i].list != NULL ? rows[i].list : "(absent)");
	}
	char many[512] = "192.0.2.1";
	size_t len = strlen(many);
	for (unsigned i = 0; i < PEER_HOPS_MAX; i++) {
		memcpy(many + len, ",10.0.0.3", 9);
		len += 9;
		struct peer p = peer("127.0.0.1");
		char text[IP_TEXT_BYTES];
		peer_behind(s.proxies, s.proxy_count, (struct str){many, len}, false, &p);
		peer_text(&p, text);
		tap_is_str(str_of(text),
			i + 2 <= PEER_HOPS_MAX ? STR("192.0.2.1") : STR("10.0.0.3"),
			"PEER_HOPS_MAX: %u", i + 2);
	}
}

static void
test_rate(void)
{
	const struct clients_limits limits = {.rate = 2, .burst = 5, .connections = 3};
	struct clients *const c = serve_clients_new(&limits, 42);
	const struct peer a = peer("192.0.2.1"), b = peer("192.0.2.2");
	int64_t now = 1000000;
	for (int i = 0; i < 5; i++)
		wait_is(clients_take(c, &a, now), 0, "rate: %d of a burst of 5", i + 1);
	wait_is(clients_take(c, &a, now), 1, "rate: the sixth waits a second");
	wait_is(clients_take(c, &b, now), 0, "rate: another client does not");
	tap_is_int(
		clients_take(c, &a, now + 499), 1, "rate: half a second less 1 ms is not enough");
	wait_is(clients_take(c, &a, now + 500), 0, "rate: half a second is");
	wait_is(clients_take(c, &a, now + 500), 1, "rate: ... for one");
	clients_charge(c, &a, 3);
	wait_is(clients_take(c, &a, now + 500), 2, "rate: three more are owed");
	wait_is(clients_take(c, &a, now + 2499), 1, "rate: nearly paid");
	wait_is(clients_take(c, &a, now + 2500), 0, "rate: paid");
	clients_charge(c, &a, UINT64_MAX);
	wait_is(clients_take(c, &a, now + 2500), 3, "rate: no more than a burst is owed");
	clients_charge(c, &a, 1);
	wait_is(clients_take(c, &a, now + 2500), 3, "rate: ... in all");
	now += 1000000000;
	for (int i = 0; i < 5; i++)
		wait_is(clients_take(c, &a, now), 0, "rate: %d of 5 after a long time", i + 1);
	wait_is(clients_take(c, &a, now), 1, "rate: no more than a burst is saved");
	serve_clients_free(c);
}

static void
test_networks(void)
{
	const struct clients_limits limits = {.rate = 1, .burst = 1, .connections = 1};
	struct clients *const c = serve_clients_new(&limits, 42);
	static const struct {
		const char *first, *second;
		bool is_same;
	} rows[] = {
		{"2001:db8:0:1::1", "2001:db8:0:1:ffff::2", true}, /* one /64 */
		{"2001:db8:0:2::1", "2001:db8:0:3::1", false},
		{"192.0.2.1", "192.0.2.2", false},
		{"192.0.2.3", "::ffff:192.0.2.3", true},
		{"unix", "unix", true},
	};
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		const struct peer a = peer(rows[i].first), b = peer(rows[i].second);
		wait_is(clients_take(c, &a, 1), 0, "networks: %s", rows[i].first);
		wait_is(clients_take(c, &b, 1), rows[i].is_same, "networks: then %s",
			rows[i].second);
	}
	serve_clients_free(c);
}

static void
test_connections(void)
{
	const struct clients_limits limits = {.rate = 1, .burst = 1, .connections = 2};
	struct clients *const c = serve_clients_new(&limits, 42);
	const struct peer a = peer("192.0.2.1"), b = peer("192.0.2.2");
	const struct {
		const struct peer *peer;
		bool is_leaving, want;
		const char *name;
	} rows[] = {
		{&a, false, true, "one"},
		{&a, false, true, "two"},
		{&a, false, false, "not a third"},
		{&b, false, true, "another client"},
		{&a, true, true, "one is gone"},
		{&a, false, true, "two again"},
		{&a, false, false, "not a third again"},
	};
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		bool is_counted = true, may = true;
		if (rows[i].is_leaving)
			clients_disconnect(c, rows[i].peer);
		else
			may = clients_connect(c, rows[i].peer, 1, &is_counted);
		tap_ok(may == rows[i].want && is_counted == may, "connections: %s", rows[i].name);
	}
	serve_clients_free(c);
}

/* More clients than there are places: nobody is lost who is connected, nobody stays for ever. */
static void
test_table(void)
{
	const struct clients_limits limits = {.rate = 1, .burst = 1, .connections = 1};
	struct clients *const c = serve_clients_new(&limits, 42);
	const struct peer stays = peer("203.0.113.1");
	struct peer p = peer("10.0.0.0");
	unsigned refused = 0, again = 0;
	bool is_counted;
	tap_ok(clients_connect(c, &stays, 0, &is_counted), "table: one is connected");
	wait_is(clients_take(c, &stays, 0), 0, "table: ... and has asked");
	for (unsigned i = 0; i < 4 * CLIENTS_MIN; i++) {
		memcpy(p.ip.bytes + 12, &i, 4);
		p.ip.bytes[15] = 10;
		refused += clients_take(c, &p, 1) != 0;
	}
	tap_is_int(refused, 0, "table: new clients find a place");
	tap_ok(clients_take(c, &stays, 1) != 0, "table: who is connected keeps his own");
	for (unsigned i = 3 * CLIENTS_MIN; i < 4 * CLIENTS_MIN; i++) {
		memcpy(p.ip.bytes + 12, &i, 4);
		p.ip.bytes[15] = 10;
		again += clients_take(c, &p, 1) != 0;
	}
	tap_ok(again > 0, "table: of the last, some are still known: %u", again);
	unsigned may = 0, counted = 0;
	for (unsigned i = 0; i < 2 * CLIENTS_MIN; i++) {
		memcpy(p.ip.bytes + 12, &i, 4);
		p.ip.bytes[15] = 10;
		may += clients_connect(c, &p, 1, &is_counted);
		counted += is_counted;
	}
	tap_is_int(may, 2 * CLIENTS_MIN, "table: full of connected clients, it refuses nobody");
	tap_ok(counted > CLIENTS_MIN / 2 && counted < CLIENTS_MIN, "table: ... of whom it has %u",
		counted);
	serve_clients_free(c);
}

/* As many connections as the settings allow, each of another client: every one has a place, so that
 * --per-client and --rate hold for it. */
static void
test_most(void)
{
	static const uint64_t alls[] = {1, CLIENTS_MIN / CLIENTS_PER_CONNECTION, 65536};
	for (size_t k = 0; k < sizeof alls / sizeof *alls; k++) {
		const struct clients_limits limits = {
			.rate = 1, .burst = 1, .connections = 1, .all = alls[k]};
		struct clients *const c = serve_clients_new(&limits, 42);
		struct peer p = peer("10.0.0.0");
		unsigned counted = 0, twice = 0;
		for (unsigned i = 0; i < alls[k]; i++) {
			bool is_counted;
			memcpy(p.ip.bytes + 12, &i, 4);
			p.ip.bytes[15] = 10;
			(void)clients_connect(c, &p, 1, &is_counted);
			counted += is_counted;
			twice += clients_connect(c, &p, 1, &is_counted);
		}
		tap_is_int(counted, alls[k], "most: %u connections, %u clients", (unsigned)alls[k],
			(unsigned)alls[k]);
		tap_is_int(twice, 0, "most: ... and none has one more");
		serve_clients_free(c);
	}
	for (size_t i = 0; i < settings_count; i++)
		if (str_eq(settings_table[i].option, STR("--max-connections")))
			tap_is_int(settings_table[i].most, 65536,
				"most: what --max-connections may be");
}

static void
test_settings(void)
{
	struct settings s;
	serve_settings_init(&s);
	for (size_t i = 0; i < settings_count; i++) {
		const struct setting *const t = &settings_table[i];
		const uint64_t *const value = (const uint64_t *)((const char *)&s + t->at);
		char room[STR_DIGITS_MAX];
		tap_ok(*value == t->standard && t->least <= t->standard && t->standard <= t->most,
			"settings: %s has a default within its bounds", t->option.ptr);
		tap_ok(settings_set(&s, t, str_digits((int64_t)t->most, room)) == NULL &&
				*value == t->most,
			"settings: %s: the most", t->option.ptr);
		tap_ok(settings_set(&s, t, str_digits((int64_t)t->most + 1, room)) != NULL &&
				*value == t->most,
			"settings: %s: one more", t->option.ptr);
		tap_ok(settings_set(&s, t, str_digits((int64_t)t->least, room)) == NULL &&
				*value == t->least,
			"settings: %s: the least", t->option.ptr);
		if (t->least > 0)
			tap_ok(settings_set(&s, t, str_digits((int64_t)t->least - 1, room)) != NULL,
				"settings: %s: one less", t->option.ptr);
	}
	static const struct {
		const char *option, *value;
		int64_t want; /* -1: refused */
	} rows[] = {
		{"--max-body", "2k", 2048},
		{"--max-body", "2M", 2 << 20},
		{"--max-memory", "1G", 1 << 30},
		{"--timeout", "30s", 30},
		{"--timeout", "2m", 120},
		{"--timeout", "1h", 3600},
		{"--timeout", "90", 90},
		{"--timeout", "2k", -1},
		{"--max-body", "2s", -1},
		{"--rate", "5s", -1},
		{"--rate", "", -1},
		{"--max-body", "k", -1},
		{"--max-body", "-5", -1},
		{"--max-body", "5 k", 5120},
		{"--max-body", "99999999999999999999999999", -1},
	};
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		const struct setting *t = settings_table;
		while (!str_eq(t->option, str_of(rows[i].option)))
			t++;
		const char *const why = settings_set(&s, t, str_of(rows[i].value));
		const uint64_t *const value = (const uint64_t *)((const char *)&s + t->at);
		tap_ok((why == NULL) == (rows[i].want >= 0) &&
				(why != NULL || *value == (uint64_t)rows[i].want),
			"settings: %s %s", rows[i].option, rows[i].value);
	}
}

int
main(void)
{
	test_addresses();
	test_nets();
	test_behind();
	test_rate();
	test_networks();
	test_connections();
	test_table();
	test_most();
	test_settings();
	return tap_done();
}
