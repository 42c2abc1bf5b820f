/* reference - what the pages of the reference share: their frame, and lists of links */
#ifndef WEB_REFERENCE_H
#define WEB_REFERENCE_H

#include "web/entry.h"
#include "web/site.h"

struct reference_list {
	struct str path;
	const char *title, *intro; /* keys of sentences */
};

extern const struct reference_list reference_reasons, reference_replies, reference_enhanced,
	reference_providers, reference_blocklists, reference_client_errors, reference_conditions;

/* reference_open - a list: the page up to its heading and first words */
void reference_open(struct site *s, const struct web_call *call, struct web_response *res,
	const struct reference_list *list);

struct reference_page {
	const struct reference_list *list; /* in which it stands */
	struct str name;                   /* the last part of its address */
	struct str title, description;     /* of the window, and for search engines */
	struct str heading;
};

/* reference_page - a page of one thing, up to its heading; site_open() came before */
void reference_page(struct site *s, const struct reference_page *page);

void reference_close(struct site *s);

/* reference_item - an item of a list: a link, and what it is in a few words */
void reference_item(
	struct site *s, const struct entry_address *to, struct str text, struct str what);

/* reference_heading - <h2> with the sentence of that key */
void reference_heading(struct site *s, const char *key);

/* reference_entry - the whole page of an entry of the tables: heading, meaning and facts. The
 * caller adds what else there is, and closes */
void reference_entry(struct site *s, const struct web_call *call, struct web_response *res,
	const struct reference_list *list, const struct code_entry *e, const char *title_key);

/* reference_reason_link - a link to a reason's page */
void reference_reason_link(struct site *s, unsigned reason);

#endif
