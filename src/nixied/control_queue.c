/* control_queue - what the server answers about its queue */
#include <stdio.h>
#include <stdlib.h>

#include "base/json.h"
#include "base/when.h"
#include "nixied/audit.h"
#include "nixied/control_list.h"
#include "nixied/nixied.h"

#define LIST_LIMIT 1000 /* recipients that a list shows, when nothing else is said */

static bool
complain_about(const struct asked *a, struct str word, struct str why)
{
	buf_add(a->request->out, STR("nixied: queue: "));
	buf_add(a->request->out, word);
	buf_add(a->request->out, STR(": "));
	buf_add(a->request->out, why);
	buf_add(a->request->out, STR("\n"));
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
			buf_add(out, (struct str){bytes, (size_t)m->body_bytes});
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
	for (size_t i = 0; i < sizeof facts / sizeof *facts && !a->is_json; i++)
		if (facts[i].value.len > 0) {
			buf_add(out, str_of(facts[i].label));
			buf_add(out, facts[i].value);
			buf_add(out, STR("\n"));
		}
	if (!a->is_json) {
		buf_add(out, STR("bytes    "));
		buf_add_number(out, (int64_t)m->body_bytes);
		buf_add(out, STR("\n"));
	}
	for (uint32_t i = 0; i < e->recipient_count; i++)
		control_list_one(parts, &(struct select_place){m->id, i}, a->is_json, out);
	return EXIT_DONE;
}

/* ---- the audit, some thousand recipients in a turn of the loop: a few milliseconds */

#define AUDIT_PIECE 2000

static bool
audit_more(void *audit, struct buf *out)
{
	(void)out;
	return queue_audit_go(audit, AUDIT_PIECE);
}

static int
audit_code(void *audit, struct buf *out)
{
	struct queue_counts counts;
	const bool is_right = queue_audit_is_right(audit, &counts);
	audit_write(&counts, is_right, out);
	return is_right ? EXIT_DONE : EXIT_NO;
}

static void
audit_end(void *audit)
{
	queue_audit_free(audit);
}

static void
audit(const struct control_parts *parts, control_done *done, void *to)
{
	struct queue_audit *const a = queue_audit_new(parts->queue);
	if (a == NULL)
		done(to, EXIT_TROUBLE, NULL);
	else
		done(to, 0,
			&(struct control_rest){
				.more = audit_more, .code = audit_code, .end = audit_end, .of = a});
}

/* ---- doing */

struct deed {
	struct buf *out;
	struct str act; /* for JSON; absent: for people */
	control_done *done;
	void *to;
};

static void
was_done(void *to, const struct operate_result *result)
{
	struct deed *const d = to;
	char room[160];
	const bool is_json = str_is_set(d->act) && !result->no_memory;
	if (is_json)
		control_list_deed(d->act, result, d->out);
	snprintf(room, sizeof room, "%zu of %zu recipients%s\n", result->changed, result->fitted,
		result->no_memory ? "; memory ran out, ask again for the others"
		: result->skipped > 0
			? "; the others are so already, or are being tried at this moment"
			: "");
	buf_add(d->out, is_json ? STR("") : str_of(room));
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
	*d = (struct deed){.out = a->request->out, .done = done, .to = to};
	if (a->is_json)
		d->act = operate_act_name((enum operate_act)which);
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
	if (str_eq(command, STR("bans"))) {
		control_bans(parts, request, done, to);
		return;
	}
	if (str_eq(command, STR("audit"))) {
		audit(parts, done, to);
		return;
	}
	const int which = operate_act_find(a.verb);
	const bool is_count = str_eq(a.verb, STR("count"));
	if (!str_eq(command, STR("queue")) ||
		(which < 0 && !is_count && !str_eq(a.verb, STR("list")) &&
			!str_eq(a.verb, STR("show")))) {
		complain_about(&a, a.verb, STR("no such action; `nixied queue --help` lists them"));
		done(to, EXIT_USAGE, NULL);
	} else if (!understand(&a)) {
		done(to, EXIT_USAGE, NULL);
	} else if (which >= 0) {
		act(parts, &a, which, done, to);
	} else if (str_eq(a.verb, STR("show"))) {
		done(to, show(parts, &a), NULL);
	} else if (is_count) {
		control_count(parts, &a, done, to);
	} else {
		control_list(parts, &a, done, to);
	}
}
