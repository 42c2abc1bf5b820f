/*
 * html - the one door for text on its way into a page
 *
 * Markup can only be a literal of the program: HTML() takes nothing else. All other bytes, the
 * catalogue's and strangers' alike, go through the functions, which write text that ends no
 * element and no attribute: & < > " ' are references, controls are dropped or drawn, and what
 * reorders or hides text (base/shown.h) is gone. The output is well-formed UTF-8 for any input.
 *
 * All of it is O(len); nothing is allocated.
 */
#ifndef WEB_HTML_H
#define WEB_HTML_H

#include "base/out.h"

/* HTML - markup, a string literal; attributes always stand in double quotes */
#define HTML(out, literal) out_add((out), STR("" literal ""))

/* html_text - text on a line, in an element or in an attribute: line ends and tabs become blanks,
 * other controls are dropped */
void html_text(struct out *out, struct str text);

/* html_lines - text with its lines, for <pre> and <textarea>: CRLF, CR and LF are line ends, tabs
 * stay, other controls are drawn (U+2400 and on) so that a person sees that they are there */
void html_lines(struct out *out, struct str text);

/* html_component - a piece of an address, for a path or a query: letters, digits and -._~ stay,
 * all else is percent-encoded */
void html_component(struct out *out, struct str text);

#endif
