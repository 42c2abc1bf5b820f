/* nixied dmarc - what DMARC found of each domain and day, and what its owner was told */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/when.h"
#include "feedback/aggregate.h"
#include "nixied/nixied.h"
#include "nixied/options.h"

#define ARENA_BYTES_MAX ((size_t)1 << 20)

static const char usage[] =
	"Usage: nixied dmarc [-c FILE] [DOMAIN [DAY]]\n"
	"Shows what is kept of mail whose domains ask for reports (DMARC, rua=), with\n"
	"dmarc_reports = yes: for each day and domain the messages, how many of them failed, and\n"
	"what became of the report. With a domain, its days; with a day too (2026-11-22, UTC), "
	"the\n"
	"report itself, as XML. Exit status 1: nothing is kept.\n\n"
	"  -c, --config FILE  the configuration; else $NIXIED_CONF, else " NIXIED_CONF_DEFAULT "\n";

struct listing {
	struct str domain; /* "": all */
	size_t count;
};

static bool
list_one(void *to, const struct tally_policy *p)
{
	struct listing *const l = to;
	const struct when_parts day = when_parts(p->day * TALLY_DAY_S * 1000);
	if (l->domain.len > 0 && !str_eq_case(l->domain, p->domain))
		return true;
	l->count++;
	printf("%04d-%02d-%02d  %.*s  p=%.*s  messages %lld, failed %lld  %.*s\n", day.year,
		day.month, day.day, (int)p->domain.len, p->domain.ptr, (int)p->policy.len,
		p->policy.ptr, (long long)p->messages, (long long)p->failed,
		p->settled_s != 0 ? (int)p->outcome.len : 5,
		p->settled_s != 0 ? p->outcome.ptr : "waits");
	return true;
}

/* "2026-11-22": days since 1970; -1: it is none. */
static int64_t
day_of(struct str text)
{
	const int64_t year = text.len == 10 ? str_number(text, 9999) : -1,
		      month = str_number(str_from(text, 5), 12),
		      day = str_number(str_from(text, 8), 31);
	if (year < 1970 || month < 1 || day < 1 || text.ptr[4] != '-' || text.ptr[7] != '-')
		return -1;
	const int64_t s = when_of((int)year, (int)month, (int)day, 0, 0, 0);
	return when_parts(s * 1000).day == day ? s / TALLY_DAY_S : -1;
}

static bool
write_row(void *to, const struct tally_row *row)
{
	struct buf *const out = to;
	aggregate_row(row, out);
	fwrite(out->ptr, 1, out->len, stdout);
	buf_clear(out);
	return !ferror(stdout);
}

static int
show(const struct conf *conf, struct tally *t, struct str domain, int64_t day)
{
	const struct config_value *const v = conf->config.values;
	struct arena a;
	struct buf out;
	struct aggregate_facts facts = {.hostname = v[SETTING_hostname].text,
		.contact = v[SETTING_postmaster].text,
		.id = STR("shown")};
	arena_init(&a, ARENA_BYTES_MAX);
	buf_init(&out, ARENA_BYTES_MAX);
	const bool found = tally_find(t, domain, day, &a, &facts.policy);
	if (found) {
		aggregate_begin(&facts, &out);
		tally_rows(t, facts.policy.id, write_row, &out);
		aggregate_end(&out);
		fwrite(out.ptr, 1, out.len, stdout);
	}
	buf_fini(&out);
	arena_fini(&a);
	return found ? EXIT_DONE : EXIT_NO;
}

static int
run(const struct conf *conf, int count, char **words)
{
	char path[FOLDER_PATH_MAX], why[TALLY_WORDS_MAX];
	const int64_t day = count > 1 ? day_of(str_of(words[1])) : 0;
	if (count > 2 || day < 0) {
		fputs(usage, stderr);
		return EXIT_USAGE;
	}
	if (!conf_path(conf, TALLY_FILE, path))
		return EXIT_USAGE;
	if (access(path, F_OK) < 0) {
		complain(path, "is not there: nothing was counted yet (dmarc_reports)");
		return EXIT_NO;
	}
	struct tally *const t = tally_open(path, why);
	if (t == NULL) {
		complain("dmarc", why);
		return EXIT_TROUBLE;
	}
	struct listing l = {.domain = count > 0 ? str_of(words[0]) : STR("")};
	int code = EXIT_TROUBLE;
	if (count > 1)
		code = show(conf, t, l.domain, day);
	else if (tally_each(t, list_one, &l))
		code = l.count > 0 ? EXIT_DONE : EXIT_NO;
	tally_close(t);
	return code;
}

int
cmd_dmarc(int argc, char **argv)
{
	const char *path;
	struct conf conf;
	int first, code;
	if (!options_conf(argc, argv, usage, &path, &first, &code))
		return code;
	if (!conf_read(&conf, path))
		return EXIT_USAGE;
	code = run(&conf, argc - first, argv + first);
	conf_free(&conf);
	return code;
}
