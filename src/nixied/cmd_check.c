/* nixied check - what is wrong or dangerous, where, and what to do */
#include "nixied/check.h"
#include "nixied/options.h"

#include <stdio.h>
#include <time.h>

static const char usage[] =
	"Usage: nixied check [-c FILE]\n"
	"Reads the configuration as the server would, and says what is wrong in it and where; "
	"then\n"
	"looks at certificates, folders, ports and the directory, and for what is dangerous. It\n"
	"changes nothing. Exit status: 0 nothing is wrong, 1 something is.\n\n"
	"  -c, --config FILE  the configuration; else $NIXIED_CONF, else " NIXIED_CONF_DEFAULT "\n";

static void
print(const struct conf *conf, const struct findings *f)
{
	static const char *const kinds[] = {"note", "warning", "wrong"};
	const size_t kept = f->count < FINDINGS_MAX ? f->count : FINDINGS_MAX;
	/* What is wrong first. */
	for (int kind = FINDING_WRONG; kind >= FINDING_NOTE; kind--) {
		for (size_t i = 0; i < kept; i++) {
			const struct finding *const one = &f->list[i];
			if ((int)one->kind != kind)
				continue;
			if (one->line > 0)
				printf("%s:%u: ", conf->path, one->line);
			const struct str what = one->what;
			const bool has_end = what.len > 0 && what.ptr[what.len - 1] == '.';
			printf("%s: %.*s%s\n\t%.*s\n", kinds[kind], (int)what.len, what.ptr,
				has_end ? "" : ".", (int)one->to_do.len, one->to_do.ptr);
		}
	}
	printf("%s: wrong: %zu, warnings: %zu, notes: %zu\n", conf->path, f->of_kind[FINDING_WRONG],
		f->of_kind[FINDING_WARNING], f->of_kind[FINDING_NOTE]);
}

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
	check_host(&conf.config, host, &findings);
	check_certificates(&conf.config, str_of(host), (int64_t)time(NULL), &findings);
	check_folders(&conf, &findings);
	check_ports(&conf.config, &findings);
	check_directory(&conf, str_of(host), &findings);
	print(&conf, &findings);
	code = findings.of_kind[FINDING_WRONG] > 0 ? EXIT_NO : EXIT_DONE;
	conf_free(&conf);
	return fflush(stdout) == 0 ? code : EXIT_TROUBLE;
}
