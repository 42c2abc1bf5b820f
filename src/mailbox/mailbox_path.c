/* mailbox_path - where an account's mail is */
#include "mailbox/maildir.h"

#include <stdio.h>

#define NAME_BYTES_MAX 255 /* NAME_MAX of every file system we care for */

/* Bytes that stand for themselves. A dot in front would hide it, or lead out. */
static bool
is_plain(int c, bool is_first)
{
	return ascii_is_alnum(c) || c == '_' || c >= 128 ||
	       (!is_first && (c == '.' || c == '-' || c == '+' || c == '='));
}

/* One name of a path; 0 when it is too long. */
static size_t
name_write(struct str name, char *to, size_t room)
{
	size_t len = 0;
	for (size_t i = 0; i < name.len; i++) {
		const int c = (unsigned char)name.ptr[i];
		const bool plain = is_plain(c, i == 0);
		if (len + (plain ? 1 : 3) >= room || len + (plain ? 1 : 3) > NAME_BYTES_MAX)
			return 0;
		if (plain)
			to[len++] = (char)ascii_lower(c);
		else
			len += (size_t)snprintf(to + len, room - len, "%%%02X", c);
	}
	to[len] = '\0';
	return len;
}

bool
mailbox_path(struct str base, struct str domain, struct str local, char path[MAILBOX_PATH_MAX])
{
	const struct str names[] = {domain, local};
	if (base.len == 0 || base.len >= MAILBOX_PATH_MAX)
		return false;
	memcpy(path, base.ptr, base.len);
	size_t len = base.len;
	for (size_t i = 0; i < 2; i++) {
		if (len + 2 >= MAILBOX_PATH_MAX)
			return false;
		path[len++] = '/';
		const size_t more = name_write(names[i], path + len, MAILBOX_PATH_MAX - len);
		if (more == 0)
			return false;
		len += more;
	}
	return true;
}
