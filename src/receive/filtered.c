/* filtered - what the programs beside this server have to say, behind the checks */
#include "receive/inside.h"
#include "receive/spread.h"

#include "eventlog/eventlog.h"

/* The words of `filters` begin with none. */
static unsigned
wanted(const struct profile *p)
{
	return p->filters >> 1;
}

/* For a message, or for what comes before one: what is known of the client by now. */
static bool
begin(struct guest *g, filter_done *done)
{
	char ip[ENDPOINT_TEXT_BYTES];
	struct str tls = str_of(g->tls);
	const struct session *const s = &g->session;
	const struct str version = str_is_set(tls) ? str_word(&tls) : STR_NONE;
	const struct client_name_facts name = client_name_facts(g->name);
	const struct filter_client client = {.host = g->profile->host,
		.authserv = g->profile->authserv,
		.reference = {s->reference, s->reference_bytes},
		.ip = guest_client(g, ip),
		.client_name = name.name,
		.client_ptr = name.ptr,
		.client_resolve = name.resolve,
		.helo = str_of(g->helo),
		.protocol = session_protocol(s),
		.tls_version = version,
		.tls_cipher = str_is_set(version) ? str_trim(tls) : STR_NONE,
		.user = str_of(g->user),
		.mechanism = s->is_authenticated && g->mechanism != 0 ? mechanism_name(g->mechanism)
								      : STR_NONE,
		.port = s->client.port,
		.is_v6 = s->client.family == 6,
		.is_ours = check_is_exempt(g->check),
		.wanted = wanted(g->profile)};
	if (g->filter == NULL)
		return filter_session_new(g->receive->parts.filters, &client, done, g, &g->filter);
	filter_client_is(g->filter, &client);
	return true;
}

/* ---- what becomes of the envelope */

/* A recipient that was accepted, once more: those it leads to, in this state. */
static bool
add_again(struct mail *m, const struct accepted *one, const struct recipient_progress *progress)
{
	struct directory_answer found;
	/* What the script says needs no permission: as in hooked.c. */
	const bool is_redirected = str_is_set(one->redirected);
	const struct directory_question question = {
		.recipient = is_redirected ? one->redirected : one->asked,
		.sender = m->sender,
		.is_authenticated = is_redirected || m->guest->session.is_authenticated};
	directory_resolve(m->receive->parts.directory, &question, &m->arena, &found);
	if (found.is_refused || found.target_count == 0) {
		const struct queue_recipient as_it_is = {.forward_path = question.recipient,
			.original = one->original,
			.notify = one->notify,
			.progress = *progress};
		size_t place;
		return mail_add_target(m, &as_it_is, &place);
	}
	return mail_spread(m, &found,
		&(struct spread){.asked = one->asked,
			.original = one->original,
			.notify = one->notify,
			.progress = *progress});
}

static bool
is_taken_out(const struct edits *e, struct str address)
{
	bool is_out = false;
	for (const struct edit *one = e->first; one != NULL; one = one->next)
		if (one->kind == EDIT_ONLY_RCPT)
			is_out = true;
		else if ((one->kind == EDIT_DELETE_RCPT || one->kind == EDIT_ADD_RCPT) &&
			 str_eq_case(one->value, address))
			is_out = one->kind == EDIT_DELETE_RCPT;
	return is_out;
}

/* Is one that was added not taken out again? */
static bool
is_added(const struct edit *add)
{
	for (const struct edit *one = add->next; one != NULL; one = one->next)
		if (one->kind == EDIT_ONLY_RCPT ||
			(one->kind == EDIT_DELETE_RCPT && str_eq_case(one->value, add->value)))
			return false;
	return true;
}

/* Who is a recipient now: those that stay, those that are new, and those that go, which are held
 * and, by the same commit, discarded by name: nobody vanishes. */
static bool
change_recipients(struct mail *m, const struct edits *e)
{
	const struct recipient_progress stays = {
		.state = RECIPIENT_WAITING, .due_ms = m->began_ms, .changed_ms = m->began_ms};
	const struct recipient_progress goes = {.state = RECIPIENT_HELD,
		.changed_ms = m->began_ms,
		.why = STR("rule:filter"),
		.note = STR("a filter took this recipient out")};
	bool is_done = true;
	mail_forget_targets(m);
	for (size_t i = 0; i < m->accepted; i++)
		if (!is_taken_out(e, m->rcpts[i].asked))
			is_done = is_done && add_again(m, &m->rcpts[i], &stays);
	for (const struct edit *one = e->first; one != NULL; one = one->next)
		if ((one->kind == EDIT_ADD_RCPT || one->kind == EDIT_ONLY_RCPT) && is_added(one))
			is_done = is_done &&
				  add_again(m, &(struct accepted){.asked = one->value}, &stays);
	for (size_t i = 0; i < m->accepted; i++)
		if (is_taken_out(e, m->rcpts[i].asked))
			is_done = is_done && add_again(m, &m->rcpts[i], &goes);
	for (size_t i = 0; i < m->count; i++)
		m->has_discards |= m->recipients[i].progress.state == RECIPIENT_HELD;
	return is_done;
}

/* All of them wait for an operator, or go. */
static void
hold_all(struct mail *m, const struct edit *e)
{
	for (size_t i = 0; i < m->count; i++) {
		struct recipient_progress *const p = &m->recipients[i].progress;
		p->state = RECIPIENT_HELD;
		p->why = STR("rule:filter");
		p->note = arena_str(&m->arena, str_head_text(e->value, 400));
	}
	m->has_discards = e->kind == EDIT_DISCARD;
}

static bool
change_envelope(struct mail *m, const struct edits *e)
{
	bool has_recipients = false, is_done = true;
	for (const struct edit *one = e->first; one != NULL; one = one->next) {
		if (one->kind == EDIT_SENDER)
			m->sender = arena_str(&m->arena, one->value);
		has_recipients |= one->kind == EDIT_ADD_RCPT || one->kind == EDIT_DELETE_RCPT ||
				  one->kind == EDIT_ONLY_RCPT;
	}
	if (has_recipients)
		is_done = change_recipients(m, e);
	for (const struct edit *one = e->first; one != NULL; one = one->next)
		if (one->kind == EDIT_HOLD || one->kind == EDIT_DISCARD)
			hold_all(m, one);
	return is_done && !arena_failed(&m->arena);
}

/* ---- what becomes of the text */

/* Header and body once more, as the filters made them: before anything was committed. */
static bool
rewrite(struct mail *m, const struct filter_session *f)
{
	char piece[FILTER_PIECE_BYTES];
	uint64_t offset = 0;
	long n;
	if (!mail_begin_again(m))
		return false;
	mail_add_body(m, filter_header(f));
	while ((n = filter_body_read(f, offset, piece, sizeof piece)) > 0) {
		mail_add_body(m, (struct str){piece, (size_t)n});
		offset += (uint64_t)n;
	}
	mail_header_end(m);
	return n == 0 && m->stage == MAIL_OPEN;
}

static bool
keep(struct guest *g, const struct filter_outcome *o, uint32_t question, struct smtp_answer *a)
{
	struct mail *const m = g->mail;
	if ((o->edits != NULL && !change_envelope(m, o->edits)) ||
		(o->is_rewritten && !rewrite(m, g->filter))) {
		mail_refuse(m, CONDITION_FILTER_UNAVAILABLE);
		return refuse_with(a, CONDITION_FILTER_UNAVAILABLE);
	}
	return hooked_end(g, o->front, question, a);
}

/* ---- the places */

/* What is done when nothing speaks against it. False: the answer comes later still. */
static bool
go_on(struct guest *g, const struct filter_outcome *o, uint32_t question, struct smtp_answer *a)
{
	struct mail *const m = g->mail;
	if (o->is_refused) {
		a->facts = o->facts;
		if (m != NULL)
			m->why = arena_str(&m->arena, o->rule);
		if (m != NULL && g->check_at == CHECK_AT_RCPT)
			a->facts.rcpt = m->asked;
		if (m != NULL && g->check_at == CHECK_AT_END)
			mail_refuse(m, o->condition);
		/* RFC 5321 s3.1: who is not let in is told 554, unless the filter knows better. */
		if (g->check_at == CHECK_AT_CONNECT && a->facts.code == 0 &&
			o->condition == CONDITION_FILTER_REFUSED)
			a->facts.code = 554;
		return refuse_with(a, o->condition);
	}
	switch (g->check_at) {
	case CHECK_AT_CONNECT:
		return hooked_connect(g, question, a);
	case CHECK_AT_HELLO:
		return hooked_hello(g, question, a);
	case CHECK_AT_MAIL:
		return hooked_mail(g, question, a);
	case CHECK_AT_RCPT:
		return hooked_rcpt(g, question, a);
	case CHECK_AT_END:
		return keep(g, o, question, a);
	default:
		return true;
	}
}

static void
done(void *to, const struct filter_outcome *outcome)
{
	struct guest *const g = to;
	struct smtp_answer a = {.verdict = ANSWER_PASS};
	const uint32_t question = g->check_question;
	/* A question that was closed for its time is not answered any more: nothing is taken. */
	if (g->session.pending == 0 || g->session.question != question)
		return;
	if (go_on(g, outcome, question, &a))
		guest_answer(g, question, &a);
}

static bool
ask(struct guest *g, const struct check_verdict *checked, struct filter_outcome *out)
{
	struct mail *const m = g->mail;
	filter_client_name(g->filter, check_client_name(g->check));
	switch (g->check_at) {
	case CHECK_AT_CONNECT:
	case CHECK_AT_HELLO:
		return true; /* guest_filter_session() */
	case CHECK_AT_MAIL:
		if (begin(g, done))
			return filter_mail(g->filter, m->sender, out);
		*out = (struct filter_outcome){
			.is_refused = true, .condition = CONDITION_FILTER_UNAVAILABLE};
		return true;
	case CHECK_AT_RCPT:
		return filter_rcpt(g->filter, m->asked, out);
	case CHECK_AT_DATA:
		return filter_data(g->filter, str_of(m->id), out);
	case CHECK_AT_END:
		break;
	}
	struct buf received;
	g->checked = *checked; /* its texts stay until the next question to the checks */
	buf_init(&received, HEAD_BYTES_MAX);
	mail_trace(m, &received);
	const struct filter_end end = {.received = buf_str(&received),
		.checked = checked->headers,
		.completion = mail_completion(m),
		.origin = &g->checked};
	const bool is_over = filter_end(g->filter, &end, out);
	buf_fini(&received);
	return is_over;
}

/* Milters hear of connect or EHLO. Without memory for it MAIL says so. */
static bool
tell_session(struct guest *g, uint32_t question, struct smtp_answer *a)
{
	struct filter_outcome outcome = {.is_refused = false};
	if (begin(g, done) &&
		!(g->check_at == CHECK_AT_CONNECT ? filter_connect(g->filter, &outcome)
						  : filter_hello(g->filter, &outcome)))
		return false;
	return go_on(g, &outcome, question, a);
}

/* The client's name is known, or will not be in time. */
static void
named(void *to)
{
	struct guest *const g = to;
	struct smtp_answer a = {.verdict = ANSWER_PASS};
	const uint32_t question = g->check_question;
	if (g->session.pending == 0 || g->session.question != question)
		return;
	if (tell_session(g, question, &a))
		guest_answer(g, question, &a);
}

/* Must a client that connects wait until its name is known? */
static bool
waits_for_name(struct guest *g)
{
	const struct ip ip = guest_ip(g);
	if (g->name == NULL && g->session.client.family != 0)
		g->name = client_name_new(g->receive->parts.checks, &ip, named, g);
	return client_name_is_open(g->name);
}

bool
guest_filter_session(struct guest *g, enum check_point at, uint32_t question, struct smtp_answer *a)
{
	const struct filter_outcome nothing = {.is_refused = false};
	if (a->verdict == ANSWER_REFUSE)
		return true;
	g->check_at = at;
	g->check_question = question;
	if (!filters_hear_sessions(g->receive->parts.filters, wanted(g->profile)))
		return go_on(g, &nothing, question, a);
	if (at == CHECK_AT_CONNECT && waits_for_name(g))
		return false;
	return tell_session(g, question, a);
}

bool
guest_filter(struct guest *g, const struct check_verdict *checked, uint32_t question,
	struct smtp_answer *a)
{
	struct filter_outcome outcome = {.is_refused = false};
	return ask(g, checked, &outcome) && go_on(g, &outcome, question, a);
}

/* ---- recipients that a filter took out */

static void
discard_log(const struct mail *m, struct str to, struct str rule)
{
	EVENTLOG(m->receive->parts.log, clock_wall_ms(), LOG_DISCARDED, {FIELD_SESSION, m->session},
		{FIELD_ID, str_of(m->id)}, {FIELD_FROM, m->sender.len == 0 ? STR("<>") : m->sender},
		{FIELD_TO, to}, {FIELD_RULE, rule});
}

bool
mail_discard(struct mail *m)
{
	if (!m->has_discards)
		return true;
	m->discards = arena_alloc(&m->arena, m->count, sizeof *m->discards);
	if (m->discards == NULL)
		return false;
	for (size_t i = 0; i < m->count; i++) {
		struct recipient_progress *const p = &m->recipients[i].progress;
		if (p->state != RECIPIENT_HELD)
			continue;
		m->discards[m->discard_count++] = (struct queue_change){.message = m->message,
			.recipient = (uint32_t)i,
			.to = {.state = RECIPIENT_DISCARDED,
				.changed_ms = clock_wall_ms(),
				.why = p->why,
				.note = p->note}};
		p->why = p->note = STR_NONE; /* said once is enough */
	}
	return true;
}

void
mail_discarded(const struct mail *m)
{
	for (size_t i = 0; i < m->discard_count; i++) {
		const struct queue_change *const c = &m->discards[i];
		discard_log(m, m->recipients[c->recipient].forward_path, c->to.note);
	}
}
