/* Places: how many connections one takes at a time, and for how long one is left alone. */
#include "base/buf.h"
#include "base/hash.h"
#include "deliver/remote_inside.h"

#include <stdio.h>
#include <stdlib.h>

#define FAILURES_ALONE 2     /* jobs in a row that reached nobody, until it is left alone */
#define ALONE_FIRST_MS 60000 /* for so long, and twice as long each time */
#define ALONE_LONGEST_MS 900000
#define ALONE_OWN_MS 10000 /* a server of LMTP is of this house, and soon back */
#define PLACES_KEPT 20000  /* with nothing to do; more are forgotten */
#define PLACE_BYTES_MAX 65536

void
place_worked(struct place *p)
{
	const double most = p->remote->settings.connections_per_place_max;
	p->failures = 0;
	p->alone_until_ms = 0;
	p->words[0] = '\0';
	/* One more when as many messages went through as there are connections. */
	p->limit += 1.0 / p->limit;
	p->limit = p->limit < most ? p->limit : most;
}

void
place_busy(struct place *p)
{
	p->limit = p->limit > 2 ? p->limit / 2 : 1;
}

void
place_failed(struct place *p, const char *words)
{
	int64_t wait_ms = p->where.is_lmtp ? ALONE_OWN_MS : ALONE_FIRST_MS;
	place_busy(p);
	snprintf(p->words, sizeof p->words, "%s", words);
	if (++p->failures < FAILURES_ALONE)
		return;
	for (unsigned i = FAILURES_ALONE; i < p->failures && wait_ms < ALONE_LONGEST_MS; i++)
		wait_ms *= 2;
	wait_ms = wait_ms < ALONE_LONGEST_MS ? wait_ms : ALONE_LONGEST_MS;
	p->alone_until_ms = clock_wall_ms() + wait_ms;
}

/* ---- finding -------------------------------------------------------------------------------- */

/* Everything by which connections differ; false when it is too long. */
static bool
key_make(const struct remote *r, const struct remote_place *w, struct buf *key)
{
	buf_init(key, 8192);
	for (size_t i = 0; i < w->domain.len; i++)
		buf_add_char(key, (char)ascii_lower((unsigned char)w->domain.ptr[i]));
	const struct str parts[] = {w->host, w->user, w->password, w->source_ipv4, w->source_ipv6};
	for (size_t i = 0; i < sizeof parts / sizeof *parts; i++) {
		buf_add_char(key, '\0');
		buf_add(key, parts[i]);
	}
	buf_add_char(key, '\0');
	buf_add_number(key, place_port(r, w));
	buf_add_char(key, (char)('a' + (int)w->tls));
	buf_add_char(key, w->is_lmtp ? 'l' : 's');
	buf_add_char(key, w->is_tls_immediate ? 'i' : 'c');
	return !buf_failed(key);
}

static struct str
name_make(const struct remote *r, const struct remote_place *w, struct arena *a)
{
	char digits[STR_DIGITS_MAX];
	const struct str prefix = w->is_lmtp ? STR("lmtp:") : STR("");
	if (str_is_set(w->domain))
		return w->domain;
	if (w->host.len > 0 && w->host.ptr[0] == '/')
		return arena_join(a, prefix, w->host, STR_NONE);
	return arena_join(a, arena_join(a, prefix, w->host, STR(":")),
		str_digits(place_port(r, w), digits), STR_NONE);
}

struct place *
place_find(const struct remote *r, const struct remote_place *where)
{
	struct buf key;
	struct place *p = NULL;
	if (key_make(r, where, &key)) {
		struct table_node *const node =
			table_find(&r->places, hash_add(HASH_FIRST, buf_str(&key)));
		p = TABLE_OWNER(node, struct place, node);
		if (p != NULL && !str_eq(p->key, buf_str(&key)))
			p = NULL;
	}
	buf_fini(&key);
	return p;
}

static bool
is_listed(struct str list, struct str domain)
{
	for (struct str word; (word = str_word(&list)).len > 0;)
		if (str_eq_case(word, domain) ||
			(word.ptr[0] == '.' && str_ends_case(domain, word)))
			return true;
	return false;
}

struct place *
place_get(struct remote *r, const struct remote_place *where)
{
	struct place *p = place_find(r, where);
	struct buf key;
	if (p != NULL)
		return p;
	p = calloc(1, sizeof *p);
	if (p == NULL)
		return NULL;
	if (!key_make(r, where, &key) || !table_reserve(&r->places, 1)) {
		buf_fini(&key);
		free(p);
		return NULL;
	}
	p->remote = r;
	arena_init(&p->arena, PLACE_BYTES_MAX);
	p->key = arena_str(&p->arena, buf_str(&key));
	p->where = *where;
#define KEEP(field) p->where.field = arena_str(&p->arena, where->field)
	KEEP(domain);
	KEEP(host);
	KEEP(user);
	KEEP(password);
	KEEP(source_ipv4);
	KEEP(source_ipv6);
#undef KEEP
	p->name = name_make(r, &p->where, &p->arena);
	p->limit = PLACE_LIMIT_FIRST < r->settings.connections_per_place_max
			   ? PLACE_LIMIT_FIRST
			   : r->settings.connections_per_place_max;
	p->waiting_end = &p->waiting;
	const uint64_t hash = hash_add(HASH_FIRST, p->key);
	buf_fini(&key);
	if (arena_failed(&p->arena) || table_find(&r->places, hash) != NULL) {
		arena_fini(&p->arena);
		free(p);
		return NULL;
	}
	table_add(&r->places, &p->node, hash);
	p->next_all = r->all;
	r->all = p;
	r->counts.places++;
	return p;
}

struct remote_place
place_wanted(const struct remote *r, const struct remote_place *where, uint32_t flags)
{
	struct remote_place w = *where;
	if (w.tls == REMOTE_TLS_OPPORTUNISTIC && is_listed(r->settings.tls_required_to, w.domain))
		w.tls = REMOTE_TLS_REQUIRED;
	if (w.tls != REMOTE_TLS_OFF && is_listed(r->settings.tls_verified_to, w.domain))
		w.tls = REMOTE_TLS_VERIFIED;
	/* RFC 8689 s4.2.1: the certificate must be good as well. */
	if (flags & MESSAGE_REQUIRETLS && !w.is_lmtp)
		w.tls = REMOTE_TLS_VERIFIED;
	return w;
}

unsigned
place_port(const struct remote *r, const struct remote_place *w)
{
	if (w->port != 0)
		return w->port;
	if (w->is_lmtp)
		return 24;
	if (w->is_tls_immediate)
		return 465;
	return str_is_set(w->host) ? 25 : r->settings.port;
}

/* ---- turns ---------------------------------------------------------------------------------- */

static struct remote_job *
waiting_take(struct place *p)
{
	struct remote_job *const job = p->waiting;
	p->waiting = job->next;
	if (p->waiting == NULL)
		p->waiting_end = &p->waiting;
	p->waiting_count--;
	job->next = NULL;
	return job;
}

bool
place_is_alone(const struct place *p)
{
	return p->alone_until_ms > clock_wall_ms();
}

/* Nobody is asked: whoever waits for this place comes again when it is over. */
static void
waiting_send_away(struct place *p)
{
	const struct remote_result r = {.outcome = REMOTE_UNTRIED,
		.stage = REMOTE_AT_CONNECT,
		.condition = CONDITION__COUNT,
		.words = str_of(p->words),
		.not_before_ms = p->alone_until_ms};
	for (unsigned left = p->waiting_count; left > 0; left--) {
		struct remote_job *const job = waiting_take(p);
		job_note(job, &r);
		job_finish(job);
	}
}

/* One job of the place; false when it must wait, or there is none. */
static bool
place_step(struct place *p)
{
	struct remote *const r = p->remote;
	struct link *l = p->links;
	if (p->waiting == NULL)
		return false;
	if (place_is_alone(p)) {
		waiting_send_away(p);
		return false;
	}
	while (l != NULL && l->state != LINK_IDLE)
		l = l->next;
	if (l != NULL) {
		link_send(l, waiting_take(p));
		return true;
	}
	if (p->link_count >= (unsigned)p->limit || r->link_count >= r->settings.connections_max)
		return false;
	struct remote_job *const job = waiting_take(p);
	if (link_open(p, job))
		return true;
	const struct remote_result none = {.outcome = REMOTE_UNTRIED,
		.condition = CONDITION__COUNT,
		.words = STR("not enough memory")};
	job_note(job, &none);
	job_finish(job);
	return false;
}

/* An idle connection of another place makes room for one that is wanted. */
static void
idle_close_one(struct remote *r)
{
	for (struct place *p = r->all; p != NULL; p = p->next_all)
		for (struct link *l = p->links; l != NULL; l = l->next)
			if (l->state == LINK_IDLE) {
				link_free(l);
				return;
			}
}

static void
places_forget(struct remote *r)
{
	for (struct place **at = &r->all; *at != NULL;) {
		struct place *const p = *at;
		if (r->counts.places <= PLACES_KEPT || p->job_count > 0 || p->links != NULL ||
			place_is_alone(p)) {
			at = &p->next_all;
			continue;
		}
		*at = p->next_all;
		place_free(p);
	}
}

void
place_free(struct place *p)
{
	table_remove(&p->remote->places, &p->node);
	p->remote->counts.places--;
	arena_fini(&p->arena);
	free(p);
}

void
places_pump(struct remote *r)
{
	bool wants_more = false;
	for (struct place *p = r->all; p != NULL; p = p->next_all) {
		while (place_step(p))
			continue;
		wants_more |= p->waiting != NULL && p->link_count < (unsigned)p->limit;
	}
	if (wants_more && r->link_count >= r->settings.connections_max)
		idle_close_one(r);
	if (r->counts.places > PLACES_KEPT)
		places_forget(r);
}
