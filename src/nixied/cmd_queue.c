/* nixied queue - what waits in a server that runs, and what is to become of it */
#include "nixied/control.h"
#include "nixied/nixied.h"

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
	"  --reason WORDS    in the last answer, or its condition: C34, \"mailbox full\"; or the "
	"reason\n"
	"                    as the log has it: mailbox_full\n"
	"  --held, --waiting only those\n"
	"  --all             everything, where an action wants to be told which\n\n"
	"  -o json           a line for each recipient, or for the count or what was done, for "
	"programs\n"
	"  --body            of show: the text of the message, as it is in the queue\n"
	"  --limit N         how many recipients a list shows, the oldest first; 1000, when "
	"nothing is\n"
	"                    said\n"
	"  -c, --config FILE the configuration; else $NIXIED_CONF, else " NIXIED_CONF_DEFAULT "\n";

int
cmd_queue(int argc, char **argv)
{
	static char name[] = "queue";
	return control_command(name, usage,
		"`nixied audit` counts the queue of one that does not run", argc, argv);
}
