/*
 * code_view - one entry of the reference, made ready to be shown: the same for text and JSON
 */
#ifndef EXPLAIN_CODE_VIEW_H
#define EXPLAIN_CODE_VIEW_H

#include "explain/code_find.h"
#include "explain/explain.h"

#define CODE_FACTS_MAX 20

/* "Setting   greylisting": for people under its label, for programs under its name. */
struct code_fact {
	const char *label; /* "label.setting"; NULL: not for people */
	const char *name;  /* "setting"; NULL: not for programs */
	struct str text;   /* for people, in the language asked for */
	struct str value;  /* for programs, where it differs: "receiving_admin"; absent: the text */
};

struct code_view {
	const char *kind; /* "enhanced_code" */
	struct str title, meaning;
	struct code_fact facts[CODE_FACTS_MAX];
	size_t count;
	/* Of a reason: what each side does. */
	struct steps sender, sending_admin, receiving_admin;
};

/* code_view - the text lives in the catalogue or the arena */
void code_view(const struct code_entry *e, enum lang lang, struct arena *a, struct code_view *v);

#endif
