/*
 * web - the answer to one HTTP request: the API, and the pages for people
 *
 * Pure: a request in, a response out. No socket, no clock, no file, nothing remembered but
 * counters; src/serve does the rest. So the tests and the fuzzers run what strangers meet.
 *
 * What is pasted is neither kept nor logged: it lives in the request and is gone with it.
 *
 * RFC 9110 (semantics), RFC 9457 (errors). Any thread; one struct web serves all of them.
 */
#ifndef WEB_WEB_H
#define WEB_WEB_H

#include "base/arena.h"
#include "base/buf.h"
#include "catalogue/catalogue.h"

/* A request, as it came. All slices are borrowed until the response was sent. Absent is absent. */
struct web_request {
	struct str method;          /* "GET", "POST" ... */
	struct str path;            /* "/v1/code/5.7.26", still with its %XX */
	struct str query;           /* what stands behind the "?", still with its %XX */
	struct str accept;          /* these four: the values of the fields of that name, several */
	struct str accept_language; /* ... of one name joined with commas */
	struct str content_type;
	struct str if_none_match;
	struct str cookie, origin, host, fetch_site; /* the last: Sec-Fetch-Site */
	bool is_local; /* over a socket of the file system, by no proxy */
	struct str body;
};

enum web_cache {
	WEB_CACHE_NONE,       /* no-store: an answer about somebody's mail, and every error */
	WEB_CACHE_REVALIDATE, /* may be kept and must be asked for again: the reference */
	WEB_CACHE_FOR_EVER    /* its address changes with its content: styles, scripts */
};

#define WEB_VARY_ACCEPT 1u
#define WEB_VARY_LANGUAGE 2u

/* web_response_init() gives an empty 200; web_response_fini() frees the body and the arena. */
struct web_response {
	unsigned status;
	struct str type;     /* Content-Type */
	struct buf body;     /* written by the route ... */
	struct str fixed;    /* ... or, when set, a constant that is sent instead */
	struct str language; /* Content-Language; absent: none */
	struct str location;
	struct str allow;       /* with 405 and OPTIONS */
	struct str takes;       /* with 415: the media types that would be taken */
	struct str etag;        /* with its quotes */
	struct str cookie;      /* Set-Cookie */
	unsigned retry_after_s; /* 0: none */
	unsigned vary;          /* WEB_VARY_... */
	enum web_cache cache;
	size_t route;       /* whose request it was, for web_count(); WEB_ROUTE_NONE */
	int problem;        /* enum problem; -1: none */
	struct arena arena; /* for what the fields above point to */
};

#define WEB_ROUTE_NONE ((size_t)-1)
#define WEB_RESPONSE_BYTES_MAX ((size_t)64 << 20) /* of an answer; 413 beyond */
#define WEB_ARENA_BYTES_MAX ((size_t)64 << 20)

void web_response_init(struct web_response *res);
void web_response_fini(struct web_response *res);

/* web_response_body - what is to be sent: `fixed`, or what was written */
struct str web_response_body(const struct web_response *res);

/*
 * web_response_head - status line and fields of the response, with the empty line, in `out`
 *
 * The same security fields stand on everything. `date` is an IMF-fixdate; is_last: the connection
 * is closed behind it
 */
void web_response_head(
	const struct web_response *res, struct str date, bool is_last, struct buf *out);

struct web;

/* web_new - NULL when memory ran out */
struct web *web_new(void);
void web_free(struct web *w);

/* web_extend - asks `more` first: pages that are not for everybody. It fills in the response and
 * gives true, or leaves it alone. Called by any thread */
typedef bool web_more(void *to, const struct web_request *req, struct web_response *res);
void web_extend(struct web *w, web_more *more, void *to);

/*
 * web_answer - answers one request
 *
 * res       initialised, empty; filled in whatever happens: every failure is a response too
 * Cost      that of nixie_read() over the body
 */
void web_answer(struct web *w, const struct web_request *req, struct web_response *res);

/* What is counted of an answer that was made, by whoever has a clock: GET /metrics tells it. */
struct web_measure {
	uint64_t micros; /* it took to be made */
	size_t bytes_in, bytes_out;
};
void web_count(struct web *w, const struct web_response *res, const struct web_measure *measure);

/* web_count_connections - so many came (or went, when negative) */
void web_count_connections(struct web *w, int change);

/* Every status that is ever answered, ascending; and the place of one, WEB_STATUSES when it is none
 * of them. */
#define WEB_STATUSES 22
extern const unsigned web_statuses[WEB_STATUSES];
size_t web_status_index(unsigned status);

#endif
