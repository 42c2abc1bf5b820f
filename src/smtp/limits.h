/*
 * limits - every ceiling of the protocol machine that is no setting, in one place
 *
 * What an operator may choose stands in `struct smtp_settings`, with its default; these are the
 * ones that RFCs or the size of a buffer decide. The tests of the modules, and the dialogues in
 * tests/script, hold them at n and n+1.
 */
#ifndef SMTP_LIMITS_H
#define SMTP_LIMITS_H

/* Of addresses. RFC 5321 s4.5.3.1 wants at least 64 for a local part and 255 for a domain; the
 * senders of lists and bounces use longer local parts, so only the whole is bounded. */
#define PATH_MAILBOX_BYTES_MAX 320
#define PATH_PRINT_BYTES_MAX (PATH_MAILBOX_BYTES_MAX + 2) /* "a..b" gets quotes */
#define PATH_DOMAIN_BYTES_MAX 255
#define PATH_LABEL_BYTES_MAX 63
#define PATH_ROUTE_HOPS_MAX 10

/* Of a line with its CRLF. RFC 5321 s4.5.3.1.4 wants 512, and what extensions add to MAIL and RCPT:
 * SIZE 26, BODY 17, SMTPUTF8 10, AUTH 500, RET and ENVID 120, REQUIRETLS 11; NOTIFY and ORCPT 530.
 * RFC 4954 s4 wants 12,288 in AUTH. */
#define LINE_BYTES_MAX 512
#define LINE_ENVELOPE_BYTES_MAX 2048
#define LINE_AUTH_BYTES_MAX 12288

/* Of a reply with its CRLF (RFC 5321 s4.5.3.1.5), and of all its lines. */
#define REPLY_LINE_BYTES_MAX 512
#define REPLY_BYTES_MAX 4096
#define REPLY_LINE_ENDS_MAX 16 /* in the facts of one; more are written "?" */

/* RFC 3461 s4.2 and s4.4: an ORCPT has 500 characters of address, an ENVID 100. */
#define PARAM_ORCPT_BYTES_MAX 500
#define PARAM_ENVID_BYTES_MAX 100
#define PARAM_AUTH_BYTES_MAX 500
#define PARAM_SHOWN_BYTES 64 /* of one that is refused, in the reply */

/* RFC 5321 s4.5.3.1.6: text lines have at least 1,000 bytes with their CRLF; longer ones are
 * noted. */
#define TEXT_LINE_BYTES_MAX 1000

/* PROXY: 107 bytes of version 1 with its CRLF; of version 2 the header, addresses and TLVs. */
#define PROXY_V1_BYTES_MAX 107
#define PROXY_V2_BYTES_MAX 4096

#endif
