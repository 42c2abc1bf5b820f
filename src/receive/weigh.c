/*
 * weigh - a recipient whom the directory knows: is there room for him, is there such a domain?
 *
 * A mailbox may have to be counted, which takes as long as it has mails: in the workers. The DNS is
 * asked from the loop. Neither lets anybody wait but who asked.
 */
#include "receive/inside.h"

#include "check/domain.h"
#include "mailbox/maildir.h"

#include <stdlib.h>

#define DAY_S 86400

struct room_work {
	struct work work;
	struct guest *guest; /* NULL: gone */
	char path[MAILBOX_PATH_MAX];
	int64_t quota_bytes, declared, now_s;
	int64_t full_s; /* since when it has been full; negative: it is not */
	bool may_note;
};

/* ---- what follows, in this order; false: the answer comes later */

static bool ask_domain(struct guest *g, struct smtp_answer *a);

static bool
go_on(struct guest *g, struct smtp_answer *a)
{
	return limits_refuse(g, LIMIT_AT_RCPT, a) ||
	       guest_check(g, CHECK_AT_RCPT, g->rcpt_question, a);
}

/* ---- a mailbox */

static void
look_for_room(struct work *w)
{
	struct room_work *const r = (struct room_work *)w; /* its first member */
	const int64_t used = maildir_used(r->path, (uint64_t)r->quota_bytes, r->now_s);
	const int64_t wanted = r->declared > 0 ? r->declared : 0;
	r->full_s = -1;
	if (used >= r->quota_bytes || used + wanted > r->quota_bytes)
		r->full_s = r->now_s - maildir_full_since(r->path, r->now_s, r->may_note);
}

/* A question that was closed for its time is not answered any more: nothing is taken. */
static bool
is_closed(const struct guest *g)
{
	return g->session.pending == 0 || g->session.question != g->rcpt_question;
}

static void
room_known(struct work *w)
{
	struct room_work *const r = (struct room_work *)w;
	struct guest *const g = r->guest;
	const int64_t full_s = r->full_s;
	free(r);
	if (g == NULL)
		return;
	g->room = NULL;
	if (is_closed(g))
		return;
	struct smtp_answer a = {.verdict = ANSWER_PASS};
	mail_facts(g->mail, &a);
	a.facts.days = full_s / DAY_S;
	if (full_s >= 0)
		refuse_with(&a, full_s < g->profile->quota_grace_s
					? CONDITION_QUOTA_REACHED
					: CONDITION_QUOTA_REACHED_FOR_DAYS);
	if (full_s >= 0 || ask_domain(g, &a))
		guest_answer(g, g->rcpt_question, &a);
}

static bool
ask_room(struct guest *g, struct smtp_answer *a)
{
	const struct directory_answer *const found = &g->mail->found;
	const struct directory_target *const t = found->targets;
	const int64_t declared = g->session.transaction.declared_bytes;
	if (found->target_count != 1 || t->kind != TARGET_MAILBOX || t->quota_bytes <= 0)
		return ask_domain(g, a);
	a->facts.kb = declared / 1024;
	a->facts.max_kb = t->quota_bytes / 1024;
	if (declared > t->quota_bytes)
		return refuse_with(a, CONDITION_TOO_LARGE_FOR_MAILBOX);
	const size_t at = str_behind_last(t->address, '@');
	struct room_work *const r = at == 0 ? NULL : calloc(1, sizeof *r);
	if (r == NULL || !mailbox_path(g->profile->mail_folder, str_from(t->address, at),
				 str_head(t->address, at - 1), r->path)) {
		free(r); /* who delivers finds out */
		return ask_domain(g, a);
	}
	r->work = (struct work){.run = look_for_room, .done = room_known};
	r->guest = g;
	r->quota_bytes = t->quota_bytes;
	r->declared = declared;
	r->now_s = clock_wall_ms() / 1000;
	r->may_note = !g->receive->parts.is_rehearsal;
	g->room = r;
	workers_submit(g->receive->parts.workers, &r->work);
	return false;
}

/* ---- a domain elsewhere */

static void
domain_known(void *to, enum domain_state state)
{
	struct guest *const g = to;
	struct smtp_answer a = {.verdict = ANSWER_PASS};
	g->domain = NULL;
	if (is_closed(g))
		return;
	mail_facts(g->mail, &a);
	if (state == DOMAIN_UNKNOWN)
		refuse_with(&a, CONDITION_RCPT_DOMAIN_UNKNOWN);
	else if (state == DOMAIN_TAKES_NONE)
		refuse_with(&a, CONDITION_RCPT_TAKES_NO_MAIL);
	if (a.verdict == ANSWER_REFUSE || go_on(g, &a))
		guest_answer(g, g->rcpt_question, &a);
}

/* Does its mail go where the DNS says? A smart host may know more than our resolver. */
static bool
is_by_dns(struct guest *g, struct str domain)
{
	struct directory_route route;
	bool has_route = false;
	return directory_route_find(
		       g->receive->parts.directory, domain, &g->mail->arena, &has_route, &route) &&
	       !has_route;
}

static bool
ask_domain(struct guest *g, struct smtp_answer *a)
{
	const struct str domain = mail_facts(g->mail, a);
	if (g->profile->checks_rcpt_domain && g->mail->found.place == PLACE_ELSEWHERE &&
		is_by_dns(g, domain))
		g->domain = domain_look(g->receive->parts.checks, domain, domain_known, g);
	return g->domain == NULL && go_on(g, a);
}

/* ---- from outside */

bool
weigh_rcpt(struct guest *g, uint32_t question, struct smtp_answer *a)
{
	g->rcpt_question = question;
	return ask_room(g, a);
}

void
weigh_forget(struct guest *g)
{
	if (g->room != NULL)
		g->room->guest = NULL;
	g->room = NULL;
	domain_forget(g->domain);
	g->domain = NULL;
}
