/* test_file - a file is written anew, or stays as it was */
#include "net/file.h"
#include "tap.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

static char base[] = "file-test.XXXXXX";

static struct str
content(const char *path)
{
	static char room[100];
	const int fd = open(path, O_RDONLY);
	const ssize_t n = fd < 0 ? -1 : read(fd, room, sizeof room);
	if (fd >= 0)
		close(fd);
	return n < 0 ? STR_NONE : (struct str){room, (size_t)n};
}

int
main(void)
{
	char path[100], fresh[110], other[100], longer[FILE_PATH_MAX + 1];
	struct stat st = {0};
	if (mkdtemp(base) == NULL)
		return 2;
	snprintf(path, sizeof path, "%s/counts", base);
	snprintf(fresh, sizeof fresh, "%s.new", path);
	snprintf(other, sizeof other, "%s/other", base);
	tap_is_int(file_replace(path, STR("one\n"), FILE_HINT), 0, "a new file");
	tap_is_str(content(path), STR("one\n"), "... has the text");
	tap_ok(stat(path, &st) == 0 && (st.st_mode & 0777) == 0600, "... for its owner alone");
	tap_is_int(file_replace(path, STR("two\n"), FILE_DURABLE), 0, "written anew");
	tap_is_str(content(path), STR("two\n"), "... it has the other");
	tap_ok(access(fresh, F_OK) != 0, "... and nothing is left beside it");
	tap_is_int(file_replace(path, STR(""), FILE_DURABLE), 0, "empty, too");
	tap_is_str(content(path), STR(""), "... which it then is");

	/* What stands in the way. */
	tap_is_int(file_replace(other, STR("mine\n"), FILE_HINT), 0, "somebody's file");
	tap_ok(symlink("other", fresh) == 0, "... and a link to it, where the new one is written");
	tap_is_int(file_replace(path, STR("three\n"), FILE_HINT), 0, "the link is not followed");
	tap_is_str(content(other), STR("mine\n"), "... that file is as it was");
	tap_is_str(content(path), STR("three\n"), "... and ours is written");
	tap_ok(mkdir(fresh, 0700) == 0, "a folder of that name");
	tap_is_int(
		file_replace(path, STR("four\n"), FILE_HINT), -EEXIST, "is a failure with a name");
	tap_is_str(content(path), STR("three\n"), "... after which it is as it was");
	rmdir(fresh);
	unlink(path);
	tap_ok(mkdir(path, 0700) == 0, "a folder where it should be");
	tap_is_int(file_replace(path, STR("five\n"), FILE_HINT), -EISDIR, "... is another");
	tap_ok(access(fresh, F_OK) != 0, "... and nothing is left of it");
	snprintf(path, sizeof path, "%s/nowhere/counts", base);
	tap_is_int(file_replace(path, STR("x"), FILE_DURABLE), -ENOENT, "there is no such folder");
	memset(longer, 'x', sizeof longer);
	longer[FILE_PATH_MAX - 5] = '\0';
	tap_is_int(file_replace(longer, STR("x"), FILE_HINT), -ENAMETOOLONG,
		"a name as long as it may be");
	longer[FILE_PATH_MAX - 5] = 'x';
	longer[FILE_PATH_MAX - 4] = '\0';
	tap_is_int(file_replace(longer, STR("x"), FILE_HINT), -ENAMETOOLONG, "... and longer");

	char command[100];
	snprintf(command, sizeof command, "rm -rf %s", base);
	tap_is_int(system(command), 0, "tidied up");
	return tap_done();
}
