#include "judge/refuser.h"

#include "read/address.h"
#include "read/host.h"

static void
set(struct nixie_outcome *o, enum nixie_refuser who, struct str name)
{
	o->refuser = who;
	o->refuser_name = (struct nixie_str){name.ptr, name.len};
}

/* The domain of the person who gets the report: the sender's. */
static struct str
sender_domain(const struct facts *f)
{
	struct str domain = address_domain(f->to_address);
	if (!str_is_set(domain))
		domain = address_domain(address_typed(f->dsn.envelope_from, NULL));
	return domain;
}

/* The server that reports. It is the sender's own, unless it says that the sender is not one of
 * its people: then what it found itself is what the other side says. */
static void
set_reporter(const struct facts *f, struct nixie_outcome *o, struct str reporting)
{
	const bool is_other = str_eq_case(str_trim(f->dsn.sender_place), STR(SENDER_ELSEWHERE));
	set(o, is_other ? NIXIE_REFUSER_REMOTE_SERVER : NIXIE_REFUSER_OWN_SERVER, reporting);
}

static bool
is_own_fault(enum reason r)
{
	return r == REASON_LOGIN_FAILED || r == REASON_SENDER_NOT_PERMITTED ||
	       r == REASON_SENDING_LIMIT || r == REASON_SENDER_SUSPENDED;
}

/* Reasons that only the server with the mailbox can give. */
static bool
is_about_recipient(enum reason r)
{
	return r <= REASON_UNKNOWN &&
	       str_eq(catalogue_text(catalogue_reasons[r].family), STR("recipient"));
}

/* The recipient's address was forwarded to another domain, and that one's server answered; or a
 * filter did. */
static enum nixie_refuser
remote_kind(const struct person *who, const struct origin *from)
{
	const struct str original =
		str_is_set(who->original) ? address_domain(who->original) : STR_NONE;
	const struct str final = address_domain(who->recipient);
	if (str_is_set(original) && str_is_set(final) && !domain_related(original, final))
		return NIXIE_REFUSER_FORWARDER;
	return from->is_filter ? NIXIE_REFUSER_FILTER : NIXIE_REFUSER_REMOTE_SERVER;
}

void
refuser_find(const struct facts *f, const struct person *who, const struct origin *from,
	const struct finding *found, struct nixie_outcome *o)
{
	const enum reason reason = found->why.weight > 0 ? found->why.reason : REASON_UNKNOWN;
	const struct str reporting = host_clean(f->dsn.reporting_mta);
	const struct str recipient_domain = address_domain(who->recipient);
	const struct str host = str_is_set(from->host) ? from->host : from->ip;
	/* An answer with digits came from a server; without one there was none to give it. */
	const bool has_answer = found->reply.code != 0;
	if (from->is_remote || !from->is_provider_by_domain)
		o->provider = (struct nixie_str){from->provider.ptr, from->provider.len};
	if (reason == REASON_SUPPRESSED) {
		set(o, NIXIE_REFUSER_SENDING_SERVICE, reporting);
		return;
	}
	if (from->is_local || sign_seen(&f->signs, SIGN_OWN_SPOKE)) {
		set_reporter(f, o, reporting);
		return;
	}
	if ((reason == REASON_DNS_FAILURE || reason == REASON_DOMAIN_NOT_FOUND ||
		    reason == REASON_DOMAIN_NO_MAIL) &&
		!from->is_remote && !has_answer) {
		set(o, NIXIE_REFUSER_DNS, STR_NONE);
		return;
	}
	if ((reason == REASON_CONNECTION_REFUSED || reason == REASON_CONNECTION_TIMEOUT) &&
		!has_answer) {
		set(o, NIXIE_REFUSER_NETWORK, host);
		return;
	}
	if (f->disposition.is_there) { /* the recipient's own program wrote it: RFC 8098 */
		set(o, NIXIE_REFUSER_REMOTE_SERVER,
			host_clean(str_head(f->disposition.reporting_ua,
				str_find_char(f->disposition.reporting_ua, ';', 0))));
		return;
	}
	if (is_own_fault(reason) && !from->is_remote) {
		set_reporter(f, o, reporting);
		return;
	}
	if (from->is_remote) {
		set(o, remote_kind(who, from), host);
		return;
	}
	if (f->dsn.is_explained) { /* nixied names the other server when one spoke */
		set_reporter(f, o, reporting);
		return;
	}
	/* Only the reporting server speaks: whose is it? */
	const struct str reporter =
		str_is_set(reporting) ? reporting : address_domain(f->from_address);
	const bool is_senders = domain_related(reporter, sender_domain(f));
	if (domain_related(reporter, recipient_domain)) {
		if (o->provider.ptr == NULL && from->is_provider_by_domain)
			o->provider = (struct nixie_str){from->provider.ptr, from->provider.len};
		set(o, is_senders ? NIXIE_REFUSER_OWN_SERVER : NIXIE_REFUSER_REMOTE_SERVER,
			reporter);
	} else if (from->has_spoken ||
		   (is_about_recipient(reason) && str_is_set(recipient_domain))) {
		/* It cannot know about mailboxes elsewhere: it repeats what their server said. */
		set(o, NIXIE_REFUSER_REMOTE_SERVER, STR_NONE);
	} else if (is_senders) {
		set(o, NIXIE_REFUSER_OWN_SERVER, reporter);
	} else if (reason == REASON_RELAY_DENIED && !f->is_message) {
		/* A refusal of relaying that a mail program shows its user came from the user's own
		 * server. */
		set(o, NIXIE_REFUSER_OWN_SERVER, STR_NONE);
	}
}
