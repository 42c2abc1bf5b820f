/* nixied queue - what waits in a server that runs, and what is to become of it */
#include <stdio.h>
#include <string.h>

#include "nixied/control.h"
#include "nixied/nixied.h"
#include "nixied/options.h"

static const char usage[] =
	"Usage: nixied queue [-c FILE] [list] [WHICH]...\n"
	"       nixied queue [-c FILE] count [WHICH]...\n"
	"       nixied queue [-c FILE] show [--body] ID\n"
	"       nixied queue [-c FILE] hold|release|retry|bounce|remove WHICH...\n"
	"Shows what waits in the server that runs, and lets an operator decide about it: hold (not "
	"to\n"
	"be tried), release, retry (now), bounce (given up, and the sender told), remove (given "
	"up,\n"
	"and nobody told). The log has each of these with the user who did it.\n\n"
	"WHICH is any of these; all that are given must fit:\n"
	"  ID                a message\n"
	"  --to ADDRESS      a recipient\n"
	"  --domain DOMAIN   recipients there\n"
	"  --from ADDRESS    a sender; \"<>\" is the one of reports\n"
	"  --reason WORDS    in the last answer, or its condition: C34, \"mailbox full\"\n"
	"  --held, --waiting only those\n"
	"  --all             everything, where an action wants to be told which\n\n"
	"  -o json           a line for each recipient, or for the count, for programs\n"
	"  --body            of show: the text of the message, as it is in the queue\n"
	"  --limit N         how many recipients a list shows, the oldest first; 1000, when "
	"nothing is\n"
	"                    said\n"
	"  -c, --config FILE the configuration; else $NIXIED_CONF, else " NIXIED_CONF_DEFAULT "\n";

int
cmd_queue(int argc, char **argv)
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
	static char list[] = "list", name[] = "queue";
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
		complain(where, "no server answers there; is it running, and are you its user or "
				"root? `nixied audit` counts the queue of one that does not run");
		return EXIT_TROUBLE;
	}
	return code;
}
