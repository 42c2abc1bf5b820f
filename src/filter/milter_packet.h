/*
 * milter_packet - packets of the milter protocol: length 4, a letter, the rest
 *
 * The protocol has no RFC; its description is libmilter/docs and the header mfdef.h of Sendmail.
 * What is written here are version 6's commands and answers.
 */
#ifndef FILTER_MILTER_PACKET_H
#define FILTER_MILTER_PACKET_H

#include "base/buf.h"

#define MILTER_PACKET_BYTES_MAX ((size_t)1 << 20) /* of an answer */
#define MILTER_CHUNK_BYTES_MAX 65535              /* of a body, in one packet */

/* What may be done to a message: SMFIF_*. */
enum {
	MILTER_ADD_HEADERS = 0x01,
	MILTER_CHANGE_BODY = 0x02,
	MILTER_ADD_RCPT = 0x04,
	MILTER_DELETE_RCPT = 0x08,
	MILTER_CHANGE_HEADERS = 0x10,
	MILTER_QUARANTINE = 0x20,
	MILTER_CHANGE_FROM = 0x40,
	MILTER_ADD_RCPT_PARAMETERS = 0x80,
	MILTER_SET_SYMBOLS = 0x100,
	MILTER_ACTIONS = 0x1ff
};

/* Which steps it does without, and which it does not answer: SMFIP_*. */
enum {
	MILTER_NO_CONNECT = 0x01,
	MILTER_NO_HELO = 0x02,
	MILTER_NO_MAIL = 0x04,
	MILTER_NO_RCPT = 0x08,
	MILTER_NO_BODY = 0x10,
	MILTER_NO_HEADERS = 0x20,
	MILTER_NO_EOH = 0x40,
	MILTER_NR_HEADER = 0x80,
	MILTER_NO_UNKNOWN = 0x100,
	MILTER_NO_DATA = 0x200,
	MILTER_SKIP = 0x400,
	MILTER_RCPT_REFUSED = 0x800, /* wants those that were refused, too: not offered */
	MILTER_NR_CONNECT = 0x1000,
	MILTER_NR_HELO = 0x2000,
	MILTER_NR_MAIL = 0x4000,
	MILTER_NR_RCPT = 0x8000,
	MILTER_NR_DATA = 0x10000,
	MILTER_NR_UNKNOWN = 0x20000,
	MILTER_NR_EOH = 0x40000,
	MILTER_NR_BODY = 0x80000,
	MILTER_LEADING_SPACE = 0x100000,
	MILTER_STEPS = 0x1ff7ff
};

/* A packet that is being written. */
struct packet {
	struct buf *out;
	size_t at;
};

struct packet packet_begin(struct buf *out, char letter);
void packet_text(struct packet *p, struct str s); /* with a NUL behind it */
void packet_bytes(struct packet *p, struct str s);
void packet_number(struct packet *p, uint32_t n);
void packet_end(struct packet *p);

enum packet_read { PACKET_MORE, PACKET_WHOLE, PACKET_BROKEN };

/* packet_next - the next packet of *in, which is taken out of it; *rest lies in `in` */
enum packet_read packet_next(struct str *in, char *letter, struct str *rest);

/* Of an answer; false when it is not there: nothing is taken then. */
bool packet_take_number(struct str *rest, uint32_t *n);
bool packet_take_text(struct str *rest, struct str *text); /* up to a NUL, which must be there */

#endif
