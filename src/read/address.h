/*
 * address - mail addresses as reports write them
 *
 * RFC 5321 s4.1.2 says what an address is; reports wrap it in angle brackets, quotes, source
 * routes, types ("rfc822;"), comments and display names, or give a local part alone.
 */
#ifndef READ_ADDRESS_H
#define READ_ADDRESS_H

#include "base/str.h"

/*
 * address_next - the next "local@domain" in running text, at or after *at
 *
 * Takes an atom or a quoted string before the @, a name or a [literal] behind it, UTF-8 in both
 * (RFC 6531). Sentence punctuation around it is not part of it.
 *
 * at       moved behind what was found; to the end when there is nothing more
 * Returns  absent when there is nothing more
 * Cost     O(n) over all calls
 */
struct str address_next(struct str text, size_t *at);

/* address_clean - the address inside `s`, a field value or a word: without brackets, quotes, route,
 * comment, "mailto:"; what is left may lack a domain. Empty when nothing is. */
struct str address_clean(struct str s);

/* address_typed - the address of a field such as "rfc822; <a@b>", "utf-8;x", "system:x"; the type
 * is optional. type: set to it when it is there, may be NULL */
struct str address_typed(struct str value, struct str *type);

/* address_domain - what stands behind the last @; absent when there is none */
struct str address_domain(struct str address);

/* address_same - the same mailbox as far as one can tell: case ignored; when one of them lacks its
 * domain, the local parts must agree */
bool address_same(struct str a, struct str b);

/* address_local - its local part; all of it where there is no domain */
struct str address_local(struct str address);

/* address_is_robot - an address that no person reads and no message of a person goes to: the mailer
 * itself */
bool address_is_robot(struct str address);

/* address_is_service - is it that of a help desk or of an administrator, by its local part? People
 * have such addresses too, so that it decides only between two. */
bool address_is_service(struct str address);

/* address_is_lists - an address through which a mailing list is run ("x-request", "owner-x",
 * "majordomo"): RFC 2142 s6 and the list managers' habits */
bool address_is_lists(struct str address);

#endif
