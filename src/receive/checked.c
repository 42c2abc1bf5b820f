/* checked - the places of a session at which its origin and its text are checked */
#include "receive/inside.h"

/* What is done when nothing speaks against it. False: the answer comes later still. */
static bool
go_on(struct guest *g, enum check_point at, const struct check_verdict *verdict, uint32_t question,
	struct smtp_answer *a)
{
	if (verdict->is_refused) {
		a->facts = verdict->facts;
		if (at == CHECK_AT_RCPT && !str_is_set(a->facts.rcpt))
			a->facts.rcpt = g->mail->asked;
		if (at == CHECK_AT_END)
			mail_refuse(g->mail, verdict->condition);
		return refuse_with(a, verdict->condition);
	}
	return guest_filter(g, verdict, question, a);
}

static void
done(void *to, const struct check_verdict *verdict)
{
	struct guest *const g = to;
	struct smtp_answer a = {.verdict = ANSWER_PASS};
	const uint32_t question = g->check_question;
	/* A question that was closed for its time is not answered any more: nothing is taken. */
	if (g->session.pending == 0 || g->session.question != question)
		return;
	if (go_on(g, g->check_at, verdict, question, &a))
		guest_answer(g, question, &a);
}

static bool
ask(struct guest *g, enum check_point at, struct check_verdict *v)
{
	switch (at) {
	case CHECK_AT_CONNECT:
	case CHECK_AT_HELLO:
		return true; /* they begin with MAIL */
	case CHECK_AT_MAIL:
		return check_mail(g->check, g->mail->sender, v);
	case CHECK_AT_RCPT:
		return check_rcpt(g->check, g->mail->asked, v);
	case CHECK_AT_DATA:
		return check_data(g->check, v);
	case CHECK_AT_END:
		break;
	}
	return check_end(g->check, v);
}

bool
guest_check(struct guest *g, enum check_point at, uint32_t question, struct smtp_answer *a)
{
	struct check_verdict verdict = {.is_refused = false};
	g->check_at = at;
	g->check_question = question;
	return ask(g, at, &verdict) && go_on(g, at, &verdict, question, a);
}

bool
guest_is_of_ours(struct guest *g)
{
	struct directory_range range;
	return guest_range(g, &g->scratch, &range) &&
	       (range_is_free(&range, LOCAL_TO_ELSEWHERE) ||
		       range_is_free(&range, ELSEWHERE_TO_ELSEWHERE));
}

void
guest_check_begin(struct guest *g)
{
	struct receive *const r = g->receive;
	const struct check_client client = {.ip = guest_ip(g),
		.reference = {g->session.reference, g->session.reference_bytes},
		.host = g->profile->host,
		.authserv = g->profile->authserv,
		.name = g->name};
	struct check_verdict verdict;
	/* Mail of users, and what is handed over by LMTP, was judged where it came in. */
	if (r->parts.checks == NULL || g->profile->settings.kind != LISTENER_MX ||
		g->session.is_authenticated || g->session.client.family == 0 || guest_is_of_ours(g))
		return;
	g->check = check_session_new(r->parts.checks, &client, done, g);
	/* Neither refuses: the origin is judged at RCPT. */
	if (check_connect(g->check, &verdict))
		check_hello(g->check, str_of(g->helo), &verdict);
}
