/*
 * catalogue - the knowledge: what `catalogue/(name).tsv` says, as read-only tables
 *
 * tools/gen-catalogue compiles the tables into one pool of text and arrays of
 * rows without a single pointer, so that the whole of it is shared, read-only
 * and free of relocations: a program that looks at one row pays for one row.
 * What the columns mean is in doc/catalogue.md.
 *
 * Any thread, any time: nothing here is ever written.
 */
#ifndef CATALOGUE_CATALOGUE_H
#define CATALOGUE_CATALOGUE_H

#include "base/str.h"
#include "catalogue.gen.h" /* enum reason, enum sign, enum lang; the row counts; tools/gen-catalogue writes it */

/* Text in the pool. {0, 0} is absent. */
struct text {
	uint32_t at;
	uint32_t len;
};

/* catalogue_text - the slice; NUL-terminated, lives for ever; absent when the field is empty */
struct str catalogue_text(struct text t);

enum verdict { VERDICT_UNKNOWN, VERDICT_HARD, VERDICT_SOFT, VERDICT_BLOCK };
enum said { SAID_NOTHING, SAID_PERMANENT, SAID_TEMPORARY, SAID_SUCCESS };
enum strength { STRENGTH_NONE, STRENGTH_WRAPPER, STRENGTH_WEAK, STRENGTH_STRONG, STRENGTH_SURE };
enum where {
	WHERE_ANY,
	WHERE_REPLY,
	WHERE_TEXT,
	WHERE_SUBJECT,
	WHERE_FROM,
	WHERE_RECEIVED,
	WHERE_MESSAGE_ID,
	WHERE_HEADER
};

struct reason_row {
	struct text name, family, fault, fixer, action, retried, meaning, advice;
	struct text status_permanent, status_temporary, source;
	uint8_t verdict; /* enum verdict */
};

struct reply_row {
	struct text class, name, other_name, meaning, stage, confidence, dotless, source;
	uint16_t code;
	uint8_t said;   /* enum said */
	uint8_t reason; /* enum reason; REASON_UNKNOWN when the code alone says nothing */
	uint8_t weight; /* enum strength, from `confidence`: high strong, medium weak, low none */
};

struct enhanced_row {
	struct text code, name, other_name, basic_codes, meaning, cause, fixer, said, source;
	uint16_t subject, detail;
	uint8_t reason; /* enum reason; REASON_UNKNOWN when the code says none */
	uint8_t weight; /* enum strength */
};

/* What a digit of a reply code means by its place: "5xx", "x2x". */
struct digit_row {
	struct text code, name, other_name, meaning, source;
};

struct phrase_row {
	struct text
		id; /* "phrase:no-such-user": made from the phrase, stable while the phrase is */
	struct text phrase, lang, generator, source;
	uint8_t reason, strength, where;
};

struct blocklist_row {
	struct text id; /* "blocklist:zen.spamhaus.org" */
	struct text match, name, lists, operator, removal, kind, status, source;
	struct text advice; /* a key: catalogue_advice() */
	uint8_t reason;     /* enum reason */
	bool is_dead, is_lookup, is_allow;
};

struct provider_row {
	struct text provider, host, source;
	uint16_t codes_from, codes; /* this provider's rows of catalogue_provider_codes */
	bool is_filter;             /* it checks mail for others: an MX in front of their servers */
};

struct provider_code_row {
	struct text id; /* "provider:gmail-google-workspace:5.7.26-..." */
	struct text provider, pattern, meaning, link, source;
	struct text advice;     /* a key: catalogue_advice() */
	uint16_t reply_code;    /* 0: any */
	uint8_t class, subject; /* of the enhanced code; class 0: any ("X"); subject 255: no code */
	uint16_t detail_from, detail_to; /* a range: "5.7.606-5.7.649" */
	uint8_t reason, verdict;         /* verdict VERDICT_UNKNOWN: the reason's own */
	bool anywhere;                   /* scope "any" */
};

/* What a situation may depend on, besides the words of the server: WHENS in
 * tools/gen-catalogue. */
enum situation_when {
	WHEN_ALWAYS,
	WHEN_OWN_SERVER,    /* the sender's own server refused */
	WHEN_REMOTE_SERVER, /* the recipient's side did */
	WHEN_SAID_TEMPORARY,
	WHEN_SAID_PERMANENT,
	WHEN_EXPIRED,         /* given up because time ran out */
	WHEN_LIST_IS_DEAD,    /* the blocklist that is named was shut down */
	WHEN_LIST_IS_UNNAMED, /* no public list is named */
	WHEN_PROVIDER_HIDES,  /* a code by which a provider answers both "no such user" and
				 "blocked" */
	WHEN_NO_WORDS,        /* nothing of the server's answer is known */
	WHEN_NAMES_ANOTHER,   /* an address besides the recipient's stands in the answer */
	WHEN_BEFORE_TEXT      /* refused before any of the text was sent */
};

struct situation_row {
	struct text key;   /* of an explanation: "relay_denied/own_server" */
	struct text words; /* one of these must occur in the server's words: "a|b"; absent = no
			      matter */
	struct text fixer; /* whose move it is there; absent = the reason's */
	struct text source;
	uint8_t reason, when; /* enum reason, enum situation_when */
};

/* What a server answers, and why: docs in conditions.h. */
struct condition_row {
	struct text id;         /* "C34"; stable, never given to another condition */
	struct text name;       /* "unknown_user": that of CONDITION_UNKNOWN_USER */
	struct text stage;      /* "mail, rcpt" */
	struct text documented; /* the line of the document, letter by letter; absent when it has
				   none */
	struct text documented_sentence; /* its words with placeholders: "Size: {kb} KB" */
	struct text enhanced;            /* "5.1.1"; absent in greetings, after EHLO and in 3yz */
	struct text sentence;            /* "Unknown user <{rcpt}>" */
	struct text setting; /* the setting that governs it; absent when there is none */
	struct text fixer, source;
	uint16_t documented_reply; /* 0: the document has no reply here */
	uint16_t reply;            /* 0: stands in reports only */
	uint8_t reason;            /* enum reason: what a reader makes of either line */
	uint8_t sees;              /* enum condition_sees */
	uint8_t retry;             /* enum condition_retry */
	uint8_t after;             /* enum condition_after */
	bool is_refusal;           /* has a reason */
	bool is_counted;           /* as an error of the client */
};

/* What becomes of it before the sender's eyes. */
enum condition_sees {
	SEES_RETURNED, /* the message comes back */
	SEES_RETRIED,  /* nothing, unless it lasts */
	SEES_PROGRAM,  /* the mail program shows it while sending */
	SEES_PROGRAMS, /* two programs talk, people seldom see it */
	SEES_REPORT,   /* it stands in a report of this server */
	SEES_ACCEPTED  /* nothing: all is well */
};

/* Does another try of the same message help? */
enum condition_retry { RETRY_NO, RETRY_YES, RETRY_WHEN_FIXED };

/* What is left of the session. */
enum condition_after {
	AFTER_STAYS, /* all as before; a message that was not begun is not begun */
	AFTER_RESET, /* the message is gone, the session goes on */
	AFTER_CLOSES /* the connection is closed */
};

struct condition_words_row {
	struct text title, trigger, sender, admin;
	struct text note; /* why the line of today differs; absent when there is nothing to say */
};

/* What a provider's code or a blocklist asks for: several rows may ask for the same. */
struct advice_row {
	struct text key;
	struct text meaning; /* what it is; absent when there is nothing to say */
	struct text advice;  /* the next step */
};

/* What tables with English in their columns say in another language; absent is English. */
struct code_words_row {
	struct text key; /* "reply:550", "enhanced:X.1.1", "client:0x800CCC0D", "digit:5xx",
			    an id */
	struct text name, meaning, cause, advice;
};

struct generator_row {
	struct text generator, header, pattern, source; /* header: the name of "header:Name" */
	uint8_t where;
	uint8_t weight;
};

/* A row of generators for a header field; the last one has no row, and HEADER_MARK_END. */
struct header_mark {
	uint32_t key; /* header_key() of the field's name: read/header.h */
	uint16_t row;
};
#define HEADER_MARK_END 0xFFFF

struct client_error_row {
	struct text code, origin, smtp_equivalent, meaning, advice, source;
	uint8_t reason;
};

struct sign_row {
	struct text lang, pattern, source;
	uint8_t sign;   /* enum sign */
	uint8_t counts; /* in which kinds of text: 1 << enum where, or-ed */
};

/* A word by which letters are understood that quote no server: read/letter.h. Folded. */
struct letter_word_row {
	struct text word;
	uint64_t head; /* its first eight bytes, the first one highest; zeros where it is shorter */
	uint64_t mask; /* those that it has */
	uint32_t langs; /* a bit for each language that has it, in this class */
	uint8_t class;  /* enum letter_class */
	bool is_stem;   /* a word may go on behind it */
};

/* What words of these classes in one sentence mean. */
enum letter_means {
	LETTER_MEANS_REASON,
	LETTER_MEANS_FAILURE,
	LETTER_MEANS_DELAY,
	LETTER_MEANS_ENDED,  /* it is not tried any more */
	LETTER_MEANS_AWAY,   /* somebody is absent */
	LETTER_MEANS_OTHER,  /* not about delivery: a confirmation that is asked for, a digest */
	LETTER_MEANS_PERSON, /* somebody speaks of himself */
	LETTER_MEANS__COUNT
};

struct letter_rule_row {
	uint64_t needs, unless; /* 1 << enum letter_class, or-ed */
	uint8_t means;          /* enum letter_means */
	uint8_t reason;         /* enum reason, of LETTER_MEANS_REASON */
};

struct explanation_row {
	struct text key, headline, happened, why, sender, sending_admin, receiving_admin, source;
};

struct sentence_row {
	struct text key, text, source;
};

extern const struct reason_row catalogue_reasons[];    /* by enum reason, REASON__COUNT */
extern const struct reply_row catalogue_replies[];     /* sorted by code */
extern const struct enhanced_row catalogue_enhanced[]; /* sorted by subject, detail */
extern const struct phrase_row catalogue_phrases[]; /* sizes: CATALOGUE_PHRASES ... in the .gen.h */
extern const struct blocklist_row catalogue_blocklists[];
extern const struct provider_row catalogue_providers[]; /* sorted by host read from its end */
extern const struct provider_code_row catalogue_provider_codes[]; /* grouped by provider */
extern const struct digit_row catalogue_code_digits[];
extern const struct text catalogue_sisimai_reasons[];     /* by enum reason: the name in Sisimai */
extern const struct situation_row catalogue_situations[]; /* the first that holds counts */
extern const struct generator_row catalogue_generators[];
extern const struct header_mark catalogue_header_marks[]; /* in the order of those */
extern const struct client_error_row catalogue_client_errors[];
extern const struct sign_row catalogue_signs[];
extern const struct letter_word_row catalogue_letter_words[]; /* those that begin alike together */
extern const struct letter_rule_row catalogue_letter_rules[]; /* of two reasons the first counts */
extern const struct condition_row catalogue_conditions[]; /* by enum condition, CONDITION__COUNT */

/* Find one row; NULL when there is none. O(log n). Names are compared without regard to case. */
int catalogue_reason_find(struct str name); /* enum reason, or -1 */
const struct reply_row *catalogue_reply_find(unsigned code);
const struct enhanced_row *catalogue_enhanced_find(unsigned subject, unsigned detail);
const struct client_error_row *catalogue_client_error_find(struct str code);

/* catalogue_condition_find - enum condition by its id or name, "C34" or "unknown_user"; -1 when
 * there is none. By name O(n) */
int catalogue_condition_find(struct str id);

/* catalogue_blocklist_named - the row of that name as it is shown; NULL when there is none. O(n) */
const struct blocklist_row *catalogue_blocklist_named(struct str name);

/* catalogue_provider_find - the row whose host is `host` or a parent domain of it; the longest wins
 */
const struct provider_row *catalogue_provider_find(struct str host);

/* Words of one language. A key that the language lacks falls back to English; NULL/absent when that
 * lacks it too. */
const struct explanation_row *catalogue_explanation_find(enum lang lang, struct str key);
struct str catalogue_sentence(enum lang lang, struct str key);
const struct condition_words_row *catalogue_condition_words(enum lang lang, enum condition c);

/* catalogue_advice - NULL for the absent key */
const struct advice_row *catalogue_advice(enum lang lang, struct text key);

/* catalogue_code_words - what the language says of a row of the code tables; every field is absent
 * where it says nothing, and the row's own English counts. O(log n) */
struct code_words_row catalogue_code_words(enum lang lang, struct str key);

int catalogue_lang_find(struct str tag); /* "de", "de-AT", "pt_BR.UTF-8" -> enum lang, or -1 */
struct str catalogue_lang_tag(enum lang lang);
struct str catalogue_sign_name(enum sign sign);

#endif
