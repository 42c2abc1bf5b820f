/* Where a place is: MX, A and AAAA, and what it means when there are none. RFC 5321 s5.1, 7505. */
#include "deliver/remote_inside.h"

#include <stdio.h>
#include <stdlib.h>

/* One mail server of the domain. */
struct candidate {
	struct hosts_search *search;
	char name[DNS_NAME_BYTES_MAX + 1];
	uint32_t preference;
	uint32_t random;                             /* order among those of the same preference */
	struct ip addresses[2][HOSTS_ADDRESSES_MAX]; /* IPv6, IPv4 */
	size_t counts[2];
	struct dns_query *queries[3]; /* of these, and of its TLSA records */
	enum dns_status status[2];
	bool is_authentic;       /* its addresses, by DNSSEC */
	const struct dane *dane; /* or NULL */
};

#define QUERY_TLSA 2
#define HOSTS_ARENA_MAX (1u << 20)

struct hosts_search {
	struct hosts *hosts;
	struct remote *remote;
	hosts_done *done;
	void *to;
	char domain[DNS_NAME_BYTES_MAX + 1]; /* as people write it */
	unsigned port;
	bool has_mx; /* else the domain itself is its host */
	bool is_route;
	bool asks_tlsa;    /* where DNSSEC vouches for the way to a host */
	bool is_authentic; /* which hosts they are */
	bool has_asked_tlsa;
	struct dns_query *query;
	struct sts_query *policy; /* of the domain, asked for */
	bool has_ended;           /* but for the policy */
	struct candidate list[HOSTS_MX_MAX];
	size_t count;
	unsigned pending;
};

__attribute__((format(printf, 4, 5))) static void
fail(struct hosts *h, enum remote_outcome outcome, enum condition condition, const char *words, ...)
{
	va_list ap;
	const struct condition_line line = condition_line(condition, REPLY_MODERN);
	va_start(ap, words);
	/* NOLINTNEXTLINE(clang-analyzer-valist.Uninitialized): it is, a line above */
	vsnprintf(h->words, sizeof h->words, words, ap);
	va_end(ap);
	h->count = 0;
	h->outcome = outcome;
	h->condition = condition;
	snprintf(h->status, sizeof h->status, "%.*s", (int)line.enhanced.len, line.enhanced.ptr);
	h->status[0] = outcome == REMOTE_REFUSED ? '5' : '4';
}

static void
host_add(struct hosts *h, const char *name, const struct ip *ip, const struct dane *dane)
{
	if (h->count == REMOTE_TRIES_MAX)
		return;
	struct host *const to = &h->list[h->count++];
	*to = (struct host){.ip = *ip, .dane = dane};
	snprintf(to->name, sizeof to->name, "%s", name);
}

/* All is known; or nothing that a policy could change. */
static void
search_leave(struct hosts_search *s)
{
	struct hosts *const h = s->hosts;
	if (s->policy != NULL && h->count > 0) {
		s->has_ended = true;
		return;
	}
	sts_cancel(s->policy);
	for (size_t i = 0; h->policy != NULL && i < h->count; i++)
		h->list[i].is_unnamed = !sts_policy_names(h->policy, str_of(h->list[i].name));
	hosts_done *const done = s->done;
	void *const to = s->to;
	h->search = NULL;
	free(s);
	done(to);
}

static void
on_policy(void *search, const struct sts_policy *policy)
{
	struct hosts_search *const s = search;
	s->policy = NULL;
	if (policy != NULL && policy->mode != STS_NONE)
		s->hosts->policy = sts_keep(policy, &s->hosts->arena);
	if (s->has_ended)
		search_leave(s);
}

/* ---- the end of a search -------------------------------------------------------------------- */

static int
by_preference(const void *a, const void *b)
{
	const struct candidate *const x = a, *const y = b;
	if (x->preference != y->preference)
		return x->preference < y->preference ? -1 : 1;
	return x->random < y->random ? -1 : x->random > y->random;
}

static bool
candidate_is_self(const struct hosts_search *s, const struct candidate *c, const struct ip **which)
{
	*which = NULL;
	for (size_t family = 0; family < 2; family++)
		for (size_t i = 0; i < c->counts[family]; i++)
			if (remote_is_self(s->remote, &c->addresses[family][i], s->port)) {
				*which = &c->addresses[family][i];
				return true;
			}
	return s->has_mx && str_eq_case(str_of(c->name), s->remote->settings.hostname);
}

/* IPv6 and IPv4 by turns, so that a family that leads nowhere costs one try. */
static void
addresses_add(struct hosts *h, const struct candidate *c)
{
	for (size_t i = 0; i < HOSTS_ADDRESSES_MAX; i++)
		for (size_t family = 0; family < 2; family++)
			if (i < c->counts[family])
				host_add(h, c->name, &c->addresses[family][i], c->dane);
}

/* Nobody has an address: for good, or nobody could tell? */
static void
addresses_missing(struct hosts_search *s)
{
	for (size_t i = 0; i < s->count; i++)
		for (size_t family = 0; family < 2; family++)
			if (dns_is_failure(s->list[i].status[family])) {
				const struct str name = dns_status_name(s->list[i].status[family]);
				fail(s->hosts, REMOTE_DEFERRED, CONDITION_DNS_SILENT,
					"the addresses of %s: %.*s", s->list[i].name, (int)name.len,
					name.ptr);
				return;
			}
	if (s->is_route)
		/* Ours to mend, and no reason to give mail up. */
		fail(s->hosts, REMOTE_DEFERRED, CONDITION_MAIL_HOSTS_WITHOUT_ADDRESS,
			"the host of the route, %s, has no address", s->domain);
	else if (s->has_mx)
		fail(s->hosts, REMOTE_REFUSED, CONDITION_MAIL_HOSTS_WITHOUT_ADDRESS,
			"the MX of %s lead to %s, which has no address", s->domain,
			s->list[0].name);
	else
		fail(s->hosts, REMOTE_REFUSED, CONDITION_NO_MAIL_HOST,
			"%s has neither MX nor address", s->domain);
}

static void
search_end(struct hosts_search *s)
{
	struct hosts *const h = s->hosts;
	size_t most = s->count;
	qsort(s->list, s->count, sizeof s->list[0], by_preference);
	/* RFC 5321 s5.1: from ourselves on, no host is nearer to the domain than we are. */
	for (size_t i = 0; i < most; i++) {
		const struct ip *which;
		if (!candidate_is_self(s, &s->list[i], &which))
			continue;
		char text[IP_TEXT_BYTES] = "our name";
		if (which != NULL)
			ip_text(which, text);
		while (i > 0 && s->list[i - 1].preference == s->list[i].preference)
			i--;
		most = i;
		fail(h, s->is_route ? REMOTE_DEFERRED : REMOTE_REFUSED, CONDITION_ROUTE_TO_SELF,
			"%s leads to %s [%s], which is this server", s->domain, s->list[i].name,
			text);
	}
	const bool is_self = most < s->count;
	for (size_t i = 0; i < most; i++)
		addresses_add(h, &s->list[i]);
	if (h->count == 0 && !(is_self && most == 0))
		addresses_missing(s);
}

/* ---- addresses ------------------------------------------------------------------------------ */

/* ---- certificates: DANE --------------------------------------------------------------------- */

static void pending_less(struct hosts_search *s);

static void
on_tlsa(void *candidate, const struct dns_answer *answer)
{
	struct candidate *const c = candidate;
	c->queries[QUERY_TLSA] = NULL;
	c->dane = dane_read(answer, &c->search->hosts->arena);
	pending_less(c->search);
}

/* Of the hosts to which DNSSEC has led. False when nothing was asked. */
static bool
tlsa_ask(struct hosts_search *s)
{
	static const struct dane silent = {.state = DANE_SILENT, .status = DNS_OVERLOADED};
	s->has_asked_tlsa = true;
	for (size_t i = 0; s->asks_tlsa && s->is_authentic && i < s->count; i++) {
		struct candidate *const c = &s->list[i];
		char name[DANE_NAME_BYTES_MAX];
		if (!c->is_authentic)
			continue;
		dane_name(s->port, c->name, name);
		c->queries[QUERY_TLSA] =
			dns_ask(s->remote->options.dns, DNS_TLSA, str_of(name), on_tlsa, c);
		if (c->queries[QUERY_TLSA] != NULL)
			s->pending++;
		else
			c->dane = &silent;
	}
	return s->pending > 0;
}

static void
pending_less(struct hosts_search *s)
{
	if (--s->pending > 0 || (!s->has_asked_tlsa && tlsa_ask(s)))
		return;
	search_end(s);
	search_leave(s);
}

static void
on_addresses(struct candidate *c, const struct dns_answer *answer, size_t family)
{
	c->queries[family] = NULL;
	c->status[family] = answer->status;
	c->is_authentic |= answer->count > 0 && answer->is_authentic;
	c->counts[family] = dns_answer_ips(answer, c->addresses[family], HOSTS_ADDRESSES_MAX);
	pending_less(c->search);
}

static void
on_aaaa(void *candidate, const struct dns_answer *answer)
{
	on_addresses(candidate, answer, 0);
}

static void
on_a(void *candidate, const struct dns_answer *answer)
{
	on_addresses(candidate, answer, 1);
}

/* Asks for the addresses of all; the answers never come at once. False when nothing was asked. */
static bool
addresses_ask(struct hosts_search *s)
{
	static const struct {
		enum dns_type type;
		dns_done *done;
	} asks[] = {{DNS_AAAA, on_aaaa}, {DNS_A, on_a}};
	for (size_t i = 0; i < s->count; i++) {
		struct candidate *const c = &s->list[i];
		c->search = s;
		c->random = remote_random(s->remote);
		for (size_t family = 0; family < 2; family++) {
			c->queries[family] = dns_ask(s->remote->options.dns, asks[family].type,
				str_of(c->name), asks[family].done, c);
			if (c->queries[family] != NULL)
				s->pending++;
			else
				c->status[family] = DNS_OVERLOADED;
		}
	}
	return s->pending > 0;
}

static void
candidate_add(struct hosts_search *s, struct str name, uint32_t preference)
{
	if (s->count == HOSTS_MX_MAX || name.len > DNS_NAME_BYTES_MAX)
		return;
	struct candidate *const c = &s->list[s->count++];
	snprintf(c->name, sizeof c->name, "%.*s", (int)name.len, name.ptr);
	c->preference = preference;
}

/* ---- MX ------------------------------------------------------------------------------------- */

/* The best ones: those beyond HOSTS_MX_MAX are the worst. */
static void
mx_take(struct hosts_search *s, const struct dns_answer *answer)
{
	for (uint32_t least = 0; least <= UINT16_MAX && s->count < HOSTS_MX_MAX;) {
		uint32_t next = UINT32_MAX;
		for (size_t i = 0; i < answer->count; i++) {
			const struct dns_record *const r = &answer->records[i];
			if (r->preference == least && r->data.len > 0)
				candidate_add(s, r->data, least);
			else if (r->preference > least && r->preference < next)
				next = r->preference;
		}
		least = next;
	}
}

static void
addresses_or_end(struct hosts_search *s)
{
	if (addresses_ask(s))
		return;
	search_end(s);
	search_leave(s);
}

static void
on_mx(void *search, const struct dns_answer *answer)
{
	struct hosts_search *const s = search;
	const struct str name = dns_status_name(answer->status);
	s->query = NULL;
	switch (answer->status) {
	case DNS_FOUND:
		s->has_mx = true;
		s->is_authentic = answer->is_authentic;
		mx_take(s, answer);
		if (s->count > 0) {
			addresses_or_end(s);
			return;
		}
		/* RFC 7505: "MX 0 ." */
		fail(s->hosts, REMOTE_REFUSED, CONDITION_RCPT_TAKES_NO_MAIL,
			"the MX of %s says that it takes no mail", s->domain);
		break;
	case DNS_NO_DATA:
		s->is_authentic = answer->is_authentic;
		candidate_add(s, str_of(s->domain), 0);
		addresses_or_end(s);
		return;
	case DNS_NO_NAME:
	case DNS_BAD_NAME:
		fail(s->hosts, REMOTE_REFUSED, CONDITION_NO_MAIL_HOST,
			"the domain %s does not exist", s->domain);
		break;
	default:
		fail(s->hosts, REMOTE_DEFERRED, CONDITION_DNS_SILENT, "the MX of %s: %.*s",
			s->domain, (int)name.len, name.ptr);
		break;
	}
	search_leave(s);
}

/* ---- the beginning -------------------------------------------------------------------------- */

/* "[192.0.2.1]", "[IPv6:2001:db8::1]", and without the brackets. */
static bool
literal_read(struct str text, struct ip *ip)
{
	text = str_unwrap(text, '[', ']');
	if (str_starts_case(text, STR("IPv6:")))
		text = str_from(text, 5);
	return ip_parse(text, ip);
}

bool
hosts_find(struct hosts *h, struct remote *r, const struct remote_place *place, hosts_done *done,
	void *to)
{
	struct ip ip;
	const bool is_route = str_is_set(place->host);
	const struct str name = is_route ? place->host : place->domain;
	*h = (struct hosts){.count = 0};
	arena_init(&h->arena, HOSTS_ARENA_MAX);
	if (name.len > 0 && name.ptr[0] == '/') {
		h->count = 1;
		h->list[0].is_path = true;
		snprintf(h->list[0].name, sizeof h->list[0].name, "%.*s", (int)name.len, name.ptr);
		return true;
	}
	if (literal_read(name, &ip)) {
		char text[IP_TEXT_BYTES];
		ip_text(&ip, text);
		if (remote_is_self(r, &ip, place_port(r, place)))
			fail(h, is_route ? REMOTE_DEFERRED : REMOTE_REFUSED,
				CONDITION_ROUTE_TO_SELF, "the address %s is this server", text);
		else
			host_add(h, text, &ip, NULL);
		return true;
	}
	struct hosts_search *const s = calloc(1, sizeof *s);
	if (name.len == 0 || name.len > DNS_NAME_BYTES_MAX || s == NULL) {
		free(s);
		if (s == NULL)
			fail(h, REMOTE_DEFERRED, CONDITION_DNS_SILENT, "not enough memory");
		else
			fail(h, REMOTE_REFUSED, CONDITION_NO_MAIL_HOST,
				"no domain of the DNS has such a name");
		return true;
	}
	*s = (struct hosts_search){.hosts = h,
		.remote = r,
		.done = done,
		.to = to,
		.port = place_port(r, place),
		.is_route = is_route,
		.is_authentic = is_route, /* it is an operator's word */
		.asks_tlsa = r->settings.resolver_is_validating && r->options.tls != NULL &&
			     place->tls != REMOTE_TLS_OFF && !place->is_lmtp};
	snprintf(s->domain, sizeof s->domain, "%.*s", (int)name.len, name.ptr);
	h->search = s;
	if (is_route) {
		candidate_add(s, name, 0);
		if (addresses_ask(s))
			return false;
		search_end(s);
		h->search = NULL;
		free(s);
		return true;
	}
	s->query = dns_ask(r->options.dns, DNS_MX, name, on_mx, s);
	if (s->query != NULL) {
		if (r->options.sts != NULL && r->settings.heeds_policies &&
			r->options.tls != NULL && place->tls != REMOTE_TLS_OFF)
			s->policy = sts_ask(r->options.sts, name, on_policy, s);
		return false;
	}
	fail(h, REMOTE_DEFERRED, CONDITION_DNS_SILENT, "not enough memory");
	h->search = NULL;
	free(s);
	return true;
}

void
hosts_fini(struct hosts *h)
{
	struct hosts_search *const s = h->search;
	if (s != NULL) {
		dns_cancel(s->query);
		sts_cancel(s->policy);
		for (size_t i = 0; i < s->count; i++)
			for (size_t k = 0; k < sizeof s->list[i].queries / sizeof(void *); k++)
				dns_cancel(s->list[i].queries[k]);
		free(s);
	}
	arena_fini(&h->arena);
	h->search = NULL;
	h->count = 0;
}
