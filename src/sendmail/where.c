/* where - the server that takes this host's mail */
#include <errno.h>
#include <netdb.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "config/config.h"
#include "sendmail/sendmail.h"

#define CONF_DEFAULT "/etc/nixie/nixied.conf"
#define CONF_BYTES_MAX ((size_t)1 << 20)
#define ARENA_BYTES ((size_t)16 << 20)
#define WHERE_DEFAULT "127.0.0.1:25"

/* The file; false when it cannot be read, which is no harm unless somebody named it. */
static bool
file_read(const char *path, bool is_named, struct buf *text)
{
	FILE *const f = fopen(path, "rbe");
	if (f == NULL) {
		if (is_named)
			complain("%s: %s", path, strerror(errno));
		return false;
	}
	char room[8192];
	for (size_t n; (n = fread(room, 1, sizeof room, f)) > 0;)
		buf_add(text, (struct str){room, n});
	fclose(f);
	return !buf_failed(text);
}

/* "0.0.0.0:25" is where it listens; this host reaches it at the loopback. */
static void
loopback(struct str address, char where[static WHERE_BYTES_MAX])
{
	static const struct {
		struct str all, here;
	} same[] = {{STR_INIT("0.0.0.0:"), STR_INIT("127.0.0.1:")},
		{STR_INIT("[::]:"), STR_INIT("[::1]:")}, {STR_INIT("*:"), STR_INIT("127.0.0.1:")},
		{STR_INIT(":"), STR_INIT("127.0.0.1:")}};
	struct str head = STR("");
	for (size_t i = 0; i < sizeof same / sizeof *same && head.len == 0; i++)
		if (str_starts(address, same[i].all)) {
			head = same[i].here;
			address = str_from(address, same[i].all.len);
		}
	snprintf(where, WHERE_BYTES_MAX, "%.*s%.*s", (int)head.len, head.ptr, (int)address.len,
		address.ptr);
}

/* The first listener that takes mail from this host without a login and without TLS from the first
 * byte; a socket of the file system before the others. */
static void
listener_find(const struct config *config, char where[static WHERE_BYTES_MAX])
{
	enum { KIND_SMTP = 0, TLS_REQUIRED = 1, TLS_IMMEDIATE = 2 };
	bool has_found = false;
	for (size_t i = 0; i < config->listener_count; i++) {
		const struct config_value *const v = config->listeners[i].values;
		const struct str address = v[SETTING_address].text;
		const bool is_local = str_starts(address, STR("unix:"));
		const bool takes = v[SETTING_kind].number == KIND_SMTP &&
				   v[SETTING_require_auth].number == 0 &&
				   v[SETTING_tls].number != TLS_REQUIRED &&
				   v[SETTING_tls].number != TLS_IMMEDIATE;
		if (!takes || (has_found && !is_local))
			continue;
		loopback(address, where);
		has_found = true;
		if (is_local)
			return;
	}
}

bool
where_find(const char *conf_path, char where[static WHERE_BYTES_MAX],
	char host[static WHERE_BYTES_MAX])
{
	const char *const named = conf_path != NULL ? conf_path : getenv("NIXIED_CONF");
	const char *const submit = getenv("NIXIE_SUBMIT");
	struct buf text;
	struct arena a;
	static struct config config;
	struct config_complaints complaints;
	snprintf(where, WHERE_BYTES_MAX, "%s", WHERE_DEFAULT);
	host[0] = '\0';
	buf_init(&text, CONF_BYTES_MAX);
	arena_init(&a, ARENA_BYTES);
	const bool is_read = file_read(named != NULL ? named : CONF_DEFAULT, named != NULL, &text);
	/* What is wrong in it is `nixied check`'s to tell; what is right is used. */
	if (is_read) {
		config_parse(buf_str(&text), &a, &config, &complaints);
		listener_find(&config, where);
		const struct str name = config.values[SETTING_hostname].text;
		snprintf(
			host, WHERE_BYTES_MAX, "%.*s", (int)name.len, name.len > 0 ? name.ptr : "");
	}
	arena_fini(&a);
	buf_fini(&text);
	if (submit != NULL && submit[0] != '\0')
		loopback(str_of(submit), where);
	if (host[0] == '\0' && gethostname(host, WHERE_BYTES_MAX - 1) != 0)
		snprintf(host, WHERE_BYTES_MAX, "localhost");
	return is_read || named == NULL;
}

/* ---- connecting */

static int
connect_unix(const char *path)
{
	struct sockaddr_un un = {.sun_family = AF_UNIX};
	if (strlen(path) >= sizeof un.sun_path) {
		errno = ENAMETOOLONG;
		return -1;
	}
	memcpy(un.sun_path, path, strlen(path) + 1);
	const int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (fd < 0 || connect(fd, (const struct sockaddr *)&un, sizeof un) == 0)
		return fd;
	const int why = errno;
	close(fd);
	errno = why;
	return -1;
}

/* "127.0.0.1:25", "[::1]:25", "localhost:25". */
static int
connect_inet(const char *where, const char **why)
{
	char host[WHERE_BYTES_MAX];
	snprintf(host, sizeof host, "%s", where);
	char *const colon = strrchr(host, ':');
	if (colon == NULL || colon == host || colon[1] == '\0') {
		*why = "no address: write ADDRESS:PORT, [IPV6]:PORT or unix:PATH";
		return -1;
	}
	*colon = '\0';
	char *name = host;
	if (host[0] == '[' && colon[-1] == ']') {
		colon[-1] = '\0';
		name = host + 1;
	}
	const struct addrinfo hints = {.ai_socktype = SOCK_STREAM};
	struct addrinfo *all = NULL;
	const int rc = getaddrinfo(name, colon + 1, &hints, &all);
	if (rc != 0) {
		*why = gai_strerror(rc);
		return -1;
	}
	int fd = -1;
	for (const struct addrinfo *one = all; one != NULL && fd < 0; one = one->ai_next) {
		fd = socket(one->ai_family, SOCK_STREAM | SOCK_CLOEXEC, one->ai_protocol);
		if (fd < 0 || connect(fd, one->ai_addr, one->ai_addrlen) == 0)
			continue;
		*why = strerror(errno);
		close(fd);
		fd = -1;
	}
	freeaddrinfo(all);
	return fd;
}

int
where_connect(const char *where)
{
	const char *why = NULL;
	const bool is_unix = str_starts(str_of(where), STR("unix:"));
	const int fd = is_unix ? connect_unix(where + 5) : connect_inet(where, &why);
	if (fd < 0)
		complain("no server answers at %s: %s. Nothing was sent; is nixied running?", where,
			why != NULL ? why : strerror(errno));
	return fd;
}
