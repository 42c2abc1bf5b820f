#include "smtp/base64.h"
#include "smtp/param.h"
#include "smtp/xtext.h"
#include "tap.h"

#define OFFERED                                                                                    \
	(EXTENSION_SIZE | EXTENSION_8BITMIME | EXTENSION_SMTPUTF8 | EXTENSION_AUTH |               \
		EXTENSION_DSN | EXTENSION_REQUIRETLS)

struct row {
	struct str in;
	enum param_fault fault;
	struct str at;
};
#define GOOD(in)                                                                                   \
	{                                                                                          \
		STR_INIT(in), PARAM_NONE, { NULL, 0 }                                              \
	}
#define BAD(in, fault, at)                                                                         \
	{                                                                                          \
		STR_INIT(in), fault, STR_INIT(at)                                                  \
	}

/* clang-format off */
static const struct row mail_rows[] = {
	GOOD(""), GOOD("   "), GOOD("SIZE=0"), GOOD(" size=123  body=8bitmime "),
	GOOD("BODY=7BIT SMTPUTF8 REQUIRETLS AUTH=<> RET=HDRS ENVID=a+2Bb"),
	BAD("SIZE", PARAM_VALUE, "SIZE"), BAD("SIZE=", PARAM_VALUE, "SIZE="),
	BAD("SIZE=-1", PARAM_VALUE, "SIZE=-1"), BAD("SIZE=1k", PARAM_VALUE, "SIZE=1k"),
	BAD("SIZE=123456789012345678901", PARAM_VALUE, "SIZE=123456789012345678901"),
	BAD("SIZE=1 SIZE=1", PARAM_TWICE, "SIZE=1"),
	BAD("BODY=9BIT", PARAM_VALUE, "BODY=9BIT"), BAD("BODY=BINARYMIME", PARAM_VALUE, "BODY=BINARYMIME"),
	BAD("SMTPUTF8=yes", PARAM_VALUE, "SMTPUTF8=yes"), BAD("SMTPUTF8=", PARAM_VALUE, "SMTPUTF8="),
	BAD("RET=ALL", PARAM_VALUE, "RET=ALL"), BAD("ENVID=a+2b", PARAM_VALUE, "ENVID=a+2b"),
	BAD("ENVID=a=b", PARAM_VALUE, "ENVID=a=b"), BAD("AUTH=", PARAM_VALUE, "AUTH="),
	BAD("SIZE=1 FOO=bar RET=ALL", PARAM_UNKNOWN, "FOO=bar"), BAD("NOTIFY=NEVER", PARAM_UNKNOWN, "NOTIFY=NEVER"),
	BAD("MT-PRIORITY=3", PARAM_UNKNOWN, "MT-PRIORITY=3"), BAD("=", PARAM_UNKNOWN, "="),
};
static const struct row rcpt_rows[] = {
	GOOD("NOTIFY=NEVER"), GOOD("notify=success,Failure,DELAY"), GOOD("NOTIFY=FAILURE,FAILURE"),
	GOOD("ORCPT=rfc822;a+2Bb@c.example"), GOOD("ORCPT=utf-8;j\xC3\xB6rg@b.example"),
	GOOD("ORCPT=utf-8;j\\x{F6}rg@b.example"),
	BAD("NOTIFY=", PARAM_VALUE, "NOTIFY="), BAD("NOTIFY", PARAM_VALUE, "NOTIFY"),
	BAD("NOTIFY=NEVER,DELAY", PARAM_VALUE, "NOTIFY=NEVER,DELAY"), BAD("NOTIFY=ALWAYS", PARAM_VALUE, "NOTIFY=ALWAYS"),
	BAD("NOTIFY=DELAY,", PARAM_VALUE, "NOTIFY=DELAY,"),
	BAD("ORCPT=a@b", PARAM_VALUE, "ORCPT=a@b"), BAD("ORCPT=rfc822;", PARAM_VALUE, "ORCPT=rfc822;"),
	BAD("ORCPT=;a@b", PARAM_VALUE, "ORCPT=;a@b"), BAD("ORCPT=rfc 822;a@b", PARAM_VALUE, "ORCPT=rfc"),
	BAD("ORCPT=rfc822;j\xC3\xB6rg@b.example", PARAM_VALUE, "ORCPT=rfc822;j\xC3\xB6rg@b.example"),
	BAD("ORCPT=utf-8;j\xF6rg@b", PARAM_VALUE, "ORCPT=utf-8;j\xF6rg@b"),
	BAD("SIZE=1", PARAM_UNKNOWN, "SIZE=1"),
};
static const struct { struct str in, out; } xtexts[] = {
	{STR_INIT(""), STR_INIT("")}, {STR_INIT("abc@d"), STR_INIT("abc@d")},
	{STR_INIT("a+2Bb"), STR_INIT("a+b")}, {STR_INIT("+3D+20+00"), STR_INIT("= \0")},
	{STR_INIT("a+"), {NULL, 0}}, {STR_INIT("a+2"), {NULL, 0}}, {STR_INIT("a+2b"), {NULL, 0}},
	{STR_INIT("a=b"), {NULL, 0}}, {STR_INIT("a b"), {NULL, 0}}, {STR_INIT("\xC3\xB6"), {NULL, 0}},
};
/* RFC 4648 s10, and what it does not allow */
static const struct { struct str in, out; } base64s[] = {
	{STR_INIT(""), STR_INIT("")}, {STR_INIT("Zg=="), STR_INIT("f")}, {STR_INIT("Zm8="), STR_INIT("fo")},
	{STR_INIT("Zm9v"), STR_INIT("foo")}, {STR_INIT("Zm9vYg=="), STR_INIT("foob")},
	{STR_INIT("Zm9vYmE="), STR_INIT("fooba")}, {STR_INIT("Zm9vYmFy"), STR_INIT("foobar")},
	{STR_INIT("AAECA/79"), STR_INIT("\0\1\2\3\xFE\xFD")},
	{STR_INIT("Zg="), {NULL, 0}}, {STR_INIT("Zg"), {NULL, 0}}, {STR_INIT("Zh=="), {NULL, 0}},
	{STR_INIT("Zm9="), {NULL, 0}}, {STR_INIT("Z==="), {NULL, 0}}, {STR_INIT("===="), {NULL, 0}},
	{STR_INIT("Zg==Zg=="), {NULL, 0}}, {STR_INIT("Zm 9v"), {NULL, 0}}, {STR_INIT("Zm9-"), {NULL, 0}},
	{STR_INIT("Zg=a"), {NULL, 0}},
};
/* clang-format on */

static void
check_values(void)
{
	struct mail_params m;
	struct rcpt_params r;
	struct str at;
	mail_params_parse(STR(""), OFFERED, &m, &at);
	tap_ok(m.size_bytes == -1 && m.body == BODY_UNSAID && m.ret == RET_UNSAID && !m.is_utf8 &&
			!m.requires_tls && !str_is_set(m.auth) && !str_is_set(m.envid),
		"nothing was said");
	mail_params_parse(
		STR("SIZE=12 BODY=8BITMIME RET=full SMTPUTF8 REQUIRETLS AUTH=a+40b ENVID=Q"),
		OFFERED, &m, &at);
	tap_ok(m.size_bytes == 12 && m.body == BODY_8BITMIME && m.ret == RET_FULL && m.is_utf8 &&
			m.requires_tls,
		"all was said");
	tap_is_str(m.auth, STR("a+40b"), "AUTH stays as it was sent");
	tap_is_str(m.envid, STR("Q"), "and ENVID");
	mail_params_parse(STR("SIZE=99999999999999999999"), OFFERED, &m, &at);
	tap_ok(m.size_bytes == INT64_MAX, "a size beyond the type is the largest");
	tap_is_int(
		mail_params_parse(STR("BODY=BINARYMIME"), OFFERED | EXTENSION_BINARYMIME, &m, &at),
		PARAM_NONE, "BINARYMIME where it is offered");
	tap_is_int(m.body, BODY_BINARYMIME, "is that");
	tap_is_int(mail_params_parse(STR("SIZE=1"), 0, &m, &at), PARAM_UNKNOWN,
		"not offered, not known");
	rcpt_params_parse(STR("ORCPT=rfc822;a@b NOTIFY=SUCCESS,DELAY"), OFFERED, &r, &at);
	tap_is_int(r.notify, NOTIFY_SUCCESS | NOTIFY_DELAY, "NOTIFY");
	tap_is_str(r.orcpt_type, STR("rfc822"), "the type of ORCPT");
	tap_is_str(r.orcpt, STR("a@b"), "ORCPT");
}

/* "ENVID=" and `n` letters. */
static enum param_fault
fault_of(struct str keyword, size_t n)
{
	static char text[1024];
	struct mail_params m;
	struct rcpt_params r;
	struct str at;
	memcpy(text, keyword.ptr, keyword.len);
	memset(text + keyword.len, 'x', n);
	const struct str in = {text, keyword.len + n};
	return keyword.ptr[0] == 'O' ? rcpt_params_parse(in, OFFERED, &r, &at)
				     : mail_params_parse(in, OFFERED, &m, &at);
}

int
main(void)
{
	char room[512];
	for (size_t i = 0; i < sizeof mail_rows / sizeof *mail_rows; i++) {
		struct mail_params m;
		struct str at = STR_NONE;
		const struct row *const row = &mail_rows[i];
		tap_is_int(mail_params_parse(row->in, OFFERED, &m, &at), row->fault, "MAIL %.*s",
			(int)row->in.len, row->in.ptr);
		tap_is_str(at, row->at, "MAIL %.*s: where", (int)row->in.len, row->in.ptr);
	}
	for (size_t i = 0; i < sizeof rcpt_rows / sizeof *rcpt_rows; i++) {
		struct rcpt_params r;
		struct str at = STR_NONE;
		const struct row *const row = &rcpt_rows[i];
		tap_is_int(rcpt_params_parse(row->in, OFFERED, &r, &at), row->fault, "RCPT %.*s",
			(int)row->in.len, row->in.ptr);
		tap_is_str(at, row->at, "RCPT %.*s: where", (int)row->in.len, row->in.ptr);
	}
	check_values();
	tap_is_int(fault_of(STR("ENVID="), PARAM_ENVID_BYTES_MAX), PARAM_NONE, "the longest ENVID");
	tap_is_int(fault_of(STR("ENVID="), PARAM_ENVID_BYTES_MAX + 1), PARAM_VALUE, "one longer");
	tap_is_int(fault_of(STR("AUTH="), PARAM_AUTH_BYTES_MAX), PARAM_NONE, "the longest AUTH");
	tap_is_int(fault_of(STR("AUTH="), PARAM_AUTH_BYTES_MAX + 1), PARAM_VALUE, "one longer");
	tap_is_int(
		fault_of(STR("ORCPT=x;"), PARAM_ORCPT_BYTES_MAX), PARAM_NONE, "the longest ORCPT");
	tap_is_int(fault_of(STR("ORCPT=x;"), PARAM_ORCPT_BYTES_MAX + 1), PARAM_VALUE, "one longer");

	struct arena a;
	arena_init(&a, 1 << 16);
	tap_is_str(xtext_orcpt(STR("ann+shop@a.example"), &a), STR("rfc822;ann+2Bshop@a.example"),
		"an address as ORCPT");
	tap_is_str(xtext_orcpt(STR("jörg+x@a.example"), &a), STR("rfc822;jörg+x@a.example"),
		"one beyond ASCII");
	arena_fini(&a);
	for (size_t i = 0; i < sizeof xtexts / sizeof *xtexts; i++) {
		const struct str in = xtexts[i].in;
		if (!tap_is_int(xtext_is_valid(in), str_is_set(xtexts[i].out), "xtext %.*s",
			    (int)in.len, in.ptr) ||
			!str_is_set(xtexts[i].out))
			continue;
		const struct str out = {room, xtext_decode(in, room)};
		tap_is_str(out, xtexts[i].out, "xtext %.*s decoded", (int)in.len, in.ptr);
		tap_is_str(((struct str){room + 100, xtext_encode(out, room + 100)}), in,
			"xtext %.*s encoded again", (int)in.len, in.ptr);
	}
	for (size_t i = 0; i < sizeof base64s / sizeof *base64s; i++) {
		const struct str in = base64s[i].in;
		size_t n = 0;
		if (!tap_is_int(base64_decode(in, room, &n), str_is_set(base64s[i].out),
			    "base64 %.*s", (int)in.len, in.ptr) ||
			!str_is_set(base64s[i].out))
			continue;
		tap_is_str(((struct str){room, n}), base64s[i].out, "base64 %.*s decoded",
			(int)in.len, in.ptr);
		tap_is_str(((struct str){room + 100, base64_encode(base64s[i].out, room + 100)}),
			in, "base64 %.*s encoded again", (int)in.len, in.ptr);
	}
	return tap_done();
}
