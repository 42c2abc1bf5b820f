#define _DEFAULT_SOURCE /* d_type: it saves a system call for each file */
#include "cli/folder.h"

#include <dirent.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#define DEPTH_MAX 32

struct folder_level {
	char *pool; /* the names, each with its NUL behind a byte that tells its type */
	char **names;
	size_t count, next;
	size_t path_len; /* of the folder, with its slash */
	bool is_maildir;
};

void
folder_init(struct folder *f, folder_trouble *trouble, void *to)
{
	*f = (struct folder){.trouble = trouble, .to = to};
}

static void
close_level(struct folder *f)
{
	struct folder_level *const l = &f->levels[--f->depth];
	free(l->pool);
	free(l->names);
}

void
folder_fini(struct folder *f)
{
	while (f->depth > 0)
		close_level(f);
	free(f->levels);
	free(f->path);
	*f = (struct folder){.levels = NULL};
}

static bool
grow(char **ptr, size_t *room, size_t want)
{
	if (want <= *room)
		return true;
	size_t more = *room > 0 ? *room : 4096;
	while (more < want)
		more *= 2;
	char *const grown = realloc(*ptr, more);
	if (grown == NULL)
		return false;
	*ptr = grown;
	*room = more;
	return true;
}

static int
by_name(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

/* The entries as they come; NULL, or what is wrong. */
static const char *
read_names(DIR *dir, struct folder_level *l)
{
	size_t len = 0, room = 0;
	const struct dirent *e;
	while ((void)(errno = 0), (e = readdir(dir)) != NULL) {
		if (e->d_name[0] == '.')
			continue;
		const size_t n = strlen(e->d_name) + 1;
		if (!grow(&l->pool, &room, len + 1 + n))
			return "not enough memory for the names in it";
		l->pool[len] = (char)e->d_type;
		memcpy(l->pool + len + 1, e->d_name, n);
		len += 1 + n;
		l->count++;
	}
	if (errno != 0)
		return strerror(errno);
	l->names = calloc(l->count + 1, sizeof *l->names);
	if (l->names == NULL)
		return "not enough memory for the names in it";
	char *at = l->pool;
	for (size_t i = 0; i < l->count; i++) {
		l->names[i] = at + 1;
		at += 1 + strlen(at + 1) + 1;
	}
	qsort(l->names, l->count, sizeof *l->names, by_name);
	return NULL;
}

static bool
has_name(const struct folder_level *l, const char *name)
{
	const char *const key = name;
	return l->count > 0 && bsearch(&key, l->names, l->count, sizeof *l->names, by_name) != NULL;
}

/* Enters f->path, which is `len` long. */
static void
open_level(struct folder *f, size_t len)
{
	const char *why = NULL;
	struct folder_level l = {.path_len = len};
	DIR *dir = NULL;
	if (f->depth == DEPTH_MAX) {
		why = "lies too deep in other folders; it was not read";
		goto done;
	}
	if (f->depth == f->room) {
		struct folder_level *const more = realloc(f->levels, (f->room + 8) * sizeof *more);
		if (more == NULL) {
			why = "not enough memory";
			goto done;
		}
		f->levels = more;
		f->room += 8;
	}
	dir = opendir(f->path);
	why = dir == NULL ? strerror(errno) : read_names(dir, &l);
	if (why == NULL && !grow(&f->path, &f->path_room, len + 2))
		why = "not enough memory";
done:
	if (dir != NULL)
		closedir(dir);
	if (why != NULL) {
		f->trouble(f->to, f->path, why);
		free(l.pool);
		free(l.names);
		return;
	}
	if (f->path[len - 1] != '/') {
		f->path[len] = '/';
		l.path_len++;
	}
	l.is_maildir = has_name(&l, "cur") && has_name(&l, "new") && has_name(&l, "tmp");
	f->levels[f->depth++] = l;
}

void
folder_open(struct folder *f, const char *path)
{
	const size_t len = strlen(path);
	if (len == 0 || !grow(&f->path, &f->path_room, len + 1)) {
		f->trouble(f->to, path, "not enough memory");
		return;
	}
	memcpy(f->path, path, len + 1);
	open_level(f, len);
}

enum entry { ENTRY_FILE, ENTRY_FOLDER, ENTRY_OTHER };

static enum entry
entry_of(const char *path, unsigned char type)
{
	struct stat st = {.st_size = 0};
	if (type == DT_REG)
		return ENTRY_FILE;
	if (type == DT_DIR)
		return ENTRY_FOLDER;
	if (type == DT_LNK) /* where it leads to nothing, opening it says so */
		return stat(path, &st) != 0 || S_ISREG(st.st_mode) ? ENTRY_FILE : ENTRY_OTHER;
	if (type != DT_UNKNOWN || lstat(path, &st) != 0)
		return ENTRY_OTHER;
	if (S_ISLNK(st.st_mode))
		return entry_of(path, DT_LNK);
	return S_ISREG(st.st_mode) ? ENTRY_FILE : S_ISDIR(st.st_mode) ? ENTRY_FOLDER : ENTRY_OTHER;
}

const char *
folder_next(struct folder *f)
{
	while (f->depth > 0) {
		struct folder_level *const l = &f->levels[f->depth - 1];
		if (l->next == l->count) {
			close_level(f);
			continue;
		}
		const char *const name = l->names[l->next++];
		const size_t len = l->path_len + strlen(name);
		if (!grow(&f->path, &f->path_room, len + 1)) {
			f->trouble(f->to, name, "not enough memory");
			continue;
		}
		memcpy(f->path + l->path_len, name, len + 1 - l->path_len);
		const enum entry entry = entry_of(f->path, (unsigned char)name[-1]);
		if (entry == ENTRY_FILE && !l->is_maildir)
			return f->path;
		if (entry == ENTRY_FOLDER && !(l->is_maildir && strcmp(name, "tmp") == 0))
			open_level(f, len);
	}
	return NULL;
}
