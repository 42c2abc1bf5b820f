/* nixied bans - who may not sign in for now, and who may again */
#include "nixied/control.h"
#include "nixied/nixied.h"

static const char usage[] =
	"Usage: nixied bans [-c FILE] [list] [-o json]\n"
	"       nixied bans [-c FILE] lift WHICH\n"
	"Shows the clients of the server that runs which failed to sign in too often and may not\n"
	"for now (autoban, autoban_time), and lifts that: they may at once, and what failed is\n"
	"forgiven. The log has it with the user who did it. A new start forgives everybody.\n\n"
	"WHICH is one of these:\n"
	"  ADDRESS           a client, 192.0.2.1, or those of a network, 192.0.2.0/24\n"
	"  --all             everybody\n\n"
	"  -o json           a line for each client, for programs\n"
	"  -c, --config FILE the configuration; else $NIXIED_CONF, else " NIXIED_CONF_DEFAULT "\n";

int
cmd_bans(int argc, char **argv)
{
	static char name[] = "bans";
	return control_command(name, usage, "One that does not run shuts nobody out", argc, argv);
}
