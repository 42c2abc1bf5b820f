/*
 * dmarc - does who sends agree with who is shown in From? RFC 7489
 *
 * The policy is that of the domain in From, or of its organizational domain, which the public
 * suffix list tells (libpsl, doc/decisions/0016-libpsl.md). Agreement (alignment) is: SPF or DKIM
 * passed for a domain that is the same, or of the same organization.
 *
 * dmarc_find: a machine without I/O (check/ask.h) that finds the policy. The rest is pure.
 */
#ifndef CHECK_DMARC_H
#define CHECK_DMARC_H

#include "check/ask.h"

#define DMARC_RECORD_BYTES_MAX 4096
#define DMARC_RUA_BYTES_MAX 1000

enum dmarc_policy { DMARC_NO_POLICY, DMARC_NONE, DMARC_QUARANTINE, DMARC_REJECT };

/* dmarc_policy_name - "reject"; absent: no policy */
struct str dmarc_policy_name(enum dmarc_policy p);

struct dmarc_record {
	enum dmarc_policy policy, subdomain_policy; /* p, sp */
	bool is_spf_strict, is_dkim_strict;         /* aspf, adkim */
	unsigned percent;                           /* pct */
	bool is_test;                               /* t=y: of the later standard */
	char reports_to[DMARC_RUA_BYTES_MAX + 1];   /* rua; "" when it is not there, or longer */
};

/* dmarc_record_parse - false when it is none: another v, or no p that can be used (RFC 7489 s6.6.3)
 */
bool dmarc_record_parse(struct str text, struct dmarc_record *out);

/* dmarc_organization - the domain that was registered: "example.co.uk" of "a.b.example.co.uk"; the
 * name itself when it is a public suffix or shorter. Points into `domain`, which is in lower case
 */
struct str dmarc_organization(struct str domain);

/* dmarc_is_aligned - do the two agree? Both in lower case */
bool dmarc_is_aligned(struct str from, struct str other, bool is_strict);

struct dmarc_find {
	struct ask ask;
	bool has_record, has_failed; /* failed: the DNS did, and nobody knows */
	struct dmarc_record record;
	bool is_inherited;        /* the record is the organization's, not the domain's own */
	enum dmarc_policy policy; /* what is to be done with what does not agree */
	char domain[DNS_NAME_BYTES_MAX + 1]; /* that of From, in lower case, A-labels */
	char at[DNS_NAME_BYTES_MAX + 1];     /* the domain whose record it is */
	/* Of the machine: */
	char room[DNS_NAME_BYTES_MAX + 1];
	bool is_second;
};

bool dmarc_find_begin(struct dmarc_find *f, struct str domain);
bool dmarc_find_step(struct dmarc_find *f, const struct dns_answer *answer);

#endif
