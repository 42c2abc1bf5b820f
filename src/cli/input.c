#include "cli/cli.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define FIRST_ROOM_BYTES ((size_t)64 << 10)
#define INPUT_BYTES_MAX ((size_t)2 << 30) /* one message of more than 2 GiB is a mistake */

void
complain(const char *what, const char *why)
{
	fflush(stdout);
	fprintf(stderr, "nixie: %s: %s\n", what, why);
}

static bool
make_room(struct input *in, size_t want)
{
	if (want <= in->room)
		return true;
	size_t room = in->room == 0 ? FIRST_ROOM_BYTES : in->room;
	while (room < want)
		room *= 2;
	char *const bytes = realloc(in->bytes, room);
	if (bytes == NULL)
		return false;
	in->bytes = bytes;
	in->room = room;
	return true;
}

static const char *
read_all(int fd, struct input *in)
{
	struct stat st = {.st_size = 0};
	if (fstat(fd, &st) == 0) {
		if (S_ISDIR(st.st_mode))
			return "is a folder; name the files in it, e.g. FOLDER/*.eml";
		if (S_ISREG(st.st_mode) && st.st_size > 0 && !make_room(in, (size_t)st.st_size + 1))
			return "not enough memory for it";
	}
	in->len = 0;
	for (;;) {
		if (in->len > INPUT_BYTES_MAX)
			return "is larger than 2 GiB; split it into single messages";
		if (!make_room(in, in->len + 1))
			return "not enough memory for it";
		const ssize_t n = read(fd, in->bytes + in->len, in->room - in->len);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return strerror(errno);
		if (n == 0)
			return NULL;
		in->len += (size_t)n;
	}
}

bool
input_read(const char *path, struct input *in)
{
	const bool is_stdin = strcmp(path, "-") == 0;
	const char *const name = is_stdin ? "standard input" : path;
	const int fd = is_stdin ? STDIN_FILENO : open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0) {
		complain(name, errno == ENOENT ? "no such file; check the name" : strerror(errno));
		return false;
	}
	const char *const why = read_all(fd, in);
	if (!is_stdin)
		close(fd);
	if (why != NULL)
		complain(name, why);
	return why == NULL;
}

void
input_fini(struct input *in)
{
	free(in->bytes);
	*in = (struct input){NULL, 0, 0};
}

bool
stdout_sink(void *to, const char *bytes, size_t len)
{
	(void)to;
	return fwrite(bytes, 1, len, stdout) == len;
}

int
finish_output(int code)
{
	if (fflush(stdout) == 0 && !ferror(stdout))
		return code;
	/* A reader that has seen enough ("| head") is no failure worth a word. */
	if (errno != EPIPE)
		complain("standard output", strerror(errno));
	return EXIT_UNREADABLE;
}
