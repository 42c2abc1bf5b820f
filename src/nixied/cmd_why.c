/* nixied why - what became of a message or a try to send one */
#include "base/when.h"
#include "cli/moment.h"
#include "eventlog/why.h"
#include "nixied/log_options.h"
#include "nixied/nixied.h"
#include "nixied/options.h"

#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <unistd.h>

#define COMMAND "why"

static const char usage[] =
	"Usage: nixied why [OPTION]... [LOG]...\n"
	"Tells what became of mail, out of the event log: accepted, refused, delivered, waiting,\n"
	"given up; by which condition, rule and setting, with what answer, and what to do.\n"
	"\n"
	"  --from PATTERN       the sender: a part of the address, *@example.org; <> is the null "
	"one\n"
	"  --to PATTERN         a recipient\n"
	"  --session REF        the session: what stands at the end of a refusal, (C34 7Q2F)\n"
	"  --id ID              the message's id in the queue\n"
	"  --client WHO         the client's address, network or name\n"
	"  --message-id M       a part of the header's Message-ID\n"
	"  --since WHEN         only what happened from then on: 2026-11-01, yesterday, 90m, 7d\n"
	"  --until WHEN         only what happened up to then; a date is its whole day\n"
	"  --log FILE           the log, also rotated and packed ones; - is standard input\n"
	"  -c, --config FILE    whose log_file is read (" NIXIED_CONF_DEFAULT ")\n"
	"  -n, --last N         only the last N stories\n"
	"  -o text|json         for people; a story a line, for programs (text)\n"
	"  --color[=WHEN]       always, never, auto (auto: on a terminal)\n"
	"  -h, --help           this help\n"
	"\n"
	"Where the log goes to the journal:  journalctl -u nixied -o cat | nixied why --log - "
	"...\n";

struct job {
	struct why_query query;
	struct logs logs;
	const char *config; /* NULL: the default */
	size_t last;
	bool is_json, has_colour;
	char error[LOGS_ERROR_BYTES]; /* why the log could not be read */
};

static bool
colour_take(struct job *job, const char *when)
{
	if (when == NULL || strcmp(when, "always") == 0)
		job->has_colour = true;
	else if (strcmp(when, "never") == 0)
		job->has_colour = false;
	else if (strcmp(when, "auto") != 0)
		return option_fault(COMMAND, "--color", "wants always, never or auto");
	return true;
}

/* false: *code is what to end with. */
static bool
options_take(struct job *job, int argc, char **argv, int *code)
{
	enum { FROM = 256, TO, SESSION, ID, CLIENT, MESSAGE_ID, SINCE, UNTIL, LOG, COLOUR };
	static const struct option options[] = {{"from", required_argument, NULL, FROM},
		{"to", required_argument, NULL, TO}, {"session", required_argument, NULL, SESSION},
		{"id", required_argument, NULL, ID}, {"client", required_argument, NULL, CLIENT},
		{"message-id", required_argument, NULL, MESSAGE_ID},
		{"since", required_argument, NULL, SINCE},
		{"until", required_argument, NULL, UNTIL}, {"log", required_argument, NULL, LOG},
		{"config", required_argument, NULL, 'c'}, {"last", required_argument, NULL, 'n'},
		{"color", optional_argument, NULL, COLOUR}, {"help", no_argument, NULL, 'h'},
		{NULL, 0, NULL, 0}};
	struct why_query *const q = &job->query;
	bool ok = true;
	*code = EXIT_USAGE;
	for (int c; ok && (c = getopt_long(argc, argv, "c:n:o:h", options, NULL)) != -1;) {
		switch (c) {
		case FROM:
			q->from = str_of(optarg);
			break;
		case TO:
			q->to = str_of(optarg);
			break;
		case SESSION:
			q->session = str_of(optarg);
			break;
		case ID:
			q->id = str_of(optarg);
			break;
		case CLIENT:
			q->client = str_of(optarg);
			break;
		case MESSAGE_ID:
			q->message_id = str_of(optarg);
			break;
		case SINCE:
			ok = log_moment_take(COMMAND, "--since", optarg, false, &q->since_ms);
			break;
		case UNTIL:
			ok = log_moment_take(COMMAND, "--until", optarg, true, &q->until_ms);
			break;
		case LOG:
			ok = log_take(COMMAND, &job->logs, optarg, code);
			break;
		case 'c':
			job->config = optarg;
			break;
		case 'n':
			job->last = (size_t)str_number(str_of(optarg), 1000000);
			if (job->last == 0 || job->last == (size_t)-1)
				ok = option_fault(COMMAND, "--last", "wants a number, e.g. 10");
			break;
		case 'o':
			ok = option_form(COMMAND, optarg, &job->is_json);
			break;
		case COLOUR:
			ok = colour_take(job, optarg);
			break;
		case 'h':
			fputs(usage, stdout);
			*code = EXIT_DONE;
			return false;
		default:
			fputs("Try: nixied why --help\n", stderr);
			return false;
		}
	}
	for (int i = optind; ok && i < argc; i++)
		ok = log_take(COMMAND, &job->logs, argv[i], code);
	return ok;
}

static bool
read_log(void *from, why_line *line, void *to)
{
	struct job *const job = from;
	return logs_read(&job->logs, line, to, job->error);
}

static bool
stdout_sink(void *to, const char *bytes, size_t len)
{
	(void)to;
	return fwrite(bytes, 1, len, stdout) == len;
}

static unsigned
columns(void)
{
	struct winsize size = {0};
	return isatty(STDOUT_FILENO) && ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 &&
			       size.ws_col >= 40
		       ? size.ws_col
	       : isatty(STDOUT_FILENO) ? 80
				       : 100;
}

static bool
stories_write(const struct job *job, const struct why_story *stories, size_t count)
{
	static struct out out;
	out_init(&out, stdout_sink, NULL);
	struct page page = {&out, columns(), job->has_colour};
	const size_t from = job->last > 0 && job->last < count ? count - job->last : 0;
	for (size_t i = from; i < count; i++) {
		if (job->is_json) {
			why_json(&stories[i], &out);
			continue;
		}
		if (i > from)
			page_blank(&page);
		why_text(&stories[i], &page);
	}
	return out_finish(&out) && fflush(stdout) == 0;
}

/* Says why there is no story; the exit code. */
static int
nothing(const struct why *w)
{
	char first[WHEN_BYTES], last[WHEN_BYTES];
	int64_t first_ms, last_ms;
	if (!why_span(w, &first_ms, &last_ms)) {
		fputs("nixied why: there is no event of nixied in this log; look at log_file in "
		      "nixied.conf, or in the journal\n",
			stderr);
		return EXIT_TROUBLE;
	}
	const struct str from = when_log(first_ms, first), to = when_log(last_ms, last);
	fprintf(stderr,
		"nixied why: nothing fits in this log, from %.*s to %.*s: it did not come to this "
		"server then, or under another name\n",
		(int)from.len, from.ptr, (int)to.len, to.ptr);
	return EXIT_NO;
}

static int
run(struct job *job)
{
	const struct why_story *stories = NULL;
	size_t count = 0;
	if (job->logs.count == 0 && !logs_of_config(&job->logs, job->config, "why"))
		return EXIT_TROUBLE;
	struct why *const w = why_new(&job->query);
	int code = EXIT_TROUBLE;
	if (w == NULL || !why_read(w, read_log, job)) {
		fprintf(stderr, "nixied why: %s\n", w == NULL ? "not enough memory" : job->error);
		why_free(w);
		return EXIT_TROUBLE;
	}
	if (!why_stories(w, &stories, &count))
		fputs("nixied why: more belongs to this than fits into memory; ask for less with "
		      "--since, --from, --to\n",
			stderr);
	if (!stories_write(job, stories, count))
		fprintf(stderr, "nixied why: standard output: %s\n", strerror(errno));
	else
		code = count > 0 ? EXIT_DONE : nothing(w);
	why_free(w);
	return code;
}

int
cmd_why(int argc, char **argv)
{
	static struct job job;
	int code = EXIT_USAGE;
	job = (struct job){.query = {.since_ms = INT64_MIN, .until_ms = INT64_MAX},
		.has_colour = isatty(STDOUT_FILENO) && getenv("NO_COLOR") == NULL};
	logs_init(&job.logs);
	if (options_take(&job, argc, argv, &code))
		code = run(&job);
	logs_fini(&job.logs);
	return code;
}
