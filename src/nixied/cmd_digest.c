/* nixied digest - the log summed up: what needs a hand here first, what failed most */
#include "base/when.h"
#include "cli/moment.h"
#include "eventlog/digest.h"
#include "nixied/log_options.h"
#include "nixied/nixied.h"
#include "nixied/options.h"

#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#define DAY_MS INT64_C(86400000)
#define COLUMNS 78 /* of a mail, too */
#define ADDRESS_BYTES_MAX 320

#define COMMAND "digest"

static const char usage[] =
	"Usage: nixied digest [OPTION]... [LOG]...\n"
	"Sums up the event log: how much mail, what needs a hand here first and what to do, what "
	"was\n"
	"refused and what failed most, and where.\n"
	"\n"
	"  --since WHEN         from then on: 2026-11-01, yesterday, 90m, 7d (24 hours ago)\n"
	"  --until WHEN         up to then; a date is its whole day\n"
	"  --log FILE           the log, also rotated and packed ones; - is standard input\n"
	"  --mail ADDRESS       as a message to that address, for sendmail(1)\n"
	"  -o text|json         for people; one object, for programs (text)\n"
	"  -c, --config FILE    whose log_file is read; else $NIXIED_CONF, "
	"else " NIXIED_CONF_DEFAULT "\n"
	"  -h, --help           this help\n";

struct job {
	struct logs logs;
	struct digest *digest;
	int64_t since_ms, until_ms, now_ms;
	uint64_t lines;
	const char *config, *mail;
	bool is_json;
};

/* An address that can stand in a header field: no blanks, no line ends, one @. */
static bool
mail_take(struct job *job, const char *address)
{
	const struct str s = str_of(address);
	for (size_t i = 0; i < s.len; i++)
		if ((unsigned char)s.ptr[i] <= ' ' || strchr("<>,;:\\\"", s.ptr[i]) != NULL ||
			s.ptr[i] == 127)
			return option_fault(
				COMMAND, "--mail", "wants an address: user@example.org");
	if (s.len > ADDRESS_BYTES_MAX || !str_has(s, STR("@")))
		return option_fault(COMMAND, "--mail", "wants an address: user@example.org");
	job->mail = address;
	return true;
}

static bool
options_take(struct job *job, int argc, char **argv, int *code)
{
	enum { SINCE = 256, UNTIL, LOG, MAIL };
	static const struct option options[] = {{"since", required_argument, NULL, SINCE},
		{"until", required_argument, NULL, UNTIL}, {"log", required_argument, NULL, LOG},
		{"mail", required_argument, NULL, MAIL}, {"config", required_argument, NULL, 'c'},
		{"help", no_argument, NULL, 'h'}, {NULL, 0, NULL, 0}};
	bool ok = true;
	*code = EXIT_USAGE;
	for (int c; ok && (c = getopt_long(argc, argv, "c:o:h", options, NULL)) != -1;) {
		switch (c) {
		case SINCE:
			ok = log_moment_take(COMMAND, "--since", optarg, false, &job->since_ms);
			break;
		case UNTIL:
			ok = log_moment_take(COMMAND, "--until", optarg, true, &job->until_ms);
			break;
		case LOG:
			ok = log_take(COMMAND, &job->logs, optarg, code);
			break;
		case MAIL:
			ok = mail_take(job, optarg);
			break;
		case 'c':
			job->config = optarg;
			break;
		case 'o':
			ok = option_form(COMMAND, optarg, &job->is_json);
			break;
		case 'h':
			fputs(usage, stdout);
			*code = EXIT_DONE;
			return false;
		default:
			fputs("Try: nixied digest --help\n", stderr);
			return false;
		}
	}
	for (int i = optind; ok && i < argc; i++)
		ok = log_take(COMMAND, &job->logs, argv[i], code);
	return ok;
}

static void
add_line(void *to, struct str line)
{
	struct job *const job = to;
	job->lines++;
	digest_add(job->digest, line, job->since_ms, job->until_ms);
}

static bool
stdout_sink(void *to, const char *bytes, size_t len)
{
	(void)to;
	return fwrite(bytes, 1, len, stdout) == len;
}

static uint64_t
trouble_of(const struct digest *d)
{
	return digest_total(d, TOTAL_BOUNCED) + digest_total(d, TOTAL_WAITING);
}

/* What stands in front of the text when it is a message: written by a machine (RFC 3834), so that
 * nobody answers it. */
static void
print_header(const struct job *job)
{
	char date[WHEN_BYTES];
	const struct str now = when_mail(job->now_ms, date);
	const uint64_t alarms = digest_total(job->digest, TOTAL_ALARMS);
	printf("To: <%s>\nDate: %.*s\n"
	       "Subject: Mail server: %llu refused, %llu not reached, %llu alarm%s\n"
	       "Auto-Submitted: auto-generated\nMIME-Version: 1.0\n"
	       "Content-Type: text/plain; charset=utf-8\nContent-Transfer-Encoding: 8bit\n\n",
		job->mail, (int)now.len, now.ptr,
		(unsigned long long)digest_total(job->digest, TOTAL_REFUSED),
		(unsigned long long)trouble_of(job->digest), (unsigned long long)alarms,
		alarms == 1 ? "" : "s");
}

static bool
print(const struct job *job)
{
	static struct out out;
	struct page page = {&out, COLUMNS, false};
	out_init(&out, stdout_sink, NULL);
	if (job->mail != NULL)
		print_header(job);
	if (job->is_json)
		digest_json(job->digest, &out);
	else
		digest_text(job->digest, &page);
	return out_finish(&out) && fflush(stdout) == 0;
}

/* A file of something else, read every night, would tell every morning that nothing happened. */
static bool
has_event(const struct logs *l)
{
	for (size_t i = 0; i < l->count; i++)
		if (l->files[i].from_ms != INT64_MAX)
			return true;
	return false;
}

static int
run(struct job *job)
{
	char error[LOGS_ERROR_BYTES];
	if (job->logs.count == 0 && !logs_of_config(&job->logs, job->config, "digest"))
		return EXIT_TROUBLE;
	job->digest = digest_new();
	if (job->digest == NULL) {
		fputs("nixied digest: not enough memory\n", stderr);
		return EXIT_TROUBLE;
	}
	if (!logs_read(&job->logs, add_line, job, error)) {
		fprintf(stderr, "nixied digest: %s\n", error);
		return EXIT_TROUBLE;
	}
	if (job->lines > 0 && !has_event(&job->logs)) {
		fputs("nixied digest: there is no event of nixied in this log; look at log_file in "
		      "nixied.conf, or in the journal\n",
			stderr);
		return EXIT_TROUBLE;
	}
	if (!digest_end(job->digest))
		fputs("nixied digest: not enough memory: the counts are too small\n", stderr);
	if (!print(job)) {
		fprintf(stderr, "nixied digest: standard output: %s\n", strerror(errno));
		return EXIT_TROUBLE;
	}
	return EXIT_DONE;
}

int
cmd_digest(int argc, char **argv)
{
	static struct job job;
	struct timespec now = {0};
	int code;
	clock_gettime(CLOCK_REALTIME, &now);
	job = (struct job){.now_ms = (int64_t)now.tv_sec * 1000, .until_ms = INT64_MAX};
	job.since_ms = job.now_ms - DAY_MS;
	logs_init(&job.logs);
	if (options_take(&job, argc, argv, &code))
		code = run(&job);
	digest_free(job.digest);
	logs_fini(&job.logs);
	return code;
}
