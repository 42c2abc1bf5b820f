/* nixied greylist - who must come again, who is known, and who is to be forgotten */
#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "base/net.h"
#include "base/when.h"
#include "check/greylist_walk.h"
#include "net/clock.h"
#include "nixied/nixied.h"
#include "nixied/options.h"

#define LIST_LIMIT 1000 /* entries that a list shows, when nothing else is said */
#define FILE_NAME "greylist.db"

static const char usage[] =
	"Usage: nixied greylist [list] [OPTION]... [WHICH]...\n"
	"       nixied greylist clear [OPTION]... WHICH...\n"
	"Shows who was told to come again (greylisting), and who did and is known; clear forgets\n"
	"them: who is forgotten must come again. The server may run meanwhile.\n\n"
	"WHICH is any of these; all that are given must fit:\n"
	"  --client ADDRESS   a client, 192.0.2.1, or those of a network, 192.0.0.0/16\n"
	"  --sender ADDRESS   a sender, or the domain of senders; \"<>\" is the null one\n"
	"  --waiting          who was told to come again, and has not\n"
	"  --known            who came again\n"
	"  --all              everything, where clear wants to be told which\n\n"
	"  -o json            a line for each entry, for programs\n"
	"  --limit N          entries that a list shows; 1000, when nothing is said\n"
	"  -c, --config FILE  the configuration; else $NIXIED_CONF, else " NIXIED_CONF_DEFAULT "\n"
	"  -h, --help         this help\n";

struct job {
	const char *config;
	struct net client;
	struct str sender; /* its domain, or <>; absent: any */
	bool has_client, only_waiting, only_known, is_all, is_clear, is_json;
	int64_t limit, now_s, delay_s;
	int64_t found;
	struct out out;
};

static bool
fault(const char *what, const char *why)
{
	return option_fault("greylist", what, why);
}

static bool
client_take(struct job *job, const char *text)
{
	job->has_client = net_parse(str_of(text), &job->client) == NET_OK;
	return job->has_client || fault(text, "is no address or network: 192.0.2.1, 2001:db8::/32");
}

/* The list knows domains alone. */
static void
sender_take(struct job *job, const char *text)
{
	const char *const at = strrchr(text, '@');
	job->sender = str_of(at != NULL ? at + 1 : text[0] == '\0' ? "<>" : text);
}

static bool
options_take(struct job *job, int argc, char **argv, int *code)
{
	enum { CLIENT = 256, SENDER, WAITING, KNOWN, ALL, LIMIT };
	static const struct option options[] = {{"client", required_argument, NULL, CLIENT},
		{"sender", required_argument, NULL, SENDER},
		{"waiting", no_argument, NULL, WAITING}, {"known", no_argument, NULL, KNOWN},
		{"all", no_argument, NULL, ALL}, {"limit", required_argument, NULL, LIMIT},
		{"config", required_argument, NULL, 'c'}, {"help", no_argument, NULL, 'h'},
		{NULL, 0, NULL, 0}};
	bool ok = true;
	*code = EXIT_USAGE;
	for (int c; ok && (c = getopt_long(argc, argv, "c:o:h", options, NULL)) != -1;) {
		switch (c) {
		case CLIENT:
			ok = client_take(job, optarg);
			break;
		case SENDER:
			sender_take(job, optarg);
			break;
		case WAITING:
			job->only_waiting = true;
			break;
		case KNOWN:
			job->only_known = true;
			break;
		case ALL:
			job->is_all = true;
			break;
		case LIMIT:
			job->limit = str_number(str_of(optarg), INT32_MAX);
			ok = job->limit >= 0 || fault("--limit", "wants a number");
			break;
		case 'c':
			job->config = optarg;
			break;
		case 'o':
			ok = option_form("greylist", optarg, &job->is_json);
			break;
		case 'h':
			fputs(usage, stdout);
			*code = EXIT_DONE;
			return false;
		default:
			fputs("Try: nixied greylist --help\n", stderr);
			return false;
		}
	}
	if (ok && optind < argc) {
		job->is_clear = strcmp(argv[optind], "clear") == 0;
		ok = (job->is_clear || strcmp(argv[optind], "list") == 0) ||
		     fault(argv[optind], "is neither list nor clear");
		ok = ok && (optind + 1 == argc || fault(argv[optind + 1], "is one too many"));
	}
	if (ok && job->is_clear && !job->is_all && !job->has_client && !str_is_set(job->sender) &&
		!job->only_waiting && !job->only_known)
		ok = fault("clear", "says nothing of which: name some, or --all for everything");
	return ok;
}

/* Is it asked for? A network is, when it has an address in common with the one that is named. */
static bool
fits(const struct job *job, const struct greylist_row *row)
{
	struct net net;
	if (row->ends_s < job->now_s && !job->is_clear)
		return false; /* forgotten, and not swept yet */
	if ((job->only_waiting && row->is_known) || (job->only_known && !row->is_known))
		return false;
	if (str_is_set(job->sender) && !str_eq_case(row->domain, job->sender))
		return false;
	return !job->has_client ||
	       (net_parse(row->network, &net) == NET_OK &&
		       (net_has(&net, &job->client.first) || net_has(&job->client, &net.first)));
}

static void
show_json(struct job *job, const struct greylist_row *row)
{
	struct json j;
	char room[WHEN_BYTES];
	json_init(&j, &job->out, false);
	json_open(&j, STR_NONE, '{');
	json_text(&j, STR("network"), row->network);
	json_text(&j, STR("sender"), row->domain);
	json_text(&j, STR("state"), row->is_known ? STR("known") : STR("waiting"));
	json_text(&j, STR("first"), when_log(row->first_s * 1000, room));
	json_text(&j, STR("last"), when_log(row->last_s * 1000, room));
	if (!row->is_known)
		json_text(&j, STR("passes"), when_log((row->first_s + job->delay_s) * 1000, room));
	json_text(&j, STR("ends"), when_log(row->ends_s * 1000, room));
	json_close(&j, '}');
	out_add_char(&job->out, '\n');
}

static void
show_text(struct job *job, const struct greylist_row *row)
{
	char room[WHEN_BYTES];
	out_add(&job->out, row->network);
	out_add(&job->out, STR("  "));
	out_add(&job->out, row->domain);
	if (row->is_known) {
		out_add(&job->out, STR("\n    known, last mail "));
		out_add(&job->out, when_log(row->last_s * 1000, room));
	} else {
		out_add(&job->out, STR("\n    may come again from "));
		out_add(&job->out, when_log((row->first_s + job->delay_s) * 1000, room));
	}
	out_add(&job->out, STR(", forgotten "));
	out_add(&job->out, when_log(row->ends_s * 1000, room));
	out_add_char(&job->out, '\n');
}

static bool
on_row(void *to, const struct greylist_row *row)
{
	struct job *const job = to;
	if (!fits(job, row))
		return false;
	if (job->found++ < job->limit && !job->is_clear) {
		if (job->is_json)
			show_json(job, row);
		else
			show_text(job, row);
	}
	return job->is_clear;
}

static bool
to_stdout(void *to, const char *bytes, size_t len)
{
	return fwrite(bytes, 1, len, to) == len;
}

static int
run(struct job *job, const struct conf *conf)
{
	char path[FOLDER_PATH_MAX], words[GREYLIST_WORDS_MAX];
	job->now_s = clock_wall_ms() / 1000;
	job->delay_s = conf->config.values[SETTING_greylist_delay].number;
	out_init(&job->out, to_stdout, stdout);
	if (!conf_path(conf, FILE_NAME, path))
		return EXIT_TROUBLE;
	const int64_t taken = greylist_walk(path, on_row, job, words);
	const bool ok = out_finish(&job->out);
	if (taken == -2) {
		complain(path, "is not there: nobody was told to come again yet (greylisting)");
		return EXIT_NO;
	}
	if (taken < 0) {
		complain(path, words);
		return EXIT_TROUBLE;
	}
	const int64_t count = job->is_clear ? taken : job->found;
	if (!job->is_json) {
		printf("%lld %s%s", (long long)count, count == 1 ? "entry" : "entries",
			job->is_clear ? " forgotten" : "");
		if (!job->is_clear && count > job->limit)
			printf(", of which %lld are shown: --limit N shows more",
				(long long)job->limit);
		putchar('\n');
	}
	if (!ok || fflush(stdout) != 0) {
		complain("standard output", strerror(errno));
		return EXIT_TROUBLE;
	}
	return count > 0 ? EXIT_DONE : EXIT_NO;
}

int
cmd_greylist(int argc, char **argv)
{
	struct job job = {.limit = LIST_LIMIT};
	struct conf conf;
	int code;
	if (!options_take(&job, argc, argv, &code))
		return code;
	if (!conf_read(&conf, job.config))
		return EXIT_USAGE;
	code = run(&job, &conf);
	conf_free(&conf);
	return code;
}
