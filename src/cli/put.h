/*
 * put - text on its way out, in a buffer that grows
 *
 * Failing is sticky: later calls do nothing, and the caller asks once, at its end.
 * Text of a message is made UTF-8 here as nixie_report_json() does it: each byte that
 * cannot be read becomes U+FFFD.
 */
#ifndef CLI_PUT_H
#define CLI_PUT_H

#include "nixie.h"

struct put {
	char *ptr;
	size_t len, room;
	bool failed; /* memory ran out */
};

/* A zeroed struct put is an empty one; memory comes with the first byte. */
void put_fini(struct put *p);

void put_bytes(struct put *p, const char *bytes, size_t len);
void put_words(struct put *p, const char *words);
void put_char(struct put *p, char c);
void put_number(struct put *p, int64_t n);

/* put_utf8 - the text, made UTF-8; a NUL becomes U+FFFD too */
void put_utf8(struct put *p, struct nixie_str text);

/* put_json - the text as a JSON string with its quotes; absent is "" */
void put_json(struct put *p, struct nixie_str text);

/* put_sink - a nixie_sink; `to` is a struct put */
bool put_sink(void *to, const char *bytes, size_t len);

#endif
