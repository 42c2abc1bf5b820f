/*
 * proxy - who is behind a proxy: the PROXY protocol, versions 1 and 2
 *
 * haproxy.org proxy-protocol.txt, 2020. The header comes before anything else, TLS too. Whoever may
 * send one may claim any address, so it is read from listed hosts only, and there it must come.
 * Version 2's TLVs are passed over.
 */
#ifndef SMTP_PROXY_H
#define SMTP_PROXY_H

#include "base/str.h"
#include "smtp/limits.h"

/* An end of a connection. */
struct endpoint {
	uint8_t family;          /* 4, 6, or 0 = not known */
	uint16_t port;           /* 0 = not known */
	unsigned char bytes[16]; /* network order; 4 or 16 of them */
};

struct proxy {
	bool is_local; /* the proxy speaks for itself (its health check) or does not know: the
			  connection's own addresses hold */
	struct endpoint source, destination;
};

enum proxy_result { PROXY_OK, PROXY_MORE, PROXY_BAD };

/*
 * proxy_parse - the header at the start of `in`
 *
 * in        borrowed, any bytes
 * out, used written only on PROXY_OK; used: its length
 * Returns   PROXY_MORE when `in` is the beginning of one; then it is shorter than
 *           PROXY_V2_BYTES_MAX. PROXY_BAD is final.
 */
enum proxy_result proxy_parse(struct str in, struct proxy *out, size_t *used);

/* endpoint_parse - "192.0.2.1" or "2001:db8::1" (no brackets, no port) into family and bytes; false
 * when it is neither */
bool endpoint_parse(struct str text, struct endpoint *out);

/* endpoint_print - its address without the port; the length, 0 when the family is not known */
#define ENDPOINT_TEXT_BYTES 46
size_t endpoint_print(const struct endpoint *e, char room[ENDPOINT_TEXT_BYTES]);

#endif
