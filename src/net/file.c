#include "net/file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

static int
all_write(int fd, struct str rest)
{
	while (rest.len > 0) {
		const ssize_t n = write(fd, rest.ptr, rest.len);
		if (n < 0 && errno != EINTR)
			return -errno;
		rest = str_from(rest, n > 0 ? (size_t)n : 0);
	}
	return 0;
}

int
file_folder_sync(const char *folder)
{
	const int fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0)
		return -errno;
	const int error = fsync(fd) == 0 ? 0 : -errno;
	close(fd);
	return error;
}

/* The folder in which it is. */
static int
parent_sync(const char *path)
{
	char folder[FILE_PATH_MAX];
	const char *const slash = strrchr(path, '/');
	const int len = slash == NULL || slash == path ? 1 : (int)(slash - path);
	snprintf(folder, sizeof folder, "%.*s", len, slash == NULL ? "." : path);
	return file_folder_sync(folder);
}

int
file_replace(const char *path, struct str text, enum file_care care)
{
	char fresh[FILE_PATH_MAX];
	const int n = snprintf(fresh, sizeof fresh, "%s" FILE_NEW_SUFFIX, path);
	if (n < 0 || (size_t)n >= sizeof fresh)
		return -ENAMETOOLONG;
	unlink(fresh); /* of an end in between, or somebody's link */
	const int fd = open(fresh, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600);
	if (fd < 0)
		return -errno;
	int error = all_write(fd, text);
	if (error == 0 && care == FILE_DURABLE && fsync(fd) != 0)
		error = -errno;
	if (close(fd) != 0 && error == 0)
		error = -errno;
	if (error == 0 && rename(fresh, path) != 0)
		error = -errno;
	if (error != 0) {
		unlink(fresh);
		return error;
	}
	return care == FILE_DURABLE ? parent_sync(path) : 0;
}
