/*
 * page - text for people, laid out: headings, wrapped paragraphs, lists, a table of facts
 *
 * Wraps by display columns (a CJK character takes two), indents, colours on request. What strangers
 * wrote passes through here last: control characters, which could move a terminal's cursor or hide
 * text, and the bidirectional overrides are left out.
 */
#ifndef EXPLAIN_PAGE_H
#define EXPLAIN_PAGE_H

#include "base/out.h"

enum paint {
	PAINT_PLAIN,
	PAINT_HEADLINE,
	PAINT_HEADING,
	PAINT_QUOTE,
	PAINT_GOOD,
	PAINT_BAD,
	PAINT_WAIT,
	PAINT_FAINT
};

struct page {
	struct out *out;
	unsigned columns; /* 0: no wrapping */
	bool colour;
};

/* page_text - a paragraph, each line indented by `indent` blanks; the first one begins with `lead`
 * instead, when it is set */
void page_text(struct page *p, unsigned indent, struct str lead, struct str text, enum paint paint);

/* page_line - one line as it is, not wrapped */
void page_line(struct page *p, struct str text, enum paint paint);

/* page_fact - "label    value", the value in a column of its own */
void page_fact(struct page *p, struct str label, unsigned label_columns, struct str value);

void page_blank(struct page *p);

/* text_columns - how many columns the text takes on a terminal */
unsigned text_columns(struct str text);

#endif
