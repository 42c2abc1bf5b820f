/*
 * signs - which of the catalogue's tell-tale words occur in a text
 *
 * `catalogue/signs.tsv` names what words show: that this is a failure, that a copy of
 * the message follows, that an address stands behind a label, at which step it failed.
 */
#ifndef READ_SIGNS_H
#define READ_SIGNS_H

#include "base/arena.h"
#include "catalogue/catalogue.h"

_Static_assert(SIGN__COUNT <= 64, "struct sign_set keeps one bit for each sign");

struct sign_set {
	uint64_t bits;
	struct {
		uint16_t row;     /* of catalogue_signs, of the first hit */
		uint32_t at, len; /* of it, in the text as given */
	} first[SIGN__COUNT];
};

/*
 * signs_find - adds to *set the signs of rows for `where` (a subject, a From, a text, a reply) that
 * occur in `text`
 *
 * set      keeps what it had; zeroed by the caller before the first call
 * Cost     O(n); the first SIGN_TEXT_BYTES of the text count
 */
#define SIGN_TEXT_BYTES 65536
void signs_find(struct str text, enum where where, struct arena *a, struct sign_set *set);

static inline bool
sign_seen(const struct sign_set *set, enum sign sign)
{
	return (set->bits >> sign) & 1;
}

/* signs_in - all the signs in rows for WHERE_TEXT in a short text (its first 512 bytes), one bit
 * each */
uint64_t signs_in(struct str text);

/* sign_in - does this sign, in a row for WHERE_TEXT, occur in a short text (its first 512 bytes)?
 * *hit, when not NULL: the first place, a slice of `text` */
bool sign_in(struct str text, enum sign sign, struct str *hit);

#endif
