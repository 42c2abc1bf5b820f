#include "receive/reject_copies.h"

#include <stdio.h>
#include <stdlib.h>

#include "explain/explain.h"
#include "mailbox/shelf.h"
#include "receive/inside.h"
#include "receive/reject_file.h"
#include "report/judged.h"
#include "report/mailtext.h"
#include "smtp/limits.h"

#define COPY_HEAD_BYTES_MAX 16384
#define ARENA_BYTES_MAX ((size_t)2 << 20)

struct reject_copies {
	char domains[REJECT_LIST_BYTES_MAX]; /* as they were configured; "": nobody sees any */
	char mail_folder[MAILBOX_PATH_MAX];
	enum lang lang; /* where an account says none */
	int64_t keep_ms;
	uint64_t bytes_max;
	struct workers *workers; /* NULL: not started */
	size_t under_way;
	/* The worker's, while it sweeps. */
	struct work sweep;
	bool is_sweeping;
	int64_t swept_ms; /* when it last did */
	char swept_folder[MAILBOX_PATH_MAX];
	struct shelf_bounds swept;
};

struct copy {
	struct str head;
	char path[MAILBOX_PATH_MAX];
};

/* One message on its way into mailboxes. */
struct showing {
	struct work work;
	struct reject_copies *owner;
	struct arena arena;
	struct buf text;
	struct copy *list;
	size_t count;
	struct str id, host;
	int64_t now_ms;
	struct shelf_bounds bounds;
};

struct reject_copies *
reject_copies_new(void)
{
	return calloc(1, sizeof(struct reject_copies));
}

void
reject_copies_free(struct reject_copies *r)
{
	free(r);
}

void
reject_copies_configure(struct reject_copies *r, const struct config *config)
{
	const struct config_value *const v = config->values;
	const struct str domains = v[SETTING_rejects_folder].text,
			 data = v[SETTING_data_directory].text;
	const bool is_here = str_eq(v[SETTING_local_delivery].text, STR("maildir"));
	const int n = snprintf(
		r->mail_folder, sizeof r->mail_folder, "%.*s/mail", (int)data.len, data.ptr);
	snprintf(r->domains, sizeof r->domains, "%.*s",
		is_here && n > 0 && (size_t)n < sizeof r->mail_folder ? (int)domains.len : 0,
		domains.ptr);
	const int lang = (int)v[SETTING_report_language].number;
	r->lang = lang >= 0 && lang < LANG__COUNT ? (enum lang)lang : LANG_EN;
	r->keep_ms = v[SETTING_keep_rejects_for].number * 1000;
	r->bytes_max = (uint64_t)v[SETTING_rejects_folder_size].number;
}

static struct shelf_bounds
bounds_of(const struct reject_copies *r)
{
	return (struct shelf_bounds){
		.since_s = (clock_wall_ms() - r->keep_ms) / 1000, .bytes_max = r->bytes_max};
}

/* ---- sweeping, on a worker */

static void
sweep_run(struct work *w)
{
	const struct reject_copies *const r =
		(struct reject_copies *)((char *)w - offsetof(struct reject_copies, sweep));
	shelves_tidy(r->swept_folder, &r->swept);
}

static void
sweep_done(struct work *w)
{
	((struct reject_copies *)((char *)w - offsetof(struct reject_copies, sweep)))->is_sweeping =
		false;
}

void
reject_copies_sweep(struct reject_copies *r)
{
	const int64_t now_ms = clock_mono_ms();
	if (r->domains[0] == '\0' || r->is_sweeping || r->workers == NULL ||
		(r->swept_ms != 0 && now_ms - r->swept_ms < REJECT_COPIES_SWEEP_MS))
		return;
	r->swept_ms = now_ms;
	r->is_sweeping = true;
	r->swept = bounds_of(r);
	memcpy(r->swept_folder, r->mail_folder, sizeof r->mail_folder);
	workers_submit(r->workers, &r->sweep);
}

void
reject_copies_start(struct reject_copies *r, struct workers *workers)
{
	r->workers = workers;
	r->sweep = (struct work){.run = sweep_run, .done = sweep_done};
	reject_copies_sweep(r);
}

/* ---- a message */

bool
reject_copies_want(const struct reject_copies *r, const struct mail *m)
{
	for (size_t i = 0; i < m->count && r->domains[0] != '\0'; i++)
		if (config_list_has(str_of(r->domains), m->recipients[i].forward_path))
			return true;
	return false;
}

/* A filter of any kind may have found it, and says so in words of its own. */
static bool
is_virus(const struct mail *m, enum condition c, struct str reply, struct arena *a)
{
	struct nixie_outcome o;
	if (catalogue_conditions[c].reason == REASON_VIRUS || str_has_case(m->why, STR("virus")))
		return true;
	/* Without our mark at its end, which would decide. */
	for (size_t n = reply.len; n > 0; n--)
		if (reply.ptr[n - 1] == '(') {
			reply = str_head(reply, n - 1);
			break;
		}
	const struct attempt attempt = {
		.stage = NIXIE_STAGE_END_OF_DATA, .condition = ATTEMPT_ANSWERED, .answer = reply};
	const struct judged_case told = {
		.attempt = &attempt, .action = NIXIE_ACTION_FAILED, .is_own = true};
	judged_outcome(&told, a, &o);
	return str_eq((struct str){o.reason.ptr, o.reason.len},
		catalogue_text(catalogue_reasons[REASON_VIRUS].name));
}

/* Is it a mailbox here? */
static bool
is_mailbox(struct guest *g, struct str address, struct arena *a)
{
	const struct directory_question question = {.recipient = address, .is_authenticated = true};
	struct directory_answer answer;
	directory_resolve(g->receive->parts.directory, &question, a, &answer);
	for (size_t i = 0; !answer.is_refused && i < answer.target_count; i++)
		if (answer.targets[i].kind == TARGET_MAILBOX &&
			str_eq_case(answer.targets[i].address, address))
			return true;
	return false;
}

static void
field(struct buf *b, struct str name, struct str value)
{
	buf_add(b, name);
	mail_words(b, value, name.len);
	buf_add(b, STR("\r\n"));
}

/* What stands in front: whose it is, why it was refused, how it came. */
static struct str
head_of(const struct reject_copies *r, struct guest *g, struct str rcpt, enum condition c,
	struct str reply, struct arena *a)
{
	const struct mail *const m = g->mail;
	const struct str session = {g->session.reference, g->session.reference_bytes};
	struct str tag = STR_NONE;
	(void)directory_language(g->receive->parts.directory, rcpt, a, &tag);
	const int own = str_is_set(tag) ? catalogue_lang_find(tag) : -1;
	const struct str words = explain_condition(
		catalogue_text(catalogue_conditions[c].id), own < 0 ? r->lang : (enum lang)own, a);
	struct buf b;
	buf_init(&b, COPY_HEAD_BYTES_MAX);
	buf_add(&b, STR("Return-Path: <"));
	buf_add(&b, str_head(m->sender, 900));
	buf_add(&b, STR(">\r\nDelivered-To: "));
	buf_add(&b, str_head(rcpt, 900));
	buf_add(&b, STR("\r\n"));
	field(&b, STR("X-Nixie-Reason: "), arena_join(a, words, STR("; reference "), session));
	field(&b, STR("X-Nixie-Reply: "), mail_clean(reply, REPLY_BYTES_MAX, a));
	mail_trace(m, &b);
	const struct str head = buf_failed(&b) ? STR_NONE : arena_str(a, buf_str(&b));
	buf_fini(&b);
	return head;
}

/* Those who are to see it. */
static void
copies_make(struct guest *g, struct showing *s, enum condition c, struct str reply)
{
	const struct reject_copies *const r = s->owner;
	const struct mail *const m = g->mail;
	s->list = arena_alloc(&s->arena, REJECT_COPIES_RECIPIENTS_MAX, sizeof *s->list);
	for (size_t i = 0; s->list != NULL && i < m->count; i++) {
		const struct str rcpt = m->recipients[i].forward_path;
		struct copy *const one = &s->list[s->count];
		const size_t at = str_behind_last(rcpt, '@');
		if (s->count == REJECT_COPIES_RECIPIENTS_MAX || at == 0 ||
			!config_list_has(str_of(r->domains), rcpt) ||
			!mailbox_path(str_of(r->mail_folder), str_from(rcpt, at),
				str_head(rcpt, at - 1), one->path) ||
			!is_mailbox(g, rcpt, &s->arena))
			continue;
		one->head = head_of(r, g, rcpt, c, reply, &s->arena);
		s->count += str_is_set(one->head);
	}
}

static void
showing_run(struct work *w)
{
	struct showing *const s = (struct showing *)((char *)w - offsetof(struct showing, work));
	for (size_t i = 0; i < s->count; i++) {
		struct str rest = buf_str(&s->text);
		struct mailbox_error error;
		const struct mailbox_message message = {.head = s->list[i].head,
			.source = mailbox_source_text,
			.from = &rest,
			.bytes = s->text.len,
			.id = s->id,
			.host = s->host,
			.arrived_s = s->now_ms / 1000,
			.now_s = s->now_ms / 1000};
		/* No more than a courtesy: the sender was told, and the operator has the log. */
		(void)shelf_put(s->list[i].path, &message, &s->bounds, &error);
	}
}

static void
showing_free(struct showing *s)
{
	buf_fini(&s->text);
	arena_fini(&s->arena);
	free(s);
}

static void
showing_done(struct work *w)
{
	struct showing *const s = (struct showing *)((char *)w - offsetof(struct showing, work));
	s->owner->under_way--;
	showing_free(s);
}

size_t
reject_copies_show(struct reject_copies *r, struct guest *g, enum condition c, struct str reply)
{
	struct mail *const m = g->mail;
	if (r->workers == NULL || r->under_way == REJECT_COPIES_UNDER_WAY_MAX ||
		buf_failed(&m->copy) || !reject_copies_want(r, m))
		return 0;
	struct showing *const s = calloc(1, sizeof *s);
	if (s == NULL)
		return 0;
	s->owner = r;
	s->now_ms = clock_wall_ms();
	s->bounds = bounds_of(r);
	arena_init(&s->arena, ARENA_BYTES_MAX);
	s->id = arena_str(&s->arena, str_of(m->id));
	s->host = arena_str(&s->arena, g->profile->host);
	if (!is_virus(m, c, str_trim(reply), &s->arena))
		copies_make(g, s, c, str_trim(reply));
	const size_t count = arena_failed(&s->arena) ? 0 : s->count;
	if (count == 0) {
		showing_free(s);
		return 0;
	}
	s->text = m->copy;
	buf_init(&m->copy, 0);
	s->work = (struct work){.run = showing_run, .done = showing_done};
	r->under_way++;
	workers_submit(r->workers, &s->work);
	return count;
}
