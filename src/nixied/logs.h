/*
 * logs - the event log's files: the one that is written and those that were rotated, in the order
 * of time, packed or not
 */
#ifndef NIXIED_LOGS_H
#define NIXIED_LOGS_H

#include "base/arena.h"

#define LOGS_MAX 4096

struct log_file {
	const char *path;
	int64_t from_ms; /* of its first event; INT64_MAX: it has none */
	int spool;       /* a copy of standard input; -1: none */
};

struct logs {
	struct log_file *files;
	size_t count, room;
	struct arena arena;
};

#define LOGS_ERROR_BYTES 1280

void logs_init(struct logs *l);
void logs_fini(struct logs *l);

/* logs_add - one file; "-" is standard input, which is copied, since it is read several times */
bool logs_add(struct logs *l, const char *path, char error[static LOGS_ERROR_BYTES]);

/* logs_add_rotated - the file and its siblings: nixied.log, nixied.log.1, nixied.log-20261122.gz */
bool logs_add_rotated(struct logs *l, const char *path, char error[static LOGS_ERROR_BYTES]);

/* logs_of_config - the log that the configuration at `path` (NULL: the default one) names; false
 * after a complaint, which also says how `command` is given the journal */
bool logs_of_config(struct logs *l, const char *path, const char *command);

/* logs_read - every line of every file, in the order of time */
typedef void logs_line(void *to, struct str line);
bool logs_read(struct logs *l, logs_line *fn, void *to, char error[static LOGS_ERROR_BYTES]);

#endif
