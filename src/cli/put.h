/*
 * put - text on its way out: a buffer that grows, or that is written to a file as it fills
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
	int fd;    /* where it goes when it is full; -1: it grows */
	int error; /* an errno; 0: all is well */
};

/* put_init - fd: see above; memory comes with the first byte */
void put_init(struct put *p, int fd);
void put_fini(struct put *p);

void put_bytes(struct put *p, const char *bytes, size_t len);
void put_words(struct put *p, const char *words);
void put_char(struct put *p, char c);
void put_number(struct put *p, int64_t n);

/* put_utf8 - the text, made UTF-8; a NUL becomes U+FFFD too */
void put_utf8(struct put *p, struct nixie_str text);

/* put_json - the text as a JSON string with its quotes; absent is "" */
void put_json(struct put *p, struct nixie_str text);

/* put_flush - writes what is there to the file; false when that fails, now or before */
bool put_flush(struct put *p);

/* put_sink - a nixie_sink; `to` is a struct put */
bool put_sink(void *to, const char *bytes, size_t len);

#endif
