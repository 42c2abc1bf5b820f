/* digest - counting */
#include "eventlog/digest.h"
#include "base/hash.h"

#include <stdlib.h>

#define BYTES_MAX ((size_t)256 << 20)
#define SCRATCH_BYTES_MAX ((size_t)1 << 20)
#define SLOTS (2 * DIGEST_ROWS_MAX) /* of a hash table; a power of two */
#define OTHERS "(others)"

struct tally {
	struct digest_row *rows;
	size_t count, room;
	uint16_t *slots; /* place + 1 */
};

/* A recipient that was put off: by the hash of its message and address, so that a million fit. */
struct waiting {
	uint64_t hash; /* 0: free */
	uint16_t kind; /* DIGEST_WAITING or DIGEST_OWN_FAULT */
	uint16_t row;  /* of that, + 1; 0: reached since */
	uint16_t domain;
};

struct digest {
	struct arena arena, scratch;
	struct tally tallies[DIGEST_KINDS];
	uint64_t totals[DIGEST_TOTALS];
	struct waiting *waiting;
	size_t waiting_count;
	int64_t first_ms, last_ms;
	bool is_short;
};

struct digest *
digest_new(void)
{
	struct digest *const d = calloc(1, sizeof *d);
	if (d == NULL)
		return NULL;
	arena_init(&d->arena, BYTES_MAX);
	arena_init(&d->scratch, SCRATCH_BYTES_MAX);
	d->first_ms = d->last_ms = -1;
	return d;
}

void
digest_free(struct digest *d)
{
	if (d == NULL)
		return;
	arena_fini(&d->arena);
	arena_fini(&d->scratch);
	free(d->waiting);
	free(d);
}

/* Is `n` 1, 4, 16 ...? An arena cannot forget, so an example is replaced ever more seldom. */
static bool
is_power_of_four(uint64_t n)
{
	while (n > 1 && n % 4 == 0)
		n /= 4;
	return n == 1;
}

static void
example_keep(struct digest *d, struct digest_row *row, const struct eventlog_line *l)
{
	for (int f = 0; f < FIELD_COUNT; f++)
		row->example.field[f] = arena_str(&d->arena, l->field[f]);
	row->example.time_ms = l->time_ms;
	row->example.event = l->event;
}

/* The row of that key, new if need be; NULL: no memory. */
static struct digest_row *
row_of(struct digest *d, enum digest_kind kind, struct str key)
{
	struct tally *const t = &d->tallies[kind];
	if (t->slots == NULL)
		t->slots = arena_alloc(&d->arena, SLOTS, sizeof *t->slots);
	if (t->slots == NULL)
		return NULL;
	for (;;) {
		size_t at = hash_add_case(HASH_FIRST, key) % SLOTS;
		while (t->slots[at] != 0 && !str_eq_case(t->rows[t->slots[at] - 1].key, key))
			at = (at + 1) % SLOTS;
		if (t->slots[at] != 0)
			return &t->rows[t->slots[at] - 1];
		if (t->count >= DIGEST_ROWS_MAX - 1 && !str_eq(key, STR(OTHERS))) {
			key = STR(OTHERS);
			continue;
		}
		struct digest_row *const rows =
			arena_more(&d->arena, t->rows, t->count, &t->room, sizeof *rows);
		const struct str copy = arena_str(&d->arena, key);
		if (rows == NULL || !str_is_set(copy))
			return NULL;
		t->rows = rows;
		rows[t->count] = (struct digest_row){.key = copy, .first_ms = INT64_MAX};
		t->slots[at] = (uint16_t)++t->count;
		return &rows[t->count - 1];
	}
}

/* Its place + 1; 0: not counted. */
static uint16_t
count_row(struct digest *d, enum digest_kind kind, struct str key, const struct eventlog_line *l)
{
	if (key.len == 0)
		return 0;
	struct digest_row *const row = row_of(d, kind, key);
	if (row == NULL) {
		d->is_short = true;
		return 0;
	}
	row->count++;
	row->first_ms = l->time_ms < row->first_ms ? l->time_ms : row->first_ms;
	row->last_ms = l->time_ms > row->last_ms ? l->time_ms : row->last_ms;
	if (is_power_of_four(row->count) && !str_eq(row->key, STR(OTHERS)))
		example_keep(d, row, l);
	return (uint16_t)(row - d->tallies[kind].rows + 1);
}

static void
uncount(struct digest *d, enum digest_kind kind, uint16_t row)
{
	if (row > 0)
		d->tallies[kind].rows[row - 1].count--;
}

/* ---- recipients that wait ---- */

static struct waiting *
waiting_find(struct digest *d, const struct eventlog_line *l)
{
	uint64_t h = hash_add_case(HASH_FIRST, l->field[FIELD_ID]);
	h = hash_add_case(h * 31, l->field[FIELD_TO]);
	h += h == 0;
	if (d->waiting == NULL) {
		d->waiting = calloc(DIGEST_WAITING_MAX, sizeof *d->waiting);
		d->is_short |= d->waiting == NULL;
	}
	if (d->waiting == NULL)
		return NULL;
	size_t at = (h ^ h >> 32) & (DIGEST_WAITING_MAX - 1);
	while (d->waiting[at].hash != 0 && d->waiting[at].hash != h)
		at = (at + 1) & (DIGEST_WAITING_MAX - 1);
	if (d->waiting[at].hash == 0) {
		/* A quarter stays free, so that looking stays short. */
		if (d->waiting_count >= DIGEST_WAITING_MAX / 4 * 3)
			return NULL;
		d->waiting[at].hash = h;
		d->waiting_count++;
	}
	return &d->waiting[at];
}

/* It is no longer put off. */
static void
waiting_end(struct digest *d, struct waiting *w)
{
	if (w->row == 0)
		return;
	uncount(d, (enum digest_kind)w->kind, w->row);
	uncount(d, DIGEST_DOMAIN, w->domain);
	d->totals[TOTAL_WAITING]--;
	*w = (struct waiting){.hash = w->hash};
}

static struct str
why_of(const struct eventlog_line *l)
{
	const struct str condition = l->field[FIELD_CONDITION], reason = l->field[FIELD_REASON];
	return condition.len > 0 ? condition : reason.len > 0 ? reason : STR("unknown");
}

/* An alarm about mail has its cause beside its words, which are the same for every cause. */
static struct str
alarm_of(const struct eventlog_line *l)
{
	return str_is_set(l->field[FIELD_CONDITION]) || str_is_set(l->field[FIELD_REASON])
		       ? why_of(l)
		       : l->field[FIELD_WORDS];
}

static struct str
domain_of(const struct eventlog_line *l)
{
	struct str to = l->field[FIELD_TO];
	for (size_t at = to.len; at > 0; at--)
		if (to.ptr[at - 1] == '@')
			return str_from(to, at);
	return to;
}

static void
take_deferred(struct digest *d, const struct eventlog_line *l)
{
	struct waiting *const w = waiting_find(d, l);
	if (w != NULL)
		waiting_end(d, w);
	/* The reason alone does not tell whose it is: another server may say the same. */
	const enum digest_kind kind = str_eq(l->field[FIELD_RULE], STR("rule:own-fault"))
					      ? DIGEST_OWN_FAULT
					      : DIGEST_WAITING;
	const uint16_t row = count_row(d, kind, why_of(l), l);
	const uint16_t domain = count_row(d, DIGEST_DOMAIN, domain_of(l), l);
	d->totals[TOTAL_WAITING]++;
	if (w != NULL) {
		w->kind = (uint16_t)kind;
		w->row = row;
		w->domain = domain;
	}
}

static void
take_final(struct digest *d, const struct eventlog_line *l)
{
	struct waiting *const w = d->waiting != NULL ? waiting_find(d, l) : NULL;
	if (w != NULL)
		waiting_end(d, w);
}

/* ---- lines ---- */

static void
take_login(struct digest *d, const struct eventlog_line *l)
{
	if (!str_eq(l->field[FIELD_RESULT], STR("failed"))) {
		d->totals[TOTAL_LOGINS]++;
		return;
	}
	d->totals[TOTAL_LOGIN_FAILURES]++;
	count_row(d, DIGEST_LOGIN, l->field[FIELD_CLIENT], l);
}

/* What it alarmed of is over, and needs no hand; that it was, the totals tell. */
static void
take_recovered(struct digest *d, const struct eventlog_line *l)
{
	struct tally *const t = &d->tallies[DIGEST_ALARM];
	for (size_t i = 0; i < t->count; i++)
		if (str_is_set(l->field[FIELD_CHECK]) && t->rows[i].last_ms <= l->time_ms &&
			str_eq(t->rows[i].example.field[FIELD_CHECK], l->field[FIELD_CHECK]))
			t->rows[i].count = 0;
}

static void
take(struct digest *d, const struct eventlog_line *l)
{
	const int64_t bytes = str_number(l->field[FIELD_BYTES], INT64_MAX / 2);
	switch (l->event) {
	case LOG_CONNECT:
		d->totals[TOTAL_CONNECTIONS]++;
		break;
	case LOG_TLS:
		d->totals[TOTAL_TLS_FAILURES] += str_eq(l->field[FIELD_RESULT], STR("failed"));
		break;
	case LOG_LOGIN:
		take_login(d, l);
		break;
	case LOG_ALARM:
		d->totals[TOTAL_ALARMS]++;
		count_row(d, DIGEST_ALARM, alarm_of(l), l);
		break;
	case LOG_RECOVERED:
		take_recovered(d, l);
		break;
	case LOG_REFUSED:
		d->totals[TOTAL_REFUSED]++;
		count_row(d, DIGEST_REFUSED, why_of(l), l);
		count_row(d, DIGEST_CLIENT, l->field[FIELD_CLIENT], l);
		break;
	case LOG_ACCEPTED:
		d->totals[TOTAL_MESSAGES]++;
		d->totals[TOTAL_BYTES] += bytes > 0 ? (uint64_t)bytes : 0;
		break;
	case LOG_DELIVERED:
		d->totals[TOTAL_DELIVERED]++;
		take_final(d, l);
		break;
	case LOG_RELAYED:
		d->totals[TOTAL_RELAYED]++;
		take_final(d, l);
		break;
	case LOG_DEFERRED:
		take_deferred(d, l);
		break;
	case LOG_BOUNCED:
		d->totals[TOTAL_BOUNCED]++;
		take_final(d, l);
		count_row(d, DIGEST_BOUNCED, why_of(l), l);
		count_row(d, DIGEST_DOMAIN, domain_of(l), l);
		break;
	case LOG_EXPANDED:
		d->totals[TOTAL_EXPANDED]++;
		break;
	case LOG_RETURNED:
		d->totals[TOTAL_RETURNED] += l->field[FIELD_TO].len > 0;
		break;
	case LOG_DISCARDED:
		d->totals[TOTAL_DISCARDED]++;
		take_final(d, l);
		count_row(d, DIGEST_DISCARDED,
			l->field[FIELD_RULE].len > 0 ? l->field[FIELD_RULE] : why_of(l), l);
		break;
	default:
		break;
	}
}

void
digest_add_event(struct digest *d, const struct eventlog_line *l)
{
	if (d->first_ms < 0 || l->time_ms < d->first_ms)
		d->first_ms = l->time_ms;
	if (l->time_ms > d->last_ms)
		d->last_ms = l->time_ms;
	take(d, l);
}

void
digest_add(struct digest *d, struct str line, int64_t since_ms, int64_t until_ms)
{
	struct eventlog_line l;
	arena_reset(&d->scratch);
	if (eventlog_read(line, &d->scratch, &l) && l.time_ms >= since_ms && l.time_ms <= until_ms)
		digest_add_event(d, &l);
}

static int
most_first(const void *a, const void *b)
{
	const struct digest_row *const one = a, *const two = b;
	if (one->count != two->count)
		return one->count > two->count ? -1 : 1;
	const size_t n = one->key.len < two->key.len ? one->key.len : two->key.len;
	const int order = memcmp(one->key.ptr, two->key.ptr, n);
	return order != 0 ? order : (one->key.len > two->key.len) - (one->key.len < two->key.len);
}

bool
digest_end(struct digest *d)
{
	for (int k = 0; k < DIGEST_KINDS; k++) {
		struct tally *const t = &d->tallies[k];
		if (t->count > 0)
			qsort(t->rows, t->count, sizeof *t->rows, most_first);
		/* Those that were reached in the end. */
		while (t->count > 0 && t->rows[t->count - 1].count == 0)
			t->count--;
	}
	return !d->is_short && !arena_failed(&d->arena);
}

const struct digest_row *
digest_rows(const struct digest *d, enum digest_kind kind, size_t *count)
{
	*count = d->tallies[kind].count;
	return d->tallies[kind].rows;
}

uint64_t
digest_total(const struct digest *d, enum digest_total total)
{
	return d->totals[total];
}

bool
digest_span(const struct digest *d, int64_t *first_ms, int64_t *last_ms)
{
	*first_ms = d->first_ms;
	*last_ms = d->last_ms;
	return d->first_ms >= 0;
}
