/* A session with each mail server of the domain, as others have it: does it take what it must? */
#include "nixied/self_check.h"
#include "nixied/talk.h"

/* Nobody's: RFC 2606. A server that would pass mail on to it does so for everybody. */
#define ELSEWHERE "nixied-self-check@example.com"

struct visit {
	struct self *s;
	const struct self_host *host;
	char where[IP_TEXT_BYTES];
	SSL_CTX *tls;
	struct talk talk;
};

static const char *
first_line(struct talk *t)
{
	char *const end = strchr(t->reply, '\n');
	if (end != NULL)
		*end = '\0';
	return t->reply;
}

static void
cut_off(struct visit *v, const char *at)
{
	findings_add(v->s->findings, FINDING_WRONG, 0,
		"See its log for this time, and what stands between (firewall, proxy, filter).",
		"%.*s (%s), after %s: %s", SHOWN(v->host->name), v->where, at, v->talk.words);
}

/* ---- the envelope -----------------------------------------------------------------------------
 */

/* The answer to RCPT for an address that must be taken, or may not. */
struct probe {
	enum finding_kind kind; /* when it is refused for good */
	const char *fault, *to_do;
};

static bool
ask_recipient(struct visit *v, const char *address, const struct probe *probe)
{
	const unsigned code = talk_say(&v->talk, "RCPT TO:<%s>", address);
	if (code == 0) {
		cut_off(v, "RCPT");
		return false;
	}
	if (code >= 500)
		findings_add(v->s->findings, probe->kind, 0, probe->to_do,
			"%.*s refuses %s: %s. %s", SHOWN(v->host->name), address,
			first_line(&v->talk), probe->fault);
	else if (code >= 400)
		findings_add(v->s->findings, FINDING_NOTE, 0,
			"If that is greylisting, it is as it should be; else see its log.",
			"%.*s does not take %s now: %s", SHOWN(v->host->name), address,
			first_line(&v->talk));
	else
		findings_add(v->s->findings, FINDING_GOOD, 0, "",
			"%.*s takes mail for %s from the null sender", SHOWN(v->host->name),
			address);
	return true;
}

static bool
ask_null_sender(struct visit *v)
{
	static const struct probe postmaster = {FINDING_WRONG,
		"Every domain that gets mail must have this address (RFC 5321 s4.5.1).",
		"Make the address or an alias, and let no check refuse it."};
	static const struct probe abuse = {FINDING_NOTE,
		"Complaints about your mail go there (RFC 2142).", "Make the address or an alias."};
	static const struct probe own = {FINDING_WRONG,
		"Servers that verify senders so refuse its mail: \"Sender verification failed\".",
		"Make the address, or send from one that exists."};
	struct self *const s = v->s;
	const unsigned code = talk_say(&v->talk, "MAIL FROM:<>");
	if (code == 0) {
		cut_off(v, "MAIL");
		return false;
	}
	if (code >= 400) {
		findings_add(s->findings, code >= 500 ? FINDING_WRONG : FINDING_NOTE, 0,
			"Remove the check that does this: bounces come from the null sender, and "
			"so do "
			"the questions of servers that verify senders (RFC 5321 s4.5.5).",
			"%.*s refuses the null sender: %s", SHOWN(v->host->name),
			first_line(&v->talk));
		return talk_say(&v->talk, "RSET") != 0;
	}
	const struct str at = arena_join(s->arena, STR("@"), s->domain, STR_NONE);
	struct str to = arena_str(s->arena, arena_join(s->arena, STR("postmaster"), at, STR_NONE));
	if (!ask_recipient(v, to.ptr, &postmaster))
		return false;
	to = arena_str(s->arena, arena_join(s->arena, STR("abuse"), at, STR_NONE));
	if (!ask_recipient(v, to.ptr, &abuse))
		return false;
	to = arena_str(s->arena, s->address);
	if (str_is_set(s->address) && !ask_recipient(v, to.ptr, &own))
		return false;
	/* An address that nobody has. */
	to = arena_str(
		s->arena, arena_join(s->arena, STR("nixied-self-check-7f3a9c"), at, STR_NONE));
	const unsigned taken = talk_say(&v->talk, "RCPT TO:<%s>", to.ptr);
	if (taken >= 200 && taken < 300)
		findings_add(s->findings, FINDING_NOTE, 0,
			"Unless that is meant (a catch-all), let it know the addresses: what it "
			"bounces "
			"later goes to people whose addresses were forged.",
			"%.*s takes mail for any address of the domain", SHOWN(v->host->name));
	return talk_say(&v->talk, "RSET") != 0;
}

static bool
ask_relay(struct visit *v)
{
	struct self *const s = v->s;
	const unsigned sender = talk_say(&v->talk, "MAIL FROM:<postmaster@%.*s>", SHOWN(s->domain));
	if (sender == 0)
		return false;
	if (sender >= 300)
		return true;
	const unsigned code = talk_say(&v->talk, "RCPT TO:<" ELSEWHERE ">");
	if (code >= 200 && code < 300)
		findings_add(s->findings, FINDING_WARNING, 0,
			"Right only if it is meant for this machine (a range of your own); else it "
			"is "
			"an open relay: ask again from a net of strangers.",
			"%.*s would pass on mail for all the world, from here and without a login",
			SHOWN(v->host->name));
	else if (code >= 500)
		findings_add(s->findings, FINDING_GOOD, 0, "", "%.*s does not relay for strangers",
			SHOWN(v->host->name));
	return code != 0;
}

/* ---- the session ------------------------------------------------------------------------------
 */

static bool
say_hello(struct visit *v)
{
	const unsigned code = talk_say(&v->talk, "EHLO %.*s", SHOWN(v->s->host));
	if (code >= 200 && code < 300)
		return true;
	if (code == 0)
		cut_off(v, "EHLO");
	else
		findings_add(v->s->findings, FINDING_WRONG, 0,
			"See its log for the check that did it.", "%.*s refuses EHLO %.*s: %s",
			SHOWN(v->host->name), SHOWN(v->s->host), first_line(&v->talk));
	return false;
}

static bool
ask_tls(struct visit *v)
{
	struct self *const s = v->s;
	const char *complaint;
	const struct str name = arena_str(s->arena, v->host->name);
	if (!talk_offers(&v->talk, STR("STARTTLS"))) {
		findings_add(s->findings, FINDING_WARNING, 0,
			"Give it a certificate (tls_certificate, tls_key).",
			"%.*s offers no STARTTLS: mail to it travels in the clear, and some do not "
			"send "
			"it so",
			SHOWN(name));
		return true;
	}
	const unsigned code = talk_say(&v->talk, "STARTTLS");
	if (code != 220) {
		findings_add(s->findings, FINDING_WRONG, 0, "See its log.",
			"%.*s offers STARTTLS and refuses it: %s", SHOWN(name),
			code == 0 ? v->talk.words : first_line(&v->talk));
		return code != 0;
	}
	if (!talk_secure(&v->talk, v->tls, name.ptr, &complaint)) {
		findings_add(s->findings, FINDING_WRONG, 0,
			"See its log, its certificate and key, and the TLS versions it allows.",
			"%.*s: the handshake after STARTTLS failed: %s: others wait for days, or "
			"send in "
			"the clear",
			SHOWN(name), v->talk.words);
		return false;
	}
	if (complaint == NULL)
		findings_add(s->findings, FINDING_GOOD, 0, "",
			"%.*s has TLS (%s) and a good certificate", SHOWN(name),
			SSL_get_version(v->talk.ssl));
	else
		findings_add(s->findings, FINDING_NOTE, 0,
			"Most do not mind; MTA-STS and careful senders do. certbot(1) gets a good "
			"one.",
			"the certificate of %.*s is not good for that name: %s", SHOWN(name),
			complaint);
	return say_hello(v);
}

static void
visit_run(struct visit *v)
{
	const unsigned code = talk_hear(&v->talk);
	if (code == 0) {
		cut_off(v, "connecting");
		return;
	}
	if (code != 220) {
		findings_add(v->s->findings, code >= 500 ? FINDING_WRONG : FINDING_WARNING, 0,
			"See its log: a ban, a limit, or a server that is stopped.",
			"%.*s (%s) greets with: %s", SHOWN(v->host->name), v->where,
			first_line(&v->talk));
		return;
	}
	if (say_hello(v) && ask_tls(v) && ask_null_sender(v) && ask_relay(v))
		talk_say(&v->talk, "QUIT");
}

void
self_talks(struct self *s)
{
	struct visit v = {.s = s, .tls = s->tls};
	for (size_t i = 0; i < s->host_count; i++) {
		v.host = &s->hosts[i];
		for (size_t j = 0; j < v.host->count; j++) {
			ip_text(&v.host->addresses[j], v.where);
			if (talk_open(&v.talk, &v.host->addresses[j], s->port)) {
				visit_run(&v);
				talk_close(&v.talk);
				continue;
			}
			findings_add(s->findings, FINDING_WRONG, 0,
				"See that it runs and that port 25 is open from outside. Some nets "
				"let "
				"nobody out on port 25, or their own machines not reach their own "
				"public address: then ask from elsewhere.",
				"%.*s (%s) cannot be reached at port %u: %s", SHOWN(v.host->name),
				v.where, s->port, v.talk.words);
		}
	}
}
