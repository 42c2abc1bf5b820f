/* import_inside - what the readers of the forms share */
#ifndef ADMIN_IMPORT_INSIDE_H
#define ADMIN_IMPORT_INSIDE_H

#include "admin/import.h"

/* One for each form: reads all of `text`. */
typedef void import_reader(struct import *i, struct str text);

import_reader read_nixie, read_csv, read_aliases, read_virtual, read_mailboxes, read_hmailserver;

/* import_entry - adds it, or changes what is there when the plan says so; a mistake when not */
bool import_entry(struct import *i, unsigned long line, const struct entry *e);
/* import_domain - the domain of an address, when the plan adds domains */
void import_domain(struct import *i, unsigned long line, struct str address);
/* import_aliases_add - an alias; a list when it has several targets; a forward when one of them is
 * the address itself */
void import_alias(struct import *i, unsigned long line, struct str address,
	const struct str *targets, size_t count);

void import_mistake(
	struct import *i, unsigned long line, struct str one, struct str two, struct str three);
void import_note(
	struct import *i, unsigned long line, struct str one, struct str two, struct str three);

/* entry_value_set - a property by its name, which must be one */
void entry_value_set(struct entry *e, struct str property, struct str value);

/* import_address - `name`, with the plan's domain when it has none; absent, and a mistake, when
 * neither has */
struct str import_address(struct import *i, unsigned long line, struct str name);

#endif
