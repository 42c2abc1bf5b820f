/*
 * stage - everything that a session stands on, for a rehearsal: the real configuration, directory
 * and DNS; a queue, a greylist and a log to throw away
 *
 * It may be set up beside the server that runs. Nothing of it stays.
 */
#ifndef NIXIED_STAGE_H
#define NIXIED_STAGE_H

#include "nixied/nixied.h"
#include "receive/rehearsal.h"

#define STAGE_PATH_MAX 256

struct stage {
	const struct conf *conf;
	struct event_base *base;
	struct receive *receive;
	struct workers *workers;
	struct directory *directory;
	struct dns *dns;
	struct checks *checks;
	struct filters *filters;
	struct hooks *hooks;
	struct return_paths *return_paths;
	struct disk *disk;
	struct queue *queue;
	struct eventlog *log;
	char folder[STAGE_PATH_MAX], log_path[STAGE_PATH_MAX + 8];
	char rates_path[FOLDER_PATH_MAX], return_path[FOLDER_PATH_MAX];
	char directory_path[FOLDER_PATH_MAX];
	int log_fd;
	struct buf unread; /* the piece of a line at the end of what was read of the log */
};

/* stage_set_up - false after a complaint; stage_strike() is due in any case */
bool stage_set_up(struct stage *s, const struct conf *conf);
void stage_strike(struct stage *s);

/* stage_events - calls fn with every line of the log that was written since the last time */
typedef void stage_event(void *to, struct str line);
void stage_events(struct stage *s, stage_event *fn, void *to);

#endif
