#include "cli/log_report.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define INDEX_SLOTS 8192 /* a power of two above LEAVES_MAX */
#define PENDING_BUCKETS 262144
#define EXAMPLE_BYTES_MAX 600
#define NAMES_SHOWN_MAX 6
#define DEAD_KEY 0xFFFFFFFFu
#define GROUPS_SHOWN_MAX 20

/* Everything that failed for one reason at one provider or by one blocklist. */
struct leaf {
	enum nixie_direction direction;
	bool is_own; /* this server itself said no */
	char *reason, *provider, *blocklist, *blocklist_link;
	uint64_t failed, deferred, distinct;
	char *blocked_ip, *example, *example_place;
	char *steps[NIXIE_STEPS_MAX];
	size_t step_count;
};

/* A recipient who was put off; found by queue id, so that a message given up finds all of its. */
struct pending {
	uint64_t message, recipient;
	uint32_t leaf, next; /* next in the bucket, + 1 */
};

struct set {
	uint64_t *slots; /* 0 = free */
	size_t room, count;
};

struct log_report {
	struct nixie_style style;
	struct leaf *leaves;
	size_t leaf_count;
	uint32_t *index; /* + 1 */
	struct pending *pending;
	uint32_t pending_used, pending_room, pending_free, *buckets;
	size_t pending_count;
	struct set distinct;
	char *dead[DEAD_SHOWN_MAX];
	uint64_t dead_count;
	uint64_t events, delivered, late, failed, refused;
	char first[40], last[40];
	int64_t first_s, last_s;
};

/* ---- small things ---- */

static struct nixie_str
str(const char *s)
{
	return (struct nixie_str){s, s != NULL ? strlen(s) : 0};
}

static bool
same(const char *a, struct nixie_str b)
{
	const size_t n = a != NULL ? strlen(a) : 0;
	return n == b.len && (n == 0 || memcmp(a, b.ptr, n) == 0);
}

/* A copy with a NUL; NULL for nothing. */
static char *
copy(struct nixie_str s, size_t most, bool *ok)
{
	if (s.len == 0)
		return NULL;
	const size_t n = s.len < most ? s.len : most;
	char *const to = malloc(n + 1);
	if (to == NULL) {
		*ok = false;
		return NULL;
	}
	memcpy(to, s.ptr, n);
	to[n] = '\0';
	return to;
}

static int
lower(int c)
{
	return c >= 'A' && c <= 'Z' ? c | 32 : c;
}

static uint64_t
hash_more(uint64_t h, struct nixie_str s)
{
	for (size_t i = 0; i < s.len; i++)
		h = (h ^ (uint64_t)lower((unsigned char)s.ptr[i])) * 0x100000001B3u;
	h = (h ^ 0xFF) * 0x100000001B3u;
	return h ^ h >> 31;
}

static uint64_t
hash(struct nixie_str s)
{
	return hash_more(0xCBF29CE484222325u, s);
}

/* Adds to the set; true when it was not there. When the set may grow no more, everything is new. */
static bool
set_add(struct set *s, uint64_t key)
{
	key += key == 0;
	if (s->count * 2 >= s->room) {
		if (s->count >= DISTINCT_MAX)
			return true;
		const size_t room = s->room == 0 ? 4096 : s->room * 2;
		uint64_t *const slots = calloc(room, sizeof *slots);
		if (slots == NULL)
			return true;
		for (size_t i = 0; i < s->room; i++) {
			if (s->slots[i] == 0)
				continue;
			size_t at = s->slots[i] & (room - 1);
			while (slots[at] != 0)
				at = (at + 1) & (room - 1);
			slots[at] = s->slots[i];
		}
		free(s->slots);
		s->slots = slots;
		s->room = room;
	}
	size_t at = key & (s->room - 1);
	for (; s->slots[at] != 0; at = (at + 1) & (s->room - 1))
		if (s->slots[at] == key)
			return false;
	s->slots[at] = key;
	s->count++;
	return true;
}

/* ---- life ---- */

struct log_report *
log_report_new(const struct nixie_style *style)
{
	struct log_report *const r = calloc(1, sizeof *r);
	if (r == NULL)
		return NULL;
	r->style = *style;
	r->leaves = calloc(LEAVES_MAX, sizeof *r->leaves);
	r->index = calloc(INDEX_SLOTS, sizeof *r->index);
	r->buckets = calloc(PENDING_BUCKETS, sizeof *r->buckets);
	r->first_s = r->last_s = -1;
	if (r->leaves != NULL && r->index != NULL && r->buckets != NULL)
		return r;
	log_report_free(r);
	return NULL;
}

static void
leaf_fini(struct leaf *l)
{
	free(l->reason);
	free(l->provider);
	free(l->blocklist);
	free(l->blocklist_link);
	free(l->blocked_ip);
	free(l->example);
	free(l->example_place);
	for (size_t i = 0; i < l->step_count; i++)
		free(l->steps[i]);
}

void
log_report_free(struct log_report *r)
{
	if (r == NULL)
		return;
	for (size_t i = 0; r->leaves != NULL && i < r->leaf_count; i++)
		leaf_fini(&r->leaves[i]);
	for (size_t i = 0; i < DEAD_SHOWN_MAX; i++)
		free(r->dead[i]);
	free(r->leaves);
	free(r->index);
	free(r->pending);
	free(r->buckets);
	free(r->distinct.slots);
	free(r);
}

/* ---- leaves ---- */

/* What to do *here*: of our own refusals, what those can do who receive. */
static bool
take_steps(struct log_report *r, struct nixie_log *log, const struct nixie_log_event *event,
	struct leaf *l)
{
	struct nixie_log_event general = *event;
	struct nixie_advice advice;
	bool ok = true;
	/* The advice is for all who share the reason: it speaks of no one by name. */
	general.outcome.recipient = general.outcome.original_recipient =
		(struct nixie_str){NULL, 0};
	general.sender = (struct nixie_str){NULL, 0};
	if (nixie_log_advice(log, &general, &r->style, &advice) != NIXIE_OK)
		return false;
	const struct nixie_steps *const steps =
		event->direction == NIXIE_DIRECTION_INCOMING ? &advice.receiving_admin
		: advice.sending_admin.count > 0             ? &advice.sending_admin
							     : &advice.sender;
	for (size_t i = 0; i < steps->count && ok; i++)
		l->steps[l->step_count++] = copy(steps->list[i], 2000, &ok);
	return ok;
}

static bool
fill_leaf(struct log_report *r, struct nixie_log *log, const struct nixie_log_event *event,
	const char *path, uint64_t line, struct leaf *l)
{
	const struct nixie_outcome *const o = &event->outcome;
	char place[24];
	bool ok = true;
	const size_t n = strlen(path);
	snprintf(place, sizeof place, ":%llu", (unsigned long long)line);
	l->blocked_ip = copy(o->blocked_ip, 64, &ok);
	l->example = copy(o->diagnostic, EXAMPLE_BYTES_MAX, &ok);
	l->example_place = malloc(n + sizeof place);
	if (l->example_place == NULL)
		return false;
	memcpy(l->example_place, path, n);
	memcpy(l->example_place + n, place, strlen(place) + 1);
	return take_steps(r, log, event, l) && ok;
}

static struct leaf *
leaf_of(struct log_report *r, struct nixie_log *log, const struct nixie_log_event *event,
	const char *path, uint64_t line)
{
	const struct nixie_outcome *const o = &event->outcome;
	const bool is_full = r->leaf_count >= LEAVES_MAX - 512;
	const struct nixie_str none = {NULL, 0};
	const struct nixie_str provider = is_full ? none : o->provider;
	const struct nixie_str blocklist = is_full ? none : o->blocklist;
	const bool is_own = o->refuser == NIXIE_REFUSER_OWN_SERVER;
	uint64_t h = hash_more(hash_more(hash(o->reason), provider), blocklist);
	h += (uint64_t)event->direction * 2 + is_own;
	size_t at = h & (INDEX_SLOTS - 1);
	for (; r->index[at] != 0; at = (at + 1) & (INDEX_SLOTS - 1)) {
		struct leaf *const l = &r->leaves[r->index[at] - 1];
		if (l->direction == event->direction && l->is_own == is_own &&
			same(l->reason, o->reason) && same(l->provider, provider) &&
			same(l->blocklist, blocklist))
			return l;
	}
	if (r->leaf_count == LEAVES_MAX)
		return &r->leaves[0];
	bool ok = true;
	struct leaf *const l = &r->leaves[r->leaf_count++];
	r->index[at] = (uint32_t)r->leaf_count;
	l->direction = event->direction;
	l->is_own = is_own;
	l->reason = copy(o->reason.len > 0 ? o->reason : str("unknown"), 64, &ok);
	l->provider = copy(provider, 128, &ok);
	l->blocklist = copy(blocklist, 128, &ok);
	l->blocklist_link = copy(o->blocklist_link, 256, &ok);
	return fill_leaf(r, log, event, path, line, l) && ok ? l : NULL;
}

/* ---- those who wait ---- */

static uint32_t *
pending_find(struct log_report *r, uint64_t message, uint64_t recipient, bool any)
{
	uint32_t *at = &r->buckets[message & (PENDING_BUCKETS - 1)];
	while (*at != 0) {
		struct pending *const p = &r->pending[*at - 1];
		if (p->message == message && (any || p->recipient == recipient))
			return at;
		at = &p->next;
	}
	return NULL;
}

static uint32_t
pending_take(struct log_report *r, uint32_t *at)
{
	const uint32_t i = *at;
	struct pending *const p = &r->pending[i - 1];
	*at = p->next;
	p->next = r->pending_free;
	r->pending_free = i;
	r->pending_count--;
	return p->leaf;
}

static bool
pending_put(struct log_report *r, uint64_t message, uint64_t recipient, uint32_t leaf)
{
	if (r->pending_count >= PENDING_MAX)
		return true;
	uint32_t i = r->pending_free;
	if (i != 0) {
		r->pending_free = r->pending[i - 1].next;
	} else {
		if (r->pending_used == r->pending_room) {
			const uint32_t room = r->pending_room == 0 ? 1024 : r->pending_room * 2;
			struct pending *const p = realloc(r->pending, room * sizeof *p);
			if (p == NULL)
				return false;
			r->pending = p;
			r->pending_room = room;
		}
		i = ++r->pending_used;
	}
	uint32_t *const bucket = &r->buckets[message & (PENDING_BUCKETS - 1)];
	r->pending[i - 1] = (struct pending){message, recipient, leaf, *bucket};
	*bucket = i;
	r->pending_count++;
	return true;
}

/* ---- counting ---- */

static void
note_time(struct log_report *r, const struct nixie_log_event *event)
{
	if (event->time_s < 0 || event->time.len >= sizeof r->first)
		return;
	if (r->first_s < 0 || event->time_s < r->first_s) {
		r->first_s = event->time_s;
		memcpy(r->first, event->time.ptr, event->time.len);
		r->first[event->time.len] = '\0';
	}
	if (event->time_s >= r->last_s) {
		r->last_s = event->time_s;
		memcpy(r->last, event->time.ptr, event->time.len);
		r->last[event->time.len] = '\0';
	}
}

static bool
note_dead(struct log_report *r, const struct nixie_outcome *o, uint64_t recipient)
{
	bool ok = true;
	if (o->verdict != NIXIE_VERDICT_HARD || o->recipient.len == 0 ||
		!set_add(&r->distinct, recipient ^ ((uint64_t)DEAD_KEY << 17)))
		return true;
	if (r->dead_count < DEAD_SHOWN_MAX)
		r->dead[r->dead_count] = copy(o->recipient, 320, &ok);
	r->dead_count++;
	return ok;
}

/* The whole message was given up: all who waited for it are lost, for the reason they were last
 * given. */
static void
give_up_all(struct log_report *r, uint64_t message)
{
	uint32_t *at;
	while ((at = pending_find(r, message, 0, true)) != NULL) {
		struct leaf *const l = &r->leaves[pending_take(r, at)];
		l->deferred--;
		l->failed++;
		r->failed++;
	}
}

bool
log_report_add(struct log_report *r, struct nixie_log *log, const struct nixie_log_event *event,
	const char *path, uint64_t line)
{
	const struct nixie_outcome *const o = &event->outcome;
	const uint64_t message = hash_more(hash(event->host), event->queue_id);
	const uint64_t recipient = hash(o->recipient);
	const bool is_outgoing = event->direction == NIXIE_DIRECTION_OUTGOING;
	r->events++;
	note_time(r, event);
	if (is_outgoing && o->recipient.len == 0) {
		give_up_all(r, message);
		return true;
	}
	uint32_t *const waiting = is_outgoing ? pending_find(r, message, recipient, false) : NULL;
	if (waiting != NULL)
		r->leaves[pending_take(r, waiting)].deferred--;
	if (o->action == NIXIE_ACTION_DELIVERED) {
		r->delivered++;
		r->late += waiting != NULL;
		return true;
	}
	struct leaf *const l = leaf_of(r, log, event, path, line);
	if (l == NULL)
		return false;
	const uint32_t number = (uint32_t)(l - r->leaves);
	if (set_add(&r->distinct, recipient ^ ((uint64_t)number + 1) * 0x9E3779B97F4A7C15u))
		l->distinct++;
	if (!is_outgoing) {
		r->refused++;
		*(o->action == NIXIE_ACTION_DELAYED ? &l->deferred : &l->failed) += 1;
		return true;
	}
	if (o->action == NIXIE_ACTION_DELAYED) {
		l->deferred++;
		return pending_put(r, message, recipient, number);
	}
	l->failed++;
	r->failed++;
	return note_dead(r, o, recipient);
}

/* ---- writing ---- */

struct writer {
	const struct log_report *r;
	nixie_sink *sink;
	void *to;
	bool ok;
};

/* A sentence of the catalogue with {reason}, {n}, {total}, {from}, {until} filled in. */
struct filling {
	struct nixie_str reason;
	uint64_t n, total;
	const char *from, *until;
};

static void
paragraph(struct writer *w, enum nixie_paint paint, unsigned indent, const char *lead,
	struct nixie_str text)
{
	if (w->ok)
		w->ok = nixie_paragraph(&w->r->style, paint, indent, str(lead), text, w->sink,
				w->to) == NIXIE_OK;
}

static void
blank(struct writer *w)
{
	if (w->ok)
		w->ok = w->sink(w->to, "\n", 1);
}

static struct nixie_str
word(const struct writer *w, const char *key)
{
	return nixie_sentence(&w->r->style, str(key));
}

static struct nixie_str
fact(struct nixie_str name, const struct filling *f, char *digits, size_t room)
{
	const struct {
		const char *name;
		uint64_t value;
	} numbers[] = {
		{"n",     f->n    },
                {"total", f->total}
        };
	for (size_t i = 0; i < 2; i++)
		if (same(numbers[i].name, name)) {
			snprintf(digits, room, "%llu", (unsigned long long)numbers[i].value);
			return str(digits);
		}
	if (same("reason", name))
		return f->reason;
	return str(same("from", name) ? f->from : same("until", name) ? f->until : "");
}

static void
sentence(struct writer *w, enum nixie_paint paint, unsigned indent, const char *key,
	const struct filling *f)
{
	char text[1024], digits[24];
	size_t n = 0;
	const struct nixie_str s = word(w, key);
	for (size_t i = 0; i < s.len && n < sizeof text;) {
		const char *const close =
			s.ptr[i] == '{' ? memchr(s.ptr + i, '}', s.len - i) : NULL;
		if (close == NULL) {
			text[n++] = s.ptr[i++];
			continue;
		}
		const struct nixie_str name = {s.ptr + i + 1, (size_t)(close - s.ptr) - i - 1};
		const struct nixie_str value = fact(name, f, digits, sizeof digits);
		const size_t take = value.len < sizeof text - n ? value.len : sizeof text - n;
		if (take > 0)
			memcpy(text + n, value.ptr, take);
		n += take;
		i = (size_t)(close - s.ptr) + 1;
	}
	paragraph(w, paint, indent, "", (struct nixie_str){text, n});
}

static void
heading(struct writer *w, const char *key)
{
	blank(w);
	paragraph(w, NIXIE_PAINT_HEADING, 0, "", word(w, key));
}

/* ---- groups: the leaves of one reason ---- */

struct group {
	const char *reason;
	enum nixie_direction direction;
	bool is_own;
	uint64_t count, distinct;
	const struct leaf *main; /* its leaf with the most */
	unsigned priority;       /* 1 = first; 0 = nothing to do here */
	bool is_told;            /* its advice was given already */
};

/* What can be repaired on this side, the most urgent first: what stops all mail before what
 * stops some, causes before their effects. */
static unsigned
priority_of(const struct leaf *l)
{
	static const struct {
		const char *reason;
		unsigned priority;
		bool only_own;
	} table[] = {
		{"system_full",          1, true },
		{"login_failed",         1, false},
		{"sender_suspended",     1, false},
		{"sender_not_permitted", 1, false},
		{"sending_limit",        1, false},
		{"ip_blocklisted",       2, false},
		{"domain_blocklisted",   2, false},
		{"dynamic_ip",           2, false},
		{"reverse_dns",          3, false},
		{"helo_invalid",         3, false},
		{"spf_failure",          4, false},
		{"dkim_failure",         4, false},
		{"dmarc_failure",        4, false},
		{"auth_failure",         4, false},
		{"tls_required",         5, false},
		{"system_error",         5, true },
		{"routing_loop",         5, true },
		{"malformed_message",    6, false},
		{"protocol_error",       6, false},
		{"ip_reputation",        7, false},
		{"rate_limited",         7, false},
		{"spam_content",         7, false},
	};
	for (size_t i = 0; i < sizeof table / sizeof *table; i++)
		if (strcmp(table[i].reason, l->reason) == 0) {
			/* Of what this server refuses others, only its own troubles are its own. */
			const bool is_ours = l->direction == NIXIE_DIRECTION_OUTGOING
						     ? !table[i].only_own || l->is_own
						     : table[i].only_own;
			return is_ours ? table[i].priority : 0;
		}
	return 0;
}

static size_t
make_groups(const struct log_report *r, struct group *groups)
{
	size_t count = 0;
	for (size_t i = 0; i < r->leaf_count; i++) {
		const struct leaf *const l = &r->leaves[i];
		const uint64_t n = l->failed + l->deferred;
		size_t g = 0;
		if (n == 0)
			continue;
		while (g < count &&
			(groups[g].direction != l->direction || groups[g].is_own != l->is_own ||
				strcmp(groups[g].reason, l->reason) != 0))
			g++;
		if (g == count)
			groups[count++] = (struct group){.reason = l->reason,
				.direction = l->direction,
				.is_own = l->is_own,
				.main = l,
				.priority = priority_of(l)};
		groups[g].count += n;
		groups[g].distinct += l->distinct;
		if (n > groups[g].main->failed + groups[g].main->deferred)
			groups[g].main = l;
	}
	return count;
}

static int
by_count(const void *a, const void *b)
{
	const struct group *const x = a, *const y = b;
	if (x->count != y->count)
		return x->count > y->count ? -1 : 1;
	return strcmp(x->reason, y->reason);
}

/* The names and counts of its leaves: "Gmail 12, Microsoft 365 3". */
static void
names(struct writer *w, const struct group *g, const char *key, size_t offset)
{
	struct {
		const char *name;
		uint64_t count;
	} found[64];
	size_t count = 0;
	for (size_t i = 0; i < w->r->leaf_count; i++) {
		const struct leaf *const l = &w->r->leaves[i];
		char *name;
		memcpy(&name, (const char *)l + offset, sizeof name);
		if (name == NULL || l->failed + l->deferred == 0 || l->direction != g->direction ||
			l->is_own != g->is_own || strcmp(l->reason, g->reason) != 0)
			continue;
		size_t k = 0;
		while (k < count && strcmp(found[k].name, name) != 0)
			k++;
		if (k == sizeof found / sizeof *found)
			continue;
		if (k == count) {
			found[count].name = name;
			found[count++].count = 0;
		}
		found[k].count += l->failed + l->deferred;
	}
	char text[1024];
	size_t n = 0;
	for (size_t shown = 0; shown < count && shown < NAMES_SHOWN_MAX; shown++) {
		size_t best = shown;
		for (size_t k = shown + 1; k < count; k++)
			if (found[k].count > found[best].count)
				best = k;
		const char *const name = found[best].name;
		const uint64_t times = found[best].count;
		found[best] = found[shown];
		const int wrote = snprintf(text + n, sizeof text - n, "%s%s (%llu)",
			shown > 0 ? ", " : "", name, (unsigned long long)times);
		if (wrote < 0 || (size_t)wrote >= sizeof text - n)
			break;
		n += (size_t)wrote;
	}
	if (n == 0)
		return;
	const struct filling f = {
		.reason = {text, n}
        };
	sentence(w, NIXIE_PAINT_PLAIN, 4, key, &f);
}

static struct nixie_str
reason_words(const struct writer *w, const char *reason)
{
	char key[96];
	snprintf(key, sizeof key, "reason.%s", reason);
	const struct nixie_str s = word(w, key);
	return s.len > 0 ? s : str(reason);
}

static void
tell(struct writer *w, struct group *g)
{
	const struct filling f = {
		.reason = reason_words(w, g->reason), .n = g->count, .total = g->distinct};
	blank(w);
	sentence(w, NIXIE_PAINT_BAD, 2, g->distinct > 1 ? "log.group" : "log.group_one", &f);
	names(w, g, "log.by_provider", offsetof(struct leaf, provider));
	names(w, g, "log.by_list", offsetof(struct leaf, blocklist));
	if (g->is_told) {
		sentence(w, NIXIE_PAINT_FAINT, 4, "log.see_above", &f);
		return;
	}
	if (g->main->blocked_ip != NULL && g->direction == NIXIE_DIRECTION_OUTGOING) {
		const struct filling ip = {.reason = str(g->main->blocked_ip)};
		sentence(w, NIXIE_PAINT_PLAIN, 4, "log.blocked_ip", &ip);
	}
	if (g->main->example != NULL) {
		paragraph(w, NIXIE_PAINT_QUOTE, 4, "> ", str(g->main->example));
		paragraph(w, NIXIE_PAINT_FAINT, 4, "", str(g->main->example_place));
	}
	for (size_t i = 0; i < g->main->step_count; i++)
		if (g->main->steps[i] != NULL)
			paragraph(w, NIXIE_PAINT_PLAIN, 4, "- ", str(g->main->steps[i]));
	g->is_told = true;
}

static void
totals(struct writer *w, uint64_t lines)
{
	const struct log_report *const r = w->r;
	uint64_t deferred = 0;
	for (size_t i = 0; i < r->leaf_count; i++)
		if (r->leaves[i].direction == NIXIE_DIRECTION_OUTGOING)
			deferred += r->leaves[i].deferred;
	struct filling f = {.n = lines, .total = r->events, .from = r->first, .until = r->last};
	sentence(w, NIXIE_PAINT_HEADLINE, 0, "log.lines", &f);
	if (r->first_s >= 0)
		sentence(w, NIXIE_PAINT_FAINT, 0, "log.span", &f);
	if (r->events == 0)
		return;
	blank(w);
	const struct {
		const char *key;
		uint64_t n;
		enum nixie_paint paint;
		bool always;
	} rows[] = {
		{"log.delivered", r->delivered, NIXIE_PAINT_GOOD,  true },
		{"log.late",      r->late,      NIXIE_PAINT_FAINT, false},
		{"log.deferred",  deferred,     NIXIE_PAINT_WAIT,  true },
		{"log.failed",    r->failed,    NIXIE_PAINT_BAD,   true },
		{"log.refused",   r->refused,   NIXIE_PAINT_PLAIN, false},
	};
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		f.n = rows[i].n;
		if (rows[i].n > 0 || rows[i].always)
			sentence(w, rows[i].paint, 2, rows[i].key, &f);
	}
}

static void
dead_addresses(struct writer *w)
{
	const struct log_report *const r = w->r;
	if (r->dead_count == 0)
		return;
	struct filling f = {.n = r->dead_count};
	blank(w);
	sentence(w, NIXIE_PAINT_BAD, 2, "log.dead", &f);
	for (size_t i = 0; i < DEAD_SHOWN_MAX && i < r->dead_count; i++)
		if (r->dead[i] != NULL)
			paragraph(w, NIXIE_PAINT_PLAIN, 4, "", str(r->dead[i]));
	f.n = r->dead_count - DEAD_SHOWN_MAX;
	if (r->dead_count > DEAD_SHOWN_MAX)
		sentence(w, NIXIE_PAINT_FAINT, 4, "log.dead_more", &f);
}

static void
fix_first(struct writer *w, struct group *groups, size_t count)
{
	bool is_begun = false;
	for (unsigned p = 1; p <= 7; p++)
		for (size_t i = 0; i < count; i++) {
			if (groups[i].priority != p)
				continue;
			if (!is_begun)
				heading(w, "log.fix_first");
			is_begun = true;
			tell(w, &groups[i]);
		}
	if (w->r->dead_count > 0 && !is_begun)
		heading(w, "log.fix_first");
	dead_addresses(w);
}

static void
by_direction(struct writer *w, struct group *groups, size_t count, enum nixie_direction direction,
	const char *title)
{
	size_t shown = 0, left = 0;
	for (size_t i = 0; i < count; i++) {
		if (groups[i].direction != direction)
			continue;
		if (shown == GROUPS_SHOWN_MAX) {
			left++;
			continue;
		}
		if (shown++ == 0)
			heading(w, title);
		tell(w, &groups[i]);
	}
	const struct filling f = {.n = left};
	if (left > 0)
		sentence(w, NIXIE_PAINT_FAINT, 2, "log.more", &f);
}

bool
log_report_text(const struct log_report *r, uint64_t lines, nixie_sink *sink, void *to)
{
	struct writer w = {.r = r, .sink = sink, .to = to, .ok = true};
	struct group *const groups = calloc(r->leaf_count + 1, sizeof *groups);
	if (groups == NULL)
		return false;
	const size_t count = make_groups(r, groups);
	qsort(groups, count, sizeof *groups, by_count);
	totals(&w, lines);
	if (count == 0) {
		blank(&w);
		const struct filling f = {.n = 0};
		sentence(&w, NIXIE_PAINT_GOOD, 0, r->events == 0 ? "log.no_event" : "log.all_well",
			&f);
	}
	fix_first(&w, groups, count);
	by_direction(&w, groups, count, NIXIE_DIRECTION_OUTGOING, "log.fails_most");
	by_direction(&w, groups, count, NIXIE_DIRECTION_INCOMING, "log.refused_here");
	free(groups);
	return w.ok;
}
