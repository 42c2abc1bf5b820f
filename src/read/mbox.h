/*
 * mbox - where the messages of an mbox begin (RFC 4155, and what came before it)
 *
 * An mbox has no length fields, only lines that begin with "From ", and such lines
 * also stand in letters. A new message begins where such a line
 *   - stands at the start, or behind an empty line,
 *   - ends in a date as mail programs write it there: "Thu Nov 22 04:15:57 2026",
 *     with or without seconds, with a zone before or after the year, "From - Thu ..."
 *     of Mozilla, or a date of RFC 5322; what is behind the date is left alone,
 *   - and is followed by a header field, or by another From line, quoted or not.
 * In an mboxcl2 nothing is quoted: a Content-Length is believed when another message,
 * or the end, is where it points to, and only then.
 *
 * The ">" of ">From " stays: taking it off would move the offsets of all evidence,
 * which tells where words stand in the file's own bytes, and no reply of a server
 * begins like that. Lines end in LF, CRLF or CR, as the message's own From line does: a
 * lone CR among LFs is text, which who wrote the mbox did not look behind.
 *
 * No input or output here: bytes in, positions out.
 */
#ifndef READ_MBOX_H
#define READ_MBOX_H

#include <stdbool.h>
#include <stddef.h>

/* mbox_is_from_line - do the bytes begin with a From line? Its next line does not count here. */
bool mbox_is_from_line(const char *bytes, size_t len);

struct mbox_end {
	size_t scanned; /* no other message begins before this; 0 for a new message */
	size_t end;     /* of the message, without the empty line that parts it from the next */
	size_t next;    /* where the next one begins, or the end of the bytes */
	char line_end;  /* of its lines, in its last byte: LF or CR; kept with `scanned` */
};

/*
 * mbox_find_end - the end of the message at the start of `bytes`
 *
 * is_all   nothing follows these bytes
 * limit    a message cannot be longer
 * Returns  true and e->end, e->next; false when more bytes are needed to tell
 * Cost     O(len - e->scanned)
 */
bool mbox_find_end(const char *bytes, size_t len, bool is_all, size_t limit, struct mbox_end *e);

#endif
