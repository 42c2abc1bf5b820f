#include "mailbox/shelf.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#define ID_BYTES_MAX 64
#define FILES_MAX 10000 /* of a folder that are looked at: more go, the oldest first */

/* No id of the queue has an R there, so names of ours are told from mail that was moved here. */
#define MARK "R"
#define MARK_IN_NAME ".Q" MARK

struct file {
	bool is_read; /* in cur */
	int64_t arrived_s;
	uint64_t bytes;
	char name[256];
};

struct files {
	struct file *list;
	size_t count, room;
};

static bool
folder_path(const char *mailbox, char path[MAILBOX_PATH_MAX])
{
	const int n = snprintf(path, MAILBOX_PATH_MAX, "%s/" SHELF_REJECTS, mailbox);
	return n > 0 && n < MAILBOX_PATH_MAX;
}

/* "1790000000.QR038G....,S=4711:2,S" */
static bool
file_read(const char *name, struct file *out)
{
	const struct str s = str_of(name);
	const size_t dot = str_find_char(s, '.', 0), size = str_find(s, STR(",S="), 0);
	if (dot == STR_NPOS || size == STR_NPOS || s.len >= sizeof out->name ||
		!str_starts(str_from(s, dot), STR(MARK_IN_NAME)))
		return false;
	const int64_t arrived_s = str_number(str_head(s, dot), INT64_MAX / 2);
	const int64_t bytes = str_number(str_from(s, size + 3), INT64_MAX / 2);
	if (arrived_s < 0 || bytes < 0)
		return false;
	out->arrived_s = arrived_s;
	out->bytes = (uint64_t)bytes;
	memcpy(out->name, name, s.len + 1);
	return true;
}

static void
folder_list(int shelf, bool is_read, struct files *files)
{
	const int fd = openat(
		shelf, is_read ? "cur" : "new", O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW);
	DIR *const d = fd < 0 ? NULL : fdopendir(fd);
	if (d == NULL) {
		if (fd >= 0)
			close(fd);
		return;
	}
	const struct dirent *e;
	while ((e = readdir(d)) != NULL && files->count < FILES_MAX) {
		if (files->count == files->room) {
			const size_t room = files->room == 0 ? 64 : 2 * files->room;
			struct file *const more = realloc(files->list, room * sizeof *more);
			if (more == NULL)
				break;
			files->list = more;
			files->room = room;
		}
		if (file_read(e->d_name, &files->list[files->count]))
			files->list[files->count++].is_read = is_read;
	}
	closedir(d);
}

static int
by_age(const void *a, const void *b)
{
	const struct file *const one = a, *const two = b;
	if (one->arrived_s != two->arrived_s)
		return one->arrived_s < two->arrived_s ? -1 : 1;
	return strcmp(one->name, two->name);
}

static void
file_remove(int shelf, const struct file *f)
{
	char path[sizeof f->name + 4];
	snprintf(path, sizeof path, "%s/%s", f->is_read ? "cur" : "new", f->name);
	(void)unlinkat(shelf, path, 0); /* whoever removed it before did the same */
}

bool
shelf_tidy(const char *mailbox, const struct shelf_bounds *bounds)
{
	char path[MAILBOX_PATH_MAX];
	struct files files = {0};
	uint64_t bytes = 0;
	if (!folder_path(mailbox, path))
		return false;
	const int shelf = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW);
	if (shelf < 0)
		return false;
	folder_list(shelf, false, &files);
	folder_list(shelf, true, &files);
	for (size_t i = 0; i < files.count; i++)
		bytes += files.list[i].bytes;
	if (files.count > 0)
		qsort(files.list, files.count, sizeof *files.list, by_age);
	for (size_t i = 0; i < files.count; i++) {
		const struct file *const f = &files.list[i];
		if (f->arrived_s >= bounds->since_s && bytes <= bounds->bytes_max)
			break;
		file_remove(shelf, f);
		bytes -= f->bytes;
	}
	free(files.list);
	close(shelf);
	return true;
}

/* Calls fn for each folder in it whose name does not hide. */
static void
each_folder(const char *path, void (*fn)(const char *path, const struct shelf_bounds *bounds),
	const struct shelf_bounds *bounds)
{
	char below[MAILBOX_PATH_MAX];
	DIR *const d = opendir(path);
	if (d == NULL)
		return;
	const struct dirent *e;
	while ((e = readdir(d)) != NULL) {
		const int n = snprintf(below, sizeof below, "%s/%s", path, e->d_name);
		if (e->d_name[0] != '.' && n > 0 && (size_t)n < sizeof below)
			fn(below, bounds);
	}
	closedir(d);
}

static void
tidy_one(const char *mailbox, const struct shelf_bounds *bounds)
{
	(void)shelf_tidy(mailbox, bounds);
}

static void
tidy_domain(const char *domain, const struct shelf_bounds *bounds)
{
	each_folder(domain, tidy_one, bounds);
}

void
shelves_tidy(const char *base, const struct shelf_bounds *bounds)
{
	each_folder(base, tidy_domain, bounds);
}

/* Maildir++ knows its folders by it. */
static void
mark_folder(const char *path)
{
	char file[MAILBOX_PATH_MAX + 16];
	snprintf(file, sizeof file, "%s/maildirfolder", path);
	const int fd = open(file, O_WRONLY | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
	if (fd >= 0)
		close(fd);
}

enum mailbox_result
shelf_put(const char *mailbox, const struct mailbox_message *message,
	const struct shelf_bounds *bounds, struct mailbox_error *error)
{
	char path[MAILBOX_PATH_MAX], id[ID_BYTES_MAX + 2];
	const int n = snprintf(id, sizeof id, MARK "%.*s", (int)message->id.len, message->id.ptr);
	struct mailbox_message m = *message;
	m.id = str_of(id);
	m.may_be_there = false;
	if (n < 0 || (size_t)n >= sizeof id || !folder_path(mailbox, path)) {
		error->code = ENAMETOOLONG;
		snprintf(error->words, sizeof error->words, "cannot name a folder in %s", mailbox);
		return MAILBOX_FAILED;
	}
	if (!maildir_make(mailbox, error))
		return MAILBOX_FAILED;
	const enum mailbox_result result = maildir_deliver(path, &m, 0, error);
	if (result == MAILBOX_DONE) {
		mark_folder(path);
		(void)shelf_tidy(mailbox, bounds);
	}
	return result;
}
