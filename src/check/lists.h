/*
 * lists - lists in the DNS of addresses and domains: RFC 5782, RFC 6471
 *
 *	zen.spamhaus.org=127.0.0.[2..11]*10
 *
 * The zone; which of its answers count (without: every 127.0.0.0/8); what being listed weighs
 * (without: as much as refuses). A list that is out of order must not cost anybody's mail: it
 * counts only after it has listed the address it must list and not the one it must not (s5), and
 * 127.255.255.x and 127.0.0.255 say "you may not ask me", whatever was asked.
 *
 * Pure. What is known of a list to people, its name and where one gets off it, is in the catalogue.
 */
#ifndef CHECK_LISTS_H
#define CHECK_LISTS_H

#include "base/net.h"
#include "check/ask.h"

#define LISTS_MAX 16            /* of one kind */
#define LIST_ZONE_BYTES_MAX 180 /* the nibbles of IPv6 must go in front */
#define LIST_WEIGHT_MAX 1000
#define LIST_REFUSES (-1)        /* no weight was given: it refuses alone */
#define LIST_WORDS_BYTES_MAX 300 /* of the list's own text and the page, in a reply */
#define LIST_RANGES_MAX 8        /* in one part of a filter: [2..4;9] */

struct list_part {
	uint8_t least[LIST_RANGES_MAX], most[LIST_RANGES_MAX];
	uint8_t count; /* 0: any */
};

struct list {
	char zone[LIST_ZONE_BYTES_MAX + 1];
	struct list_part parts[4];
	int weight; /* LIST_REFUSES, or 0..LIST_WEIGHT_MAX */
};

struct lists {
	struct list list[LISTS_MAX];
	size_t count;
};

/* lists_parse - lists with blanks or commas between; false: *wrong is the word that is none, or the
 * one that is too many */
bool lists_parse(struct str text, struct lists *out, struct str *wrong);

/* What the answer to an A query says. */
enum list_answer {
	LIST_NO,    /* not listed */
	LIST_YES,   /* listed: `code` */
	LIST_OTHER, /* listed for something that the filter leaves out */
	LIST_ERROR, /* the list refuses to answer us, or gives what no list gives */
	LIST_TEMPERROR
};
enum list_answer list_judge(const struct list *l, const struct dns_answer *answer, struct ip *code);

enum list_kind {
	LIST_OF_IPS, /* of addresses that are to be refused */
	LIST_OF_DOMAINS,
	LIST_ALLOWED, /* of addresses that are known to be good */
	LIST_OF_LINKS /* of domains, which a message leads to */
};

enum list_result {
	LIST_IS_CLEAN,
	LIST_IS_LISTED,
	LIST_IS_WILD,   /* it lists what it must not: it answers for everything */
	LIST_IS_DEAD,   /* it does not list what it must */
	LIST_IS_CLOSED, /* it refuses to answer us */
	LIST_IS_SILENT  /* the DNS does not tell for now */
};

/*
 * Is this on the list? A machine without I/O: check/ask.h. It first asks for what shows whether the
 * list is in order, which the resolver has in its cache from then on. A list of domains or of the
 * good is not asked for what it must list: few have such an entry.
 */
struct list_check {
	struct ask ask;
	const struct list *list;
	enum list_kind kind;
	enum list_result result;
	struct ip code;                      /* LISTED: the answer */
	char text[LIST_WORDS_BYTES_MAX + 1]; /* LISTED: what the list says of it; "" nothing */
	/* Of the machine: */
	uint8_t state;
	char name[DNS_NAME_BYTES_MAX + 1], room[DNS_NAME_BYTES_MAX + 1];
};

/* list_check_ip, list_check_domain - begin; false: its name would be too long, and it is clean */
bool list_check_ip(
	struct list_check *c, const struct list *l, enum list_kind kind, const struct ip *ip);
bool list_check_domain(struct list_check *c, const struct list *l, struct str domain);
bool list_check_step(struct list_check *c, const struct dns_answer *answer);

/* list_shown - its name as people know it */
struct str list_shown(const struct list *l);

/* list_words - the list's own text (absent: none) and the page where one gets off it, for a reply
 */
struct str list_words(const struct list *l, struct str text, char room[LIST_WORDS_BYTES_MAX + 1]);

#endif
