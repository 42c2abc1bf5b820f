/*
 * log_tally - what log_report.c counts and log_report_text.c writes; for these two alone
 */
#ifndef CLI_LOG_TALLY_H
#define CLI_LOG_TALLY_H

#include "cli/log_report.h"

#include <stdbool.h>
#include <string.h>

/* Everything that failed for one reason at one provider or by one blocklist. */
struct leaf {
	enum nixie_direction direction;
	bool is_own; /* this server itself said no */
	char *reason, *provider, *blocklist, *blocklist_link;
	uint64_t failed, deferred, distinct;
	char *blocked_ip, *example, *example_place;
	char *steps[NIXIE_STEPS_MAX];
	size_t step_count;
};

/* A recipient who was put off; found by queue id, so that a message given up finds all of its. */
struct pending {
	uint64_t message, recipient;
	uint32_t leaf, next; /* next in the bucket, + 1 */
};

struct set {
	uint64_t *slots; /* 0 = free */
	size_t room, count;
};

/* From when to when events are, as their stamps have it; -1: none of them has one. */
struct span {
	char first[40], last[40];
	int64_t first_s, last_s;
};

struct log_report {
	struct nixie_style style;
	struct leaf *leaves;
	size_t leaf_count;
	uint32_t *index; /* + 1 */
	struct pending *pending;
	uint32_t pending_used, pending_room, pending_free, *buckets;
	size_t pending_count;
	struct set distinct;
	char *dead[DEAD_SHOWN_MAX];
	uint64_t dead_count;
	uint64_t events, delivered, late, failed, refused;
	uint64_t unasked; /* events that nobody asked for */
	struct span span, unasked_span;
};

/* A slice of a string; absent for NULL. */
static inline struct nixie_str
str(const char *s)
{
	return (struct nixie_str){s, s != NULL ? strlen(s) : 0};
}

/* The same bytes? NULL is the same as none. */
static inline bool
same(const char *a, struct nixie_str b)
{
	const size_t n = a != NULL ? strlen(a) : 0;
	return n == b.len && (n == 0 || memcmp(a, b.ptr, n) == 0);
}

#endif
