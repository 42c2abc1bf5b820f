/* answer - an answer to keep, for the resolver */
#ifndef DNS_ANSWER_H
#define DNS_ANSWER_H

#include "dns/resolver.h"

/*
 * dns_answer_copy - an answer whose slices point into a message, in one piece of memory
 *
 * name     what was asked for: the copy's name, not copied
 * *bytes   how many the copy takes
 * Returns  the copy, which the caller frees with free(); NULL without memory
 */
struct dns_answer *dns_answer_copy(const struct dns_answer *from, struct str name, size_t *bytes);

#endif
