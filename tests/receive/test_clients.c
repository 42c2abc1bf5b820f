/* what is counted for each client */
#include "receive/clients.h"
#include "tap.h"

static struct ip
address(const char *text)
{
	struct ip ip = {{0}};
	ip_parse(str_of(text), &ip);
	return ip;
}

static void
counts(void)
{
	struct clients *const c = clients_new();
	const struct ip a = address("192.0.2.1"), b = address("192.0.2.2");
	const struct ip six = address("2001:db8::1"), same_net = address("2001:db8::ffff:2");
	const struct ip other_net = address("2001:db8:0:1::1");
	tap_is_int(clients_enter(c, &a), 1, "the first connection");
	tap_is_int(clients_enter(c, &a), 2, "the second");
	tap_is_int(clients_enter(c, &b), 1, "another client");
	clients_leave(c, &a);
	tap_is_int(clients_enter(c, &a), 2, "one left");
	tap_is_int(clients_enter(c, &six), 1, "IPv6");
	tap_is_int(clients_enter(c, &same_net), 2, "... counts by its /64");
	tap_is_int(clients_enter(c, &other_net), 1, "... and not more");
	clients_leave(c, &other_net);
	clients_leave(c, &other_net);
	tap_is_int(clients_enter(c, &other_net), 1, "who left twice owes nothing");
	clients_free(c);
}

static void
bans(void)
{
	struct clients *const c = clients_new();
	const struct ip a = address("192.0.2.1");
	tap_ok(!clients_failed(c, &a, 3, 1000, 0) && !clients_failed(c, &a, 3, 1000, 10),
		"two failures of three");
	tap_is_int(clients_banned_ms(c, &a, 10), 0, "no ban yet");
	tap_ok(clients_failed(c, &a, 3, 1000, 20), "the third begins one");
	tap_is_int(clients_banned_ms(c, &a, 20), 1000, "... of that length");
	tap_ok(!clients_failed(c, &a, 3, 1000, 30), "it does not begin twice");
	tap_is_int(clients_banned_ms(c, &a, 1029), 1, "its last millisecond");
	tap_is_int(clients_banned_ms(c, &a, 1030), 0, "it is over");
	tap_ok(!clients_failed(c, &a, 3, 1000, 5000), "a failure later counts anew");
	clients_signed_in(c, &a);
	tap_ok(!clients_failed(c, &a, 2, 1000, 5001), "a login that went well forgives");
	tap_ok(!clients_failed(c, &a, 0, 1000, 5002), "0 is never");
	clients_free(c);
}

struct shown {
	char text[200];
};

static void
show(void *to, const struct net *who, int64_t left_ms)
{
	struct shown *const s = to;
	char text[NET_TEXT_BYTES];
	const size_t len = strlen(s->text);
	net_text(who, text);
	snprintf(s->text + len, sizeof s->text - len, "%s %lld;", text, (long long)left_ms);
}

/* An operator sees who is banned, and lifts it. */
static void
lifts(void)
{
	static const char *const addresses[] = {"192.0.2.1", "192.0.2.9", "2001:db8:0:1::5"};
	struct clients *const c = clients_new();
	struct shown s = {""};
	struct net net;
	for (size_t i = 0; i < 3; i++) {
		const struct ip ip = address(addresses[i]);
		clients_failed(c, &ip, 1, 1000, (int64_t)i);
	}
	clients_bans(c, 500, show, &s);
	tap_is_str(str_of(s.text), STR("192.0.2.1 500;192.0.2.9 501;2001:db8:0:1::/64 502;"),
		"who is banned");
	tap_is_int((long)clients_lift(c, NULL, 5000), 0, "nobody is any more");
	for (size_t i = 0; i < 3; i++) {
		const struct ip ip = address(addresses[i]);
		clients_failed(c, &ip, 1, 1000, 6000);
	}
	net_parse(STR("2001:db8:0:1::77"), &net);
	tap_is_int((long)clients_lift(c, &net, 6001), 1, "an address means its /64");
	net_parse(STR("192.0.2.0/29"), &net);
	tap_is_int((long)clients_lift(c, &net, 6001), 1, "a network those in it");
	tap_is_int((long)clients_lift(c, NULL, 6001), 1, "and nothing everybody");
	s.text[0] = '\0';
	clients_bans(c, 6001, show, &s);
	tap_is_str(str_of(s.text), STR(""), "... who is left");
	clients_free(c);
}

/* A full table keeps those that are connected. */
static void
limit(void)
{
	struct clients *const c = clients_new();
	struct ip ip = address("10.0.0.0");
	int refused = 0;
	for (uint32_t i = 0; i < CLIENTS_MAX; i++) {
		const unsigned char bytes[4] = {
			10, (unsigned char)(i >> 16), (unsigned char)(i >> 8), (unsigned char)i};
		ip = ip_of_v4(bytes);
		refused += clients_enter(c, &ip) != 1;
	}
	tap_is_int(refused, 0, "CLIENTS_MAX clients are counted");
	const struct ip more = address("192.0.2.1"), first = address("10.0.0.0");
	tap_is_int(clients_enter(c, &more), 0, "one more is not, while all are connected");
	clients_failed(c, &first, 100, 1000, 70001);
	clients_leave(c, &first);
	tap_is_int(clients_enter(c, &more), 1, "it takes the place of one that has left");
	clients_free(c);
}

int
main(void)
{
	counts();
	bans();
	lifts();
	limit();
	return tap_done();
}
