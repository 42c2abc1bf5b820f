#include "smtp/reply.h"
#include "tap.h"

static const struct reply_form modern = {.style = REPLY_MODERN, .session = STR_INIT("7Q2F")};

static char room[REPLY_BYTES_MAX];

static struct str
written(const struct reply_form *form, enum condition c, const struct facts *f)
{
	struct reply_buffer out = {room, 0, sizeof room};
	reply_write(&out, form, c, f);
	return (struct str){room, out.len};
}

/* Every condition, with facts that want to be long, forge lines, and are not ASCII. */
static void
check_every(const struct reply_form *form, const char *how)
{
	struct facts f = {0};
	static char nasty[3000];
	for (size_t i = 0; i < sizeof nasty; i++)
		nasty[i] = "word \r\n250 2.0.0 forged\x01\xC3\xB6\x7F"[i % 28];
#define X(name) f.name = (struct str){nasty, sizeof nasty};
	FACT_TEXTS(X)
#undef X
#define X(name) f.name = INT64_MIN;
	FACT_NUMBERS(X)
#undef X
	for (int c = 0; c < CONDITION__COUNT; c++) {
		const unsigned code = condition_line((enum condition)c, form->style).reply;
		if (code == 0)
			continue;
		struct str out = written(form, (enum condition)c, &f);
		const struct str id = catalogue_text(catalogue_conditions[c].id);
		bool is_right = out.len <= REPLY_BYTES_MAX - 512, is_last = false;
		while (out.len > 0) {
			const size_t end = str_find(out, STR("\r\n"), 0);
			is_right = is_right && !is_last && end != STR_NPOS &&
				   end + 2 <= REPLY_LINE_BYTES_MAX && end >= 4 &&
				   str_number(out, 999) == (int64_t)code;
			for (size_t i = 0; i < end && end != STR_NPOS; i++)
				is_right = is_right && (unsigned char)out.ptr[i] >= ' ' &&
					   out.ptr[i] != 127 &&
					   ((unsigned char)out.ptr[i] < 128 || form->may_be_utf8);
			is_last = is_right && out.ptr[3] == ' ';
			out = str_from(out, end == STR_NPOS ? out.len : end + 2);
		}
		tap_ok(is_right && is_last, "%s: %.*s is whole lines", how, (int)id.len, id.ptr);
	}
}

int
main(void)
{
	const struct facts user = {.rcpt = STR("x@y.example")};
	struct reply_form form = modern;
	tap_is_str(written(&form, CONDITION_UNKNOWN_USER, &user),
		STR("550 5.1.1 Unknown user <x@y.example> (C34 7Q2F)\r\n"), "modern");
	tap_is_str(written(&form, CONDITION_RECIPIENT_TAKEN, &user),
		STR("250 2.1.5 Recipient <x@y.example> accepted\r\n"), "no mark when all is well");
	tap_is_str(written(&form, CONDITION_UNKNOWN_USER, &(struct facts){.host = STR("h")}),
		STR("550 5.1.1 Unknown user <-> (C34 7Q2F)\r\n"), "a fact that is not known");
	form.is_greeting = true;
	tap_is_str(written(&form, CONDITION_HOOK_REFUSED, &user),
		STR("554 Rejected by a local rule (C37 7Q2F)\r\n"),
		"no enhanced code in a greeting");
	form = modern;
	form.session = STR_NONE;
	form.style = REPLY_DOCUMENTED;
	tap_is_str(written(&form, CONDITION_UNKNOWN_USER, &user), STR("550 Unknown user\r\n"),
		"documented");
	form = modern;
	form.has_more = true;
	tap_is_str(written(&form, CONDITION_HELLO,
			   &(struct facts){.host = STR("a"), .helo = STR("b")}),
		STR("250-a greets b\r\n"), "more lines follow");

	struct facts theirs = {
		.list = STR("milter 1"), .text = STR("no"), .code = 554, .enhanced = STR("5.7.20")};
	tap_is_str(written(&modern, CONDITION_FILTER_REFUSED, &theirs),
		STR("554 5.7.20 Refused by the filter milter 1: no (X86 7Q2F)\r\n"),
		"codes of a filter");
	theirs.code = 450;
	theirs.enhanced = STR("4.7.1");
	tap_is_str(written(&modern, CONDITION_FILTER_REFUSED, &theirs),
		STR("550 5.7.1 Refused by the filter milter 1: no (X86 7Q2F)\r\n"),
		"... but not of another class");

	const struct facts lines = {.text = STR("one\r\ntwo\n\nthree\r")};
	tap_is_str(written(&modern, CONDITION_HOOK_DEFERRED, &lines),
		STR("451-4.7.1 Deferred by local policy: one\r\n451-4.7.1 two\r\n451-4.7.1 \r\n"
		    "451 4.7.1 three (X80 7Q2F)\r\n"),
		"a text of several lines has its codes on each");
	const struct facts odd = {.rcpt = STR("j\xC3\xB6\x01@y")};
	tap_is_str(written(&modern, CONDITION_UNKNOWN_USER, &odd),
		STR("550 5.1.1 Unknown user <j???@y> (C34 7Q2F)\r\n"), "not ASCII, not shown");
	form = modern;
	form.may_be_utf8 = true;
	tap_is_str(written(&form, CONDITION_UNKNOWN_USER, &odd),
		STR("550 5.1.1 Unknown user <j\xC3\xB6?@y> (C34 7Q2F)\r\n"), "but after SMTPUTF8");

	static char ends[2000];
	memset(ends, '\n', sizeof ends);
	ends[0] = ends[sizeof ends - 1] = 'x';
	for (size_t n = REPLY_LINE_ENDS_MAX; n <= REPLY_LINE_ENDS_MAX + 1; n++) {
		ends[n + 1] = 'x';
		const struct facts f = {.text = {ends, n + 2}};
		const struct str out = written(&modern, CONDITION_HOOK_DEFERRED, &f);
		tap_is_int(str_has(out, STR("?")), n > REPLY_LINE_ENDS_MAX,
			"%zu line ends in a fact", n);
		ends[n + 1] = '\n';
	}
	const struct facts many = {.text = {ends, sizeof ends}};
	tap_ok(written(&modern, CONDITION_HOOK_DEFERRED, &many).len < REPLY_BYTES_MAX, "and 1998");

	/* The longest line: 512 bytes with its end. */
	static char longest[600];
	memset(longest, 'x', sizeof longest);
	const size_t fixed = sizeof("550 5.1.1 Unknown user <> (C34 7Q2F)\r\n") - 1;
	for (size_t n = 511; n <= 513; n++) {
		const struct facts f = {.rcpt = {longest, n - fixed}};
		const struct str out = written(&modern, CONDITION_UNKNOWN_USER, &f);
		tap_is_int(str_has(out, STR("\r\n550 ")), n > REPLY_LINE_BYTES_MAX,
			"a line of %zu bytes", n);
	}
	check_every(&modern, "modern");
	form = modern;
	form.may_be_utf8 = true;
	check_every(&form, "utf8");
	form.style = REPLY_DOCUMENTED;
	check_every(&form, "documented");
	return tap_done();
}
