/*
 * route - which function answers which request: one table
 *
 * A row for each pattern and set of methods. Before its function runs, the method, the media type
 * of the body and the form that is wanted were checked against the row; so a function only answers.
 */
#ifndef WEB_ROUTE_H
#define WEB_ROUTE_H

#include "web/web.h"

/* The forms of an answer. */
enum web_form { WEB_JSON, WEB_NDJSON, WEB_TEXT, WEB_HTML, WEB_FORM__COUNT };

/* The types of a body, as bits. */
enum web_takes {
	WEB_TAKES_MESSAGE = 1 << 0,   /* message/rfc822, message/global */
	WEB_TAKES_TEXT = 1 << 1,      /* text/plain */
	WEB_TAKES_BYTES = 1 << 2,     /* application/octet-stream, or no Content-Type */
	WEB_TAKES_MULTIPART = 1 << 3, /* multipart/form-data */
	WEB_TAKES_FORM = 1 << 4,      /* application/x-www-form-urlencoded */
	WEB_TAKES_MBOX = 1 << 5       /* application/mbox */
};

enum web_methods { WEB_GET = 1 << 0, WEB_POST = 1 << 1 }; /* GET: HEAD too */

struct web_call {
	struct web *web;
	const struct web_request *request;
	struct str rest;     /* what stands for the {} of the pattern, decoded */
	enum web_form form;  /* of the row's forms, the one the client likes best */
	enum web_takes body; /* the type of the body; 0 for GET */
	enum lang lang;      /* ?lang=de, else by Accept-Language */
	struct arena *arena; /* lives until the response was sent */
};

/* Fills in the response: `res` is an empty 200 of the form's type, in the call's language. */
typedef void web_route_fn(const struct web_call *call, struct web_response *res);

#define WEB_ROUTE_FORMS_MAX 4

struct web_route {
	struct str pattern; /* "/v1/code/{}": at its end {} stands for one segment, not empty */
	unsigned methods;   /* enum web_methods */
	web_route_fn *run;
	enum web_form
		forms[WEB_ROUTE_FORMS_MAX]; /* the best first; form_count 0: `run` sets the type */
	unsigned form_count;
	unsigned takes; /* enum web_takes; of POST */
};

extern const struct web_route web_routes[];
extern const size_t web_route_count;

/* route_fits - does the path, still with its %XX, fit the pattern? *rest: what stands for {}, still
 * with its %XX; absent without {} */
bool route_fits(struct str pattern, struct str path, struct str *rest);

/* route_language - the language that ?lang= or else Accept-Language asks for, into the call and the
 * response */
void route_language(struct web_call *c, struct web_response *res);

/* route_dispatch - answers the request by the table */
void route_dispatch(struct web *w, const struct web_request *req, struct web_response *res);

#endif
