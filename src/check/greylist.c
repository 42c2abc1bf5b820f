/* greylist - whoever is new must come again */
#include "check/greylist.h"

#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>

#define NETWORK_BITS_4 (96 + 24)
#define NETWORK_BITS_6 64
#define EXPIRED_AT_ONCE 100 /* rows that one question removes: the work stays small */
#define TOUCH_S 3600        /* a known one is written again when its last mail was longer ago */
#define BUSY_MS 50          /* an operator's program may hold the file */

enum statement { FIND, PUT, PASS, TOUCH, EXPIRE, CROWDED, STATEMENT_COUNT };

static const char *const statements[STATEMENT_COUNT] = {
	[FIND] = "SELECT first_s, is_known, ends_s FROM greylist WHERE key = ?1",
	[PUT] = "INSERT INTO greylist (key, first_s, last_s, is_known, ends_s) VALUES (?1, ?2, ?2, "
		"0, "
		"?3) ON CONFLICT (key) DO UPDATE SET first_s = ?2, last_s = ?2, is_known = 0, "
		"ends_s "
		"= ?3",
	[PASS] = "UPDATE greylist SET is_known = 1, last_s = ?2, ends_s = ?3 WHERE key = ?1",
	[TOUCH] =
		"UPDATE greylist SET last_s = ?2, ends_s = ?3 WHERE key = ?1 AND last_s < ?2 - ?4",
	[EXPIRE] = "DELETE FROM greylist WHERE key IN "
		   "(SELECT key FROM greylist WHERE ends_s < ?1 ORDER BY ends_s LIMIT ?2)",
	[CROWDED] = "DELETE FROM greylist WHERE key IN "
		    "(SELECT key FROM greylist ORDER BY ends_s LIMIT ?1)",
};

static const char schema[] = "PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL;"
			     "CREATE TABLE IF NOT EXISTS greylist (key TEXT PRIMARY KEY, "
			     "first_s INTEGER NOT NULL, last_s INTEGER NOT NULL, "
			     "is_known INTEGER NOT NULL, ends_s INTEGER NOT NULL) "
			     "STRICT, WITHOUT ROWID;"
			     "CREATE INDEX IF NOT EXISTS greylist_ends ON greylist (ends_s);";

struct greylist {
	sqlite3 *database;
	sqlite3_stmt *statements[STATEMENT_COUNT];
	int64_t count;
};

static int64_t
count_rows(sqlite3 *database)
{
	sqlite3_stmt *s = NULL;
	int64_t n = -1;
	if (sqlite3_prepare_v2(database, "SELECT count(*) FROM greylist", -1, &s, NULL) ==
			SQLITE_OK &&
		sqlite3_step(s) == SQLITE_ROW)
		n = sqlite3_column_int64(s, 0);
	sqlite3_finalize(s);
	return n;
}

static struct greylist *
try_open(const char *path, char words[static GREYLIST_WORDS_MAX])
{
	struct greylist *const g = calloc(1, sizeof *g);
	bool ok = g != NULL;
	if (ok)
		ok = sqlite3_open_v2(path, &g->database,
			     SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOMUTEX,
			     NULL) == SQLITE_OK &&
		     sqlite3_busy_timeout(g->database, BUSY_MS) == SQLITE_OK &&
		     sqlite3_exec(g->database, schema, NULL, NULL, NULL) == SQLITE_OK &&
		     (g->count = count_rows(g->database)) >= 0;
	for (int i = 0; ok && i < STATEMENT_COUNT; i++)
		ok = sqlite3_prepare_v3(g->database, statements[i], -1, SQLITE_PREPARE_PERSISTENT,
			     &g->statements[i], NULL) == SQLITE_OK;
	if (ok)
		return g;
	snprintf(words, GREYLIST_WORDS_MAX, "%s: %s", path,
		g == NULL || g->database == NULL ? "out of memory" : sqlite3_errmsg(g->database));
	greylist_close(g);
	return NULL;
}

struct greylist *
greylist_open(const char *path, char words[static GREYLIST_WORDS_MAX])
{
	char aside[1024];
	struct greylist *const g = try_open(path, words);
	if (g != NULL)
		return g;
	/* It is a memory of a few days, no loss that mail should wait for. */
	const int n = snprintf(aside, sizeof aside, "%s.damaged", path);
	if (n < 0 || (size_t)n >= sizeof aside || rename(path, aside) != 0)
		return NULL;
	return try_open(path, words);
}

void
greylist_close(struct greylist *g)
{
	if (g == NULL)
		return;
	for (int i = 0; i < STATEMENT_COUNT; i++)
		sqlite3_finalize(g->statements[i]);
	sqlite3_close(g->database);
	free(g);
}

struct str
greylist_key(const struct ip *ip, struct str domain, char room[static GREYLIST_KEY_BYTES_MAX])
{
	struct net net = {*ip, ip_is_v4(ip) ? NETWORK_BITS_4 : NETWORK_BITS_6};
	char text[NET_TEXT_BYTES];
	for (unsigned i = net.bits / 8; i < sizeof net.first.bytes; i++)
		net.first.bytes[i] = 0;
	net_text(&net, text);
	if (domain.len == 0)
		domain = STR("<>");
	int n = snprintf(room, GREYLIST_KEY_BYTES_MAX, "%s %.*s", text,
		(int)(domain.len < 255 ? domain.len : 255), domain.ptr);
	for (int i = 0; i < n; i++)
		room[i] = (char)ascii_lower((unsigned char)room[i]);
	return (struct str){room, (size_t)n};
}

/* Runs a statement that gives no rows; false when it fails. */
static bool
run(struct greylist *g, enum statement which, struct str key, const int64_t *numbers, int count)
{
	sqlite3_stmt *const s = g->statements[which];
	int at = 1;
	if (str_is_set(key))
		sqlite3_bind_text(s, at++, key.ptr, (int)key.len, SQLITE_STATIC);
	for (int i = 0; i < count; i++)
		sqlite3_bind_int64(s, at++, numbers[i]);
	const bool ok = sqlite3_step(s) == SQLITE_DONE;
	sqlite3_reset(s);
	return ok;
}

static void
make_room(struct greylist *g, int64_t now_s)
{
	if (run(g, EXPIRE, STR_NONE, (const int64_t[]){now_s, EXPIRED_AT_ONCE}, 2))
		g->count -= sqlite3_changes(g->database);
	if (g->count >= GREYLIST_ENTRIES_MAX &&
		run(g, CROWDED, STR_NONE, (const int64_t[]){EXPIRED_AT_ONCE}, 1))
		g->count -= sqlite3_changes(g->database);
}

static enum greylist_answer
begin(struct greylist *g, struct str key, bool is_there, const struct greylist_times *times,
	int64_t now_s, int64_t *left_s)
{
	make_room(g, now_s);
	if (!run(g, PUT, key, (const int64_t[]){now_s, now_s + times->window_s}, 2))
		return GREYLIST_BROKEN;
	g->count += !is_there;
	*left_s = times->delay_s;
	return GREYLIST_NEW;
}

enum greylist_answer
greylist_ask(struct greylist *g, const struct ip *ip, struct str domain,
	const struct greylist_times *times, int64_t now_s, int64_t *left_s)
{
	char room[GREYLIST_KEY_BYTES_MAX];
	const struct str key = greylist_key(ip, domain, room);
	sqlite3_stmt *const find = g->statements[FIND];
	sqlite3_bind_text(find, 1, key.ptr, (int)key.len, SQLITE_STATIC);
	const int found = sqlite3_step(find);
	const int64_t first_s = sqlite3_column_int64(find, 0),
		      ends_s = sqlite3_column_int64(find, 2);
	const bool is_known = sqlite3_column_int(find, 1) != 0;
	sqlite3_reset(find);
	if (found != SQLITE_ROW && found != SQLITE_DONE)
		return GREYLIST_BROKEN;
	const int64_t keep_until_s = now_s + times->keep_s;
	/* A clock that went back makes nobody wait longer than the delay. */
	if (found == SQLITE_DONE || ends_s < now_s || (!is_known && first_s > now_s))
		return begin(g, key, found == SQLITE_ROW, times, now_s, left_s);
	if (is_known) {
		const bool ok =
			run(g, TOUCH, key, (const int64_t[]){now_s, keep_until_s, TOUCH_S}, 3);
		return ok ? GREYLIST_KNOWN : GREYLIST_BROKEN;
	}
	if (now_s - first_s < times->delay_s) {
		*left_s = times->delay_s - (now_s - first_s);
		return GREYLIST_EARLY;
	}
	return run(g, PASS, key, (const int64_t[]){now_s, keep_until_s}, 2) ? GREYLIST_AGAIN
									    : GREYLIST_BROKEN;
}
