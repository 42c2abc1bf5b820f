/* nixie explain - one bounce, for people */
#include "cli/cli.h"
#include "read/mbox.h"
#include "read/rubbish.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const char usage[] =
	"Usage: nixie explain [OPTION]... [FILE]\n"
	"Explains a bounce, a delay notice, a pasted error or any other answer of a mail server.\n"
	"Reads FILE, or standard input when FILE is - or missing.\n"
	"\n"
	"  -o text|json       how to write it (text)\n"
	"  --lang LANG        in which language (from the environment)\n"
	"  --color[=WHEN]     always, never, auto (auto: on a terminal)\n"
	"  --width N          wrap at N columns, 0: not at all (the terminal's width)\n"
	"  --text, --message  take the input as pasted text, or as a message (found out)\n"
	"  -h, --help         this help\n";

static bool
is_about_delivery(const struct nixie_report_info *info)
{
	return info->kind == NIXIE_KIND_FAILURE || info->kind == NIXIE_KIND_DELAY ||
	       info->kind == NIXIE_KIND_SUCCESS;
}

/* Of a mailbox, the first mail. */
static void
take_first(const char *name, struct input *in)
{
	struct mbox_end first = {.scanned = 0};
	if (!mbox_is_from_line(in->bytes, in->len) ||
		!mbox_find_end(in->bytes, in->len, true, in->len, &first) || first.next == in->len)
		return;
	complain(name,
		"holds several mails, and this is the first; `nixie parse -o text` reads all");
	in->len = first.end;
}

int
cmd_explain(int argc, char **argv)
{
	struct options o;
	int code = EXIT_USAGE;
	if (!options_read(argc, argv, usage, &o, &code))
		return code;
	if (argc - o.first > 1) {
		complain("explain", "takes one FILE; `nixie parse` takes many");
		return EXIT_USAGE;
	}
	const bool is_json = o.output != NULL && strcmp(o.output, "json") == 0;
	if (o.output != NULL && !is_json && strcmp(o.output, "text") != 0) {
		complain(o.output, "no such format: explain writes text or json");
		return EXIT_USAGE;
	}
	const char *const path = o.first < argc ? argv[o.first] : "-";
	const char *const name = strcmp(path, "-") == 0 ? "standard input" : path;
	struct input in = {NULL, 0, 0};
	if (strcmp(path, "-") == 0 && isatty(STDIN_FILENO) == 1)
		fputs("Paste the bounce, then press Ctrl-D on a line of its own:\n", stderr);
	if (!input_read(path, &in)) {
		input_fini(&in);
		return EXIT_UNREADABLE;
	}
	const char *const why = rubbish_find((struct str){in.bytes, in.len});
	if (why != NULL) {
		complain(name, why);
		input_fini(&in);
		return EXIT_UNREADABLE;
	}
	if (o.input != NIXIE_INPUT_TEXT)
		take_first(name, &in);
	struct nixie_report *const r = nixie_report_new();
	enum nixie_rc rc = r == NULL ? NIXIE_NOMEM : nixie_read(r, in.bytes, in.len, o.input);
	if (rc == NIXIE_OK) {
		o.style.explain = true;
		o.style.pretty = true;
		o.style.source_path = path;
		rc = is_json ? nixie_report_json(r, &o.style, stdout_sink, NULL)
			     : nixie_report_text(r, &o.style, stdout_sink, NULL);
		code = is_about_delivery(nixie_report_info(r)) ? EXIT_EXPLAINED : EXIT_NOT_DELIVERY;
	}
	if (rc != NIXIE_OK && rc != NIXIE_SINK) {
		complain(name, rc == NIXIE_LIMIT ? "needs more memory than one report may take"
						 : "not enough memory");
		code = EXIT_UNREADABLE;
	}
	nixie_report_free(r);
	input_fini(&in);
	return finish_output(code);
}
