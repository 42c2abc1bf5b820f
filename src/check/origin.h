/*
 * origin - three questions about who connects: has the address a name that leads back to it, has
 * the name in HELO this address, and could the sender's domain be answered at all?
 *
 * Machines without I/O: check/ask.h. What the DNS cannot tell for now is a result of its own.
 */
#ifndef CHECK_ORIGIN_H
#define CHECK_ORIGIN_H

#include "base/net.h"
#include "check/ask.h"

#define REVERSE_NAMES_MAX 10 /* of one address; more are not asked: they would be endless */

/* ---- reverse DNS, confirmed: RFC 8601 s2.7.3 "iprev" */

enum reverse_result {
	REVERSE_PASS,     /* `name` leads back to the address */
	REVERSE_NONE,     /* the address has no name */
	REVERSE_NOT_BACK, /* it has names, and none leads back */
	REVERSE_TEMPERROR
};

struct reverse_check {
	struct ip ip;
	struct ask ask;
	enum reverse_result result;
	char name[DNS_NAME_BYTES_MAX + 1]; /* PASS: the name; NOT_BACK: the first; else "" */
	/* Of the machine: */
	char names[REVERSE_NAMES_MAX][DNS_NAME_BYTES_MAX + 1];
	size_t count, at;
	bool has_names, has_failed;
};

bool reverse_begin(struct reverse_check *c, const struct ip *ip);
bool reverse_step(struct reverse_check *c, const struct dns_answer *answer);

/* ---- HELO: C33 */

enum helo_result {
	HELO_PASS,
	HELO_OTHER,   /* it has addresses, and not this one; `found` is one of them */
	HELO_UNKNOWN, /* it has none, or is no name */
	HELO_TEMPERROR
};

struct helo_check {
	struct ip ip;
	struct ask ask;
	enum helo_result result;
	char found[IP_TEXT_BYTES];
	char name[DNS_NAME_BYTES_MAX + 1];
	bool has_failed;
};

/* helo_begin - name: as it was given; "[192.0.2.1]" and "[IPv6:...]" need no DNS */
bool helo_begin(struct helo_check *c, struct str name, const struct ip *ip);
bool helo_step(struct helo_check *c, const struct dns_answer *answer);

/* ---- the sender's domain: C31, 5.7.27 */

enum sender_result {
	SENDER_PASS,    /* it has an MX, or an address (RFC 5321 s5.1) */
	SENDER_NO_HOST, /* it has neither, or does not exist */
	SENDER_NULL_MX, /* it says that it takes no mail: RFC 7505 */
	SENDER_TEMPERROR
};

struct sender_check {
	struct ask ask;
	enum sender_result result;
	char domain[DNS_NAME_BYTES_MAX + 1];
};

/* sender_begin - domain: of the reverse-path; an address in brackets passes */
bool sender_begin(struct sender_check *c, struct str domain);
bool sender_step(struct sender_check *c, const struct dns_answer *answer);

#endif
