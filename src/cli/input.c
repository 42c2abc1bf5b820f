#include "cli/cli.h"

#include "cli/feed.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define FIRST_ROOM_BYTES ((size_t)64 << 10)
#define LEAST_ROOM_BYTES ((size_t)4096)
#define INPUT_BYTES_MAX ((size_t)256 << 20) /* no mail server takes mails of that size */

void
complain(const char *what, const char *why)
{
	fflush(stdout);
	fputs("nixie: ", stderr);
	for (; *what != '\0'; what++)
		fputc(shown_char(*what), stderr);
	fprintf(stderr, ": %s\n", why);
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
read_all(struct feed *s, struct input *in)
{
	for (in->len = 0;;) {
		if (in->len > INPUT_BYTES_MAX)
			return "is larger than 256 MiB; `nixie parse` takes mailboxes";
		if (!make_room(in, in->len + LEAST_ROOM_BYTES))
			return "not enough memory for it";
		const size_t n = feed_read(s, in->bytes + in->len, in->room - in->len);
		if (n == 0)
			return s->why;
		in->len += n;
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
	struct stat st = {.st_size = 0};
	struct feed s;
	const char *why = "is a folder; name the files in it, e.g. FOLDER/*.eml";
	feed_init(&s, NULL, NULL);
	feed_open(&s, fd, false, 0);
	if (fstat(fd, &st) != 0 || !S_ISDIR(st.st_mode))
		why = read_all(&s, in);
	if (why != NULL)
		complain(name, why);
	/* What could be unpacked is better than nothing. */
	const bool is_good = why == NULL || (why == s.why && s.unpack != NULL && in->len > 0);
	feed_fini(&s);
	return is_good;
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
