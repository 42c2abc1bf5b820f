/*
 * dkim - does a domain vouch for this message? RFC 6376, with RFC 8301 and RFC 8463
 *
 *	dkim_add() with each piece of the text as it arrives; then
 *	for (bool more = dkim_begin(d); more;)
 *		more = dkim_step(d, answer to d->ask);
 *
 * The text is never held: the header is, and the body is hashed on its way. A signature that is
 * broken is as good as none (s6.1), so nothing here refuses; DMARC asks who vouched.
 *
 * Not accepted: rsa-sha1, RSA below 1024 bits (RFC 8301); a From that is not signed; text added
 * behind what l= covers, since anybody can add it. OpenSSL does the arithmetic.
 *
 * One thread at a time.
 */
#ifndef CHECK_DKIM_H
#define CHECK_DKIM_H

#include "check/arc_chain.h"
#include "check/ask.h"
#include "check/dkim_key.h"
#include "check/dkim_text.h"

#define DKIM_SIGNATURES_MAX 8 /* of one message; those below are not looked at: s6.1 */
#define DKIM_NAMES_MAX 200    /* of h=: each is looked for among all fields */
#define DKIM_HEADER_BYTES_MAX ((size_t)256 << 10)
#define DKIM_ARENA_BYTES_MAX ((size_t)2 << 20)

/* As Authentication-Results has them: RFC 8601 s2.7.1. */
enum dkim_result {
	DKIM_NONE,
	DKIM_PASS,
	DKIM_FAIL,
	DKIM_POLICY, /* right, but not acceptable */
	DKIM_NEUTRAL,
	DKIM_TEMPERROR,
	DKIM_PERMERROR, /* the signature or the key makes no sense */
	DKIM_RESULT_COUNT
};
struct str dkim_result_name(enum dkim_result r);

struct dkim_signature {
	enum dkim_result result;
	struct str words; /* why not; absent when it passed */
	struct str domain, selector, identity, algorithm,
		value;         /* d= s= i= a= b=; domain in lower case */
	struct str value_text; /* b= as it stands there, without blanks */
	bool is_test;          /* the key says t=y: the domain is trying it out */
	/* Of the machine: */
	bool is_done, is_ed25519, is_header_relaxed, is_body_relaxed;
	struct str field, names; /* the whole field; h= */
	struct str body_hash;    /* bh=, decoded */
	uint64_t limit, hashed;  /* l=, UINT64_MAX without; given to the hash */
	bool is_longer;          /* the body goes on behind l= */
	EVP_MD_CTX *hash;
};

struct dkim {
	int64_t now_s;
	struct arena arena;
	struct buf header;
	bool is_body, is_header_too_large;
	struct str fields[DKIM_FIELDS_MAX]; /* with their line ends, from the top */
	size_t field_count;
	struct dkim_signature signatures[DKIM_SIGNATURES_MAX];
	size_t count;
	struct arc_chain chain;       /* of those who passed it on: check/arc.h */
	struct dkim_signature passed; /* the newest of theirs; of no meaning when there is none */
	struct dkim_body simple, relaxed;
	size_t at; /* whose key is asked for */
	struct ask ask;
};

/* dkim_new - NULL: no memory; now_s: since 1970, for x= */
struct dkim *dkim_new(int64_t now_s);
void dkim_free(struct dkim *d);

void dkim_add(struct dkim *d, struct str piece);

/* dkim_begin - the text is whole: true when a key must be asked for; count is 0 when nobody signed
 */
bool dkim_begin(struct dkim *d);
bool dkim_step(struct dkim *d, const struct dns_answer *answer);

/* dkim_verify - the signature against the header, with the keys of an answer; behind dkim_begin()
 */
void dkim_verify(struct dkim *d, struct dkim_signature *s, const struct dns_answer *answer);

/* dkim_key_name - where a key stands in the DNS; absent without memory */
struct str dkim_key_name(struct arena *a, struct str selector, struct str domain);

/* dkim_field_find - the value of the `nth` field of that name from the top, 0 the first; absent
 * when there are not so many. After dkim_begin() */
struct str dkim_field_find(const struct dkim *d, struct str name, size_t nth);

#endif
