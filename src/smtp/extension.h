/*
 * extension - the service extensions this machine knows: what EHLO may offer
 *
 * A setting says which of them a listener offers; a parameter or a verb of one that is not offered
 * is unknown there (RFC 5321 s2.2.1).
 */
#ifndef SMTP_EXTENSION_H
#define SMTP_EXTENSION_H

#include <stdint.h>

/* In the order in which EHLO lists them. */
#define EXTENSIONS(X)                                                                              \
	X(PIPELINING, "PIPELINING", "RFC 2920")                                                    \
	X(SIZE, "SIZE", "RFC 1870")                                                                \
	X(8BITMIME, "8BITMIME", "RFC 6152")                                                        \
	X(SMTPUTF8, "SMTPUTF8", "RFC 6531")                                                        \
	X(CHUNKING, "CHUNKING", "RFC 3030")                                                        \
	X(BINARYMIME, "BINARYMIME", "RFC 3030")                                                    \
	X(DSN, "DSN", "RFC 3461")                                                                  \
	X(ENHANCEDSTATUSCODES, "ENHANCEDSTATUSCODES", "RFC 2034")                                  \
	X(STARTTLS, "STARTTLS", "RFC 3207")                                                        \
	X(AUTH, "AUTH", "RFC 4954")                                                                \
	X(REQUIRETLS, "REQUIRETLS", "RFC 8689")                                                    \
	X(LIMITS, "LIMITS", "RFC 9422")                                                            \
	X(XCLIENT, "XCLIENT", "postfix.org XCLIENT_README")

enum extension_index {
#define X(id, keyword, rfc) EXTENSION_INDEX_##id,
	EXTENSIONS(X)
#undef X
		EXTENSION__COUNT
};

/* Their bits: EXTENSION_SIZE ... */
enum extension {
#define X(id, keyword, rfc) EXTENSION_##id = 1 << EXTENSION_INDEX_##id,
	EXTENSIONS(X)
#undef X
};

#endif
