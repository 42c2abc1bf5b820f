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

static void
away(const struct directory_target *target, struct arena *a, struct destination *out)
{
	out->carrier = CARRIER_REMOTE;
	out->address = arena_str(a, target->address);
	if (target->kind == TARGET_ROUTE) {
		char room[STR_DIGITS_MAX];
		out->remote.host = arena_str(a, target->route_host);
		out->remote.port = target->route_port;
		out->is_own_relay = true;
		out->lane_name =
			arena_join(a, arena_join(a, STR("route "), out->remote.host, STR(":")),
				str_digits(target->route_port, room), STR_NONE);
		return;
	}
	out->remote.domain = arena_str(a, address_domain(target->address));
	out->lane_name = arena_join(a, STR("to "), out->remote.domain, STR_NONE);
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
	if (target->kind == TARGET_MAILBOX)
		here(settings, target, a, out);
	else
		away(target, a, out);
	if (arena_failed(a)) {
		*refusal = CONDITION_LOOKUP_FAILED;
		*why = STR("no memory");
		return false;
	}
	return true;
}
