/* nixied try - a session as a client would have it, and who decided what */
#include "eventlog/why.h"
#include "nixied/options.h"
#include "nixied/stage.h"
#include "receive/listener_settings.h"

#include <errno.h>
#include <getopt.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#define RECIPIENTS_MAX 100
#define SAYS_BYTES_MAX 1024
#define REPLIES_BYTES_MAX ((size_t)1 << 20)
#define WORDS_BYTES_MAX ((size_t)32 << 10)
#define MESSAGE_BYTES_MAX ((size_t)256 << 20)

static const char usage[] =
	"Usage: nixied try [OPTION]... --to ADDRESS\n"
	"Rehearses a session with the configuration and the directory as they are, and prints "
	"what\n"
	"is answered, and what decided. No mail is taken, and the server need not run.\n"
	"\n"
	"  --client IP          who connects (192.0.2.1, an address of nobody)\n"
	"  --helo NAME          what it calls itself (client.example)\n"
	"  --from ADDRESS       the sender (that of --user, else sender@client.example, who is\n"
	"                       nobody); <> is the null one\n"
	"  --to ADDRESS         a recipient; may be given several times\n"
	"  --message FILE       send this, - is standard input; without it DATA is not reached\n"
	"  --user ADDRESS       as if this account had signed in\n"
	"  --tls                as if the connection were encrypted, also where it need not be\n"
	"  --listener NAME      at which listener (the first of its kind)\n"
	"  -o text|json         for people; the events as the log has them, for programs (text)\n"
	"  -c, --config FILE    the configuration; else $NIXIED_CONF, else " NIXIED_CONF_DEFAULT
	"\n"
	"  -h, --help           this help\n"
	"\n"
	"Exit status: 0 everything was accepted, 1 something was refused.\n";

#define MADE_UP "sender@client.example"

struct job {
	const char *client, *helo, *from, *message, *user, *listener, *config;
	const char *to[RECIPIENTS_MAX];
	size_t to_count;
	bool is_tls, is_json, is_made_up; /* the sender */
	/* While it runs: */
	struct stage stage;
	struct rehearsal *session;
	struct buf replies, words;
	struct arena scratch;
	bool is_refused, is_closed;
};

static bool
fault(const char *what, const char *why)
{
	return option_fault("try", what, why);
}

/* ---- options ---- */

static bool
options_take(struct job *job, int argc, char **argv, int *code)
{
	enum { CLIENT = 256, HELO, FROM, TO, MESSAGE, USER, TLS, LISTENER };
	static const struct option options[] = {{"client", required_argument, NULL, CLIENT},
		{"helo", required_argument, NULL, HELO}, {"from", required_argument, NULL, FROM},
		{"to", required_argument, NULL, TO}, {"message", required_argument, NULL, MESSAGE},
		{"user", required_argument, NULL, USER}, {"tls", no_argument, NULL, TLS},
		{"listener", required_argument, NULL, LISTENER},
		{"config", required_argument, NULL, 'c'}, {"help", no_argument, NULL, 'h'},
		{NULL, 0, NULL, 0}};
	*code = EXIT_USAGE;
	for (int c; (c = getopt_long(argc, argv, "c:o:h", options, NULL)) != -1;) {
		switch (c) {
		case CLIENT:
			job->client = optarg;
			break;
		case HELO:
			job->helo = optarg;
			break;
		case FROM:
			job->from = strcmp(optarg, "<>") == 0 ? "" : optarg;
			break;
		case TO:
			if (job->to_count == RECIPIENTS_MAX)
				return fault("--to", "100 recipients are enough for a rehearsal");
			job->to[job->to_count++] = optarg;
			break;
		case MESSAGE:
			job->message = optarg;
			break;
		case USER:
			job->user = optarg;
			break;
		case TLS:
			job->is_tls = true;
			break;
		case LISTENER:
			job->listener = optarg;
			break;
		case 'c':
			job->config = optarg;
			break;
		case 'o':
			if (!option_form("try", optarg, &job->is_json))
				return false;
			break;
		case 'h':
			fputs(usage, stdout);
			*code = EXIT_DONE;
			return false;
		default:
			fputs("Try: nixied try --help\n", stderr);
			return false;
		}
	}
	if (optind < argc)
		return fault(argv[optind], "there are no operands; recipients are named with --to");
	return job->to_count > 0 || fault("--to", "name a recipient at least");
}

/* The one that is named; else the first for mail from outside, or, for a user, for users. */
static const struct config_listener *
listener_find(const struct job *job, const struct config *config)
{
	const enum listener_kind kind = job->user != NULL ? LISTENER_SUBMISSION : LISTENER_MX;
	for (size_t i = 0; i < config->listener_count; i++) {
		const struct config_listener *const l = &config->listeners[i];
		if (job->listener != NULL ? str_eq(l->name, str_of(job->listener))
					  : l->values[SETTING_kind].number == (int64_t)kind)
			return l;
	}
	return NULL;
}

/* ---- what was decided ---- */

/* Where a condition is told, so are its setting and what to do. */
static void
tell_advice(const struct eventlog_line *l)
{
	struct why_advice a;
	if (!why_advice_of(l, &a))
		return;
	if (a.setting.len > 0)
		printf("      setting: %.*s\n", (int)a.setting.len, a.setting.ptr);
	if (a.to_do.len > 0)
		printf("      to do:   %.*s\n", (int)a.to_do.len, a.to_do.ptr);
}

static void
tell_event(void *to, struct str line)
{
	struct job *const job = to;
	struct eventlog_line l;
	arena_reset(&job->scratch);
	if (!eventlog_read(line, &job->scratch, &l))
		return;
	job->is_refused |= l.event == LOG_REFUSED;
	if (job->is_json) {
		char room[EVENTLOG_LINE_BYTES_MAX];
		struct eventlog_field fields[FIELD_COUNT];
		for (int f = 0; f < FIELD_COUNT; f++)
			fields[f] = (struct eventlog_field){(enum eventlog_name)f, l.field[f]};
		const size_t len = eventlog_format_line(
			EVENTLOG_JSON, l.time_ms, l.event, fields, FIELD_COUNT, room);
		fwrite(room, 1, len, stdout);
		return;
	}
	if (l.event == LOG_CONNECT || l.event == LOG_TLS)
		return; /* said by --client and --tls */
	/* The answer stands above it, and nothing is safe on any disk. */
	l.field[FIELD_REPLY] = STR_NONE;
	buf_clear(&job->words);
	if (l.event == LOG_ACCEPTED)
		buf_add(&job->words, STR("The message would be taken."));
	else
		why_say(&l, &job->words);
	printf("   => %.*s\n", (int)job->words.len, job->words.ptr);
	if (l.event == LOG_REFUSED)
		tell_advice(&l);
}

/* ---- the dialogue ---- */

/* Says it, prints what is answered and what decided. The code of the answer; 0: there is none. */
static unsigned
say(struct job *job, struct str bytes, const char *shown)
{
	struct str line, rest;
	unsigned code = 0;
	if (job->is_closed)
		return 0;
	if (shown != NULL && !job->is_json)
		printf("C: %s\n", shown);
	buf_clear(&job->replies);
	job->is_closed = !rehearsal_say(job->session, bytes, &job->replies);
	rest = buf_str(&job->replies);
	while (str_line(&rest, &line)) {
		const int64_t n = str_number(line, 999);
		code = n > 0 ? (unsigned)n : code;
		if (!job->is_json)
			printf("S: %.*s\n", (int)line.len, line.ptr);
	}
	stage_events(&job->stage, tell_event, job);
	return code;
}

__attribute__((format(printf, 2, 3))) static unsigned
command(struct job *job, const char *format, ...)
{
	char line[SAYS_BYTES_MAX + 2];
	va_list ap;
	va_start(ap, format);
	/* NOLINTNEXTLINE(clang-analyzer-valist.Uninitialized): it is, a line above */
	const int n = vsnprintf(line, SAYS_BYTES_MAX, format, ap);
	va_end(ap);
	if (n >= SAYS_BYTES_MAX) {
		fault("an address", "is longer than any server would take");
		job->is_closed = job->is_refused = true;
		return 0;
	}
	char shown[SAYS_BYTES_MAX];
	memcpy(shown, line, (size_t)n + 1);
	memcpy(line + n, "\r\n", 2);
	return say(job, (struct str){line, (size_t)n + 2}, shown);
}

/* The file as it travels: every line ends in CRLF, a dot at its start is doubled. A CR elsewhere
 * stays, and the server may say what it thinks of it. */
static bool
message_read(const char *path, struct buf *to)
{
	char bytes[8192];
	struct buf text;
	FILE *const f = strcmp(path, "-") == 0 ? stdin : fopen(path, "re");
	if (f == NULL) {
		fprintf(stderr, "nixied try: %s: %s\n", path, strerror(errno));
		return false;
	}
	buf_init(&text, MESSAGE_BYTES_MAX);
	for (size_t n; (n = fread(bytes, 1, sizeof bytes, f)) > 0;)
		buf_add(&text, (struct str){bytes, n});
	bool ok = !ferror(f) && !buf_failed(&text);
	if (f != stdin)
		fclose(f);
	struct str rest = buf_str(&text);
	while (rest.len > 0) {
		const struct str line = str_cut(&rest, '\n');
		const bool has_cr = line.len > 0 && line.ptr[line.len - 1] == '\r';
		if (str_starts(line, STR(".")))
			buf_add_char(to, '.');
		buf_add(to, str_head(line, line.len - has_cr));
		buf_add(to, STR("\r\n"));
	}
	buf_add(to, STR(".\r\n"));
	buf_fini(&text);
	ok = ok && !buf_failed(to);
	if (!ok)
		fprintf(stderr, "nixied try: %s: cannot be read, or is too large\n", path);
	return ok;
}

static bool
send_message(struct job *job)
{
	struct buf text;
	char shown[80];
	buf_init(&text, 2 * MESSAGE_BYTES_MAX);
	const bool ok = message_read(job->message, &text);
	if (ok && command(job, "DATA") == 354) {
		snprintf(shown, sizeof shown, "(%zu bytes, and the dot)", text.len - 3);
		say(job, buf_str(&text), shown);
	}
	buf_fini(&text);
	return ok;
}

/* false: it could not be tried. */
static bool
dialogue(struct job *job, bool is_lmtp)
{
	size_t accepted = 0;
	bool ok = true;
	if (say(job, STR(""), NULL) == 220 &&
		command(job, "%s %s", is_lmtp ? "LHLO" : "EHLO", job->helo) == 250 &&
		command(job, "MAIL FROM:<%s>", job->from) == 250) {
		for (size_t i = 0; i < job->to_count; i++)
			accepted += command(job, "RCPT TO:<%s>", job->to[i]) == 250;
		if (accepted > 0 && job->message != NULL)
			ok = send_message(job);
	}
	command(job, "QUIT");
	if (!job->is_json && job->is_refused && job->is_made_up)
		printf("\nNo --from was given: %s is nobody's address, and judged as such.\n",
			job->from);
	if (!job->is_json && accepted > 0 && job->message == NULL)
		puts("\nThe message itself was not tried: name one with --message.");
	return ok;
}

static int
run(struct job *job, const struct conf *conf)
{
	struct receive_error error;
	const struct config_listener *const l = listener_find(job, &conf->config);
	struct rehearsal_client client = {.user = str_of(job->user)};
	if (l == NULL) {
		fault(job->listener != NULL ? job->listener : "--listener",
			job->listener != NULL ? "there is no such listener in the configuration"
					      : "there is no listener of that kind; name one");
		return EXIT_USAGE;
	}
	if (!endpoint_parse(str_of(job->client), &client.address)) {
		fault("--client", "wants an address: 192.0.2.1 or 2001:db8::1");
		return EXIT_USAGE;
	}
	if (job->message != NULL && strcmp(job->message, "-") != 0 &&
		access(job->message, R_OK) != 0) {
		fprintf(stderr, "nixied try: %s: %s\n", job->message, strerror(errno));
		return EXIT_TROUBLE;
	}
	/* Where a client cannot go on without TLS, it has it. */
	client.is_secure = job->is_tls || listener_tls(l) == TLS_REQUIRED;
	if (!stage_set_up(&job->stage, conf))
		return EXIT_TROUBLE;
	job->session = rehearsal_new(job->stage.receive, &conf->config, l, &client, &error);
	if (job->session == NULL) {
		fprintf(stderr, "nixied try: %s\n", error.words);
		return EXIT_TROUBLE;
	}
	if (!job->is_json)
		printf("At the listener %.*s, as %s%s%s%s:\n", (int)l->name.len, l->name.ptr,
			job->client, client.is_secure ? ", encrypted" : "",
			job->user != NULL ? ", signed in as " : "",
			job->user != NULL ? job->user : "");
	const bool ok = dialogue(job, l->values[SETTING_kind].number == LISTENER_LMTP);
	return !ok || fflush(stdout) != 0 ? EXIT_TROUBLE : job->is_refused ? EXIT_NO : EXIT_DONE;
}

int
cmd_try(int argc, char **argv)
{
	static struct job job;
	struct conf conf;
	int code;
	job = (struct job){
		.client = "192.0.2.1", .helo = "client.example", .stage = {.log_fd = -1}};
	if (!options_take(&job, argc, argv, &code))
		return code;
	job.is_made_up = job.from == NULL && job.user == NULL;
	if (job.from == NULL)
		job.from = job.user != NULL ? job.user : MADE_UP;
	if (!conf_read(&conf, job.config))
		return EXIT_TROUBLE;
	buf_init(&job.replies, REPLIES_BYTES_MAX);
	buf_init(&job.words, WORDS_BYTES_MAX);
	arena_init(&job.scratch, (size_t)1 << 20);
	code = run(&job, &conf);
	rehearsal_free(job.session);
	stage_strike(&job.stage);
	arena_fini(&job.scratch);
	buf_fini(&job.words);
	buf_fini(&job.replies);
	conf_free(&conf);
	return code;
}
