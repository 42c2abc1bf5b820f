#include "filter/rspamd.h"

#include "base/json_walk.h"

#define ANSWER_BYTES_MAX ((size_t)8 << 20)

/* A field of the request; nothing when there is nothing to say. A line end must not make two. */
static void
put(struct buf *out, struct str name, struct str value)
{
	if (!str_is_set(value))
		return;
	buf_add(out, name);
	buf_add(out, STR(": "));
	for (size_t i = 0; i < value.len; i++)
		buf_add_char(out, (unsigned char)value.ptr[i] < ' ' ? '?' : value.ptr[i]);
	buf_add(out, STR("\r\n"));
}

void
rspamd_begin(struct rspamd *r, const struct filter_question *q, struct buf *out)
{
	const struct filter_facts *const f = q->facts;
	char digits[STR_DIGITS_MAX];
	*r = (struct rspamd){.m.question = *q, .has_text = q->at == FILTER_PING};
	http_answer_init(&r->http, ANSWER_BYTES_MAX);
	if (q->at == FILTER_PING) {
		buf_add(out, STR("GET /ping HTTP/1.1\r\nHost: rspamd\r\n\r\n"));
		return;
	}
	buf_add(out, STR("POST /checkv2 HTTP/1.1\r\nHost: rspamd\r\nConnection: keep-alive\r\n"));
	put(out, STR("Content-Length"), str_digits((int64_t)f->bytes, digits));
	put(out, STR("MTA-Name"), f->host);
	put(out, STR("Queue-Id"), f->id);
	put(out, STR("IP"), f->ip);
	put(out, STR("Hostname"), f->client_name);
	put(out, STR("Helo"), f->helo);
	put(out, STR("From"), f->sender);
	for (size_t i = 0; i < f->recipient_count; i++)
		put(out, STR("Rcpt"), f->recipients[i]);
	put(out, STR("User"), f->user);
	put(out, STR("TLS-Version"), f->tls_version);
	put(out, STR("TLS-Cipher"), f->tls_cipher);
	buf_add(out, STR("\r\n"));
}

void
rspamd_text(struct rspamd *r, struct str piece, struct buf *out)
{
	buf_add(out, piece);
	r->has_text = piece.len == 0;
}

void
rspamd_fini(struct rspamd *r)
{
	http_answer_fini(&r->http);
}

/* ---- the JSON */

static void
edit(struct rspamd *r, enum edit_kind kind, int index, struct str name, struct str value)
{
	if (!edit_add(&r->m.answer.edits, r->m.question.arena, kind, index, name, value))
		r->has_bad_edit = true;
}

static struct str
name_at(const struct json_path *p, size_t depth)
{
	return depth < p->depth ? p->name[depth] : STR_NONE;
}

/* One more symbol; of too many the lightest goes. */
static void
take_symbol(struct rspamd *r, struct str name, struct str score)
{
	int64_t points;
	if (!machine_points(score, &points) || points == 0)
		return;
	size_t at = r->symbol_count;
	while (at > 0 && r->symbols[at - 1].points < points)
		at--;
	if (at == RSPAMD_SYMBOLS_MAX)
		return;
	if (r->symbol_count < RSPAMD_SYMBOLS_MAX)
		r->symbol_count++;
	memmove(&r->symbols[at + 1], &r->symbols[at],
		(r->symbol_count - at - 1) * sizeof r->symbols[0]);
	r->symbols[at] = (struct rspamd_symbol){name, points};
}

/* milter.add_headers: {"X-A": "b"}, {"X-A": {"value": "b", "order": 0}}, or lists of either. */
static void
take_added(struct rspamd *r, const struct json_path *p, struct str value)
{
	const struct str last = p->name[p->depth - 1];
	const bool is_value = p->depth == 3 || !str_is_set(last) || str_eq(last, STR("value"));
	if (p->depth >= 3 && is_value)
		edit(r, EDIT_ADD, 0, p->name[2], value);
}

/* milter.remove_headers: {"X-A": 0}: all, the n-th, or from the end. */
static void
take_removed(struct rspamd *r, const struct json_path *p, struct str value)
{
	const bool is_back = str_starts(value, STR("-"));
	const int64_t n = str_number(str_from(value, is_back), EDITS_MAX);
	if (p->depth == 3 && n >= 0)
		edit(r, EDIT_DELETE, (int)(is_back ? -n : n), p->name[2], STR(""));
}

static void
take_value(void *to, const struct json_path *p, struct str value)
{
	struct rspamd *const r = to;
	struct filter_answer *const a = &r->m.answer;
	const struct str first = name_at(p, 0), second = name_at(p, 1);
	if (p->depth == 1) {
		if (str_eq(first, STR("action"))) {
			r->action = value;
			r->has_action = true;
		} else if (str_eq(first, STR("score"))) {
			a->has_points = machine_points(value, &a->points);
		} else if (str_eq(first, STR("required_score"))) {
			machine_points(value, &a->of);
		} else if (str_eq(first, STR("is_skipped"))) {
			r->is_skipped = str_eq(value, STR("true"));
		} else if (str_eq(first, STR("subject"))) {
			r->subject = value;
		}
	}
	/* A signature, or several: with rspamd's own dkim_signing */
	if (str_eq(first, STR("dkim-signature")) && p->depth <= 2)
		edit(r, EDIT_ADD, 0, STR("DKIM-Signature"), value);
	else if (p->depth == 2 && str_eq(first, STR("messages")) &&
		 str_eq(second, STR("smtp_message")))
		r->message = value;
	else if (p->depth == 3 && str_eq(first, STR("symbols")) && str_eq(p->name[2], STR("score")))
		take_symbol(r, second, value);
	else if (str_eq(first, STR("milter")) && str_eq(second, STR("add_headers")))
		take_added(r, p, value);
	else if (str_eq(first, STR("milter")) && str_eq(second, STR("remove_headers")))
		take_removed(r, p, value);
}

/* "add header: GTUBE(15.0), MISSING_DATE(1.0)" */
static struct str
rule_of(struct rspamd *r)
{
	struct buf out;
	char room[MACHINE_POINTS_BYTES];
	buf_init(&out, 4096);
	buf_add(&out, r->action);
	for (size_t i = 0; i < r->symbol_count; i++) {
		buf_add(&out, i == 0 ? STR(": ") : STR(", "));
		buf_add(&out, str_head(r->symbols[i].name, 100));
		buf_add_char(&out, '(');
		buf_add(&out, machine_put_points(r->symbols[i].points, room));
		buf_add_char(&out, ')');
	}
	const struct str rule = machine_keep(&r->m.question, buf_str(&out), FILTER_WORDS_BYTES_MAX);
	buf_fini(&out);
	return rule;
}

static const struct {
	struct str name;
	enum filter_verdict verdict;
	bool holds, discards;
} actions[] = {
	{STR_INIT("no action"), FILTER_PASS, false, false},
	{STR_INIT("greylist"), FILTER_PASS, false, false},
	{STR_INIT("accept"), FILTER_PASS, false, false},
	{STR_INIT("add header"), FILTER_TAG, false, false},
	{STR_INIT("rewrite subject"), FILTER_TAG, false, false},
	{STR_INIT("soft reject"), FILTER_DEFER, false, false},
	{STR_INIT("reject"), FILTER_REFUSE, false, false},
	{STR_INIT("quarantine"), FILTER_PASS, true, false},
	{STR_INIT("discard"), FILTER_PASS, false, true},
};

static enum machine_wants
judge_answer(struct rspamd *r)
{
	struct filter_answer *const a = &r->m.answer;
	const size_t count = sizeof actions / sizeof *actions;
	size_t which = 0;
	while (which < count && !str_eq_case(r->action, actions[which].name))
		which++;
	if (which == count)
		return machine_broken(&r->m, "its action is not known here: \"%.*s\"",
			(int)str_head(r->action, 100).len, r->action.ptr);
	a->verdict = actions[which].verdict;
	a->rule = rule_of(r);
	a->words = machine_keep(&r->m.question, r->message, FILTER_WORDS_BYTES_MAX);
	if (actions[which].holds)
		edit(r, EDIT_HOLD, 0, STR_NONE, a->rule);
	if (actions[which].discards)
		edit(r, EDIT_DISCARD, 0, STR_NONE, a->rule);
	if (str_eq_case(r->action, STR("rewrite subject")) && r->subject.len > 0)
		edit(r, EDIT_CHANGE, 1, STR("Subject"), r->subject);
	if (r->has_bad_edit)
		return machine_broken(
			&r->m, "it wants the header changed in a way that would break it");
	return MACHINE_DONE;
}

enum machine_wants
rspamd_next(struct rspamd *r, struct str *in, bool is_end, struct buf *out)
{
	const char *why = "";
	(void)out;
	switch (http_answer_add(&r->http, in, is_end, &why)) {
	case HTTP_BROKEN:
		return machine_broken(&r->m, "%s", why);
	case HTTP_MORE:
		return r->has_text ? MACHINE_READ : MACHINE_TEXT;
	case HTTP_WHOLE:
		break;
	}
	const struct str body = buf_str(&r->http.body);
	if (r->http.status != 200)
		return machine_broken(&r->m, "it answers %u: %.*s", r->http.status,
			(int)str_head(body, 120).len, body.len > 0 ? body.ptr : "");
	r->m.can_go_on = r->http.keeps;
	if (r->m.question.at == FILTER_PING)
		return MACHINE_DONE;
	if (!r->has_text)
		return machine_broken(&r->m, "it answers before it has the message");
	if (!json_walk(body, r->m.question.arena, take_value, r) || !r->has_action)
		return machine_broken(&r->m, "its answer has no action");
	return judge_answer(r);
}
