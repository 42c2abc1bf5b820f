/* test_config - nixied.conf: what is taken, and what is said of mistakes */
#include "config/config.h"
#include "config/value.h"
#include "tap.h"

#include <stdio.h>
#include <stdlib.h>

static struct config config;
static struct config_complaints complaints;
static struct arena arena;

static bool
parse(const char *text)
{
	arena_reset(&arena);
	return config_parse(str_of(text), &arena, &config, &complaints);
}

/* Every default is one that the parser takes, and is written back as it stands. */
static void
test_defaults(void)
{
	tap_ok(parse(""), "an empty file is fine");
	for (int s = 0; s < SETTING_COUNT; s++) {
		const struct setting_row row = config_row((enum config_setting)s);
		struct config_value value = {0};
		const struct str fault = config_value_parse(&row, row.standard, &arena, &value);
		tap_ok(!str_is_set(fault) || (row.standard.len == 0 && row.least > 0),
			"%.*s: its default is taken", (int)row.name.len, row.name.ptr);
		tap_is_str(config_value_text((enum config_setting)s, &value, &arena),
			row.type == CONFIG_SIZE && str_eq(row.standard, STR("100000"))
				? STR("100000")
				: row.standard,
			"and written as it stands");
		tap_ok(row.words.len > 20 && row.words.ptr[row.words.len - 1] == '.',
			"and it says what it does");
		const bool has_choices = row.type == CONFIG_WORD || row.type == CONFIG_WORDS;
		tap_ok(has_choices == (row.choices.len > 0), "and has choices if it needs any");
	}
}

static void
test_values(void)
{
	static const struct {
		const char *line;
		int64_t number;
		const char *text, *written;
	} cases[] = {
		{"max_message_size = 64K", 65536, NULL, "64K"},
		{"max_message_size=70000", 70000, NULL, "70000"},
		{"max_message_size = 1 m", 1 << 20, NULL, "1M"},
		{"command_timeout = 90", 90, NULL, "90s"},
		{"command_timeout = 1h # an hour", 3600, NULL, "1h"},
		{"quota_grace = 7d", 604800, NULL, "7d"},
		{"quota_grace = 0", 0, NULL, "0"},
		{"allow_null_sender = NO", 0, NULL, "no"},
		{"reply_marks = on", 1, NULL, "yes"},
		{"reply_style = Documented", 1, NULL, "documented"},
		{"auth_mechanisms = login  PLAIN", 6, NULL, "plain login"},
		{"auth_mechanisms =", 0, NULL, ""},
		{"hostname = mail.example.org", 0, "mail.example.org", "mail.example.org"},
		{"hostname = \"mail.example.org\" # quoted", 0, "mail.example.org",
			"mail.example.org"},
		{"data_directory = /srv/a#b", 0, "/srv/a#b", "\"/srv/a#b\""},
		{"data_directory = \"/srv/a # b\"", 0, "/srv/a # b", "\"/srv/a # b\""},
		{"xclient = 192.0.2.0/24  ::1", 0, "192.0.2.0/24 ::1", "192.0.2.0/24 ::1"},
		{"postmaster = pm@example.org", 0, "pm@example.org", "pm@example.org"},
		{"threads = 64", 64, NULL, "64"},
		{"\tthreads\t=\t64\t\r", 64, NULL, "64"},
	};
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		const bool ok = parse(cases[i].line);
		struct str line = str_of(cases[i].line);
		const enum config_setting s = config_setting_find(str_trim(str_cut(&line, '=')));
		tap_ok(ok && s != SETTING_COUNT, "%s: %.*s", cases[i].line,
			complaints.count > 0 ? (int)complaints.list[0].words.len : 0,
			complaints.count > 0 ? complaints.list[0].words.ptr : "");
		if (s == SETTING_COUNT)
			continue;
		const struct config_value *const v = &config.values[s];
		if (cases[i].text == NULL)
			tap_is_int(v->number, cases[i].number, "its number");
		else
			tap_is_str(v->text, str_of(cases[i].text), "its text");
		tap_is_str(
			config_value_text(s, v, &arena), str_of(cases[i].written), "written again");
		tap_is_int(v->line, 1, "its line");
	}
}

static void
test_mistakes(void)
{
	static const struct {
		const char *text;
		unsigned line;
		const char *words;
	} cases[] = {
		{"\nmax_recipient = 200", 2,
			"there is no setting \"max_recipient\"; did you mean max_recipients?"},
		{"foo = bar", 1,
			"there is no setting \"foo\": nixied.conf(5) lists them"}, /* not spf */
		{"colour = red", 1, "there is no setting \"colour\": nixied.conf(5) lists them"},
		{"max_recipients = many", 1, "max_recipients = many: it must be a number"},
		{"max_recipients = 99", 1, "max_recipients = 99: it must be 100 to 50000"},
		{"max_recipients = 50001", 1, "max_recipients = 50001: it must be 100 to 50000"},
		{"max_recipients = 1K", 1, "max_recipients = 1K: it must be a number"},
		{"max_message_size = 10T", 1,
			"max_message_size = 10T: a size is a number, or one with K, M or G"},
		{"max_message_size = 63K", 1,
			"max_message_size = 63K: it must be 64K to 2147483647"},
		{"max_message_size = 99999999999999999999", 1,
			"max_message_size = 99999999999999999999: it must be 64K to 2147483647"},
		{"max_message_size = 999999999999999G", 1,
			"max_message_size = 999999999999999G: it must be 64K to 2147483647"},
		{"command_timeout = 5 minutes", 1,
			"command_timeout = 5 minutes: a time is a number with s, m, h or d"},
		{"command_timeout = -1", 1,
			"command_timeout = -1: a time is a number with s, m, h or d"},
		{"reply_marks = maybe", 1, "reply_marks = maybe: it must be yes or no"},
		{"tls = always", 1, "tls = always: it must be offered, required, immediate or off"},
		{"auth_mechanisms = plain gssapi", 1,
			"auth_mechanisms = plain gssapi: gssapi: it must be scram-sha-256, plain "
			"or "
			"login"},
		{"hostname = a b", 1,
			"hostname = a b: it must be the name of a host: "
			"mail.example.org"},
		{"data_directory =", 1, "data_directory = : it must not be empty"},
		{"data_directory = var/lib", 1,
			"data_directory = var/lib: it must be a whole path, from /"},
		{"postmaster = root", 1,
			"postmaster = root: it must be an address: user@example.org"},
		{"proxies = 192.0.2.0/33", 1,
			"proxies = 192.0.2.0/33: 192.0.2.0/33: the length behind the / is 0 to 32"},
		{"proxies = mx.example.org", 1,
			"proxies = mx.example.org: mx.example.org: not an address or network: "
			"write "
			"192.0.2.0/24 or 2001:db8::/32"},
		{"threads = 1\nthreads = 2", 2, "threads is said twice"},
		{"hostname = \"x", 1,
			"hostname: the quotes are not closed, or something stands behind them"},
		{"hostname = \"x\" y", 1,
			"hostname: the quotes are not closed, or something stands behind them"},
		{"just words", 1, "neither  name = value  nor a listener: just words"},
		{"address = 0.0.0.0:25", 1,
			"address is of a listener: write  listener NAME { address = ... }"},
		{"}", 1, "\"}\" without a listener"},
		{"listener {", 1, "a listener begins with  listener NAME {"},
		{"listener a", 1, "a listener begins with  listener NAME {"},
		{"listener a {\n}", 1,
			"the listener \"a\" has no address: write  address = 0.0.0.0:25"},
		{"listener a {\naddress = :25\n", 1, "the listener \"a\" is not closed by \"}\""},
		{"listener a {\naddress = :25\nthreads = 1\n}", 3,
			"threads is the whole server's: it cannot stand in a listener"},
		{"listener a {\naddress = :25\n}\nlistener a {\naddress = :26\n}", 4,
			"there is a listener \"a\" already"},
		{"listener a {\naddress = :25\nlistener b {\naddress = :26\n}", 3,
			"the listener \"a\" is not closed by \"}\""},
	};
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		const bool ok = parse(cases[i].text);
		tap_ok(!ok && complaints.count > 0, "a mistake is a mistake");
		tap_is_str(complaints.list[0].words, str_of(cases[i].words), "what is said of it");
		tap_is_int(complaints.list[0].line, cases[i].line, "and its line");
	}
}

static void
test_listeners(void)
{
	const bool ok = parse("max_recipients = 500 # for all\n"
			      "listener mx {\n"
			      "	address = 0.0.0.0:25\n"
			      "}\n"
			      "listener users { # of ours\n"
			      "	address = [::]:587\n"
			      "	kind = submission\n"
			      "	max_recipients = 200\n"
			      "	bare_lf = refuse\n"
			      "} # end\n"
			      "strict_helo = yes\n");
	tap_ok(ok && config.listener_count == 2, "two listeners");
	const struct config_value *const mx = config.listeners[0].values;
	const struct config_value *const users = config.listeners[1].values;
	tap_is_str(config.listeners[1].name, STR("users"), "their names");
	tap_is_str(users[SETTING_address].text, STR("[::]:587"), "an address");
	tap_is_int(mx[SETTING_max_recipients].number, 500, "what the server says");
	tap_is_int(users[SETTING_max_recipients].number, 200, "what the listener says");
	tap_is_int(users[SETTING_require_auth].number, 1, "what submission needs");
	tap_is_int(mx[SETTING_require_auth].number, 0, "and others do not");
	tap_is_int(users[SETTING_bare_lf].number, 0, "but for what was said");
	tap_is_int(users[SETTING_strict_helo].number, 1, "also for all, and later");
	tap_is_int(users[SETTING_tls].number, 1, "submission needs TLS");
}

static void
test_limits(void)
{
	char text[4096];
	size_t len = 0;
	for (int i = 0; i < CONFIG_LISTENERS_MAX + 1; i++) {
		if (i == CONFIG_LISTENERS_MAX)
			tap_ok(parse(text), "as many listeners as may be");
		len += (size_t)snprintf(
			text + len, sizeof text - len, "listener l%d {\naddress = :%d\n}\n", i, i);
	}
	bool is_fine = parse(text);
	tap_ok(!is_fine, "one more: %.*s", (int)complaints.list[0].words.len,
		complaints.list[0].words.ptr);
	len = 0;
	for (int i = 0; i < CONFIG_COMPLAINTS_MAX + 5; i++)
		len += (size_t)snprintf(text + len, sizeof text - len, "x\n");
	parse(text);
	tap_is_int(complaints.count, CONFIG_COMPLAINTS_MAX + 5, "all mistakes are counted");
	tap_is_int(complaints.list[CONFIG_COMPLAINTS_MAX - 1].line, CONFIG_COMPLAINTS_MAX,
		"and the first ones kept");
	len = (size_t)snprintf(text, sizeof text, "xclient =");
	for (int i = 0; i <= CONFIG_LIST_MAX; i++) {
		if (i == CONFIG_LIST_MAX)
			tap_ok(parse(text), "as many networks as may be");
		len += (size_t)snprintf(text + len, sizeof text - len, " 192.0.2.%d", i);
	}
	is_fine = parse(text);
	tap_ok(!is_fine, "one more network: %.*s", (int)complaints.list[0].words.len,
		complaints.list[0].words.ptr);
	struct arena small;
	arena_init(&small, 64);
	const bool ok = config_parse(STR("hostname = mail.example.org\npostmaster = a@example.org\n"
					 "data_directory = /a/long/path/to/the/data/of/the/server"),
		&small, &config, &complaints);
	tap_ok(!ok && complaints.count > 0, "no memory is a complaint");
	arena_fini(&small);
}

int
main(void)
{
	arena_init(&arena, 1 << 20);
	test_defaults();
	test_values();
	test_mistakes();
	test_listeners();
	test_limits();
	arena_fini(&arena);
	return tap_done();
}
