/* Jobs: what is sent, to whom, and what became of each. */
#include "deliver/remote_inside.h"

#include <errno.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/random.h>
#include <time.h>
#include <unistd.h>

#define JOB_BYTES_MAX ((size_t)256 << 20)
#define SETTINGS_BYTES_MAX ((size_t)1 << 20)
#define SCAN_BYTES (64 << 10)

static const struct {
	const char *name, *command;
} stages[] = {
#define X(id, name, command) {name, command},
	REMOTE_STAGES(X)
#undef X
};

const char *
remote_stage_name(enum remote_stage stage)
{
	return stages[stage].name;
}

const char *
remote_stage_command(enum remote_stage stage)
{
	return stages[stage].command;
}

uint32_t
remote_random(struct remote *r)
{
	r->random = r->random * 6364136223846793005u + 1442695040888963407u;
	return (uint32_t)(r->random >> 33);
}

/* ---- ourselves ------------------------------------------------------------------------------ */

/* Is it an address of this machine? Whoever can bind to it has it; routing tables need not be
 * read. */
static bool
is_of_this_machine(const struct ip *ip)
{
	struct sockaddr_in in = {.sin_family = AF_INET};
	struct sockaddr_in6 in6 = {.sin6_family = AF_INET6};
	memcpy(&in.sin_addr, ip->bytes + 12, 4);
	memcpy(&in6.sin6_addr, ip->bytes, 16);
	const bool is_v4 = ip_is_v4(ip);
	const int fd = socket(is_v4 ? AF_INET : AF_INET6, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return false;
	const int bound = is_v4 ? bind(fd, (struct sockaddr *)&in, sizeof in)
				: bind(fd, (struct sockaddr *)&in6, sizeof in6);
	close(fd);
	return bound == 0;
}

static bool
is_unspecified(const struct ip *ip)
{
	static const unsigned char none[16] = {0};
	return memcmp(ip->bytes + (ip_is_v4(ip) ? 12 : 0), none, ip_is_v4(ip) ? 4 : 16) == 0;
}

bool
remote_is_self(const struct remote *r, const struct ip *ip, unsigned port)
{
	struct str list = r->settings.own_addresses;
	struct net net;
	for (struct str word; (word = str_word(&list)).len > 0;)
		if (net_parse(word, &net) == NET_OK && net_has(&net, ip))
			return true;
	for (size_t i = 0; i < r->options.own_door_count; i++) {
		const struct remote_door *const door = &r->own_doors[i];
		if (door->port != port)
			continue;
		/* 0.0.0.0 as a destination is this machine, too. */
		if (memcmp(door->ip.bytes, ip->bytes, sizeof ip->bytes) == 0 ||
			((is_unspecified(&door->ip) || is_unspecified(ip)) &&
				is_of_this_machine(ip)))
			return true;
	}
	return false;
}

/* ---- results -------------------------------------------------------------------------------- */

/* Texts of a result into the job's memory; many recipients often have the same. */
static struct str
kept(struct remote_job *job, struct str s, struct str before)
{
	if (!str_is_set(s) || str_eq(s, before))
		return str_is_set(s) ? before : s;
	return arena_str(&job->arena, s);
}

static struct remote_result
result_kept(
	struct remote_job *job, const struct remote_result *r, const struct remote_result *before)
{
	struct remote_result out = *r;
	out.reply = kept(job, str_head(r->reply, REMOTE_REPLY_BYTES_MAX), before->reply);
	out.words = kept(job, r->words, before->words);
	out.status = kept(job, r->status.len > 0 ? r->status : STR_NONE, before->status);
	return out;
}

void
job_settle(struct remote_job *job, size_t recipient, const struct remote_result *r)
{
	struct remote_counts *const counts = &job->remote->counts;
	if (job->is_settled[recipient])
		return;
	job->results[recipient] = job->last = result_kept(job, r, &job->last);
	job->is_settled[recipient] = true;
	job->open_count--;
	counts->taken += r->outcome == REMOTE_TAKEN;
	counts->deferred += r->outcome == REMOTE_DEFERRED;
	counts->refused += r->outcome == REMOTE_REFUSED;
	counts->untried += r->outcome == REMOTE_UNTRIED;
}

void
job_note(struct remote_job *job, const struct remote_result *r)
{
	/* While one host may still take it the mail is not refused; else who came farther counts.
	 */
	const struct remote_result *const f = &job->failure;
	if (job->has_failure &&
		(f->outcome == REMOTE_DEFERRED) != (r->outcome == REMOTE_DEFERRED)) {
		if (r->outcome != REMOTE_DEFERRED)
			return;
	} else if (job->has_failure && r->stage < f->stage) {
		return;
	}
	job->failure = job->last = result_kept(job, r, &job->last);
	job->has_failure = true;
}

void
job_finish(struct remote_job *job)
{
	static const struct remote_result none = {.outcome = REMOTE_UNTRIED,
		.condition = CONDITION__COUNT,
		.words = STR_INIT("the delivery was stopped here")};
	struct remote *const r = job->remote;
	const struct remote_result *const f = job->has_failure ? &job->failure : &none;
	for (size_t i = 0; i < job->recipient_count; i++)
		job_settle(job, i, f);
	const struct remote_report report = {.results = job->results,
		.result_count = job->recipient_count,
		.tries = job->tries,
		.try_count = job->try_count,
		.place = job->place->name};
	job->place->job_count--;
	r->counts.jobs--;
	job->done(job->to, &report);
	arena_fini(&job->arena);
	free(job);
	place_pump_later(r);
}

/* ---- transactions --------------------------------------------------------------------------- */

uint32_t
job_batch(struct remote_job *job, uint32_t most)
{
	uint32_t n = 0;
	for (uint32_t i = 0; i < job->recipient_count && n < most; i++)
		if (!job->is_settled[i]) {
			job->batch[n] = job->recipients[i];
			job->batch_places[n++] = i;
		}
	return n;
}

/* Eight bytes at a time: all of a message is looked at, and somebody waits. */
static bool
has_8bit(const char *bytes, size_t n)
{
	uint64_t eight, all = 0;
	for (; n >= sizeof eight; n -= sizeof eight, bytes += sizeof eight) {
		memcpy(&eight, bytes, sizeof eight);
		all |= eight;
	}
	for (; n > 0; n--, bytes++)
		all |= (unsigned char)*bytes;
	return (all & 0x8080808080808080u) != 0;
}

int
job_scan(struct remote_job *job)
{
	static char piece[SCAN_BYTES]; /* used within this call alone */
	uint32_t line_ends = 0;        /* in a row, CR not counted */
	bool is_header = true;
	if (job->is_scanned)
		return 0;
	for (uint64_t at = 0; at < job->body.bytes && (is_header || !job->has_8bit);) {
		const uint64_t left = job->body.bytes - at;
		const size_t n = left < sizeof piece ? (size_t)left : sizeof piece;
		const int error = job->body.read(job->body.of, at, piece, n);
		if (error != 0)
			return error;
		size_t header = 0;
		while (is_header && header < n) {
			const char c = piece[header++];
			line_ends = c == '\n' ? line_ends + 1 : c == '\r' ? line_ends : 0;
			is_header = line_ends < 2;
		}
		job->has_8bit_header |= has_8bit(piece, header);
		job->has_8bit |= job->has_8bit_header || has_8bit(piece + header, n - header);
		at += n;
	}
	job->is_scanned = true;
	return 0;
}

/* ---- beginning and end ---------------------------------------------------------------------- */

static bool
job_fill(struct remote_job *job, const struct remote_message *m)
{
	struct arena *const a = &job->arena;
	const size_t n = m->recipient_count;
	job->recipients = arena_alloc(a, n, sizeof *job->recipients);
	job->results = arena_alloc(a, n, sizeof *job->results);
	job->is_settled = arena_alloc(a, n, sizeof *job->is_settled);
	job->batch = arena_alloc(a, n, sizeof *job->batch);
	job->batch_places = arena_alloc(a, n, sizeof *job->batch_places);
	job->reverse_path = arena_str(a, str_is_set(m->reverse_path) ? m->reverse_path : STR(""));
	job->envelope_id = arena_str(a, m->envelope_id);
	if (arena_failed(a))
		return false;
	for (size_t i = 0; i < n; i++)
		job->recipients[i] = (struct client_recipient){
			.path = arena_str(a, m->recipients[i].forward_path),
			.original = arena_str(a, m->recipients[i].original),
			.notify = m->recipients[i].notify};
	return !arena_failed(a);
}

struct remote_job *
remote_start(struct remote *r, const struct remote_place *where,
	const struct remote_message *message, remote_done *done, void *to)
{
	const struct remote_place wanted = place_wanted(r, where, message->flags);
	struct place *const p = place_get(r, &wanted);
	struct remote_job *const job = p != NULL ? calloc(1, sizeof *job) : NULL;
	if (job == NULL)
		return NULL;
	*job = (struct remote_job){.remote = r,
		.place = p,
		.flags = message->flags,
		.body = message->body,
		.recipient_count = message->recipient_count,
		.open_count = message->recipient_count,
		.done = done,
		.to = to};
	arena_init(&job->arena, JOB_BYTES_MAX);
	if (!job_fill(job, message)) {
		arena_fini(&job->arena);
		free(job);
		return NULL;
	}
	*p->waiting_end = job;
	p->waiting_end = &job->next;
	p->waiting_count++;
	p->job_count++;
	r->counts.jobs++;
	place_pump_later(r);
	return job;
}

void
remote_cancel(struct remote *r, struct remote_job *job)
{
	struct place *const p = job->place;
	(void)r;
	if (job->link != NULL) {
		link_cancel(job->link);
		return;
	}
	struct remote_job **at = &p->waiting;
	while (*at != job)
		at = &(*at)->next;
	*at = job->next;
	if (p->waiting_end == &job->next)
		p->waiting_end = at;
	p->waiting_count--;
	job_finish(job);
}

unsigned
remote_room(const struct remote *r, const struct remote_place *where)
{
	const struct remote_place wanted = place_wanted(r, where, 0);
	const struct place *const p = place_find(r, &wanted);
	const unsigned most = r->settings.connections_max;
	const unsigned left = r->counts.jobs < most ? most - (unsigned)r->counts.jobs : 0;
	unsigned limit = PLACE_LIMIT_FIRST;
	if (p != NULL) {
		if (place_is_alone(p) || p->job_count >= (unsigned)p->limit)
			return 0;
		limit = (unsigned)p->limit - p->job_count;
	}
	return limit < left ? limit : left;
}

void
remote_each_place(const struct remote *r, remote_visit *fn, void *to)
{
	for (const struct place *p = r->all; p != NULL; p = p->next_all) {
		const struct remote_place_state state = {.name = p->name,
			.connections = p->link_count,
			.idle = p->idle_count,
			.limit = (unsigned)p->limit,
			.jobs = p->job_count - p->waiting_count,
			.waiting = p->waiting_count,
			.left_alone_until_ms = place_is_alone(p) ? p->alone_until_ms : 0,
			.words = str_of(p->words)};
		if (!fn(to, &state))
			return;
	}
}

void
remote_revive(struct remote *r, struct str name)
{
	for (struct place *p = r->all; p != NULL; p = p->next_all)
		if (!str_is_set(name) || str_eq_case(name, p->name)) {
			p->alone_until_ms = 0;
			p->failures = 0;
		}
}

void
remote_counts(const struct remote *r, struct remote_counts *out)
{
	*out = r->counts;
	for (const struct place *p = r->all; p != NULL; p = p->next_all)
		out->idle += p->idle_count;
}

/* ---- all of it ------------------------------------------------------------------------------ */

static void
on_pump(evutil_socket_t fd, short what, void *remote)
{
	struct remote *const r = remote;
	(void)fd;
	(void)what;
	links_bury(r);
	places_pump(r);
}

void
place_pump_later(struct remote *r)
{
	event_active(&r->pump, EV_TIMEOUT, 0);
}

bool
remote_settings_set(struct remote *r, const struct remote_settings *settings)
{
	/* What was before stays in the arena: connections and places still use it. */
	struct remote_settings s = *settings;
#define KEEP(field) s.field = arena_str(&r->arena, s.field)
	KEEP(hostname);
	KEEP(source_ipv4);
	KEEP(source_ipv6);
	KEEP(own_addresses);
	KEEP(tls_required_to);
	KEEP(tls_verified_to);
#undef KEEP
	if (arena_failed(&r->arena))
		return false;
	r->settings = s;
	return true;
}

struct remote *
remote_new(const struct remote_options *options)
{
	struct remote *const r = calloc(1, sizeof *r);
	if (r == NULL)
		return NULL;
	arena_init(&r->arena, SETTINGS_BYTES_MAX);
	r->options = *options;
	if (r->options.own_door_count > REMOTE_OWN_DOORS_MAX)
		r->options.own_door_count = REMOTE_OWN_DOORS_MAX;
	for (size_t i = 0; i < r->options.own_door_count; i++)
		r->own_doors[i] = options->own_doors[i];
	if (getrandom(&r->random, sizeof r->random, 0) != (ssize_t)sizeof r->random)
		r->random = (uint64_t)clock_wall_ms();
	evtimer_assign(&r->pump, options->base, on_pump, r);
	if (!remote_settings_set(r, options->settings)) {
		remote_free(r);
		return NULL;
	}
	return r;
}

void
remote_free(struct remote *r)
{
	if (r == NULL)
		return;
	while (r->all != NULL) {
		struct place *const p = r->all;
		while (p->links != NULL)
			link_free(p->links);
		r->all = p->next_all;
		place_free(p);
	}
	links_bury(r);
	evtimer_del(&r->pump);
	table_fini(&r->places);
	arena_fini(&r->arena);
	free(r);
}

void
remote_settings_read(const struct config *config, struct remote_settings *out)
{
	const struct config_value *const v = config->values;
	*out = (struct remote_settings){.hostname = v[SETTING_hostname].text,
		.port = (unsigned)v[SETTING_remote_port].number,
		.source_ipv4 = v[SETTING_source_ipv4].text,
		.source_ipv6 = v[SETTING_source_ipv6].text,
		.own_addresses = v[SETTING_own_addresses].text,
		.tls_required_to = v[SETTING_tls_required_to].text,
		.tls_verified_to = v[SETTING_tls_verified_to].text,
		.connect_timeout_ms = v[SETTING_connect_timeout].number * 1000,
		.idle_ms = v[SETTING_keep_connection].number * 1000,
		.connections_max = (unsigned)v[SETTING_max_remote_connections].number,
		.connections_per_place_max = (unsigned)v[SETTING_max_connections_per_place].number,
		.uses_chunking = v[SETTING_remote_chunking].number != 0,
		.heeds_policies = v[SETTING_mta_sts].number != 0,
		.resolver_is_validating = v[SETTING_resolver_is_validating].number != 0};
}
