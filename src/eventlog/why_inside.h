/* why_inside - what the files of why share */
#ifndef EVENTLOG_WHY_INSIDE_H
#define EVENTLOG_WHY_INSIDE_H

#include "base/net.h"
#include "eventlog/why.h"

/* What a line, or all lines of a story, say to a question; a later one beats an earlier. */
enum why_answer { WHY_NOT_ASKED, WHY_UNKNOWN, WHY_NO, WHY_YES };

#define WHY_QUESTIONS 6 /* from, to, client, session, id, message_id */

enum why_key_kind { KEY_SESSION, KEY_ID };

struct why_key {
	enum why_key_kind kind;
	struct str text;
	struct why_key *next;
	struct why_record *records, *last;
	const struct why_record *about; /* of a report: the first line that it tells of */
};

struct why {
	struct why_query query;
	struct arena arena, scratch; /* keys and records; one line */
	struct arena told;           /* stories: they are made when the first is full, too */
	struct why_key **slots;      /* a hash table with open addressing */
	size_t room, count;
	struct why_key *first, *last; /* in the order in which they were found */
	int64_t first_ms, last_ms;    /* of all lines; -1: none */
};

struct why_key *why_key_find(const struct why *w, enum why_key_kind kind, struct str text);

/* why_answers - what one line says to each question */
void why_answers(const struct why_query *q, const struct eventlog_line *l,
	enum why_answer out[WHY_QUESTIONS]);
void why_answers_add(enum why_answer all[WHY_QUESTIONS], const enum why_answer some[WHY_QUESTIONS]);

/* why_fits - nothing that is known speaks against it, and something for it */
bool why_fits(const enum why_answer answers[WHY_QUESTIONS]);
bool why_in_time(const struct why_query *q, const struct eventlog_line *l);

/* why_line_with - the first line of the story that has the field, or NULL; why_sender - what it
 * says of the sender, "<>" for the null one */
const struct eventlog_line *why_line_with(const struct why_story *story, enum eventlog_name name);
struct str why_sender(const struct why_story *story);

/* How it stands with a recipient. */
struct why_state {
	struct str recipient;
	const struct why_record *last; /* what was said of it last */
};

/* why_states - each recipient of a story once, in the order in which they were named; how many of
 * them there are, at most `room` are written */
size_t why_states(const struct why_story *story, struct why_state *out, size_t room);

/* why_state_name - "delivered", "refused" ...; stable, for programs too */
struct str why_state_name(const struct why_state *state);

/* why_paint - how the sentence of a line is coloured */
enum paint why_paint(const struct eventlog_line *l);

/* why_rule_is_plain - a rule that says no more than its line does: the sender is told, as always,
 * or it is tried again, as always */
bool why_rule_is_plain(struct str rule);

/* why_rule_words - what a rule of the deliverer means, where its line has no words for it; absent
 */
struct str why_rule_words(struct str rule);

/* Pieces of sentences. why_say_if: `before`, the value and `behind`, or nothing when the value is
 * absent. why_say_title: "No such mailbox (C34)"; a reason has a name alone. */
void why_say_if(struct buf *b, const char *before, struct str value, const char *behind);
void why_say_title(struct buf *b, const struct why_advice *a);
void why_say_client(struct buf *b, const struct eventlog_line *l);
struct str why_address(struct str path); /* the null one is named */

#endif
