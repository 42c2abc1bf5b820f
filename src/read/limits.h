/*
 * limits - every ceiling of the reader, in one place
 *
 * Reaching one is not an error: the report gets a note that says which, and
 * reading goes on with what there is. tests/unit/test_limits.c holds each of them at n-1, n and
 * n+1.
 */
#ifndef READ_LIMITS_H
#define READ_LIMITS_H

#define HEADER_FIELDS_MAX 2000 /* fields kept of one header; more are passed over */
#define HEADER_VALUE_MAX 65536 /* bytes of a value that are decoded */
#define MIME_DEPTH_MAX 24      /* multiparts inside multiparts */
#define MIME_PARTS_MAX 500     /* leaves kept of one message */
#define NESTED_REPORTS_MAX 3   /* a bounce inside a forward inside a forward */
#define TEXT_BYTES_MAX                                                                             \
	(8 << 20) /* of a report's own prose: far more than 100,000 recipients need */
#define DIAGNOSTIC_BYTES_MAX 4096 /* of one recipient's diagnostic that are judged and shown */
#define ADDRESS_BYTES_MAX                                                                          \
	1024 /* longer ones are no addresses (RFC 5321 s4.5.3.1: 64 + 1 + 255)                     \
	      */
/* times that forwarded text may be quoted ("> > > ") */
#define QUOTE_DEPTH_MAX 3
#define NOTES_MAX 32
#define TEXT_LINES_MAX (1 << 20) /* lines of that prose */
#define RECIPIENTS_MAX 100000    /* of one report */
#define NAMINGS_MAX (1 << 18)    /* places in the prose that name somebody, and commands in it */

#endif
