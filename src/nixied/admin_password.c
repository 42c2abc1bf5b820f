/* admin_password - a password from a file or a person, never from the command line */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <termios.h>
#include <unistd.h>

#include "nixied/admin.h"
#include "smtp/scram.h"

void
password_wipe(char room[PASSWORD_ROOM])
{
	scram_cleanse(room, PASSWORD_ROOM);
}

/* The first line, without its end. False when it is longer than a password may be. */
static bool
line_read(int fd, char room[PASSWORD_ROOM], struct str *out)
{
	size_t n = 0;
	while (n < PASSWORD_ROOM) {
		const ssize_t got = read(fd, room + n, 1);
		if (got < 0 && errno == EINTR)
			continue;
		if (got <= 0 || room[n] == '\n')
			break;
		n++;
	}
	if (n > 0 && room[n - 1] == '\r')
		n--;
	*out = (struct str){room, n};
	return n <= DIRECTORY_PASSWORD_MAX;
}

static bool
from_file(const char *path, char room[PASSWORD_ROOM], struct str *out)
{
	const bool is_stdin = strcmp(path, "-") == 0;
	const int fd = is_stdin ? STDIN_FILENO : open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0) {
		admin_complain("%s: %s", path, strerror(errno));
		return false;
	}
	const bool ok = line_read(fd, room, out);
	if (!is_stdin)
		close(fd);
	if (!ok || out->len == 0)
		admin_complain("%s: its first line must be a password of 1 to %d bytes", path,
			DIRECTORY_PASSWORD_MAX);
	return ok && out->len > 0;
}

/* Once, without showing it. */
static bool
ask_once(int tty, const char *words, char room[PASSWORD_ROOM], struct str *out)
{
	struct termios shown;
	if (tcgetattr(tty, &shown) != 0)
		return false;
	struct termios hidden = shown;
	hidden.c_lflag &= ~(tcflag_t)ECHO;
	hidden.c_lflag |= ECHONL;
	/* Hidden before it is asked for: what is typed at once is not shown, and not thrown away.
	 */
	const bool ok = tcsetattr(tty, TCSAFLUSH, &hidden) == 0 &&
			write(tty, words, strlen(words)) >= 0 && line_read(tty, room, out);
	tcsetattr(tty, TCSADRAIN, &shown);
	return ok;
}

bool
password_get(const struct admin *o, bool is_needed, char room[PASSWORD_ROOM], struct str *out)
{
	char again[PASSWORD_ROOM];
	struct str second;
	*out = STR_NONE;
	if (o->password_file != NULL)
		return from_file(o->password_file, room, out);
	const int tty =
		isatty(STDIN_FILENO) == 1 ? open("/dev/tty", O_RDWR | O_CLOEXEC | O_NOCTTY) : -1;
	if (tty < 0) {
		if (is_needed)
			admin_complain("no terminal to ask for the password: give it with "
				       "--password-file FILE, where - is standard input");
		return !is_needed;
	}
	bool ok =
		ask_once(tty, "Password: ", room, out) && ask_once(tty, "Again: ", again, &second);
	close(tty);
	if (!ok || out->len == 0)
		admin_complain("a password has 1 to %d bytes", DIRECTORY_PASSWORD_MAX);
	else if (!str_eq(*out, second))
		admin_complain("the two are not the same: nothing was changed");
	ok = ok && out->len > 0 && str_eq(*out, second);
	scram_cleanse(again, sizeof again);
	return ok;
}
