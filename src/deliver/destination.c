/* destination - where a recipient's mail goes now */
#include "deliver/destination.h"

#include "read/address.h"

/* The target that the recipient is. When it was a mailbox that also forwards, the forward has a
 * recipient of its own; when it has become an alias since, there is one target and it is followed.
 */
static const struct directory_target *
target_choose(const struct directory_answer *answer, struct str recipient)
{
	for (size_t i = 0; i < answer->target_count; i++)
		if (str_eq_case(answer->targets[i].address, recipient))
			return &answer->targets[i];
	if (answer->target_count == 1)
		return &answer->targets[0];
	/* A part behind a plus is the mailbox's own affair: user+shop@ is user@. */
	for (size_t i = 0; i < answer->target_count; i++)
		if (answer->targets[i].kind == TARGET_MAILBOX &&
			str_eq_case(address_domain(answer->targets[i].address),
				address_domain(recipient)))
			return &answer->targets[i];
	return NULL;
}

static void
here(const struct deliver_settings *settings, const struct directory_target *target,
	struct arena *a, struct destination *out)
{
	out->address = arena_str(a, target->address);
	out->quota_bytes = target->quota_bytes > 0 ? (uint64_t)target->quota_bytes : 0;
	switch (settings->local) {
	case LOCAL_MAILDIR:
		out->carrier = CARRIER_MAILDIR;
		out->lane_name = STR("maildir");
		break;
	case LOCAL_PIPE:
		out->carrier = CARRIER_PIPE;
		out->lane_name = STR("pipe");
		break;
	case LOCAL_LMTP:
		out->carrier = CARRIER_LMTP;
		out->lane_name = STR("lmtp");
		out->remote = settings->lmtp;
		break;
	}
}

/* The host that a route names: for the domain, or for all of elsewhere (a smart host). */
static void
by_route(const struct directory_route *route, struct arena *a, struct destination *out)
{
	static const enum remote_tls tls[] = {[ROUTE_TLS_OFFERED] = REMOTE_TLS_OPPORTUNISTIC,
		[ROUTE_TLS_OFF] = REMOTE_TLS_OFF,
		[ROUTE_TLS_REQUIRED] = REMOTE_TLS_REQUIRED,
		[ROUTE_TLS_VERIFIED] = REMOTE_TLS_VERIFIED};
	char room[STR_DIGITS_MAX];
	out->is_own_relay = true;
	out->remote = (struct remote_place){.host = route->host,
		.port = route->port,
		.is_lmtp = route->is_lmtp,
		.is_tls_immediate = route->is_tls_immediate,
		.tls = (unsigned)route->tls < sizeof tls / sizeof *tls ? tls[route->tls]
								       : REMOTE_TLS_VERIFIED,
		.user = route->user.len > 0 ? route->user : STR_NONE,
		.password = route->user.len > 0 ? route->password : STR_NONE};
	out->lane_name = arena_join(a, arena_join(a, STR("route "), route->host, STR(":")),
		str_digits(route->port, room), STR_NONE);
}

/* False when the directory gives no answer. */
static bool
away(struct directory *directory, const struct directory_target *target, struct arena *a,
	struct destination *out)
{
	struct directory_route route;
	bool has_route;
	out->carrier = CARRIER_REMOTE;
	out->address = arena_str(a, target->address);
	const struct str domain = address_domain(out->address);
	if (!directory_route_find(directory, domain, a, &has_route, &route))
		return false;
	if (has_route) {
		by_route(&route, a, out);
	} else {
		out->remote.domain = domain;
		out->lane_name = arena_join(a, STR("to "), domain, STR_NONE);
	}
	return true;
}

bool
destination_find(struct directory *directory, const struct deliver_settings *settings,
	struct str recipient, struct str sender, struct arena *a, struct destination *out,
	enum condition *refusal, struct str *why)
{
	struct directory_answer answer;
	*out = (struct destination){0};
	/* What a list asks of its senders was asked at RCPT: this question is the server's own. */
	directory_resolve(directory,
		&(struct directory_question){
			.recipient = recipient, .sender = sender, .is_authenticated = true},
		a, &answer);
	if (answer.is_refused) {
		*refusal = answer.condition;
		*why = answer.why;
		return false;
	}
	const struct directory_target *const target = target_choose(&answer, recipient);
	if (target == NULL) {
		*refusal = CONDITION_LOOKUP_FAILED;
		*why = STR("the address has become a list since the message was accepted; it "
			   "waits until it is one mailbox again, or an operator decides");
		return false;
	}
	bool ok = true;
	if (target->kind == TARGET_MAILBOX)
		here(settings, target, a, out);
	else
		ok = away(directory, target, a, out);
	if (!ok || arena_failed(a)) {
		*refusal = CONDITION_LOOKUP_FAILED;
		*why = ok ? STR("no memory") : STR("the directory gave no answer about routes");
		return false;
	}
	return true;
}
