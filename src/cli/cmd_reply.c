/* nixie reply - one answer of a mail server, given on the command line */
#include "cli/cli.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char usage[] =
	"Usage: nixie reply [OPTION]... 'TEXT'\n"
	"Explains one answer of a mail server, e.g. nixie reply '550 5.1.1 User unknown'.\n"
	"\n"
	"  -o text|json    how to write it (text)\n"
	"  --lang LANG     in which language (from the environment)\n"
	"  --color[=WHEN]  always, never, auto (auto: on a terminal)\n"
	"  --width N       wrap at N columns, 0: not at all (the terminal's width)\n"
	"  -h, --help      this help\n";

/* The operands with a blank between them: quotes around the text may be left out. */
static char *
join(int argc, char **argv)
{
	size_t len = 1;
	for (int i = 0; i < argc; i++)
		len += strlen(argv[i]) + 1;
	char *const text = malloc(len);
	if (text == NULL)
		return NULL;
	size_t n = 0;
	for (int i = 0; i < argc; i++) {
		const size_t part = strlen(argv[i]);
		if (i > 0)
			text[n++] = ' ';
		memcpy(text + n, argv[i], part);
		n += part;
	}
	text[n] = '\0';
	return text;
}

int
cmd_reply(int argc, char **argv)
{
	struct options o;
	int code = EXIT_USAGE;
	if (!options_read(argc, argv, usage, &o, &code))
		return code;
	bool is_json;
	if (!options_page_format(&o, "no such format: reply writes text or json", &is_json))
		return EXIT_USAGE;
	char *const text = o.first < argc ? join(argc - o.first, argv + o.first) : NULL;
	if (text == NULL || text[strspn(text, " \t\r\n")] == '\0') {
		complain("reply", "which answer? Quote it: nixie reply '550 5.1.1 User unknown'");
		free(text);
		return EXIT_USAGE;
	}
	struct nixie_report *const r = nixie_report_new();
	enum nixie_rc rc =
		r == NULL ? NIXIE_NOMEM : nixie_read(r, text, strlen(text), NIXIE_INPUT_TEXT);
	if (rc == NIXIE_OK) {
		o.style.explain = true;
		rc = is_json ? nixie_report_json(r, &o.style, stdout_sink, NULL)
			     : nixie_report_text(r, &o.style, stdout_sink, NULL);
		code = nixie_report_info(r)->outcome_count > 0 ? EXIT_EXPLAINED : EXIT_NOT_DELIVERY;
	}
	if (rc != NIXIE_OK && rc != NIXIE_SINK) {
		complain("reply", "not enough memory");
		code = EXIT_UNREADABLE;
	}
	nixie_report_free(r);
	free(text);
	return finish_output(code);
}
