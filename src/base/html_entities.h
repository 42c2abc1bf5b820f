/*
 * html_entities - "&amp;" and "&#8364;", as characters
 *
 * For decode_html.c. Names are case-sensitive ("Auml", "auml").
 */
#ifndef BASE_HTML_ENTITIES_H
#define BASE_HTML_ENTITIES_H

#include "base/str.h"

/* html_entity_find - the code point of that name, without "&" and ";"; 0 when it has none */
uint32_t html_entity_find(struct str name);

/*
 * html_entity_parse - reads a character reference
 *
 * s         starts with "&"; the closing ";" may be missing
 * codepoint written only on success; not always a valid one: utf8_put() mends that
 * Returns   bytes used, or 0 when this is no reference
 */
size_t html_entity_parse(struct str s, uint32_t *codepoint);

#endif
