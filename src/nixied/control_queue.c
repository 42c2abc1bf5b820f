/* control_queue - what the server answers about its queue */
#include <stdio.h>
#include <stdlib.h>

#include "base/json.h"
#include "base/when.h"
#include "nixied/audit.h"
#include "nixied/control.h"
#include "nixied/nixied.h"

#define LIST_PIECE 200             /* recipients that are written at a time */
#define WORDS_ARENA_MAX (1u << 20) /* of one recipient */
#define LIST_LIMIT 1000            /* recipients that a list shows, when nothing else is said */

/* A request as it was understood. */
struct asked {
	struct select_filter filter;
	const struct control_request *request;
	struct str verb;
	bool is_json, is_all, wants_body;
	size_t limit;
};

static void
say(struct buf *out, struct str text)
{
	buf_add(out, text);
}

static bool
sink(void *to, const char *bytes, size_t len)
{
	buf_add(to, (struct str){bytes, len});
	return !buf_failed(to);
}

static bool
complain_about(const struct asked *a, struct str word, struct str why)
{
	say(a->request->out, STR("nixied: queue: "));
	say(a->request->out, word);
	say(a->request->out, STR(": "));
	say(a->request->out, why);
	say(a->request->out, STR("\n"));
	return false;
}

/* The options, which the command has left as they were. */
static bool
understand(struct asked *a)
{
	const struct control_request *const r = a->request;
	struct select_filter *const f = &a->filter;
	static const struct {
		struct str name;
		size_t offset;
	} texts[] = {{STR_INIT("--to"), offsetof(struct select_filter, recipient)},
		{STR_INIT("--domain"), offsetof(struct select_filter, destination)},
		{STR_INIT("--from"), offsetof(struct select_filter, sender)},
		{STR_INIT("--reason"), offsetof(struct select_filter, reason)}};
	a->limit = LIST_LIMIT;
	for (size_t i = 2; i < r->count; i++) {
		const struct str word = r->words[i];
		const bool has_next = i + 1 < r->count;
		bool is_text = false;
		for (size_t k = 0; k < sizeof texts / sizeof *texts; k++) {
			if (!str_eq(word, texts[k].name))
				continue;
			if (!has_next)
				return complain_about(a, word, STR("wants a value"));
			memcpy((char *)f + texts[k].offset, &r->words[++i], sizeof(struct str));
			is_text = true;
			break;
		}
		if (is_text)
			continue;
		if (str_eq(word, STR("--held")))
			f->only_held = true;
		else if (str_eq(word, STR("--waiting")))
			f->only_waiting = true;
		else if (str_eq(word, STR("--all")))
			a->is_all = true;
		else if (str_eq(word, STR("--body")))
			a->wants_body = true;
		else if (str_eq(word, STR("-o")) && has_next &&
			 str_eq(r->words[i + 1], STR("json"))) {
			a->is_json = true;
			i++;
		} else if (str_eq(word, STR("--limit")) && has_next &&
			   str_number(r->words[i + 1], INT32_MAX) >= 0) {
			a->limit = (size_t)str_number(r->words[++i], INT32_MAX);
		} else if (word.len > 0 && word.ptr[0] != '-' && f->message == 0 &&
			   (f->message = queue_id_parse(word)) != 0) {
			/* the id of a message */
		} else if (word.len > 0 && word.ptr[0] != '-') {
			return complain_about(a, word, STR("is no id of a message"));
		} else {
			return complain_about(
				a, word, STR("no such option; `nixied queue --help` lists them"));
		}
	}
	return true;
}

static bool
has_filter(const struct asked *a)
{
	const struct select_filter *const f = &a->filter;
	return f->message != 0 || str_is_set(f->recipient) || str_is_set(f->destination) ||
	       str_is_set(f->sender) || str_is_set(f->reason) || f->only_held || f->only_waiting;
}

/* ---- looking */

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
	say(out, str_of(id));
	say(out, STR("  "));
	say(out, state_of(f));
	say(out, STR("  "));
	say(out, e->reverse_path.len > 0 ? e->reverse_path : STR("<>"));
	say(out, STR(" -> "));
	say(out, r->forward_path);
	if (r->progress.attempts > 0) {
		say(out, STR("\n    tried "));
		buf_add_number(out, r->progress.attempts);
		say(out, r->progress.attempts == 1 ? STR(" time") : STR(" times"));
	}
	if (r->progress.state == RECIPIENT_WAITING) {
		say(out, r->progress.attempts > 0 ? STR(", next ") : STR("\n    due "));
		say(out, when_log(r->progress.due_ms, when));
	}
	if (r->progress.reply.len > 0) {
		struct str lines = r->progress.reply, line;
		while (str_line(&lines, &line)) {
			say(out, STR("\n    "));
			say(out, line);
		}
	}
	say(out, STR("\n"));
}

static void
recipient_json(struct json *j, const struct select_found *f)
{
	const struct queue_recipient *const r = &f->recipient;
	const struct recipient_progress *const p = &r->progress;
	char when[WHEN_BYTES];
	json_text(j, STR("to"), r->forward_path);
	json_text_if(j, STR("original"), r->original);
	json_text(j, STR("state"), state_of(f));
	json_number(j, STR("attempts"), p->attempts);
	if (p->state == RECIPIENT_WAITING)
		json_text(j, STR("next"), when_log(p->due_ms, when));
	json_text_if(j, STR("why"), p->why);
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
list_one(const struct control_parts *parts, const struct select_place *place, struct json *j,
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
		recipient_json(j, &f);
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
	say(out, s->fitted == 1 ? STR(" recipient") : STR(" recipients"));
	if (s->fitted > s->count) {
		say(out, STR(", of which the oldest "));
		if (s->count > 1)
			buf_add_number(out, (int64_t)s->count);
		say(out, s->count > 1 ? STR(" are shown: --limit N shows more")
				      : STR("is shown: --limit N shows more"));
	}
	say(out, s->no_memory ? STR("; memory ran out, so there may be more\n") : STR("\n"));
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
		list_one(&l->parts, &l->found.places[l->at++], l->is_json ? &j : NULL, out);
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
		say(l->out, STR("nixied: queue: the server is being stopped\n"));
		l->done(l->to, EXIT_TROUBLE, NULL);
		list_end(l);
		return;
	}
	l->done(l->to, found->fitted > 0 ? EXIT_DONE : EXIT_NO,
		&(struct control_rest){list_more, list_end, l});
}

static void
list(const struct control_parts *parts, struct asked *a, control_done *done, void *to)
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

static int
show(const struct control_parts *parts, struct asked *a)
{
	struct buf *const out = a->request->out;
	struct queue_message found;
	const struct queue_message *const m = &found;
	char when[WHEN_BYTES];
	if (a->filter.message == 0 || !queue_find(parts->queue, a->filter.message, &found)) {
		complain_about(a, STR("show"),
			a->filter.message == 0 ? STR("wants the id of a message")
					       : STR("no such message waits; `nixied why --id` "
						     "tells what became of it"));
		return a->filter.message == 0 ? EXIT_USAGE : EXIT_NO;
	}
	if (a->wants_body) {
		char *const bytes = malloc(m->body_bytes + 1);
		const int error = bytes == NULL ? -1
						: queue_body_read(parts->queue, m->id, 0, bytes,
							  (size_t)m->body_bytes);
		if (error == 0)
			say(out, (struct str){bytes, (size_t)m->body_bytes});
		free(bytes);
		return error == 0 ? EXIT_DONE : EXIT_TROUBLE;
	}
	const struct queue_envelope *const e = &m->envelope;
	const struct {
		const char *label;
		struct str value;
	} facts[] = {{"arrived  ", when_log(e->arrived_ms, when)},
		{"from     ", e->reverse_path.len > 0 ? e->reverse_path : STR("<>")},
		{"account  ", e->account}, {"client   ", e->client}, {"helo     ", e->helo},
		{"session  ", e->session}, {"envid    ", e->envelope_id}};
	for (size_t i = 0; i < sizeof facts / sizeof *facts; i++)
		if (facts[i].value.len > 0) {
			say(out, str_of(facts[i].label));
			say(out, facts[i].value);
			say(out, STR("\n"));
		}
	say(out, STR("bytes    "));
	buf_add_number(out, (int64_t)m->body_bytes);
	say(out, STR("\n"));
	for (uint32_t i = 0; i < e->recipient_count; i++)
		list_one(parts, &(struct select_place){m->id, i}, NULL, out);
	return EXIT_DONE;
}

static int
audit(const struct control_parts *parts, struct buf *out)
{
	struct queue_counts counts;
	const bool is_right = queue_audit(parts->queue, &counts);
	audit_write(&counts, is_right, out);
	return is_right ? EXIT_DONE : EXIT_NO;
}

/* ---- doing */

struct deed {
	struct buf *out;
	control_done *done;
	void *to;
};

static void
was_done(void *to, const struct operate_result *result)
{
	struct deed *const d = to;
	char room[160];
	snprintf(room, sizeof room, "%zu of %zu recipients%s\n", result->changed, result->fitted,
		result->no_memory ? "; memory ran out, ask again for the others"
		: result->skipped > 0
			? "; the others are so already, or are being tried at this moment"
			: "");
	say(d->out, str_of(room));
	d->done(d->to, result->changed > 0 ? EXIT_DONE : EXIT_NO, NULL);
	free(d);
}

static void
act(const struct control_parts *parts, struct asked *a, int which, control_done *done, void *to)
{
	struct deed *const d = malloc(sizeof *d);
	if (!has_filter(a) && !a->is_all) {
		complain_about(a, a->verb,
			STR("says nothing of which: name an id, --to, --domain, --from, "
			    "--reason, or --all for everything"));
		free(d);
		done(to, EXIT_USAGE, NULL);
		return;
	}
	if (d == NULL) {
		done(to, EXIT_TROUBLE, NULL);
		return;
	}
	*d = (struct deed){a->request->out, done, to};
	operate(parts->deliver, (enum operate_act)which, &a->filter, a->request->who, was_done, d);
}

void
control_answer(const struct control_parts *parts, const struct control_request *request,
	control_done *done, void *to)
{
	struct asked a = {.request = request};
	const struct str command = request->count > 0 ? request->words[0] : STR_NONE;
	a.verb = request->count > 1 ? request->words[1] : STR("list");
	if (str_eq(command, STR("rejects"))) {
		control_rejects(parts, request, done, to);
		return;
	}
	if (str_eq(command, STR("audit"))) {
		done(to, audit(parts, request->out), NULL);
		return;
	}
	const int which = operate_act_find(a.verb);
	if (!str_eq(command, STR("queue")) ||
		(which < 0 && !str_eq(a.verb, STR("list")) && !str_eq(a.verb, STR("show")))) {
		complain_about(&a, a.verb, STR("no such action; `nixied queue --help` lists them"));
		done(to, EXIT_USAGE, NULL);
	} else if (!understand(&a)) {
		done(to, EXIT_USAGE, NULL);
	} else if (which >= 0) {
		act(parts, &a, which, done, to);
	} else if (str_eq(a.verb, STR("show"))) {
		done(to, show(parts, &a), NULL);
	} else {
		list(parts, &a, done, to);
	}
}
