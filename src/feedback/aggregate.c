/* aggregate - what a DMARC aggregate report says, and the mail it travels in */
#include "feedback/aggregate.h"

#include "base/when.h"
#include "base/written.h"
#include "dns/name.h"
#include "report/mailtext.h"

#define ZLIB_CONST /* what it reads it does not write */
#include <zlib.h>

#define GZIP_WINDOW_BITS (15 + 16) /* zlib's way of saying: gzip */
#define MEMORY_LEVEL 8
#define BOUNDARY "=_dmarc-report"

/* ---- to whom */

/* What can stand in an envelope and in To without a quote. */
static bool
is_plain_address(struct str s)
{
	size_t ats = 0;
	for (size_t i = 0; i < s.len; i++) {
		const char c = s.ptr[i];
		ats += c == '@';
		if (c <= ' ' || c > '~' || memchr("\"(),:;<>[\\]", c, 11) != NULL)
			return false;
	}
	return ats == 1 && s.len > 2 && s.len <= AGGREGATE_ADDRESS_BYTES_MAX && s.ptr[0] != '@';
}

/* "10m"; 0: it makes no sense. */
static uint64_t
limit_of(struct str text)
{
	static const char units[] = "kmgt";
	int64_t n = str_number(text, INT64_C(1) << 20);
	size_t digits = 0;
	while (digits < text.len && ascii_is_digit((unsigned char)text.ptr[digits]))
		digits++;
	if (n <= 0 || text.len > digits + 1)
		return 0;
	if (text.len == digits)
		return (uint64_t)n;
	const char unit = (char)ascii_lower((unsigned char)text.ptr[digits]);
	for (size_t i = 0; i < sizeof units - 1; i++) {
		n *= 1024;
		if (units[i] == unit)
			return (uint64_t)n;
	}
	return 0;
}

static int
hex(char c)
{
	const int lower = ascii_lower((unsigned char)c);
	return ascii_is_digit(c) ? c - '0' : lower >= 'a' && lower <= 'f' ? lower - 'a' + 10 : -1;
}

/* A URI says a comma or an exclamation mark as %2C, %21. */
static struct str
decoded(struct str s, struct arena *a)
{
	char *const room = arena_bytes(a, s.len);
	size_t used = 0;
	if (room == NULL)
		return STR_NONE;
	for (size_t i = 0; i < s.len; i++) {
		const bool is_coded = s.ptr[i] == '%' && i + 2 < s.len && hex(s.ptr[i + 1]) >= 0 &&
				      hex(s.ptr[i + 2]) >= 0;
		room[used++] =
			is_coded ? (char)(hex(s.ptr[i + 1]) * 16 + hex(s.ptr[i + 2])) : s.ptr[i];
		i += is_coded ? 2 : 0;
	}
	return (struct str){room, used};
}

static bool
target_parse(struct str uri, struct arena *a, struct aggregate_target *out)
{
	char room[DNS_NAME_BYTES_MAX + 1];
	if (!str_starts_case(uri, STR("mailto:")))
		return false;
	uri = str_from(uri, 7);
	struct str limit = uri;
	const struct str address = str_cut(&limit, '!');
	out->bytes_max = str_is_set(limit) ? limit_of(str_trim(limit)) : UINT64_MAX;
	out->address = decoded(str_trim(address), a);
	if (out->bytes_max == 0 || !is_plain_address(out->address))
		return false;
	const struct str domain = str_from(out->address, str_find_char(out->address, '@', 0) + 1);
	if (!dns_name_parse(domain, room, &out->domain))
		return false;
	out->domain = arena_str(a, out->domain);
	return !arena_failed(a);
}

bool
aggregate_target_next(struct str *rest, struct arena *a, struct aggregate_target *out)
{
	while (str_is_set(*rest))
		if (target_parse(str_trim(str_cut(rest, ',')), a, out))
			return true;
	return false;
}

/* ---- the XML */

/* Text of strangers: what XML cannot hold becomes "?". */
static void
text(struct buf *out, struct str s)
{
	for (size_t i = 0; i < s.len; i++) {
		const char c = s.ptr[i];
		if (c == '&')
			buf_add(out, STR("&amp;"));
		else if (c == '<')
			buf_add(out, STR("&lt;"));
		else if (c == '>')
			buf_add(out, STR("&gt;"));
		else
			buf_add_char(out, c >= ' ' && c <= '~' ? c : '?');
	}
}

static void
element(struct buf *out, struct str name, struct str value)
{
	buf_add_char(out, '<');
	buf_add(out, name);
	buf_add_char(out, '>');
	text(out, value);
	buf_add(out, STR("</"));
	buf_add(out, name);
	buf_add(out, STR(">\n"));
}

static void
number(struct buf *out, struct str name, int64_t value)
{
	char digits[STR_DIGITS_MAX];
	element(out, name, str_digits(value, digits));
}

void
aggregate_begin(const struct aggregate_facts *f, struct buf *out)
{
	const struct tally_policy *const p = &f->policy;
	buf_add(out, STR("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<feedback>\n"
			 "<version>1.0</version>\n<report_metadata>\n"));
	element(out, STR("org_name"), f->hostname);
	element(out, STR("email"), f->contact);
	element(out, STR("report_id"), f->id);
	buf_add(out, STR("<date_range>\n"));
	number(out, STR("begin"), p->day * TALLY_DAY_S);
	number(out, STR("end"), (p->day + 1) * TALLY_DAY_S - 1);
	buf_add(out, STR("</date_range>\n</report_metadata>\n<policy_published>\n"));
	element(out, STR("domain"), p->domain);
	element(out, STR("adkim"), p->is_dkim_strict ? STR("s") : STR("r"));
	element(out, STR("aspf"), p->is_spf_strict ? STR("s") : STR("r"));
	element(out, STR("p"), p->policy);
	element(out, STR("sp"), p->subdomain_policy);
	number(out, STR("pct"), p->percent);
	buf_add(out, STR("</policy_published>\n"));
}

static void
signatures(struct str list, struct buf *out)
{
	for (struct str line; str_line(&list, &line);) {
		const struct str domain = str_word(&line), selector = str_word(&line);
		buf_add(out, STR("<dkim>\n"));
		element(out, STR("domain"), domain);
		element(out, STR("selector"), selector);
		element(out, STR("result"), str_word(&line));
		buf_add(out, STR("</dkim>\n"));
	}
}

void
aggregate_row(const struct tally_row *r, struct buf *out)
{
	buf_add(out, STR("<record>\n<row>\n"));
	element(out, STR("source_ip"), r->ip);
	number(out, STR("count"), r->count);
	buf_add(out, STR("<policy_evaluated>\n"));
	element(out, STR("disposition"), r->disposition);
	element(out, STR("dkim"), r->is_dkim_aligned ? STR("pass") : STR("fail"));
	element(out, STR("spf"), r->is_spf_aligned ? STR("pass") : STR("fail"));
	if (r->reason.len > 0) {
		buf_add(out, STR("<reason>\n"));
		element(out, STR("type"), r->reason);
		buf_add(out, STR("</reason>\n"));
	}
	buf_add(out, STR("</policy_evaluated>\n</row>\n<identifiers>\n"));
	element(out, STR("envelope_from"), r->envelope_from);
	element(out, STR("header_from"), r->header_from);
	buf_add(out, STR("</identifiers>\n<auth_results>\n"));
	signatures(r->dkim, out);
	buf_add(out, STR("<spf>\n"));
	element(out, STR("domain"), r->spf_domain);
	element(out, STR("scope"), r->spf_scope);
	element(out, STR("result"), r->spf_result);
	buf_add(out, STR("</spf>\n</auth_results>\n</record>\n"));
}

void
aggregate_end(struct buf *out)
{
	buf_add(out, STR("</feedback>\n"));
}

/* ---- the mail */

bool
aggregate_gzip(struct str in, struct buf *out)
{
	z_stream z = {.next_in = (const unsigned char *)in.ptr, .avail_in = (uInt)in.len};
	if (in.len > AGGREGATE_XML_BYTES_MAX ||
		deflateInit2(&z, Z_DEFAULT_COMPRESSION, Z_DEFLATED, GZIP_WINDOW_BITS, MEMORY_LEVEL,
			Z_DEFAULT_STRATEGY) != Z_OK)
		return false;
	const size_t most = deflateBound(&z, (uLong)in.len);
	char *const room = buf_reserve(out, most);
	bool ok = room != NULL;
	if (ok) {
		z.next_out = (unsigned char *)room;
		z.avail_out = (uInt)most;
		ok = deflate(&z, Z_FINISH) == Z_STREAM_END;
		WAS_WRITTEN(room, most - z.avail_out);
		out->len += ok ? most - z.avail_out : 0;
	}
	deflateEnd(&z);
	return ok;
}

static void
name_of_file(const struct aggregate_facts *f, struct buf *out)
{
	buf_add(out, f->hostname);
	buf_add_char(out, '!');
	buf_add(out, f->policy.domain);
	buf_add_char(out, '!');
	buf_add_number(out, f->policy.day * TALLY_DAY_S);
	buf_add_char(out, '!');
	buf_add_number(out, (f->policy.day + 1) * TALLY_DAY_S - 1);
	buf_add(out, STR(".xml.gz"));
}

void
aggregate_mail(const struct aggregate_facts *f, const struct aggregate_target *to, size_t count,
	struct str report, struct buf *out)
{
	char when[WHEN_BYTES];
	buf_add(out, STR("From: <"));
	buf_add(out, f->contact);
	buf_add(out, STR(">\r\nTo: "));
	for (size_t i = 0; i < count; i++) {
		buf_add(out, i > 0 ? STR(",\r\n\t<") : STR("<"));
		buf_add(out, to[i].address);
		buf_add_char(out, '>');
	}
	buf_add(out, STR("\r\nDate: "));
	buf_add(out, when_mail(f->now_ms, when));
	buf_add(out, STR("\r\nMessage-ID: <"));
	buf_add(out, f->id);
	buf_add_char(out, '@');
	buf_add(out, f->hostname);
	buf_add(out, STR(">\r\nSubject: Report Domain: "));
	buf_add(out, f->policy.domain);
	buf_add(out, STR("\r\n\tSubmitter: "));
	buf_add(out, f->hostname);
	buf_add(out, STR("\r\n\tReport-ID: <"));
	buf_add(out, f->id);
	buf_add(out, STR(">\r\nAuto-Submitted: auto-generated\r\nMIME-Version: 1.0\r\n"
			 "Content-Type: multipart/mixed; boundary=\"" BOUNDARY "\"\r\n\r\n"
			 "--" BOUNDARY "\r\nContent-Type: text/plain; charset=us-ascii\r\n\r\n"
			 "This is a DMARC aggregate report for "));
	buf_add(out, f->policy.domain);
	buf_add(out, STR(",\r\nwhich its policy asks for (rua=). It tells which hosts sent mail to "
			 "\r\n"));
	buf_add(out, f->hostname);
	buf_add(out, STR(" in the name of that domain, and what was found.\r\n\r\n--" BOUNDARY
			 "\r\nContent-Type: application/gzip; name=\""));
	name_of_file(f, out);
	buf_add(out, STR("\"\r\nContent-Disposition: attachment;\r\n\tfilename=\""));
	name_of_file(f, out);
	buf_add(out, STR("\"\r\nContent-Transfer-Encoding: base64\r\n\r\n"));
	mail_base64(out, report);
	buf_add(out, STR("\r\n--" BOUNDARY "--\r\n"));
}
