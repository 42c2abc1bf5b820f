/* nixied serve - the server */
#include "nixied/options.h"
#include "nixied/server.h"

static const char usage[] =
	"Usage: nixied serve [-c FILE]\n"
	"Runs the mail server until it is told to end (SIGTERM). SIGHUP reads the configuration,\n"
	"the certificates and the log file anew.\n\n"
	"  -c, --config FILE  the configuration; else $NIXIED_CONF, else " NIXIED_CONF_DEFAULT "\n";

int
cmd_serve(int argc, char **argv)
{
	const char *path;
	int first, code;
	if (!options_conf(argc, argv, usage, &path, &first, &code))
		return code;
	if (first < argc) {
		complain(argv[first], "`nixied serve` takes no operand; the configuration is named "
				      "with -c");
		return EXIT_USAGE;
	}
	return server_run(path);
}
