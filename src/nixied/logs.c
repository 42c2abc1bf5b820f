#include "nixied/logs.h"

#include "cli/lines.h"
#include "eventlog/line.h"
#include "nixied/nixied.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#define FIRST_LINES_MAX 1000 /* that are looked at for the first event of a file */
#define SPOOL_NAME_BYTES 32
#define COPY_BYTES ((size_t)64 << 10)

void
logs_init(struct logs *l)
{
	*l = (struct logs){0};
	arena_init(&l->arena, (size_t)64 << 20);
}

void
logs_fini(struct logs *l)
{
	for (size_t i = 0; i < l->count; i++)
		if (l->files[i].spool >= 0)
			close(l->files[i].spool);
	arena_fini(&l->arena);
}

static bool
fail(char error[static LOGS_ERROR_BYTES], const char *what, const char *why)
{
	snprintf(error, LOGS_ERROR_BYTES, "%s: %s", what, why);
	return false;
}

/* Where the lines stand: the spool's name when there is one. */
static const char *
place_of(const struct log_file *f, char name[static SPOOL_NAME_BYTES])
{
	if (f->spool < 0)
		return f->path;
	snprintf(name, SPOOL_NAME_BYTES, "/proc/self/fd/%d", f->spool);
	return name;
}

static bool
first_event(struct log_file *f, char error[static LOGS_ERROR_BYTES])
{
	char name[SPOOL_NAME_BYTES];
	struct lines lines;
	struct arena a;
	const char *line;
	size_t len;
	const char *const why = lines_open(&lines, place_of(f, name));
	if (why != NULL)
		return fail(error, f->path, why);
	arena_init(&a, (size_t)1 << 20);
	f->from_ms = INT64_MAX;
	for (int i = 0; i < FIRST_LINES_MAX && lines_next(&lines, &line, &len); i++) {
		struct eventlog_line event;
		arena_reset(&a);
		if (!eventlog_read((struct str){line, len}, &a, &event))
			continue;
		f->from_ms = event.time_ms;
		break;
	}
	arena_fini(&a);
	lines_close(&lines);
	return true;
}

/* A copy of standard input without a name, or -1. */
static int
spool_stdin(void)
{
	char bytes[COPY_BYTES];
	ssize_t n = 0;
	FILE *const file = tmpfile();
	const int fd = file != NULL ? dup(fileno(file)) : -1;
	if (file != NULL)
		fclose(file);
	while (fd >= 0 && (n = read(STDIN_FILENO, bytes, sizeof bytes)) != 0) {
		if (n < 0 && errno == EINTR)
			continue;
		for (ssize_t at = 0; n > 0 && at < n;) {
			const ssize_t put = write(fd, bytes + at, (size_t)(n - at));
			if (put <= 0) {
				n = -1;
				break;
			}
			at += put;
		}
		if (n < 0) {
			close(fd);
			return -1;
		}
	}
	return fd;
}

bool
logs_add(struct logs *l, const char *path, char error[static LOGS_ERROR_BYTES])
{
	if (l->count == LOGS_MAX)
		return fail(error, path, "more files than are read at once (4096)");
	struct log_file *const files =
		arena_more(&l->arena, l->files, l->count, &l->room, sizeof *l->files);
	const struct str copy = arena_str(&l->arena, str_of(path));
	if (files == NULL || !str_is_set(copy))
		return fail(error, path, "not enough memory");
	l->files = files;
	struct log_file *const f = &files[l->count];
	*f = (struct log_file){.path = copy.ptr, .spool = -1};
	if (strcmp(path, "-") == 0) {
		f->path = "standard input";
		f->spool = spool_stdin();
		if (f->spool < 0)
			return fail(error, f->path, strerror(errno));
	}
	l->count++;
	return first_event(f, error);
}

/* "nixied.log.1", "nixied.log-20261122.gz" of "nixied.log": what stands behind is of a rotation. */
static bool
is_rotated(struct str name, struct str base)
{
	const struct str rest = str_from(name, base.len);
	return str_starts(name, base) && rest.len > 1 &&
	       (rest.ptr[0] == '.' || rest.ptr[0] == '-') && ascii_is_digit(rest.ptr[1]);
}

bool
logs_add_rotated(struct logs *l, const char *path, char error[static LOGS_ERROR_BYTES])
{
	const char *const slash = strrchr(path, '/');
	const struct str base = str_of(slash != NULL ? slash + 1 : path);
	const struct str folder = slash == NULL   ? STR(".")
				  : slash == path ? STR("/")
						  : str_between(path, slash);
	const struct str folder_text = arena_str(&l->arena, folder);
	if (!str_is_set(folder_text))
		return fail(error, path, "not enough memory");
	DIR *const dir = opendir(folder_text.ptr);
	if (dir == NULL)
		return fail(error, folder_text.ptr, strerror(errno));
	bool ok = true;
	for (struct dirent *e; ok && (e = readdir(dir)) != NULL;) {
		const struct str name = str_of(e->d_name);
		if (!str_eq(name, base) && !is_rotated(name, base))
			continue;
		const struct str whole = arena_join(&l->arena, folder, STR("/"), name);
		const struct str text = arena_str(&l->arena, whole);
		ok = str_is_set(text) ? logs_add(l, text.ptr, error)
				      : fail(error, path, "not enough memory");
	}
	closedir(dir);
	return ok;
}

bool
logs_of_config(struct logs *l, const char *path, const char *command)
{
	char error[LOGS_ERROR_BYTES];
	struct conf conf;
	if (!conf_read(&conf, path))
		return false;
	const struct str log = conf.config.values[SETTING_log_file].text;
	const bool has_file = log.len > 0;
	const bool ok = has_file && logs_add_rotated(l, log.ptr, error);
	if (!has_file)
		fprintf(stderr,
			"nixied %s: the log goes to standard error (log_file is not set), which "
			"systemd keeps in its journal:\n"
			"  journalctl -u nixied -o cat | nixied %s --log - ...\n",
			command, command);
	else if (!ok)
		fprintf(stderr, "nixied %s: %s\n", command, error);
	conf_free(&conf);
	return ok;
}

static int
by_first_event(const void *a, const void *b)
{
	const struct log_file *const one = a, *const two = b;
	return (one->from_ms > two->from_ms) - (one->from_ms < two->from_ms);
}

bool
logs_read(struct logs *l, logs_line *fn, void *to, char error[static LOGS_ERROR_BYTES])
{
	if (l->count > 0)
		qsort(l->files, l->count, sizeof *l->files, by_first_event);
	for (size_t i = 0; i < l->count; i++) {
		char name[SPOOL_NAME_BYTES];
		struct lines lines;
		const char *line;
		size_t len;
		const char *const why = lines_open(&lines, place_of(&l->files[i], name));
		if (why != NULL)
			return fail(error, l->files[i].path, why);
		while (lines_next(&lines, &line, &len))
			fn(to, (struct str){line, len});
		const char *const broken = lines.feed.why;
		lines_close(&lines);
		if (broken != NULL)
			return fail(error, l->files[i].path, broken);
	}
	return true;
}
