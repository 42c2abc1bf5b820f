/*
 * log_report_text - the page of a log: totals, what to repair here first, what fails most, what was
 * refused here
 */
#include "cli/log_tally.h"

#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>

#define NAMES_SHOWN_MAX 6
#define GROUPS_SHOWN_MAX 20

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
	} numbers[] = {{"n", f->n}, {"total", f->total}};
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
		{"system_full", 1, true},
		{"login_failed", 1, false},
		{"sender_suspended", 1, false},
		{"sender_not_permitted", 1, false},
		{"sending_limit", 1, false},
		{"ip_blocklisted", 2, false},
		{"domain_blocklisted", 2, false},
		{"dynamic_ip", 2, false},
		{"reverse_dns", 3, false},
		{"helo_invalid", 3, false},
		{"spf_failure", 4, false},
		{"dkim_failure", 4, false},
		{"dmarc_failure", 4, false},
		{"auth_failure", 4, false},
		{"tls_required", 5, false},
		{"system_error", 5, true},
		{"routing_loop", 5, true},
		{"malformed_message", 6, false},
		{"protocol_error", 6, false},
		{"ip_reputation", 7, false},
		{"rate_limited", 7, false},
		{"spam_content", 7, false},
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
	const struct filling f = {.reason = {text, n}};
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

/* A stamp without the "-00:00" that says to programs (RFC 3339) that its zone is unknown. */
static const char *
for_people(const char *stamp, char room[static sizeof(((struct span *)0)->first)])
{
	static const char unknown[] = "-00:00";
	size_t n = strlen(stamp);
	if (n > sizeof unknown && strcmp(stamp + n - (sizeof unknown - 1), unknown) == 0)
		n -= sizeof unknown - 1;
	memcpy(room, stamp, n);
	room[n] = '\0';
	return room;
}

static void
totals(struct writer *w, uint64_t lines)
{
	const struct log_report *const r = w->r;
	uint64_t deferred = 0;
	for (size_t i = 0; i < r->leaf_count; i++)
		if (r->leaves[i].direction == NIXIE_DIRECTION_OUTGOING)
			deferred += r->leaves[i].deferred;
	const struct span *const span = r->events > 0 ? &r->span : &r->unasked_span;
	char first[sizeof span->first], last[sizeof span->last];
	struct filling f = {.n = lines,
		.total = r->events + r->unasked,
		.from = for_people(span->first, first),
		.until = for_people(span->last, last)};
	sentence(w, NIXIE_PAINT_HEADLINE, 0, "log.lines", &f);
	if (span->first_s >= 0)
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
		{"log.delivered", r->delivered, NIXIE_PAINT_GOOD, true},
		{"log.late", r->late, NIXIE_PAINT_FAINT, false},
		{"log.deferred", deferred, NIXIE_PAINT_WAIT, true},
		{"log.failed", r->failed, NIXIE_PAINT_BAD, true},
		{"log.refused", r->refused, NIXIE_PAINT_PLAIN, false},
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
		sentence(&w, NIXIE_PAINT_GOOD, 0,
			r->events > 0    ? "log.all_well"
			: r->unasked > 0 ? "log.none_fits"
					 : "log.no_event",
			&f);
	}
	fix_first(&w, groups, count);
	by_direction(&w, groups, count, NIXIE_DIRECTION_OUTGOING, "log.fails_most");
	by_direction(&w, groups, count, NIXIE_DIRECTION_INCOMING, "log.refused_here");
	free(groups);
	return w.ok;
}
