/*
 * accept - what a client would like best: RFC 9110 s12.5
 *
 * Lenient where a mistake is harmless: a weight that cannot be read counts as 1.
 */
#ifndef WEB_ACCEPT_H
#define WEB_ACCEPT_H

#include "catalogue/catalogue.h"

/*
 * accept_type - which of `offers` ("application/json", without parameters) Accept prefers
 *
 * The most specific range that fits an offer gives its weight; of offers of equal weight the first
 * is taken. Parameters of ranges other than q are passed over.
 * Returns  its index; 0 when `accept` is absent or blank; -1 when none is acceptable
 */
int accept_type(struct str accept, const struct str *offers, size_t count);

/* accept_language - the language of the catalogue that Accept-Language prefers, by lookup (RFC 4647
 * s3.4: "de-AT" finds "de"); English when there is none */
enum lang accept_language(struct str accept_language);

/* accept_has_tag - is `tag` in a list of entity tags, or is the list "*"? Weak comparison (RFC 9110
 * s13.1.2) */
bool accept_has_tag(struct str if_none_match, struct str tag);

#endif
