/* run - machines that ask, and the resolver that answers */
#include "check/inside.h"
#include "read/address.h"

#include <stdlib.h>

struct run {
	struct check_session *session;
	struct scope *scope;
	enum run_kind kind;
	struct dns_query *query; /* NULL: none is under way */
	struct str item;         /* of a list: what was looked up */
	TAILQ_ENTRY(run) link;
	union {
		struct spf spf;
		struct reverse_check reverse;
		struct helo_check helo;
		struct sender_check sender;
		struct list_check list;
		struct dmarc_find dmarc;
	} u;
};

static bool
run_step(struct run *r, const struct dns_answer *answer)
{
	switch (r->kind) {
	case RUN_SPF:
		return spf_step(&r->u.spf, answer);
	case RUN_REVERSE:
		return reverse_step(&r->u.reverse, answer);
	case RUN_HELO:
		return helo_step(&r->u.helo, answer);
	case RUN_SENDER:
		return sender_step(&r->u.sender, answer);
	case RUN_LIST:
		return list_check_step(&r->u.list, answer);
	case RUN_DKIM:
		return dkim_step(r->session->dkim, answer);
	case RUN_ARC:
		return arc_step(r->session->arc, answer);
	case RUN_DMARC:
	case RUN_POLICY:
		return dmarc_find_step(&r->u.dmarc, answer);
	}
	return false;
}

static const struct ask *
run_question(const struct run *r)
{
	switch (r->kind) {
	case RUN_SPF:
		return &r->u.spf.ask;
	case RUN_REVERSE:
		return &r->u.reverse.ask;
	case RUN_HELO:
		return &r->u.helo.ask;
	case RUN_SENDER:
		return &r->u.sender.ask;
	case RUN_LIST:
		return &r->u.list.ask;
	case RUN_DKIM:
		return &r->session->dkim->ask;
	case RUN_ARC:
		return &r->session->arc->ask;
	case RUN_DMARC:
	case RUN_POLICY:
		break;
	}
	return &r->u.dmarc.ask;
}

static void
run_free(struct run *r)
{
	dns_cancel(r->query);
	TAILQ_REMOVE(&r->scope->runs, r, link);
	if (r->kind == RUN_SPF)
		spf_fini(&r->u.spf);
	free(r);
}

static void
run_found(struct run *r)
{
	struct check_session *const s = r->session;
	switch (r->kind) {
	case RUN_SPF:
		found_spf(s, &r->u.spf);
		break;
	case RUN_REVERSE:
		found_reverse(s, &r->u.reverse);
		break;
	case RUN_HELO:
		found_helo(s, &r->u.helo);
		break;
	case RUN_SENDER:
		found_sender(s, &r->u.sender);
		break;
	case RUN_LIST:
		found_list(s, &r->u.list, r->item);
		break;
	case RUN_DKIM:
	case RUN_ARC:
		break; /* its results stay where they are */
	case RUN_DMARC:
		s->dmarc = r->u.dmarc;
		break;
	case RUN_POLICY:
		found_policy(s, &r->u.dmarc);
		break;
	}
	run_free(r);
}

static void on_answer(void *context, const struct dns_answer *answer);

/* Tells the machine that nobody answers, until it has a result: each has a bounded number of
 * questions.
 */
static void
run_give_up(struct run *r)
{
	const struct ask *const ask = run_question(r);
	bool more = true;
	dns_cancel(r->query);
	r->query = NULL;
	while (more) {
		const struct dns_answer silence = {.status = DNS_TIMEOUT,
			.type = ask->type,
			.name = ask->name,
			.canonical = ask->name};
		more = run_step(r, &silence);
	}
	run_found(r);
}

/* Asks what the machine wants to know, or takes its result. */
static void
run_go(struct run *r, bool more)
{
	if (!more) {
		run_found(r);
		return;
	}
	const struct ask *const ask = run_question(r);
	r->query = dns_ask(r->session->checks->parts.dns, ask->type, ask->name, on_answer, r);
	if (r->query == NULL)
		run_give_up(r);
}

static void
on_answer(void *context, const struct dns_answer *answer)
{
	struct run *const r = context;
	struct check_session *const s = r->session;
	r->query = NULL; /* it is over */
	run_go(r, run_step(r, answer));
	check_ended(s);
}

/* A run of that kind; NULL without memory, and then the check is not made. */
static struct run *
run_new(struct check_session *s, struct scope *scope, enum run_kind kind)
{
	struct run *const r = calloc(1, sizeof *r);
	if (r == NULL)
		return NULL;
	r->session = s;
	r->scope = scope;
	r->kind = kind;
	TAILQ_INSERT_TAIL(&scope->runs, r, link);
	return r;
}

void
run_spf(struct check_session *s)
{
	struct run *const r = run_new(s, &s->mail, RUN_SPF);
	if (r == NULL)
		return;
	const struct spf_question q = {.ip = s->ip,
		.sender = s->sender,
		.helo = s->helo,
		.receiver = str_of(s->host),
		.now_s = clock_wall_ms() / 1000};
	run_go(r, spf_begin(&r->u.spf, &q));
}

void
run_reverse(struct check_session *s, const struct reverse_check *claimed)
{
	struct run *const r = claimed == NULL ? run_new(s, &s->client, RUN_REVERSE) : NULL;
	if (claimed != NULL)
		found_reverse(s, claimed);
	else if (r != NULL)
		run_go(r, reverse_begin(&r->u.reverse, &s->ip));
}

void
run_helo(struct check_session *s)
{
	struct run *const r = run_new(s, &s->mail, RUN_HELO);
	if (r != NULL)
		run_go(r, helo_begin(&r->u.helo, s->helo, &s->ip));
}

void
run_sender(struct check_session *s)
{
	struct run *const r = run_new(s, &s->mail, RUN_SENDER);
	if (r != NULL)
		run_go(r, sender_begin(&r->u.sender, address_domain(s->sender)));
}

/* What is still to be looked up when the client is known to be good: nothing. */
static void
run_list_ips(struct check_session *s, const struct lists *lists, enum list_kind kind)
{
	for (size_t i = 0; i < lists->count; i++) {
		struct run *const r = run_new(s, &s->client, RUN_LIST);
		if (r == NULL)
			return;
		r->item = str_of(s->ip_text);
		run_go(r, list_check_ip(&r->u.list, &lists->list[i], kind, &s->ip));
	}
}

void
run_lists_of_ip(struct check_session *s)
{
	run_list_ips(s, &s->settings->allowed_ips, LIST_ALLOWED);
	run_list_ips(s, &s->settings->blocked_ips, LIST_OF_IPS);
}

static void
run_list_domain(struct check_session *s, struct str domain)
{
	const struct lists *const lists = &s->settings->blocked_domains;
	for (size_t i = 0; i < lists->count; i++) {
		struct run *const r = run_new(s, &s->mail, RUN_LIST);
		if (r == NULL)
			return;
		r->item = domain;
		run_go(r, list_check_domain(&r->u.list, &lists->list[i], domain));
	}
}

/* A name that could be looked up in a list: no address, more than one label. */
static bool
is_domain(struct str name)
{
	return name.len > 0 && name.ptr[0] != '[' && str_find_char(name, '.', 0) != STR_NPOS;
}

void
run_lists_of_domains(struct check_session *s)
{
	const struct str sender = address_domain(s->sender);
	if (is_domain(sender))
		run_list_domain(s, sender);
	if (is_domain(s->helo) && !str_eq_case(s->helo, sender))
		run_list_domain(s, s->helo);
}

void
run_lists_of_links(struct check_session *s)
{
	const struct lists *const lists = &s->settings->blocked_links;
	struct links links;
	links_find(buf_str(&s->text), &s->mail.arena, &links);
	buf_fini(&s->text);
	for (size_t i = 0; i < lists->count * links.count; i++) {
		const struct list *const list = &lists->list[i % lists->count];
		struct run *const r = run_new(s, &s->mail, RUN_LIST);
		if (r == NULL)
			return;
		r->item = links.domain[i / lists->count];
		const bool more = list_check_domain(&r->u.list, list, r->item);
		r->u.list.kind = LIST_OF_LINKS;
		run_go(r, more);
	}
}

void
run_dkim(struct check_session *s)
{
	struct run *const r = run_new(s, &s->mail, RUN_DKIM);
	if (r != NULL)
		run_go(r, dkim_begin(s->dkim));
}

void
run_arc(struct check_session *s)
{
	const struct arc_chain *const chain = &s->dkim->chain;
	if (chain->count == 0 && !str_is_set(chain->wrong))
		return;
	s->arc = arena_alloc(&s->mail.arena, 1, sizeof *s->arc);
	struct run *const r = s->arc != NULL ? run_new(s, &s->mail, RUN_ARC) : NULL;
	if (r != NULL)
		run_go(r, arc_begin(s->arc, s->dkim));
	else
		s->arc = NULL;
}

static void
run_find(struct check_session *s, enum run_kind kind, struct str domain)
{
	struct run *const r = run_new(s, &s->mail, kind);
	if (r != NULL)
		run_go(r, dmarc_find_begin(&r->u.dmarc, domain));
}

void
run_dmarc(struct check_session *s, struct str author)
{
	run_find(s, RUN_DMARC, author);
}

void
run_policy(struct check_session *s, struct str domain)
{
	run_find(s, RUN_POLICY, domain);
}

void
scope_init(struct scope *scope)
{
	TAILQ_INIT(&scope->runs);
	scope->count = 0;
	arena_init(&scope->arena, SCOPE_ARENA_BYTES_MAX);
}

void
scope_clear(struct scope *scope)
{
	struct run *next;
	for (struct run *r = TAILQ_FIRST(&scope->runs); r != NULL; r = next) {
		next = TAILQ_NEXT(r, link);
		run_free(r);
	}
	scope->count = 0;
	arena_reset(&scope->arena);
}

void
scope_fini(struct scope *scope)
{
	scope_clear(scope);
	arena_fini(&scope->arena);
}

void
scope_give_up(struct scope *scope)
{
	struct run *next;
	for (struct run *r = TAILQ_FIRST(&scope->runs); r != NULL; r = next) {
		next = TAILQ_NEXT(r, link);
		run_give_up(r);
	}
}
