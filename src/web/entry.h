/*
 * entry - one thing of the reference on a page: a code, a condition, a blocklist ...
 *
 * What is told of it is explain/code_view.h's, as `nixie code` tells it; here it gets its address
 * and its links.
 */
#ifndef WEB_ENTRY_H
#define WEB_ENTRY_H

#include "explain/code_view.h"
#include "web/site.h"

/* Where its page is: "/reply-codes/" and "550". */
struct entry_address {
	struct str folder, name;
};

struct entry_address entry_address(const struct code_entry *e, struct arena *a);

/* entry_facts - meaning and facts, with links to the pages of what they name */
void entry_facts(struct site *s, const struct code_view *v);

/* entry_write - under a headline that leads to its page */
void entry_write(struct site *s, const struct code_entry *e);

/* entry_slug - a name as part of an address: "Gmail / Google Workspace" is gmail-google-workspace
 */
struct str entry_slug(struct str name, struct arena *a);

/* entry_pattern - a pattern of the catalogue as a person would see it: "*" is "…", "%d" a "#" */
struct str entry_pattern(struct str pattern, struct arena *a);

#endif
