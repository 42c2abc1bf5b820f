/* Links: where a message leads to, whatever it does to hide that. */
#include "check/links.h"
#include "tap.h"

#include <stdio.h>
#include <string.h>

static void
found_is(const struct links *l, const char *want, const char *name)
{
	char got[2048] = "";
	for (size_t i = 0; i < l->count; i++)
		snprintf(got + strlen(got), sizeof got - strlen(got), "%s%.*s", i > 0 ? " " : "",
			(int)l->domain[i].len, l->domain[i].ptr);
	tap_ok(strcmp(got, want) == 0, "%s: %s", name, got);
}

static void
scan_is(const char *text, bool is_html, const char *want)
{
	struct arena a;
	struct links l = {.count = 0};
	arena_init(&a, 1 << 20);
	links_scan(str_of(text), is_html, &a, &l);
	found_is(&l, want, text);
	arena_fini(&a);
}

static void
test_text(void)
{
	scan_is("", false, "");
	scan_is("see http://a.example/x", false, "a.example");
	scan_is("HTTPS://A.Example.", false, "a.example");
	scan_is("<http://a.example>, (ftp://b.example); \"http://c.example\"", false,
		"a.example b.example c.example");
	scan_is("http://user:pass@evil.example:8080/good.example", false, "evil.example");
	scan_is("http://good.example@evil.example", false, "evil.example");
	scan_is("http://good.example/@evil.example", false, "good.example");
	scan_is("http://evil.example\\@good.example", false, "evil.example");
	scan_is("http://evil%2Eexample/", false, "evil.example");
	scan_is("http://a.b.shop.co.uk http://c.shop.co.uk", false, "shop.co.uk");
	scan_is("www.a.example, xwww.b.example www.www.c.example me@www.d.example", false,
		"a.example c.example");
	scan_is("http://192.0.2.1/ http://[2001:db8::1]/ http://localhost/", false, "");
	scan_is("gopher://a.example ://b.example http:/c.example http:// ", false, "");
	scan_is("//a.example", false, "");
	scan_is("http://m\xc3\xbcller.example", false, "xn--mller-kva.example");
	scan_is("http://a.example&x http://b.example;y", false, "a.example b.example");
	scan_is("http://a.example http://A.EXAMPLE/2", false, "a.example");
	scan_is("http://x..example http://.example http://a.example..", false, "a.example");
}

static void
test_html(void)
{
	scan_is("<a href=\"//a.example/x\">", true, "a.example");
	scan_is("<a href='//a.example'><img src=//b.example/p.png>", true, "a.example b.example");
	scan_is("<a href=\"http://shop&#46;example/\">", true, "shop.example");
	scan_is("<a href=\"http://shop.example&amp;x=1\">", true, "shop.example");
}

static void
test_message(void)
{
	static const char mail[] =
		"MIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n"
		"--b\r\nContent-Type: text/plain\r\nContent-Transfer-Encoding: "
		"quoted-printable\r\n\r\n"
		"http://one.exam=\r\nple/ =68ttp://two.example\r\n"
		"--b\r\nContent-Type: text/html\r\nContent-Transfer-Encoding: base64\r\n\r\n"
		"PGEgaHJlZj0iaHR0cDovL3RocmVlLmV4YW1wbGUiPg==\r\n"
		"--b\r\nContent-Type: image/png\r\n\r\nhttp://four.example\r\n--b--\r\n";
	struct arena a;
	struct links l;
	arena_init(&a, 1 << 20);
	links_find(STR(mail), &a, &l);
	found_is(&l, "one.example two.example three.example", "a message in parts");
	links_find(STR("Subject: x\r\n\r\nReceived: from\r\nhttp://five.example\r\n"), &a, &l);
	found_is(&l, "five.example", "what looks like a header");
	links_find(
		STR("Subject: "
		    "x\r\n\r\nQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFB\r\n"
		    "http://six.example\r\n"),
		&a, &l);
	found_is(&l, "six.example", "what looks like base64");
	links_find(STR(""), &a, &l);
	found_is(&l, "", "nothing");
	arena_fini(&a);
}

static void
test_limits(void)
{
	char text[4096] = "";
	struct arena a;
	struct links l = {.count = 0};
	arena_init(&a, 1 << 20);
	for (int i = 0; i <= LINKS_MAX; i++)
		snprintf(text + strlen(text), sizeof text - strlen(text), "http://d%d.example ", i);
	links_scan(str_of(text), false, &a, &l);
	tap_is_int(l.count, LINKS_MAX, "as many as may be");
	tap_is_str(l.domain[LINKS_MAX - 1], STR("d19.example"), "... the first of them");
	static char big[LINKS_TEXT_BYTES_MAX + 64];
	memset(big, 'x', sizeof big);
	memcpy(big, "A: b\r\n\r\n", 8);
	memcpy(big + LINKS_TEXT_BYTES_MAX - 20, " http://in.example  http://out.example ", 39);
	links_find((struct str){big, sizeof big}, &a, &l);
	found_is(&l, "in.example", "at the edge of what is looked at");
	arena_fini(&a);
}

int
main(void)
{
	test_text();
	test_html();
	test_message();
	test_limits();
	return tap_done();
}
