#include "web/route.h"

#include "web/accept.h"
#include "web/api.h"
#include "web/count.h"
#include "web/pages.h"
#include "web/problem.h"
#include "web/request.h"
#include "web/site.h"

/* What a mail or text may be sent as. */
#define GIVEN                                                                                      \
	(WEB_TAKES_MESSAGE | WEB_TAKES_TEXT | WEB_TAKES_BYTES | WEB_TAKES_MULTIPART |              \
		WEB_TAKES_FORM)

const struct web_route web_routes[] = {
	{STR_INIT("/"), WEB_GET, page_home, {WEB_HTML}, 1, 0},
	{STR_INIT("/explain"), WEB_POST, page_explain, {WEB_HTML}, 1, GIVEN | WEB_TAKES_MBOX},
	/* The address of an answer, opened anew: there is nothing kept to be answered. */
	{STR_INIT("/explain"), WEB_GET, page_home, {WEB_HTML}, 1, 0},
	{STR_INIT("/look-up"), WEB_GET, page_lookup, {WEB_HTML}, 1, 0},
	{STR_INIT("/guide"), WEB_GET, page_guide, {WEB_HTML}, 1, 0},
	{STR_INIT("/reasons"), WEB_GET, page_reasons, {WEB_HTML}, 1, 0},
	{STR_INIT("/reasons/{}"), WEB_GET, page_reason, {WEB_HTML}, 1, 0},
	{STR_INIT("/reply-codes"), WEB_GET, page_replies, {WEB_HTML}, 1, 0},
	{STR_INIT("/reply-codes/{}"), WEB_GET, page_reply, {WEB_HTML}, 1, 0},
	{STR_INIT("/enhanced-codes"), WEB_GET, page_enhanced, {WEB_HTML}, 1, 0},
	{STR_INIT("/enhanced-codes/{}"), WEB_GET, page_enhanced_code, {WEB_HTML}, 1, 0},
	{STR_INIT("/providers"), WEB_GET, page_providers, {WEB_HTML}, 1, 0},
	{STR_INIT("/providers/{}"), WEB_GET, page_provider, {WEB_HTML}, 1, 0},
	{STR_INIT("/blocklists"), WEB_GET, page_blocklists, {WEB_HTML}, 1, 0},
	{STR_INIT("/blocklists/{}"), WEB_GET, page_blocklist, {WEB_HTML}, 1, 0},
	{STR_INIT("/client-errors"), WEB_GET, page_client_errors, {WEB_HTML}, 1, 0},
	{STR_INIT("/client-errors/{}"), WEB_GET, page_client_error, {WEB_HTML}, 1, 0},
	{STR_INIT("/conditions"), WEB_GET, page_conditions, {WEB_HTML}, 1, 0},
	{STR_INIT("/conditions/{}"), WEB_GET, page_condition, {WEB_HTML}, 1, 0},
	{STR_INIT("/assets/{}"), WEB_GET, page_asset, {WEB_HTML}, 0, 0},
	{STR_INIT("/v1/explain"), WEB_POST, api_explain, {WEB_JSON, WEB_NDJSON, WEB_TEXT}, 3,
		GIVEN | WEB_TAKES_MBOX},
	{STR_INIT("/v1/reply"), WEB_POST, api_reply, {WEB_JSON, WEB_NDJSON, WEB_TEXT}, 3, GIVEN},
	{STR_INIT("/v1/code/{}"), WEB_GET, api_code, {WEB_JSON, WEB_TEXT}, 2, 0},
	{STR_INIT("/v1/reasons"), WEB_GET, api_reasons, {WEB_JSON}, 1, 0},
	{STR_INIT("/problems/{}"), WEB_GET, api_problem, {WEB_TEXT, WEB_JSON}, 2, 0},
	{STR_INIT("/openapi.json"), WEB_GET, api_openapi, {WEB_JSON}, 1, 0},
	{STR_INIT("/healthz"), WEB_GET, api_health, {WEB_TEXT, WEB_JSON}, 2, 0},
	{STR_INIT("/metrics"), WEB_GET, api_metrics, {WEB_TEXT}, 1, 0},
};
_Static_assert(
	sizeof web_routes / sizeof *web_routes <= COUNT_ROUTES_MAX, "count.h counts by route");
const size_t web_route_count = sizeof web_routes / sizeof *web_routes;

static const struct {
	struct str name, full;
} forms[] = {
	[WEB_JSON] = {STR_INIT("application/json"), STR_INIT("application/json")},
	[WEB_NDJSON] = {STR_INIT("application/x-ndjson"), STR_INIT("application/x-ndjson")},
	[WEB_TEXT] = {STR_INIT("text/plain"), STR_INIT("text/plain; charset=utf-8")},
	[WEB_HTML] = {STR_INIT("text/html"), STR_INIT("text/html; charset=utf-8")},
};

static const struct {
	struct str type;
	enum web_takes takes;
} bodies[] = {
	{STR_INIT("message/rfc822"), WEB_TAKES_MESSAGE},
	{STR_INIT("message/global"), WEB_TAKES_MESSAGE},
	{STR_INIT("text/plain"), WEB_TAKES_TEXT},
	{STR_INIT("application/octet-stream"), WEB_TAKES_BYTES},
	{STR_INIT("multipart/form-data"), WEB_TAKES_MULTIPART},
	{STR_INIT("application/x-www-form-urlencoded"), WEB_TAKES_FORM},
	{STR_INIT("application/mbox"), WEB_TAKES_MBOX},
};

bool
route_fits(struct str pattern, struct str path, struct str *rest)
{
	*rest = STR_NONE;
	const size_t open = str_find(pattern, STR("{}"), 0);
	if (open == STR_NPOS)
		return str_eq(pattern, path);
	if (path.len <= open || !str_starts(path, str_head(pattern, open)) ||
		str_find_char(path, '/', open) != STR_NPOS)
		return false;
	*rest = str_from(path, open);
	return true;
}

static unsigned
method_of(struct str method)
{
	if (str_eq(method, STR("GET")) || str_eq(method, STR("HEAD")))
		return WEB_GET;
	return str_eq(method, STR("POST")) ? WEB_POST : 0;
}

static struct str
allow(unsigned methods)
{
	static const struct str lists[] = {
		STR_INIT("OPTIONS"),
		STR_INIT("GET, HEAD, OPTIONS"),
		STR_INIT("POST, OPTIONS"),
		STR_INIT("GET, HEAD, POST, OPTIONS"),
	};
	return lists[methods & (WEB_GET | WEB_POST)];
}

/* One name more in a list with commas. */
static void
add_name(struct str *list, struct str name, struct arena *a)
{
	char *const to = arena_bytes(a, list->len + 2 + name.len);
	if (to == NULL)
		return;
	size_t n = 0;
	if (list->len > 0) {
		memcpy(to, list->ptr, list->len);
		memcpy(to + list->len, ", ", 2);
		n = list->len + 2;
	}
	memcpy(to + n, name.ptr, name.len);
	*list = (struct str){to, n + name.len};
}

static bool
choose_form(const struct web_route *r, struct web_call *c, struct web_response *res)
{
	struct str offers[WEB_ROUTE_FORMS_MAX];
	if (r->form_count == 0)
		return true;
	for (unsigned i = 0; i < r->form_count; i++)
		offers[i] = forms[r->forms[i]].name;
	if (r->form_count > 1)
		res->vary |= WEB_VARY_ACCEPT;
	const int chosen = accept_type(c->request->accept, offers, r->form_count);
	if (chosen >= 0) {
		c->form = r->forms[chosen];
		res->type = forms[c->form].full;
		return true;
	}
	struct str list = STR_NONE;
	for (unsigned i = 0; i < r->form_count; i++)
		add_name(&list, offers[i], c->arena);
	problem_answer(PROBLEM_NOT_ACCEPTABLE, list, res);
	return false;
}

static bool
choose_body(const struct web_route *r, struct web_call *c, struct web_response *res)
{
	if (method_of(c->request->method) != WEB_POST)
		return true;
	struct str type = media_type(c->request->content_type);
	if (type.len == 0)
		type = STR("application/octet-stream");
	for (size_t i = 0; i < sizeof bodies / sizeof *bodies; i++)
		if (str_eq_case(type, bodies[i].type) && (r->takes & bodies[i].takes) != 0) {
			c->body = bodies[i].takes;
			return true;
		}
	for (size_t i = 0; i < sizeof bodies / sizeof *bodies; i++)
		if ((r->takes & bodies[i].takes) != 0)
			add_name(&res->takes, bodies[i].type, c->arena);
	problem_answer(PROBLEM_MEDIA_TYPE, STR_NONE, res);
	return false;
}

void
route_language(struct web_call *c, struct web_response *res)
{
	const struct str asked = request_parameter(c->request->query, STR("lang"), c->arena);
	const int lang = str_is_set(asked) ? catalogue_lang_find(asked) : -1;
	c->lang = lang >= 0 ? (enum lang)lang : accept_language(c->request->accept_language);
	res->language = catalogue_lang_tag(c->lang);
	res->vary |= WEB_VARY_LANGUAGE;
}

static void
run(const struct web_route *r, struct web_call *c, struct web_response *res)
{
	if (!choose_form(r, c, res) || !choose_body(r, c, res))
		return;
	route_language(c, res);
	c->rest = request_unescape(c->rest, false, c->arena);
	r->run(c, res);
}

void
route_dispatch(struct web *w, const struct web_request *req, struct web_response *res)
{
	const bool is_options = str_eq(req->method, STR("OPTIONS"));
	const unsigned method = method_of(req->method);
	bool is_here = is_options && str_eq(req->path, STR("*"));
	unsigned methods = is_here ? WEB_GET | WEB_POST : 0;
	for (size_t i = 0; i < web_route_count; i++) {
		struct web_call c = {.web = w, .request = req, .arena = &res->arena};
		if (!route_fits(web_routes[i].pattern, req->path, &c.rest))
			continue;
		is_here = true;
		methods |= web_routes[i].methods;
		if ((web_routes[i].methods & method) != 0) {
			res->route = i;
			run(&web_routes[i], &c, res);
			return;
		}
	}
	if (is_here) {
		res->allow = allow(methods);
		if (is_options)
			res->status = 204;
		else
			problem_answer(PROBLEM_METHOD, STR_NONE, res);
		return;
	}
	/* Browsers name the type in Accept, programs seldom do. */
	if (str_has_case(req->accept, forms[WEB_HTML].name)) {
		struct web_call c = {.web = w, .request = req, .arena = &res->arena};
		res->type = forms[WEB_HTML].full;
		route_language(&c, res);
		site_not_found(&c, res);
		return;
	}
	problem_answer(PROBLEM_NOT_FOUND, STR_NONE, res);
}
