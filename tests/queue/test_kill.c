/*
 * test_kill - kill -9 at a random moment, on the real disk, with the writer's thread
 *
 *	test_kill [ROUNDS]
 *
 * A child takes messages for many sessions at once and says on a pipe what it was answered, after
 * the answer, as a server says 250. It is killed. Then everything it said must be true. The queue
 * is never begun anew, so that each round also starts from what the kills before left.
 */
#include "queue/queue.h"
#include "tap.h"

#include <assert.h>
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define ROUNDS_DEFAULT 25
#define SESSIONS 50
#define SAID_MAX 200000
#define FOLDER "queue-kill.XXXXXX"

enum said { ACCEPTED = 1, DELIVERED };

/* What the child says: a pipe keeps short writes whole. */
struct saying {
	uint64_t id, bytes;
	enum said what;
};

struct session {
	struct queue *q;
	uint64_t id, bytes;
	bool is_accepted;
	int pipe;
};

static unsigned char
byte_of(uint64_t id, uint64_t at)
{
	return (unsigned char)((id >> 16) * 31 + id * 7 + at * 131);
}

static void session_step(void *to, int error);

static void
session_begin(struct session *s)
{
	static unsigned char bytes[300000];
	struct queue_recipient to = {.forward_path = STR("user@example.org")};
	const struct queue_envelope envelope = {
		.reverse_path = STR(""), .recipients = &to, .recipient_count = 1};
	struct queue_intake *const in = queue_intake_new(s->q, (int64_t)time(NULL) * 1000);
	assert(in != NULL);
	s->id = queue_intake_id(in);
	/* Mostly small; some of several parts. */
	s->bytes = s->id % 40 == 0 ? 280000 : s->id % 5000;
	for (uint64_t i = 0; i < s->bytes; i++)
		bytes[i] = byte_of(s->id, i);
	const bool ok = queue_intake_add(in, bytes, s->bytes);
	assert(ok);
	const int error = queue_commit(s->q,
		&(struct queue_commit){
			.intake = in, .envelope = &envelope, .answer = session_step, .to = s});
	assert(error == 0);
}

static void
session_step(void *to, int error)
{
	struct session *const s = to;
	assert(error == 0);
	struct saying saying;
	memset(&saying, 0, sizeof saying); /* its padding is written, too */
	saying = (struct saying){s->id, s->bytes, s->is_accepted ? DELIVERED : ACCEPTED};
	if (write(s->pipe, &saying, sizeof saying) != sizeof saying)
		_exit(3);
	s->is_accepted = !s->is_accepted;
	/* One message in eight stays, so that there is always something to carry over. */
	if (!s->is_accepted || s->id % 8 == 3) {
		s->is_accepted = false;
		session_begin(s);
		return;
	}
	const struct queue_change change = {.message = s->id, .to = {.state = RECIPIENT_DELIVERED}};
	error = queue_commit(s->q,
		&(struct queue_commit){
			.changes = &change, .change_count = 1, .answer = session_step, .to = s});
	assert(error == 0);
}

static struct queue *
opened(const char *folder, struct disk **disk)
{
	struct queue *q;
	if (disk_folder_open(folder, disk) != 0)
		return NULL;
	return queue_open(*disk,
		       &(struct queue_options){.segment_bytes = 1 << 20,
			       .salt = (uint32_t)time(NULL) ^ (uint32_t)getpid()},
		       &q) == 0
		       ? q
		       : NULL;
}

static void
child(const char *folder, int pipe)
{
	static struct session sessions[SESSIONS];
	struct disk *disk;
	struct queue *const q = opened(folder, &disk);
	if (q == NULL || queue_start(q) != 0)
		_exit(2);
	for (int i = 0; i < SESSIONS; i++) {
		sessions[i] = (struct session){.q = q, .pipe = pipe};
		session_begin(&sessions[i]);
	}
	for (;;) {
		struct pollfd wake = {.fd = queue_wake_fd(q), .events = POLLIN};
		poll(&wake, 1, 100);
		while (queue_turn(q))
			;
	}
}

static struct saying *said;
static size_t said_count;

/* Lets a child run for a while and kills it; keeps what it said. False when it died by itself. */
static bool
round_run(const char *folder, unsigned ms)
{
	int ends[2];
	if (pipe(ends) != 0)
		return false;
	const pid_t pid = fork();
	if (pid == 0) {
		close(ends[0]);
		child(folder, ends[1]);
	}
	close(ends[1]);
	struct timespec began, now;
	clock_gettime(CLOCK_MONOTONIC, &began);
	bool is_killed = false;
	struct saying saying;
	for (;;) {
		struct pollfd p = {.fd = ends[0], .events = POLLIN};
		poll(&p, 1, 1);
		clock_gettime(CLOCK_MONOTONIC, &now);
		const int64_t took = (int64_t)(now.tv_sec - began.tv_sec) * 1000 +
				     (now.tv_nsec - began.tv_nsec) / 1000000;
		/* It must have said something, or nothing is proved on a slow day. */
		if (!is_killed && took > ms && said_count > 0) {
			kill(pid, SIGKILL);
			is_killed = true;
		}
		if ((p.revents & (POLLIN | POLLHUP)) == 0)
			continue;
		if (read(ends[0], &saying, sizeof saying) != sizeof saying)
			break;
		if (said_count < SAID_MAX)
			said[said_count++] = saying;
	}
	close(ends[0]);
	int status;
	waitpid(pid, &status, 0);
	return WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL;
}

static int
saying_order(const void *a, const void *b)
{
	const struct saying *const x = a, *const y = b;
	if (x->id != y->id)
		return x->id < y->id ? -1 : 1;
	return (int)x->what - (int)y->what;
}

static bool
body_is_right(struct queue *q, const struct saying *s)
{
	static unsigned char bytes[300000];
	if (queue_body_read(q, s->id, 0, bytes, s->bytes) != 0)
		return false;
	for (uint64_t i = 0; i < s->bytes; i++)
		if (bytes[i] != byte_of(s->id, i))
			return false;
	return true;
}

struct verdict {
	size_t lost, wrong, undead, kept;
	bool balances;
};

/* Forgets what is finished, so that the next round looks at what is left. */
static bool
round_check(const char *folder, struct verdict *v)
{
	struct disk *disk;
	struct queue *const q = opened(folder, &disk);
	if (q == NULL)
		return false;
	qsort(said, said_count, sizeof *said, saying_order);
	size_t kept = 0;
	for (size_t i = 0; i < said_count; i++) {
		struct queue_message found;
		const struct queue_message *const m =
			queue_find(q, said[i].id, &found) ? &found : NULL;
		const bool is_delivered = said[i].what == DELIVERED ||
					  (i + 1 < said_count && said[i + 1].id == said[i].id);
		if (is_delivered) {
			v->undead += m != NULL;
			continue;
		}
		/* Its delivery may have become durable without being said. */
		if (m == NULL && said[i].id % 8 == 3)
			v->lost++;
		if (m != NULL) {
			v->wrong += m->body_bytes != said[i].bytes || !body_is_right(q, &said[i]);
			said[kept++] = said[i];
		}
	}
	said_count = kept;
	v->kept = kept;
	struct queue_counts counts;
	v->balances = queue_audit(q, &counts);
	queue_close(q);
	disk->ops->free(disk);
	return true;
}

static void
file_remove(void *to, const char *name)
{
	char path[256];
	snprintf(path, sizeof path, "%s/%s", (const char *)to, name);
	unlink(path);
}

int
main(int argc, char **argv)
{
	const unsigned rounds = argc > 1 ? (unsigned)strtoul(argv[1], NULL, 10) : ROUNDS_DEFAULT;
	char folder[] = FOLDER;
	said = calloc(SAID_MAX, sizeof *said);
	if (said == NULL || mkdtemp(folder) == NULL)
		return 99;
	srand(argc > 2 ? (unsigned)strtoul(argv[2], NULL, 10) : 1);
	unsigned killed = 0, opened_again = 0, balanced = 0;
	struct verdict all = {0};
	size_t most = 0;
	for (unsigned i = 0; i < rounds; i++) {
		killed += round_run(folder, (unsigned)rand() % 100);
		struct verdict v = {0};
		opened_again += round_check(folder, &v);
		balanced += v.balances;
		all.lost += v.lost;
		all.wrong += v.wrong;
		all.undead += v.undead;
		if (v.kept > most)
			most = v.kept;
	}
	tap_is_int(killed, rounds, "the child runs until it is killed");
	tap_is_int(opened_again, rounds, "the queue opens after each kill");
	tap_is_int(all.lost, 0, "nothing that was accepted is lost");
	tap_is_int(all.wrong, 0, "each body is what was sent");
	tap_is_int(all.undead, 0, "what was finished does not come back");
	tap_is_int(balanced, rounds, "the audit balances after each");
	tap_ok(most > 0, "there was something to lose: up to %zu messages", most);

	struct disk *disk;
	if (disk_folder_open(folder, &disk) == 0) {
		disk->ops->each_name(disk, file_remove, folder);
		disk->ops->free(disk);
	}
	rmdir(folder);
	free(said);
	return tap_done();
}
