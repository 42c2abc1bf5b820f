/* maildir - a message put into a mailbox here */
#define _GNU_SOURCE /* linkat, AT_ flags */
#include "mailbox/maildir.h"

#include "mailbox/quota.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#define PIECE_BYTES 65536
#define NAME_BYTES 256

/* A message on its way to a file: CRLF becomes LF. */
struct sink {
	int fd;
	size_t len;
	bool has_cr; /* the last byte was one, and is not written yet */
	uint64_t bytes;
	char room[PIECE_BYTES];
};

static enum mailbox_result
failed(struct mailbox_error *error, enum mailbox_result result, int code, const char *what,
	const char *path)
{
	error->code = code;
	snprintf(error->words, sizeof error->words, "%s %s: %s", what, path, strerror(code));
	return result;
}

long
mailbox_source_text(void *from, char *to, size_t room)
{
	struct str *const rest = from;
	const struct str piece = str_head(*rest, room);
	if (piece.len > 0)
		memcpy(to, piece.ptr, piece.len);
	*rest = str_from(*rest, piece.len);
	return (long)piece.len;
}

static bool
sink_flush(struct sink *s)
{
	size_t done = 0;
	while (done < s->len) {
		const ssize_t n = write(s->fd, s->room + done, s->len - done);
		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return false;
		done += (size_t)n;
	}
	s->bytes += s->len;
	s->len = 0;
	return true;
}

static bool
sink_byte(struct sink *s, char c)
{
	if (s->len == sizeof s->room && !sink_flush(s))
		return false;
	s->room[s->len++] = c;
	return true;
}

static bool
sink_add(struct sink *s, struct str text)
{
	for (size_t i = 0; i < text.len; i++) {
		const char c = text.ptr[i];
		if (s->has_cr && c != '\n' && !sink_byte(s, '\r'))
			return false;
		s->has_cr = c == '\r';
		if (!s->has_cr && !sink_byte(s, c))
			return false;
	}
	return true;
}

static bool
sink_end(struct sink *s)
{
	return (!s->has_cr || sink_byte(s, '\r')) && sink_flush(s) && fsync(s->fd) == 0;
}

static enum mailbox_result
message_write(struct sink *s, const struct mailbox_message *m, const char *path,
	struct mailbox_error *error)
{
	char piece[PIECE_BYTES];
	long n;
	if (!sink_add(s, m->head))
		return failed(error, MAILBOX_FAILED, errno, "cannot write in", path);
	while ((n = m->source(m->from, piece, sizeof piece)) > 0)
		if (!sink_add(s, (struct str){piece, (size_t)n}))
			return failed(error, MAILBOX_FAILED, errno, "cannot write in", path);
	if (n < 0)
		return failed(
			error, MAILBOX_UNREADABLE, (int)-n, "cannot read the message for", path);
	if (!sink_end(s))
		return failed(error, MAILBOX_FAILED, errno, "cannot write in", path);
	return MAILBOX_DONE;
}

/* Of several threads that find a folder missing one makes it; the others wait until it is durable.
 */
static pthread_mutex_t making = PTHREAD_MUTEX_INITIALIZER;

static bool
folder_make(const char *path, struct mailbox_error *error)
{
	char parent[MAILBOX_PATH_MAX];
	if (mkdir(path, 0700) < 0) {
		if (errno == EEXIST)
			return true;
		failed(error, MAILBOX_FAILED, errno, "cannot make", path);
		return false;
	}
	/* Its name stands in its parent, which is durable by a sync of its own. */
	const char *const slash = strrchr(path, '/');
	const int len = slash == NULL || slash == path ? 1 : (int)(slash - path);
	snprintf(parent, sizeof parent, "%.*s", len, slash == NULL ? "." : path);
	const int fd = open(parent, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	const bool ok = fd >= 0 && fsync(fd) == 0;
	const int code = errno;
	if (fd >= 0)
		close(fd);
	if (!ok)
		failed(error, MAILBOX_FAILED, code, "cannot sync the folder above", path);
	return ok;
}

bool
mailbox_folder_make(const char *path, struct mailbox_error *error)
{
	pthread_mutex_lock(&making);
	const bool ok = folder_make(path, error);
	pthread_mutex_unlock(&making);
	return ok;
}

bool
mailbox_parents_make(const char *mailbox, struct mailbox_error *error)
{
	char path[MAILBOX_PATH_MAX];
	snprintf(path, sizeof path, "%s", mailbox);
	*strrchr(path, '/') = '\0';
	char *const folder_end = strrchr(path, '/');
	*folder_end = '\0';
	if (!mailbox_folder_make(path, error))
		return false;
	*folder_end = '/';
	return mailbox_folder_make(path, error);
}

/* The three folders, where they are missing; tmp is the last, and only when the others are durable:
 * who finds it finds them. */
static bool
three_make(int dir, const char *path, struct mailbox_error *error)
{
	pthread_mutex_lock(&making);
	const bool ok = (mkdirat(dir, "cur", 0700) == 0 || errno == EEXIST) &&
			(mkdirat(dir, "new", 0700) == 0 || errno == EEXIST) && fsync(dir) == 0 &&
			(mkdirat(dir, "tmp", 0700) == 0 || errno == EEXIST);
	if (!ok)
		failed(error, MAILBOX_FAILED, errno, "cannot make the folders of", path);
	pthread_mutex_unlock(&making);
	return ok;
}

/* The folder, made where it is missing. That the three are there is found out by using them. */
static int
maildir_open(const char *path, struct mailbox_error *error)
{
	int dir = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW);
	if (dir < 0 && errno == ENOENT) {
		if (!mailbox_folder_make(path, error))
			return -1;
		dir = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW);
	}
	if (dir < 0)
		failed(error, MAILBOX_FAILED, errno, "cannot open", path);
	return dir;
}

bool
maildir_make(const char *path, struct mailbox_error *error)
{
	int dir = maildir_open(path, error);
	if (dir < 0 && error->code == ENOENT && mailbox_parents_make(path, error))
		dir = maildir_open(path, error);
	if (dir < 0)
		return false;
	struct stat st = {0};
	/* tmp is the last that is made. */
	const bool ok =
		fstatat(dir, "tmp", &st, AT_SYMLINK_NOFOLLOW) == 0 || three_make(dir, path, error);
	close(dir);
	return ok;
}

/* Does a file in the folder begin with the name? A reader adds flags behind it. */
static bool
folder_has(int dir, const char *folder, const char *name, size_t len)
{
	const int fd = openat(dir, folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW);
	DIR *const d = fd < 0 ? NULL : fdopendir(fd);
	if (d == NULL) {
		if (fd >= 0)
			close(fd);
		return false;
	}
	bool has = false;
	const struct dirent *e;
	while (!has && (e = readdir(d)) != NULL)
		has = strncmp(e->d_name, name, len) == 0 &&
		      (e->d_name[len] == '\0' || e->d_name[len] == ',' || e->d_name[len] == ':');
	closedir(d);
	return has;
}

/* "1790000000.Q1A0C45.mail.example.org": the same for each attempt. The host may hold what a name
 * may not. */
static bool
name_write(const struct mailbox_message *m, int64_t arrived_s, char name[NAME_BYTES])
{
	int len = snprintf(
		name, NAME_BYTES, "%lld.Q%.*s.", (long long)arrived_s, (int)m->id.len, m->id.ptr);
	if (len < 0 || (size_t)len + m->host.len + 32 > NAME_BYTES)
		return false;
	for (size_t i = 0; i < m->host.len; i++) {
		const int c = (unsigned char)m->host.ptr[i];
		name[len++] = ascii_is_alnum(c) || c == '.' || c == '-' ? (char)c : '_';
	}
	name[len] = '\0';
	return true;
}

/* Synced in tmp; now under its name in new, and that synced too. What an attempt of before has left
 * there under that name is this message, and is replaced. */
static enum mailbox_result
message_move(int dir, const char *tmp, const char *name, uint64_t bytes, const char *path,
	struct mailbox_error *error)
{
	char to[NAME_BYTES + 32];
	snprintf(to, sizeof to, "new/%s,S=%llu", name, (unsigned long long)bytes);
	int code = renameat(dir, tmp, dir, to) < 0 ? errno : 0;
	if (code == ENOENT && three_make(dir, path, error)) /* somebody took new away */
		code = renameat(dir, tmp, dir, to) < 0 ? errno : 0;
	if (code != 0)
		return failed(error, MAILBOX_FAILED, code, "cannot move into new of", path);
	const int fresh = openat(dir, "new", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	const bool ok = fresh >= 0 && fsync(fresh) == 0;
	code = errno;
	if (fresh >= 0)
		close(fresh);
	return ok ? MAILBOX_DONE : failed(error, MAILBOX_FAILED, code, "cannot sync new of", path);
}

/* A new file in tmp. It is tried as if all were as it should be, which saves looking. */
static int
tmp_open(int dir, const char *tmp, const char *path, struct mailbox_error *error)
{
	const int flags = O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW;
	int fd = openat(dir, tmp, flags, 0600);
	if (fd < 0 && errno == ENOENT) {
		if (!three_make(dir, path, error))
			return -1;
		fd = openat(dir, tmp, flags, 0600);
	}
	if (fd < 0 && errno == EEXIST) { /* of an attempt that did not come to its end */
		unlinkat(dir, tmp, 0);
		fd = openat(dir, tmp, flags, 0600);
	}
	if (fd < 0)
		failed(error, MAILBOX_FAILED, errno, "cannot write in tmp of", path);
	return fd;
}

static enum mailbox_result
message_put(int dir, const char *name, const char *path, const struct mailbox_message *m,
	struct mailbox_error *error)
{
	char tmp[NAME_BYTES + 8];
	struct sink sink; /* its room is large, and is not cleared */
	snprintf(tmp, sizeof tmp, "tmp/%s", name);
	sink.len = 0;
	sink.bytes = 0;
	sink.has_cr = false;
	sink.fd = tmp_open(dir, tmp, path, error);
	if (sink.fd < 0)
		return MAILBOX_FAILED;
	enum mailbox_result result = message_write(&sink, m, path, error);
	if (close(sink.fd) < 0 && result == MAILBOX_DONE)
		result = failed(error, MAILBOX_FAILED, errno, "cannot write in", path);
	if (result == MAILBOX_DONE)
		result = message_move(dir, tmp, name, sink.bytes, path, error);
	if (result == MAILBOX_DONE)
		quota_add(dir, sink.bytes);
	else
		unlinkat(dir, tmp, 0);
	return result;
}

enum mailbox_result
maildir_deliver(const char *path, const struct mailbox_message *m, uint64_t quota_bytes,
	struct mailbox_error *error)
{
	char name[NAME_BYTES];
	if (m->head.len > MAILBOX_HEAD_MAX || !name_write(m, m->arrived_s, name))
		return failed(
			error, MAILBOX_FAILED, ENAMETOOLONG, "cannot name a message in", path);
	const int dir = maildir_open(path, error);
	if (dir < 0)
		return MAILBOX_FAILED;
	enum mailbox_result result = MAILBOX_DONE;
	const size_t len = strlen(name);
	if (m->may_be_there &&
		(folder_has(dir, "new", name, len) || folder_has(dir, "cur", name, len))) {
		close(dir);
		return MAILBOX_DONE;
	}
	if (quota_bytes > 0) {
		const int64_t used = quota_used(dir, quota_bytes, m->now_s, m->bytes);
		if (used < 0)
			result = failed(error, MAILBOX_FAILED, (int)-used, "cannot count", path);
		else if ((uint64_t)used + m->bytes > quota_bytes) {
			result = failed(
				error, MAILBOX_FULL, EDQUOT, "no room for the message in", path);
			error->full_since_s = quota_full_since(dir, m->now_s, true);
		}
	}
	if (result == MAILBOX_DONE)
		result = message_put(dir, name, path, m, error);
	if (result == MAILBOX_DONE && quota_bytes > 0)
		quota_full_end(dir);
	close(dir);
	return result;
}

int64_t
maildir_used(const char *path, uint64_t quota_bytes, int64_t now_s)
{
	const int dir = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW);
	if (dir < 0)
		return errno == ENOENT ? 0 : -errno;
	const int64_t used = quota_used(dir, quota_bytes, now_s, 0);
	close(dir);
	return used;
}

int64_t
maildir_full_since(const char *path, int64_t now_s, bool may_note)
{
	const int dir = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW);
	if (dir < 0)
		return now_s;
	const int64_t since = quota_full_since(dir, now_s, may_note);
	close(dir);
	return since;
}
