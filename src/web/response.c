#include "web/web.h"

static const struct {
	unsigned status;
	struct str phrase;
} phrases[] = {
	{200, STR_INIT("OK")},
	{204, STR_INIT("No Content")},
	{303, STR_INIT("See Other")},
	{304, STR_INIT("Not Modified")},
	{400, STR_INIT("Bad Request")},
	{404, STR_INIT("Not Found")},
	{405, STR_INIT("Method Not Allowed")},
	{406, STR_INIT("Not Acceptable")},
	{408, STR_INIT("Request Timeout")},
	{413, STR_INIT("Content Too Large")},
	{414, STR_INIT("URI Too Long")},
	{415, STR_INIT("Unsupported Media Type")},
	{417, STR_INIT("Expectation Failed")},
	{422, STR_INIT("Unprocessable Content")},
	{429, STR_INIT("Too Many Requests")},
	{431, STR_INIT("Request Header Fields Too Large")},
	{500, STR_INIT("Internal Server Error")},
	{501, STR_INIT("Not Implemented")},
	{503, STR_INIT("Service Unavailable")},
	{505, STR_INIT("HTTP Version Not Supported")},
};

/* On every response: nothing but this server's own styles and scripts, and no frame, no referrer,
 * no sensors, whatever a page should contain. */
static const struct str security = STR_INIT(
	"Content-Security-Policy: default-src 'none'; style-src 'self'; script-src 'self'; "
	"img-src 'self' data:; connect-src 'self'; form-action 'self'; base-uri 'none'; "
	"frame-ancestors 'none'\r\n"
	"X-Content-Type-Options: nosniff\r\n"
	"Referrer-Policy: no-referrer\r\n"
	"Permissions-Policy: camera=(), geolocation=(), microphone=(), payment=(), usb=()\r\n"
	"Cross-Origin-Opener-Policy: same-origin\r\n"
	"Cross-Origin-Resource-Policy: same-origin\r\n");

void
web_response_init(struct web_response *res)
{
	*res = (struct web_response){.status = 200, .route = WEB_ROUTE_NONE};
	buf_init(&res->body, WEB_RESPONSE_BYTES_MAX);
	arena_init(&res->arena, WEB_ARENA_BYTES_MAX);
}

void
web_response_fini(struct web_response *res)
{
	buf_fini(&res->body);
	arena_fini(&res->arena);
}

struct str
web_response_body(const struct web_response *res)
{
	return str_is_set(res->fixed) ? res->fixed : buf_str(&res->body);
}

static void
add_field(struct buf *out, struct str name, struct str value)
{
	if (!str_is_set(value))
		return;
	buf_add(out, name);
	buf_add(out, STR(": "));
	/* What a route put together out of a request must not forge a field. */
	for (size_t i = 0; i < value.len; i++)
		if ((unsigned char)value.ptr[i] >= ' ' && value.ptr[i] != 127)
			buf_add_char(out, value.ptr[i]);
	buf_add(out, STR("\r\n"));
}

static void
add_number_field(struct buf *out, struct str name, size_t value)
{
	char room[STR_DIGITS_MAX];
	add_field(out, name, str_digits((int64_t)value, room));
}

static struct str
phrase_of(unsigned status)
{
	for (size_t i = 0; i < sizeof phrases / sizeof *phrases; i++)
		if (phrases[i].status == status)
			return phrases[i].phrase;
	return STR("");
}

static const struct str vary_values[] = {
	[0] = {NULL, 0},
	[WEB_VARY_ACCEPT] = STR_INIT("Accept"),
	[WEB_VARY_LANGUAGE] = STR_INIT("Accept-Language"),
	[WEB_VARY_ACCEPT | WEB_VARY_LANGUAGE] = STR_INIT("Accept, Accept-Language"),
};

static const struct str cache_values[] = {
	[WEB_CACHE_NONE] = STR_INIT("no-store"),
	[WEB_CACHE_REVALIDATE] = STR_INIT("no-cache"),
	[WEB_CACHE_FOR_EVER] = STR_INIT("public, max-age=31536000, immutable"),
};

void
web_response_head(const struct web_response *res, struct str date, bool is_last, struct buf *out)
{
	buf_add(out, STR("HTTP/1.1 "));
	buf_add_number(out, (int64_t)res->status);
	buf_add_char(out, ' ');
	buf_add(out, phrase_of(res->status));
	buf_add(out, STR("\r\n"));
	add_field(out, STR("Date"), date);
	if (res->status != 204 && res->status != 304) {
		add_field(out, STR("Content-Type"), res->type);
		add_number_field(out, STR("Content-Length"), web_response_body(res).len);
	}
	add_field(out, STR("Content-Language"), res->language);
	add_field(out, STR("Location"), res->location);
	add_field(out, STR("Allow"), res->allow);
	add_field(out, STR("Accept"), res->takes);
	add_field(out, STR("ETag"), res->etag);
	add_field(out, STR("Vary"), vary_values[res->vary]);
	add_field(out, STR("Cache-Control"), cache_values[res->cache]);
	if (res->retry_after_s > 0)
		add_number_field(out, STR("Retry-After"), res->retry_after_s);
	if (is_last)
		add_field(out, STR("Connection"), STR("close"));
	buf_add(out, security);
	buf_add(out, STR("\r\n"));
}
