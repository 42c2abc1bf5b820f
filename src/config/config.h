/*
 * config - nixied.conf: text in, settings out
 *
 *	hostname = mail.example.org
 *	max_message_size = 50M          # sizes: K M G; times: s m h d
 *	listener mx {
 *		address = 0.0.0.0:25
 *	}
 *
 * A value is the rest of the line; in quotes it may hold a # or blanks at its ends. What is not
 * said has its default, in a listener that of the server. Every mistake is told with its line, as
 * many as fit, and nothing of a file with a mistake is used.
 *
 * Pure: no input or output.
 */
#ifndef CONFIG_CONFIG_H
#define CONFIG_CONFIG_H

#include "base/arena.h"
#include "config/table.h"

#define CONFIG_LISTENERS_MAX 16
#define CONFIG_COMPLAINTS_MAX 20
#define CONFIG_LIST_MAX 32 /* words of a list */

enum setting_type {
	CONFIG_FLAG,
	CONFIG_COUNT,
	CONFIG_SIZE,  /* bytes */
	CONFIG_TIME,  /* seconds */
	CONFIG_WORD,  /* one of some: number is its place among them */
	CONFIG_WORDS, /* several: number has a bit for each */
	CONFIG_TEXT,
	CONFIG_HOST,
	CONFIG_PATH,     /* absolute */
	CONFIG_ADDRESS,  /* user@example.org */
	CONFIG_NETWORKS, /* of addresses, or networks with a length */
	CONFIG_RATE      /* so many in so long: 300/1h; empty: no limit */
};

enum setting_scope { CONFIG_SERVER, CONFIG_LISTENER };

enum config_setting {
#define X(id, type, scope, standard, least, most, words) SETTING_##id,
	CONFIG_TABLE(X)
#undef X
		SETTING_COUNT
};

struct setting_row {
	struct str name;
	enum setting_type type;
	enum setting_scope scope;
	struct str standard;
	int64_t least, most;
	struct str choices; /* "modern|documented", of WORD and WORDS */
	struct str words;
};

/* config_row - the row of a setting; config_setting_find - by its name, SETTING_COUNT when there
 * is none */
struct setting_row config_row(enum config_setting s);
enum config_setting config_setting_find(struct str name);

struct config_value {
	int64_t number;  /* of FLAG, COUNT, SIZE, TIME, WORD, WORDS */
	struct str text; /* of the others; of NETWORKS: words with one blank between */
	unsigned line;   /* where it was said; 0 = nowhere, it is the default */
};

struct config_listener {
	struct str name;
	unsigned line;
	struct config_value
		values[SETTING_COUNT]; /* the server's where the listener says nothing */
};

struct config {
	struct config_value values[SETTING_COUNT];
	struct config_listener listeners[CONFIG_LISTENERS_MAX];
	size_t listener_count;
};

struct config_complaint {
	unsigned line; /* 0: of the whole file */
	struct str words;
};

struct config_complaints {
	struct config_complaint list[CONFIG_COMPLAINTS_MAX];
	size_t count; /* of all; those past CONFIG_COMPLAINTS_MAX are not kept */
};

/*
 * config_parse - the settings in `text`
 *
 * a        texts and complaints live there
 * Returns  true when there was nothing to complain about. *out is written in any case, so that the
 *          defaults can be had of an empty text
 */
bool config_parse(
	struct str text, struct arena *a, struct config *out, struct config_complaints *complaints);

/* config_value_text - a value as one would write it in the file; in the arena, or static */
struct str config_value_text(
	enum config_setting s, const struct config_value *value, struct arena *a);

/* config_list_has - is the address among the words of such a setting? A word is an address, a
 * domain, ".domain" for all below it, or "*" */
bool config_list_has(struct str list, struct str address);

#endif
