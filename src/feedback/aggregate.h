/*
 * aggregate - what a DMARC aggregate report says, and the mail it travels in: RFC 7489 s7.2,
 * appendix
 * C
 *
 * Pure, but for the memory that zlib takes; any thread.
 */
#ifndef FEEDBACK_AGGREGATE_H
#define FEEDBACK_AGGREGATE_H

#include "base/buf.h"
#include "check/tally.h"

#define AGGREGATE_XML_BYTES_MAX ((size_t)32 << 20)
#define AGGREGATE_BYTES_MAX                                                                        \
	((size_t)10 << 20) /* of the compressed report; larger ones stay here                      \
			    */
#define AGGREGATE_MAIL_BYTES_MAX ((size_t)16 << 20)
#define AGGREGATE_TARGETS_MAX 10 /* of one policy; s7.1: more may be ignored */
#define AGGREGATE_ADDRESS_BYTES_MAX 254

/* An address that wants reports: one of rua=. */
struct aggregate_target {
	struct str address; /* "reports@example.org", in the arena */
	struct str domain;  /* of it */
	uint64_t bytes_max; /* "!10m" behind it; UINT64_MAX without */
};

/* aggregate_target_next - the next of a list "mailto:a@example.org!10m,mailto:..."; *rest moves
 * behind it. What is no address of mail is passed over. False at the end */
bool aggregate_target_next(struct str *rest, struct arena *a, struct aggregate_target *out);

struct aggregate_facts {
	struct str hostname, contact; /* who reports; its postmaster */
	struct str id;                /* of the report: "20261122.example.org" */
	struct tally_policy policy;
	int64_t now_ms;
};

/* The parts of the XML, in this order; rows as many as there are. */
void aggregate_begin(const struct aggregate_facts *facts, struct buf *out);
void aggregate_row(const struct tally_row *row, struct buf *out);
void aggregate_end(struct buf *out);

/* aggregate_gzip - false: no memory, or larger than out's limit */
bool aggregate_gzip(struct str text, struct buf *out);

/* aggregate_mail - the whole message, with the report attached: s7.2.1.1 */
void aggregate_mail(const struct aggregate_facts *facts, const struct aggregate_target *to,
	size_t count, struct str report, struct buf *out);

#endif
