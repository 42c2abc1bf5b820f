/* rejects - mail that was refused for good at the end of its text, kept for a while */
#include "receive/rejects.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "net/file.h"
#include "receive/inside.h"
#include "receive/reject_copies.h"

struct rejects {
	struct reject_copies *copies;        /* for the recipients */
	char domains[REJECT_LIST_BYTES_MAX]; /* as they were configured; "": nothing is kept */
	char folder[REJECT_PATH_MAX];
	int64_t keep_ms;
	uint64_t bytes_max;
	uint64_t bytes; /* as far as is known */
	struct workers *workers;
	struct event timer;
	bool is_started;
	int64_t started_ms; /* wall */
	/* The worker's, while it sweeps. */
	struct work sweep;
	bool is_sweeping;
	char swept_folder[REJECT_PATH_MAX];
	int64_t swept_before_ms;
	uint64_t swept_max, swept_bytes, to_go;
};

/* One file on its way to the disk. */
struct keeping {
	struct work work;
	struct buf text;
	char folder[REJECT_PATH_MAX], name[QUEUE_ID_BYTES];
};

struct rejects *
rejects_new(void)
{
	struct rejects *const r = calloc(1, sizeof *r);
	if (r == NULL)
		return NULL;
	r->copies = reject_copies_new();
	if (r->copies == NULL) {
		free(r);
		return NULL;
	}
	return r;
}

static bool
is_wanted(const struct rejects *r, const struct mail *m)
{
	for (size_t i = 0; i < m->count && r->domains[0] != '\0'; i++)
		if (m->recipients[i].kind != RECIPIENT_LIST &&
			config_list_has(str_of(r->domains), m->recipients[i].forward_path))
			return true;
	return false;
}

/* ---- sweeping, on a worker */

static void
sum_one(void *to, const char *name, uint64_t bytes)
{
	(void)name;
	((struct rejects *)to)->swept_bytes += bytes;
}

/* Oldest first: what is too old goes, and what is too much. */
static void
sweep_one(void *to, const char *name, uint64_t bytes)
{
	struct rejects *const r = to;
	char path[REJECT_PATH_MAX + QUEUE_ID_BYTES + 1];
	const bool is_old = reject_time_ms(name) < r->swept_before_ms;
	if (!is_old && r->to_go == 0)
		return;
	snprintf(path, sizeof path, "%s/%s", r->swept_folder, name);
	if (unlink(path) != 0)
		return;
	r->swept_bytes -= bytes;
	r->to_go -= bytes < r->to_go ? bytes : r->to_go;
}

static void
sweep_run(struct work *w)
{
	struct rejects *const r = (struct rejects *)((char *)w - offsetof(struct rejects, sweep));
	const uint64_t room = r->swept_max - r->swept_max / 10; /* some for what comes next */
	r->swept_bytes = 0;
	reject_remains_remove(r->swept_folder, r->started_ms);
	reject_names(r->swept_folder, sum_one, r);
	r->to_go = r->swept_bytes > r->swept_max ? r->swept_bytes - room : 0;
	reject_names(r->swept_folder, sweep_one, r);
}

static void
sweep_done(struct work *w)
{
	struct rejects *const r = (struct rejects *)((char *)w - offsetof(struct rejects, sweep));
	r->bytes = r->swept_bytes;
	r->is_sweeping = false;
}

static void
sweep(struct rejects *r)
{
	if (r->is_sweeping || r->folder[0] == '\0')
		return;
	r->is_sweeping = true;
	r->swept_before_ms = clock_wall_ms() - r->keep_ms;
	r->swept_max = r->bytes_max;
	memcpy(r->swept_folder, r->folder, sizeof r->folder);
	workers_submit(r->workers, &r->sweep);
}

static void
on_timer(evutil_socket_t fd, short what, void *rejects)
{
	(void)fd;
	(void)what;
	sweep(rejects);
	reject_copies_sweep(((struct rejects *)rejects)->copies);
}

/* ---- the settings */

void
rejects_configure(struct rejects *r, const struct config *config)
{
	const struct config_value *const v = config->values;
	const struct str domains = v[SETTING_keep_rejects].text,
			 data = v[SETTING_data_directory].text;
	snprintf(r->domains, sizeof r->domains, "%.*s", (int)domains.len, domains.ptr);
	const int n = snprintf(
		r->folder, sizeof r->folder, "%.*s/" REJECTS_FOLDER, (int)data.len, data.ptr);
	if (n < 0 || (size_t)n >= sizeof r->folder)
		r->domains[0] = r->folder[0] = '\0';
	r->keep_ms = v[SETTING_keep_rejects_for].number * 1000;
	r->bytes_max = (uint64_t)v[SETTING_keep_rejects_size].number;
	reject_copies_configure(r->copies, config);
	if (r->is_started && r->domains[0] != '\0')
		mkdir(r->folder, 0700);
}

void
rejects_start(struct rejects *r, struct event_base *base, struct workers *workers)
{
	const struct timeval pause = {REJECTS_SWEEP_S, 0};
	r->workers = workers;
	r->is_started = true;
	r->started_ms = clock_wall_ms();
	r->sweep = (struct work){.run = sweep_run, .done = sweep_done};
	if (r->domains[0] != '\0')
		mkdir(r->folder, 0700);
	event_assign(&r->timer, base, -1, EV_PERSIST, on_timer, r);
	event_add(&r->timer, &pause);
	sweep(r);
	reject_copies_start(r->copies, workers);
}

void
rejects_free(struct rejects *r)
{
	if (r == NULL)
		return;
	if (r->is_started)
		event_del(&r->timer);
	reject_copies_free(r->copies);
	free(r);
}

/* ---- a message */

void
rejects_add(const struct rejects *r, struct mail *m, struct str piece)
{
	if (!r->is_started)
		return;
	if (m->copy.limit_bytes == 0) {
		buf_init(&m->copy, REJECT_MESSAGE_BYTES_MAX);
		m->is_copied = is_wanted(r, m) || reject_copies_want(r->copies, m);
	}
	if (m->is_copied)
		buf_add(&m->copy, piece);
}

static void
file_write(struct work *w)
{
	struct keeping *const k = (struct keeping *)((char *)w - offsetof(struct keeping, work));
	char path[REJECT_PATH_MAX + 16];
	snprintf(path, sizeof path, "%s/%s", k->folder, k->name);
	(void)file_replace(path, buf_str(&k->text), FILE_HINT);
}

static void
file_done(struct work *w)
{
	struct keeping *const k = (struct keeping *)((char *)w - offsetof(struct keeping, work));
	buf_fini(&k->text);
	free(k);
}

static void
recipients_of(const struct rejects *r, const struct mail *m, struct reject *out)
{
	/* A list stands for its members, who are there too. */
	for (size_t i = 0; i < m->count && out->to_count < REJECT_RECIPIENTS_MAX; i++)
		if (m->recipients[i].kind != RECIPIENT_LIST &&
			config_list_has(str_of(r->domains), m->recipients[i].forward_path))
			out->to[out->to_count++] = m->recipients[i].forward_path;
}

/* A file for the operator; false when it is not kept. */
static bool
keep_file(struct rejects *r, struct guest *g, enum condition c, struct str reply)
{
	const struct mail *const m = g->mail;
	char ip[ENDPOINT_TEXT_BYTES];
	if (!is_wanted(r, m))
		return false;
	if (r->bytes >= r->bytes_max) {
		sweep(r);
		return false;
	}
	struct reject reject = {.time_ms = m->began_ms,
		.session = {g->session.reference, g->session.reference_bytes},
		.client = guest_client(g, ip),
		.helo = str_of(g->helo),
		.user = str_of(g->user),
		.from = m->sender.len > 0 ? m->sender : STR("<>"),
		.condition = catalogue_text(catalogue_conditions[c].id),
		.rule = m->why,
		.reply = str_trim(reply),
		.message = buf_str(&m->copy)};
	struct keeping *const k = calloc(1, sizeof *k);
	if (k == NULL)
		return false;
	recipients_of(r, m, &reject);
	buf_init(&k->text, REJECT_FILE_BYTES_MAX);
	reject_write(&k->text, &reject);
	if (buf_failed(&k->text) || reject.to_count == 0) {
		file_done(&k->work);
		return false;
	}
	memcpy(k->folder, r->folder, sizeof k->folder);
	memcpy(k->name, m->id, sizeof k->name);
	k->work = (struct work){.run = file_write, .done = file_done};
	r->bytes += k->text.len;
	workers_submit(r->workers, &k->work);
	return true;
}

struct rejects_kept
rejects_keep(struct guest *g, enum condition c, unsigned code, struct str reply)
{
	struct rejects *const r = g->receive->rejects;
	struct mail *const m = g->mail;
	struct rejects_kept kept = {0};
	if (m == NULL || !m->is_copied || !m->is_over || code < 500 || buf_failed(&m->copy))
		return kept;
	m->is_copied = false; /* once */
	kept.by_operator = keep_file(r, g, c, reply);
	kept.shown_to = reject_copies_show(r->copies, g, c, reply);
	return kept;
}
