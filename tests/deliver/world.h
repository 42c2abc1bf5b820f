/*
 * world - a server without a net: the real queue on a disk that can lose power, a real directory,
 * and other servers whose answers the test writes
 */
#ifndef TESTS_DELIVER_WORLD_H
#define TESTS_DELIVER_WORLD_H

#include <event2/event.h>

#include "deliver/operate.h"
#include "net/workers.h"
#include "queue/model_disk.h"

#define WORLD_JOBS_MAX 4096
#define WORLD_LOG_MAX 65536

/* A message that the other side has been given. */
struct world_job {
	bool is_open;
	char place[256], sender[256], recipients[8][128];
	size_t count;
	remote_done *done;
	void *to;
	struct remote_body body;
};

struct world {
	struct disk *disk;
	struct queue *queue;
	struct event_base *base;
	struct workers *workers;
	struct directory *directory;
	struct pipe_helper *pipe;
	struct deliver *deliver;
	struct deliver_settings settings;
	int64_t now_ms;
	char folder[64], cap_path[96];
	uint64_t taken_id; /* of the last world_take() */
	/* of the other servers */
	struct world_job jobs[WORLD_JOBS_MAX];
	size_t job_count;
	/* of the log */
	char log[WORLD_LOG_MAX];
	size_t log_len;
	unsigned logged[LOG_EVENT_COUNT];
};

void world_begin(struct world *w, uint64_t seed);
void world_end(struct world *w);

/* The machine loses power, and starts again. */
void world_crash(struct world *w);

/* The runner begins anew, with the settings as they are. */
void world_start(struct world *w);

/* world_take - a message in the queue, as a session would put it there; its id */
uint64_t world_take(struct world *w, struct str sender, const struct queue_recipient *recipients,
	size_t count, struct str text);

/* One recipient, nothing special. */
uint64_t world_take_one(struct world *w, const char *sender, const char *recipient);

/* Everything that can happen without time going on. */
void world_settle(struct world *w);

/* Time goes on until the message's recipient is due, and a second. */
void world_wait_due(struct world *w, uint64_t id, uint32_t recipient);

/* Good until the next call. */
const struct recipient_progress *world_progress(const struct world *w, uint64_t id, uint32_t i);

/* The other side answers the job: all of its recipients alike. */
void world_answer(
	struct world *w, size_t job, enum remote_outcome outcome, unsigned code, const char *reply);
void world_answer_each(struct world *w, size_t job, const struct remote_result *results);

/* The newest job that is open; WORLD_JOBS_MAX when there is none. */
size_t world_job(const struct world *w);
size_t world_jobs_open(const struct world *w);

/* The text of a message in the queue, with a NUL; the caller frees it. */
char *world_text(const struct world *w, uint64_t id);

/* A message in the queue that was made here; 0 when there is none. */
uint64_t world_report(const struct world *w);

/* The files in new/ of a mailbox here, and the text of the first. */
size_t world_mailbox(
	const struct world *w, const char *domain, const char *local, char *text, size_t room);

/* How often the words stand in all the files there. */
size_t world_mailbox_count(
	const struct world *w, const char *domain, const char *local, const char *words);

#endif
