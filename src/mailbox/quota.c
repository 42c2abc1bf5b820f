/*
 * quota - how full a Maildir is
 *
 * `maildirsize`: the quota in its first line ("1000000S"), then a line for each change, "bytes
 * count", which whoever delivers or deletes appends. It is summed up; when it has grown long, or
 * says that the mailbox is full and is older than a quarter of an hour, the mails are counted.
 *
 * `nixied-full`: since when mail has found no room, "1790000000"; it goes with the next that does.
 * It is durable, so that a machine that loses its power each night does not begin to count the days
 * anew; it is written once in all that time.
 */
#define _GNU_SOURCE /* renameat, AT_ flags */
#include "mailbox/quota.h"

#include "mailbox/shelf.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#define FILE_NAME "maildirsize"
#define FILE_BYTES_MAX 5120 /* Maildir++: longer ones are counted anew */
#define FULL_NAME "nixied-full"
#define FRESH_S 900 /* ... and those that say "full" after that */

/* The size in a name, ",S=1234", or the file's. */
static int64_t
mail_bytes(int dir, const char *name)
{
	const struct str s = str_of(name);
	const size_t at = str_find(s, STR(",S="), 0);
	struct stat st = {0};
	if (at != STR_NPOS) {
		const int64_t n = str_number(str_from(s, at + 3), INT64_MAX / 2);
		if (n >= 0)
			return n;
	}
	/* One that is gone meanwhile takes no room. */
	return fstatat(dir, name, &st, AT_SYMLINK_NOFOLLOW) == 0 ? (int64_t)st.st_size : 0;
}

static DIR *
folder_open(int dir, const char *name)
{
	const int fd = openat(dir, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW);
	if (fd < 0)
		return NULL;
	DIR *const d = fdopendir(fd);
	if (d == NULL)
		close(fd);
	return d;
}

/* The mails in new or cur of a folder. */
static int64_t
count_names(int dir, const char *name)
{
	DIR *const d = folder_open(dir, name);
	if (d == NULL)
		return errno == ENOENT ? 0 : -errno;
	int64_t sum = 0;
	const struct dirent *e;
	while ((e = readdir(d)) != NULL)
		if (e->d_name[0] != '.')
			sum += mail_bytes(dirfd(d), e->d_name);
	closedir(d);
	return sum;
}

static int64_t
count_folder(int dir)
{
	const int64_t fresh = count_names(dir, "new"), read = count_names(dir, "cur");
	return fresh < 0 ? fresh : read < 0 ? read : fresh + read;
}

/* The whole mailbox: itself, and each folder ".Name" but Trash, as Maildir++ has it, and Rejects,
 * which strangers fill: mailbox/shelf.h. */
static int64_t
count_all(int dir)
{
	int64_t sum = count_folder(dir);
	DIR *const d = folder_open(dir, ".");
	if (d == NULL)
		return -errno;
	const struct dirent *e;
	while (sum >= 0 && (e = readdir(d)) != NULL) {
		const struct str name = str_of(e->d_name);
		if (name.len < 2 || name.ptr[0] != '.' || str_eq(name, STR("..")) ||
			str_eq_case(name, STR(".Trash")) || str_eq(name, STR(SHELF_REJECTS)))
			continue;
		const int folder =
			openat(dir, e->d_name, O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW);
		if (folder < 0)
			continue;
		const int64_t more = count_folder(folder);
		close(folder);
		sum = more < 0 ? more : sum + more;
	}
	closedir(d);
	return sum;
}

/* Writes a file anew: in tmp, then in its place; durable: both survive the loss of power. */
static void
file_put(int dir, const char *file, struct str text, int64_t now_s, bool is_durable)
{
	char name[96];
	snprintf(name, sizeof name, "tmp/%s.%lld.%ld", file, (long long)now_s, (long)getpid());
	const int fd =
		openat(dir, name, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600);
	if (fd < 0)
		return;
	const bool ok = write(fd, text.ptr, text.len) == (ssize_t)text.len &&
			(!is_durable || fdatasync(fd) == 0);
	close(fd);
	if (!ok || renameat(dir, name, dir, file) < 0)
		unlinkat(dir, name, 0);
	else if (is_durable)
		(void)fsync(dir); /* what fails here is told by whoever delivers */
}

static void
file_make(int dir, uint64_t quota_bytes, int64_t used, int64_t now_s)
{
	char text[64];
	const int len = snprintf(text, sizeof text, "%lluS\n%lld 0\n",
		(unsigned long long)quota_bytes, (long long)used);
	file_put(dir, FILE_NAME, (struct str){text, (size_t)len}, now_s, false);
}

/* The sum of the lines; negative when the file does not tell. */
static int64_t
file_sum(struct str text, uint64_t quota_bytes)
{
	struct str line;
	if (!str_line(&text, &line) || str_number(line, INT64_MAX / 2) != (int64_t)quota_bytes)
		return -1;
	int64_t sum = 0;
	while (str_line(&text, &line)) {
		struct str number = str_word(&line);
		const bool is_less = str_starts(number, STR("-"));
		const int64_t n = str_number(str_from(number, is_less), INT64_MAX / 4);
		if (n < 0 || sum > INT64_MAX / 4)
			return -1;
		sum += is_less ? -n : n;
	}
	return sum;
}

int64_t
quota_used(int dir, uint64_t quota_bytes, int64_t now_s, uint64_t more_bytes)
{
	char text[FILE_BYTES_MAX + 1];
	struct stat st = {0};
	int64_t used = -1;
	bool is_fresh = false;
	const int fd = openat(dir, FILE_NAME, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
	if (fd >= 0) {
		const ssize_t n = read(fd, text, sizeof text);
		if (n > 0 && n <= FILE_BYTES_MAX && fstat(fd, &st) == 0) {
			used = file_sum((struct str){text, (size_t)n}, quota_bytes);
			is_fresh = now_s - (int64_t)st.st_mtime < FRESH_S;
		}
		close(fd);
	}
	const bool is_full =
		used >= 0 && quota_bytes > 0 && (uint64_t)used + more_bytes > quota_bytes;
	if (used >= 0 && (!is_full || is_fresh))
		return used;
	used = count_all(dir);
	if (used >= 0)
		file_make(dir, quota_bytes, used, now_s);
	return used;
}

void
quota_add(int dir, uint64_t bytes)
{
	char line[48];
	const int len = snprintf(line, sizeof line, "%llu 1\n", (unsigned long long)bytes);
	const int fd = openat(dir, FILE_NAME, O_WRONLY | O_APPEND | O_CLOEXEC | O_NOFOLLOW);
	if (fd < 0)
		return;
	/* One write, so that lines of several programs do not mix. */
	if (write(fd, line, (size_t)len) != len)
		unlinkat(dir, FILE_NAME, 0); /* counted anew next time */
	close(fd);
}

int64_t
quota_full_since(int dir, int64_t now_s, bool may_note)
{
	char text[STR_DIGITS_MAX + 1];
	const int fd = openat(dir, FULL_NAME, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
	if (fd >= 0) {
		const ssize_t n = read(fd, text, sizeof text);
		close(fd);
		struct str rest = {text, n > 0 ? (size_t)n : 0}, line;
		const int64_t since = str_line(&rest, &line) ? str_number(line, INT64_MAX / 2) : -1;
		if (since >= 0) /* a clock that went back makes nobody wait longer */
			return since < now_s ? since : now_s;
	}
	if (may_note) {
		const int len = snprintf(text, sizeof text, "%lld\n", (long long)now_s);
		file_put(dir, FULL_NAME, (struct str){text, (size_t)len}, now_s, true);
	}
	return now_s;
}

void
quota_full_end(int dir)
{
	unlinkat(dir, FULL_NAME, 0);
}
