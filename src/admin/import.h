/*
 * import - what others wrote down, into the directory: all of it, or nothing
 *
 * Each form is read into entries (directory/entry.h), which are added within one change. A mistake
 * is kept with its line, the rest is still looked at, and at the end nothing of it stays. What the
 * directory has no place for is left out, and told as a note.
 */
#ifndef ADMIN_IMPORT_H
#define ADMIN_IMPORT_H

#include "base/arena.h"
#include "directory/entry.h"

#define IMPORT_REMARKS_MAX 1000 /* mistakes, and notes, that are kept; all are counted */
#define IMPORT_TARGETS_MAX 1000 /* of one alias: more are a mistake */

enum import_form {
	IMPORT_NIXIE,       /* what `nixie-admin export` writes */
	IMPORT_CSV,         /* accounts, with a line of column names */
	IMPORT_ALIASES,     /* aliases(5) of Postfix and Sendmail */
	IMPORT_VIRTUAL,     /* virtual(5), the source of a virtual_alias_maps */
	IMPORT_MAILBOXES,   /* the source of a virtual_mailbox_maps */
	IMPORT_HMAILSERVER, /* hMailServerBackup.xml */
	IMPORT_FORM_COUNT
};

extern const char *const import_form_names[IMPORT_FORM_COUNT];

struct import_plan {
	enum import_form form;
	struct str domain; /* of names without one; absent: they are mistakes */
	bool updates;      /* what is there is changed, and no mistake */
	bool adds_domains; /* those that entries are in */
};

struct import_remark {
	unsigned long line;
	struct str words;
};

struct import_remarks {
	struct import_remark *list;
	size_t count, kept, room;
};

struct import {
	struct directory *d;
	struct import_plan plan;
	struct arena *a;
	struct import_remarks mistakes, notes;
	size_t added[ENTRY_KIND_COUNT], changed[ENTRY_KIND_COUNT];
};

/*
 * import_run - reads `text` into the directory
 *
 * is_dry   nothing stays, also without a mistake
 * out      counts and remarks, which live in the arena; written in any case
 * Returns  true when it was done, or would have been
 */
bool import_run(struct directory *d, const struct import_plan *plan, struct str text, bool is_dry,
	struct arena *a, struct import *out);

#endif
