/*
 * sheet - what a report says to people, once, and written twice: as text and as HTML
 *
 * A list of blocks. Both forms show the same words in the same order; text is wrapped at a width
 * that every mail program shows, HTML has no script, no link, no picture and nothing from
 * elsewhere. What strangers wrote is escaped here, and its controls are left out.
 */
#ifndef REPORT_SHEET_H
#define REPORT_SHEET_H

#include "base/arena.h"
#include "base/buf.h"
#include "catalogue/catalogue.h"

#define SHEET_COLUMNS 72

enum block_kind {
	BLOCK_HEADLINE,
	BLOCK_HEADING,
	BLOCK_PARAGRAPH,
	BLOCK_STEP,  /* of a list */
	BLOCK_QUOTE, /* words of another server */
	BLOCK_FACT,  /* label and text */
	BLOCK_LINE   /* a line between two cases */
};

struct block {
	enum block_kind kind;
	struct str label, text;
};

struct sheet {
	struct arena *arena;
	struct block *list;
	size_t count, room;
};

/* sheet_add - one more block; an empty text adds none. The text must live as long as the sheet */
void sheet_add(struct sheet *s, enum block_kind kind, struct str text);
void sheet_fact(struct sheet *s, struct str label, struct str text);

/* sheet_heading - a heading for what follows; it goes again when nothing follows it */
void sheet_heading(struct sheet *s, struct str text);

void sheet_text(const struct sheet *s, struct buf *out);
void sheet_html(const struct sheet *s, enum lang lang, struct buf *out);

#endif
