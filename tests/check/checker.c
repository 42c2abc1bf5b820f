/*
 * checker - a session's checks without a session: what check.h is told, from standard input
 *
 *	checker CONFIG DNS_SERVER LOG < commands
 *
 * client IP | helo NAME | mail SENDER | rcpt RECIPIENT | end FILE | signed USER | reset
 *
 * Prints "pass", or the reply, for each question; "late " in front when it did not come at once.
 */
#include "check/check.h"
#include "smtp/reply.h"

#include <event2/event.h>
#include <stdio.h>
#include <stdlib.h>

static struct event_base *base;
static struct check_session *session;
static bool is_waiting;

static void
show(const struct check_verdict *v, const char *when)
{
	char room[REPLY_BYTES_MAX];
	struct reply_buffer out = {room, 0, sizeof room};
	if (!v->is_refused) {
		printf("%spass\n%.*s", when, (int)v->headers.len, v->headers.ptr);
		return;
	}
	const struct reply_form form = {.session = STR("TEST")};
	reply_write(&out, &form, v->condition, &v->facts);
	printf("%s%.*s", when, (int)out.len, room);
}

static void
done(void *to, const struct check_verdict *v)
{
	(void)to;
	show(v, "late ");
	is_waiting = false;
}

static void
wait_for(bool is_there, const struct check_verdict *v)
{
	if (is_there)
		show(v, "");
	is_waiting = !is_there;
	while (is_waiting)
		event_base_loop(base, EVLOOP_ONCE);
	fflush(stdout);
}

static char *
file_read(const char *path, size_t *len)
{
	FILE *const f = fopen(path, "rb");
	char *text = malloc(1 << 22);
	*len = f == NULL || text == NULL ? 0 : fread(text, 1, (1 << 22) - 1, f);
	if (f == NULL || text == NULL) {
		perror(path);
		exit(2);
	}
	text[*len] = '\0';
	fclose(f);
	return text;
}

/* In pieces of odd sizes, as they come from a socket. */
static void
body(const char *path)
{
	size_t len;
	char *const text = file_read(path, &len);
	for (size_t at = 0, n = 1; at < len; at += n, n = n * 5 % 997 + 1) {
		n = n < len - at ? n : len - at;
		check_body(session, (struct str){text + at, n});
	}
	free(text);
}

static void
command(struct checks *checks, struct str line)
{
	struct check_verdict v;
	const struct str verb = str_cut(&line, ' '), rest = str_is_set(line) ? line : STR("");
	if (str_eq(verb, STR("client"))) {
		struct check_client client = {
			.reference = STR("TEST"), .host = STR("mx.here.example")};
		if (!ip_parse(rest, &client.ip))
			exit(2);
		check_session_free(session);
		session = check_session_new(checks, &client, done, NULL);
	} else if (str_eq(verb, STR("helo"))) {
		check_hello(session, rest, &v);
	} else if (str_eq(verb, STR("signed"))) {
		check_signed_in(session, rest);
	} else if (str_eq(verb, STR("reset"))) {
		check_reset(session);
	} else if (str_eq(verb, STR("mail"))) {
		check_mail(session, rest, &v);
	} else if (str_eq(verb, STR("rcpt"))) {
		wait_for(check_rcpt(session, rest, &v), &v);
	} else if (str_eq(verb, STR("end"))) {
		body(rest.ptr);
		wait_for(check_end(session, &v), &v);
	}
}

int
main(int argc, char **argv)
{
	char line[4096], words[CHECK_WORDS_MAX], error[EVENTLOG_ERROR_BYTES];
	const char *complaint;
	struct arena arena;
	static struct config config;
	static struct config_complaints complaints;
	size_t len;
	if (argc != 4)
		return 2;
	base = event_base_new();
	const struct dns_settings settings = {str_of(argv[2]), 10000};
	struct dns *const dns = dns_new(base, &settings, &complaint);
	struct eventlog *const log = eventlog_open(argv[3], EVENTLOG_LOGFMT, error);
	char *const text = file_read(argv[1], &len);
	arena_init(&arena, 1 << 24);
	if (dns == NULL || log == NULL ||
		!config_parse((struct str){text, len}, &arena, &config, &complaints)) {
		printf("bad configuration: %.*s\n", (int)complaints.list[0].words.len,
			complaints.list[0].words.ptr);
		return 2;
	}
	const struct str folder = config.values[SETTING_data_directory].text;
	char path[1024];
	snprintf(path, sizeof path, "%.*s", (int)folder.len, folder.ptr);
	const struct checks_parts parts = {
		.base = base, .dns = dns, .log = log, .data_folder = path};
	struct checks *const checks = checks_new(&parts);
	if (!checks_configure(checks, &config, words)) {
		printf("%s\n", words);
	} else {
		while (fgets(line, sizeof line, stdin) != NULL) {
			line[strcspn(line, "\n")] = '\0';
			command(checks, str_of(line));
		}
		check_session_free(session);
	}
	checks_free(checks);
	dns_free(dns);
	eventlog_close(log);
	event_base_free(base);
	arena_fini(&arena);
	free(text);
	return 0;
}
