/*
 * delivery - what sends, put together: the queue's runner, the connections to others, the commands
 *
 * Threads: that of the event base.
 */
#ifndef NIXIED_DELIVERY_H
#define NIXIED_DELIVERY_H

#include "deliver/deliver.h"
#include "deliver/remote.h"
#include "deliver/sts.h"
#include "nixied/nixied.h"

struct delivery;

struct delivery_parts {
	struct event_base *base;
	struct dns *dns;
	struct queue *queue;
	struct directory *directory;
	struct workers *workers;
	struct signing *signing;
	struct return_paths *return_paths;
	struct eventlog *log;
	const struct remote_door *own_doors; /* where this server listens */
	size_t own_door_count;
	int64_t after_crash_ms; /* as in struct deliver_options */
};

/* delivery_new - before rights are given up and threads begin: commands for mail get their helper,
 * when the configuration has any. NULL after a complaint */
struct delivery *delivery_new(const struct conf *conf);

/* delivery_start - finds what waits, and begins. False after a complaint */
bool delivery_start(
	struct delivery *d, const struct conf *conf, const struct delivery_parts *parts);

/* delivery_reload - the settings of another configuration, which must live until the one after it
 * is given. NULL, or what is wrong, and all is as it was */
const char *delivery_reload(struct delivery *d, const struct conf *conf);

struct deliver *delivery_runner(const struct delivery *d);
struct remote *delivery_remote(const struct delivery *d);
const struct sts *delivery_policies(const struct delivery *d);

/* delivery_free - after deliver_stop() and the queue's end; NULL is harmless */
void delivery_free(struct delivery *d);

#endif
