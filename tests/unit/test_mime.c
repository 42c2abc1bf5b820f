#include "base/buf.h"
#include "read/mime.h"
#include "tap.h"

#define ARENA_LIMIT_BYTES ((size_t)16 << 20)

/* The parts as "T(text)S(status)", each without the white space around it. */
static struct mime
render(struct str in, struct arena *a, struct buf *out)
{
	static const char letters[] = {'O', 'T', 'H', 'S', 'F', 'D', 'R'};
	struct header h;
	struct mime m;
	(void)header_parse(in, a, &h);
	mime_parse(&h, a, &m);
	for (size_t i = 0; i < m.count; i++) {
		buf_add_char(out, letters[m.parts[i].role]);
		buf_add_char(out, '(');
		buf_add(out, str_trim(part_decode(&m.parts[i], a)));
		buf_add_char(out, ')');
	}
	return m;
}

#define MIXED "MIME-Version: 1.0\nContent-Type: multipart/mixed; boundary=b\n\n"
#define PART(type, body) "--b\nContent-Type: " type "\n\n" body "\n"
#define CODED(encoding, charset, body)                                                             \
	"Content-Type: text/plain; charset=" charset "\nContent-Transfer-Encoding: " encoding      \
	"\n\n" body

/* clang-format off */
static const struct parse_row {
	const char *name;
	struct str in, want;
} parse_rows[] = {
	{"a message of one part", STR_INIT("From: a\n\nhello\n"), STR_INIT("T(hello)")},
	{"no header at all", STR_INIT("hello there\n"), STR_INIT("T(hello there)")},
	{"base64 that nobody announced", STR_INIT("From: a\n\n"
		"VGhlIG1haWxib3ggb2YgdGhlIHJlY2lwaWVudCBpcyBmdWxs\nLg==\n"),
		STR_INIT("T(The mailbox of the recipient is full.)")},
	{"lines that only look like base64", STR_INIT("From: a\n\nThequickbrownfoxjumpsoverthelazydogandruns\nno\n"),
		STR_INIT("T(Thequickbrownfoxjumpsoverthelazydogandruns\nno)")},
	{"quoted-printable that nobody announced", STR_INIT("From: a\n\nthe mailbox=20\nof a=\n@b.example\n"),
		STR_INIT("T(the mailbox \nof a@b.example)")},
	{"no body", STR_INIT("From: a\nContent-Type: text/plain\n"), STR_INIT("T()")},
	{"two parts", STR_INIT(MIXED PART("text/plain", "one") PART("text/html", "<p>two") "--b--\n"),
		STR_INIT("T(one)H(<p>two)")},
	{"CRLF", STR_INIT("Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\n\r\none\r\n--b\r\n"
		"Content-Type: text/html\r\n\r\ntwo\r\n--b--\r\n"), STR_INIT("T(one)H(two)")},
	{"CR alone", STR_INIT("Content-Type: multipart/mixed; boundary=b\r\r--b\r\rone\r--b\r"
		"Content-Type: text/html\r\rtwo\r--b--\r"), STR_INIT("T(one)H(two)")},
	{"never closed", STR_INIT(MIXED PART("text/plain", "one") PART("text/plain", "two")), STR_INIT("T(one)T(two)")},
	{"cut off in a part's header", STR_INIT(MIXED PART("text/plain", "one") "--b\nContent-Ty"), STR_INIT("T(one)T()")},
	{"words before and behind are no part", STR_INIT(MIXED "preamble\n" PART("text/plain", "one") "--b--\nepilogue\n"),
		STR_INIT("T(one)")},
	{"a part without header", STR_INIT(MIXED "--b\n\none\n--b--"), STR_INIT("T(one)")},
	{"a part without header or blank line", STR_INIT(MIXED "--b\nDear user, no.\n--b--"), STR_INIT("T(Dear user, no.)")},
	{"an empty part", STR_INIT(MIXED "--b\n--b\n\nx\n--b--"), STR_INIT("T()T(x)")},
	{"a part with a header alone", STR_INIT(MIXED "--b\nContent-Type: text/html\n--b\n\nx\n--b--"), STR_INIT("H()T(x)")},
	{"a part of one blank line", STR_INIT(MIXED "--b\n\n--b--"), STR_INIT("T()")},
	{"blanks behind a boundary: RFC 2046 s5.1.1", STR_INIT(MIXED "--b \t\n\none\n--b-- \nno\n"), STR_INIT("T(one)")},
	{"a boundary in quotes, with blanks and a colon",
		STR_INIT("Content-Type: multipart/mixed; boundary=\"a b:c\"\n\n--a b:c\n\none\n--a b:c--"), STR_INIT("T(one)")},
	{"a folded type in capitals", STR_INIT("CONTENT-TYPE: MULTIPART/MIXED;\r\n\tBOUNDARY=\"b\"\r\n\r\n--b\r\n\r\none\r\n--b--"),
		STR_INIT("T(one)")},
	{"a comment in the type", STR_INIT("Content-Type: multipart/mixed (several) ; boundary=b\n\n--b\n\none\n--b--"),
		STR_INIT("T(one)")},
	{"'boundary=' inside another value",
		STR_INIT("Content-Type: multipart/mixed; name=\"a; boundary=no\"; boundary=b\n\n--b\n\none\n--b--"), STR_INIT("T(one)")},
	{"a boundary that begins another one",
		STR_INIT("Content-Type: multipart/mixed; boundary=a\n\n--a\nContent-Type: multipart/alternative; boundary=ab\n\n"
		"--ab\n\none\n--ab\nContent-Type: text/html\n\ntwo\n--ab--\n--a\n\nthree\n--a--\n"), STR_INIT("T(one)H(two)T(three)")},
	{"an inner multipart that is never closed",
		STR_INIT("Content-Type: multipart/mixed; boundary=a\n\n--a\nContent-Type: multipart/related; boundary=i\n\n"
		"--i\n\none\n--a\n\ntwo\n--a--\n"), STR_INIT("T(one)T(two)")},
	{"a dashed line is no boundary", STR_INIT(MIXED "--b\n\none\n--bb\n--b x\ntwo\n--b--"), STR_INIT("T(one\n--bb\n--b x\ntwo)")},
	{"no boundary named", STR_INIT("Content-Type: multipart/report\n\n--=_x_1\nContent-Type: text/plain\n\none\n--=_x_1\n"
		"Content-Type: message/delivery-status\n\nReporting-MTA: dns; a\n--=_x_1--\n"), STR_INIT("T(one)S(Reporting-MTA: dns; a)")},
	{"another boundary named", STR_INIT("Content-Type: multipart/report; boundary=nowhere\n\n--=_x_1\nContent-Type: text/plain\n\n"
		"one\n--=_x_1\nContent-Type: message/delivery-status\n\nReporting-MTA: dns; a\n--=_x_1--\n"),
		STR_INIT("T(one)S(Reporting-MTA: dns; a)")},
	{"no boundary anywhere: still text", STR_INIT("Content-Type: multipart/mixed; boundary=b\n\none\n"), STR_INIT("T(one)")},
	{"an empty boundary", STR_INIT("Content-Type: multipart/mixed; boundary=\"\"\n\none\n"), STR_INIT("T(one)")},
	{"the roles", STR_INIT(MIXED PART("message/delivery-status", "a") PART("message/global-delivery-status", "b")
		PART("message/feedback-report", "c") PART("message/disposition-notification", "d") PART("message/rfc822", "e: f")
		PART("text/rfc822-headers", "g: h") PART("image/png", "i") PART("application/pdf; name=text/plain", "j")
		PART("message/global", "k: l") PART("message/global-headers", "m: n") "--b--"),
		STR_INIT("S(a)S(b)F(c)D(d)R(e: f)R(g: h)O(i)O(j)R(k: l)R(m: n)")},
	{"a status report that calls itself text", STR_INIT(MIXED PART("text/plain", "\nReporting-MTA: dns; a\n\nFinal-Recipient: x@y")
		"--b--"), STR_INIT("S(Reporting-MTA: dns; a\n\nFinal-Recipient: x@y)")},
	{"text that begins with a word and a colon", STR_INIT(MIXED PART("text/plain", "Note: no status") "--b--"),
		STR_INIT("T(Note: no status)")},
	{"a returned message is not opened", STR_INIT(MIXED PART("message/rfc822",
		"Content-Type: multipart/mixed; boundary=i\n\n--i\n\none\n--i--") "--b--"),
		STR_INIT("R(Content-Type: multipart/mixed; boundary=i\n\n--i\n\none\n--i--)")},
	{"koi8-r in base64", STR_INIT(CODED("base64", "koi8-r", "8NXT1A==\n")), STR_INIT("T(\xD0\x9F\xD1\x83\xD1\x81\xD1\x82)")},
	{"latin-1 in quoted-printable", STR_INIT(CODED("quoted-printable", "iso-8859-1", "bo=EEte pleine=\n !")),
		STR_INIT("T(bo\xC3\xAEte pleine !)")},
	{"Shift_JIS in 8bit", STR_INIT(CODED("8bit", "Shift_JIS", "\x93\xFA\x96\x7B")), STR_INIT("T(\xE6\x97\xA5\xE6\x9C\xAC)")},
	{"ISO-2022-JP in 7bit", STR_INIT(CODED("7bit", "iso-2022-jp", "\x1B$BF|K\\\x1B(B")), STR_INIT("T(\xE6\x97\xA5\xE6\x9C\xAC)")},
	{"windows-1253, the charset in quotes", STR_INIT(CODED("BASE64 ", "\"windows-1253\"", "yPXx3+Th")),
		STR_INIT("T(\xCE\x98\xCF\x85\xCF\x81\xCE\xAF\xCE\xB4\xCE\xB1)")},
	{"no charset, and UTF-8 all the same", STR_INIT("Content-Type: text/plain\n\n\xE4\xBD\xA0\xE5\xA5\xBD"),
		STR_INIT("T(\xE4\xBD\xA0\xE5\xA5\xBD)")},
	{"base64 in another encoding's name", STR_INIT(CODED("8bit", "utf-8",
		"VGhlIG1haWxib3ggb2YgdGhlIHJlY2lwaWVudCBpcyBmdWxs\nLg==\n")), STR_INIT("T(The mailbox of the recipient is full.)")},
	{"base64 behind a banner and before a footer", STR_INIT(CODED("base64", "utf-8", "CAUTION: it came from outside.\n\n"
		"VGhlIG1haWxib3ggb2YgdGhlIHJlY2lwaWVudCBpcyBmdWxs\nLg==\n____\nusers mailing list\nlist\n")),
		STR_INIT("T(The mailbox of the recipient is full.)")},
	{"base64 that lost a byte of its first line", STR_INIT(CODED("base64", "utf-8",
		"VGhlIG1haWxib3ggb2YgdGhlIHJlY2lwaWVudCBpcyBmdWx\nVGhlIG1haWxib3ggb2YgdGhlIHJlY2lwaWVudCBpcyBmdWxs\nLg==\n")),
		STR_INIT("T(The mailbox of the recipient is fulThe mailbox of the recipient is full.)")},
	{"base64 of which a byte was changed", STR_INIT(CODED("base64", "utf-8",
		"VGh*IG1haWxib3ggb2YgdGhlIHJlY2lwaWVudCBpcyBmdWxs\nLg==\n")), STR_INIT("T(\xEF\xBF\xBD mailbox of the recipient is full.)")},
	{"base64 that somebody quoted", STR_INIT(CODED("base64", "utf-8",
		"> VGhlIG1haWxib3ggb2YgdGhlIHJlY2lwaWVudCBpcyBmdWxs\n> Lg==\n")), STR_INIT("T(The mailbox of the recipient is full.)")},
	{"lines of 42 are base64, too", STR_INIT(CODED("base64", "utf-8",
		"VGhlIG1haWxib3ggb2YgdGhlIHJlY2lwaWVudCBpcy\nBmdWxsLg==\n")), STR_INIT("T(The mailbox of the recipient is full.)")},
	{"text that calls itself base64", STR_INIT(CODED("base64", "utf-8", "Delivery failed:\na@b.example\n")),
		STR_INIT("T(Delivery failed:\na@b.example)")},
	{"quoted-printable that calls itself base64", STR_INIT(CODED("base64", "utf-8", "the mailbox=20\nof a=\n@b.example is full\n")),
		STR_INIT("T(the mailbox \nof a@b.example is full)")},
	{"UTF-8 that calls itself UTF-16", STR_INIT(CODED("8bit", "utf-16", "gr\xC3\xBCn")), STR_INIT("T(gr\xC3\xBCn)")},
	{"UTF-16 by that name", STR_INIT("Content-Type: text/plain; charset=utf-16be\nContent-Transfer-Encoding: base64\n\nAGEACg==\n"),
		STR_INIT("T(a)")},
	{"UTF-8 that calls itself koi8-r", STR_INIT(CODED("8bit", "koi8-r", "\xD0\x9F\xD1\x83\xD1\x81\xD1\x82")),
		STR_INIT("T(\xD0\x9F\xD1\x83\xD1\x81\xD1\x82)")},
	{"latin-1 that could be a little UTF-8", STR_INIT(CODED("8bit", "iso-8859-1", "\xC3\xA9")), STR_INIT("T(\xC3\x83\xC2\xA9)")},
	{"a status report under other types", STR_INIT(MIXED PART("application/octet-stream", "Reporting-MTA: dns; a")
		PART("text/html", "Final-Recipient: rfc822; x@y") PART("message/rfc822", "Reporting-MTA: dns; b")
		PART("image/png", "x: y") "--b--"), STR_INIT("S(Reporting-MTA: dns; a)S(Final-Recipient: rfc822; x@y)"
		"S(Reporting-MTA: dns; b)O(x: y)")},
	{"a receipt that calls itself bytes", STR_INIT(MIXED PART("application/octet-stream",
		"Final-Recipient: rfc822; x@y\nDisposition: manual-action/MDN-sent-manually; displayed") "--b--"),
		STR_INIT("D(Final-Recipient: rfc822; x@y\nDisposition: manual-action/MDN-sent-manually; displayed)")},
	{"parts behind a boundary that says it is the last", STR_INIT(MIXED PART("text/plain", "one") "--b--\n"
		"Content-Type: text/html\n\ntwo\n--b--\nepilogue\n"), STR_INIT("T(one)H(two)")},
	{"a message of words that calls itself bytes", STR_INIT("Content-Type: application/octet-stream\n\nIt failed.\n"),
		STR_INIT("T(It failed.)")},
	{"a message of words that calls itself a message", STR_INIT("Content-Type: message/rfc822\n\nIt failed.\n"),
		STR_INIT("T(It failed.)")},
	{"a message of bytes", STR_INIT("Content-Type: image/png\n\nIt failed.\n"), STR_INIT("O(It failed.)")},
	{"cut in an address", STR_INIT("From: a\n\nIt failed:\n\na@b.exam"), STR_INIT("T(It failed:)")},
	{"cut behind its local part", STR_INIT("From: a\n\nIt failed:\n\n<a.b"), STR_INIT("T(It failed:)")},
	{"cut in an address of a part", STR_INIT(MIXED "--b\n\nIt failed for a@b.exam"), STR_INIT("T(It failed for)")},
	{"cut in a field", STR_INIT(MIXED PART("message/delivery-status", "Reporting-MTA: dns; m\n\nFinal-Recipient: rfc8")),
		STR_INIT("S(Reporting-MTA: dns; m\n\nFinal-Recipient: rfc8)")},
	{"cut in a field, the last line", STR_INIT(MIXED "--b\nContent-Type: message/delivery-status\n\nReporting-MTA: dns; m\n\nFinal-Recipient: rfc8"),
		STR_INIT("S(Reporting-MTA: dns; m)")},
	{"cut behind an address in brackets", STR_INIT("From: a\n\nIt failed:\n\n<a@b.example>"), STR_INIT("T(It failed:\n\n<a@b.example>)")},
	{"cut amid words", STR_INIT("From: a\n\nIt fail"), STR_INIT("T(It fail)")},
	{"cut in a link", STR_INIT("From: a\n\nhttps://a@b.exam"), STR_INIT("T(https://a@b.exam)")},
	{"cut behind a code", STR_INIT("From: a\n\nno\n550"), STR_INIT("T(no\n550)")},
	{"whole, the last part closed", STR_INIT(MIXED "--b\n\na@b.example\n--b--"), STR_INIT("T(a@b.example)")},
	{"types that mean text", STR_INIT(MIXED PART("text", "a") PART("plain; charset=utf-8", "b") PART("", "c") "--b--"),
		STR_INIT("T(a)T(b)T(c)")},
};

static const struct parameter_row {
	struct str value, name, want;
} parameter_rows[] = {
	{STR_INIT("text/plain; charset=utf-8"), STR_INIT("charset"), STR_INIT("utf-8")},
	{STR_INIT("text/plain;charset=\"utf-8\";x=y"), STR_INIT("charset"), STR_INIT("utf-8")},
	{STR_INIT("text/plain; CharSet = utf-8"), STR_INIT("charset"), STR_INIT("utf-8")},
	{STR_INIT("text/plain charset=utf-8; charset=x"), STR_INIT("charset"), STR_INIT("utf-8")},
	{STR_INIT("\"a; charset=x\"; charset=utf-8"), STR_INIT("charset"), STR_INIT("utf-8")},
	{STR_INIT("text/plain; x=y charset=utf-8"), STR_INIT("charset"), STR_INIT("utf-8")},
	{STR_INIT("text/plain; charset=\"utf-8"), STR_INIT("charset"), STR_INIT("utf-8")},
	{STR_INIT("text/plain; charset=\"\""), STR_INIT("charset"), STR_INIT("")},
	{STR_INIT("a/b; filename=\"a;b c.txt\"; x=1"), STR_INIT("filename"), STR_INIT("a;b c.txt")},
	{STR_INIT("a/b; filename*=utf-8'de'Gr%C3%BC%C3%9Fe.txt"), STR_INIT("filename"), STR_INIT("Gr\xC3\xBC\xC3\x9F" "e.txt")},
	{STR_INIT("a/b; filename*0=\"one \"; filename*1=two.txt"), STR_INIT("filename"), STR_INIT("one two.txt")},
	{STR_INIT("a/b; name=\"a\\\"b\""), STR_INIT("name"), STR_INIT("a\"b")},
	{STR_INIT("a/b; xname=1; name-x=2; name=3"), STR_INIT("name"), STR_INIT("3")},
	{STR_INIT("a/b; n=\"name=1\"; name=2"), STR_INIT("name"), STR_INIT("2")},
	{STR_INIT("multipart/report;\r\n report-type=\r\n  delivery-status"), STR_INIT("report-type"), STR_INIT("delivery-status")},
};

static const struct type_row {
	struct str value, type;
	bool want;
} type_rows[] = {
	{STR_INIT("multipart/report; x"), STR_INIT("multipart/"), true},
	{STR_INIT("MULTIPART/Report"), STR_INIT("multipart/report"), true},
	{STR_INIT("multipart/report;x"), STR_INIT("multipart/report"), true},
	{STR_INIT("multipart/report x"), STR_INIT("multipart/report"), true},
	{STR_INIT("multipart/reports"), STR_INIT("multipart/report"), false},
	{STR_INIT("multipart"), STR_INIT("multipart/"), false},
	{STR_INIT("message/rfc822-headers"), STR_INIT("message/rfc822"), false},
	{STR_INIT(""), STR_INIT("text/"), false},
};
/* clang-format on */

static void
test_parse(void)
{
	struct arena a;
	struct buf out;
	arena_init(&a, ARENA_LIMIT_BYTES);
	buf_init(&out, ARENA_LIMIT_BYTES);
	for (size_t i = 0; i < sizeof parse_rows / sizeof *parse_rows; i++) {
		buf_clear(&out);
		(void)render(parse_rows[i].in, &a, &out);
		tap_is_str(buf_str(&out), parse_rows[i].want, "parse: %s", parse_rows[i].name);
	}
	buf_fini(&out);
	arena_fini(&a);
}

static void
test_kind(void)
{
	struct arena a;
	struct buf out;
	arena_init(&a, ARENA_LIMIT_BYTES);
	buf_init(&out, ARENA_LIMIT_BYTES);
	struct mime m =
		render(STR("Content-Type: multipart/report; report-type=\"feedback-report\"; "
			   "boundary=b\n\nold reader\n--b\n\nx\n--b--"),
			&a, &out);
	tap_ok(m.is_report && m.is_multipart, "kind: a report");
	tap_is_str(m.report_type, STR("feedback-report"), "kind: its type");
	tap_is_str(str_trim(m.preamble), STR("old reader"), "kind: the preamble is kept");
	m = render(STR("Content-Type: multipart/alternative; "
		       "boundary=b\n\n--b\n\nx\n--b\nContent-Type: text/html\n\ny\n--b--"),
		&a, &out);
	tap_ok(m.count == 2 && m.parts[0].is_alternative && m.parts[1].is_alternative,
		"kind: alternatives are marked");
	tap_ok(!m.is_report, "kind: no report");
	m = render(STR(MIXED "--b\nContent-Type: text/plain; name=in.txt\nContent-Disposition: "
			     "ATTACHMENT; filename=out.txt\n\nx\n--b--"),
		&a, &out);
	tap_ok(m.count == 1 && m.parts[0].is_attachment && !m.parts[0].is_alternative,
		"kind: an attachment");
	tap_is_str(m.count == 1 ? m.parts[0].name : STR_NONE, STR("out.txt"), "kind: its name");
	buf_fini(&out);
	arena_fini(&a);
}

static void
test_types(void)
{
	struct arena a;
	arena_init(&a, ARENA_LIMIT_BYTES);
	for (size_t i = 0; i < sizeof parameter_rows / sizeof *parameter_rows; i++)
		tap_is_str(
			content_type_parameter(parameter_rows[i].value, parameter_rows[i].name, &a),
			parameter_rows[i].want, "parameter: %s of %s", parameter_rows[i].name.ptr,
			parameter_rows[i].value.ptr);
	tap_is_str(content_type_parameter(STR("a/b; x=y"), STR("name"), &a), STR_NONE,
		"parameter: absent");
	for (size_t i = 0; i < sizeof type_rows / sizeof *type_rows; i++)
		tap_ok(content_type_is(type_rows[i].value, type_rows[i].type) == type_rows[i].want,
			"type: '%s' is%s %s", type_rows[i].value.ptr,
			type_rows[i].want ? "" : " not", type_rows[i].type.ptr);
	tap_ok(!content_type_is(STR_NONE, STR("text/plain")), "type: absent");
	arena_fini(&a);
}

int
main(void)
{
	test_parse();
	test_kind();
	test_types();
	return tap_done();
}
