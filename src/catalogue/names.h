/*
 * names - what programs, people and languages call things: catalogue/names.tsv
 *
 * Short names that stand at a place the reader has found already: the label of a field, the local
 * part of an address, the word in front of a code. Compared byte for byte, but for the case of
 * ASCII letters; what is looked for in running text is a pattern (patterns.h).
 *
 * Any thread, any time.
 */
#ifndef CATALOGUE_NAMES_H
#define CATALOGUE_NAMES_H

#include "catalogue/catalogue.h"

/* catalogue_is_named - is all of `text` a name of that kind, or does it begin ("noreply*") or end
 * ("*-request") with one of those that may be part of more? */
bool catalogue_is_named(enum known_name kind, struct str text);

/* catalogue_name_at_end - the slice of `text` that is a name of that kind after which nothing may
 * follow ("*-request"); the longest; absent where it ends with none */
struct str catalogue_name_at_end(enum known_name kind, struct str text);

#endif
