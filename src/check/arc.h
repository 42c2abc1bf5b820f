/*
 * arc - does the chain of those who passed the message on hold? RFC 8617
 *
 * Each server that passed it on may add a set of three fields: what it found (ARC-Authentication-
 * Results), a signature of the message as it left (ARC-Message-Signature), and a seal over all sets
 * so far (ARC-Seal). The chain holds when the sets are complete, the newest signature fits the
 * message, and every seal is right. That says nothing of the sealers' honesty: whom to believe is a
 * setting (arc_trusted).
 *
 *	for (bool more = arc_begin(a, d); more;)	behind dkim_begin(d)
 *		more = arc_step(a, answer to a->ask);
 *
 * One thread at a time.
 */
#ifndef CHECK_ARC_H
#define CHECK_ARC_H

#include "check/dkim.h"

struct arc {
	struct ask ask;
	enum arc_result result;
	struct str words; /* why it failed; absent when it did not */
	/* Of each seal: */
	struct arc_seal {
		struct str domain, selector, value; /* d= in lower case, s=, b= */
		bool is_ed25519;
		unsigned char hash[DKIM_HASH_BYTES];
	} seals[ARC_SETS_MAX];
	/* Of the machine: */
	struct dkim *dkim;
	size_t left; /* seals that are still to be verified, those of i=1 to i=left */
	bool is_at_message;
};

/* arc_begin - behind dkim_begin(d), which has hashed the body; d outlives it */
bool arc_begin(struct arc *a, struct dkim *d);
bool arc_step(struct arc *a, const struct dns_answer *answer);

/* arc_vouches - when it is ARC_PASS: did one of the trusted domains (blanks between) find that
 * DMARC passed for the domain in From, and do all that sealed behind it belong to them too? *by: it
 */
bool arc_vouches(const struct arc *a, struct str trusted, struct str from, struct str *by);

#endif
