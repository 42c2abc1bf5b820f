/* tally - what DMARC found, counted until it is reported */
#include "check/tally.h"

#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>

#define BUSY_MS 50 /* the thread that reads, or an operator's program, may hold the file */

enum statement {
	POLICY_PUT,
	ROW_ADD,
	ROW_PUT,
	ROWS_OF,
	ROWS_ALL,
	DUE,
	FIND,
	EACH,
	ROWS,
	SETTLE,
	LATER,
	FORGET_ROWS,
	FORGET,
	STATEMENT_COUNT
};

#define POLICY_COLUMNS                                                                             \
	"id, day, domain, rua, policy, subdomain_policy, is_spf_strict, is_dkim_strict, percent, " \
	"messages, failed, settled_s, outcome"
#define ROW_KEYS                                                                                   \
	"ip, disposition, reason, is_spf_aligned, is_dkim_aligned, header_from, envelope_from, "   \
	"spf_domain, spf_scope, spf_result, dkim"

#define OLDEST "SELECT id FROM policies WHERE day < ?1 ORDER BY day, domain LIMIT ?2"

static const char *const statements[STATEMENT_COUNT] = {
	[POLICY_PUT] =
		"INSERT INTO policies (day, domain, rua, policy, subdomain_policy, is_spf_strict, "
		"is_dkim_strict, percent, messages, failed) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, "
		"?8, 1, ?9) ON CONFLICT (day, domain) DO UPDATE SET rua = ?3, policy = ?4, "
		"subdomain_policy = ?5, is_spf_strict = ?6, is_dkim_strict = ?7, percent = ?8, "
		"messages = messages + 1, failed = failed + ?9 RETURNING id",
	[ROW_ADD] =
		"UPDATE results SET count = count + 1 WHERE policy = ?1 AND ip = ?2 AND "
		"disposition = ?3 AND reason = ?4 AND is_spf_aligned = ?5 AND is_dkim_aligned = "
		"?6 AND header_from = ?7 AND envelope_from = ?8 AND spf_domain = ?9 AND "
		"spf_scope = ?10 AND spf_result = ?11 AND dkim = ?12",
	[ROW_PUT] = "INSERT INTO results (policy, " ROW_KEYS ", count) VALUES (?1, ?2, ?3, ?4, ?5, "
		    "?6, ?7, ?8, ?9, ?10, ?11, ?12, 1)",
	[ROWS_OF] =
		"UPDATE policies SET rows = rows + 1 WHERE id = ?1 AND rows < ?2 RETURNING rows",
	[ROWS_ALL] = "SELECT total(rows) FROM policies",
	[DUE] = "SELECT " POLICY_COLUMNS " FROM policies WHERE settled_s = 0 AND day < ?1 AND "
		"next_s <= ?2 ORDER BY day, id LIMIT 1",
	[FIND] = "SELECT " POLICY_COLUMNS " FROM policies WHERE domain = ?1 AND day = ?2",
	[EACH] = "SELECT " POLICY_COLUMNS " FROM policies ORDER BY day DESC, domain",
	[ROWS] =
		"SELECT " ROW_KEYS ", count FROM results WHERE policy = ?1 ORDER BY count DESC, ip",
	[SETTLE] = "UPDATE policies SET settled_s = ?2, outcome = ?3 WHERE id = ?1",
	[LATER] = "UPDATE policies SET next_s = ?2 WHERE id = ?1",
	[FORGET_ROWS] = "DELETE FROM results WHERE policy IN (" OLDEST ")",
	[FORGET] = "DELETE FROM policies WHERE id IN (" OLDEST ")",
};

static const char schema[] =
	"PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL;"
	"CREATE TABLE IF NOT EXISTS policies (id INTEGER PRIMARY KEY, day INTEGER NOT NULL, "
	"domain TEXT NOT NULL, rua TEXT NOT NULL, policy TEXT NOT NULL, subdomain_policy TEXT NOT "
	"NULL, is_spf_strict INTEGER NOT NULL, is_dkim_strict INTEGER NOT NULL, percent INTEGER "
	"NOT "
	"NULL, messages INTEGER NOT NULL, failed INTEGER NOT NULL, rows INTEGER NOT NULL DEFAULT "
	"0, "
	"next_s INTEGER NOT NULL DEFAULT 0, settled_s INTEGER NOT NULL DEFAULT 0, outcome TEXT NOT "
	"NULL DEFAULT '', UNIQUE (day, domain)) STRICT;"
	"CREATE TABLE IF NOT EXISTS results (policy INTEGER NOT NULL, ip TEXT NOT NULL, "
	"disposition "
	"TEXT NOT NULL, reason TEXT NOT NULL, is_spf_aligned INTEGER NOT NULL, is_dkim_aligned "
	"INTEGER NOT NULL, header_from TEXT NOT NULL, envelope_from TEXT NOT NULL, spf_domain TEXT "
	"NOT NULL, spf_scope TEXT NOT NULL, spf_result TEXT NOT NULL, dkim TEXT NOT NULL, count "
	"INTEGER NOT NULL, PRIMARY KEY (policy, ip, disposition, reason, is_spf_aligned, "
	"is_dkim_aligned, header_from, envelope_from, spf_domain, spf_scope, spf_result, dkim)) "
	"STRICT, WITHOUT ROWID;";

struct tally {
	sqlite3 *database;
	sqlite3_stmt *statements[STATEMENT_COUNT];
};

struct tally *
tally_open(const char *path, char words[static TALLY_WORDS_MAX])
{
	struct tally *const t = calloc(1, sizeof *t);
	bool ok = t != NULL;
	if (ok)
		ok = sqlite3_open_v2(path, &t->database,
			     SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOMUTEX,
			     NULL) == SQLITE_OK &&
		     sqlite3_busy_timeout(t->database, BUSY_MS) == SQLITE_OK &&
		     sqlite3_exec(t->database, schema, NULL, NULL, NULL) == SQLITE_OK;
	for (int i = 0; ok && i < STATEMENT_COUNT; i++)
		ok = sqlite3_prepare_v3(t->database, statements[i], -1, SQLITE_PREPARE_PERSISTENT,
			     &t->statements[i], NULL) == SQLITE_OK;
	if (ok)
		return t;
	snprintf(words, TALLY_WORDS_MAX, "%s: %s", path,
		t == NULL || t->database == NULL ? "out of memory" : sqlite3_errmsg(t->database));
	tally_close(t);
	return NULL;
}

void
tally_close(struct tally *t)
{
	if (t == NULL)
		return;
	for (int i = 0; i < STATEMENT_COUNT; i++)
		sqlite3_finalize(t->statements[i]);
	sqlite3_close(t->database);
	free(t);
}

/* ---- binding and running */

static void
bind_text(sqlite3_stmt *s, int at, struct str text)
{
	text = str_head_text(text, TALLY_TEXT_BYTES_MAX);
	sqlite3_bind_text(s, at, text.len > 0 ? text.ptr : "", (int)text.len, SQLITE_STATIC);
}

/* Of a statement that gives one number, or none: -1. */
static int64_t
run_number(sqlite3_stmt *s)
{
	const int64_t n = sqlite3_step(s) == SQLITE_ROW ? sqlite3_column_int64(s, 0) : -1;
	sqlite3_reset(s);
	return n;
}

static bool
run(sqlite3_stmt *s)
{
	const bool ok = sqlite3_step(s) == SQLITE_DONE;
	sqlite3_reset(s);
	return ok;
}

static struct str
column(sqlite3_stmt *s, int at)
{
	const char *const text = (const char *)sqlite3_column_text(s, at);
	return text == NULL ? STR("") : (struct str){text, (size_t)sqlite3_column_bytes(s, at)};
}

static struct tally_policy
policy_of(sqlite3_stmt *s)
{
	return (struct tally_policy){.id = sqlite3_column_int64(s, 0),
		.day = sqlite3_column_int64(s, 1),
		.domain = column(s, 2),
		.rua = column(s, 3),
		.policy = column(s, 4),
		.subdomain_policy = column(s, 5),
		.is_spf_strict = sqlite3_column_int(s, 6) != 0,
		.is_dkim_strict = sqlite3_column_int(s, 7) != 0,
		.percent = sqlite3_column_int64(s, 8),
		.messages = sqlite3_column_int64(s, 9),
		.failed = sqlite3_column_int64(s, 10),
		.settled_s = sqlite3_column_int64(s, 11),
		.outcome = column(s, 12)};
}

/* ---- counting */

static void
bind_row(sqlite3_stmt *s, int64_t policy, const struct tally_row *r)
{
	sqlite3_bind_int64(s, 1, policy);
	bind_text(s, 2, r->ip);
	bind_text(s, 3, r->disposition);
	bind_text(s, 4, r->reason);
	sqlite3_bind_int(s, 5, r->is_spf_aligned);
	sqlite3_bind_int(s, 6, r->is_dkim_aligned);
	bind_text(s, 7, r->header_from);
	bind_text(s, 8, r->envelope_from);
	bind_text(s, 9, r->spf_domain);
	bind_text(s, 10, r->spf_scope);
	bind_text(s, 11, r->spf_result);
	bind_text(s, 12, r->dkim);
}

static bool
add(struct tally *t, const struct tally_policy *p, const struct tally_row *r)
{
	sqlite3_stmt *const *const s = t->statements;
	sqlite3_bind_int64(s[POLICY_PUT], 1, p->day);
	bind_text(s[POLICY_PUT], 2, p->domain);
	bind_text(s[POLICY_PUT], 3, p->rua);
	bind_text(s[POLICY_PUT], 4, p->policy);
	bind_text(s[POLICY_PUT], 5, p->subdomain_policy);
	sqlite3_bind_int(s[POLICY_PUT], 6, p->is_spf_strict);
	sqlite3_bind_int(s[POLICY_PUT], 7, p->is_dkim_strict);
	sqlite3_bind_int64(s[POLICY_PUT], 8, p->percent);
	sqlite3_bind_int(s[POLICY_PUT], 9, !r->is_spf_aligned && !r->is_dkim_aligned);
	const int64_t policy = run_number(s[POLICY_PUT]);
	if (policy < 0)
		return false;
	bind_row(s[ROW_ADD], policy, r);
	if (!run(s[ROW_ADD]))
		return false;
	if (sqlite3_changes(t->database) > 0)
		return true;
	sqlite3_bind_int64(s[ROWS_OF], 1, policy);
	sqlite3_bind_int64(s[ROWS_OF], 2, TALLY_ROWS_MAX);
	if (run_number(s[ROWS_OF]) < 0 || run_number(s[ROWS_ALL]) > TALLY_ROWS_ALL_MAX)
		return false;
	bind_row(s[ROW_PUT], policy, r);
	return run(s[ROW_PUT]);
}

bool
tally_add(struct tally *t, const struct tally_policy *policy, const struct tally_row *row)
{
	if (sqlite3_exec(t->database, "BEGIN IMMEDIATE", NULL, NULL, NULL) != SQLITE_OK)
		return false;
	const bool ok = add(t, policy, row);
	return sqlite3_exec(t->database, ok ? "COMMIT" : "ROLLBACK", NULL, NULL, NULL) ==
		       SQLITE_OK &&
	       ok;
}

/* ---- looking */

static bool
one_policy(sqlite3_stmt *s, struct arena *a, struct tally_policy *out)
{
	const bool found = sqlite3_step(s) == SQLITE_ROW;
	if (found) {
		*out = policy_of(s);
		out->domain = arena_str(a, out->domain);
		out->rua = arena_str(a, out->rua);
		out->policy = arena_str(a, out->policy);
		out->subdomain_policy = arena_str(a, out->subdomain_policy);
		out->outcome = arena_str(a, out->outcome);
	}
	sqlite3_reset(s);
	return found && !arena_failed(a);
}

bool
tally_due(struct tally *t, int64_t day, int64_t now_s, struct arena *a, struct tally_policy *out)
{
	sqlite3_stmt *const s = t->statements[DUE];
	sqlite3_bind_int64(s, 1, day);
	sqlite3_bind_int64(s, 2, now_s);
	return one_policy(s, a, out);
}

bool
tally_find(
	struct tally *t, struct str domain, int64_t day, struct arena *a, struct tally_policy *out)
{
	sqlite3_stmt *const s = t->statements[FIND];
	bind_text(s, 1, domain);
	sqlite3_bind_int64(s, 2, day);
	return one_policy(s, a, out);
}

bool
tally_each(struct tally *t, tally_visit *fn, void *to)
{
	sqlite3_stmt *const s = t->statements[EACH];
	int step;
	while ((step = sqlite3_step(s)) == SQLITE_ROW) {
		const struct tally_policy p = policy_of(s);
		if (!fn(to, &p))
			break;
	}
	sqlite3_reset(s);
	return step == SQLITE_ROW || step == SQLITE_DONE;
}

bool
tally_rows(struct tally *t, int64_t policy, tally_row_visit *fn, void *to)
{
	sqlite3_stmt *const s = t->statements[ROWS];
	int step;
	sqlite3_bind_int64(s, 1, policy);
	while ((step = sqlite3_step(s)) == SQLITE_ROW) {
		const struct tally_row r = {.ip = column(s, 0),
			.disposition = column(s, 1),
			.reason = column(s, 2),
			.is_spf_aligned = sqlite3_column_int(s, 3) != 0,
			.is_dkim_aligned = sqlite3_column_int(s, 4) != 0,
			.header_from = column(s, 5),
			.envelope_from = column(s, 6),
			.spf_domain = column(s, 7),
			.spf_scope = column(s, 8),
			.spf_result = column(s, 9),
			.dkim = column(s, 10),
			.count = sqlite3_column_int64(s, 11)};
		if (!fn(to, &r))
			break;
	}
	sqlite3_reset(s);
	return step == SQLITE_ROW || step == SQLITE_DONE;
}

/* ---- what became of it */

bool
tally_settle(struct tally *t, int64_t policy, int64_t now_s, struct str outcome)
{
	sqlite3_stmt *const s = t->statements[SETTLE];
	sqlite3_bind_int64(s, 1, policy);
	sqlite3_bind_int64(s, 2, now_s);
	bind_text(s, 3, outcome);
	return run(s);
}

bool
tally_later(struct tally *t, int64_t policy, int64_t next_s)
{
	sqlite3_stmt *const s = t->statements[LATER];
	sqlite3_bind_int64(s, 1, policy);
	sqlite3_bind_int64(s, 2, next_s);
	return run(s);
}

bool
tally_forget(struct tally *t, int64_t day, bool *has_more)
{
	sqlite3_stmt *const rows = t->statements[FORGET_ROWS], *const all = t->statements[FORGET];
	sqlite3_bind_int64(rows, 1, day);
	sqlite3_bind_int64(all, 1, day);
	sqlite3_bind_int(rows, 2, TALLY_FORGET_MOST);
	sqlite3_bind_int(all, 2, TALLY_FORGET_MOST);
	const bool ok = run(rows) && run(all);
	*has_more = ok && sqlite3_changes(t->database) == TALLY_FORGET_MOST;
	return ok;
}
