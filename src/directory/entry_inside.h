/* entry_inside - what the files of the entries share */
#ifndef DIRECTORY_ENTRY_INSIDE_H
#define DIRECTORY_ENTRY_INSIDE_H

#include "directory/directory_inside.h"
#include "directory/entry.h"

/* ---- entry_value.c: values, as one writes them and as the tables have them */

/* value_bind - as ?2 of the statement; false, and what is wrong, when it is none of the type */
bool value_bind(sqlite3_stmt *s, const struct entry_property *property, struct str text,
	struct directory_error *error);
/* value_text - the value in that column; "" is none. Written into room when it must be made */
struct str value_text(sqlite3_stmt *s, int at, const struct entry_property *property,
	char room[static ENTRY_VALUE_MAX]);
/* keys_parse - "65536:0A..:..:.." */
bool keys_parse(struct str text, struct secrets *out);

#endif
