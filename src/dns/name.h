/*
 * name - domain names as text: what can be asked, and what an address becomes
 *
 * Any thread: all functions are pure.
 */
#ifndef DNS_NAME_H
#define DNS_NAME_H

#include "dns/resolver.h"

/*
 * dns_name_parse - a name that can be asked: lower case, A-labels, no dot at the end
 *
 * name      any bytes; the root ("" and ".") is none
 * room      what *out points into; a NUL stands behind it
 * Returns   false when it is none: a label of 0 or more than 63 bytes, more than
 *           DNS_NAME_BYTES_MAX, a backslash, blank or control character, or UTF-8 that IDNA 2008
 *           refuses
 */
bool dns_name_parse(struct str name, char room[DNS_NAME_BYTES_MAX + 1], struct str *out);

#endif
