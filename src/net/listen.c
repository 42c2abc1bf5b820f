#include "net/listen.h"

#include <errno.h>
#include <fcntl.h>
#include <netdb.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#define FIRST_INHERITED 3 /* sd_listen_fds(3): SD_LISTEN_FDS_START */
#define BACKLOG 1024      /* the system cuts it to what it allows */

union address {
	struct sockaddr any;
	struct sockaddr_in v4;
	struct sockaddr_in6 v6;
	struct sockaddr_un un;
	struct sockaddr_storage room;
};

static int
fail(const char *words, char *why)
{
	snprintf(why, LISTEN_WHY_BYTES, "%s", words);
	return -1;
}

static int
fail_with_errno(char *why)
{
	switch (errno) {
	case EADDRINUSE:
		return fail("is in use by another program: end that, or name another port", why);
	case EACCES:
		return fail(
			"may not be used: ports below 1024 want root, or a proxy in front", why);
	case EADDRNOTAVAIL:
		return fail("is no address of this machine", why);
	default:
		return fail(strerror(errno), why);
	}
}

static int
open_at(const union address *address, socklen_t len, char *why)
{
	const int fd =
		socket(address->any.sa_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	const int yes = 1;
	if (fd < 0)
		return fail_with_errno(why);
	if ((address->any.sa_family != AF_UNIX &&
		    setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes) < 0) ||
		bind(fd, &address->any, len) < 0 || listen(fd, BACKLOG) < 0) {
		fail_with_errno(why);
		close(fd);
		return -1;
	}
	return fd;
}

/* Does nobody listen there any more? Then the socket was left behind. */
static bool
is_left_behind(const union address *address, socklen_t len)
{
	struct stat st = {.st_mode = 0}; /* MemorySanitizer does not see stat() fill it */
	if (lstat(address->un.sun_path, &st) < 0 || !S_ISSOCK(st.st_mode))
		return false;
	const int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return false;
	const bool is_dead = connect(fd, &address->any, len) < 0 && errno == ECONNREFUSED;
	close(fd);
	return is_dead;
}

static int
open_unix(struct str path, char *why)
{
	union address address = {.un = {.sun_family = AF_UNIX}};
	if (path.len == 0 || path.len >= sizeof address.un.sun_path)
		return fail("is no path a socket can have (107 bytes at most)", why);
	memcpy(address.un.sun_path, path.ptr, path.len);
	const socklen_t len = (socklen_t)sizeof address.un;
	if (is_left_behind(&address, len))
		unlink(address.un.sun_path);
	return open_at(&address, len, why);
}

/* "host:port", "[v6]:port", ":port" as C strings; false when it is none of them. */
static bool
split(struct str where, char host[LISTEN_ADDRESS_BYTES_MAX], char port[6])
{
	size_t colon = where.len;
	while (colon > 0 && where.ptr[colon - 1] != ':')
		colon--;
	if (colon == 0)
		return false;
	const struct str digits = str_from(where, colon);
	struct str name = str_head(where, colon - 1);
	if (name.len > 0 && name.ptr[0] == '[')
		name = str_unwrap(name, '[', ']');
	else if (str_find_char(name, ':', 0) != STR_NPOS)
		return false; /* "::1:8025" may be read in two ways */
	if (name.len >= LISTEN_ADDRESS_BYTES_MAX || digits.len == 0 || digits.len > 5 ||
		str_number(digits, 65535) < 0)
		return false;
	for (size_t i = 0; i < digits.len; i++)
		if (!ascii_is_digit((unsigned char)digits.ptr[i]))
			return false;
	memcpy(host, name.ptr, name.len);
	host[name.len] = '\0';
	memcpy(port, digits.ptr, digits.len);
	port[digits.len] = '\0';
	return true;
}

const char *
listen_wrong(struct str where)
{
	char host[LISTEN_ADDRESS_BYTES_MAX], port[6];
	return str_starts(where, STR("unix:")) || split(where, host, port)
		       ? NULL
		       : "is no address: say ADDRESS:PORT, [IPV6]:PORT, :PORT or unix:PATH";
}

int
listen_open(struct str where, char why[static LISTEN_WHY_BYTES])
{
	char host[LISTEN_ADDRESS_BYTES_MAX], port[6];
	if (str_starts(where, STR("unix:")))
		return open_unix(str_from(where, 5), why);
	if (!split(where, host, port))
		return fail(listen_wrong(where), why);
	const bool is_any = host[0] == '\0';
	const struct addrinfo hints = {.ai_family = is_any ? AF_INET6 : AF_UNSPEC,
		.ai_socktype = SOCK_STREAM,
		.ai_flags = AI_PASSIVE | AI_NUMERICSERV};
	struct addrinfo *list = NULL;
	int found = getaddrinfo(is_any ? "::" : host, port, &hints, &list);
	if (found != 0) {
		snprintf(why, LISTEN_WHY_BYTES, "cannot be looked up: %s", gai_strerror(found));
		return -1;
	}
	union address address = {.room = {.ss_family = AF_UNSPEC}};
	memcpy(&address, list->ai_addr, list->ai_addrlen);
	const socklen_t len = list->ai_addrlen;
	freeaddrinfo(list);
	const int fd = open_at(&address, len, why);
	if (fd >= 0 || !is_any || errno == EADDRINUSE)
		return fd;
	/* a machine without IPv6 */
	const union address all = {.v4 = {.sin_family = AF_INET, .sin_port = address.v6.sin6_port}};
	return open_at(&all, sizeof all.v4, why);
}

static int64_t
environment_number(const char *name)
{
	const char *const text = getenv(name);
	return text != NULL ? str_number(str_of(text), INT32_MAX) : -1;
}

size_t
listen_inherited(int *fds, size_t most)
{
	if (environment_number("LISTEN_PID") != (int64_t)getpid())
		return 0;
	const int64_t given = environment_number("LISTEN_FDS");
	size_t count = 0;
	for (int fd = FIRST_INHERITED; fd < FIRST_INHERITED + given && count < most; fd++) {
		int is_listening = 0;
		socklen_t len = sizeof is_listening;
		if (getsockopt(fd, SOL_SOCKET, SO_ACCEPTCONN, &is_listening, &len) < 0 ||
			is_listening == 0 || fcntl(fd, F_SETFD, FD_CLOEXEC) < 0 ||
			fcntl(fd, F_SETFL, O_NONBLOCK) < 0)
			continue;
		fds[count++] = fd;
	}
	return count;
}

void
listen_name(int fd, char name[static LISTEN_ADDRESS_BYTES_MAX])
{
	union address address = {.room = {.ss_family = AF_UNSPEC}};
	socklen_t len = sizeof address;
	char host[LISTEN_ADDRESS_BYTES_MAX - 16], port[6];
	name[0] = '\0';
	if (getsockname(fd, &address.any, &len) < 0)
		return;
	if (address.any.sa_family == AF_UNIX)
		snprintf(name, LISTEN_ADDRESS_BYTES_MAX, "unix:%s", address.un.sun_path);
	else if (getnameinfo(&address.any, len, host, sizeof host, port, sizeof port,
			 NI_NUMERICHOST | NI_NUMERICSERV) == 0)
		snprintf(name, LISTEN_ADDRESS_BYTES_MAX,
			address.any.sa_family == AF_INET6 ? "[%s]:%s" : "%s:%s", host, port);
}
