/* control_command - a command that the server which runs answers, over its socket */
#include <stdio.h>
#include <string.h>

#include "nixied/control.h"
#include "nixied/nixied.h"

int
control_command(char *name, const char *usage, const char *alone, int argc, char **argv)
{
	const char *path;
	char where[FOLDER_PATH_MAX];
	char *words[CONTROL_WORDS_MAX] = {argv[0]};
	struct conf conf;
	size_t count = 1;
	int code;
	/* Its own options come first; what follows an action is the server's to understand. */
	int first = 1;
	path = NULL;
	for (; first < argc; first++) {
		if (strcmp(argv[first], "-h") == 0 || strcmp(argv[first], "--help") == 0) {
			fputs(usage, stdout);
			return EXIT_DONE;
		}
		if ((strcmp(argv[first], "-c") == 0 || strcmp(argv[first], "--config") == 0) &&
			first + 1 < argc)
			path = argv[++first];
		else if (count < CONTROL_WORDS_MAX)
			words[count++] = argv[first];
	}
	static char list[] = "list";
	words[0] = name;
	if (count == 1 || words[1][0] == '-') { /* `nixied queue --to a@b`: a list */
		if (count < CONTROL_WORDS_MAX) {
			memmove(words + 2, words + 1, (count - 1) * sizeof *words);
			words[1] = list;
			count++;
		}
	}
	if (!conf_read(&conf, path))
		return EXIT_USAGE;
	if (!conf_path(&conf, CONTROL_SOCKET, where)) {
		conf_free(&conf);
		return EXIT_TROUBLE;
	}
	conf_free(&conf);
	code = control_show(where, words, count);
	if (code < 0) {
		char why[200];
		snprintf(why, sizeof why,
			"no server answers there; is it running, and are you its user or root? %s",
			alone);
		complain(where, why);
		return EXIT_TROUBLE;
	}
	return code;
}
