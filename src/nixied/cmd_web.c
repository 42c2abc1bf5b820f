/* nixied web - the operator's pages, beside those for everybody */
#include "desk/desk.h"
#include "nixied/check.h"
#include "nixied/control.h"
#include "nixied/logs.h"
#include "serve/server.h"

#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <stdio.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#define LISTEN_AT "127.0.0.1:8026"
#define TOKEN_FILE "web.token"
#define TOKEN_RANDOM_BYTES 16

static const char usage[] =
	"Usage: nixied web [OPTION]...\n"
	"Serves the operator's pages, at /operator: what failed and when, what needs a hand, the\n"
	"queue, and why. Beside them stand the pages of `nixie web`. It reads the log and asks "
	"the\n"
	"server that runs. Over a socket of the file system its rights decide who may come; over\n"
	"TCP, a token that stands in web.token in data_directory.\n"
	"\n"
	"  --listen ADDR        127.0.0.1:8026 (the default), [::1]:8026 or unix:PATH; again\n"
	"  -c, --config FILE    the configuration; else $NIXIED_CONF, else " NIXIED_CONF_DEFAULT
	"\n"
	"  -h, --help           this help\n";

struct job {
	struct conf conf;
	struct desk desk;
	struct settings settings;
	char host[256];
	char control[FOLDER_PATH_MAX], token_path[FOLDER_PATH_MAX];
	char token[DESK_TOKEN_BYTES_MAX + 2];
};

static bool
fault(const char *what, const char *why)
{
	fprintf(stderr, "nixied web: %s: %s\n", what, why);
	return false;
}

/* ---- what the pages show ----------------------------------------------------------------------
 */

static void
take_piece(void *to, struct str piece)
{
	buf_add(to, piece);
}

static int
ask(void *to, const struct str *words, size_t count, struct buf *answer)
{
	const struct job *const job = to;
	return control_ask(job->control, words, count, take_piece, answer);
}

/* Files that were last written before that time have nothing that is asked for. */
static void
leave_old_out(struct logs *logs, int64_t since_ms)
{
	size_t kept = 0;
	for (size_t i = 0; i < logs->count; i++) {
		struct stat st = {.st_mtime = 0};
		if (stat(logs->files[i].path, &st) == 0 && since_ms / 1000 > (int64_t)st.st_mtime)
			continue;
		logs->files[kept++] = logs->files[i];
	}
	logs->count = kept;
}

static bool
read_log(void *to, int64_t since_ms, desk_line *line, void *line_to,
	char error[static DESK_ERROR_BYTES])
{
	const struct job *const job = to;
	const struct str log = job->conf.config.values[SETTING_log_file].text;
	struct logs logs;
	if (log.len == 0) {
		snprintf(error, DESK_ERROR_BYTES,
			"The log goes to standard error, where this page cannot read it: set "
			"log_file.");
		return false;
	}
	logs_init(&logs);
	const struct str path = arena_str(&logs.arena, log);
	bool ok = path.ptr != NULL && logs_add_rotated(&logs, path.ptr, error);
	if (ok) {
		leave_old_out(&logs, since_ms);
		ok = logs_read(&logs, line, line_to, error);
	}
	logs_fini(&logs);
	return ok;
}

static int64_t
now_ms(void *to)
{
	struct timespec now = {0};
	(void)to;
	clock_gettime(CLOCK_REALTIME, &now);
	return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

/* ---- the token --------------------------------------------------------------------------------
 */

static bool
write_token(struct job *job)
{
	static const char digits[] = "0123456789abcdef";
	unsigned char random[TOKEN_RANDOM_BYTES];
	if (getrandom(random, sizeof random, 0) != sizeof random)
		return fault(TOKEN_FILE, "the system has no random bytes");
	for (size_t i = 0; i < sizeof random; i++) {
		job->token[2 * i] = digits[random[i] >> 4];
		job->token[2 * i + 1] = digits[random[i] & 15];
	}
	const size_t len = 2 * sizeof random;
	job->token[len] = '\n';
	const int fd = open(job->token_path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	const bool ok = fd >= 0 && write(fd, job->token, len + 1) == (ssize_t)(len + 1);
	const int error = errno;
	if (fd >= 0)
		close(fd);
	if (!ok)
		return fault(job->token_path, strerror(error));
	job->desk.token = (struct str){job->token, len};
	return true;
}

static bool
read_token(struct job *job)
{
	struct stat st = {.st_mode = 0};
	const int fd = open(job->token_path, O_RDONLY | O_CLOEXEC);
	if (fd < 0 && errno == ENOENT)
		return write_token(job);
	const ssize_t n = fd < 0 ? -1 : read(fd, job->token, sizeof job->token - 1);
	const bool is_open = fd >= 0 && fstat(fd, &st) == 0 && (st.st_mode & S_IROTH) != 0;
	const int error = errno;
	if (fd >= 0)
		close(fd);
	if (n < 0)
		return fault(job->token_path, strerror(error));
	if (is_open)
		return fault(job->token_path, "everybody may read it: chmod 600 it, and write "
					      "another token into it, since this one may be known");
	job->desk.token = str_trim((struct str){job->token, (size_t)n});
	for (size_t i = 0; i < job->desk.token.len; i++)
		if (!ascii_is_alnum((unsigned char)job->desk.token.ptr[i]))
			return fault(job->token_path, "a token is of letters and digits; take it "
						      "away, and a new one is made");
	if (job->desk.token.len < DESK_TOKEN_BYTES_MIN ||
		job->desk.token.len > DESK_TOKEN_BYTES_MAX)
		return fault(job->token_path, "a token has 16 to 128 letters and digits; take it "
					      "away, and a new one is made");
	return true;
}

/* ---- serving ----------------------------------------------------------------------------------
 */

static void
tell_addresses(void *to, char (*names)[LISTEN_ADDRESS_BYTES_MAX], size_t count)
{
	const struct job *const job = to;
	const bool is_person = isatty(STDOUT_FILENO);
	for (size_t i = 0; i < count; i++) {
		if (strncmp(names[i], "unix:", 5) == 0)
			printf("nixied: listening on %s\n", names[i]);
		/* A log is no place for it. */
		else if (is_person)
			printf("nixied: open http://%s" DESK_PATH "?token=%.*s\n", names[i],
				(int)job->desk.token.len, job->desk.token.ptr);
		else
			printf("nixied: listening on http://%s" DESK_PATH "; the token is in %s\n",
				names[i], job->token_path);
	}
	fflush(stdout);
}

static bool
options_take(struct job *job, int argc, char **argv, const char **config, int *code)
{
	static const struct option options[] = {{"listen", required_argument, NULL, 'l'},
		{"config", required_argument, NULL, 'c'}, {"help", no_argument, NULL, 'h'},
		{NULL, 0, NULL, 0}};
	const char *why;
	*code = EXIT_USAGE;
	for (int c; (c = getopt_long(argc, argv, "c:h", options, NULL)) != -1;) {
		switch (c) {
		case 'l':
			why = settings_listen(&job->settings, str_of(optarg));
			if (why != NULL)
				return fault(optarg, why);
			break;
		case 'c':
			*config = optarg;
			break;
		case 'h':
			fputs(usage, stdout);
			*code = EXIT_DONE;
			return false;
		default:
			fputs("Try: nixied web --help\n", stderr);
			return false;
		}
	}
	if (optind < argc)
		return fault(argv[optind], "`nixied web` takes options only");
	return true;
}

static int
run(struct job *job)
{
	static struct findings unused;
	struct server_trouble trouble;
	if (!conf_path(&job->conf, CONTROL_SOCKET, job->control) ||
		!conf_path(&job->conf, TOKEN_FILE, job->token_path) || !read_token(job))
		return EXIT_TROUBLE;
	unused = (struct findings){.arena = &job->conf.arena};
	check_host(&job->conf.config, job->host, &unused);
	job->desk.host = str_of(job->host);
	job->desk.source = (struct desk_source){job, ask, read_log, now_ms};
	job->settings.more = desk_answer;
	job->settings.more_to = &job->desk;
	if (job->settings.listen_count == 0)
		settings_listen(&job->settings, STR(LISTEN_AT));
	if (serve_run(&job->settings, tell_addresses, job, &trouble))
		return EXIT_DONE;
	fault(trouble.what, trouble.why);
	return EXIT_TROUBLE;
}

int
cmd_web(int argc, char **argv)
{
	static struct job job;
	const char *config = NULL;
	int code;
	serve_settings_init(&job.settings);
	if (!options_take(&job, argc, argv, &config, &code))
		return code;
	if (!conf_read(&job.conf, config))
		return EXIT_NO;
	code = run(&job);
	conf_free(&job.conf);
	return code;
}
