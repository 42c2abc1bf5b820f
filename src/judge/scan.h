/*
 * scan - what the catalogue knows in one text: the candidates for a reason, the best one first
 *
 * Order among them (reference: doc/judging.md): the refusing provider's own code or
 * phrase; a blocklist's name in a sentence that refuses; sure words; strong words; what the
 * enhanced code says by itself; weak words; what the reply code says by itself.
 */
#ifndef JUDGE_SCAN_H
#define JUDGE_SCAN_H

#include "catalogue/patterns.h"
#include "read/reply.h"
#include "read/signs.h"

/* A text and all that the catalogue knows in it: searched once, asked often. */
struct scanned {
	struct str text;   /* as given */
	struct str folded; /* in the arena */
	const struct pattern_hit *hits;
	size_t count;
	uint64_t signs; /* those in rows for replies, one bit each */
};

/* scan_make - searches the first SCAN_BYTES_MAX of `text`. O(n) */
#define SCAN_BYTES_MAX                                                                             \
	16384 /* a diagnostic is far shorter, and prose that goes on repeats itself */
void scan_make(struct str text, struct arena *a, struct scanned *s);

/* scan_words_of - the words that a hit stands for, in the text as given. O(n) */
struct str scan_words_of(const struct scanned *s, const struct pattern_hit *h);

/* scan_sign - the words that show the sign first; absent when it does not occur */
struct str scan_sign(const struct scanned *s, enum sign sign);

struct candidate {
	enum reason reason;
	unsigned weight;  /* 0 = none; percent-like: RANK_... below, finer by how much the words
			     cover */
	struct str rule;  /* "phrase:user-unknown" */
	struct str words; /* of the text as given */
	const struct provider_code_row *provider_code; /* when it was one */
	const struct blocklist_row *blocklist;         /* when it was one */
};

/* How much a kind of rule weighs. The gaps leave room for +9 by length. */
enum {
	RANK_REPLY_CODE = 10,
	RANK_ENHANCED_WEAK = 30,
	RANK_PHRASE_WEAK = 40,
	RANK_ENHANCED_STRONG = 50,
	RANK_PHRASE_STRONG = 60,
	RANK_PHRASE_SURE = 70,
	RANK_BLOCKLIST = 80,
	RANK_PROVIDER = 90,
	RANK_STATED = 100
};

/* What is known before the words are looked at. */
struct scan_context {
	struct str
		provider; /* the refusing provider's name in the catalogue; absent when unknown */
	const struct provider_row *provider_row; /* one of its rows; NULL when unknown */
	struct reply reply;                      /* code and status of this refusal */
	bool is_reply; /* the text is a server's answer; else the report's prose */
};

/* scan_text - the best candidate in a text, and the best blocklist named in it even when something
 * else decides. O(hits) */
struct candidate scan_text(const struct scanned *s, const struct scan_context *about,
	const struct blocklist_row **blocklist);

/* scan_codes - what the codes say when no words do: enhanced status, then reply code */
struct candidate scan_codes(const struct reply *reply);

/* scan_provider_code - the row of the provider that matches by its codes alone; weight 0 when there
 * is none. O(its rows) */
struct candidate scan_provider_code(const struct scan_context *about);

#endif
