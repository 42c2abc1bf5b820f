/* nixie - reads failed mail and says why */
#include "cli/cli.h"

#include <stdio.h>
#include <string.h>

static const struct command {
	const char *name;
	command_fn *run;
	const char *what;
} commands[] = {
	{"explain", cmd_explain, "explain one bounce, or any text about one, for people"},
	{"parse", cmd_parse, "read mails and write what became of each recipient"},
	{"log", cmd_log, "sum up the log of a mail server"},
	{"reply", cmd_reply, "explain one answer of a mail server"},
	{"code", cmd_code, "say what a code, a reason or a blocklist's name means"},
	{"web", cmd_web, "serve the page for people and the HTTP API for programs"},
};

static void
print_help(FILE *to)
{
	fputs("Usage: nixie COMMAND [OPTION]... [ARGUMENT]...\n"
	      "Reads failed mail: what happened, who said no, why, and what to do.\n\n",
		to);
	for (size_t i = 0; i < sizeof commands / sizeof *commands; i++)
		fprintf(to, "  %-9s %s\n", commands[i].name, commands[i].what);
	fputs("\n`nixie COMMAND --help` says more; the manual is nixie(1).\n"
	      "Exit status: 0 explained, 1 not about delivery, 2 usage, 3 input could not be "
	      "read.\n",
		to);
}

int
main(int argc, char **argv)
{
	if (argc < 2) {
		print_help(stderr);
		return EXIT_USAGE;
	}
	const char *const name = argv[1];
	if (strcmp(name, "--help") == 0 || strcmp(name, "-h") == 0 || strcmp(name, "help") == 0) {
		print_help(stdout);
		return finish_output(EXIT_EXPLAINED);
	}
	if (strcmp(name, "--version") == 0 || strcmp(name, "-V") == 0) {
		printf("nixie %s\n", nixie_version());
		return finish_output(EXIT_EXPLAINED);
	}
	for (size_t i = 0; i < sizeof commands / sizeof *commands; i++)
		if (strcmp(name, commands[i].name) == 0)
			return commands[i].run(argc - 1, argv + 1);
	const bool is_path = strchr(name, '/') != NULL || strchr(name, '.') != NULL;
	complain(name, is_path ? "no command; to explain a file: `nixie explain FILE`"
			       : "no such command; `nixie --help` lists them");
	return EXIT_USAGE;
}
