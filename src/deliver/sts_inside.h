/*
 * sts_inside - what the files of MTA-STS share
 *
 * For sts*.c only.
 */
#ifndef DELIVER_STS_INSIDE_H
#define DELIVER_STS_INSIDE_H

#include <event2/event.h>
#include <event2/event_struct.h>

#include "base/buf.h"
#include "deliver/sts.h"
#include "dns/resolver.h"
#include "net/file.h"
#include "net/workers.h"
#include "queue/table.h"

struct sts_save;

/* A domain whose policy is known, or was asked for in vain not long ago. */
struct sts_domain {
	struct table_node node;
	struct sts_domain *next;
	struct sts *sts;
	struct buf text; /* the policy as it came; empty: none */
	int64_t max_age_s;
	int64_t fetched_ms, used_ms; /* wall time */
	int64_t tried_ms;            /* of the last fetch that failed; 0: none has */
	struct https *fetch;         /* under way */
	struct sts_query *waiting;   /* for it */
	struct sts_save *save;       /* its file is being written */
	bool is_changed;             /* ... and is to be written again */
	char name[STS_DOMAIN_BYTES_MAX + 1];
	char id[STS_ID_BYTES_MAX + 1];
	char tried_id[STS_ID_BYTES_MAX + 1];
};

struct sts {
	struct sts_options options;
	char folder[FILE_PATH_MAX];
	struct table domains;
	struct sts_domain *first;
	uint64_t seed; /* of the table: names are strangers' */
	struct event round;
	size_t fetches;
	struct sts_counts counts;
};

/* sts_domain_find - NULL when nothing is known. sts_domain_get makes it; NULL: too many, no memory
 */
struct sts_domain *sts_domain_find(struct sts *s, struct str name);
struct sts_domain *sts_domain_get(struct sts *s, struct str name);

/* sts_domain_stands - has it a policy that counts at that time? */
bool sts_domain_stands(const struct sts_domain *d, int64_t now_ms);

/* sts_tell - news of a domain; words: what is at fault, or NULL */
void sts_tell(struct sts_domain *d, const struct sts_policy *policy, const char *words);

/* sts_shelf_load - every file of the folder; what cannot be read is told */
void sts_shelf_load(struct sts *s);

/* sts_shelf_save - writes a domain's file, by a worker, or removes it when it has no policy */
void sts_shelf_save(struct sts_domain *d);

#endif
