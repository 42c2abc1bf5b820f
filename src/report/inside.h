/*
 * inside - what the writers of a report's parts share: the case as it is being written
 */
#ifndef REPORT_INSIDE_H
#define REPORT_INSIDE_H

#include "read/header.h"
#include "read/reply.h"
#include "report/report.h"

#define DRAFT_ADDRESS_BYTES_MAX 998 /* of an address in a report */

/* One recipient, judged. */
struct draft_recipient {
	const struct report_recipient *given;
	struct str final;           /* cleaned */
	struct str original_type;   /* "rfc822"; absent: no ORCPT */
	struct str original;        /* the address in ORCPT, decoded and cleaned */
	struct attempt attempt;     /* the one that decided, its names cleaned */
	const struct attempt *last; /* that, or NULL: there was none */
	struct status status;
	struct nixie_outcome outcome;
};

struct sheet;

struct draft {
	const struct report_facts *facts;
	struct arena *arena;
	bool is_utf8;            /* the report goes with SMTPUTF8 */
	struct str header_bytes; /* of the original, with its last line end */
	struct header header;
	int zone_minutes; /* the sender's, by the Date of the message */
	struct str hostname, postmaster, to;
	struct draft_recipient *recipients;
	struct nixie_outcome *outcomes; /* the same ones, as `info` has them */
	struct nixie_report_info info;  /* as a reader of the report will have it */
};

/* draft_make - reads and judges what d->facts has; d->arena must be set. False: no memory */
bool draft_make(struct draft *d);

/* draft_write - the message: these words, the fields for machines, and what is returned, if that is
 * wanted. False: no memory, or a limit */
bool draft_write(const struct draft *d, struct str subject, const struct sheet *words, bool returns,
	struct buf *out);

/* draft_iso - a moment as RFC 3339, in the sender's zone; draft_date - the same for people */
struct str draft_iso(const struct draft *d, int64_t ms);
struct str draft_date(const struct draft *d, int64_t ms);

/* draft_host - what there is of a host's name or address, up to what neither has */
struct str draft_host(struct str s);

/* draft_sheet - the words for people */
void draft_sheet(const struct draft *d, struct sheet *s);

/* draft_subject - of the report, decoded */
struct str draft_subject(const struct draft *d);

/* draft_fields - the fields for machines, with their groups parted by blank lines */
void draft_fields(const struct draft *d, struct buf *out);

/* draft_returned - the part with the message or its header, from its Content-Type on */
void draft_returned(const struct draft *d, struct buf *out);
bool draft_returns_whole(const struct draft *d);

#endif
