/*
 * site - what all pages share: head, navigation, languages, foot, and how a page says its words
 *
 * The words are rows of catalogue/sentences.LANG.tsv. A page lives for one request.
 */
#ifndef WEB_SITE_H
#define WEB_SITE_H

#include "explain/explain.h"
#include "web/html.h"
#include "web/route.h"

struct site {
	struct out out;
	const struct web_call *call;
	struct web_response *res;
	enum lang lang;
	struct arena *arena;
	struct str asked_lang; /* the tag of ?lang=, when it is one: kept in every link */
};

struct site_head {
	struct str title, description;
	struct str folder,
		name; /* the page's address: "/reasons/" and "user_unknown"; name may be absent */
	struct str query; /* of a look-up: kept when the language changes; absent: none */
	bool is_answer;   /* about somebody's mail, or nothing to keep: not for search engines */
};

/* site_open - a page into the response's body; site_close() writes out the rest of it */
void site_open(struct site *s, const struct web_call *call, struct web_response *res);
void site_close(struct site *s);

/* site_begin, site_end - all that stands before and behind the content of <main> */
void site_begin(struct site *s, const struct site_head *head);
void site_end(struct site *s);

/* site_not_found - the whole page for a name that no table has, with 404 */
void site_not_found(const struct web_call *call, struct web_response *res);

/* site_word - the sentence of that key */
struct str site_word(const struct site *s, const char *key);

/* site_name - the sentence of "prefix" and a name of the catalogue: ("reason.", "expired") */
struct str site_name(const struct site *s, const char *prefix, struct str name);

/* site_fill - the sentence of that key with facts put in */
struct str site_fill(const struct site *s, const char *key, const struct fill *facts);

/* site_say - the sentence of that key, as text of the page */
void site_say(struct site *s, const char *key);

/* site_paragraph - <p>, when there is text */
void site_paragraph(struct site *s, struct str text);

/* site_steps - <li> for each */
void site_steps(struct site *s, const struct steps *steps);

/* site_notice - a card that tells one thing, and what to do: `how` is steps with " | " between */
void site_notice(struct site *s, struct str title, struct str how);

/* site_part - the next of the parts that " | " separates in a sentence; false after the last */
bool site_part(struct str *rest, struct str *part);

/* site_english - opens an element whose text is in English whatever the page's language is, as
 * SITE_ENGLISH(s, "<p", ">") */
#define SITE_ENGLISH(s, head, tail)                                                                \
	do {                                                                                       \
		HTML(&(s)->out, head);                                                             \
		if ((s)->lang != LANG_EN)                                                          \
			HTML(&(s)->out, " lang=\"en\"");                                           \
		HTML(&(s)->out, tail);                                                             \
	} while (0)

/* site_href - ` href="..."` of a page of ours: the folder, a name to be encoded, and the language
 * that was asked for */
void site_href(struct site *s, struct str folder, struct str name);

/* site_link - a whole link to a page of ours */
void site_link(struct site *s, struct str folder, struct str name, struct str text);

/* site_out_link - a link to a page of somebody else that the catalogue names; only http and https,
 * anything else is text */
void site_out_link(struct site *s, struct str address);

#endif
