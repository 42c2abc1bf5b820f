/* resolver - questions, the cache, and who waits for what */
#include "base/hash.h"
#include "dns/answer.h"
#include "dns/channel.h"
#include "dns/message.h"
#include "dns/name.h"
#include "net/clock.h"

#include <event2/event.h>
#include <event2/event_struct.h>
#include <search.h>
#include <stdlib.h>
#include <sys/queue.h>
#include <time.h>

TAILQ_HEAD(entries, cached);
TAILQ_HEAD(queries, dns_query);

/* One question, for all who ask it. */
struct cached {
	struct dns *dns;
	enum dns_type type;
	struct str name;           /* behind the struct, with a NUL */
	struct dns_answer *answer; /* with its records and texts in one piece; NULL: none yet */
	size_t bytes;              /* of both */
	int64_t expires_ms;
	bool is_pending; /* a query is under way */
	bool is_kept;    /* in the tree: else it lives as long as somebody waits */
	size_t users;    /* who wait, and the one who is being told */
	struct queries waiting;
	struct event deadline;
	TAILQ_ENTRY(cached) link; /* in `kept`, the longest unused first */
};

struct dns_query {
	struct cached *entry;
	dns_done *done;
	void *context;
	bool is_ready; /* in dns->ready, not in entry->waiting */
	TAILQ_ENTRY(dns_query) link;
};

struct dns {
	struct event_base *base;
	struct channel *channel;
	int64_t timeout_ms;
	void *tree; /* of struct cached: a tree, since strangers choose the names */
	struct entries kept;
	struct queries ready; /* their entries have an answer */
	struct event tell;    /* takes from `ready` */
	struct dns_counts counts;
	bool is_ending;
	uint64_t failing[DNS_SILENT_DOMAINS]; /* domains, since a question was answered */
	size_t failing_count;
	dns_silence *told;
	void *told_to;
	struct dns_message message; /* the one being read */
};

static int
entry_compare(const void *one, const void *other)
{
	const struct cached *const a = one, *const b = other;
	if (a->type != b->type)
		return a->type < b->type ? -1 : 1;
	if (a->name.len != b->name.len)
		return a->name.len < b->name.len ? -1 : 1;
	return memcmp(a->name.ptr, b->name.ptr, a->name.len);
}

static void
entry_free(struct cached *e)
{
	struct dns *const dns = e->dns;
	if (e->is_kept) {
		tdelete(e, &dns->tree, entry_compare);
		TAILQ_REMOVE(&dns->kept, e, link);
		dns->counts.entries--;
		dns->counts.bytes -= e->bytes;
	}
	event_del(&e->deadline);
	free(e->answer);
	free(e);
}

static void on_deadline(evutil_socket_t fd, short what, void *context);

static struct cached *
entry_new(struct dns *dns, enum dns_type type, struct str name)
{
	struct cached *const e = calloc(1, sizeof *e + name.len + 1);
	if (e == NULL)
		return NULL;
	char *const text = (char *)(e + 1);
	memcpy(text, name.ptr, name.len);
	e->dns = dns;
	e->type = type;
	e->name = (struct str){text, name.len};
	e->bytes = sizeof *e + name.len + 1;
	TAILQ_INIT(&e->waiting);
	evtimer_assign(&e->deadline, dns->base, on_deadline, e);
	return e;
}

/* Puts it into the cache; false when there is no memory. */
static bool
entry_keep(struct cached *e)
{
	struct dns *const dns = e->dns;
	if (tsearch(e, &dns->tree, entry_compare) == NULL)
		return false;
	TAILQ_INSERT_TAIL(&dns->kept, e, link);
	e->is_kept = true;
	dns->counts.entries++;
	dns->counts.bytes += e->bytes;
	return true;
}

static struct cached *
entry_find(struct dns *dns, enum dns_type type, struct str name)
{
	const struct cached key = {.type = type, .name = name};
	struct cached **const found = tfind(&key, &dns->tree, entry_compare);
	return found == NULL ? NULL : *found;
}

/* Makes room: the longest unused go, those somebody waits for stay. */
static void
cache_trim(struct dns *dns)
{
	struct cached *e = TAILQ_FIRST(&dns->kept);
	while (e != NULL && (dns->counts.entries > DNS_ENTRIES_MAX ||
				    dns->counts.bytes > DNS_CACHE_BYTES_MAX)) {
		struct cached *const next = TAILQ_NEXT(e, link);
		if (e->users == 0 && !e->is_pending)
			entry_free(e);
		e = next;
	}
}

/* All who wait are told in the next turn of the loop. */
static void
entry_ready(struct cached *e)
{
	struct dns *const dns = e->dns;
	struct dns_query *q;
	while ((q = TAILQ_FIRST(&e->waiting)) != NULL) {
		TAILQ_REMOVE(&e->waiting, q, link);
		q->is_ready = true;
		TAILQ_INSERT_TAIL(&dns->ready, q, link);
	}
	if (!TAILQ_EMPTY(&dns->ready))
		event_active(&dns->tell, EV_TIMEOUT, 0);
}

static void
entry_weigh(struct cached *e, size_t bytes)
{
	if (e->is_kept)
		e->dns->counts.bytes = e->dns->counts.bytes - e->bytes + bytes;
	e->bytes = bytes;
}

/* Without its answer, of which nobody is being told. */
static void
entry_forget(struct cached *e)
{
	free(e->answer);
	e->answer = NULL;
	entry_weigh(e, sizeof *e + e->name.len + 1);
}

/* The last two labels: where names below are asked for, mostly the same servers answer. */
static struct str
domain_of(struct str name)
{
	size_t at = name.len, labels = 0;
	while (at > 0 && (name.ptr[at - 1] != '.' || ++labels < 2))
		at--;
	return str_from(name, at);
}

/* What an answer, or none, says of the servers that we ask. */
static void
silence_judge(struct dns *dns, struct str name, enum dns_status status)
{
	if (status == DNS_BAD_NAME || status == DNS_OVERLOADED)
		return; /* nobody was asked */
	if (!dns_is_failure(status)) {
		dns->failing_count = 0;
		dns->counts.is_silent = false;
		return;
	}
	const uint64_t domain = hash_add(HASH_FIRST, domain_of(name));
	for (size_t i = 0; i < dns->failing_count; i++)
		if (dns->failing[i] == domain)
			return;
	if (dns->counts.is_silent)
		return;
	dns->failing[dns->failing_count++] = domain;
	dns->counts.is_silent = dns->failing_count == DNS_SILENT_DOMAINS;
	if (dns->counts.is_silent && dns->told != NULL)
		dns->told(dns->told_to);
}

static void
entry_answered(struct cached *e, const struct dns_answer *answer)
{
	struct dns *const dns = e->dns;
	size_t bytes = 0;
	entry_forget(e);
	e->answer = dns_answer_copy(answer, e->name, &bytes);
	entry_weigh(e, e->bytes + bytes);
	e->expires_ms = clock_mono_ms() + (int64_t)answer->ttl_s * 1000;
	dns->counts.failed += dns_is_failure(answer->status);
	silence_judge(dns, e->name, answer->status);
	event_del(&e->deadline);
	entry_ready(e);
	cache_trim(dns);
}

static void
entry_failed(struct cached *e, enum dns_status status)
{
	const struct dns_answer answer = {.status = status,
		.type = e->type,
		.canonical = e->name,
		.ttl_s = DNS_FAILURE_TTL_S};
	entry_answered(e, &answer);
}

/* The time is over, though c-ares may still try: what it brings is kept. */
static void
on_deadline(evutil_socket_t fd, short what, void *context)
{
	(void)fd;
	(void)what;
	entry_failed(context, DNS_TIMEOUT);
}

static void
on_message(void *context, enum dns_status status, struct str message)
{
	struct cached *const e = context;
	struct dns *const dns = e->dns;
	if (dns->is_ending)
		return;
	e->is_pending = false;
	dns->counts.pending--;
	if (e->answer != NULL && e->users > 0)
		return; /* too late, and the timeout is being told right now */
	if (status != DNS_FOUND) {
		entry_failed(e, status);
		return;
	}
	dns_message_read(message, e->type, e->name, &dns->message);
	entry_answered(e, &dns->message.answer);
}

/* Sends the query of an entry that has no answer, unless it is under way. */
static void
entry_send(struct cached *e)
{
	struct dns *const dns = e->dns;
	if (!e->is_pending && dns->counts.pending >= DNS_PENDING_MAX) {
		entry_failed(e, DNS_OVERLOADED);
		e->expires_ms = 0; /* the next one may be luckier */
		return;
	}
	if (!evtimer_pending(&e->deadline, NULL)) {
		const struct timeval limit = {
			dns->timeout_ms / 1000, dns->timeout_ms % 1000 * 1000};
		evtimer_add(&e->deadline, &limit);
	}
	if (e->is_pending)
		return;
	e->is_pending = true;
	dns->counts.pending++;
	dns->counts.sent++;
	channel_send(dns->channel, e->type, e->name.ptr, on_message, e);
}

/* What is told when there was no memory for what was to be told. */
static struct dns_answer
answer_of(const struct cached *e)
{
	if (e->answer == NULL)
		return (struct dns_answer){.status = DNS_OVERLOADED,
			.type = e->type,
			.name = e->name,
			.canonical = e->name};
	struct dns_answer answer = *e->answer;
	const int64_t left_ms = e->expires_ms - clock_mono_ms();
	answer.ttl_s = left_ms > 0 ? (uint32_t)(left_ms / 1000) : 0;
	return answer;
}

static void
entry_release(struct cached *e)
{
	e->users--;
	if (e->users == 0 && !e->is_kept && !e->is_pending)
		entry_free(e);
}

/* The analyser does not see that TAILQ_REMOVE() takes out what is freed.
 * NOLINTBEGIN(clang-analyzer-unix.Malloc) */
static void
on_tell(evutil_socket_t fd, short what, void *context)
{
	struct dns *const dns = context;
	struct dns_query *q;
	size_t now = 0; /* those who come meanwhile wait for the next turn */
	(void)fd;
	(void)what;
	TAILQ_FOREACH(q, &dns->ready, link)
	now++;
	while (now-- > 0 && (q = TAILQ_FIRST(&dns->ready)) != NULL) {
		const struct dns_query query = *q;
		const struct dns_answer answer = answer_of(query.entry);
		TAILQ_REMOVE(&dns->ready, q, link);
		free(q);
		query.done(query.context, &answer);
		entry_release(query.entry);
	}
	if (!TAILQ_EMPTY(&dns->ready))
		event_active(&dns->tell, EV_TIMEOUT, 0);
}

struct dns *
dns_new(struct event_base *base, const struct dns_settings *settings, const char **complaint)
{
	struct dns *const dns = calloc(1, sizeof *dns);
	*complaint = "out of memory";
	if (dns == NULL)
		return NULL;
	dns->base = base;
	dns->timeout_ms = settings->timeout_ms;
	TAILQ_INIT(&dns->kept);
	TAILQ_INIT(&dns->ready);
	evtimer_assign(&dns->tell, base, on_tell, dns);
	dns->channel = channel_new(base, settings, complaint);
	if (dns->channel == NULL) {
		free(dns);
		return NULL;
	}
	return dns;
}

/* Frees an entry of which nobody is told any more. */
static void
entry_end(struct cached *e)
{
	struct dns_query *q;
	while ((q = TAILQ_FIRST(&e->waiting)) != NULL) {
		TAILQ_REMOVE(&e->waiting, q, link);
		free(q);
	}
	entry_free(e);
}

void
dns_free(struct dns *dns)
{
	struct dns_query *q;
	if (dns == NULL)
		return;
	dns->is_ending = true;
	channel_free(dns->channel);
	while ((q = TAILQ_FIRST(&dns->ready)) != NULL) {
		struct cached *const e = q->entry;
		TAILQ_REMOVE(&dns->ready, q, link);
		free(q);
		e->is_pending = false;
		entry_release(e);
	}
	while (!TAILQ_EMPTY(&dns->kept))
		entry_end(TAILQ_FIRST(&dns->kept));
	event_del(&dns->tell);
	free(dns);
}

/* NOLINTEND(clang-analyzer-unix.Malloc) */

/* The entry of a question, which somebody begins to wait for; NULL: no memory. */
static struct cached *
entry_ask(struct dns *dns, enum dns_type type, struct str name)
{
	char room[DNS_NAME_BYTES_MAX + 1];
	struct str parsed;
	if (!dns_name_parse(name, room, &parsed)) {
		struct cached *const none =
			entry_new(dns, type, str_head(name, DNS_NAME_BYTES_MAX));
		if (none != NULL)
			entry_failed(none, DNS_BAD_NAME);
		return none;
	}
	struct cached *e = entry_find(dns, type, parsed);
	if (e != NULL) {
		TAILQ_REMOVE(&dns->kept, e, link);
		TAILQ_INSERT_TAIL(&dns->kept, e, link);
		return e;
	}
	e = entry_new(dns, type, parsed);
	if (e != NULL && !entry_keep(e)) {
		entry_free(e);
		return NULL;
	}
	return e;
}

struct dns_query *
dns_ask(struct dns *dns, enum dns_type type, struct str name, dns_done *done, void *context)
{
	struct dns_query *const q = malloc(sizeof *q);
	struct cached *const e = q == NULL ? NULL : entry_ask(dns, type, name);
	if (e == NULL) {
		free(q);
		return NULL;
	}
	dns->counts.asked++;
	*q = (struct dns_query){.entry = e, .done = done, .context = context};
	TAILQ_INSERT_TAIL(&e->waiting, q, link);
	const bool is_in_use = e->users++ > 0; /* an answer that is there may be being told */
	const bool is_good =
		e->answer != NULL && (is_in_use || !e->is_kept || clock_mono_ms() < e->expires_ms);
	if (is_good) {
		entry_ready(e);
	} else {
		entry_forget(e);
		entry_send(e);
	}
	return q;
}

void
dns_cancel(struct dns_query *q)
{
	if (q == NULL)
		return;
	struct cached *const e = q->entry;
	if (q->is_ready)
		TAILQ_REMOVE(&e->dns->ready, q, link);
	else
		TAILQ_REMOVE(&e->waiting, q, link);
	free(q);
	entry_release(e);
}

void
dns_watch(struct dns *dns, dns_silence *told, void *context)
{
	dns->told = told;
	dns->told_to = context;
}

struct dns_counts
dns_counts(const struct dns *dns)
{
	return dns->counts;
}
