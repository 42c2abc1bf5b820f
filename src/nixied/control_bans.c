/* control_bans - clients that may not sign in, as an operator sees them */
#include <stdio.h>

#include "base/json.h"
#include "base/net.h"
#include "net/clock.h"
#include "nixied/control.h"
#include "nixied/nixied.h"
#include "receive/receive.h"

struct listing {
	struct buf *out;
	bool is_json;
	size_t count;
};

static void
list_one(void *to, const struct net *who, int64_t left_ms)
{
	struct listing *const l = to;
	char text[NET_TEXT_BYTES], line[NET_TEXT_BYTES + 64];
	const long long seconds = (long long)((left_ms + 999) / 1000);
	net_text(who, text);
	snprintf(line, sizeof line,
		l->is_json ? "{\"client\":\"%s\",\"seconds\":%lld}\n"
			   : "%s may not sign in for %lld more seconds\n",
		text, seconds);
	buf_add(l->out, str_of(line));
	l->count++;
}

static int
list(const struct control_parts *parts, const struct control_request *request)
{
	struct listing l = {.out = request->out};
	for (size_t i = 2; i < request->count; i++)
		l.is_json |= str_eq(request->words[i], STR("json"));
	receive_bans(parts->receive, list_one, &l);
	if (l.count == 0 && !l.is_json)
		buf_add(l.out, STR("nobody is shut out\n"));
	return l.count > 0 ? EXIT_DONE : EXIT_NO;
}

static int
fault(const struct control_request *request, struct str what, struct str why)
{
	const struct str parts[] = {
		STR("nixied: bans: "), what, STR(": "), why, STR("\nTry: nixied bans --help\n")};
	for (size_t i = 0; i < sizeof parts / sizeof *parts; i++)
		buf_add(request->out, parts[i]);
	return EXIT_USAGE;
}

static int
lift(const struct control_parts *parts, const struct control_request *request)
{
	struct net which;
	char line[64];
	if (request->count != 3)
		return fault(request, STR("lift"), STR("name one address or network, or --all"));
	const struct str word = request->words[2];
	const bool is_all = str_eq(word, STR("--all"));
	if (!is_all && net_parse(word, &which) != NET_OK)
		return fault(request, word,
			STR("is no address or network: 192.0.2.1, 192.0.2.0/24, 2001:db8::/64"));
	const size_t count = receive_lift_bans(parts->receive, is_all ? NULL : &which);
	if (count > 0)
		EVENTLOG(parts->log, clock_wall_ms(), LOG_OPERATOR, {FIELD_CLIENT, word},
			{FIELD_USER, request->who}, {FIELD_RESULT, STR("lifted")},
			{FIELD_RULE, STR("autoban")});
	snprintf(line, sizeof line, "%zu %s sign in again\n", count,
		count == 1 ? "client may" : "clients may");
	buf_add(request->out, str_of(line));
	return count > 0 ? EXIT_DONE : EXIT_NO;
}

void
control_bans(const struct control_parts *parts, const struct control_request *request,
	control_done *done, void *to)
{
	const struct str verb = request->count > 1 ? request->words[1] : STR("list");
	int code;
	if (str_eq(verb, STR("list")))
		code = list(parts, request);
	else if (str_eq(verb, STR("lift")))
		code = lift(parts, request);
	else
		code = fault(request, verb, STR("is neither list nor lift"));
	done(to, code, NULL);
}
