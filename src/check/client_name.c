#include "check/client_name.h"

#include "check/inside.h"

#include <event2/event.h>
#include <stdlib.h>

struct client_name {
	struct dns *dns;
	client_name_done *done;
	void *to;
	struct dns_query *query; /* NULL: none is under way */
	struct event deadline;
	bool is_open;  /* done() is to be called */
	bool is_known; /* `reverse` has a result */
	bool is_claimed;
	struct reverse_check reverse;
};

static void
close_question(struct client_name *n)
{
	if (!n->is_open)
		return;
	n->is_open = false;
	event_del(&n->deadline);
	n->done(n->to); /* may free it */
}

static void
on_deadline(evutil_socket_t fd, short what, void *context)
{
	(void)fd;
	(void)what;
	close_question(context);
}

static void on_answer(void *context, const struct dns_answer *answer);

/* False: there is no memory to ask, and the name stays unknown. */
static bool
go_on(struct client_name *n, bool more)
{
	const struct ask *const ask = &n->reverse.ask;
	n->is_known = !more;
	n->query = more ? dns_ask(n->dns, ask->type, ask->name, on_answer, n) : NULL;
	return n->is_known || n->query != NULL;
}

static void
on_answer(void *context, const struct dns_answer *answer)
{
	struct client_name *const n = context;
	if (!go_on(n, reverse_step(&n->reverse, answer)) || n->is_known)
		close_question(n);
}

/* True: nobody has to be asked, and the result is there. */
static bool
is_loopback(struct client_name *n, const struct ip *ip)
{
	static const unsigned char local_6[16] = {[15] = 1};
	const struct ip local_4 = ip_of_v4((const unsigned char[]){127, 0, 0, 1});
	const bool is_v4 = ip_is_v4(ip);
	const bool is_host = memcmp(ip->bytes, is_v4 ? local_4.bytes : local_6, 16) == 0;
	if (!is_host && !(is_v4 && ip->bytes[12] == 127))
		return false;
	n->reverse.result = is_host ? REVERSE_PASS : REVERSE_NONE;
	if (is_host)
		memcpy(n->reverse.name, "localhost", sizeof "localhost");
	return true;
}

struct client_name *
client_name_new(struct checks *c, const struct ip *ip, client_name_done *done, void *to)
{
	const struct timeval wait = {CLIENT_NAME_WAIT_MS / 1000, CLIENT_NAME_WAIT_MS % 1000 * 1000};
	struct client_name *const n = c != NULL ? calloc(1, sizeof *n) : NULL;
	if (n == NULL)
		return NULL;
	n->dns = c->parts.dns;
	n->done = done;
	n->to = to;
	evtimer_assign(&n->deadline, c->parts.base, on_deadline, n);
	n->is_known = is_loopback(n, ip);
	if (n->is_known || n->dns == NULL || !go_on(n, reverse_begin(&n->reverse, ip)))
		return n;
	n->is_open = true;
	evtimer_add(&n->deadline, &wait);
	return n;
}

void
client_name_claim(
	struct client_name **n, enum client_claim claim, struct str name, bool is_temporary)
{
	struct client_name *const c = *n != NULL ? *n : calloc(1, sizeof *c);
	if (c == NULL)
		return; /* the DNS is asked */
	*n = c;
	if (!c->is_claimed)
		c->reverse.result = REVERSE_NONE;
	c->is_known = c->is_claimed = true;
	/* In any order: NAME decides, and behind it the other says nothing. */
	if (claim == CLAIM_REVERSE_NAME && c->reverse.result != REVERSE_NONE)
		return;
	if (str_is_set(name) && name.len < sizeof c->reverse.name) {
		memcpy(c->reverse.name, name.ptr, name.len);
		c->reverse.name[name.len] = '\0';
		c->reverse.result = claim == CLAIM_NAME ? REVERSE_PASS : REVERSE_NOT_BACK;
	} else if (is_temporary && claim == CLAIM_NAME) {
		c->reverse.result = REVERSE_TEMPERROR;
	}
}

const struct reverse_check *
client_name_claimed(const struct client_name *n)
{
	return n != NULL && n->is_claimed ? &n->reverse : NULL;
}

void
client_name_free(struct client_name *n)
{
	if (n == NULL)
		return;
	dns_cancel(n->query);
	if (!n->is_claimed)
		event_del(&n->deadline);
	free(n);
}

bool
client_name_is_open(const struct client_name *n)
{
	return n != NULL && n->is_open;
}

struct client_name_facts
client_name_facts(const struct client_name *n)
{
	static const struct str words[] = {
		[REVERSE_PASS] = STR_INIT("OK"),
		[REVERSE_NONE] = STR_INIT("FAIL"),
		[REVERSE_NOT_BACK] = STR_INIT("FORGED"),
		[REVERSE_TEMPERROR] = STR_INIT("TEMP"),
	};
	if (n == NULL || !n->is_known)
		return (struct client_name_facts){.resolve = words[REVERSE_TEMPERROR]};
	const struct str name = str_of(n->reverse.name);
	return (struct client_name_facts){
		.name = n->reverse.result == REVERSE_PASS ? name : STR_NONE,
		.ptr = name.len > 0 ? name : STR_NONE,
		.resolve = words[n->reverse.result]};
}
