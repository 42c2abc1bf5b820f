#include "check/domain.h"

#include "check/inside.h"

#include <stdlib.h>

struct domain_look {
	struct sender_check check;
	struct dns *dns;
	struct dns_query *query;
	domain_seen *seen;
	void *to;
};

static void
end(struct domain_look *l, enum sender_result result)
{
	static const enum domain_state states[] = {[SENDER_PASS] = DOMAIN_TAKES_MAIL,
		[SENDER_NO_HOST] = DOMAIN_UNKNOWN,
		[SENDER_NULL_MX] = DOMAIN_TAKES_NONE,
		[SENDER_TEMPERROR] = DOMAIN_NOT_TOLD};
	domain_seen *const seen = l->seen;
	void *const to = l->to;
	free(l);
	seen(to, states[result]);
}

static void on_answer(void *look, const struct dns_answer *answer);

static bool
ask(struct domain_look *l)
{
	const struct ask *const a = &l->check.ask;
	l->query = dns_ask(l->dns, a->type, a->name, on_answer, l);
	return l->query != NULL;
}

static void
on_answer(void *look, const struct dns_answer *answer)
{
	struct domain_look *const l = look;
	l->query = NULL;
	if (!sender_step(&l->check, answer))
		end(l, l->check.result);
	else if (!ask(l))
		end(l, SENDER_TEMPERROR);
}

struct domain_look *
domain_look(struct checks *c, struct str domain, domain_seen *seen, void *to)
{
	if (c == NULL || c->parts.dns == NULL)
		return NULL;
	struct domain_look *const l = calloc(1, sizeof *l);
	if (l == NULL)
		return NULL;
	l->dns = c->parts.dns;
	l->seen = seen;
	l->to = to;
	/* What is no name of the DNS was refused as an address. */
	if (sender_begin(&l->check, domain) && ask(l))
		return l;
	free(l);
	return NULL;
}

void
domain_forget(struct domain_look *l)
{
	if (l == NULL)
		return;
	dns_cancel(l->query);
	free(l);
}
