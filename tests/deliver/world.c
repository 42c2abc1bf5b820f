/* world - a server without a net */
#include "world.h"

#include <assert.h>
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#define HOUR_MS 3600000
#define TURNS_MAX 2000

/* The one world, for what has no other way to it: the log and the other servers are functions. */
static struct world *the_world;

static void
must(bool ok, const char *what)
{
	if (ok)
		return;
	printf("Bail out! %s\n", what);
	exit(1);
}

/* ---- the log */

void
eventlog_write(struct eventlog *log, int64_t now_ms, enum eventlog_event event,
	const struct eventlog_field *fields, size_t count)
{
	static const char *const names[] = {
#define X(id, name, meaning) name,
		EVENTLOG_EVENTS(X)
#undef X
	};
	static const char *const field_names[] = {
#define X(id, name, meaning) name,
		EVENTLOG_FIELDS(X)
#undef X
	};
	struct world *const w = the_world;
	(void)log;
	(void)now_ms;
	w->logged[event]++;
	if (w->log_len > WORLD_LOG_MAX / 2)
		w->log_len = 0;
	w->log_len += (size_t)snprintf(
		w->log + w->log_len, WORLD_LOG_MAX - w->log_len, "%s", names[event]);
	for (size_t i = 0; i < count && w->log_len < WORLD_LOG_MAX - 8192; i++)
		if (fields[i].value.len > 0)
			w->log_len += (size_t)snprintf(w->log + w->log_len,
				WORLD_LOG_MAX - w->log_len, " %s=%.*s", field_names[fields[i].name],
				(int)str_head(fields[i].value, 300).len, fields[i].value.ptr);
	w->log_len += (size_t)snprintf(w->log + w->log_len, WORLD_LOG_MAX - w->log_len, "\n");
}

void
eventlog_flush(struct eventlog *log)
{
	(void)log; /* each line is there at once */
}

/* ---- other servers */

struct remote_job {
	size_t at;
};

static struct remote_job handles[WORLD_JOBS_MAX];

struct remote_job *
remote_start(struct remote *r, const struct remote_place *place, const struct remote_message *m,
	remote_done *done, void *to)
{
	struct world *const w = the_world;
	(void)r;
	assert(w->job_count < WORLD_JOBS_MAX);
	struct world_job *const j = &w->jobs[w->job_count];
	*j = (struct world_job){.is_open = true,
		.count = m->recipient_count,
		.done = done,
		.to = to,
		.body = m->body};
	const struct str where = place->domain.len > 0 ? place->domain : place->host;
	snprintf(j->place, sizeof j->place, "%s%.*s:%u", place->is_lmtp ? "lmtp " : "",
		(int)where.len, where.ptr, place->port);
	snprintf(
		j->sender, sizeof j->sender, "%.*s", (int)m->reverse_path.len, m->reverse_path.ptr);
	for (size_t i = 0; i < m->recipient_count && i < 8; i++)
		snprintf(j->recipients[i], sizeof j->recipients[i], "%.*s",
			(int)m->recipients[i].forward_path.len, m->recipients[i].forward_path.ptr);
	handles[w->job_count].at = w->job_count;
	return &handles[w->job_count++];
}

void
world_answer_each(struct world *w, size_t job, const struct remote_result *results)
{
	struct world_job *const j = &w->jobs[job];
	assert(j->is_open);
	j->is_open = false;
	const struct remote_report report = {.results = results, .result_count = j->count};
	j->done(j->to, &report);
}

void
world_answer(
	struct world *w, size_t job, enum remote_outcome outcome, unsigned code, const char *reply)
{
	static const struct remote_try peer = {.name = STR_INIT("mx.far.example"),
		.ip = STR_INIT("192.0.2.9"),
		.port = 25,
		.tls = STR_INIT("TLSv1.3 TLS_AES_256_GCM_SHA384")};
	struct remote_try now = peer;
	now.began_ms = w->now_ms;
	const size_t count = w->jobs[job].count;
	struct remote_result *const results = calloc(count, sizeof *results);
	must(results != NULL, "no memory");
	for (size_t i = 0; i < count; i++)
		results[i] = (struct remote_result){.outcome = outcome,
			.stage = REMOTE_AT_RCPT,
			.code = code,
			.reply = str_of(reply),
			.condition = CONDITION__COUNT,
			.peer = outcome == REMOTE_UNTRIED ? NULL : &now,
			.not_before_ms = outcome == REMOTE_UNTRIED ? w->now_ms + HOUR_MS : 0};
	world_answer_each(w, job, results);
	free(results);
}

void
remote_cancel(struct remote *r, struct remote_job *job)
{
	(void)r;
	world_answer(the_world, job->at, REMOTE_UNTRIED, 0, "");
}

unsigned
remote_room(const struct remote *r, const struct remote_place *place)
{
	(void)r;
	(void)place;
	return 3;
}

const char *
remote_stage_name(enum remote_stage stage)
{
	static const char *const names[] = {
#define X(id, name, command) name,
		REMOTE_STAGES(X)
#undef X
	};
	return names[stage];
}

size_t
world_job(const struct world *w)
{
	for (size_t i = w->job_count; i-- > 0;)
		if (w->jobs[i].is_open)
			return i;
	return WORLD_JOBS_MAX;
}

size_t
world_jobs_open(const struct world *w)
{
	size_t n = 0;
	for (size_t i = 0; i < w->job_count; i++)
		n += w->jobs[i].is_open;
	return n;
}

/* ---- time */

static int64_t
clock_of(void *to)
{
	return ((const struct world *)to)->now_ms;
}

/* Turns until nothing moves: no thread works, nothing is to be written, nobody else is due. */
void
world_settle(struct world *w)
{
	int quiet = 0;
	for (int i = 0; i < TURNS_MAX && quiet < 2; i++) {
		const int64_t next = deliver_turn(w->deliver);
		while (workers_left(w->workers) > 0)
			event_base_loop(w->base, EVLOOP_ONCE);
		while (pipe_room(w->pipe) > 0 && pipe_room(w->pipe) < PIPE_COMMANDS_MAX)
			event_base_loop(w->base, EVLOOP_ONCE);
		bool did = workers_left(w->workers) > 0;
		while (queue_turn(w->queue))
			did = true;
		quiet = did || next <= w->now_ms ? 0 : quiet + 1;
	}
	must(quiet == 2, "the runner finds no rest");
}

void
world_wait_due(struct world *w, uint64_t id, uint32_t recipient)
{
	const struct recipient_progress *const p = world_progress(w, id, recipient);
	if (p->due_ms > w->now_ms)
		w->now_ms = p->due_ms;
	w->now_ms += 1000;
	world_settle(w);
}

/* ---- beginning and end */

void
world_start(struct world *w)
{
	snprintf(w->cap_path, sizeof w->cap_path, "%s/report-counts", w->folder);
	w->deliver = deliver_new(&(struct deliver_options){.base = NULL,
		.queue = w->queue,
		.directory = w->directory,
		.workers = w->workers,
		.pipe = w->pipe,
		.cap_path = w->cap_path,
		.settings = &w->settings,
		.now_ms = clock_of,
		.clock = w,
		.seed = 7});
	must(w->deliver != NULL, "no runner");
	deliver_start(w->deliver);
}

static void
queue_begin(struct world *w)
{
	must(queue_open(w->disk, &(struct queue_options){.salt = 1}, &w->queue) == 0, "no queue");
}

static void
directory_begin(struct world *w)
{
	static struct directory_error e;
	char path[128];
	snprintf(path, sizeof path, "%s/directory", w->folder);
	w->directory = directory_open(path, &e);
	must(w->directory != NULL, e.words);
	must(directory_domain_add(w->directory, STR("here.example"), STR_NONE, &e), e.words);
	const char *const names[] = {"ann@here.example", "bob@here.example", "full@here.example",
		"postmaster@here.example"};
	for (size_t i = 0; i < sizeof names / sizeof *names; i++)
		must(directory_account_add(w->directory, str_of(names[i]),
			     &(struct account_settings){.quota_bytes = i == 2 ? 10 : 0}, &e),
			e.words);
	must(directory_route_add(w->directory, STR("routed.example"),
		     &(struct route_settings){
			     .host = STR("relay.example"), .port = 587, .takes_all = true},
		     &e),
		e.words);
}

void
world_begin(struct world *w, uint64_t seed)
{
	*w = (struct world){.now_ms = 1790000000000};
	the_world = w;
	snprintf(w->folder, sizeof w->folder, "deliver-test.XXXXXX");
	must(mkdtemp(w->folder) != NULL, "no folder");
	w->disk = model_disk_new(seed);
	queue_begin(w);
	static struct pipe_error pipe_error;
	w->pipe = pipe_helper_start(STR_NONE, &pipe_error); /* before there are threads */
	must(w->pipe != NULL, pipe_error.words);
	w->base = event_base_new();
	w->workers = w->base == NULL ? NULL : workers_new(w->base, 2);
	must(w->workers != NULL, "no threads");
	must(pipe_helper_listen(w->pipe, w->base), "no helper");
	directory_begin(w);
	static char mail[80];
	snprintf(mail, sizeof mail, "%s/mail", w->folder);
	w->settings = (struct deliver_settings){.hostname = STR("mx.here.example"),
		.postmaster = STR("postmaster@here.example"),
		.mail_folder = str_of(mail),
		.pipe_timeout_s = 30,
		.max_deliveries = 100,
		.quota_grace_s = 3 * 86400,
		.reports_per_sender = 50,
		.lang = LANG_EN};
	retry_defaults(&w->settings.retry);
	world_start(w);
}

static void
runner_end(struct world *w)
{
	deliver_stop(w->deliver);
	while (workers_left(w->workers) > 0)
		event_base_loop(w->base, EVLOOP_ONCE);
	queue_close(w->queue);
	deliver_free(w->deliver);
	for (size_t i = 0; i < w->job_count; i++)
		w->jobs[i].is_open = false;
}

void
world_end(struct world *w)
{
	runner_end(w);
	workers_free(w->workers);
	pipe_helper_stop(w->pipe);
	event_base_free(w->base);
	directory_close(w->directory);
	model_disk_free(w->disk);
	char command[128];
	snprintf(command, sizeof command, "rm -rf '%s'", w->folder);
	must(system(command) == 0, "the folder stays");
}

void
world_crash(struct world *w)
{
	model_disk_crash(w->disk);
	model_disk_fail(w->disk, 1, UINT32_MAX, MODEL_FAIL);
	runner_end(w);
	model_disk_crash(w->disk);
	queue_begin(w);
	w->now_ms += 1000;
	world_start(w);
}

/* ---- messages */

struct taking {
	struct world *w;
	uint64_t id;
	bool is_taken;
};

static void
on_taken(void *to, int error)
{
	struct taking *const t = to;
	t->is_taken = error == 0;
	if (error == 0)
		deliver_added(t->w->deliver, t->id);
}

uint64_t
world_take(struct world *w, struct str sender, const struct queue_recipient *recipients,
	size_t count, struct str text)
{
	struct queue_intake *const in = queue_intake_new(w->queue, w->now_ms);
	struct taking t = {w, queue_intake_id(in), false};
	must(queue_intake_add(in, text.ptr, text.len), "no intake");
	struct queue_recipient list[1000];
	assert(count <= 1000);
	memcpy(list, recipients, count * sizeof *list);
	const struct queue_envelope v = {.arrived_ms = w->now_ms,
		.reverse_path = sender,
		.recipients = list,
		.recipient_count = count};
	must(queue_commit(w->queue,
		     &(struct queue_commit){
			     .intake = in, .envelope = &v, .answer = on_taken, .to = &t}) == 0,
		"not taken");
	while (queue_turn(w->queue))
		;
	must(t.is_taken, "not taken");
	return w->taken_id = t.id;
}

uint64_t
world_take_one(struct world *w, const char *sender, const char *recipient)
{
	const struct queue_recipient one = {.forward_path = str_of(recipient)};
	return world_take(w, str_of(sender), &one, 1,
		STR("From: Sam <sam@far.example>\r\nSubject: Greetings\r\nMessage-ID: "
		    "<1@far.example>\r\n\r\nHello.\r\n"));
}

const struct recipient_progress *
world_progress(const struct world *w, uint64_t id, uint32_t i)
{
	static struct recipient_progress p;
	static struct arena words;
	struct queue_message m;
	arena_fini(&words);
	arena_init(&words, 1 << 20);
	p = (struct recipient_progress){.state = RECIPIENT_STATE_COUNT};
	if (queue_find(w->queue, id, &m)) {
		p = queue_recipient(&m, i).progress;
		must(queue_words(&m, i, &words, &p) == 0, "no words");
	}
	return &p;
}

char *
world_text(const struct world *w, uint64_t id)
{
	struct queue_message m;
	if (!queue_find(w->queue, id, &m))
		return NULL;
	char *const text = calloc(1, (size_t)m.body_bytes + 1);
	must(text != NULL, "no memory");
	must(queue_body_read(w->queue, id, 0, text, (size_t)m.body_bytes) == 0, "no body");
	return text;
}

static bool
find_report(void *to, const struct queue_message *m)
{
	if ((m->envelope.flags & MESSAGE_REPORT) == 0)
		return true;
	*(uint64_t *)to = m->id;
	return false;
}

uint64_t
world_report(const struct world *w)
{
	uint64_t id = 0;
	queue_each(w->queue, find_report, &id);
	return id;
}

struct counting {
	const char *words;
	size_t count;
	char *text;
	size_t room, files;
};

static void
file_visit(struct counting *c, const char *name)
{
	static char text[1 << 20];
	FILE *const f = fopen(name, "r");
	must(f != NULL, "a file that cannot be read");
	text[fread(text, 1, sizeof text - 1, f)] = '\0';
	fclose(f);
	if (c->files++ == 0 && c->room > 0)
		snprintf(c->text, c->room, "%s", text);
	for (const char *at = text; c->words != NULL && (at = strstr(at, c->words)) != NULL; at++)
		c->count++;
}

static void
mailbox_visit(const struct world *w, const char *domain, const char *local, struct counting *c)
{
	char path[512];
	snprintf(path, sizeof path, "%s/mail/%s/%s/new", w->folder, domain, local);
	DIR *const d = opendir(path);
	if (d == NULL)
		return;
	for (const struct dirent *e; (e = readdir(d)) != NULL;) {
		if (e->d_name[0] == '.')
			continue;
		char name[1024];
		snprintf(name, sizeof name, "%s/%s", path, e->d_name);
		file_visit(c, name);
	}
	closedir(d);
}

size_t
world_mailbox(const struct world *w, const char *domain, const char *local, char *text, size_t room)
{
	struct counting c = {.text = text, .room = room};
	mailbox_visit(w, domain, local, &c);
	return c.files;
}

size_t
world_mailbox_count(const struct world *w, const char *domain, const char *local, const char *words)
{
	struct counting c = {.words = words};
	mailbox_visit(w, domain, local, &c);
	return c.count;
}
