/* control_list - what `nixied queue` shows: recipients, all or some, or how many there are */
#include "nixied/control_list.h"

#include <stdlib.h>

#include "base/json.h"
#include "base/when.h"
#include "deliver/copy.h"
#include "nixied/nixied.h"

#define LIST_PIECE 200             /* recipients that are written at a time */
#define WORDS_ARENA_MAX (1u << 20) /* of one recipient */

static bool
sink(void *to, const char *bytes, size_t len)
{
	buf_add(to, (struct str){bytes, len});
	return !buf_failed(to);
}

static struct str
state_of(const struct select_found *f)
{
	if (f->is_under_way)
		return STR("under way");
	return str_of(recipient_state_name(f->recipient.progress.state));
}

static void
list_text(struct buf *out, const struct select_found *f)
{
	const struct queue_envelope *const e = &f->message.envelope;
	const struct queue_recipient *const r = &f->recipient;
	char id[QUEUE_ID_BYTES], when[WHEN_BYTES];
	queue_id_text(f->message.id, id);
	buf_add(out, str_of(id));
	buf_add(out, STR("  "));
	buf_add(out, state_of(f));
	buf_add(out, STR("  "));
	buf_add(out, e->reverse_path.len > 0 ? e->reverse_path : STR("<>"));
	buf_add(out, STR(" -> "));
	buf_add(out, r->forward_path);
	if (r->kind == RECIPIENT_LIST)
		buf_add(out, STR("  (a list)"));
	if (r->list > 0) {
		buf_add(out, STR("  (a member of "));
		buf_add(out, copy_list(&f->message, r->list));
		buf_add(out, STR(")"));
	}
	if (r->progress.attempts > 0) {
		buf_add(out, STR("\n    tried "));
		buf_add_number(out, r->progress.attempts);
		buf_add(out, r->progress.attempts == 1 ? STR(" time") : STR(" times"));
	}
	if (r->progress.state == RECIPIENT_WAITING) {
		buf_add(out, r->progress.attempts > 0 ? STR(", next ") : STR("\n    due "));
		buf_add(out, when_log(r->progress.due_ms, when));
	}
	if (r->progress.reply.len > 0) {
		struct str lines = r->progress.reply, line;
		while (str_line(&lines, &line)) {
			buf_add(out, STR("\n    "));
			buf_add(out, line);
		}
	}
	buf_add(out, STR("\n"));
}

static void
recipient_json(struct json *j, const struct select_found *f, struct str reason)
{
	const struct queue_recipient *const r = &f->recipient;
	const struct recipient_progress *const p = &r->progress;
	char when[WHEN_BYTES];
	json_text(j, STR("to"), r->forward_path);
	json_text_if(j, STR("original"), r->original);
	json_text_if(j, STR("list"), copy_list(&f->message, r->list));
	json_text(j, STR("state"), state_of(f));
	json_number(j, STR("attempts"), p->attempts);
	if (p->state == RECIPIENT_WAITING)
		json_text(j, STR("next"), when_log(p->due_ms, when));
	json_text_if(j, STR("why"), p->why);
	json_text_if(j, STR("reason"), reason);
	json_text_if(j, STR("reply"), p->reply);
	json_text_if(j, STR("peer"), p->peer);
}

static void
message_json(struct json *j, const struct queue_message *m)
{
	const struct queue_envelope *const e = &m->envelope;
	char id[QUEUE_ID_BYTES], when[WHEN_BYTES];
	queue_id_text(m->id, id);
	json_text(j, STR("id"), str_of(id));
	json_text(j, STR("arrived"), when_log(e->arrived_ms, when));
	json_text(j, STR("from"), e->reverse_path);
	json_number(j, STR("bytes"), (int64_t)m->body_bytes);
	json_text_if(j, STR("session"), e->session);
	json_text_if(j, STR("client"), e->client);
	json_text_if(j, STR("helo"), e->helo);
	json_text_if(j, STR("envid"), e->envelope_id);
	json_text_if(j, STR("account"), e->account);
}

/* A list on its way: so many at a time, since the words of each are read from the disk. */
struct listing {
	struct control_parts parts;
	bool is_json;
	size_t at;
	struct selection found;
	struct buf *out; /* of the first answer */
	control_done *done;
	void *to;
};

static bool
write_one(const struct control_parts *parts, const struct select_place *place, struct json *j,
	struct buf *out)
{
	struct select_found f;
	if (!select_look(parts->deliver, place, &f))
		return false; /* it has gone meanwhile */
	struct arena a;
	arena_init(&a, WORDS_ARENA_MAX);
	(void)queue_words(&f.message, place->recipient, &a, &f.recipient.progress);
	if (j == NULL) {
		list_text(out, &f);
	} else {
		json_open(j, STR_NONE, '{');
		message_json(j, &f.message);
		recipient_json(j, &f,
			select_reason(parts->deliver, &f.message, place->recipient,
				&f.recipient.progress, &a));
		json_close(j, '}');
		out_add_char(j->out, '\n');
		j->has_member = false;
	}
	arena_fini(&a);
	return true;
}

static void
list_summary(const struct listing *l, struct buf *out)
{
	const struct selection *const s = &l->found;
	buf_add_number(out, (int64_t)s->fitted);
	buf_add(out, s->fitted == 1 ? STR(" recipient") : STR(" recipients"));
	if (s->fitted > s->count) {
		buf_add(out, STR(", of which the oldest "));
		if (s->count > 1)
			buf_add_number(out, (int64_t)s->count);
		buf_add(out, s->count > 1 ? STR(" are shown: --limit N shows more")
					  : STR("is shown: --limit N shows more"));
	}
	buf_add(out, s->no_memory ? STR("; memory ran out, so there may be more\n") : STR("\n"));
}

static bool
list_more(void *of, struct buf *out)
{
	struct listing *const l = of;
	struct out o;
	struct json j;
	out_init(&o, sink, out);
	json_init(&j, &o, false);
	for (size_t i = 0; i < LIST_PIECE && l->at < l->found.count; i++)
		write_one(&l->parts, &l->found.places[l->at++], l->is_json ? &j : NULL, out);
	out_finish(&o);
	if (l->at < l->found.count)
		return true;
	if (!l->is_json)
		list_summary(l, out);
	return false;
}

static void
list_end(void *of)
{
	struct listing *const l = of;
	selection_fini(&l->found);
	free(l);
}

static void
list_found(void *to, struct selection *found)
{
	struct listing *const l = to;
	l->found = *found;
	if (found->was_stopped) {
		buf_add(l->out, STR("nixied: queue: the server is being stopped\n"));
		l->done(l->to, EXIT_TROUBLE, NULL);
		list_end(l);
		return;
	}
	l->done(l->to, found->fitted > 0 ? EXIT_DONE : EXIT_NO,
		&(struct control_rest){.more = list_more, .end = list_end, .of = l});
}

void
control_list(const struct control_parts *parts, const struct asked *a, control_done *done, void *to)
{
	struct listing *const l = malloc(sizeof *l);
	if (l == NULL) {
		done(to, EXIT_TROUBLE, NULL);
		return;
	}
	*l = (struct listing){.parts = *parts,
		.is_json = a->is_json,
		.out = a->request->out,
		.done = done,
		.to = to};
	select_start(parts->deliver, &a->filter, a->limit, list_found, l);
}

void
control_list_one(const struct control_parts *parts, const struct select_place *place, bool is_json,
	struct buf *out)
{
	struct out o;
	struct json j;
	out_init(&o, sink, out);
	json_init(&j, &o, false);
	write_one(parts, place, is_json ? &j : NULL, out);
	out_finish(&o);
}

void
control_list_deed(struct str act, const struct operate_result *result, struct buf *out)
{
	struct out o;
	struct json j;
	out_init(&o, sink, out);
	json_init(&j, &o, false);
	json_open(&j, STR_NONE, '{');
	json_text(&j, STR("action"), act);
	json_number(&j, STR("recipients"), (int64_t)result->fitted);
	json_number(&j, STR("changed"), (int64_t)result->changed);
	json_number(&j, STR("skipped"), (int64_t)result->skipped);
	json_close(&j, '}');
	out_add_char(&o, '\n');
	out_finish(&o);
}

/* ---- how many */

struct counting {
	bool is_json;
	struct buf *out;
	control_done *done;
	void *to;
};

static void
count_json(const struct selection *s, struct buf *out)
{
	struct out o;
	struct json j;
	out_init(&o, sink, out);
	json_init(&j, &o, false);
	json_open(&j, STR_NONE, '{');
	json_number(&j, STR("recipients"), (int64_t)s->fitted);
	json_number(&j, STR("tried"), (int64_t)s->tried);
	json_number(&j, STR("held"), (int64_t)s->held);
	json_close(&j, '}');
	out_add_char(&o, '\n');
	out_finish(&o);
}

static void
count_text(const struct selection *s, struct buf *out)
{
	buf_add_number(out, (int64_t)s->fitted);
	buf_add(out, s->fitted == 1 ? STR(" recipient, ") : STR(" recipients, "));
	buf_add_number(out, (int64_t)s->tried);
	buf_add(out, STR(" tried already, "));
	buf_add_number(out, (int64_t)s->held);
	buf_add(out, STR(" held\n"));
}

static void
count_found(void *to, struct selection *found)
{
	struct counting *const c = to;
	int code = found->fitted > 0 ? EXIT_DONE : EXIT_NO;
	if (found->was_stopped || found->no_memory) {
		buf_add(c->out, found->was_stopped
					? STR("nixied: queue: the server is being stopped\n")
					: STR("nixied: queue: not enough memory\n"));
		code = EXIT_TROUBLE;
	} else if (c->is_json) {
		count_json(found, c->out);
	} else {
		count_text(found, c->out);
	}
	c->done(c->to, code, NULL);
	selection_fini(found);
	free(c);
}

void
control_count(
	const struct control_parts *parts, const struct asked *a, control_done *done, void *to)
{
	struct counting *const c = malloc(sizeof *c);
	if (c == NULL) {
		done(to, EXIT_TROUBLE, NULL);
		return;
	}
	*c = (struct counting){a->is_json, a->request->out, done, to};
	select_start(parts->deliver, &a->filter, 0, count_found, c);
}
