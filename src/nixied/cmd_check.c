/* nixied check - what is wrong or dangerous, where, and what to do */
#include "nixied/check.h"
#include "nixied/options.h"

#include <stdio.h>
#include <time.h>

static const char usage[] =
	"Usage: nixied check [-c FILE]\n"
	"Reads the configuration as the server would, and says what is wrong in it and where; "
	"then\n"
	"looks at certificates, folders, ports, filters and the directory, and for what is "
	"dangerous. It\n"
	"changes nothing. Exit status: 0 nothing is wrong, 1 something is.\n\n"
	"  -c, --config FILE  the configuration; else $NIXIED_CONF, else " NIXIED_CONF_DEFAULT "\n";

int
cmd_check(int argc, char **argv)
{
	static struct findings findings;
	struct conf conf;
	const char *path;
	char host[256];
	int first, code;
	if (!options_conf(argc, argv, usage, &path, &first, &code))
		return code;
	if (first < argc) {
		complain(argv[first], "`nixied check` takes no operand; the configuration is named "
				      "with -c");
		return EXIT_USAGE;
	}
	if (!conf_read(&conf, path))
		return EXIT_NO;
	findings = (struct findings){.arena = &conf.arena};
	check_settings(&conf.config, &findings);
	check_parts(&conf.config, &findings);
	check_host(&conf.config, host, &findings);
	check_certificates(&conf.config, str_of(host), (int64_t)time(NULL), &findings);
	check_folders(&conf, &findings);
	check_ports(&conf.config, &findings);
	check_filters(&conf.config, &findings);
	check_hooks(&conf.config, &findings);
	check_keys(&conf, &findings);
	check_directory(&conf, str_of(host), &findings);
	findings_print(&findings, conf.path);
	code = findings.of_kind[FINDING_WRONG] > 0 ? EXIT_NO : EXIT_DONE;
	conf_free(&conf);
	return fflush(stdout) == 0 ? code : EXIT_TROUBLE;
}
