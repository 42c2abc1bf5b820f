#include "web/web.h"

#define STATUSES(X)                                                                                \
	X(200, "OK")                                                                               \
	X(204, "No Content")                                                                       \
	X(303, "See Other")                                                                        \
	X(304, "Not Modified")                                                                     \
	X(400, "Bad Request")                                                                      \
	X(401, "Unauthorized")                                                                     \
	X(403, "Forbidden")                                                                        \
	X(404, "Not Found")                                                                        \
	X(405, "Method Not Allowed")                                                               \
	X(406, "Not Acceptable")                                                                   \
	X(408, "Request Timeout")                                                                  \
	X(413, "Content Too Large")                                                                \
	X(414, "URI Too Long")                                                                     \
	X(415, "Unsupported Media Type")                                                           \
	X(417, "Expectation Failed")                                                               \
	X(422, "Unprocessable Content")                                                            \
	X(429, "Too Many Requests")                                                                \
	X(431, "Request Header Fields Too Large")                                                  \
	X(500, "Internal Server Error")                                                            \
	X(501, "Not Implemented")                                                                  \
	X(503, "Service Unavailable")                                                              \
	X(505, "HTTP Version Not Supported")

const unsigned web_statuses[] = {
#define X(status, phrase) status,
	STATUSES(X)
#undef X
};
_Static_assert(sizeof web_statuses / sizeof *web_statuses == WEB_STATUSES, "WEB_STATUSES");

static const struct str phrases[] = {
#define X(status, phrase) STR_INIT(phrase),
	STATUSES(X)
#undef X
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
	*res = (struct web_response){.status = 200, .route = WEB_ROUTE_NONE, .problem = -1};
	buf_init(&res->body, WEB_RESPONSE_BYTES_MAX);
	arena_init(&res->arena, WEB_ARENA_BYTES_MAX);
	res->body.is_private = res->arena.is_private = true;
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

size_t
web_status_index(unsigned status)
{
	size_t i = 0;
	while (i < WEB_STATUSES && web_statuses[i] != status)
		i++;
	return i;
}

static struct str
phrase_of(unsigned status)
{
	const size_t i = web_status_index(status);
	return i < WEB_STATUSES ? phrases[i] : STR("");
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
	add_field(out, STR("Set-Cookie"), res->cookie);
	add_field(out, STR("Vary"), vary_values[res->vary]);
	add_field(out, STR("Cache-Control"), cache_values[res->cache]);
	if (res->retry_after_s > 0)
		add_number_field(out, STR("Retry-After"), res->retry_after_s);
	if (is_last)
		add_field(out, STR("Connection"), STR("close"));
	buf_add(out, security);
	buf_add(out, STR("\r\n"));
}
