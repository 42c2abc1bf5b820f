/* database - the file behind the directory */
#include "directory/directory_inside.h"
#include "directory/schema.h"

#include <fcntl.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define BUSY_MS 2000 /* how long another process may keep the file from us */

static const char *const query_sql[QUERY_COUNT] = {
#define X(id, sql) sql,
	/* NOLINTNEXTLINE(bugprone-suspicious-missing-comma): long ones are written in pieces */
	QUERIES(X)
#undef X
};

/* ---- waiting */

static _Thread_local bool never_waits;
static pthread_once_t once = PTHREAD_ONCE_INIT;
static sqlite3_vfs impatient; /* the files of the system, but for this: */

/* SQLite sleeps between its tries, with a busy handler or without: up to ten seconds for a reader
 * while somebody holds locks in the middle of a recovery. */
static int
sleep_or_not(sqlite3_vfs *vfs, int microseconds)
{
	sqlite3_vfs *const system = sqlite3_vfs_find(NULL);
	(void)vfs;
	return never_waits ? microseconds : system->xSleep(system, microseconds);
}

static void
impatient_make(void)
{
	const sqlite3_vfs *const system = sqlite3_vfs_find(NULL);
	if (system == NULL)
		return;
	impatient = *system;
	impatient.zName = "nixie";
	impatient.pNext = NULL;
	impatient.xSleep = sleep_or_not;
	sqlite3_vfs_register(&impatient, 0);
}

void
directory_never_wait(void)
{
	never_waits = true;
}

/* ---- errors */

bool
fail(struct directory_error *error, const char *fmt, ...)
{
	va_list ap;
	va_start(ap, fmt);
	/* NOLINTNEXTLINE(clang-analyzer-valist.Uninitialized): it is, a line above */
	vsnprintf(error->words, sizeof error->words, fmt, ap);
	va_end(ap);
	return false;
}

bool
fail_database(struct directory *d, struct directory_error *error, const char *what)
{
	return fail(error, "%s: the directory's file does not take it: %s", what,
		sqlite3_errmsg(d->db));
}

sqlite3_stmt *
ask(struct directory *d, enum query query)
{
	sqlite3_stmt **const s = &d->queries[query];
	if (*s == NULL && sqlite3_prepare_v3(d->db, query_sql[query], -1, SQLITE_PREPARE_PERSISTENT,
				  s, NULL) != SQLITE_OK)
		return NULL;
	return *s;
}

sqlite3_stmt *
ask_id(struct directory *d, enum query query, int64_t id)
{
	sqlite3_stmt *const s = ask(d, query);
	if (s != NULL)
		sqlite3_bind_int64(s, 1, id);
	return s;
}

void
bind_text(sqlite3_stmt *s, int at, struct str text)
{
	if (s == NULL)
		return;
	if (str_is_set(text))
		sqlite3_bind_text(s, at, text.ptr, (int)text.len, SQLITE_TRANSIENT);
	else
		sqlite3_bind_null(s, at);
}

void
bind_bytes(sqlite3_stmt *s, int at, const void *bytes, size_t n)
{
	if (s != NULL)
		sqlite3_bind_blob(s, at, bytes, (int)n, SQLITE_TRANSIENT);
}

void
bind_number(sqlite3_stmt *s, int at, int64_t n)
{
	if (s != NULL)
		sqlite3_bind_int64(s, at, n);
}

enum step
step(sqlite3_stmt *s)
{
	if (s == NULL)
		return STEP_FAILED;
	const int rc = sqlite3_step(s);
	return rc == SQLITE_ROW ? STEP_ROW : rc == SQLITE_DONE ? STEP_END : STEP_FAILED;
}

void
done(sqlite3_stmt *s)
{
	if (s == NULL)
		return;
	sqlite3_reset(s);
	sqlite3_clear_bindings(s);
}

struct str
column_text(sqlite3_stmt *s, int at)
{
	const char *const text = (const char *)sqlite3_column_text(s, at);
	return text == NULL ? STR_NONE : (struct str){text, (size_t)sqlite3_column_bytes(s, at)};
}

struct str
column_bytes(sqlite3_stmt *s, int at)
{
	const char *const bytes = sqlite3_column_blob(s, at);
	return bytes == NULL ? STR_NONE : (struct str){bytes, (size_t)sqlite3_column_bytes(s, at)};
}

bool
run(struct directory *d, enum query query)
{
	sqlite3_stmt *const s = ask(d, query);
	const bool ok = step(s) == STEP_END;
	done(s);
	return ok;
}

static bool
exec(struct directory *d, const char *sql)
{
	return sqlite3_exec(d->db, sql, NULL, NULL, NULL) == SQLITE_OK;
}

static int
version_of(struct directory *d)
{
	sqlite3_stmt *s = NULL;
	int version = -1;
	if (sqlite3_prepare_v2(d->db, "PRAGMA user_version", -1, &s, NULL) == SQLITE_OK &&
		sqlite3_step(s) == SQLITE_ROW)
		version = sqlite3_column_int(s, 0);
	sqlite3_finalize(s);
	return version;
}

/* The steps that the file does not have yet; two processes may both find it so. */
static bool
tables_make(struct directory *d, const char *path, struct directory_error *error)
{
	if (!exec(d, "BEGIN IMMEDIATE"))
		return fail_database(d, error, path);
	const int version = version_of(d);
	if (version > DIRECTORY_VERSION) {
		exec(d, "ROLLBACK");
		return fail(error,
			"%s: made by a newer version of this program (tables of version %d, this "
			"one knows %d): use that version",
			path, version, DIRECTORY_VERSION);
	}
	char pragma[64];
	snprintf(pragma, sizeof pragma, "PRAGMA user_version = %d", DIRECTORY_VERSION);
	bool ok = version >= 0;
	for (int i = version; ok && i < DIRECTORY_VERSION; i++)
		ok = exec(d, directory_steps[i]);
	if (ok && exec(d, pragma) && exec(d, "COMMIT"))
		return true;
	fail_database(d, error, path);
	exec(d, "ROLLBACK");
	return false;
}

/* The folder's owner: the server's user, also when root makes the file. SQLite gives the files
 * beside it to the same one. */
static void
give_to_owner(int fd, const char *path)
{
	char folder[4096];
	struct stat st = {0};
	const char *const slash = strrchr(path, '/');
	const int len = slash == NULL ? 1 : (int)(slash - path) + 1;
	snprintf(folder, sizeof folder, "%.*s", len, slash == NULL ? "." : path);
	/* When it cannot be given, the server says at its start that it may not read it. */
	if (geteuid() != 0 || stat(folder, &st) != 0 || fchown(fd, st.st_uid, st.st_gid) != 0)
		return;
}

/* A new file is its owner's alone: there are passwords in it. What is there already is not opened
 * here, because closing it would end the locks that this process has on it elsewhere. */
static void
file_make(const char *path)
{
	const int fd = open(path, O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW | O_WRONLY, 0600);
	if (fd < 0)
		return;
	give_to_owner(fd, path);
	close(fd);
}

struct directory *
directory_open(const char *path, struct directory_error *error)
{
	struct directory *const d = calloc(1, sizeof *d);
	if (d == NULL) {
		fail(error, "%s: no memory", path);
		return NULL;
	}
	file_make(path);
	pthread_once(&once, impatient_make);
	if (sqlite3_open_v2(path, &d->db,
		    SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOMUTEX |
			    SQLITE_OPEN_NOFOLLOW,
		    "nixie") != SQLITE_OK) {
		fail(error, "%s: cannot be opened: %s", path, sqlite3_errmsg(d->db));
		directory_close(d);
		return NULL;
	}
	sqlite3_busy_timeout(d->db, BUSY_MS);
	sqlite3_db_config(d->db, SQLITE_DBCONFIG_DEFENSIVE, 1, NULL);
	sqlite3_db_config(d->db, SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0, NULL);
	if (!exec(d, "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; "
		     "PRAGMA foreign_keys = ON")) {
		fail_database(d, error, path);
		directory_close(d);
		return NULL;
	}
	if (!tables_make(d, path, error)) {
		directory_close(d);
		return NULL;
	}
	return d;
}

void
directory_close(struct directory *d)
{
	if (d == NULL)
		return;
	kept_free(d);
	for (int i = 0; i < QUERY_COUNT; i++)
		sqlite3_finalize(d->queries[i]);
	sqlite3_close(d->db);
	free(d);
}
