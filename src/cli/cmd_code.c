/* nixie code - the reference */
#include "cli/cli.h"

#include <stdio.h>
#include <string.h>

static const char usage[] =
	"Usage: nixie code [OPTION]... CODE...\n"
	"Says what a code means: a reply code (550), an enhanced status (5.7.26), both, a reason "
	"(mailbox_full),\n"
	"a mail program's error (0x800CCC79), a provider's token (S3150), a blocklist "
	"(zen.spamhaus.org),\n"
	"a condition of a server by its number or its words (C34, 'Use HELO/EHLO first'), or a "
	"line of "
	"a server.\n"
	"\n"
	"  -o text|json    how to write it (text)\n"
	"  --lang LANG     in which language (from the environment)\n"
	"  --color[=WHEN]  always, never, auto (auto: on a terminal)\n"
	"  --width N       wrap at N columns, 0: not at all (the terminal's width)\n"
	"  -h, --help      this help\n";

int
cmd_code(int argc, char **argv)
{
	struct options o;
	int code = EXIT_USAGE;
	if (!options_read(argc, argv, usage, &o, &code))
		return code;
	bool is_json;
	if (!options_page_format(&o, "no such format: code writes text or json", &is_json))
		return EXIT_USAGE;
	if (o.first == argc) {
		complain("code", "which code? For example: nixie code 5.7.1");
		return EXIT_USAGE;
	}
	code = EXIT_EXPLAINED;
	for (int i = o.first; i < argc; i++) {
		if (i > o.first && !is_json)
			fputs("\n", stdout);
		const struct nixie_str asked = {argv[i], strlen(argv[i])};
		const enum nixie_rc rc =
			is_json ? nixie_code_json(asked, &o.style, stdout_sink, NULL)
				: nixie_code_text(asked, &o.style, stdout_sink, NULL);
		if (rc == NIXIE_ABSENT) {
			complain(argv[i], "no such code in the catalogue; `nixie reply` explains a "
					  "whole answer");
			code = EXIT_NOT_DELIVERY;
		}
	}
	return finish_output(code);
}
