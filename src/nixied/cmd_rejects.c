/* nixied rejects - mail that was refused and is kept for a while: seen, released, removed */
#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/json.h"
#include "base/when.h"
#include "nixied/control.h"
#include "nixied/nixied.h"
#include "nixied/options.h"
#include "receive/reject_file.h"

#define LIST_LIMIT 1000 /* messages that a list shows, when nothing else is said */

static const char usage[] =
	"Usage: nixied rejects [list] [OPTION]... [WHICH]...\n"
	"       nixied rejects show [--body] ID\n"
	"       nixied rejects release ID...\n"
	"       nixied rejects remove WHICH...\n"
	"Shows mail that was refused at the end of its text and is kept for a while "
	"(keep_rejects),\n"
	"with its reason. release delivers it after all, by the server that runs; remove takes it\n"
	"away.\n\n"
	"WHICH is any of these; all that are given must fit:\n"
	"  ID                 a message\n"
	"  --to ADDRESS       a recipient, or the domain of one\n"
	"  --from ADDRESS     a sender, or its domain; \"<>\" is the null one\n"
	"  --reason WORDS     in the reply, or its condition: C42\n"
	"  --all              everything, where remove wants to be told which\n\n"
	"  -o json            a line for each message, for programs\n"
	"  --body             of show: the text of the message, as it came\n"
	"  --limit N          messages that a list shows; 1000, when nothing is said\n"
	"  -c, --config FILE  the configuration; else $NIXIED_CONF, else " NIXIED_CONF_DEFAULT "\n"
	"  -h, --help         this help\n";

enum action { LIST, SHOW, RELEASE, REMOVE };

struct job {
	const char *config;
	enum action action;
	struct str to, from, reason;
	char **ids;
	int id_count;
	bool is_all, is_json, wants_body;
	int64_t limit, found;
	char folder[FOLDER_PATH_MAX];
	struct out out;
	bool has_failed;
};

static bool
fault(const char *what, const char *why)
{
	return option_fault("rejects", what, why);
}

static bool
action_take(struct job *job, int argc, char **argv)
{
	static const char *const names[] = {
		[LIST] = "list", [SHOW] = "show", [RELEASE] = "release", [REMOVE] = "remove"};
	int first = optind;
	for (size_t i = 0; first < argc && i < sizeof names / sizeof *names; i++)
		if (strcmp(argv[first], names[i]) == 0) {
			job->action = (enum action)i;
			first++;
			break;
		}
	job->ids = argv + first;
	job->id_count = argc - first;
	for (int i = 0; i < job->id_count; i++)
		if (reject_time_ms(job->ids[i]) == 0)
			return fault(job->ids[i], "is neither an action nor the id of a message");
	const bool has_which = job->id_count > 0 || str_is_set(job->to) || str_is_set(job->from) ||
			       str_is_set(job->reason) || job->is_all;
	if (job->action == REMOVE && !has_which)
		return fault("remove", "says nothing of which: name some, or --all for everything");
	if (job->action == SHOW && job->id_count != 1)
		return fault("show", "wants the id of one message");
	if (job->action == RELEASE && job->id_count == 0)
		return fault("release", "wants the id of a message");
	return true;
}

static bool
options_take(struct job *job, int argc, char **argv, int *code)
{
	enum { TO = 256, FROM, REASON, ALL, BODY, LIMIT };
	static const struct option options[] = {{"to", required_argument, NULL, TO},
		{"from", required_argument, NULL, FROM},
		{"reason", required_argument, NULL, REASON}, {"all", no_argument, NULL, ALL},
		{"body", no_argument, NULL, BODY}, {"limit", required_argument, NULL, LIMIT},
		{"config", required_argument, NULL, 'c'}, {"help", no_argument, NULL, 'h'},
		{NULL, 0, NULL, 0}};
	*code = EXIT_USAGE;
	for (int c; (c = getopt_long(argc, argv, "c:o:h", options, NULL)) != -1;) {
		switch (c) {
		case TO:
			job->to = str_of(optarg);
			break;
		case FROM:
			job->from = str_of(optarg);
			break;
		case REASON:
			job->reason = str_of(optarg);
			break;
		case ALL:
			job->is_all = true;
			break;
		case BODY:
			job->wants_body = true;
			break;
		case LIMIT:
			job->limit = str_number(str_of(optarg), INT32_MAX);
			if (job->limit < 0)
				return fault("--limit", "wants a number");
			break;
		case 'c':
			job->config = optarg;
			break;
		case 'o':
			if (!option_form("rejects", optarg, &job->is_json))
				return false;
			break;
		case 'h':
			fputs(usage, stdout);
			*code = EXIT_DONE;
			return false;
		default:
			fputs("Try: nixied rejects --help\n", stderr);
			return false;
		}
	}
	return action_take(job, argc, argv);
}

/* An address, or the domain of it. */
static bool
is_of(struct str address, struct str wanted)
{
	const size_t at = str_find_char(address, '@', 0);
	return str_eq_case(address, wanted) ||
	       (at != STR_NPOS && str_eq_case(str_from(address, at + 1), wanted));
}

static bool
fits(const struct job *job, const char *name, const struct reject *r)
{
	bool is_to = !str_is_set(job->to), is_named = job->id_count == 0;
	for (size_t i = 0; i < r->to_count; i++)
		is_to |= is_of(r->to[i], job->to);
	for (int i = 0; i < job->id_count; i++)
		is_named |= str_eq_case(str_of(job->ids[i]), str_of(name));
	return is_to && is_named && (!str_is_set(job->from) || is_of(r->from, job->from)) &&
	       (!str_is_set(job->reason) || str_eq_case(r->condition, job->reason) ||
		       str_has_case(r->reply, job->reason));
}

static void
show_json(struct job *job, const char *name, const struct reject *r)
{
	struct json j;
	char when[WHEN_BYTES];
	json_init(&j, &job->out, false);
	json_open(&j, STR_NONE, '{');
	json_text(&j, STR("id"), str_of(name));
	json_text(&j, STR("time"), when_log(r->time_ms, when));
	json_text(&j, STR("from"), str_eq(r->from, STR("<>")) ? STR("") : r->from);
	json_open(&j, STR("to"), '[');
	for (size_t i = 0; i < r->to_count; i++)
		json_text(&j, STR_NONE, r->to[i]);
	json_close(&j, ']');
	json_text_if(&j, STR("client"), r->client);
	json_text_if(&j, STR("helo"), r->helo);
	json_text_if(&j, STR("user"), r->user);
	json_text_if(&j, STR("session"), r->session);
	json_text_if(&j, STR("condition"), r->condition);
	json_text_if(&j, STR("rule"), r->rule);
	json_text_if(&j, STR("reply"), r->reply);
	json_number(&j, STR("bytes"), (int64_t)r->message.len);
	json_close(&j, '}');
	out_add_char(&job->out, '\n');
}

static void
say(struct job *job, const char *label, struct str value)
{
	if (value.len == 0)
		return;
	out_add(&job->out, str_of(label));
	out_add(&job->out, value);
	out_add_char(&job->out, '\n');
}

static void
show_text(struct job *job, const char *name, const struct reject *r)
{
	char when[WHEN_BYTES];
	out_add(&job->out, str_of(name));
	out_add(&job->out, STR("  "));
	out_add(&job->out, when_log(r->time_ms, when));
	out_add(&job->out, STR("  "));
	out_add(&job->out, r->from);
	for (size_t i = 0; i < r->to_count; i++) {
		out_add(&job->out, i == 0 ? STR(" -> ") : STR(", "));
		out_add(&job->out, r->to[i]);
	}
	out_add_char(&job->out, '\n');
	say(job, "    ", r->reply);
	if (job->action != SHOW)
		return;
	say(job, "    rule     ", r->rule);
	say(job, "    client   ", r->client);
	say(job, "    helo     ", r->helo);
	say(job, "    user     ", r->user);
	say(job, "    session  ", r->session);
}

static void
take_away(struct job *job, const char *name)
{
	char path[FOLDER_PATH_MAX + QUEUE_ID_BYTES + 1];
	snprintf(path, sizeof path, "%s/%s", job->folder, name);
	if (unlink(path) == 0 || errno == ENOENT)
		return;
	complain(path, strerror(errno));
	job->has_failed = true;
}

static void
on_name(void *to, const char *name, uint64_t bytes)
{
	struct job *const job = to;
	struct buf text;
	struct reject r;
	(void)bytes;
	buf_init(&text, REJECT_FILE_BYTES_MAX);
	const int error = reject_load(job->folder, name, &text);
	if (error != 0 && error != -ENOENT) {
		complain(name, strerror(-error));
		job->has_failed = true;
	}
	if (error == 0 && reject_read(buf_str(&text), &r) && fits(job, name, &r)) {
		job->found++;
		if (job->action == REMOVE)
			take_away(job, name);
		else if (job->action == SHOW && job->wants_body)
			out_add_long(&job->out, r.message);
		else if (job->found <= job->limit && job->is_json)
			show_json(job, name, &r);
		else if (job->found <= job->limit)
			show_text(job, name, &r);
	}
	buf_fini(&text);
}

static bool
to_stdout(void *to, const char *bytes, size_t len)
{
	return fwrite(bytes, 1, len, to) == len;
}

static int
look(struct job *job)
{
	out_init(&job->out, to_stdout, stdout);
	/* No folder: nothing was ever kept. */
	if (!reject_names(job->folder, on_name, job) && errno != ENOENT) {
		complain(job->folder, strerror(errno));
		return EXIT_TROUBLE;
	}
	const bool ok = out_finish(&job->out);
	if ((job->action == LIST && !job->is_json) || job->action == REMOVE) {
		printf("%lld %s%s", (long long)job->found, job->found == 1 ? "message" : "messages",
			job->action == REMOVE ? " removed" : "");
		if (job->action == LIST && job->found > job->limit)
			printf(", of which %lld are shown: --limit N shows more",
				(long long)job->limit);
		putchar('\n');
	}
	if (job->action == SHOW && job->found == 0)
		complain(job->ids[0], "no such message is kept");
	return job->has_failed || !ok || fflush(stdout) != 0 ? EXIT_TROUBLE
	       : job->found > 0                              ? EXIT_DONE
							     : EXIT_NO;
}

/* By the server that runs: it alone has the queue. */
static int
release(const struct job *job, const struct conf *conf)
{
	char where[FOLDER_PATH_MAX], name[] = "rejects", verb[] = "release";
	int worst = EXIT_DONE;
	if (!conf_path(conf, CONTROL_SOCKET, where))
		return EXIT_TROUBLE;
	for (int i = 0; i < job->id_count; i++) {
		char *const words[] = {name, verb, job->ids[i]};
		const int code = control_show(where, words, 3);
		if (code < 0) {
			complain(where, "no server answers there; is it running, and are you its "
					"user or root?");
			return EXIT_TROUBLE;
		}
		worst = code > worst ? code : worst;
	}
	return worst;
}

int
cmd_rejects(int argc, char **argv)
{
	struct job job = {.limit = LIST_LIMIT};
	struct conf conf;
	int code;
	if (!options_take(&job, argc, argv, &code))
		return code;
	if (!conf_read(&conf, job.config))
		return EXIT_USAGE;
	code = EXIT_TROUBLE;
	if (job.action == RELEASE)
		code = release(&job, &conf);
	else if (conf_path(&conf, REJECTS_FOLDER, job.folder))
		code = look(&job);
	conf_free(&conf);
	return code;
}
