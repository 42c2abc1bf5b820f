/* disk - the folder of a real file system */
#define _GNU_SOURCE /* fallocate */
#include "queue/disk.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#define PARTS_MAX 64 /* of one writev */

struct folder {
	struct disk disk;
	int dir, lock;
};

static int
folder_of(struct disk *d)
{
	return ((struct folder *)d)->dir;
}

static int
folder_open(struct disk *d, const char *name, enum disk_mode mode)
{
	static const int flags_of[] = {
		[DISK_READ] = O_RDONLY,
		[DISK_EDIT] = O_RDWR,
		[DISK_CREATE] = O_RDWR | O_CREAT | O_EXCL,
	};
	const int file = openat(folder_of(d), name, flags_of[mode] | O_CLOEXEC | O_NOFOLLOW, 0600);
	return file < 0 ? -errno : file;
}

static int
folder_close(struct disk *d, int file)
{
	(void)d;
	return close(file) < 0 ? -errno : 0;
}

/* Moves the parts past `done` bytes; gives how many are left. */
static int
parts_skip(struct iovec *parts, int count, size_t done)
{
	int gone = 0;
	while (gone < count && done >= parts[gone].iov_len)
		done -= parts[gone++].iov_len;
	if (gone < count && done > 0) {
		parts[gone].iov_base = (char *)parts[gone].iov_base + done;
		parts[gone].iov_len -= done;
	}
	memmove(parts, parts + gone, (size_t)(count - gone) * sizeof *parts);
	return count - gone;
}

static int
folder_write(struct disk *d, int file, const struct iovec *parts, int count, uint64_t offset)
{
	(void)d;
	struct iovec now[PARTS_MAX];
	while (count > 0) {
		int n = count < PARTS_MAX ? count : PARTS_MAX;
		memcpy(now, parts, (size_t)n * sizeof *parts);
		parts += n;
		count -= n;
		while (n > 0) {
			const ssize_t wrote = pwritev(file, now, n, (off_t)offset);
			if (wrote < 0 && errno == EINTR)
				continue;
			if (wrote <= 0)
				return wrote < 0 ? -errno : -EIO;
			offset += (uint64_t)wrote;
			n = parts_skip(now, n, (size_t)wrote);
		}
	}
	return 0;
}

static ssize_t
folder_read(struct disk *d, int file, void *to, size_t bytes, uint64_t offset)
{
	(void)d;
	size_t done = 0;
	while (done < bytes) {
		const ssize_t n =
			pread(file, (char *)to + done, bytes - done, (off_t)(offset + done));
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -errno;
		if (n == 0)
			break;
		done += (size_t)n;
	}
	return (ssize_t)done;
}

static int
folder_sync(struct disk *d, int file)
{
	(void)d;
	return fdatasync(file) < 0 ? -errno : 0;
}

static int
folder_reserve(struct disk *d, int file, uint64_t bytes)
{
	(void)d;
	if (fallocate(file, 0, 0, (off_t)bytes) == 0)
		return 0;
	/* Not every file system can; then a full disk shows when it is written to, which is
	 * answered just as well, only later. */
	return errno == EOPNOTSUPP || errno == ENOSYS ? 0 : -errno;
}

static int
folder_truncate(struct disk *d, int file, uint64_t bytes)
{
	(void)d;
	return ftruncate(file, (off_t)bytes) < 0 ? -errno : 0;
}

static int64_t
folder_size(struct disk *d, int file)
{
	(void)d;
	struct stat st = {0};
	return fstat(file, &st) < 0 ? -errno : (int64_t)st.st_size;
}

static int
folder_unlink(struct disk *d, const char *name)
{
	return unlinkat(folder_of(d), name, 0) < 0 ? -errno : 0;
}

static int
folder_rename(struct disk *d, const char *from, const char *to)
{
	return renameat(folder_of(d), from, folder_of(d), to) < 0 ? -errno : 0;
}

static int
folder_sync_names(struct disk *d)
{
	return fsync(folder_of(d)) < 0 ? -errno : 0;
}

static int
folder_each_name(struct disk *d, disk_name_fn *fn, void *to)
{
	const int fd = openat(folder_of(d), ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0)
		return -errno;
	DIR *const dir = fdopendir(fd);
	if (dir == NULL) {
		const int error = -errno;
		close(fd);
		return error;
	}
	const struct dirent *e;
	int error = 0;
	while ((void)(errno = 0), (e = readdir(dir)) != NULL)
		fn(to, e->d_name);
	if (errno != 0)
		error = -errno;
	closedir(dir);
	return error;
}

static int64_t
folder_room(struct disk *d)
{
	struct statvfs st = {0};
	if (fstatvfs(folder_of(d), &st) < 0)
		return -errno;
	return (int64_t)(st.f_bavail * st.f_frsize);
}

static void
folder_free(struct disk *d)
{
	struct folder *const f = (struct folder *)d;
	close(f->lock);
	close(f->dir);
	free(f);
}

static const struct disk_ops folder_ops = {
	.open = folder_open,
	.close = folder_close,
	.write = folder_write,
	.read = folder_read,
	.sync = folder_sync,
	.reserve = folder_reserve,
	.truncate = folder_truncate,
	.size = folder_size,
	.unlink = folder_unlink,
	.rename = folder_rename,
	.sync_names = folder_sync_names,
	.each_name = folder_each_name,
	.room = folder_room,
	.free = folder_free,
};

int
disk_folder_open(const char *path, struct disk **out)
{
	struct folder *const f = calloc(1, sizeof *f);
	if (f == NULL)
		return -ENOMEM;
	int error;
	f->disk.ops = &folder_ops;
	f->dir = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (f->dir < 0) {
		error = -errno;
		goto free_it;
	}
	f->lock = openat(f->dir, "lock", O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
	if (f->lock < 0) {
		error = -errno;
		goto close_dir;
	}
	if (flock(f->lock, LOCK_EX | LOCK_NB) < 0) {
		error = -errno;
		goto close_lock;
	}
	*out = &f->disk;
	return 0;
close_lock:
	close(f->lock);
close_dir:
	close(f->dir);
free_it:
	free(f);
	return error;
}
