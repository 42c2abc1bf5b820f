/* control_ask - the commands' side of control.h */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "nixied/control.h"

static bool
send_all(int fd, const char *bytes, size_t len)
{
	while (len > 0) {
		const ssize_t n = send(fd, bytes, len, MSG_NOSIGNAL);
		if (n < 0 && errno != EINTR)
			return false;
		bytes += n > 0 ? n : 0;
		len -= n > 0 ? (size_t)n : 0;
	}
	return true;
}

/* Its first line is the exit code. */
static int
hear(int fd, control_take *take, void *to)
{
	char room[65536];
	int code = -1;
	size_t head = 0;
	bool in_head = true;
	char digits[8] = "";
	for (ssize_t n; (n = recv(fd, room, sizeof room, 0)) != 0;) {
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -1;
		ssize_t at = 0;
		while (in_head && at < n) {
			const char c = room[at++];
			if (c == '\n') {
				in_head = false;
				code = (int)str_number(str_of(digits), 255);
			} else if (head + 1 < sizeof digits) {
				digits[head++] = c;
			}
		}
		if (at < n)
			take(to, str_between(room + at, room + n));
	}
	return code;
}

int
control_ask(const char *path, const struct str *words, size_t count, control_take *take, void *to)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	if (strlen(path) >= sizeof address.sun_path)
		return -1;
	memcpy(address.sun_path, path, strlen(path));
	const int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return -1;
	bool ok = connect(fd, (const struct sockaddr *)&address, sizeof address) == 0;
	for (size_t i = 0; ok && i < count; i++)
		ok = send_all(fd, words[i].ptr, words[i].len) && send_all(fd, "", 1);
	const int code = ok && shutdown(fd, SHUT_WR) == 0 ? hear(fd, take, to) : -1;
	close(fd);
	return code;
}

static void
print(void *to, struct str piece)
{
	fwrite(piece.ptr, 1, piece.len, to);
}

int
control_show(const char *path, char *const *words, size_t count)
{
	struct str list[CONTROL_WORDS_MAX];
	for (size_t i = 0; i < count && i < CONTROL_WORDS_MAX; i++)
		list[i] = str_of(words[i]);
	return control_ask(
		path, list, count < CONTROL_WORDS_MAX ? count : CONTROL_WORDS_MAX, print, stdout);
}
