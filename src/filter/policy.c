#include "filter/policy.h"

/* An attribute; a stranger's line end must not make two of it. */
static void
put(struct buf *out, struct str name, struct str value)
{
	buf_add(out, name);
	buf_add_char(out, '=');
	for (size_t i = 0; i < value.len; i++)
		buf_add_char(out, (unsigned char)value.ptr[i] < ' ' ? '?' : value.ptr[i]);
	buf_add_char(out, '\n');
}

static void
put_number(struct buf *out, struct str name, uint64_t n)
{
	char digits[STR_DIGITS_MAX];
	put(out, name, str_digits((int64_t)n, digits));
}

static struct str
state_name(enum filter_point at)
{
	return at == FILTER_END ? STR("END-OF-MESSAGE") : filter_point_name(at);
}

void
policy_begin(struct policy *p, const struct filter_question *q, struct buf *out)
{
	const struct filter_facts *const f = q->facts;
	*p = (struct policy){.m.question = *q};
	if (q->at == FILTER_PING)
		return; /* the protocol has none: that it listens must do */
	const bool counts = q->at == FILTER_DATA || q->at == FILTER_END; /* as Postfix says them */
	const struct {
		struct str name, value;
	} texts[] = {
		{STR("request"), STR("smtpd_access_policy")},
		{STR("protocol_state"), state_name(q->at)},
		{STR("protocol_name"),
			str_head(f->protocol, str_starts(f->protocol, STR("E")) ? 5 : 4)},
		{STR("helo_name"), f->helo},
		{STR("queue_id"), f->id},
		{STR("sender"), f->sender},
		{STR("recipient"), q->at == FILTER_RCPT                ? f->rcpt
				   : counts && f->recipient_count == 1 ? f->recipients[0]
								       : STR_NONE},
		{STR("client_address"), f->ip},
		{STR("client_name"), str_is_set(f->client_name) ? f->client_name : STR("unknown")},
		{STR("reverse_client_name"),
			str_is_set(f->client_name) ? f->client_name : STR("unknown")},
		{STR("instance"), f->reference},
		{STR("sasl_method"), f->mechanism},
		{STR("sasl_username"), f->user},
		{STR("sasl_sender"), STR_NONE},
		{STR("encryption_protocol"), f->tls_version},
		{STR("encryption_cipher"), f->tls_cipher},
		{STR("etrn_domain"), STR_NONE},
		{STR("stress"), STR_NONE},
	};
	for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
		put(out, texts[i].name, texts[i].value);
	put_number(out, STR("client_port"), f->port);
	put_number(out, STR("recipient_count"), counts ? f->recipient_count : 0);
	put_number(out, STR("size"), f->bytes);
	buf_add_char(out, '\n');
}

enum meaning {
	MEANS_PASS,
	MEANS_REFUSE,
	MEANS_DEFER,
	MEANS_PREPEND,
	MEANS_HOLD,
	MEANS_DISCARD,
	MEANS_REDIRECT,
	MEANS_BCC
};

/* access(5). Those that defer if nothing else refuses do so here too: a filter is asked last. */
static const struct {
	struct str name;
	enum meaning meaning;
} actions[] = {
	{STR_INIT("DUNNO"), MEANS_PASS},
	{STR_INIT("OK"), MEANS_PASS},
	{STR_INIT("INFO"), MEANS_PASS},
	{STR_INIT("WARN"), MEANS_PASS},
	{STR_INIT("REJECT"), MEANS_REFUSE},
	{STR_INIT("DEFER"), MEANS_DEFER},
	{STR_INIT("DEFER_IF_PERMIT"), MEANS_DEFER},
	{STR_INIT("DEFER_IF_REJECT"), MEANS_PASS}, /* nothing refuses behind us */
	{STR_INIT("PREPEND"), MEANS_PREPEND},
	{STR_INIT("HOLD"), MEANS_HOLD},
	{STR_INIT("DISCARD"), MEANS_DISCARD},
	{STR_INIT("REDIRECT"), MEANS_REDIRECT},
	{STR_INIT("BCC"), MEANS_BCC},
};

static bool
edit(struct policy *p, enum edit_kind kind, struct str name, struct str value)
{
	struct machine *const m = &p->m;
	return edit_add(&m->answer.edits, m->question.arena, kind, 0, name, value);
}

static enum machine_wants
act(struct policy *p, enum meaning meaning, unsigned code, struct str words)
{
	struct filter_answer *const a = &p->m.answer;
	bool is_done = true;
	switch (meaning) {
	case MEANS_PASS:
		break;
	case MEANS_REFUSE:
	case MEANS_DEFER:
		a->verdict = meaning == MEANS_REFUSE ? FILTER_REFUSE : FILTER_DEFER;
		machine_keep_codes(&p->m, code, machine_take_status(&words));
		a->words = machine_keep(&p->m.question, words, FILTER_WORDS_BYTES_MAX);
		break;
	case MEANS_PREPEND: {
		const struct str name = str_trim_end(str_cut(&words, ':'));
		is_done = str_is_set(words) && edit(p, EDIT_ADD, name, str_trim(words));
		break;
	}
	case MEANS_HOLD:
		is_done = edit(p, EDIT_HOLD, STR_NONE, words.len > 0 ? words : STR("HOLD"));
		break;
	case MEANS_DISCARD:
		is_done = edit(p, EDIT_DISCARD, STR_NONE, words.len > 0 ? words : STR("DISCARD"));
		break;
	case MEANS_REDIRECT:
		is_done = words.len > 0 && edit(p, EDIT_ONLY_RCPT, STR_NONE, words);
		break;
	case MEANS_BCC:
		is_done = words.len > 0 && edit(p, EDIT_ADD_RCPT, STR_NONE, words);
		break;
	}
	return is_done ? MACHINE_READ
		       : machine_broken(&p->m, "its action has no sense: \"%.*s\"",
				 (int)str_head(words, 150).len, words.ptr);
}

/* "action=REJECT why" */
static enum machine_wants
take_action(struct policy *p, struct str action)
{
	struct str rest = action;
	const struct str name = str_word(&rest);
	const int64_t code = name.len == 3 ? str_number(name, 599) : -1;
	rest = str_trim(rest);
	p->has_action = true;
	p->m.answer.rule = machine_keep(&p->m.question, action, FILTER_WORDS_BYTES_MAX);
	if (code >= 400)
		return act(p, code >= 500 ? MEANS_REFUSE : MEANS_DEFER, (unsigned)code, rest);
	for (size_t i = 0; i < sizeof actions / sizeof *actions; i++)
		if (str_eq_case(name, actions[i].name))
			return act(p, actions[i].meaning, 0, rest);
	return machine_broken(&p->m, "its action is not known here: \"%.*s\"",
		(int)str_head(action, 150).len, action.ptr);
}

enum machine_wants
policy_next(struct policy *p, struct str *in, bool is_end, struct buf *out)
{
	struct str line;
	(void)out;
	if (p->m.question.at == FILTER_PING)
		return MACHINE_DONE;
	while (machine_line(in, &line)) {
		if (line.len == 0) {
			p->m.can_go_on = true;
			return p->has_action ? MACHINE_DONE
					     : machine_broken(&p->m, "it does not say an action");
		}
		const struct str name = str_cut(&line, '=');
		if (str_eq(name, STR("action")) && !p->has_action &&
			take_action(p, str_trim(line)) == MACHINE_BROKEN)
			return MACHINE_BROKEN;
	}
	if (in->len > POLICY_REPLY_BYTES_MAX)
		return machine_broken(&p->m, "its answer has no end");
	return is_end ? machine_broken(&p->m, "it closed the connection before it had answered")
		      : MACHINE_READ;
}
