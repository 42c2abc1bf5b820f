/* nixie-sendmail - mail of programs, as they have always handed it over */
#include <errno.h>
#include <pwd.h>
#include <spawn.h>
#include <stdio.h>
#include <string.h>
#include <sys/random.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "sendmail/sendmail.h"

#define ARENA_BYTES ((size_t)64 << 20)

static bool
is_dot(struct str line)
{
	return str_eq(line, STR(".")) || str_eq(line, STR(".\r"));
}

/* Standard input to its end, or to a line with a dot alone. */
static bool
input_read(bool ignores_dots, struct buf *text)
{
	static char room[65536];
	bool is_ended = false;
	size_t looked = 0;
	while (!is_ended && !buf_failed(text)) {
		const ssize_t n = read(STDIN_FILENO, room, sizeof room);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0) {
			complain("the message could not be read: %s", strerror(errno));
			return false;
		}
		if (n == 0)
			break;
		buf_add(text, (struct str){room, (size_t)n});
		for (size_t end; !ignores_dots && !is_ended &&
				 (end = str_find_char(buf_str(text), '\n', looked)) != STR_NPOS;
			looked = is_ended ? looked : end + 1)
			is_ended = is_dot(str_head(str_from(buf_str(text), looked), end - looked));
	}
	if (buf_failed(text))
		complain("the message is larger than may be (1 GiB)");
	/* The last line may come without an end. */
	if (is_ended || (!ignores_dots && is_dot(str_from(buf_str(text), looked))))
		text->len = looked;
	return !buf_failed(text);
}

/* "Sun, 22 Nov 2026 09:00:00 +0000": RFC 5322 s3.3, in no locale. */
static struct str
date_now(char room[64])
{
	static const char *const days[] = {"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};
	static const char *const months[] = {
		"Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
	const time_t now = time(NULL);
	struct tm tm = {0};
	gmtime_r(&now, &tm);
	const int len = snprintf(room, 64, "%s, %d %s %d %02d:%02d:%02d +0000", days[tm.tm_wday],
		tm.tm_mday, months[tm.tm_mon], tm.tm_year + 1900, tm.tm_hour, tm.tm_min, tm.tm_sec);
	return (struct str){room, (size_t)len};
}

static struct str
id_new(struct str host, char room[WHERE_BYTES_MAX + 64])
{
	unsigned char random[8] = {0};
	if (getrandom(random, sizeof random, 0) != sizeof random)
		memcpy(random, &(pid_t){getpid()}, sizeof(pid_t));
	int len = snprintf(room, 32, "%lld.", (long long)time(NULL));
	for (size_t i = 0; i < sizeof random; i++)
		len += snprintf(room + len, 3, "%02x", random[i]);
	len += snprintf(room + len, WHERE_BYTES_MAX + 16, "@%.*s", (int)host.len, host.ptr);
	return (struct str){room, (size_t)len};
}

/* Who calls: "john", and "John Doe" of the GECOS field. */
static void
caller(struct arena *a, struct str *user, struct str *full_name)
{
	const struct passwd *const p = getpwuid(getuid());
	*user = p != NULL ? arena_str(a, str_of(p->pw_name)) : STR("nobody");
	struct str gecos = p != NULL ? str_of(p->pw_gecos) : STR_NONE;
	*full_name = arena_str(a, str_cut(&gecos, ','));
}

/* ADDRESS, or a name with this host's. */
static struct str
qualify(struct arena *a, struct str address, struct str host)
{
	return address.len == 0 || str_find_char(address, '@', 0) != STR_NPOS
		       ? address
		       : arena_join(a, address, STR("@"), host);
}

static int
send_message(const struct options *o, const char *where, struct str host, struct arena *a,
	struct buf *input, struct buf *message)
{
	char date[64], id[WHERE_BYTES_MAX + 64];
	struct str user, full_name;
	struct recipients r = {.a = a, .host = host};
	caller(a, &user, &full_name);
	const struct str sender = qualify(a, str_is_set(o->sender) ? o->sender : user, host);
	for (int i = 0; i < o->operand_count; i++)
		recipients_add(&r, str_of(o->operands[i]));
	if (r.count == 0 && !o->reads_recipients) {
		complain("to whom? Name recipients, or use -t to take those of the message");
		return EXIT_USAGE;
	}
	if (!input_read(o->ignores_dots, input))
		return EXIT_NO_INPUT;
	const struct message_facts facts = {.sender = sender,
		.full_name = str_is_set(o->full_name) ? o->full_name : full_name,
		.host = host,
		.date = date_now(date),
		.id = id_new(host, id),
		.reads_recipients = o->reads_recipients};
	message_complete(buf_str(input), &facts, &r, message);
	if (buf_failed(message) || arena_failed(a) || r.is_too_many) {
		complain("%s", r.is_too_many ? "more recipients than one message may have (50000)"
					     : "not enough memory for the message");
		return EXIT_OS;
	}
	if (r.count == 0) {
		complain("to nobody: the message has no address in To, Cc or Bcc. It was not sent");
		return EXIT_NO_DATA;
	}
	return submit(o, where, host, sender, &r, buf_str(message));
}

extern char **environ;

#define CONF_PATH_MAX 4096

/* nixied lies beside this program, and sbin is not in the PATH of cron, PHP and most people; one in
 * PATH is as good. An error number, or 0. */
static int
nixied_spawn(pid_t *child, char *const words[])
{
	static const char name[] = "nixied";
	char path[CONF_PATH_MAX];
	const ssize_t n = readlink("/proc/self/exe", path, sizeof path - sizeof name);
	size_t at = n > 0 ? (size_t)n : 0;
	while (at > 0 && path[at - 1] != '/')
		at--;
	memcpy(path + at, name, sizeof name);
	const int error = at > 0 ? posix_spawn(child, path, NULL, NULL, words, environ) : ENOENT;
	return error == 0 ? 0 : posix_spawnp(child, name, NULL, NULL, words, environ);
}

/* `nixied queue` says with 1 that nothing waits, which is no failure of mailq. */
static int
queue_show(const char *conf_path)
{
	char name[] = "nixied", action[] = "queue", option[] = "-c", path[CONF_PATH_MAX] = "";
	char *const words[] = {name, action, conf_path != NULL ? option : NULL, path, NULL};
	pid_t child;
	int status = 0;
	if (conf_path != NULL &&
		(size_t)snprintf(path, sizeof path, "%s", conf_path) >= sizeof path) {
		complain("%s: is too long a path", conf_path);
		return EXIT_CONFIG;
	}
	const int error = nixied_spawn(&child, words);
	if (error != 0) {
		complain("nixied, which knows what waits, is not beside this program and not in "
			 "PATH: %s",
			strerror(error));
		return EXIT_OS;
	}
	while (waitpid(child, &status, 0) < 0 && errno == EINTR)
		;
	if (WIFEXITED(status) && WEXITSTATUS(status) <= 1)
		return EXIT_SENT;
	return WIFEXITED(status) && WEXITSTATUS(status) == 2 ? EXIT_CONFIG : EXIT_TRY_LATER;
}

int
main(int argc, char **argv)
{
	struct options o;
	char where[WHERE_BYTES_MAX], host[WHERE_BYTES_MAX];
	int code = EXIT_USAGE;
	if (!options_read(argc, argv, &o, &code))
		return code;
	if (o.mode == MODE_ALIASES || o.mode == MODE_NOTHING)
		return EXIT_SENT; /* the directory needs no rebuilding, the queue no pushing */
	if (o.mode == MODE_QUEUE)
		return queue_show(o.conf_path);
	if (!where_find(o.conf_path, where, host))
		return EXIT_CONFIG;
	if (o.mode == MODE_SESSION)
		return session_run(where);
	struct arena a;
	struct buf input, message;
	arena_init(&a, ARENA_BYTES);
	buf_init(&input, MESSAGE_BYTES_MAX);
	buf_init(&message, MESSAGE_BYTES_MAX + (1 << 20));
	code = send_message(&o, where, str_of(host), &a, &input, &message);
	buf_fini(&input);
	buf_fini(&message);
	arena_fini(&a);
	return code;
}
