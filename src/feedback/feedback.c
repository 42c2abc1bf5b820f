/* feedback - domains that ask for it are told each day who sent in their name */
#include "feedback/feedback.h"

#include <event2/event.h>
#include <event2/event_struct.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/hash.h"
#include "base/when.h"
#include "check/dmarc.h"
#include "feedback/aggregate.h"
#include "net/clock.h"
#include "sign/signing.h"

#define JOB_ARENA_BYTES_MAX ((size_t)1 << 20)
#define LOOK_PAUSE_S 60 /* when nothing was due */
#define NEXT_PAUSE_S 1

struct feedback {
	struct feedback_parts parts;
	bool is_on;
	char hostname[DNS_NAME_BYTES_MAX + 1], contact[AGGREGATE_ADDRESS_BYTES_MAX + 1];
	struct tally *tally; /* of the loop; a worker has its own */
	struct feedback_job *job;
	int64_t forgot_day; /* when old rows were last removed */
	struct event timer;
};

/* One report, on its way into the queue. */
struct feedback_job {
	struct work work;
	struct feedback *owner;
	struct arena arena;
	struct aggregate_facts facts;
	struct aggregate_target targets[AGGREGATE_TARGETS_MAX];
	bool wants[AGGREGATE_TARGETS_MAX];
	size_t count, at;
	struct dns_query *query;
	struct buf report, mail;
	bool is_composed, has_silence; /* silence: of a DNS that does not tell */
	uint64_t message;
	struct str told; /* to whom it went */
};

static void
look_in(struct feedback *f, int seconds)
{
	const struct timeval pause = {seconds, 0};
	evtimer_add(&f->timer, &pause);
}

static bool
tally_begin(struct feedback *f, char words[static FEEDBACK_WORDS_MAX])
{
	char why[TALLY_WORDS_MAX];
	if (f->tally == NULL)
		f->tally = tally_open(f->parts.path, why);
	if (f->tally == NULL)
		snprintf(words, FEEDBACK_WORDS_MAX, "dmarc_reports: %s", why);
	return f->tally != NULL;
}

bool
feedback_configure(struct feedback *f, const struct config *config, struct str hostname,
	char words[static FEEDBACK_WORDS_MAX])
{
	const struct str postmaster = config->values[SETTING_postmaster].text;
	const bool is_on = config->values[SETTING_dmarc_reports].number != 0;
	if (is_on && !tally_begin(f, words))
		return false;
	f->is_on = is_on;
	snprintf(f->hostname, sizeof f->hostname, "%.*s", (int)hostname.len, hostname.ptr);
	if (postmaster.len > 0)
		snprintf(
			f->contact, sizeof f->contact, "%.*s", (int)postmaster.len, postmaster.ptr);
	else
		snprintf(f->contact, sizeof f->contact, "postmaster@%.240s", f->hostname);
	if (f->is_on && f->job == NULL)
		look_in(f, NEXT_PAUSE_S);
	return true;
}

/* ---- the end of a job */

static void
job_end(struct feedback_job *j)
{
	dns_cancel(j->query);
	buf_fini(&j->report);
	buf_fini(&j->mail);
	arena_fini(&j->arena);
	j->owner->job = NULL;
	look_in(j->owner, NEXT_PAUSE_S);
	free(j);
}

static void
job_log(struct feedback_job *j, struct str result, struct str words)
{
	char id[QUEUE_ID_BYTES];
	queue_id_text(j->message, id);
	EVENTLOG(j->owner->parts.log, clock_wall_ms(), LOG_CHECK,
		{FIELD_ID, j->message != 0 ? str_of(id) : STR_NONE}, {FIELD_FROM, STR("<>")},
		{FIELD_TO, str_is_set(j->told) ? j->told : STR_NONE},
		{FIELD_CHECK, STR("dmarc-report")}, {FIELD_RESULT, result}, {FIELD_RULE, words});
}

/* What was done cannot be kept, so it would be done again and again: nothing more until a reload.
 */
static void
stop_if(struct feedback *f, bool is_broken)
{
	if (!is_broken)
		return;
	f->is_on = false;
	EVENTLOG(f->parts.log, clock_wall_ms(), LOG_ALARM, {FIELD_CHECK, STR("dmarc-report")},
		{FIELD_WORDS, STR("dmarc.db cannot be written: no more reports are sent until the "
				  "next reload")});
}

/* It is over, with these words for who looks. */
static void
job_settle(struct feedback_job *j, struct str result, struct str words)
{
	job_log(j, result, j->facts.policy.domain);
	stop_if(j->owner,
		!tally_settle(j->owner->tally, j->facts.policy.id, clock_wall_ms() / 1000, words));
	job_end(j);
}

static void
job_again(struct feedback_job *j)
{
	const int64_t now_s = clock_wall_ms() / 1000;
	if (now_s / TALLY_DAY_S - j->facts.policy.day > FEEDBACK_GIVE_UP_DAYS) {
		job_settle(j, STR("given-up"), STR("given up: the DNS did not tell who wants it"));
		return;
	}
	stop_if(j->owner,
		!tally_later(j->owner->tally, j->facts.policy.id, now_s + FEEDBACK_AGAIN_S));
	job_end(j);
}

/* ---- into the queue */

static void
on_committed(void *to, int error)
{
	struct feedback_job *const j = to;
	struct feedback *const f = j->owner;
	const uint64_t message = j->message;
	if (error != 0) {
		job_again(j);
		return;
	}
	job_settle(j, STR("sent"), arena_join(&j->arena, STR("sent to "), j->told, STR_NONE));
	f->parts.accepted(f->parts.to, message);
}

static void
job_commit(struct feedback_job *j, struct str signature)
{
	struct queue *const q = j->owner->parts.queue;
	struct queue_recipient *const to = arena_alloc(&j->arena, j->count, sizeof *to);
	struct queue_intake *const intake = queue_intake_new(q, j->facts.now_ms);
	int error = to != NULL && intake != NULL ? 0 : -1;
	for (size_t i = 0; error == 0 && i < j->count; i++)
		to[i] = (struct queue_recipient){.forward_path = j->targets[i].address,
			.progress = {.due_ms = j->facts.now_ms}};
	if (error == 0 && queue_intake_add(intake, signature.ptr, signature.len) &&
		queue_intake_add(intake, j->mail.ptr, j->mail.len)) {
		const struct queue_envelope envelope = {.arrived_ms = j->facts.now_ms,
			.flags = MESSAGE_REPORT | MESSAGE_COURTESY,
			.recipients = to,
			.recipient_count = j->count};
		j->message = queue_intake_id(intake);
		error = queue_commit(q, &(struct queue_commit){.intake = intake,
						.envelope = &envelope,
						.answer = on_committed,
						.to = j});
	} else {
		error = -1;
	}
	if (error == 0)
		return;
	queue_intake_drop(intake);
	j->message = 0;
	job_again(j);
}

static void
on_signed(void *to, struct str fields)
{
	job_commit(to, fields);
}

/* Those who want it, and whose limit it keeps to, in front; the others are forgotten. */
static void
job_choose(struct feedback_job *j)
{
	size_t kept = 0;
	j->told = STR_NONE;
	for (size_t i = 0; i < j->count; i++) {
		if (!j->wants[i] || j->report.len > j->targets[i].bytes_max)
			continue;
		j->targets[kept++] = j->targets[i];
		j->told = str_is_set(j->told) ? arena_join(&j->arena, j->told, STR(", "),
							j->targets[kept - 1].address)
					      : j->targets[kept - 1].address;
	}
	j->count = kept;
}

static void
job_send(struct feedback_job *j)
{
	job_choose(j);
	if (j->count == 0 && j->has_silence) {
		job_again(j);
		return;
	}
	if (j->count == 0) {
		job_settle(j, STR("given-up"),
			STR("given up: no address of rua= wants it (RFC 7489 s7.1), or it is too "
			    "large for all"));
		return;
	}
	aggregate_mail(&j->facts, j->targets, j->count, buf_str(&j->report), &j->mail);
	if (buf_failed(&j->mail))
		job_settle(j, STR("given-up"), STR("given up: it is too large"));
	else if (signing_text(j->owner->parts.signing, buf_str(&j->mail), on_signed, j) == NULL)
		job_commit(j, STR(""));
}

/* ---- who wants it: s7.1 */

static void job_ask(struct feedback_job *j);

/* A domain that is another's must say that it wants reports about it. */
static bool
is_wanted(const struct dns_answer *answer)
{
	for (size_t i = 0; i < answer->count; i++) {
		struct str rest = answer->records[i].data;
		struct str tag = str_cut(&rest, ';');
		if (str_eq_case(str_trim(str_cut(&tag, '=')), STR("v")) &&
			str_eq(str_trim(tag), STR("DMARC1")))
			return true;
	}
	return false;
}

static void
on_answer(void *context, const struct dns_answer *answer)
{
	struct feedback_job *const j = context;
	j->query = NULL;
	j->wants[j->at] = is_wanted(answer);
	j->has_silence |= dns_is_failure(answer->status);
	j->at++;
	job_ask(j);
}

static void
job_ask(struct feedback_job *j)
{
	for (; j->at < j->count; j->at++) {
		const struct aggregate_target *const t = &j->targets[j->at];
		const struct str domain = j->facts.policy.domain;
		j->wants[j->at] = str_eq(dmarc_organization(t->domain), dmarc_organization(domain));
		if (j->wants[j->at])
			continue;
		const struct str name =
			arena_join(&j->arena, domain, STR("._report._dmarc."), t->domain);
		j->query = dns_ask(j->owner->parts.dns, DNS_TXT, name, on_answer, j);
		if (j->query != NULL)
			return;
		j->has_silence = true;
	}
	job_send(j);
}

/* ---- what it says: in a thread */

static bool
add_row(void *to, const struct tally_row *row)
{
	aggregate_row(row, to);
	return !buf_failed(to);
}

static void
compose(struct work *w)
{
	struct feedback_job *const j = (struct feedback_job *)w;
	char words[TALLY_WORDS_MAX];
	struct buf xml;
	struct tally *const t = tally_open(j->owner->parts.path, words);
	if (t == NULL)
		return;
	buf_init(&xml, AGGREGATE_XML_BYTES_MAX);
	aggregate_begin(&j->facts, &xml);
	bool ok = tally_rows(t, j->facts.policy.id, add_row, &xml);
	aggregate_end(&xml);
	ok = ok && !buf_failed(&xml) && aggregate_gzip(buf_str(&xml), &j->report);
	buf_fini(&xml);
	tally_close(t);
	j->is_composed = ok;
}

static void
composed(struct work *w)
{
	struct feedback_job *const j = (struct feedback_job *)w;
	if (j->is_composed)
		job_ask(j);
	else
		job_again(j);
}

/* ---- its beginning */

static struct str
id_of(struct feedback_job *j)
{
	const struct when_parts day = when_parts(j->facts.policy.day * TALLY_DAY_S * 1000);
	char text[32];
	snprintf(text, sizeof text, "%04d%02d%02d.", day.year % 10000, day.month % 100,
		day.day % 100);
	return arena_join(&j->arena, str_of(text), j->facts.policy.domain, STR_NONE);
}

static bool
begin(struct feedback *f, int64_t day, int64_t now_ms)
{
	struct feedback_job *const j = calloc(1, sizeof *j);
	if (j == NULL)
		return false;
	f->job = j;
	j->owner = f;
	arena_init(&j->arena, JOB_ARENA_BYTES_MAX);
	buf_init(&j->report, AGGREGATE_BYTES_MAX);
	buf_init(&j->mail, AGGREGATE_MAIL_BYTES_MAX);
	j->facts = (struct aggregate_facts){.hostname = arena_str(&j->arena, str_of(f->hostname)),
		.contact = arena_str(&j->arena, str_of(f->contact)),
		.now_ms = now_ms};
	if (!tally_due(f->tally, day, now_ms / 1000, &j->arena, &j->facts.policy)) {
		job_end(j);
		return false;
	}
	j->facts.id = id_of(j);
	struct str rest = j->facts.policy.rua;
	while (j->count < AGGREGATE_TARGETS_MAX &&
		aggregate_target_next(&rest, &j->arena, &j->targets[j->count]))
		j->count++;
	if (arena_failed(&j->arena)) {
		job_end(j);
		return false;
	}
	j->work = (struct work){.run = compose, .done = composed};
	workers_submit(f->parts.workers, &j->work);
	return true;
}

static void
on_timer(evutil_socket_t fd, short what, void *feedback)
{
	struct feedback *const f = feedback;
	const int64_t now_ms = clock_wall_ms(), now_s = now_ms / 1000;
	(void)fd;
	(void)what;
	if (!f->is_on || f->job != NULL)
		return;
	/* Not all servers of the world at midnight. */
	const int64_t spread =
		(int64_t)(hash_add(HASH_FIRST, str_of(f->hostname)) % FEEDBACK_SPREAD_S);
	const int64_t day = (now_s - spread) / TALLY_DAY_S;
	if (f->forgot_day != day) {
		bool has_more = false;
		/* When it cannot be done it is tomorrow's work. */
		(void)tally_forget(f->tally, day - FEEDBACK_KEEP_DAYS, &has_more);
		if (has_more) {
			look_in(f, NEXT_PAUSE_S);
			return;
		}
		f->forgot_day = day;
	}
	if (!begin(f, day, now_ms))
		look_in(f, LOOK_PAUSE_S);
}

struct feedback *
feedback_new(const struct feedback_parts *parts)
{
	struct feedback *const f = calloc(1, sizeof *f);
	if (f == NULL)
		return NULL;
	f->parts = *parts;
	evtimer_assign(&f->timer, parts->base, on_timer, f);
	return f;
}

void
feedback_free(struct feedback *f)
{
	if (f == NULL)
		return;
	if (f->job != NULL)
		job_end(f->job);
	evtimer_del(&f->timer);
	tally_close(f->tally);
	free(f);
}
