#include "cli/cli.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#define COLUMNS_DEFAULT 80
#define COLUMNS_MAX 100 /* longer lines are hard to read */

/* The value of an option: "--name=value", or the next argument. NULL when it is missing. */
static const char *
value_of(int argc, char **argv, int *i)
{
	const char *const equals = strncmp(argv[*i], "--", 2) == 0 ? strchr(argv[*i], '=') : NULL;
	if (equals != NULL)
		return equals + 1;
	return *i + 1 < argc ? argv[++*i] : NULL;
}

static bool
is_option(const char *arg, const char *name)
{
	const size_t n = strlen(name);
	return strncmp(arg, name, n) == 0 && (arg[n] == '\0' || arg[n] == '=');
}

static bool
mistake(const char *usage, const char *what, const char *arg, int *code)
{
	fprintf(stderr, "nixie: %s: %s\n%s", arg, what, usage);
	*code = EXIT_USAGE;
	return false;
}

static bool
read_columns(const char *text, unsigned *columns)
{
	char *end;
	/* strtol() takes blanks, a sign and nothing at all */
	const long n = text[0] >= '0' && text[0] <= '9' ? strtol(text, &end, 10) : -1;
	if (n < 0 || n > 10000 || *end != '\0')
		return false;
	*columns = (unsigned)n;
	return true;
}

static void
defaults(struct options *o)
{
	const bool is_terminal = isatty(STDOUT_FILENO) == 1;
	struct winsize size;
	*o = (struct options){.first = 1};
	const char *const columns = getenv("COLUMNS");
	if (is_terminal && ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 0)
		o->style.columns = size.ws_col;
	else if (columns == NULL || !read_columns(columns, &o->style.columns) ||
		 o->style.columns == 0)
		o->style.columns = COLUMNS_DEFAULT;
	if (o->style.columns > COLUMNS_MAX)
		o->style.columns = COLUMNS_MAX;
	/* https://no-color.org */
	const char *const no_colour = getenv("NO_COLOR");
	const char *const term = getenv("TERM");
	o->style.colour = is_terminal && (no_colour == NULL || no_colour[0] == '\0') &&
			  (term == NULL || strcmp(term, "dumb") != 0);
	const char *const names[] = {"LC_ALL", "LC_MESSAGES", "LANG"};
	for (size_t i = 0; i < 3 && o->style.lang == NULL; i++) {
		const char *const lang = getenv(names[i]);
		if (lang != NULL && lang[0] != '\0')
			o->style.lang = lang;
	}
}

static bool
read_colour(const char *when, struct options *o)
{
	if (when == NULL || strcmp(when, "always") == 0)
		o->style.colour = true;
	else if (strcmp(when, "never") == 0)
		o->style.colour = false;
	else
		return strcmp(when, "auto") == 0;
	return true;
}

bool
options_read(int argc, char **argv, const char *usage, struct options *o, int *code)
{
	defaults(o);
	int i = 1;
	for (; i < argc && argv[i][0] == '-' && argv[i][1] != '\0'; i++) {
		const char *const arg = argv[i];
		if (strcmp(arg, "--") == 0) {
			i++;
			break;
		}
		if (strcmp(arg, "-h") == 0 || strcmp(arg, "--help") == 0) {
			fputs(usage, stdout);
			*code = finish_output(EXIT_EXPLAINED);
			return false;
		}
		if (is_option(arg, "-o") || is_option(arg, "--output")) {
			o->output = value_of(argc, argv, &i);
			if (o->output == NULL)
				return mistake(usage, "wants a format", arg, code);
		} else if (is_option(arg, "--lang")) {
			o->style.lang = value_of(argc, argv, &i);
			if (o->style.lang == NULL)
				return mistake(usage, "wants a language, e.g. de", arg, code);
		} else if (is_option(arg, "--color") || is_option(arg, "--colour")) {
			const char *const equals = strchr(arg, '=');
			if (!read_colour(equals != NULL ? equals + 1 : NULL, o))
				return mistake(usage, "say always, never or auto", arg, code);
		} else if (is_option(arg, "--width")) {
			const char *const n = value_of(argc, argv, &i);
			if (n == NULL || !read_columns(n, &o->style.columns))
				return mistake(usage,
					"wants a number of columns, 0 for no wrapping", arg, code);
		} else if (strcmp(arg, "--text") == 0) {
			o->input = NIXIE_INPUT_TEXT;
		} else if (strcmp(arg, "--message") == 0) {
			o->input = NIXIE_INPUT_MESSAGE;
		} else {
			return mistake(usage, "no such option", arg, code);
		}
	}
	o->first = i;
	return true;
}

bool
options_page_format(struct options *o, const char *why, bool *is_json)
{
	const char *const asked = o->output == NULL ? "text" : o->output;
	o->style.pretty = strcmp(asked, "json") == 0;
	*is_json = o->style.pretty || strcmp(asked, "ndjson") == 0;
	if (*is_json || strcmp(asked, "text") == 0)
		return true;
	complain(asked, why);
	return false;
}
