/* nixie web - the page and the HTTP API */
#include "cli/cli.h"
#include "serve/server.h"

#include <stdio.h>
#include <string.h>

static const char usage[] =
	"Usage: nixie web [OPTION]...\n"
	"Serves the page for people and the HTTP API for programs. nixie-web(8) is its manual.\n"
	"\n"
	"  --listen ADDRESS      127.0.0.1:8025, [::1]:8025, :8025 or unix:/path; may be given "
	"again\n";

static void
print_usage(FILE *to)
{
	fputs(usage, to);
	for (size_t i = 0; i < settings_count; i++)
		fprintf(to, "  %-21.*s %s\n", (int)settings_table[i].option.len,
			settings_table[i].option.ptr, settings_table[i].help);
	fputs("  -h, --help            this help\n", to);
}

static int
mistake(const char *arg, const char *why)
{
	complain(arg, why);
	print_usage(stderr);
	return EXIT_USAGE;
}

static const struct setting *
setting_find(struct str option)
{
	for (size_t i = 0; i < settings_count; i++)
		if (str_eq(settings_table[i].option, option))
			return &settings_table[i];
	return NULL;
}

/* NULL, or what is wrong. */
static const char *
take_option(struct settings *s, struct str option, struct str value)
{
	const struct setting *const which = setting_find(option);
	const bool is_listen = str_eq(option, STR("--listen"));
	if (which == NULL && !is_listen)
		return "no such option";
	if (!str_is_set(value))
		return "wants a value";
	if (which != NULL)
		return settings_set(s, which, value);
	if (s->listen_count == SETTINGS_LISTEN_MAX)
		return "is given too often; 8 addresses are the most";
	s->listen[s->listen_count++] = value;
	return NULL;
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
	settings_init(&s);
	for (int i = 1; i < argc; i++) {
		struct str value = str_of(argv[i]);
		if (str_eq(value, STR("-h")) || str_eq(value, STR("--help"))) {
			print_usage(stdout);
			return finish_output(EXIT_EXPLAINED);
		}
		if (!str_starts(value, STR("-")))
			return mistake(argv[i], "web takes options only");
		const struct str option = str_cut(&value, '=');
		if (!str_is_set(value) && i + 1 < argc)
			value = str_of(argv[i + 1]), i++;
		const char *const why = take_option(&s, option, value);
		if (why != NULL)
			return mistake(argv[i], why);
	}
	if (s.listen_count == 0)
		s.listen[s.listen_count++] = STR(SETTINGS_LISTEN_DEFAULT);
	struct server_trouble trouble;
	if (server_run(&s, tell_addresses, NULL, &trouble))
		return finish_output(EXIT_EXPLAINED);
	complain(trouble.what, trouble.why);
	return EXIT_UNREADABLE;
}
