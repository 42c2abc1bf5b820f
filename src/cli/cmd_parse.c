/* nixie parse - many mails, for programs */
#include "cli/cli.h"

#include <stdio.h>
#include <string.h>

static const char usage[] =
	"Usage: nixie parse [OPTION]... FILE...\n"
	"Reads mails, one in each FILE (- is standard input), and writes what became of each "
	"recipient.\n"
	"\n"
	"  -o ndjson|json|text  one object a line; one array, indented; pages for people (ndjson)\n"
	"  --explain            with the explanation of each outcome\n"
	"  --lang LANG          in which language the explanations are (from the environment)\n"
	"  --text, --message    take the input as pasted text, or as messages (found out)\n"
	"  -h, --help           this help\n";

enum format { FORMAT_NDJSON, FORMAT_JSON, FORMAT_TEXT };

static bool
format_find(const char *name, enum format *format)
{
	static const char *const names[] = {"ndjson", "json", "text"};
	for (size_t i = 0; i < 3; i++)
		if (name == NULL || strcmp(name, names[i]) == 0) {
			*format = (enum format)i;
			return true;
		}
	return false;
}

/* Takes "--explain" out of argv, which only this command knows. */
static bool
take_explain(int *argc, char **argv)
{
	bool was_there = false;
	int kept = 1;
	for (int i = 1; i < *argc; i++) {
		if (strcmp(argv[i], "--") == 0) {
			while (i < *argc)
				argv[kept++] = argv[i++];
			break;
		}
		if (strcmp(argv[i], "--explain") == 0)
			was_there = true;
		else
			argv[kept++] = argv[i];
	}
	*argc = kept;
	return was_there;
}

static bool
parse_one(const char *path, struct nixie_report *r, struct input *in, enum format format,
	struct options *o)
{
	if (!input_read(path, in))
		return false;
	enum nixie_rc rc = nixie_read(r, in->bytes, in->len, o->input);
	if (rc == NIXIE_OK) {
		o->style.source_path = path;
		rc = format == FORMAT_TEXT ? nixie_report_text(r, &o->style, stdout_sink, NULL)
					   : nixie_report_json(r, &o->style, stdout_sink, NULL);
	}
	if (rc == NIXIE_OK || rc == NIXIE_SINK)
		return rc == NIXIE_OK;
	complain(path, rc == NIXIE_LIMIT ? "needs more memory than one report may take"
					 : "not enough memory");
	return false;
}

int
cmd_parse(int argc, char **argv)
{
	struct options o;
	enum format format;
	int code = EXIT_USAGE;
	const bool with_explanations = take_explain(&argc, argv);
	if (!options_read(argc, argv, usage, &o, &code))
		return code;
	if (!format_find(o.output, &format)) {
		complain(o.output, "no such format: parse writes ndjson, json or text");
		return EXIT_USAGE;
	}
	if (o.first == argc) {
		complain("parse", "which mail? Name a FILE, or - for standard input");
		return EXIT_USAGE;
	}
	struct nixie_report *const r = nixie_report_new();
	struct input in = {NULL, 0, 0};
	if (r == NULL) {
		complain("parse", "not enough memory");
		return EXIT_UNREADABLE;
	}
	o.style.explain = with_explanations;
	o.style.pretty = format == FORMAT_JSON;
	code = EXIT_EXPLAINED;
	if (format == FORMAT_JSON)
		fputs("[\n", stdout);
	for (int i = o.first, written = 0; i < argc; i++) {
		if (written > 0 && format == FORMAT_JSON)
			fputs(",\n", stdout);
		else if (written > 0 && format == FORMAT_TEXT)
			fputs("\n====\n\n", stdout);
		if (parse_one(argv[i], r, &in, format, &o))
			written++;
		else
			code = EXIT_UNREADABLE;
	}
	if (format == FORMAT_JSON)
		fputs("]\n", stdout);
	nixie_report_free(r);
	input_fini(&in);
	return finish_output(code);
}
