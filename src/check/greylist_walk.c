/* greylist_walk - the file of the greylist, row by row */
#include "check/greylist_walk.h"

#include <sqlite3.h>
#include <stdio.h>
#include <unistd.h>

#define ROWS_AT_ONCE 500
#define BUSY_MS 5000 /* an operator can wait */

struct walk {
	sqlite3 *database;
	sqlite3_stmt *next, *take;
	greylist_visit *fn;
	void *to;
	int64_t taken;
	char last[GREYLIST_KEY_BYTES_MAX]; /* of the rows that were seen */
	char keys[ROWS_AT_ONCE][GREYLIST_KEY_BYTES_MAX];
	size_t count; /* of those that are to go */
};

static bool
prepare(struct walk *w, const char *path)
{
	return sqlite3_open_v2(path, &w->database, SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX,
		       NULL) == SQLITE_OK &&
	       sqlite3_busy_timeout(w->database, BUSY_MS) == SQLITE_OK &&
	       sqlite3_prepare_v2(w->database,
		       "SELECT key, first_s, last_s, ends_s, is_known FROM greylist "
		       "WHERE key > ?1 ORDER BY key LIMIT ?2",
		       -1, &w->next, NULL) == SQLITE_OK &&
	       sqlite3_prepare_v2(w->database, "DELETE FROM greylist WHERE key = ?1", -1, &w->take,
		       NULL) == SQLITE_OK;
}

static void
visit(struct walk *w, struct str key)
{
	struct greylist_row row = {.first_s = sqlite3_column_int64(w->next, 1),
		.last_s = sqlite3_column_int64(w->next, 2),
		.ends_s = sqlite3_column_int64(w->next, 3),
		.is_known = sqlite3_column_int(w->next, 4) != 0};
	row.domain = key;
	row.network = str_cut(&row.domain, ' ');
	if (w->fn(w->to, &row))
		memcpy(w->keys[w->count++], w->last, sizeof w->last);
}

/* The next rows; how many there were, -1 on trouble. */
static int
read_some(struct walk *w)
{
	int rows = 0, step;
	w->count = 0;
	sqlite3_bind_text(w->next, 1, w->last, -1, SQLITE_TRANSIENT);
	sqlite3_bind_int(w->next, 2, ROWS_AT_ONCE);
	while ((step = sqlite3_step(w->next)) == SQLITE_ROW) {
		const char *const text = (const char *)sqlite3_column_text(w->next, 0);
		const int n = snprintf(w->last, sizeof w->last, "%s", text != NULL ? text : "");
		/* A longer one is none of ours. */
		if (n > 0 && (size_t)n < sizeof w->last)
			visit(w, str_of(w->last));
		rows++;
	}
	sqlite3_reset(w->next);
	return step == SQLITE_DONE ? rows : -1;
}

static bool
take_out(struct walk *w)
{
	bool ok = w->count == 0 ||
		  sqlite3_exec(w->database, "BEGIN IMMEDIATE", NULL, NULL, NULL) == SQLITE_OK;
	for (size_t i = 0; ok && i < w->count; i++) {
		sqlite3_bind_text(w->take, 1, w->keys[i], -1, SQLITE_STATIC);
		ok = sqlite3_step(w->take) == SQLITE_DONE;
		w->taken += ok ? sqlite3_changes(w->database) : 0;
		sqlite3_reset(w->take);
	}
	return w->count == 0 ||
	       (ok && sqlite3_exec(w->database, "COMMIT", NULL, NULL, NULL) == SQLITE_OK);
}

int64_t
greylist_walk(const char *path, greylist_visit *fn, void *to, char words[static GREYLIST_WORDS_MAX])
{
	static struct walk w; /* too large for a stack */
	w = (struct walk){.fn = fn, .to = to};
	if (access(path, F_OK) < 0)
		return -2;
	int rows = prepare(&w, path) ? 0 : -1;
	while (rows >= 0) {
		rows = read_some(&w);
		if (rows >= 0 && !take_out(&w))
			rows = -1;
		if (rows >= 0 && rows < ROWS_AT_ONCE)
			break;
	}
	if (rows < 0)
		snprintf(words, GREYLIST_WORDS_MAX, "%s", sqlite3_errmsg(w.database));
	sqlite3_finalize(w.next);
	sqlite3_finalize(w.take);
	sqlite3_close(w.database);
	return rows < 0 ? -1 : w.taken;
}
