/* Who may come in, and which page answers. */
#include "desk/inside.h"

#include "base/net.h"
#include "web/request.h"

#define COOKIE "nixied-operator"

static const struct {
	struct str path;
	bool takes_rest; /* "/x/REST" */
	bool is_post;
	desk_fn *run;
} routes[] = {
	{STR_INIT(DESK_PATH), false, false, desk_home},
	{STR_INIT(DESK_PATH "/queue"), false, false, desk_queue},
	{STR_INIT(DESK_PATH "/queue"), false, true, desk_act},
	{STR_INIT(DESK_PATH "/queue/"), true, false, desk_message},
	{STR_INIT(DESK_PATH "/why"), false, false, desk_why},
};

/* ---- who may come in ------------------------------------------------------------------------- */

/* Takes the same time wherever the two differ. */
static bool
is_same(struct str a, struct str b)
{
	unsigned char differs = a.len != b.len;
	for (size_t i = 0; i < a.len && i < b.len; i++)
		differs |= (unsigned char)(a.ptr[i] ^ b.ptr[i]);
	return differs == 0;
}

static bool
is_token(const struct desk *desk, struct str given)
{
	return str_is_set(desk->token) && given.len > 0 && is_same(desk->token, given);
}

/* The value of our cookie in "a=1; nixied-operator=..." */
static struct str
cookie_of(struct str cookies)
{
	while (cookies.len > 0) {
		struct str one = str_trim(str_cut(&cookies, ';'));
		if (str_eq(str_cut(&one, '='), STR(COOKIE)))
			return one;
	}
	return STR_NONE;
}

/* "localhost:8026" to "localhost", "[::1]:8026" to "::1" */
static struct str
host_name(struct str host)
{
	if (str_starts(host, STR("["))) {
		struct str rest = str_from(host, 1);
		return str_cut(&rest, ']');
	}
	return str_cut(&host, ':');
}

/*
 * Over a socket of the file system its rights have decided. But a browser may come that way too
 * (ssh -L), and a page of a stranger may have led it there under a name of the stranger's: so the
 * name must be one of ours.
 */
static bool
is_neighbour(const struct desk *desk, const struct web_request *req)
{
	const struct str name = host_name(req->host);
	struct ip ip;
	return req->is_local && (name.len == 0 || str_eq_case(name, STR("localhost")) ||
					ip_parse(name, &ip) || str_eq_case(name, desk->host));
}

/* Does a form come from a page of ours? Browsers say so; programs say nothing. */
static bool
is_own_form(const struct web_request *req)
{
	if (str_is_set(req->fetch_site))
		return str_eq(req->fetch_site, STR("same-origin"));
	if (!str_is_set(req->origin))
		return true;
	struct str origin = req->origin;
	if (str_starts(origin, STR("https://")))
		origin = str_from(origin, 8);
	else if (str_starts(origin, STR("http://")))
		origin = str_from(origin, 7);
	return str_eq_case(origin, req->host);
}

static void
ask_for_token(struct desk_call *c, bool is_wrong)
{
	c->res->status = 401;
	desk_begin(c, "For the operator");
	if (is_wrong)
		desk_notice(c, STR("That is not the token."), true);
	HTML(&c->out,
		"<p>These pages are for who runs the mail server. <code>nixied web</code> wrote an "
		"address with the token when it began; the token also stands in "
		"<code>web.token</code> in the server's folder.</p>\n"
		"<form class=\"desk-form\" method=\"post\" action=\"" DESK_PATH "/sign-in\">\n");
	desk_field(c, "token", "Token", "");
	HTML(&c->out, "<button>Sign in</button>\n</form>\n");
	desk_end(c);
}

/* Takes the token out of the address, where histories would keep it, into a cookie. */
static void
sign_in(struct desk_call *c, struct str token)
{
	const struct str given = arena_str(c->arena, token);
	c->res->cookie = arena_join(c->arena, STR(COOKIE "="), given,
		STR("; Path=" DESK_PATH "; HttpOnly; SameSite=Strict"));
	desk_go(c, STR(DESK_PATH));
}

/* True when the caller may go on; else the response was made. */
static bool
let_in(struct desk_call *c)
{
	const bool is_sign_in = str_eq(c->request->path, STR(DESK_PATH "/sign-in"));
	const struct str given = desk_parameter(c, "token");
	if (str_is_set(given) && is_token(c->desk, given)) {
		sign_in(c, given);
		return false;
	}
	if (is_sign_in || !(is_neighbour(c->desk, c->request) ||
				  is_token(c->desk, cookie_of(c->request->cookie)))) {
		ask_for_token(c, str_is_set(given));
		return false;
	}
	return true;
}

/* ---- which page -------------------------------------------------------------------------------
 */

static void
refuse(struct desk_call *c, unsigned status, const char *title, const char *words)
{
	c->res->status = status;
	desk_begin(c, title);
	desk_notice(c, str_of(words), true);
	desk_end(c);
}

static void
dispatch(struct desk_call *c)
{
	const bool is_post = str_eq(c->request->method, STR("POST"));
	if (!is_post && !str_eq(c->request->method, STR("GET")) &&
		!str_eq(c->request->method, STR("HEAD"))) {
		c->res->allow = STR("GET, HEAD, POST");
		refuse(c, 405, "Not that way", "These pages take GET, HEAD and POST.");
		return;
	}
	if (is_post && !is_own_form(c->request)) {
		refuse(c, 403, "Not from there",
			"The form came from a page of another server. Open the page here, and try "
			"again.");
		return;
	}
	if (!let_in(c))
		return;
	for (size_t i = 0; i < sizeof routes / sizeof *routes; i++) {
		const struct str path = routes[i].path;
		const bool fits = routes[i].takes_rest ? str_starts(c->request->path, path) &&
								 c->request->path.len > path.len
						       : str_eq(c->request->path, path);
		if (!fits || routes[i].is_post != is_post)
			continue;
		if (routes[i].takes_rest)
			c->rest = request_unescape(
				str_from(c->request->path, path.len), false, c->arena);
		routes[i].run(c);
		return;
	}
	refuse(c, 404, "Nothing here", "There is no such page. The links above lead on.");
}

bool
desk_answer(void *to, const struct web_request *req, struct web_response *res)
{
	const struct str below = STR(DESK_PATH "/");
	if (!str_eq(req->path, STR(DESK_PATH)) && !str_starts(req->path, below))
		return false;
	struct desk_call c = {.desk = to, .request = req, .res = res, .arena = &res->arena};
	out_init(&c.out, buf_sink, &res->body);
	res->type = STR("text/html; charset=utf-8");
	res->language = STR("en");
	res->cache = WEB_CACHE_NONE;
	dispatch(&c);
	(void)out_finish(&c.out); /* the body remembers that it failed */
	return true;
}
