/* What a client writes of itself: parameters, media types, forms, preferences; and which address
 * fits which pattern. */
#include "tap.h"
#include "web/accept.h"
#include "web/multipart.h"
#include "web/request.h"
#include "web/route.h"

static struct arena a;

static void
test_unescape(void)
{
	static const struct {
		const char *in, *path, *form;
	} rows[] = {
		{"abc", "abc", "abc"},
		{"a%20b", "a b", "a b"},
		{"a+b", "a+b", "a b"},
		{"%2B+", "++", "+ "},
		{"%c3%A4", "\xc3\xa4", "\xc3\xa4"},
		{"%", "%", "%"},
		{"%4", "%4", "%4"},
		{"%zz%41", "%zzA", "%zzA"},
		{"%2541", "%41", "%41"}, /* once, not twice */
		{"", "", ""},
	};
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		const struct str in = str_of(rows[i].in);
		tap_is_str(request_unescape(in, false, &a), str_of(rows[i].path), "path: %s",
			rows[i].in);
		tap_is_str(request_unescape(in, true, &a), str_of(rows[i].form), "form: %s",
			rows[i].in);
	}
	tap_is_int(request_unescape(STR("%00"), false, &a).len, 1, "a NUL is a byte");
}

static void
test_parameters(void)
{
	static const struct {
		const char *pairs, *want; /* of "q"; NULL: absent */
	} rows[] = {
		{"q=1", "1"},
		{"a=2&q=1", "1"},
		{"q=1&q=2", "1"},
		{"q", ""},
		{"q=", ""},
		{"Q=1", NULL},
		{"qq=1", NULL},
		{"", NULL},
		{"&&q=1&", "1"},
		{"%71=a%26b", "a&b"},
		{"q=a=b", "a=b"},
		{"x=q=1", NULL},
		{NULL, NULL},
	};
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
		tap_is_str(request_parameter(str_of(rows[i].pairs), STR("q"), &a),
			str_of(rows[i].want), "parameter: %s",
			rows[i].pairs != NULL ? rows[i].pairs : "(absent)");
	static const struct {
		const char *pairs;
		bool want;
	} flags[] = {{"q", false}, {"q=", false}, {"q=0", false}, {"q=no", false},
		{"q=False", false}, {"q=1", true}, {"q=yes", true}, {"q=00", true}, {"x=0", true}};
	for (size_t i = 0; i < sizeof flags / sizeof *flags; i++)
		tap_ok(request_flag(str_of(flags[i].pairs), STR("q"), true, &a) == flags[i].want,
			"flag: %s", flags[i].pairs);
	tap_ok(!request_flag(STR("x"), STR("q"), false, &a), "flag: absent is as asked");
}

static void
test_media_types(void)
{
	static const struct {
		const char *value, *type, *charset; /* NULL: absent */
	} rows[] = {
		{"text/plain", "text/plain", NULL},
		{" text/plain ; charset=utf-8", "text/plain", "utf-8"},
		{"text/plain;CHARSET=\"utf-8\"", "text/plain", "utf-8"},
		{"text/plain; x=\"a;charset=no\"; charset=yes", "text/plain", "yes"},
		{"text/plain; x=\"\\\";charset=no\"; charset=yes", "text/plain", "yes"},
		{"text/plain; charset=\"a\\\"b\"", "text/plain", "a\"b"},
		{"text/plain; charset=", "text/plain", ""},
		{"text/plain; charset", "text/plain", NULL},
		{"text/plain; charset=\"open", "text/plain", "\"open"},
		{";charset=x", "", "x"},
		{"", "", NULL},
	};
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		const struct str value = str_of(rows[i].value);
		tap_ok(str_eq(media_type(value), str_of(rows[i].type)), "type: %s", rows[i].value);
		tap_is_str(media_parameter(value, STR("charset"), &a), str_of(rows[i].charset),
			"charset: %s", rows[i].value);
	}
}

static void
test_accept(void)
{
	static const struct str offers[] = {
		STR_INIT("application/json"), STR_INIT("text/plain"), STR_INIT("text/html")};
	static const struct {
		const char *accept;
		int want;
	} rows[] = {
		{NULL, 0},
		{"  ", 0},
		{"*/*", 0},
		{"*", 0}, /* Java sends it */
		{"text/*", 1},
		{"text/html, text/*;q=0.5", 2},
		{"text/*;q=0.5, text/html;q=0.1",
			1}, /* the closer range counts, not the larger weight */
		{"text/html;q=0.5, */*;q=0.5", 0},
		{"text/html;level=1;q=0.9, */*;q=0.8", 2},
		{"text/html;q=2, application/json;q=0.9", 2},
		{"text/html;q=.9, application/json;q=0.95",
			2}, /* a weight that cannot be read is 1 */
		{"text/html;q=0.5;q=0", -1},
		{"application/*;q=0.001", 0},
		{"application/*;q=0.0009", -1},
		{"*/html", -1},
		{"text", -1},
		{"text/", -1},
		{"/", -1},
		{";q=1", -1},
		{"text/htmlx, textx/html, ext/html", -1},
	};
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
		tap_is_int(accept_type(str_of(rows[i].accept), offers, 3), rows[i].want,
			"Accept: %s", rows[i].accept != NULL ? rows[i].accept : "(absent)");
	static const struct {
		const char *list;
		bool want;
	} tags[] = {{"\"a\"", true}, {"W/\"a\"", true}, {"\"b\", \"a\"", true}, {"*", true},
		{"\"b\"", false}, {"a", false}, {"", false}, {"\"A\"", false}, {",,W/", false}};
	for (size_t i = 0; i < sizeof tags / sizeof *tags; i++)
		tap_ok(accept_has_tag(str_of(tags[i].list), STR("\"a\"")) == tags[i].want,
			"tags: %s", tags[i].list);
	tap_ok(!accept_has_tag(STR_NONE, STR("\"a\"")), "tags: absent");
}

static void
test_parts(void)
{
	static const char body[] =
		"ignored\r\n--b\r\nContent-Disposition: form-data; name=\"a\"\r\n\r\none\r\n"
		"--b \r\ncontent-disposition:form-data;name=b;filename=\"c\\\"d\"\r\n"
		"Content-Type: message/rfc822\r\n\r\n--bx\r\n\r\n--b\r\n"
		"Content-Disposition: form-data; name=\"\"\r\n\r\n\r\n--b--\r\nignored";
	struct multipart m;
	struct multipart_part p;
	tap_ok(multipart_begin(&m, STR("multipart/form-data; boundary=b"), STR(body), &a),
		"form: begins");
	tap_ok(multipart_next(&m, &p), "form: one");
	tap_is_str(p.name, STR("a"), "form: its name");
	tap_is_str(p.body, STR("one"), "form: its text");
	tap_ok(!str_is_set(p.filename) && !str_is_set(p.type), "form: it is no file");
	/* "--bx" begins like a delimiter but is preceded by the empty line alone: RFC 2046 s5.1.1
	 * says that it is one */
	tap_ok(!multipart_next(&m, &p) && m.why != NULL,
		"form: a line that begins with the delimiter");
	static const char good[] =
		"--b\r\nContent-Disposition: form-data; name=x; filename=\"c\\\"d\"\r\n"
		"Content-Type: message/rfc822\r\n\r\n--c\r\n\r\n--b\r\n"
		"Content-Disposition: form-data; name=\"\"\r\n\r\n\r\n--b--";
	tap_ok(multipart_begin(&m, STR("multipart/form-data; boundary=b"), STR(good), &a),
		"file: begins");
	tap_ok(multipart_next(&m, &p), "file: one");
	tap_is_str(p.filename, STR("c\"d"), "file: its name");
	tap_is_str(p.type, STR("message/rfc822"), "file: its type");
	tap_is_str(p.body, STR("--c\r\n"), "file: its bytes");
	tap_ok(multipart_next(&m, &p), "file: another part");
	tap_is_str(p.name, STR(""), "file: without a name");
	tap_is_str(p.body, STR(""), "file: and empty");
	tap_ok(!multipart_next(&m, &p) && m.why == NULL && m.is_last, "file: the end");
	tap_ok(!multipart_next(&m, &p) && m.why == NULL, "file: the end again");
}

static void
test_routes(void)
{
	static const struct {
		const char *pattern, *path, *rest; /* NULL: does not fit */
	} rows[] = {
		{"/v1/code/{}", "/v1/code/550", "550"},
		{"/v1/code/{}", "/v1/code/a%2Fb", "a%2Fb"},
		{"/v1/code/{}", "/v1/code/", NULL},
		{"/v1/code/{}", "/v1/code", NULL},
		{"/v1/code/{}", "/v1/code/a/b", NULL},
		{"/v1/code/{}", "/v1/codex", NULL},
		{"/", "/", ""},
		{"/a", "/a/", NULL},
		{"/a", "/A", NULL},
		{"/a", "/", NULL},
	};
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		struct str rest;
		const bool fits = route_fits(str_of(rows[i].pattern), str_of(rows[i].path), &rest);
		tap_ok(fits == (rows[i].rest != NULL) &&
				(!fits || str_eq(rest, str_of(rows[i].rest))),
			"route: %s: %s", rows[i].pattern, rows[i].path);
	}
	for (size_t i = 0; i < web_route_count; i++) {
		bool is_first = true;
		struct str rest;
		for (size_t k = 0; k < i; k++)
			is_first = is_first &&
				   !((web_routes[k].methods & web_routes[i].methods) != 0 &&
					   route_fits(web_routes[k].pattern, web_routes[i].pattern,
						   &rest));
		tap_ok(is_first, "route: %s is not hidden by one before it",
			web_routes[i].pattern.ptr);
		tap_ok((web_routes[i].takes != 0) == ((web_routes[i].methods & WEB_POST) != 0),
			"route: %s takes bodies by POST alone", web_routes[i].pattern.ptr);
	}
}

int
main(void)
{
	arena_init(&a, 1 << 20);
	test_unescape();
	test_parameters();
	test_media_types();
	test_accept();
	test_parts();
	test_routes();
	arena_fini(&a);
	return tap_done();
}
