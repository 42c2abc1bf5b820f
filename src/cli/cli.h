/*
 * cli - what the subcommands of nixie share
 *
 * Exit codes are an interface: nixie(1) lists them.
 */
#ifndef CLI_CLI_H
#define CLI_CLI_H

#include "nixie.h"

enum exit_code {
	EXIT_EXPLAINED = 0,    /* all went well; something about delivery was explained */
	EXIT_NOT_DELIVERY = 1, /* read, but not about delivery; or a code that nobody knows */
	EXIT_USAGE = 2,
	EXIT_UNREADABLE = 3 /* input could not be read, or output not written */
};

/* A subcommand: argv[0] is its name. */
typedef int command_fn(int argc, char **argv);
command_fn cmd_explain, cmd_parse, cmd_reply, cmd_code, cmd_log, cmd_web;

/* Settings that every subcommand takes, read by options_read(). */
struct options {
	struct nixie_style style;
	const char *output; /* -o: "ndjson", "json", "text"; NULL = the command's own default */
	enum nixie_input input;
	int first; /* index in argv of the first operand */
};

/*
 * options_read - the common options of argv: -o FORMAT, --lang LANG, --color[=WHEN], --width N,
 * --text, --help
 *
 * usage    printed for --help (to stdout) and, with the fault, for a mistake (to stderr)
 * Returns  true to go on; false when the command is to end with *code
 */
bool options_read(int argc, char **argv, const char *usage, struct options *o, int *code);

/* options_page_format - of a command that writes one page: text (the default), json (indented) or
 * ndjson. Sets *is_json and the style; false, after a complaint with `why`, for any other -o */
bool options_page_format(struct options *o, const char *why, bool *is_json);

/* bytes of one input, and where they came from */
struct input {
	char *bytes;
	size_t len, room;
};

/*
 * input_read - all of a file, or of standard input for "-"; unpacked, when gzip or zstd packed it
 *
 * Of a packed file that is cut short or damaged, what could be unpacked is there, and that is said.
 * Returns  false, after a sentence on stderr that says what is wrong and what to do, when it cannot
 * be read
 */
bool input_read(const char *path, struct input *in);
void input_fini(struct input *in);

/* stdout_sink - a nixie_sink that writes to standard output */
bool stdout_sink(void *to, const char *bytes, size_t len);

/* finish_output - flushes standard output; EXIT_UNREADABLE, after a sentence on stderr, when that
 * fails, else `code` */
int finish_output(int code);

/* shown_char - of a file's name on its way to a terminal: a control character is a "?" */
static inline char
shown_char(char c)
{
	return (unsigned char)c < ' ' || c == 127 ? '?' : c;
}

/* complain - "nixie: WHAT: WHY" on stderr */
void complain(const char *what, const char *why);

#endif
