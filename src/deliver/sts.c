#include "deliver/sts.h"

#include "base/hash.h"
#include "deliver/sts_inside.h"
#include "dns/name.h"
#include "net/clock.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/random.h>

#define ROUND_S 60
#define ROUND_FETCHES_MAX 20   /* begun in one round: a day has room for all domains */
#define ROUND_AGAIN_MS 3600000 /* after one that failed, while what is kept stands */
#define USED_STEP_MS 86400000  /* how exactly the file knows when mail went there */

struct sts_query {
	struct sts *sts;
	struct sts_query *next, **link; /* of those that wait for a fetch; link NULL: for the DNS */
	struct dns_query *dns;
	sts_done *done;
	void *to;
	char name[STS_DOMAIN_BYTES_MAX + 1];
};

/* ---- domains -------------------------------------------------------------------------------- */

struct sts_domain *
sts_domain_find(struct sts *s, struct str name)
{
	struct table_node *const node = table_find(&s->domains, hash_add(s->seed, name));
	struct sts_domain *const d = TABLE_OWNER(node, struct sts_domain, node);
	return d != NULL && str_eq(str_of(d->name), name) ? d : NULL;
}

struct sts_domain *
sts_domain_get(struct sts *s, struct str name)
{
	struct sts_domain *d = sts_domain_find(s, name);
	const uint64_t hash = hash_add(s->seed, name);
	if (d != NULL)
		return d;
	if (s->domains.count >= STS_DOMAINS_MAX || name.len > STS_DOMAIN_BYTES_MAX ||
		table_find(&s->domains, hash) != NULL || !table_reserve(&s->domains, 1))
		return NULL;
	d = calloc(1, sizeof *d);
	if (d == NULL)
		return NULL;
	d->sts = s;
	snprintf(d->name, sizeof d->name, "%.*s", (int)name.len, name.ptr);
	buf_init(&d->text, STS_POLICY_BYTES_MAX);
	table_add(&s->domains, &d->node, hash);
	d->next = s->first;
	s->first = d;
	return d;
}

static void
domain_free(struct sts_domain *d)
{
	https_cancel(d->fetch);
	table_remove(&d->sts->domains, &d->node);
	buf_fini(&d->text);
	free(d);
}

static int64_t
max_age_ms(const struct sts_domain *d)
{
	return 1000 * (d->max_age_s > STS_AGE_S_MIN ? d->max_age_s : STS_AGE_S_MIN);
}

bool
sts_domain_stands(const struct sts_domain *d, int64_t now_ms)
{
	return d->text.len > 0 && now_ms - d->fetched_ms < max_age_ms(d);
}

void
sts_tell(struct sts_domain *d, const struct sts_policy *policy, const char *words)
{
	const struct sts_options *const o = &d->sts->options;
	const struct sts_news news = {.domain = str_of(d->name), .policy = policy, .words = words};
	if (o->tell != NULL)
		o->tell(o->to, &news);
}

/* ---- answers -------------------------------------------------------------------------------- */

static void
query_end(struct sts_query *q, const struct sts_policy *policy)
{
	sts_done *const done = q->done;
	void *const to = q->to;
	free(q);
	done(to, policy);
}

/* The first of those that wait for a fetch; NULL: nobody does. */
static struct sts_query *
waiting_take(struct sts_domain *d)
{
	struct sts_query *const q = d->waiting;
	if (q == NULL)
		return NULL;
	d->waiting = q->next;
	if (q->next != NULL)
		q->next->link = &d->waiting;
	return q;
}

/* What stands of a domain, to one who asked. */
static void
query_answer(struct sts_query *q, struct sts_domain *d)
{
	const int64_t now = clock_wall_ms();
	struct sts_policy policy;
	if (d == NULL || !sts_domain_stands(d, now) ||
		sts_policy_parse(buf_str(&d->text), &policy) != NULL) {
		query_end(q, NULL);
		return;
	}
	if (now - d->used_ms >= USED_STEP_MS) {
		d->used_ms = now;
		sts_shelf_save(d);
	}
	query_end(q, &policy);
}

/* ---- fetching ------------------------------------------------------------------------------- */

const char *
sts_answer_parse(const struct https_answer *answer, struct sts_policy *out,
	char words[static HTTPS_WORDS_MAX])
{
	struct str rest = answer->type;
	const struct str type = str_trim(str_cut(&rest, ';'));
	*out = (struct sts_policy){.mode = STS_NONE};
	if (answer->words != NULL) {
		snprintf(words, HTTPS_WORDS_MAX, "%s", answer->words);
		return words;
	}
	if (answer->status != 200) {
		snprintf(words, HTTPS_WORDS_MAX, "the web server answers %u%s", answer->status,
			answer->status / 100 == 3 ? ", a redirect, which may not be followed" : "");
		return words;
	}
	if (!str_eq_case(type, STR("text/plain"))) {
		snprintf(words, HTTPS_WORDS_MAX, "its type is \"%.*s\", not text/plain",
			(int)type.len, type.len > 0 ? type.ptr : "");
		return words;
	}
	return sts_policy_parse(answer->body, out);
}

/* A policy that came: it stands from now on. */
static void
take(struct sts_domain *d, const struct sts_policy *policy, struct str text)
{
	const bool is_news = !str_eq(buf_str(&d->text), text);
	struct buf fresh;
	buf_init(&fresh, STS_POLICY_BYTES_MAX);
	buf_add(&fresh, text);
	if (buf_failed(&fresh)) {
		buf_fini(&fresh);
		return; /* no memory: what was before stands */
	}
	buf_fini(&d->text);
	d->text = fresh;
	d->max_age_s = policy->max_age_s;
	snprintf(d->id, sizeof d->id, "%s", d->tried_id);
	d->fetched_ms = clock_wall_ms();
	d->tried_ms = 0;
	sts_shelf_save(d);
	if (is_news)
		sts_tell(d, policy, NULL);
}

static void
on_fetched(void *to, const struct https_answer *answer)
{
	struct sts_domain *const d = to;
	struct sts *const s = d->sts;
	struct sts_policy policy;
	char words[HTTPS_WORDS_MAX];
	const char *const wrong = sts_answer_parse(answer, &policy, words);
	d->fetch = NULL;
	s->fetches--;
	if (wrong == NULL) {
		s->counts.fetched++;
		take(d, &policy, answer->body);
	} else {
		s->counts.fetches_failed++;
		d->tried_ms = clock_wall_ms();
		sts_tell(d, NULL, wrong);
	}
	for (struct sts_query *q; (q = waiting_take(d)) != NULL;)
		query_answer(q, d);
}

struct https *
sts_get(const struct sts_options *options, struct str domain, https_done *done, void *to)
{
	char host[STS_DOMAIN_BYTES_MAX + sizeof "mta-sts."];
	const int n = snprintf(host, sizeof host, "mta-sts.%.*s", (int)domain.len, domain.ptr);
	const struct https_question question = {.base = options->base,
		.dns = options->dns,
		.tls = options->tls,
		.host = str_of(host),
		.path = STR(STS_PATH),
		.port = options->port,
		.body_max = STS_POLICY_BYTES_MAX,
		.timeout_ms = options->timeout_ms};
	return n > 0 && (size_t)n < sizeof host ? https_get(&question, done, to) : NULL;
}

static void
fetch(struct sts_domain *d, struct str id)
{
	struct sts *const s = d->sts;
	const bool is_that = str_eq(str_of(d->tried_id), id);
	const int64_t since_ms = clock_wall_ms() - d->tried_ms;
	if (d->fetch != NULL || s->fetches >= STS_FETCHES_MAX)
		return;
	if (d->tried_ms != 0 && is_that && since_ms >= 0 && since_ms < STS_AGAIN_MS)
		return;
	snprintf(d->tried_id, sizeof d->tried_id, "%.*s", (int)id.len, id.len > 0 ? id.ptr : "");
	d->fetch = sts_get(&s->options, str_of(d->name), on_fetched, d);
	if (d->fetch != NULL)
		s->fetches++;
}

static bool
is_due(const struct sts_domain *d, int64_t now_ms)
{
	const int64_t half_ms = max_age_ms(d) / 2;
	return now_ms - d->fetched_ms >= (half_ms < STS_REFRESH_MS ? half_ms : STS_REFRESH_MS);
}

/* ---- asking --------------------------------------------------------------------------------- */

/* The id of the domain's record; absent: there is none, or not one that counts: s3.1. */
static struct str
id_of(const struct dns_answer *answer)
{
	struct str id = STR_NONE;
	size_t found = 0;
	for (size_t i = 0; i < answer->count; i++)
		if (sts_record_starts(answer->records[i].data)) {
			found++;
			if (sts_record_parse(answer->records[i].data, &id) != NULL)
				return STR_NONE;
		}
	return found == 1 ? id : STR_NONE;
}

static void
on_record(void *query, const struct dns_answer *answer)
{
	struct sts_query *const q = query;
	const struct str id = id_of(answer);
	struct sts_domain *d = sts_domain_find(q->sts, str_of(q->name));
	const int64_t now = clock_wall_ms();
	q->dns = NULL;
	if (str_is_set(id) && d == NULL)
		d = sts_domain_get(q->sts, str_of(q->name));
	const bool stands = d != NULL && sts_domain_stands(d, now);
	if (!str_is_set(id) || d == NULL || (stands && str_eq(str_of(d->id), id))) {
		/* Nobody waits for the same policy once more. */
		if (stands && is_due(d, now))
			fetch(d, str_of(d->id));
		query_answer(q, d);
		return;
	}
	fetch(d, id);
	if (d->fetch == NULL) {
		query_answer(q, d);
		return;
	}
	q->next = d->waiting;
	q->link = &d->waiting;
	if (q->next != NULL)
		q->next->link = &q->next;
	d->waiting = q;
}

/* May a file and a host have that name? */
static bool
is_plain(struct str name)
{
	for (size_t i = 0; i < name.len; i++) {
		const unsigned char c = (unsigned char)name.ptr[i];
		if (!ascii_is_alnum(c) && c != '-' && c != '_' && c != '.')
			return false;
	}
	return name.len > 0 && name.len <= STS_DOMAIN_BYTES_MAX;
}

struct sts_query *
sts_ask(struct sts *s, struct str domain, sts_done *done, void *to)
{
	char room[DNS_NAME_BYTES_MAX + 1], record[STS_DOMAIN_BYTES_MAX + sizeof "_mta-sts."];
	struct str name;
	if (!dns_name_parse(domain, room, &name) || !is_plain(name))
		return NULL;
	struct sts_query *const q = calloc(1, sizeof *q);
	if (q == NULL)
		return NULL;
	*q = (struct sts_query){.sts = s, .done = done, .to = to};
	snprintf(q->name, sizeof q->name, "%.*s", (int)name.len, name.ptr);
	snprintf(record, sizeof record, "_mta-sts.%s", q->name);
	q->dns = dns_ask(s->options.dns, DNS_TXT, str_of(record), on_record, q);
	if (q->dns != NULL)
		return q;
	free(q);
	return NULL;
}

void
sts_cancel(struct sts_query *q)
{
	if (q == NULL)
		return;
	dns_cancel(q->dns);
	if (q->link != NULL) {
		*q->link = q->next;
		if (q->next != NULL)
			q->next->link = q->link;
	}
	free(q);
}

/* ---- rounds --------------------------------------------------------------------------------- */

static bool
is_tried(const struct sts_domain *d, int64_t now_ms, int64_t within_ms)
{
	return d->tried_ms != 0 && now_ms >= d->tried_ms && now_ms - d->tried_ms < within_ms;
}

/* True when nothing is left to know of it. */
static bool
domain_turn(struct sts_domain *d, int64_t now_ms, size_t *begun)
{
	if (d->fetch != NULL || d->save != NULL)
		return false;
	if (d->is_changed) {
		sts_shelf_save(d);
		return false;
	}
	if (sts_domain_stands(d, now_ms)) {
		const bool is_used = now_ms - d->used_ms < STS_UNUSED_MS;
		if (is_used && is_due(d, now_ms) && !is_tried(d, now_ms, ROUND_AGAIN_MS) &&
			*begun < ROUND_FETCHES_MAX) {
			fetch(d, str_of(d->id));
			(*begun)++;
		}
		return false;
	}
	if (d->text.len > 0) { /* it is over */
		buf_clear(&d->text);
		sts_shelf_save(d);
		return false;
	}
	return !is_tried(d, now_ms, STS_AGAIN_MS);
}

static void
on_round(evutil_socket_t fd, short what, void *sts)
{
	struct sts *const s = sts;
	const struct timeval next = {ROUND_S, 0};
	const int64_t now = clock_wall_ms();
	size_t begun = 0;
	(void)fd;
	(void)what;
	for (struct sts_domain **at = &s->first; *at != NULL;) {
		struct sts_domain *const d = *at;
		if (domain_turn(d, now, &begun)) {
			*at = d->next;
			domain_free(d);
		} else {
			at = &d->next;
		}
	}
	evtimer_add(&s->round, &next);
}

/* ---- beginning and end ---------------------------------------------------------------------- */

struct sts *
sts_new(const struct sts_options *options)
{
	const struct timeval first = {ROUND_S, 0};
	struct sts *const s = calloc(1, sizeof *s);
	if (s == NULL)
		return NULL;
	s->options = *options;
	s->options.folder = NULL;
	if (options->folder != NULL && snprintf(s->folder, sizeof s->folder, "%s",
					       options->folder) >= (int)sizeof s->folder) {
		free(s);
		return NULL;
	}
	if (getrandom(&s->seed, sizeof s->seed, 0) != (ssize_t)sizeof s->seed)
		s->seed = HASH_FIRST ^ (uint64_t)clock_wall_ms();
	evtimer_assign(&s->round, options->base, on_round, s);
	evtimer_add(&s->round, &first);
	sts_shelf_load(s);
	return s;
}

void
sts_settings_set(struct sts *s, unsigned port, int64_t timeout_ms)
{
	s->options.port = port;
	s->options.timeout_ms = timeout_ms;
}

void
sts_free(struct sts *s)
{
	if (s == NULL)
		return;
	while (s->first != NULL) {
		struct sts_domain *const d = s->first;
		s->first = d->next;
		for (struct sts_query *q; (q = waiting_take(d)) != NULL;)
			free(q);
		domain_free(d);
	}
	evtimer_del(&s->round);
	table_fini(&s->domains);
	free(s);
}

void
sts_counts(const struct sts *s, struct sts_counts *out)
{
	const int64_t now = clock_wall_ms();
	*out = s->counts;
	for (const struct sts_domain *d = s->first; d != NULL; d = d->next)
		out->policies += sts_domain_stands(d, now);
}
