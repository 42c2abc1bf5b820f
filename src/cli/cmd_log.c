/* nixie log - what a mail server's log tells of deliveries, as events or summed up */
#include "cli/cli.h"

#include "cli/lines.h"
#include "cli/log_report.h"
#include "cli/moment.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>

static const char usage[] =
	"Usage: nixie log [OPTION]... FILE...\n"
	"Reads the logs of Postfix, Exim, Sendmail and OpenSMTPD (- is standard input; packed ones "
	"too)\n"
	"and says what failed, why, and what to repair here first.\n"
	"\n"
	"  -o text|ndjson       a report for people; one event a line (text)\n"
	"  --explain            ndjson: with the explanation of each event\n"
	"  --since WHEN         only events from then on: 2026-11-01, 2026-11-01T08:00:00Z, "
	"today,\n"
	"                       yesterday, 90m, 2h, 7d, 4w (ago)\n"
	"  --until WHEN         only events up to then; a date is its whole day\n"
	"  --recipient PATTERN  only these recipients: *@example.org, or a part of the address\n"
	"  --sender PATTERN     only these senders; <> is the sender of bounces\n"
	"  --year YEAR          of the first line, where stamps have none (by the file's date)\n"
	"  --lang LANG          in which language (from the environment)\n"
	"  --color[=WHEN]       always, never, auto (auto: on a terminal)\n"
	"  --width N            wrap at N columns, 0: not at all (the terminal's width)\n"
	"  -h, --help           this help\n";

struct filter {
	struct moment since, until;
	const char *recipient, *sender;
};

struct job {
	struct options o;
	struct filter filter;
	struct nixie_log *log;
	struct log_report *report; /* NULL: events are written as they come */
	bool is_year_given;
	uint64_t lines, events;
};

/* ---- options that only this command has ---- */

/* The value of option `name` at argv[*i], or NULL when it is another one; *i moves to its last
 * word. */
static const char *
value_of(const char *name, int argc, char **argv, int *i)
{
	const size_t n = strlen(name);
	if (argv[*i] == NULL || strncmp(argv[*i], name, n) != 0 ||
		(argv[*i][n] != '\0' && argv[*i][n] != '='))
		return NULL;
	if (argv[*i][n] == '=')
		return argv[*i] + n + 1;
	return *i + 1 < argc ? argv[++*i] : "";
}

static bool
take_one(struct job *job, int argc, char **argv, int *i, int *year, const char **why)
{
	const char *v;
	*why = NULL;
	if (strcmp(argv[*i], "--explain") == 0) {
		job->o.style.explain = true;
	} else if ((v = value_of("--since", argc, argv, i)) != NULL) {
		if (!moment_parse(v, false, &job->filter.since))
			*why = "wants a time: 2026-11-01, yesterday, 2h, 7d ...";
	} else if ((v = value_of("--until", argc, argv, i)) != NULL) {
		if (!moment_parse(v, true, &job->filter.until))
			*why = "wants a time: 2026-11-01, yesterday, 2h, 7d ...";
	} else if ((v = value_of("--recipient", argc, argv, i)) != NULL) {
		job->filter.recipient = v;
	} else if ((v = value_of("--sender", argc, argv, i)) != NULL) {
		job->filter.sender = v;
	} else if ((v = value_of("--year", argc, argv, i)) != NULL) {
		char *end;
		const long n = strtol(v, &end, 10);
		if (*end != '\0' || n < 1970 || n > 9999)
			*why = "wants a year, e.g. 2026";
		*year = (int)n;
	} else {
		return false;
	}
	return true;
}

/* Takes them out of argv; false, after a sentence, for a mistake. */
static bool
take_options(struct job *job, int *argc, char **argv, int *year)
{
	int kept = 1;
	for (int i = 1; i < *argc; i++) {
		const char *why = NULL;
		const int at = i;
		if (strcmp(argv[i], "--") == 0) {
			while (i < *argc)
				argv[kept++] = argv[i++];
			break;
		}
		if (!take_one(job, *argc, argv, &i, year, &why))
			argv[kept++] = argv[at];
		if (why != NULL) {
			complain(argv[at], why);
			return false;
		}
	}
	*argc = kept;
	return true;
}

/* ---- which events ---- */

static int
lower(char c)
{
	return c >= 'A' && c <= 'Z' ? c | 32 : c;
}

/* Does all of `s` match, `*` being any text and `?` any one byte? Case does not matter. */
static bool
glob_matches(const char *pattern, struct nixie_str s)
{
	const char *star = NULL;
	size_t at = 0, star_at = 0;
	while (at < s.len) {
		if (*pattern == '*') {
			star = pattern++;
			star_at = at;
		} else if (*pattern != '\0' &&
			   (*pattern == '?' || lower(*pattern) == lower(s.ptr[at]))) {
			pattern++;
			at++;
		} else if (star != NULL) {
			pattern = star + 1;
			at = ++star_at;
		} else {
			return false;
		}
	}
	while (*pattern == '*')
		pattern++;
	return *pattern == '\0';
}

static bool
address_matches(const char *pattern, struct nixie_str s)
{
	if (strpbrk(pattern, "*?") != NULL)
		return glob_matches(pattern, s);
	const size_t n = strlen(pattern);
	/* The null sender is asked for as <>. */
	if (strcmp(pattern, "<>") == 0)
		return s.ptr != NULL && s.len == 0;
	for (size_t at = 0; at + n <= s.len; at++) {
		size_t k = 0;
		while (k < n && lower(pattern[k]) == lower(s.ptr[at + k]))
			k++;
		if (k == n)
			return true;
	}
	return false;
}

static bool
is_wanted(const struct filter *f, const struct nixie_log_event *e)
{
	if (f->since.is_set &&
		(e->time_s < 0 || e->time_s < (e->has_zone ? f->since.point : f->since.wall)))
		return false;
	if (f->until.is_set &&
		(e->time_s < 0 || e->time_s > (e->has_zone ? f->until.point : f->until.wall)))
		return false;
	if (f->recipient != NULL && !address_matches(f->recipient, e->outcome.recipient) &&
		!(e->outcome.original_recipient.len > 0 &&
			address_matches(f->recipient, e->outcome.original_recipient)))
		return false;
	return f->sender == NULL || address_matches(f->sender, e->sender);
}

/* ---- the year of a file ---- */

/* Month * 31 + day of a stamp without a year at the start of a line, 0 when there is none. */
static int
stamp_day(const char *line, size_t len)
{
	static const char names[] = "JanFebMarAprMayJunJulAugSepOctNovDec";
	if (len > 4 && line[0] == '<') {
		const char *const close = memchr(line, '>', 5);
		if (close != NULL) {
			len -= (size_t)(close + 1 - line);
			line = close + 1;
		}
	}
	if (len < 15 || line[3] != ' ' || line[6] != ' ' || line[9] != ':')
		return 0;
	for (int m = 0; m < 12; m++)
		if (memcmp(line, names + (size_t)m * 3, 3) == 0) {
			const int tens = line[4] == ' ' ? 0 : line[4] - '0';
			const int day = tens * 10 + line[5] - '0';
			return day > 0 && day < 32 ? (m + 1) * 31 + day : 0;
		}
	return 0;
}

#define STAMPLESS_LINES 200 /* so many at the start, and the file has no such stamps */

/*
 * The year of a file's first line: its last line is as old as the file, and every year that the
 * stamps passed on the way is one less. The rule is that of logline.h.
 */
static int
year_of(const char *path)
{
	const time_t now = time(NULL);
	struct lines l;
	struct tm tm = {.tm_year = 126};
	struct stat st = {0};
	const char *line;
	size_t len;
	int last = 0, years = 0;
	/* What can be read but once is not looked at before. */
	if (strcmp(path, "-") == 0 || stat(path, &st) != 0 || !S_ISREG(st.st_mode) ||
		lines_open(&l, path) != NULL) {
		/* Of a stream nothing is known but that it is not of the future. */
		(void)localtime_r(&now, &tm);
		return tm.tm_year + 1900;
	}
	while (lines_next(&l, &line, &len)) {
		const int day = stamp_day(line, len);
		if (day == 0 && last == 0 && l.number > STAMPLESS_LINES)
			break;
		if (day == 0)
			continue;
		if (last != 0 && day < last - 186)
			years++;
		else if (last != 0 && day > last + 186)
			years--;
		last = day;
	}
	const time_t modified = l.modified_s >= 0 ? (time_t)l.modified_s : now;
	(void)localtime_r(&modified, &tm);
	lines_close(&l);
	/* A file that was copied is younger than its last line. */
	const bool is_next_year = last > (tm.tm_mon + 1) * 31 + tm.tm_mday + 1;
	return tm.tm_year + 1900 - is_next_year - years;
}

/* ---- reading ---- */

static bool
take_event(struct job *job, const struct nixie_log_event *e, const char *path, uint64_t number)
{
	if (!is_wanted(&job->filter, e)) {
		if (job->report != NULL)
			log_report_pass_over(job->report, e);
		return true;
	}
	job->events++;
	if (job->report == NULL) {
		job->o.style.source_path = path;
		job->o.style.source_index = number;
		return nixie_log_json(e, &job->o.style, stdout_sink, NULL) != NIXIE_SINK;
	}
	if (log_report_add(job->report, job->log, e, path, number))
		return true;
	complain("log", "not enough memory");
	return false;
}

/* A stream's first stamp cannot be of the future: then it is of the year before. */
static void
check_stream_year(struct job *job, const char *line, size_t len)
{
	const time_t now = time(NULL);
	struct tm tm;
	const int day = stamp_day(line, len);
	if (day != 0 && localtime_r(&now, &tm) != NULL &&
		day > (tm.tm_mon + 1) * 31 + tm.tm_mday + 1)
		nixie_log_year(job->log, tm.tm_year + 1899);
}

static bool
read_lines(struct job *job, struct lines *l, const char *path)
{
	const bool is_stream = l->modified_s < 0 && !job->is_year_given;
	struct nixie_log_event e;
	const char *line;
	size_t len;
	enum nixie_rc rc;
	while (lines_next(l, &line, &len)) {
		job->lines++;
		if (is_stream && l->number == 1)
			check_stream_year(job, line, len);
		for (rc = nixie_log_line(job->log, line, len, &e); rc == NIXIE_OK;
			rc = nixie_log_more(job->log, &e))
			if (!take_event(job, &e, path, l->number))
				return false;
		if (rc == NIXIE_NOMEM) {
			complain(path, "not enough memory");
			return false;
		}
	}
	for (rc = nixie_log_end(job->log, &e); rc == NIXIE_OK; rc = nixie_log_more(job->log, &e))
		if (!take_event(job, &e, path, l->number))
			return false;
	return true;
}

/* False when the whole is to end; *code tells of a file that could not be read. */
static bool
read_file(struct job *job, const char *path, int *code)
{
	struct lines l;
	const char *const name = strcmp(path, "-") == 0 ? "standard input" : path;
	if (!job->is_year_given)
		nixie_log_year(job->log, year_of(path));
	const char *why = lines_open(&l, path);
	if (why != NULL) {
		complain(name, why);
		*code = EXIT_UNREADABLE;
		return true;
	}
	const bool goes_on = read_lines(job, &l, path);
	why = l.feed.why;
	lines_close(&l);
	if (goes_on && why != NULL) {
		complain(name, why);
		*code = EXIT_UNREADABLE;
	}
	if (!goes_on)
		*code = EXIT_UNREADABLE;
	return goes_on;
}

static int
run(struct job *job, int argc, char **argv)
{
	int code = EXIT_EXPLAINED;
	for (int i = job->o.first; i < argc; i++)
		if (!read_file(job, argv[i], &code))
			return finish_output(code);
	const bool was_read = code == EXIT_EXPLAINED || job->lines > 0;
	if (job->report != NULL && was_read &&
		!log_report_text(job->report, job->lines, stdout_sink, NULL))
		code = EXIT_UNREADABLE;
	if (code == EXIT_EXPLAINED && job->events == 0)
		code = EXIT_NOT_DELIVERY;
	return finish_output(code);
}

int
cmd_log(int argc, char **argv)
{
	struct job job = {.lines = 0};
	int code = EXIT_USAGE, year = 0;
	if (!take_options(&job, &argc, argv, &year))
		return EXIT_USAGE;
	const bool with_explanations = job.o.style.explain;
	if (!options_read(argc, argv, usage, &job.o, &code))
		return code;
	const bool is_text = job.o.output == NULL || strcmp(job.o.output, "text") == 0;
	if (!is_text && strcmp(job.o.output, "ndjson") != 0) {
		complain(job.o.output, "no such format: log writes text or ndjson");
		return EXIT_USAGE;
	}
	if (job.o.first == argc) {
		complain("log", "which log? Name a FILE, or - for standard input");
		return EXIT_USAGE;
	}
	job.o.style.explain = with_explanations;
	job.is_year_given = year != 0;
	job.log = nixie_log_new(year);
	job.report = is_text ? log_report_new(&job.o.style) : NULL;
	if (job.log == NULL || (is_text && job.report == NULL)) {
		complain("log", "not enough memory");
		code = EXIT_UNREADABLE;
	} else {
		code = run(&job, argc, argv);
	}
	log_report_free(job.report);
	nixie_log_free(job.log);
	return code;
}
