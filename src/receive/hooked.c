/* hooked - the places of a session at which the operator's script is asked, and what it decides */
#include "receive/inside.h"
#include "receive/spread.h"

#include <stdlib.h>

#include "base/decode.h"
#include "read/reply.h"

#define ALARM_AGAIN_MS ((int64_t)60000)

static struct str
session_of(const struct guest *g)
{
	return (struct str){g->session.reference, g->session.reference_bytes};
}

/* ---- what it is told */

static void
add_check(void *to, struct str test, struct str result, struct str words, unsigned score)
{
	fact_check(to, test, result, str_is_set(words) ? words : STR(""), score);
	/* The name that leads back to the address, RFC 8601 s3. */
	if (str_eq(test, STR("ptr")) && str_eq(result, STR("pass")))
		fact_text(to, STR("client_name"), words);
}

static void
add_headers(struct buf *b, const struct mail *m)
{
	struct arena a;
	struct str rest = m->header;
	bool fits = true;
	arena_init(&a, 4 * HEAD_BYTES_MAX);
	while (rest.len > 0 && fits) {
		size_t end = 0;
		do { /* a field with its folded lines */
			const size_t eol = str_find(rest, STR("\r\n"), end);
			end = eol == STR_NPOS ? rest.len : eol + 2;
		} while (end < rest.len && (rest.ptr[end] == ' ' || rest.ptr[end] == '\t'));
		struct str value = str_head(rest, end);
		rest = str_from(rest, end);
		const struct str name = str_trim_end(str_cut(&value, ':'));
		if (str_is_set(value) && name.len > 0)
			fits = fact_header(b, name, decode_words(str_trim(value), &a));
	}
	if (!fits)
		fact_number(b, STR("headers_left_out"), 1);
	arena_fini(&a);
}

static void
add_mail(struct buf *b, const struct guest *g, enum hook_point p)
{
	const struct mail *const m = g->mail;
	fact_text(b, STR("sender"), m->sender);
	if (p == HOOK_RCPT)
		fact_text(b, STR("recipient"), m->asked);
	if (p == HOOK_MESSAGE)
		fact_number(b, STR("size"), (int64_t)queue_intake_bytes(m->intake));
	else if (m->declared_bytes >= 0)
		fact_number(b, STR("size"), m->declared_bytes);
	check_each(g->check, add_check, b);
	for (size_t i = 0; i < m->count && p >= HOOK_RCPT; i++)
		if (!fact_item(b, STR("recipients"), m->recipients[i].forward_path))
			break;
	if (p == HOOK_MESSAGE)
		add_headers(b, m);
}

static void
add_session(struct buf *b, const struct guest *g, enum hook_point p)
{
	char ip[ENDPOINT_TEXT_BYTES];
	fact_text(b, STR("session"), session_of(g));
	fact_text(b, STR("listener"), g->profile->name);
	fact_text(b, STR("host"), g->profile->host);
	fact_text(b, STR("client"), guest_client(g, ip));
	/* After XCLIENT there is one of before. */
	fact_text(b, STR("helo"), p > HOOK_CONNECT ? str_of(g->helo) : STR_NONE);
	fact_text(b, STR("tls"), str_of(g->tls));
	fact_text(b, STR("user"), g->session.is_authenticated ? str_of(g->user) : STR_NONE);
}

/* ---- what it decides */

static void
hook_log(const struct guest *g, struct str result, struct str words, unsigned score)
{
	char ip[ENDPOINT_TEXT_BYTES], digits[STR_DIGITS_MAX];
	EVENTLOG(g->receive->parts.log, clock_wall_ms(), LOG_CHECK, {FIELD_SESSION, session_of(g)},
		{FIELD_CLIENT, guest_client(g, ip)}, {FIELD_CHECK, STR("hook")},
		{FIELD_STAGE, hook_name((enum hook_point)g->hook_at)}, {FIELD_RESULT, result},
		{FIELD_RULE, words.len > 0 ? words : STR_NONE},
		{FIELD_SCORE, score > 0 ? str_digits(score, digits) : STR_NONE});
}

static bool
refuse(struct guest *g, enum condition c, struct str words, struct smtp_answer *a)
{
	struct mail *const m = g->mail;
	struct arena *const arena = m != NULL ? &m->arena : &g->scratch;
	a->facts.text = arena_str(arena, words.len > 0 ? words : STR("a local rule"));
	if (m != NULL)
		m->why = arena_join(arena, hook_name((enum hook_point)g->hook_at),
			words.len > 0 ? STR(": ") : STR(""), words);
	if (g->hook_at == HOOK_MESSAGE)
		mail_refuse(m, c);
	return refuse_with(a, c);
}

/* A script that has no answer is told to those who can mend it, and costs nobody's mail. */
static bool
failed(struct guest *g, struct str words, struct smtp_answer *a)
{
	struct receive *const r = g->receive;
	const int64_t now_ms = clock_wall_ms();
	hook_log(g, STR("failed"), words, 0);
	if (now_ms - r->hook_alarmed_ms >= ALARM_AGAIN_MS || now_ms < r->hook_alarmed_ms) {
		r->hook_alarmed_ms = now_ms;
		EVENTLOG(r->parts.log, now_ms, LOG_ALARM, {FIELD_SESSION, session_of(g)},
			{FIELD_CHECK, STR("hook")},
			{FIELD_STAGE, hook_name((enum hook_point)g->hook_at)},
			{FIELD_WORDS, words});
	}
	return refuse(g, CONDITION_FILTER_UNAVAILABLE, words, a);
}

/* A script may write "550 5.1.1 gone", as other servers want it. The reply has one code of each
 * kind: the enhanced one is the script's, where it is of the class of the reply, and a second one
 * in the text would say something else than the first. */
static struct str
codes_cut(struct guest *g, struct str words, struct smtp_answer *a)
{
	struct arena *const arena = g->mail != NULL ? &g->mail->arena : &g->scratch;
	struct str rest = str_trim(words);
	struct status status;
	const struct str number = str_head(rest, 3);
	if (rest.len > 3 && rest.ptr[3] == ' ' && str_number(number, 599) >= 400)
		rest = str_trim(str_from(rest, 4));
	const size_t n = status_parse(rest, &status);
	if (n > 0) {
		a->facts.enhanced = arena_str(arena, str_head(rest, n));
		rest = str_trim(str_from(rest, n));
	}
	return rest;
}

static bool
is_refused(struct guest *g, const struct hook_result *r, struct smtp_answer *a)
{
	struct str words;
	switch (r->act) {
	case HOOK_REFUSE:
		hook_log(g, STR("refuse"), r->words, 0);
		words = codes_cut(g, r->words, a);
		return refuse(g,
			words.len > 0 ? CONDITION_HOOK_REFUSED_SAYING_WHY : CONDITION_HOOK_REFUSED,
			words, a);
	case HOOK_DEFER:
		hook_log(g, STR("defer"), r->words, 0);
		return refuse(g, CONDITION_HOOK_DEFERRED, codes_cut(g, r->words, a), a);
	case HOOK_FAILED:
		return failed(g, r->words, a);
	default:
		return false;
	}
}

/* What was found before MAIL counts for each message. */
static void
keep_score(struct guest *g, const struct hook_result *r)
{
	g->hook_score += r->score;
	if (g->hook_words == NULL && r->score_words.len > 0)
		g->hook_words = guest_text(r->score_words);
}

/* Marks and scores; what the script wants to be known. */
static void
take_notes(struct guest *g, const struct hook_result *r)
{
	struct mail *const m = g->mail;
	if (r->log.len > 0)
		hook_log(g, STR("log"), r->log, 0);
	if (r->score > 0) {
		hook_log(g, STR("score"), r->score_words, r->score);
		if (g->hook_at < HOOK_MAIL)
			keep_score(g, r);
		else
			check_add(g->check, r->score_words, r->score);
	}
	if (r->tags.len > 0 && m != NULL) {
		hook_log(g, STR("tag"), str_trim(r->tags), 0);
		m->tags = arena_join(&m->arena, m->tags, r->tags, STR_NONE);
	}
}

/* The address as a recipient here or elsewhere; what the script says needs no permission. */
static bool
resolve(struct guest *g, struct str address, struct directory_answer *found)
{
	struct mail *const m = g->mail;
	const struct directory_question question = {.recipient = arena_str(&m->arena, address),
		.sender = m->sender,
		.is_authenticated = true};
	directory_resolve(g->receive->parts.directory, &question, &m->arena, found);
	return !found->is_refused && found->target_count > 0;
}

/* False, and *a refuses, when nothing can be delivered there. */
static bool
redirect_recipient(struct guest *g, struct str address, struct smtp_answer *a)
{
	if (!resolve(g, address, &g->mail->found)) {
		failed(g, STR("redirect() names an address that takes no mail"), a);
		return false;
	}
	hook_log(g, STR("redirect"), address, 0);
	return true;
}

static bool
redirect_message(struct guest *g, struct str address, struct smtp_answer *a)
{
	struct mail *const m = g->mail;
	if (!redirect_recipient(g, address, a))
		return false;
	/* Nobody wrote to it: what was asked of the others is not asked of it. */
	const struct spread spread = {.asked = STR_NONE,
		.original = STR_NONE,
		.progress = {.state = RECIPIENT_WAITING,
			.due_ms = m->began_ms,
			.changed_ms = m->began_ms}};
	mail_forget_targets(m);
	const bool ok = mail_spread(m, &m->found, &spread);
	if (!ok)
		failed(g, STR("redirect(): no memory"), a);
	return ok;
}

static bool
end_message(struct guest *g, const struct hook_result *r, struct smtp_answer *a)
{
	struct mail *const m = g->mail;
	struct check_verdict verdict = {.is_refused = false};
	if (r->act == HOOK_DISCARD) {
		hook_log(g, STR("discard"), r->words, 0);
		m->discard = arena_join(&m->arena, STR("hook:"), r->words, STR_NONE);
	} else if (r->score > 0) {
		check_again(g->check, &verdict);
	}
	if (verdict.is_refused) {
		a->facts = verdict.facts;
		mail_refuse(m, verdict.condition);
		return refuse_with(a, verdict.condition);
	}
	if (r->redirect.len > 0 && r->act != HOOK_DISCARD && !redirect_message(g, r->redirect, a))
		return true;
	return mail_keep(m, m->checked, g->hook_question, a);
}

/* The answer is there: what follows. False: the client's answer comes later still. */
static bool
apply(struct guest *g, const struct hook_result *r, struct smtp_answer *a)
{
	take_notes(g, r);
	if (is_refused(g, r, a))
		return true;
	if (g->hook_at == HOOK_MESSAGE)
		return end_message(g, r, a);
	if (g->hook_at != HOOK_RCPT)
		return true;
	if (r->redirect.len > 0) {
		if (!redirect_recipient(g, r->redirect, a))
			return true;
		g->mail->redirected = arena_str(&g->mail->arena, r->redirect);
	}
	return mail_accept_recipient(g->mail, a);
}

static void
done(void *to, const struct hook_result *result)
{
	struct guest *const g = to;
	struct smtp_answer a = {.verdict = ANSWER_PASS};
	g->hook = NULL;
	/* A question that was closed for its time is not answered any more: nothing is taken. */
	if (g->session.pending == 0 || g->session.question != g->hook_question)
		return;
	if (apply(g, result, &a))
		guest_answer(g, g->hook_question, &a);
}

/* False: it is asked. True: it cannot be, and *a says so. */
static bool
ask(struct guest *g, enum hook_point p, uint32_t question, struct smtp_answer *a)
{
	struct hooks *const hooks = g->receive->parts.hooks;
	struct buf facts;
	buf_init(&facts, HOOK_FRAME_BYTES_MAX);
	g->hook_at = (uint8_t)p;
	g->hook_question = question;
	add_session(&facts, g, p);
	if (p >= HOOK_MAIL)
		add_mail(&facts, g, p);
	g->hook = hooks_ask(hooks, p, buf_str(&facts), done, g);
	buf_fini(&facts);
	return g->hook == NULL &&
	       failed(g, STR("the script cannot be asked: its process is gone, or too much waits"),
		       a);
}

static bool
is_wanted(const struct guest *g, enum hook_point p, const struct smtp_answer *a)
{
	return a->verdict != ANSWER_REFUSE && hooks_has(g->receive->parts.hooks, p);
}

bool
hooked_connect(struct guest *g, uint32_t question, struct smtp_answer *a)
{
	return !is_wanted(g, HOOK_CONNECT, a) || ask(g, HOOK_CONNECT, question, a);
}

bool
hooked_hello(struct guest *g, uint32_t question, struct smtp_answer *a)
{
	return !is_wanted(g, HOOK_HELO, a) || ask(g, HOOK_HELO, question, a);
}

bool
hooked_mail(struct guest *g, uint32_t question, struct smtp_answer *a)
{
	if (g->hook_score > 0 && a->verdict != ANSWER_REFUSE)
		check_add(g->check, str_of(g->hook_words), g->hook_score);
	return !is_wanted(g, HOOK_MAIL, a) || ask(g, HOOK_MAIL, question, a);
}

bool
hooked_rcpt(struct guest *g, uint32_t question, struct smtp_answer *a)
{
	return is_wanted(g, HOOK_RCPT, a) ? ask(g, HOOK_RCPT, question, a)
					  : mail_accept_recipient(g->mail, a);
}

bool
hooked_end(struct guest *g, struct str checked, uint32_t question, struct smtp_answer *a)
{
	struct mail *const m = g->mail;
	if (!is_wanted(g, HOOK_MESSAGE, a))
		return mail_keep(m, checked, question, a);
	m->checked = arena_str(&m->arena, checked);
	return ask(g, HOOK_MESSAGE, question, a);
}

void
hooked_forget(struct guest *g)
{
	hooks_cancel(g->hook);
	g->hook = NULL;
}
