/*
 * reply - finds the reply code and the enhanced status in a server's words
 *
 * RFC 5321 s4.2 and RFC 3463 say what they look like; the trouble is what looks
 * like them and is not: numbers in addresses, IPs, ports, sizes, years, queue ids. A
 * code counts by the company it keeps.
 */
#ifndef READ_REPLY_H
#define READ_REPLY_H

#include "base/arena.h"

struct status {
	uint8_t class;    /* 2, 4 or 5; 0 = none */
	uint16_t subject; /* 0..999 */
	uint16_t detail;
};

/*
 * status_parse - an enhanced status code at the start of `in`
 *
 * Grammar   RFC 3463 s2: class "." subject "." detail, not followed by a digit or another ".digit"
 * out       written only on success
 * Returns   bytes consumed (5..9), or 0 when `in` does not start with one
 */
size_t status_parse(struct str in, struct status *out);

/* status_next - the next status code in running text, at or after *at (moved behind it); class 0
 * when there is none. IPs, versions and numbers inside words are passed over. */
struct status status_next(struct str text, size_t *at, size_t *found_at);

static inline bool
status_same(struct status a, struct status b)
{
	return a.class == b.class && a.subject == b.subject && a.detail == b.detail;
}

/* status_is_vague - says nothing but its class: X.0.0 */
static inline bool
status_is_vague(struct status s)
{
	return s.subject == 0 && s.detail == 0;
}

/* status_text - "5.1.1" in the arena */
struct str status_text(struct status s, struct arena *a);

struct reply {
	unsigned code;        /* 550; 0 = none */
	struct status status; /* class 0 = none */
	size_t at;            /* where the code begins, when there is one */
	bool is_sure; /* it stands where a reply code stands: at the start, after "said:", with a
			 status behind */
};

/* reply_scan - the code and the status of a server's answer somewhere in `text`; prefers a code in
 * a sure place, and the last refusal's status behind it. O(n) */
struct reply reply_scan(struct str text);

/* reply_begins_line - is there nothing but blanks before this place of its line? */
bool reply_begins_line(struct str text, size_t at);

/*
 * reply_join - a multi-line answer as one line
 *
 * "550-5.7.1 one\n550-5.7.1 two\n550 5.7.1 three" becomes "550 5.7.1 one two three"; folded lines
 * are joined with one blank; other text is only unfolded. Returns  a slice of `text` when it is one
 * line already, else text in the arena
 */
struct str reply_join(struct str text, struct arena *a);

/* reply_join_origin - where in `text` the byte stands that is at `joined_at` of what reply_join()
 * makes of it; of a blank between two lines: where the second begins. O(n) */
size_t reply_join_origin(struct str text, size_t joined_at);

/* reply_skip_rules - `raw` without the lines at its head that only part a report from the words
 * under it: "-------server message", "====="; nothing when there are no others. O(n) */
struct str reply_skip_rules(struct str raw);

#endif
