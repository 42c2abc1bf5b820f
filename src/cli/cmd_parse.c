/* nixie parse - many mails, for programs */
#include "cli/cli.h"
#include "cli/jobs.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const char usage[] =
	"Usage: nixie parse [OPTION]... PATH...\n"
	"Reads mails and writes what became of each recipient. A PATH is a mail, an mbox, a "
	"Maildir "
	"or\n"
	"another folder, also packed by gzip or zstd; - is standard input.\n"
	"\n"
	"  -o ndjson|json|csv|text  one object a line; one array, indented; a table; pages for "
	"people\n"
	"                           (ndjson)\n"
	"  --as sisimai         with the names that Sisimai gives to fields and reasons\n"
	"  --explain            with the explanation of each outcome\n"
	"  --jobs N             with N threads, 0: one for each processor (1)\n"
	"  --lang LANG          in which language the explanations are (from the environment)\n"
	"  --text, --message    take the input as pasted text, or as messages (found out)\n"
	"  -h, --help           this help\n";

/* The options that only this command knows. */
struct own_options {
	const char *as, *jobs;
	bool explain;
};

/* The value of argv[*i] if it is the option `name`: "--name=value", or the next argument. `absent`
 * stays where there is none. */
static bool
take_value(int argc, char **argv, int *i, const char *name, const char **value)
{
	const size_t n = strlen(name);
	if (strncmp(argv[*i], name, n) != 0 || (argv[*i][n] != '\0' && argv[*i][n] != '='))
		return false;
	if (argv[*i][n] == '=')
		*value = argv[*i] + n + 1;
	else
		*value = *i + 1 < argc ? argv[++*i] : "";
	return true;
}

/* Takes them out of argv. */
static void
take_own(int *argc, char **argv, struct own_options *own)
{
	int kept = 1;
	for (int i = 1; i < *argc; i++) {
		if (strcmp(argv[i], "--") == 0) {
			while (i < *argc)
				argv[kept++] = argv[i++];
			break;
		}
		if (strcmp(argv[i], "--explain") == 0)
			own->explain = true;
		else if (!take_value(*argc, argv, &i, "--jobs", &own->jobs) &&
			 !take_value(*argc, argv, &i, "--as", &own->as))
			argv[kept++] = argv[i];
	}
	*argc = kept;
}

static bool
read_jobs(const char *text, unsigned *jobs)
{
	char *end;
	const long n = text[0] >= '0' && text[0] <= '9' ? strtol(text, &end, 10) : -1;
	if (n < 0 || n > JOBS_MAX || *end != '\0')
		return false;
	const long processors = n == 0 ? sysconf(_SC_NPROCESSORS_ONLN) : n;
	*jobs = processors < 1 ? 1 : processors > JOBS_MAX ? JOBS_MAX : (unsigned)processors;
	return true;
}

int
cmd_parse(int argc, char **argv)
{
	struct options o;
	struct own_options own = {NULL, NULL, false};
	struct jobs_plan plan = {.jobs = 1};
	const char *what, *why;
	int code = EXIT_USAGE;
	take_own(&argc, argv, &own);
	if (!options_read(argc, argv, usage, &o, &code))
		return code;
	plan.format = format_find(o.output, own.as, &what, &why);
	if (plan.format == NULL) {
		complain(what, why);
		return EXIT_USAGE;
	}
	if (own.jobs != NULL && !read_jobs(own.jobs, &plan.jobs)) {
		complain("--jobs", "wants a number of threads, 0 for one on each processor");
		return EXIT_USAGE;
	}
	if (o.first == argc) {
		complain("parse", "which mail? Name a file or a folder, or - for standard input");
		return EXIT_USAGE;
	}
	plan.paths = argv + o.first;
	plan.count = (size_t)(argc - o.first);
	plan.style = o.style;
	plan.style.explain = own.explain;
	plan.style.pretty = plan.format->is_pretty;
	plan.input = o.input;
	return jobs_run(&plan);
}
