/*
 * entry - the directory as its operator says it: `account john@a.example quota=1G active=yes`
 *
 * Everything in the directory is a kind, a name, for some kinds a second name, and properties with
 * values as one writes them. What is listed can be added again as it stands: both go through one
 * table of properties.
 */
#ifndef DIRECTORY_ENTRY_H
#define DIRECTORY_ENTRY_H

#include "directory/directory.h"

enum entry_kind {
	ENTRY_DOMAIN,
	ENTRY_DOMAIN_ALIAS,
	ENTRY_ACCOUNT,
	ENTRY_IDENTITY,
	ENTRY_ALIAS,
	ENTRY_LIST,
	ENTRY_MEMBER,
	ENTRY_ROUTE,
	ENTRY_ROUTE_ADDRESS,
	ENTRY_RANGE,
	ENTRY_KIND_COUNT
};

#define ENTRY_PROPERTIES_MAX 12
#define ENTRY_VALUE_MAX 1024 /* bytes of one value */

enum property_type {
	PROPERTY_FLAG,   /* yes, no */
	PROPERTY_SIZE,   /* bytes, with K, M or G; 0 = none */
	PROPERTY_NUMBER, /* from least to most */
	PROPERTY_WORD,   /* one of the choices */
	PROPERTY_WORDS,  /* any of them */
	PROPERTY_TEXT,
	PROPERTY_REPLY, /* words that a reply ends in: without a code, for it has its own */
	PROPERTY_ADDRESS,
	PROPERTY_HOST,
	PROPERTY_LANGUAGE, /* BCP 47: de, pt-BR */
	PROPERTY_DATE,     /* 2027-01-31 */
	PROPERTY_PLUS,     /* one character that is no letter and no digit */
	PROPERTY_PASSWORD, /* set, never shown */
	PROPERTY_HASH,     /* what is kept of it */
	PROPERTY_KEYS      /* of SCRAM-SHA-256: iterations:salt:stored:server, in hexadecimal */
};

struct entry_property {
	struct str name; /* "keep_copy" */
	enum property_type type;
	bool is_secret;
	bool may_be_empty; /* and means: none */
	int64_t least, most;
	const char *const *choices; /* ends with NULL */
	const char *column;         /* of the listing; NULL: is not listed */
	const char *sql;            /* sets it to ?2 for the row ?1; NULL: another way */
};

/* What an entry of a kind consists of. */
struct entry_form {
	struct str word;        /* "route-address" */
	struct str name, other; /* what they are: "ADDRESS", "TARGET"; other absent: has none */
	struct str within;      /* what a listing may be confined to; absent: nothing */
	const struct entry_property *properties;
	size_t count;
};

const struct entry_form *entry_form(enum entry_kind kind);
/* entry_kind_find - by its word; ENTRY_KIND_COUNT when there is none */
enum entry_kind entry_kind_find(struct str word);
/* entry_property_find - its place among those of the form, where '-' is as good as '_'; form->count
 * when there is none */
size_t entry_property_find(const struct entry_form *form, struct str name);

struct entry {
	enum entry_kind kind;
	struct str name, other;
	struct str values[ENTRY_PROPERTIES_MAX]; /* in the order of the form; absent: not said */
};

/* entry_add - a new one; what is not said has its default
 * entry_set - changes what is said, `other` of an alias too
 * entry_remove - it and what hangs on it
 * Each all or nothing; false, and the words of *error */
bool entry_add(struct directory *d, const struct entry *entry, struct directory_error *error);
bool entry_set(struct directory *d, const struct entry *entry, struct directory_error *error);
bool entry_remove(struct directory *d, const struct entry *entry, struct directory_error *error);

/* entry_is_there - false also when the file does not answer: then nothing else goes either */
bool entry_is_there(struct directory *d, const struct entry *entry);

/* Gets one entry, which lives until it returns; false ends the listing. */
typedef bool entry_taker(void *to, const struct entry *entry);

/*
 * entry_list - every entry of a kind, in order
 *
 * filter   of accounts, aliases, lists, domain aliases: their domain; of members: their list; of
 *          identities: their account; or the one address; of ranges: the network. Absent: all
 * Returns  false when the file does not answer. That the taker ended it is no failure
 */
bool entry_list(struct directory *d, enum entry_kind kind, struct str filter, entry_taker *take,
	void *to, struct directory_error *error);

/*
 * directory_begin, directory_end - many changes at once
 *
 * Each of them may still fail alone, and leaves the others; all are undone when keep is false.
 * Until then nobody else can change anything, and sees nothing of it.
 */
bool directory_begin(struct directory *d, struct directory_error *error);
bool directory_end(struct directory *d, bool keep, struct directory_error *error);

#endif
