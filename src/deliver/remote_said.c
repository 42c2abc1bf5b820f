/* What a step of a connection means for the recipients: its condition, its words, who decided. */
#include "deliver/remote_inside.h"

#include <errno.h>
#include <stdio.h>

/* The name of a cause in the catalogue; without one the server's answer says it. */
static enum condition
condition_of(const struct link *l, enum client_cause cause)
{
	static const enum condition conditions[CAUSE_COUNT] = {
		[CAUSE_NONE] = CONDITION__COUNT,
		[CAUSE_REPLY] = CONDITION__COUNT,
		[CAUSE_LOST] = CONDITION_PEER_HUNG_UP,
		[CAUSE_TIMEOUT] = CONDITION_PEER_FELL_SILENT,
		[CAUSE_GARBAGE] = CONDITION_PEER_SPEAKS_NO_SMTP,
		[CAUSE_FLOOD] = CONDITION_PEER_SPEAKS_NO_SMTP,
		[CAUSE_CANCELLED] = CONDITION_SHUTTING_DOWN,
		[CAUSE_SELF] = CONDITION_ROUTE_TO_SELF,
		[CAUSE_TLS_NOT_OFFERED] = CONDITION_PEER_WITHOUT_TLS,
		[CAUSE_TLS_REFUSED] = CONDITION_PEER_WITHOUT_TLS,
		[CAUSE_TLS_FAILED] = CONDITION_PEER_TLS_FAILS,
		[CAUSE_TLS_INJECTED] = CONDITION_PEER_TLS_FAILS,
		[CAUSE_AUTH_NOT_OFFERED] = CONDITION_RELAY_LOGIN_FAILS,
		[CAUSE_AUTH_REFUSED] = CONDITION_RELAY_LOGIN_FAILS,
		[CAUSE_AUTH_FORGED] = CONDITION_RELAY_LOGIN_FAILS,
		[CAUSE_TOO_LARGE] = CONDITION_TOO_LARGE_FOR_PEER,
		[CAUSE_EIGHT_BIT] = CONDITION_EIGHT_BIT_IMPOSSIBLE,
		[CAUSE_UTF8] = CONDITION_RCPT_WITHOUT_SMTPUTF8,
		[CAUSE_UTF8_HEADER] = CONDITION_PEER_TAKES_NO_UTF8,
		[CAUSE_REQUIRETLS] = CONDITION_REQUIRETLS_IMPOSSIBLE,
		[CAUSE_ADDRESS] = CONDITION_RCPT_SYNTAX,
		[CAUSE_OWN_TEXT] = CONDITION_QUEUE_FAILED,
	};
	if (cause == CAUSE_TLS_FAILED && l->is_unproven)
		return CONDITION_PEER_NOT_PROVEN;
	return conditions[cause];
}

/* What is said of a cause beside its condition: the server's own words, where they are what it is
 * about. */
static struct str
words_of(struct link *l, const struct client_event *e)
{
	switch (e->cause) {
	case CAUSE_REPLY:
		return STR_NONE;
	case CAUSE_GARBAGE:
	case CAUSE_AUTH_REFUSED:
		return e->reply;
	case CAUSE_TLS_REFUSED:
	case CAUSE_TLS_NOT_OFFERED:
		/* Why it must be, when no setting says so. */
		if (l->place->where.tls == REMOTE_TLS_OPPORTUNISTIC)
			return link_is_enforced(l)
				       ? STR("the policy of the domain asks for it (MTA-STS)")
				       : STR("the DNS has TLSA records of the host (DANE)");
		return e->cause == CAUSE_TLS_REFUSED ? e->reply : client_cause_row(e->cause)->words;
	case CAUSE_TLS_FAILED:
		return str_of(l->trouble);
	default:
		return client_cause_row(e->cause)->words;
	}
}

struct remote_result
link_result_of(struct link *l, const struct client_event *e, enum remote_outcome outcome)
{
	const struct client_cause_row *const row = client_cause_row(e->cause);
	const bool was_stopped = e->cause == CAUSE_CANCELLED && !e->may_be_taken;
	return (struct remote_result){
		.outcome = was_stopped ? REMOTE_UNTRIED : outcome,
		.stage = (enum remote_stage)(REMOTE_AT_GREETING + e->stage),
		.code = e->code,
		.reply = e->reply,
		.condition = condition_of(l, e->cause),
		.status = row->status,
		.words = words_of(l, e),
		.peer = l->try,
		.is_ours = row->is_ours,
		.may_be_taken = e->may_be_taken,
		.size_bytes_max = e->cause == CAUSE_TOO_LARGE ? l->client.size_max : 0,
	};
}

/* Which try this host is, of the job at hand. */
void
link_try_begin(struct link *l)
{
	struct remote_job *const job = l->job;
	const struct host *const h = &l->hosts.list[l->host];
	l->began_ms = clock_mono_ms();
	l->began_wall_ms = clock_wall_ms();
	l->try = NULL;
	if (job == NULL || job->try_count == REMOTE_TRIES_MAX)
		return;
	char ip[IP_TEXT_BYTES] = "";
	if (!h->is_path)
		ip_text(&h->ip, ip);
	l->try = &job->tries[job->try_count++];
	*l->try = (struct remote_try){.name = arena_str(&job->arena, str_of(h->name)),
		.ip = h->is_path ? STR_NONE : arena_str(&job->arena, str_of(ip)),
		.port = h->is_path ? 0 : place_port(l->remote, &l->place->where),
		.began_ms = l->began_wall_ms};
}

void
link_try_note(struct link *l)
{
	if (l->try == NULL)
		return;
	l->try->took_ms = clock_mono_ms() - l->began_ms;
	l->try->offers_dsn = (l->client.offers & EXTENSION_DSN) != 0;
	l->try->is_verified = l->is_verified;
	if (l->tls[0] != '\0' && !str_is_set(l->try->tls))
		l->try->tls = arena_str(&l->job->arena, str_of(l->tls));
}

enum condition
connect_condition(int error)
{
	switch (error) {
	case ECONNREFUSED:
	case ENOENT: /* of a socket in the file system */
		return CONDITION_PEER_REFUSES_CONNECTIONS;
	case ETIMEDOUT:
		return CONDITION_PEER_DOES_NOT_ANSWER;
	default:
		return CONDITION_PEER_UNREACHABLE;
	}
}

/* Could another host do better? Not when it may have been taken here, and not when the server has
 * spoken of the message. */
bool
event_is_of_the_connection(const struct client_event *e)
{
	return !e->may_be_taken && e->verdict == VERDICT_DEFERRED &&
	       (e->cause == CAUSE_LOST || e->cause == CAUSE_TIMEOUT || e->cause == CAUSE_GARBAGE ||
		       e->cause == CAUSE_FLOOD || (e->cause == CAUSE_REPLY && e->code == 421));
}
