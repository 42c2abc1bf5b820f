#include "base/buf.h"
#include "read/address.h"
#include "read/host.h"
#include "read/limits.h"
#include "tap.h"

struct row {
	struct str in, want;
};

#define ROW(in, want)                                                                              \
	{                                                                                          \
		STR_INIT(in), STR_INIT(want)                                                       \
	}

/* clang-format off */
/* All the addresses in a text, with a blank between them. */
static const struct row next_rows[] = {
	ROW("", ""),
	ROW("to /G=A/S=B/C=GB/@gw.example for", "/G=A/S=B/C=GB/@gw.example"),
	ROW("/home/a@b.example", "home/a@b.example"),
	ROW("{'a@b.example': (550, b'no')}", "a@b.example"),
	ROW("nothing here", ""),
	ROW("a@b.example", "a@b.example"),
	ROW("*a@b.example*, **c@d.example** and `e@f.example`", "a@b.example c@d.example e@f.example"),
	ROW("a@b\xEF\xBF\xBD.example, c\xEF\xBF\xBD@d.example, e@f.example", "e@f.example"),
	ROW("*a@b.example and _c@d.example", "a@b.example _c@d.example"),
	ROW("<a@b.example>", "a@b.example"),
	ROW("Write to a.b+c_d-e@sub.b.example.", "a.b+c_d-e@sub.b.example"),
	ROW("(a@b.example), 'c@d.example'; \"e@f.example\"!", "a@b.example c@d.example e@f.example"),
	ROW("a@b.example,c@d.example;e@f.example", "a@b.example c@d.example e@f.example"),
	ROW("a@b.example\r\nc@d.example", "a@b.example c@d.example"),
	ROW("mailto:a@b.example?subject=x", "a@b.example"),
	ROW("\"john doe\"@b.example said", "\"john doe\"@b.example"),
	ROW("\"a\\\"b\"@c.example", "\"a\\\"b\"@c.example"),
	ROW("a@[192.0.2.1] and b@[IPv6:2001:db8::1]", "a@[192.0.2.1] b@[IPv6:2001:db8::1]"),
	ROW("a@localhost", "a@localhost"),
	ROW("o'hara@b.example, x/y=z@b.example, !#$%&*+@b.example", "o'hara@b.example x/y=z@b.example !#$%&*+@b.example"),
	ROW("<@relay.example,@hop.example:user@b.example>", "user@b.example"),
	ROW("a@@b", ""),
	ROW("@b a@ @", ""),
	ROW("a @b.example", ""),
	ROW("a@b.example@c.example", ""),
	ROW("a@b.example: 550 no", "a@b.example"),
	ROW("a@b.example...", "a@b.example"),
	ROW("a@b-.example-", "a@b-.example"),
	ROW("\xC2\xAB" "a@b.example\xC2\xBB", "a@b.example"),
	ROW("\xE2\x80\x9C" "a@b.example\xE2\x80\x9D", "a@b.example"),
	ROW("\xE3\x80\x8C" "a@b.example\xE3\x80\x8D\xE3\x81\xAF", "a@b.example"),
	ROW("\xE5\xAE\x9B\xE5\x85\x88" "a@b.example\xE3\x81\xB8", "a@b.example"),
	ROW("\xD0\xBD\xD0\xB0 a@b.example, \xD0\xBD\xD0\xB5\xD1\x82", "a@b.example"),
	ROW("j\xC3\xB6rg@b\xC3\xBC" "cher.example", "j\xC3\xB6rg@b\xC3\xBC" "cher.example"),
	ROW("<\xE7\x94\xA8\xE6\x88\xB7@\xE4\xBE\x8B\xE5\xAD\x90.example>", "\xE7\x94\xA8\xE6\x88\xB7@\xE4\xBE\x8B\xE5\xAD\x90.example"),
	ROW("<\xD0\xBF\xD0\xBE\xD1\x87\xD1\x82\xD0\xB0@\xD0\xBF\xD1\x80.example>",
		"\xD0\xBF\xD0\xBE\xD1\x87\xD1\x82\xD0\xB0@\xD0\xBF\xD1\x80.example"),
};

static const struct row clean_rows[] = {
	ROW("", ""),
	ROW("<>", ""),
	ROW("  a@b.example  ", "a@b.example"),
	ROW("<a@b.example>", "a@b.example"),
	ROW("<<a@b.example>>", "a@b.example"),
	ROW("Some One <a@b.example>", "a@b.example"),
	ROW("\"One, Some\" <a@b.example> (work)", "a@b.example"),
	ROW("a@b.example (Some One)", "a@b.example"),
	ROW("'a@b.example'", "a@b.example"),
	ROW("\"a@b.example\"", "a@b.example"),
	ROW("\"a b\"@c.example", "\"a b\"@c.example"),
	ROW("mailto:a@b.example", "a@b.example"),
	ROW("<mailto:a@b.example>", "a@b.example"),
	ROW("<@r1.example,@r2.example:a@b.example>", "a@b.example"),
	ROW("a@b.example;", "a@b.example"),
	ROW("<a@b.example", "a@b.example"),
	ROW("root", "root"),
	ROW("a@b.example.", "a@b.example"),
};

static const struct typed_row {
	struct str in, type, want;
} typed_rows[] = {
	{STR_INIT("rfc822; a@b.example"), STR_INIT("rfc822"), STR_INIT("a@b.example")},
	{STR_INIT("RFC822;<a@b.example>"), STR_INIT("RFC822"), STR_INIT("a@b.example")},
	{STR_INIT(" utf-8 ; j\xC3\xB6@b.example"), STR_INIT("utf-8"), STR_INIT("j\xC3\xB6@b.example")},
	{STR_INIT("x400; /C=de/S=x/"), STR_INIT("x400"), STR_INIT("/C=de/S=x/")},
	{STR_INIT("rfc822;\r\n a@b.example"), STR_INIT("rfc822"), STR_INIT("a@b.example")},
	{STR_INIT("system:root"), STR_INIT("system"), STR_INIT("root")},
	{STR_INIT("rfc822"), {NULL, 0}, STR_INIT("")}, /* cut off */
};

static const struct same_row {
	struct str a, b;
	bool want;
} same_rows[] = {
	{STR_INIT("a@b.example"), STR_INIT("A@B.EXAMPLE"), true},
	{STR_INIT("a@b.example"), STR_INIT("a"), true},
	{STR_INIT("root"), STR_INIT("ROOT"), true},
	{STR_INIT("a@b.example"), STR_INIT("a@c.example"), false},
	{STR_INIT("a@b.example"), STR_INIT("aa"), false},
	{STR_INIT("a"), STR_INIT("b"), false},
	{STR_INIT(""), STR_INIT(""), false},
};

static const struct row ip_rows[] = {
	ROW("", ""),
	ROW("mx[192.0.2.1]:25", "192.0.2.1"),
	ROW("(192.0.2.1) 203.0.113.255.", "192.0.2.1 203.0.113.255"),
	ROW("1.2.3 1.2.3.4.5 256.1.1.1 1.1.1.999", ""),
	ROW("host-1.2.3.4.example 1.2.3.4x v1.2.3.4", ""),
	ROW("12:34:56 and 5.1.1", ""),
	ROW("IPv6:2001:db8::1", "2001:db8::1"),
	ROW("[2001:db8:0:1:2:3:4:5]:25", "2001:db8:0:1:2:3:4:5"),
	ROW("::1 fe80::1%eth0", "::1 fe80::1"),
	ROW("2001:db8::1:", "2001:db8::1"),
	ROW("2001:db8:::1 1::2::3", ""),
	ROW("IP \xE3\x80\x8C" "198.51.100.7\xE3\x80\x8D", "198.51.100.7"),
};

/* "-": absent. */
static const struct row host_rows[] = {
	ROW("dns; mx.example.org", "mx.example.org"),
	ROW("dns;mx.example.org (192.0.2.1)", "mx.example.org"),
	ROW("mx.example.org[192.0.2.1]:25", "mx.example.org"),
	ROW("mx.example.org(192.0.2.1)", "mx.example.org"),
	ROW("mx.example.org.", "mx.example.org"),
	ROW("<mx.example.org>", "mx.example.org"),
	ROW("[192.0.2.1]", "192.0.2.1"),
	ROW("dns; ", "-"),
	ROW("", "-"),
	ROW("smtp; mx.example.org, port 25", "mx.example.org"),
};

static const struct host_row {
	struct str in;
	bool want;
} real_rows[] = {
	{STR_INIT("mx.example.org"), true},
	{STR_INIT("b\xC3\xBC" "cher.example"), true},
	{STR_INIT("localhost"), false},
	{STR_INIT("a b.c"), false},
	{STR_INIT(".org"), false},
	{STR_INIT("org."), false},
	{STR_INIT(""), false},
};

static const struct host_row robot_rows[] = {
	{STR_INIT("MAILER-DAEMON@mx.example"), true},
	{STR_INIT("postmaster@b.example"), true},
	{STR_INIT("Postmaster"), true},
	{STR_INIT("postmasters@b.example"), false},
	{STR_INIT("a@postmaster"), false},
	{STR_INIT(""), false},
};

static const struct host_row list_rows[] = {
	{STR_INIT("club-request@b.example"), true},
	{STR_INIT("Owner-Club@b.example"), true},
	{STR_INIT("club-ctl@b.example"), true},
	{STR_INIT("majordomo@b.example"), true},
	{STR_INIT("-request@b.example"), false},
	{STR_INIT("club@request.example"), false},
	{STR_INIT("sympathy@b.example"), false},
	{STR_INIT(""), false},
};
/* clang-format on */

typedef struct str next_fn(struct str text, size_t *at);

static void
test_next(const struct row *rows, size_t count, next_fn *next, const char *what)
{
	struct buf out;
	buf_init(&out, 4096);
	for (size_t i = 0; i < count; i++) {
		size_t at = 0;
		buf_clear(&out);
		buf_add(&out, STR(""));
		for (struct str found; str_is_set(found = next(rows[i].in, &at));) {
			if (out.len > 0)
				buf_add_char(&out, ' ');
			buf_add(&out, found);
		}
		tap_ok(str_eq(buf_str(&out), rows[i].want), "%s: in %s", what, rows[i].in.ptr);
		if (!str_eq(buf_str(&out), rows[i].want))
			tap_show("got", buf_str(&out));
		tap_is_int(at, rows[i].in.len, "%s: all of %s", what, rows[i].in.ptr);
	}
	buf_fini(&out);
}

static void
test_clean(void)
{
	for (size_t i = 0; i < sizeof clean_rows / sizeof *clean_rows; i++)
		tap_is_str(address_clean(clean_rows[i].in), clean_rows[i].want, "clean: %s",
			clean_rows[i].in.ptr);
	for (size_t i = 0; i < sizeof typed_rows / sizeof *typed_rows; i++) {
		struct str type = STR("?");
		tap_is_str(address_typed(typed_rows[i].in, &type), typed_rows[i].want, "typed: %s",
			typed_rows[i].in.ptr);
		tap_is_str(type, typed_rows[i].type, "typed: type of %s", typed_rows[i].in.ptr);
	}
	struct str type = STR("?");
	tap_is_str(address_typed(STR("a@b.example"), &type), STR("a@b.example"), "typed: bare");
	tap_is_str(type, STR_NONE, "typed: no type");
	tap_is_str(address_typed(STR("<\"a;b\"@c.example>"), NULL), STR("\"a;b\"@c.example"),
		"typed: a semicolon in an address");
	tap_is_str(
		address_domain(STR("\"a@b\"@c.example")), STR("c.example"), "domain: the last @");
	tap_is_str(address_domain(STR("root")), STR_NONE, "domain: none");
	tap_is_str(address_domain(STR("a@")), STR(""), "domain: empty");
}

static void
test_facts(void)
{
	for (size_t i = 0; i < sizeof same_rows / sizeof *same_rows; i++) {
		const struct same_row *const r = &same_rows[i];
		tap_ok(address_same(r->a, r->b) == r->want && address_same(r->b, r->a) == r->want,
			"same: %s, %s", r->a.ptr, r->b.ptr);
	}
	for (size_t i = 0; i < sizeof host_rows / sizeof *host_rows; i++) {
		const struct str want =
			str_eq(host_rows[i].want, STR("-")) ? STR_NONE : host_rows[i].want;
		tap_is_str(host_clean(host_rows[i].in), want, "host: %s", host_rows[i].in.ptr);
	}
	for (size_t i = 0; i < sizeof real_rows / sizeof *real_rows; i++)
		tap_ok(host_looks_real(real_rows[i].in) == real_rows[i].want, "real: '%s'",
			real_rows[i].in.ptr);
	for (size_t i = 0; i < sizeof robot_rows / sizeof *robot_rows; i++)
		tap_ok(address_is_robot(robot_rows[i].in) == robot_rows[i].want, "robot: '%s'",
			robot_rows[i].in.ptr);
	for (size_t i = 0; i < sizeof list_rows / sizeof *list_rows; i++)
		tap_ok(address_is_lists(list_rows[i].in) == list_rows[i].want, "list's: '%s'",
			list_rows[i].in.ptr);
}

int
main(void)
{
	test_next(next_rows, sizeof next_rows / sizeof *next_rows, address_next, "address");
	test_next(ip_rows, sizeof ip_rows / sizeof *ip_rows, ip_next, "ip");
	test_clean();
	test_facts();
	return tap_done();
}
