/*
 * problem - what went wrong with a request, as RFC 9457 says it: application/problem+json
 *
 * The kinds are one table. The type of each is the address of its page on this server,
 * "/problems/too-large".
 */
#ifndef WEB_PROBLEM_H
#define WEB_PROBLEM_H

#include "web/web.h"

/* name, status, title, what to do about it */
#define PROBLEMS(X)                                                                                \
	X(MALFORMED, "malformed", 400, "The request is malformed",                                 \
		"Repair the request as the detail says; RFC 9112 describes its form.")             \
	X(NOTHING_GIVEN, "nothing-given", 400, "There is nothing to explain",                      \
		"Send the mail or the text of the error in the body.")                             \
	X(NOT_FOUND, "not-found", 404, "There is nothing at this address",                         \
		"GET /openapi.json lists the addresses.")                                          \
	X(UNKNOWN_CODE, "unknown-code", 404, "The catalogue does not know this code",              \
		"Send the whole answer of the server to POST /v1/reply instead.")                  \
	X(METHOD, "method-not-allowed", 405, "This address does not take that method",             \
		"Use one of the methods in the Allow field.")                                      \
	X(NOT_ACCEPTABLE, "not-acceptable", 406, "No form of the answer suits the Accept field",   \
		"Ask for one of the media types in the detail, or leave Accept away.")             \
	X(TIMEOUT, "timeout", 408, "The request took too long to arrive",                          \
		"Send it again, whole; a large mail over a slow line may be cut to its text.")     \
	X(TOO_LARGE, "too-large", 413, "The body is larger than this server takes",                \
		"Send less at a time: the report alone without the returned message, or a part "   \
		"of the mailbox.")                                                                 \
	X(URI_TOO_LONG, "uri-too-long", 414, "The address is longer than this server takes",       \
		"Send long texts in the body of a POST.")                                          \
	X(MEDIA_TYPE, "unsupported-media-type", 415, "The body is of a type that is not taken",    \
		"Name the body's type in Content-Type: one of those in the Accept field.")         \
	X(NOT_MAIL, "not-mail", 422, "The body is neither a mail nor text",                        \
		"Send the mail as it lies on the server or as its source is shown (.eml).")        \
	X(EXPECTATION, "expectation-failed", 417, "The Expect field asks for something unknown",   \
		"Only 100-continue is known; leave the field away.")                               \
	X(TOO_MANY, "too-many-requests", 429, "You have asked too often, or too much at once",     \
		"Wait as long as the Retry-After field says, then go on more slowly.")             \
	X(HEADER, "header-too-large", 431, "The header of the request is too large",               \
		"Leave out fields that are not needed, such as cookies.")                          \
	X(INTERNAL, "internal", 500, "The answer could not be made",                               \
		"Try again later; when it happens again with the same mail, report it.")           \
	X(NOT_IMPLEMENTED, "not-implemented", 501, "That part of HTTP is not known here",          \
		"Send the body plain, or chunked.")                                                \
	X(BUSY, "busy", 503, "The server has too much to do",                                      \
		"Wait as long as the Retry-After field says, then try again.")                     \
	X(VERSION, "http-version", 505, "This version of HTTP is not spoken here", "Use HTTP/1.1.")

enum problem {
#define X(id, name, status, title, advice) PROBLEM_##id,
	PROBLEMS(X)
#undef X
		PROBLEM__COUNT
};

/*
 * problem_answer - makes the response that problem; what was written of another answer is dropped
 *
 * detail    a sentence about this very case; absent: the advice
 */
void problem_answer(enum problem p, struct str detail, struct web_response *res);

/*
 * problem_page - a response that is a problem becomes a page in the reader's language where the
 * client is a browser: text/html in Accept, and an address that is not the API's
 *
 * Of `req` only path, query, accept and accept_language are read. NULL: nothing of it is known, and
 * the problem stays as it is. Set `retry_after_s` before.
 */
void problem_page(const struct web_request *req, struct web_response *res);

/* problem_title - "The body is larger than this server takes"; static text, English */
struct str problem_title(enum problem p);

/* problem_name - "too-large"; static text. problem_find - the enum problem of that name, or -1 */
struct str problem_name(enum problem p);
int problem_find(struct str name);

/* problem_describe - what the type of a problem means, as JSON or as text: its page */
void problem_describe(enum problem p, bool is_json, struct buf *body);

#endif
