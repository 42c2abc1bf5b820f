/*
 * greylist - whoever is new must come again: RFC 6647
 *
 * Kept by the client's network (/24, IPv6 /64) and the sender's domain, since large senders come
 * again from another host. A file of SQLite, so that it survives a restart and an operator can look
 * into it.
 *
 * It is asked on the event loop. A question is one look into an index and at most two small writes,
 * with WAL and synchronous = NORMAL: no commit waits for the disk. Measured with 50,000 entries: 40
 * microseconds, and 5 milliseconds at worst, when SQLite moves its log into the file and syncs,
 * which costs what one message's commit costs. What the loss of power may take is the last seconds:
 * somebody must come a third time.
 *
 * Trouble with the file lets mail pass. Threads: that of the loop.
 */
#ifndef CHECK_GREYLIST_H
#define CHECK_GREYLIST_H

#include "base/net.h"

#define GREYLIST_ENTRIES_MAX 1000000 /* the next to end makes room */
#define GREYLIST_KEY_BYTES_MAX 320

struct greylist;

struct greylist_times {
	int64_t delay_s;  /* from the first try until one is taken */
	int64_t window_s; /* ... until it must begin anew */
	int64_t keep_s;   /* that who came again stays known, from the last mail */
};

enum greylist_answer {
	GREYLIST_NEW,   /* never seen, or too long ago */
	GREYLIST_EARLY, /* tried again too soon */
	GREYLIST_AGAIN, /* came again in time: known from now on */
	GREYLIST_KNOWN,
	GREYLIST_BROKEN /* the file does not answer */
};

/* greylist_open - the file, made when it is not there; a damaged one is put aside and begun anew.
 * NULL and *words when that fails */
#define GREYLIST_WORDS_MAX 256
struct greylist *greylist_open(const char *path, char words[static GREYLIST_WORDS_MAX]);
void greylist_close(struct greylist *g); /* NULL is harmless */

/*
 * greylist_ask - may it pass?
 *
 * domain    of the sender; "" is the null one
 * now_s     since 1970
 * left_s    written for NEW and EARLY: until it may come
 */
enum greylist_answer greylist_ask(struct greylist *g, const struct ip *ip, struct str domain,
	const struct greylist_times *times, int64_t now_s, int64_t *left_s);

/* greylist_key - "192.0.2.0/24 example.org", as the log has it */
struct str greylist_key(
	const struct ip *ip, struct str domain, char room[static GREYLIST_KEY_BYTES_MAX]);

#endif
