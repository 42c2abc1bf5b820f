#include "smtp/path.h"
#include "tap.h"

#define ALL (PATH_MAY_BE_NULL | PATH_MAY_BE_BARE | PATH_MAY_BE_LOCAL | PATH_MAY_HAVE_UTF8)

struct row {
	struct str in;
	unsigned may;
	enum path_fault fault;
	struct str printed; /* absent when refused; empty for the null path */
	struct str rest;
};

#define GOOD(in, may, printed, rest)                                                               \
	{                                                                                          \
		STR_INIT(in), may, PATH_NONE, STR_INIT(printed), STR_INIT(rest)                    \
	}
#define BAD(in, may, fault)                                                                        \
	{                                                                                          \
		STR_INIT(in), may, fault, {NULL, 0}, { NULL, 0 }                                   \
	}

/* clang-format off */
static const struct row rows[] = {
	GOOD("<a@b.example>", 0, "a@b.example", ""),
	GOOD("<a@b.example> SIZE=1", 0, "a@b.example", " SIZE=1"),
	GOOD(" \t<a@b.example>\tSIZE=1", 0, "a@b.example", "\tSIZE=1"),
	GOOD("<A.b+c_d-e@Sub.B.example>", 0, "A.b+c_d-e@Sub.B.example", ""),
	GOOD("<!#$%&'*+-/=?^_`{|}~@b>", 0, "!#$%&'*+-/=?^_`{|}~@b", ""),
	GOOD("<>", PATH_MAY_BE_NULL, "", ""),
	GOOD("<> BODY=7BIT", PATH_MAY_BE_NULL, "", " BODY=7BIT"),
	BAD("<>", 0, PATH_NULL_PATH),
	GOOD("<postmaster>", 0, "postmaster", ""),
	GOOD("<PostMaster>", 0, "PostMaster", ""),
	BAD("<hostmaster>", 0, PATH_NO_DOMAIN),
	GOOD("<hostmaster>", PATH_MAY_BE_LOCAL, "hostmaster", ""),
	/* brackets */
	BAD("", ALL, PATH_LOCAL),
	BAD("a@b.example", 0, PATH_NO_BRACKET),
	GOOD("a@b.example", PATH_MAY_BE_BARE, "a@b.example", ""),
	GOOD("a@b.example SIZE=1", PATH_MAY_BE_BARE, "a@b.example", " SIZE=1"),
	BAD("a@b.example>", PATH_MAY_BE_BARE, PATH_DOMAIN),
	BAD("<a@b.example", 0, PATH_NOT_CLOSED),
	BAD("<a", 0, PATH_NOT_CLOSED),
	BAD("<", 0, PATH_LOCAL),
	BAD("<a@b.example>x", 0, PATH_NOT_CLOSED),
	BAD("<<a@b.example>>", 0, PATH_LOCAL),
	BAD("<a@b.example SIZE=1", 0, PATH_DOMAIN),
	/* local parts */
	BAD("<@b.example>", 0, PATH_ROUTE),
	BAD("<a b@c.example>", 0, PATH_LOCAL),
	BAD("<a,b@c.example>", 0, PATH_LOCAL),
	BAD("<a(b)@c.example>", 0, PATH_LOCAL),
	BAD("<a\\b@c.example>", 0, PATH_LOCAL),
	BAD("<a\0b@c.example>", 0, PATH_LOCAL),
	GOOD("<a..b@c.example>", 0, "\"a..b\"@c.example", ""),
	GOOD("<.a@c.example>", 0, "\".a\"@c.example", ""),
	GOOD("<a.@c.example>", 0, "\"a.\"@c.example", ""),
	GOOD("<\"a b\"@c.example>", 0, "\"a b\"@c.example", ""),
	GOOD("<\"ab\"@c.example>", 0, "ab@c.example", ""),
	GOOD("<\"a\\b\"@c.example>", 0, "ab@c.example", ""),
	GOOD("<\"a\\\"b\"@c.example>", 0, "\"a\\\"b\"@c.example", ""),
	GOOD("<\"a\\\\b\"@c.example>", 0, "\"a\\\\b\"@c.example", ""),
	GOOD("<\"a@b>\"@c.example>", 0, "\"a@b>\"@c.example", ""),
	GOOD("<\"\"@c.example>", 0, "\"\"@c.example", ""),
	GOOD("<\"a..b\"@c.example>", 0, "\"a..b\"@c.example", ""),
	BAD("<\"a@c.example>", 0, PATH_LOCAL),
	BAD("<\"a\"b@c.example>", 0, PATH_LOCAL),
	BAD("<\"a\x01\"@c.example>", 0, PATH_LOCAL),
	BAD("<\"a\x7F\"@c.example>", 0, PATH_LOCAL),
	BAD("<\"a\\", 0, PATH_LOCAL),
	/* domains */
	BAD("<a@>", 0, PATH_DOMAIN),
	BAD("<a@b@c>", 0, PATH_DOMAIN),
	BAD("<a@.b>", 0, PATH_DOMAIN),
	BAD("<a@b.>", 0, PATH_DOMAIN),
	BAD("<a@b..c>", 0, PATH_DOMAIN),
	BAD("<a@-b>", 0, PATH_DOMAIN),
	BAD("<a@b->", 0, PATH_DOMAIN),
	BAD("<a@b-.c>", 0, PATH_DOMAIN),
	BAD("<a@b c>", 0, PATH_DOMAIN),
	BAD("<a@b!c>", 0, PATH_DOMAIN),
	GOOD("<a@b_c.d>", 0, "a@b_c.d", ""),
	GOOD("<a@b--c.d>", 0, "a@b--c.d", ""),
	GOOD("<a@192.0.2.1>", 0, "a@192.0.2.1", ""),
	/* literals */
	GOOD("<a@[192.0.2.1]>", 0, "a@[192.0.2.1]", ""),
	GOOD("<a@[IPv6:2001:db8::1]>", 0, "a@[IPv6:2001:db8::1]", ""),
	GOOD("<a@[ipv6:::ffff:192.0.2.1]>", 0, "a@[ipv6:::ffff:192.0.2.1]", ""),
	GOOD("<a@[IPv6:::]>", 0, "a@[IPv6:::]", ""),
	BAD("<a@[192.0.2.256]>", 0, PATH_LITERAL),
	BAD("<a@[192.0.2]>", 0, PATH_LITERAL),
	BAD("<a@[2001:db8::1]>", 0, PATH_LITERAL),
	BAD("<a@[IPv6:192.0.2.1]>", 0, PATH_LITERAL),
	BAD("<a@[IPv6:1::2::3]>", 0, PATH_LITERAL),
	BAD("<a@[X400:what]>", 0, PATH_LITERAL),
	BAD("<a@[]>", 0, PATH_LITERAL),
	BAD("<a@[192.0.2.1>", 0, PATH_LITERAL),
	BAD("<a@[192.0.2.1]x>", 0, PATH_DOMAIN),
	/* routes: accepted and passed over */
	GOOD("<@a:b@c.example>", 0, "b@c.example", ""),
	GOOD("<@a,@b.example:c@d.example>", 0, "c@d.example", ""),
	GOOD("<@[192.0.2.1]:c@d.example>", 0, "c@d.example", ""),
	BAD("<@a,b:c@d.example>", 0, PATH_ROUTE),
	BAD("<@a@b:c@d.example>", 0, PATH_ROUTE),
	BAD("<@a:>", 0, PATH_LOCAL),
	BAD("<@a,", 0, PATH_ROUTE),
	/* RFC 6531 */
	GOOD("<j\xC3\xB6rg@b\xC3\xBC" "cher.example>", PATH_MAY_HAVE_UTF8,
		"j\xC3\xB6rg@b\xC3\xBC" "cher.example", ""),
	GOOD("<\"\xE7\x94\xA8 \xE6\x88\xB7\"@b>", PATH_MAY_HAVE_UTF8, "\"\xE7\x94\xA8 \xE6\x88\xB7\"@b", ""),
	BAD("<j\xC3\xB6rg@b.example>", 0, PATH_UTF8),
	BAD("<a@b\xC3\xBC.example>", 0, PATH_UTF8),
	BAD("<j\xF6rg@b.example>", ALL, PATH_LOCAL),
	BAD("<a@b\xFC.example>", ALL, PATH_DOMAIN),
	BAD("<a\xC2\x85@b.example>", ALL, PATH_LOCAL),
};

static const struct { struct str in; enum host_kind kind; } hosts[] = {
	{STR_INIT("mx.example.org"), HOST_NAME},
	{STR_INIT("localhost"), HOST_NAME},
	{STR_INIT("foo_bar"), HOST_NAME},
	{STR_INIT("[192.0.2.1]"), HOST_IPV4},
	{STR_INIT("[IPv6:2001:db8::1]"), HOST_IPV6},
	{STR_INIT("192.0.2.1"), HOST_NAME},
	{STR_INIT(""), HOST_NONE},
	{STR_INIT("a b"), HOST_NONE},
	{STR_INIT("a."), HOST_NONE},
	{STR_INIT("[]"), HOST_NONE},
	{STR_INIT("[192.0.2.1"), HOST_NONE},
	{STR_INIT("a<b"), HOST_NONE},
};
/* clang-format on */

static void
check_row(const struct row *row)
{
	struct path p = {0};
	char room[PATH_PRINT_BYTES_MAX], again[PATH_PRINT_BYTES_MAX];
	size_t used = 0;
	const enum path_fault fault = path_parse(row->in, row->may, &p, &used);
	if (!tap_is_int(fault, row->fault, "%.*s", (int)row->in.len, row->in.ptr) ||
		fault != PATH_NONE)
		return;
	const struct str printed = {room, path_print(&p, room)};
	tap_is_str(printed, row->printed, "%.*s prints", (int)row->in.len, row->in.ptr);
	tap_is_str(
		str_from(row->in, used), row->rest, "%.*s leaves", (int)row->in.len, row->in.ptr);
	if (printed.len > 0 && path_parse(printed, ALL, &p, &used) == PATH_NONE)
		tap_is_str(((struct str){again, path_print(&p, again)}), printed,
			"%.*s prints the same again", (int)row->in.len, row->in.ptr);
}

/* `local` letters, "@", and labels of at most 63 letters, `domain` bytes in all. */
static enum path_fault
fault_of(int local, int domain)
{
	static char text[1024];
	struct path p;
	size_t used, n = 0;
	text[n++] = '<';
	while (local-- > 0)
		text[n++] = 'a';
	text[n++] = '@';
	for (int i = 0; i < domain; i++)
		text[n++] = i % 64 == 63 ? '.' : 'b';
	text[n++] = '>';
	return path_parse((struct str){text, n}, 0, &p, &used);
}

int
main(void)
{
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
		check_row(&rows[i]);
	for (size_t i = 0; i < sizeof hosts / sizeof *hosts; i++)
		tap_is_int(host_parse(hosts[i].in, NULL), hosts[i].kind, "host %.*s",
			(int)hosts[i].in.len, hosts[i].in.ptr);

	/* RFC 5321 s4.5.3.1: these at least. */
	tap_is_int(fault_of(64, 255), PATH_NONE, "a local part of 64 bytes, a domain of 255");
	tap_is_int(fault_of(1, 256), PATH_DOMAIN, "a domain of 256 bytes");
	tap_is_int(fault_of(PATH_MAILBOX_BYTES_MAX - 2, 1), PATH_NONE, "the longest mailbox");
	tap_is_int(fault_of(PATH_MAILBOX_BYTES_MAX - 1, 1), PATH_TOO_LONG, "one byte longer");
	tap_is_int(fault_of(1, 63), PATH_NONE, "a label of 63 bytes");
	struct path p;
	size_t used;
	char label[70];
	memset(label, 'x', sizeof label);
	memcpy(label, "<a@", 3);
	label[67] = '>';
	tap_is_int(path_parse((struct str){label, 68}, 0, &p, &used), PATH_DOMAIN, "one of 64");
	struct str route = STR("<@a,@a,@a,@a,@a,@a,@a,@a,@a,@a:b@c>");
	tap_is_int(path_parse(route, 0, &p, &used), PATH_NONE, "ten hops");
	tap_is_str(p.route, STR("@a,@a,@a,@a,@a,@a,@a,@a,@a,@a"), "the route");
	route = STR("<@a,@a,@a,@a,@a,@a,@a,@a,@a,@a,@a:b@c>");
	tap_is_int(path_parse(route, 0, &p, &used), PATH_ROUTE, "eleven");
	char local[16];
	path_parse(STR("<\"a\\\" b\"@c>"), 0, &p, &used);
	tap_is_str(((struct str){local, path_local(&p, local)}), STR("a\" b"),
		"the local part as meant");
	return tap_done();
}
