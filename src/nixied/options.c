#include "nixied/options.h"

#include <stdio.h>
#include <string.h>

#include "nixied/nixied.h"

static bool
is(const char *argument, const char *short_name, const char *long_name)
{
	return strcmp(argument, short_name) == 0 || strcmp(argument, long_name) == 0;
}

bool
options_conf(int argc, char **argv, const char *usage, const char **path, int *first, int *code)
{
	int i = 1;
	*path = NULL;
	for (; i < argc && argv[i][0] == '-' && argv[i][1] != '\0'; i++) {
		if (strcmp(argv[i], "--") == 0) {
			i++;
			break;
		}
		if (is(argv[i], "-h", "--help")) {
			fputs(usage, stdout);
			*code = EXIT_DONE;
			return false;
		}
		if (is(argv[i], "-c", "--config") && i + 1 < argc) {
			*path = argv[++i];
			continue;
		}
		complain(argv[i], is(argv[i], "-c", "--config") ? "wants the name of a file"
								: "no such option");
		fputs(usage, stderr);
		*code = EXIT_USAGE;
		return false;
	}
	*first = i;
	return true;
}

bool
option_fault(const char *command, const char *what, const char *why)
{
	fprintf(stderr, "nixied %s: %s: %s\nTry: nixied %s --help\n", command, what, why, command);
	return false;
}

bool
option_form(const char *command, const char *value, bool *is_json)
{
	*is_json = strcmp(value, "json") == 0;
	return *is_json || strcmp(value, "text") == 0 ||
	       option_fault(command, "-o", "wants text or json");
}
