/*
 * milter - the machine of the milter protocol, version 6; the side of the mail server
 *
 * A milter follows a session to its end, so one machine lives as long: each question goes on where
 * the last one ended. The first one negotiates, and whichever comes first tells what was before it:
 * of a session whose connection had to go, the milter hears once more with the next question.
 *
 *	connect  O  D C
 *	EHLO   D H
 *	MAIL   D M
 *	RCPT   D R
 *	DATA   D T
 *	end    D L... D N  B...  D E
 *	a message that did not come to its end  A
 *	the session's end  Q
 *
 * Each step waits for its answer, unless it was negotiated away. A connection is for one session:
 * version 6 has a word for "another one follows" (QUIT_NC), but libmilter 8.17 answers nothing
 * behind it.
 */
#ifndef FILTER_MILTER_H
#define FILTER_MILTER_H

#include "filter/machine.h"
#include "filter/milter_packet.h"

#define MILTER_VERSION 6
#define MILTER_VERSION_MIN 2
#define MILTER_MACROS_BYTES_MAX 1024 /* names that it asks for, of a step */

enum milter_step {
	MILTER_AT_REST,
	MILTER_NEGOTIATE,
	MILTER_CONNECT,
	MILTER_HELO,
	MILTER_MAIL,
	MILTER_RCPT,
	MILTER_DATA,
	MILTER_HEADER,
	MILTER_EOH,
	MILTER_BODY,
	MILTER_EOM
};

/* Steps that macros may be asked for: SMFIM_*. */
#define MILTER_MACRO_STEPS 7

struct milter {
	struct machine m;
	enum milter_step step, last; /* last: of the question at hand */
	enum milter_step told; /* of the connection: NEGOTIATE, CONNECT, HELO; AT_REST: nothing */
	bool is_waiting;       /* for the answer to the step */
	bool is_accepted;      /* it wants to hear nothing more of this message */
	bool is_used;          /* it was told of a message, and not of its end */
	bool skips_body, has_body;
	uint32_t version, actions, steps;
	struct str header; /* that is still to be told */
	struct buf body;   /* that it gives instead */
	bool has_new_body, has_bad_edit;
	char macros[MILTER_MACRO_STEPS][MILTER_MACROS_BYTES_MAX]; /* "" : the usual ones */
};

/* milter_init - a new connection; milter_fini */
void milter_init(struct milter *t);
void milter_fini(struct milter *t);

void milter_begin(struct milter *t, const struct filter_question *q, struct buf *out);
void milter_text(struct milter *t, struct str piece, struct buf *out);
enum machine_wants milter_next(struct milter *t, struct str *in, bool is_end, struct buf *out);

/* milter_mail_over - the message is over, however it ended; MAIL or HELO may follow */
void milter_mail_over(struct milter *t, struct buf *out);

/* milter_over - the session is over, and with `out` so is the connection */
void milter_over(struct milter *t, struct buf *out);

#endif
