/*
 * mime - the parts of a message, flat, each with the part it plays in a report
 *
 * RFC 2045, 2046, 6522, and what is really sent: boundaries that are never
 * closed, parts without header, a multipart without boundary, types that lie.
 * The tree is walked depth first; only the leaves are kept. What a report
 * returns (message/rfc822 and kin) is one leaf and is not opened here.
 */
#ifndef READ_MIME_H
#define READ_MIME_H

#include "read/content_type.h"
#include "read/header.h"
#include "read/limits.h"

enum part_role {
	PART_OTHER,       /* pictures, archives: nothing to read */
	PART_TEXT,        /* for people */
	PART_HTML,        /* for people, in HTML */
	PART_STATUS,      /* message/delivery-status: RFC 3464, 6533 */
	PART_FEEDBACK,    /* message/feedback-report: RFC 5965 */
	PART_DISPOSITION, /* message/disposition-notification: RFC 8098 */
	PART_RETURNED     /* the message the report is about, or its header */
};

struct part {
	enum part_role role;
	struct str type;    /* "text/plain" as written; absent when there is none */
	struct str charset; /* absent when there is none */
	struct str encoding;
	struct str name; /* of an attachment */
	struct str raw;  /* the body as it stands in the input */
	bool is_attachment;
	bool is_alternative; /* inside multipart/alternative */
	bool is_torn;        /* it ends with the message, and that not with a line */
};

struct mime {
	struct part *parts;
	size_t count, room;
	struct str report_type; /* of the outermost multipart/report */
	struct str
		preamble; /* text before the first boundary, kept when it is more than a greeting */
	bool is_report;   /* multipart/report somewhere on the outside */
	bool is_deep, is_many; /* a limit was reached */
	bool is_multipart;
	char line_end; /* of the message: LF, or CR where there is no LF in it */
};

/* mime_parse - finds the leaves of the message whose header is `h`. O(n * depth), the depth at most
 * MIME_DEPTH_MAX */
void mime_parse(const struct header *h, struct arena *a, struct mime *m);

/* part_decode - the content: transfer encoding undone, in UTF-8; may be a slice of the input itself
 */
struct str part_decode(const struct part *p, struct arena *a);

#endif
