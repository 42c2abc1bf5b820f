/*
 * field - the fields that vouch for a message: DKIM-Signature (RFC 6376, 8463), and the three of an
 * ARC set (RFC 8617)
 *
 * Always relaxed/relaxed, which survives what honest servers do to blanks and folding, and always
 * the whole body: l= would let anybody add text. What stands in the header is signed, and of the
 * fields that matter one more than there are, so that nobody can put a second From or Subject in
 * front (s8.15).
 *
 * Pure; any thread.
 */
#ifndef SIGN_FIELD_H
#define SIGN_FIELD_H

#include "check/arc_chain.h"
#include "check/dkim_key.h"
#include "check/dkim_text.h"
#include "sign/keys.h"

/* What is signed. */
struct sign_text {
	const struct str *fields; /* of the header as it goes on, from the top */
	size_t count;
	unsigned char body[DKIM_HASH_BYTES]; /* SHA-256 of the relaxed body */
	int64_t now_s, lifetime_s;           /* t=, and x= behind it; 0 is no x= */
};

/* sign_dkim - a DKIM-Signature field; false: no memory, nothing was added */
bool sign_dkim(const struct sign_key *key, const struct sign_text *text, struct buf *out);

/* What is known of the message's way here. */
struct seal_facts {
	const struct arc_chain
		*chain;         /* those of before; not ARC_FAIL when there are ARC_SETS_MAX */
	enum arc_result result; /* what became of verifying them: cv= */
	struct str results;     /* of Authentication-Results, from the server's name on */
};

/* sign_seal - an ARC set: seal, signature, results; false as above, and when there is no room in
 * the chain, or it was told broken already (s5.1) */
bool sign_seal(const struct sign_key *key, const struct sign_text *text,
	const struct seal_facts *facts, struct buf *out);

#endif
