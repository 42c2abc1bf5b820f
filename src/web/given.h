/*
 * given - what a request gives to be read: its body, a field of its form, a mailbox
 */
#ifndef WEB_GIVEN_H
#define WEB_GIVEN_H

#include "nixie.h"
#include "web/route.h"

struct given {
	struct str bytes;
	enum nixie_input input;
	bool is_mbox;
};

/*
 * given_find - the mail or text in the body of a POST, whatever its type
 *
 * Of a form, the field "file" or, when that is missing or empty, "text". Text in a charset other
 * than UTF-8 is decoded, when Content-Type names it.
 * Returns  false when there is none; `res` is then the problem
 */
bool given_find(const struct web_call *call, struct given *given, struct web_response *res);

/* given_take - the same, but nothing and what is no mail are given as well: for who says so
 * otherwise */
bool given_take(const struct web_call *call, struct given *given, struct web_response *res);

/* given_report - a report for what was given, which is wiped when it is freed; NULL when memory ran
 * out */
struct nixie_report *given_report(void);

#endif
