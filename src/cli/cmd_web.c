/* nixie web - the page and the HTTP API */
#include "cli/cli.h"
#include "serve/server.h"

#include <stdio.h>
#include <string.h>

static const char usage[] =
	"Usage: nixie web [OPTION]...\n"
	"Serves the page for people and the HTTP API for programs. nixie-web(8) is its manual.\n"
	"\n";

/* The options that are no number. */
static const struct {
	struct str option;
	const char *operand, *help;
	const char *(*set)(struct settings *s, struct str value);
} lists[] = {
	{STR_INIT("--listen"), "ADDR",
		"127.0.0.1:8025, [::1]:8025, :8025 or unix:PATH; may be given again",
		settings_listen},
	{STR_INIT("--trust-proxy"), "NET",
		"an address or network whose word about clients is taken; again", settings_proxy},
	{STR_INIT("--proxy-field"), "NAME",
		"that word: x-forwarded-for or forwarded (x-forwarded-for)", settings_proxy_field},
};

static const char *const operands[] = {
	[UNIT_COUNT] = "N", [UNIT_BYTES] = "SIZE", [UNIT_SECONDS] = "TIME", [UNIT_FLAG] = ""};

static void
print_option(FILE *to, struct str option, const char *operand, const char *help)
{
	char left[40];
	snprintf(left, sizeof left, "%.*s %s", (int)option.len, option.ptr, operand);
	fprintf(to, "  %-22s %s\n", left, help);
}

static void
print_usage(FILE *to)
{
	fputs(usage, to);
	for (size_t i = 0; i < sizeof lists / sizeof *lists; i++)
		print_option(to, lists[i].option, lists[i].operand, lists[i].help);
	for (size_t i = 0; i < settings_count; i++)
		print_option(to, settings_table[i].option, operands[settings_table[i].unit],
			settings_table[i].help);
	fputs("  -h, --help             this help\n", to);
}

static int
mistake(const char *arg, const char *why)
{
	complain(arg, why);
	print_usage(stderr);
	return EXIT_USAGE;
}

/* One option and, when it wants one, its value, behind "=" or as the next argument. NULL, or what
 * is wrong. */
static const char *
take_option(struct settings *s, int argc, char **argv, int *i)
{
	struct str value = str_of(argv[*i]);
	const struct str option = str_cut(&value, '=');
	const struct setting *number = NULL;
	size_t list = 0;
	while (list < sizeof lists / sizeof *lists && !str_eq(lists[list].option, option))
		list++;
	for (size_t n = 0; n < settings_count; n++)
		if (str_eq(settings_table[n].option, option))
			number = &settings_table[n];
	const bool is_list = list < sizeof lists / sizeof *lists;
	if (!is_list && number == NULL)
		return "no such option";
	if (!str_is_set(value) && number != NULL && number->unit == UNIT_FLAG)
		value = STR("1");
	if (!str_is_set(value) && *i + 1 < argc)
		value = str_of(argv[++*i]);
	if (!str_is_set(value))
		return "wants a value";
	return is_list ? lists[list].set(s, value) : settings_set(s, number, value);
}

static void
tell_addresses(void *to, char (*names)[LISTEN_ADDRESS_BYTES_MAX], size_t count)
{
	(void)to;
	for (size_t i = 0; i < count; i++) {
		const bool is_unix = strncmp(names[i], "unix:", 5) == 0;
		printf("nixie: listening on %s%s%s\n", is_unix ? "" : "http://", names[i],
			is_unix ? "" : "/");
	}
	fflush(stdout);
}

int
cmd_web(int argc, char **argv)
{
	struct settings s;
	serve_settings_init(&s);
	for (int i = 1; i < argc; i++) {
		const struct str value = str_of(argv[i]);
		if (str_eq(value, STR("-h")) || str_eq(value, STR("--help"))) {
			print_usage(stdout);
			return finish_output(EXIT_EXPLAINED);
		}
		if (!str_starts(value, STR("-")))
			return mistake(argv[i], "web takes options only");
		const char *const option = argv[i];
		const char *const why = take_option(&s, argc, argv, &i);
		if (why != NULL)
			return mistake(option, why);
	}
	struct server_trouble trouble;
	if (serve_run(&s, tell_addresses, NULL, &trouble))
		return finish_output(EXIT_EXPLAINED);
	complain(trouble.what, trouble.why);
	return EXIT_UNREADABLE;
}
