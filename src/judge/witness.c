#include "judge/witness.h"

#include "read/address.h"

#define RECIPIENTS_ASKED_ABOUT 8 /* of a report on more, none */
#define BLOCKS_ASKED 16
#define DIAGNOSTIC_ADDRESSES 4

struct hearing {
	struct str address; /* as the field has it */
	struct str other;   /* what the first place that differs in one byte has */
	bool is_confirmed;  /* some place has the same */
	unsigned said;      /* how many places have the other */
	unsigned original;  /* ... of those that may have been another address all along */
};

/* Do they differ in one byte: changed, lost or added? */
static bool
differs_in_one(struct str a, struct str b)
{
	if (a.len > b.len) {
		const struct str longer = a;
		a = b;
		b = longer;
	}
	if (b.len - a.len > 1)
		return false;
	size_t same = 0;
	while (same < a.len &&
		ascii_lower((unsigned char)a.ptr[same]) == ascii_lower((unsigned char)b.ptr[same]))
		same++;
	return str_eq_case(str_from(a, a.len == b.len && same < a.len ? same + 1 : same),
		       str_from(b, same < b.len ? same + 1 : same)) &&
	       same < b.len;
}

static void
hear(struct hearing *h, struct str named, bool is_original)
{
	if (named.len == 0 || h->is_confirmed)
		return;
	if (str_eq_case(named, h->address)) {
		h->is_confirmed = true;
	} else if (str_is_set(h->other) ? str_eq_case(named, h->other)
					: differs_in_one(named, h->address)) {
		h->other = named;
		h->said++;
		h->original += is_original;
	}
}

static struct str
first_address(struct str text)
{
	size_t at = 0;
	return address_next(text, &at);
}

struct str
witness_address(const struct facts *f, const struct dsn_recipient *r, struct str address)
{
	struct hearing h = {.address = address, .other = STR_NONE};
	if (f->dsn.count > RECIPIENTS_ASKED_ABOUT || str_find_char(address, '@', 0) == STR_NPOS)
		return address;
	hear(&h, r->original, true);
	for (size_t i = 0; i < f->prose.count && i < BLOCKS_ASKED && !h.is_confirmed; i++)
		if (f->prose.blocks[i].naming >= NAMING_SENTENCE)
			hear(&h, f->prose.blocks[i].address, false);
	size_t at = 0;
	struct str named = STR("");
	for (int i = 0; i < DIAGNOSTIC_ADDRESSES && str_is_set(named) && !h.is_confirmed; i++) {
		named = address_next(r->diagnostic, &at);
		hear(&h, named, false);
	}
	if (h.is_confirmed || !str_is_set(h.other))
		return address;
	hear(&h, first_address(header_find(&f->header, STR("X-Failed-Recipients"))), false);
	hear(&h, first_address(f->returned.to), true);
	return !h.is_confirmed && h.said >= 2 + h.original ? h.other : address;
}
