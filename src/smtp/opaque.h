/*
 * opaque - passwords as they are compared: OpaqueString, RFC 8265 s4.2
 *
 * "pässwörd" is other bytes on one keyboard than on another: composed here, letters with marks
 * behind them there. Prepared they are one. Case, width and spaces at the ends stay as they are.
 * Also for SCRAM, whose RFC 5802 asks for SASLprep: doc/decisions/0017-libunistring.md.
 */
#ifndef SMTP_OPAQUE_H
#define SMTP_OPAQUE_H

#include "base/str.h"

#define OPAQUE_BYTES_MAX 512                     /* of letters beyond ASCII, before and after */
#define OPAQUE_ROOM_BYTES (3 * OPAQUE_BYTES_MAX) /* NFC makes at most three bytes of one */

/*
 * opaque_prepare - spaces beyond ASCII become U+0020, and all is NFC
 *
 * password  printable ASCII, of any length, is the result itself, at no cost
 * room      holds the result otherwise; its owner wipes it. What is refused leaves nothing in it
 * Returns   false for what is no such string: empty, not UTF-8, too long, or with a character
 *           outside of the FreeformClass (RFC 8264 s4.3): a control, one that is unassigned, one
 *           that is not seen, or one that may not stand there
 */
bool opaque_prepare(struct str password, char room[OPAQUE_ROOM_BYTES], struct str *out);

#endif
