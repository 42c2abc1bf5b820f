/*
 * links - the domains that a message leads to: for lists of domains in links (SURBL, URIBL, DBL)
 *
 * Text and HTML are looked through after base64 and quoted-printable were undone, as a reader's
 * program would show them: http://, https://, ftp://, what begins with www., and in HTML //host in
 * an attribute. Who hides a host behind user:password@, %2e or an entity is found all the same. Of
 * a host its registrable domain counts, by the public suffix list: that is what these lists have,
 * and "track1234.shop.example" is a new name for each message. Addresses are left out: some lists
 * answer a question for one with "you may not ask that", which is a listing to look at.
 *
 * Pure. Bounded: LINKS_TEXT_BYTES_MAX of the message are looked at, LINKS_MAX domains are found.
 */
#ifndef CHECK_LINKS_H
#define CHECK_LINKS_H

#include "base/arena.h"

#define LINKS_TEXT_BYTES_MAX ((size_t)128 << 10) /* of the message, as it came */
#define LINKS_ARENA_BYTES_MAX ((size_t)4 << 20)  /* while it is taken apart */
#define LINKS_MAX 20
#define LINKS_HOST_BYTES_MAX 255

struct links {
	struct str
		domain[LINKS_MAX]; /* each once, lower case, A-labels; in the order of the text */
	size_t count;
};

/*
 * links_find - of a message, or its beginning
 *
 * a         the domains live there; what is needed on the way does not
 */
void links_find(struct str message, struct arena *a, struct links *out);

/* links_scan - of one text that was decoded; adds to *out. For links_find(), and for tests */
void links_scan(struct str text, bool is_html, struct arena *a, struct links *out);

#endif
