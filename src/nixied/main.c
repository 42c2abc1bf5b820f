/* nixied - a mail server whose failures explain themselves */
#include <stdio.h>
#include <string.h>

#include "nixie.h"
#include "nixied/nixied.h"

static const struct command {
	const char *name;
	command_fn *run;
	const char *what;
} commands[] = {
	{"serve", cmd_serve, "run the server"},
	{"demo", cmd_demo, "run a server to try, made in a folder"},
	{"admin", cmd_admin, "manage domains, accounts, aliases, lists, routes and networks"},
	{"queue", cmd_queue, "show what waits, and decide about it"},
	{"audit", cmd_audit, "count what became of everything that was accepted"},
	{"check", cmd_check, "say what is wrong or dangerous in the configuration"},
	{"self-check", cmd_self_check, "ask as others do whether a domain can send and get mail"},
	{"rejects", cmd_rejects, "show mail that was refused and is kept, and release it"},
	{"bans", cmd_bans, "show who guessed passwords, and let them sign in again"},
	{"greylist", cmd_greylist, "show who must come again, and forget them"},
	{"dkim", cmd_dkim, "make and check the keys that mail is signed with"},
	{"dmarc", cmd_dmarc, "show what is reported to domains that mail came from"},
	{"try", cmd_try, "rehearse a session, and see what decides"},
	{"digest", cmd_digest, "sum up the log: what needs a hand, what failed most"},
	{"web", cmd_web, "serve the operator's pages: what failed, the queue, why"},
	{"why", cmd_why, "tell what became of mail, or why it was refused, out of the log"},
};

static void
print_help(FILE *to)
{
	fputs("Usage: nixied COMMAND [OPTION]... [ARGUMENT]...\n"
	      "A mail server that refuses, defers, retries and bounces, and can always say "
	      "why.\n\n",
		to);
	for (size_t i = 0; i < sizeof commands / sizeof *commands; i++)
		fprintf(to, "  %-10s %s\n", commands[i].name, commands[i].what);
	fputs("\n`nixied COMMAND --help` says more; the manual is nixied(8), that of the\n"
	      "configuration nixied.conf(5).\n"
	      "Exit status: 0 done, 1 the answer is no, 2 usage, 3 it could not be done.\n",
		to);
}

static const struct command *
find(const char *name)
{
	for (size_t i = 0; i < sizeof commands / sizeof *commands; i++)
		if (strcmp(name, commands[i].name) == 0)
			return &commands[i];
	return NULL;
}

/* By another name the program is one of its commands: nixie-admin. */
static command_fn *
named(const char *path)
{
	const char *const slash = strrchr(path, '/');
	return strcmp(slash == NULL ? path : slash + 1, "nixie-admin") == 0 ? cmd_admin : NULL;
}

int
main(int argc, char **argv)
{
	command_fn *const alone = argc > 0 ? named(argv[0]) : NULL;
	if (alone != NULL)
		return alone(argc, argv);
	if (argc < 2) {
		print_help(stderr);
		return EXIT_USAGE;
	}
	const char *const name = argv[1];
	if (strcmp(name, "--help") == 0 || strcmp(name, "-h") == 0 || strcmp(name, "help") == 0) {
		print_help(stdout);
		return EXIT_DONE;
	}
	if (strcmp(name, "--version") == 0 || strcmp(name, "-V") == 0) {
		printf("nixied %s\n", nixie_version());
		return EXIT_DONE;
	}
	const struct command *const command = find(name);
	if (command != NULL)
		return command->run(argc - 1, argv + 1);
	complain(name, "no such command; `nixied --help` lists them");
	return EXIT_USAGE;
}
