/*
 * spf - may this address send for that domain? RFC 7208, as a machine without I/O
 *
 *	bool more = spf_begin(&spf, &question);
 *	while (more)
 *		more = spf_step(&spf, answer to spf.ask);
 *
 * It asks one question at a time, so that it can wait for each without a thread, and be tested and
 * fuzzed without a DNS. All limits of s4.6.4 are counted here: terms that ask, names of an MX,
 * names of a PTR, answers with nothing in them. Their breach is `permerror`; a DNS that fails is
 * `temperror`, which is never a reason to refuse for good.
 *
 * One machine belongs to one thread at a time.
 */
#ifndef CHECK_SPF_H
#define CHECK_SPF_H

#include "base/arena.h"
#include "base/net.h"
#include "check/ask.h"

#define SPF_LOOKUPS_MAX 10        /* terms that ask the DNS: s4.6.4 */
#define SPF_VOIDS_MAX 2           /* answers with nothing in them */
#define SPF_NAMES_MAX 10          /* of one MX (more: permerror), of the PTR (more are not asked) */
#define SPF_RECORD_BYTES_MAX 8192 /* of one record, its strings joined; more: permerror */
#define SPF_ARENA_BYTES_MAX ((size_t)1 << 20)
#define SPF_EXPLANATION_BYTES_MAX 400 /* of what exp= says: a line of a reply has 512 */

enum spf_result {
	SPF_NONE, /* the domain says nothing, or is no domain */
	SPF_NEUTRAL,
	SPF_PASS,
	SPF_FAIL,
	SPF_SOFTFAIL,
	SPF_TEMPERROR,
	SPF_PERMERROR,
	SPF_RESULT_COUNT
};

/* spf_result_name - "softfail", as Authentication-Results has it */
struct str spf_result_name(enum spf_result r);

struct spf_question {
	struct ip ip;
	struct str sender;   /* the reverse-path without brackets; "" is the null one */
	struct str helo;     /* what the client calls itself; the identity of a null sender */
	struct str receiver; /* this host, for %{r} */
	int64_t now_s;       /* since 1970, for %{t} */
};

enum spf_qualifier { SPF_PLUS, SPF_MINUS, SPF_TILDE, SPF_QUESTION };
enum spf_mechanism { SPF_ALL, SPF_INCLUDE, SPF_A, SPF_MX, SPF_PTR, SPF_IP4, SPF_IP6, SPF_EXISTS };

struct spf_term {
	enum spf_qualifier qualifier;
	enum spf_mechanism mechanism;
	struct str spec;         /* the domain-spec, not expanded; absent: the domain at hand */
	struct net net;          /* of ip4, ip6 */
	unsigned bits_4, bits_6; /* of a, mx: 32 and 128 when not stated */
	struct str text;         /* as it stands in the record, for the log */
};

struct spf_record {
	struct spf_term *terms;
	size_t count, room;
	struct str redirect, exp; /* domain-specs; absent: none */
};

/* spf_record_parse - the record, "v=spf1" and all; its slices point into `text`, which lives as
 * long. false: a syntax error, *wrong is where */
bool spf_record_parse(struct str text, struct arena *a, struct spf_record *out, struct str *wrong);

/* One record that is being gone through; an include begins another on top of it. */
struct spf_frame {
	struct str domain;
	struct spf_record record;
	size_t term;
};

#define SPF_FRAMES_MAX (SPF_LOOKUPS_MAX + 1)

struct spf {
	struct spf_question q;
	struct arena arena;
	struct ask ask;
	enum spf_result result;
	struct str identity;    /* the domain that was asked first */
	bool is_helo;           /* that of HELO, since the sender is null */
	struct str decided;     /* the term that matched, "-all"; or what is wrong, in words */
	struct str decided_at;  /* the domain of the record it stands in */
	struct str explanation; /* of exp=, when the result is fail; printable ASCII */
	unsigned lookups, voids;
	/* Of the machine: */
	uint8_t state;
	size_t frame_count;
	struct spf_frame frames[SPF_FRAMES_MAX];
	enum { SPF_TERMS, SPF_EXPLAINS_NAME, SPF_EXPLAINS_TEXT } step;
	struct str exp;                  /* of the record that failed; then the text it leads to */
	struct str names[SPF_NAMES_MAX]; /* whose addresses are being asked */
	size_t name_count, name_at;
	bool has_validated; /* the PTR was asked: what follows is what came of it */
	bool is_nameless;   /* there was nothing in its answer */
	struct str validated[SPF_NAMES_MAX];
	size_t validated_count;
};

/*
 * spf_begin - q's texts are borrowed until spf_fini()
 *
 * Returns   true: answer spf->ask with spf_step(). false: it is over, spf->result says how
 */
bool spf_begin(struct spf *spf, const struct spf_question *q);
bool spf_step(struct spf *spf, const struct dns_answer *answer);
void spf_fini(struct spf *spf);

/*
 * spf_expand - a domain-spec or an explanation with its macros replaced: s7
 *
 * is_text   of an explanation: c, r and t may stand there, and blanks
 * Returns   false: a syntax error, or the arena is full. Of a name, labels are taken from its front
 *           until it fits the DNS
 */
bool spf_expand(const struct spf *spf, struct str spec, bool is_text, struct str domain,
	struct arena *a, struct str *out);

/* spf_needs_name - is there a %{p} in it, for which the PTR must have been asked? */
bool spf_needs_name(struct str spec);

/* spf_macro_is_valid - the grammar of macro-string, and of domain-end when it is a domain-spec */
bool spf_macro_is_valid(struct str spec, bool is_text);

#endif
