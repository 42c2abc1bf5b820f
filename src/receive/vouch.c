/*
 * vouch - who signs a message, and who seals it: what is asked of src/sign
 *
 * Signed is what our own people send: clients that signed in, and networks that may send without.
 * The domain is that of From, since that is what DMARC asks about and what people see; a user who
 * may not send as that address gets no signature of its domain, though the envelope is theirs.
 *
 * Sealed is what strangers sent and an address here passes on: the next server finds out from the
 * seal what SPF and DKIM said before the way was another (RFC 8617).
 */
#include "check/author.h"
#include "receive/inside.h"

/* It goes out all the same: mail without a signature is worth more than none. */
static void
alarm_unsigned(const struct mail *m)
{
	const struct guest *const g = m->guest;
	guest_tell_check(g, STR("sign"), STR("failed"), m->vouched);
	EVENTLOG(g->receive->parts.log, clock_wall_ms(), LOG_ALARM,
		{FIELD_SESSION, {g->session.reference, g->session.reference_bytes}},
		{FIELD_ID, str_of(m->id)}, {FIELD_CHECK, STR("sign")},
		{FIELD_WORDS, STR("a signature could not be made: the message goes unsigned")});
}

void
mail_begin_signing(struct mail *m)
{
	struct guest *const g = m->guest;
	/* `nixied try` has no threads for it. */
	if (!signing_has_keys(m->receive->parts.signing) || m->receive->parts.workers == NULL ||
		g->profile->settings.kind == LISTENER_LMTP)
		return;
	m->is_ours = g->session.is_authenticated || guest_is_of_ours(g);
	/* What a stranger brings for a mailbox here is not even hashed. */
	if (!m->is_ours && !str_is_set(m->passed_on_by))
		return;
	m->sign = signing_begin(m->receive->parts.signing);
	if (m->sign == NULL)
		alarm_unsigned(m);
}

/* The address in front of a domain that author_next() found; absent when it is quoted, which no
 * account here is. */
static struct str
address_at(struct str value, struct str domain)
{
	size_t from = (size_t)(domain.ptr - value.ptr);
	if (from < 2)
		return STR_NONE;
	for (from--; from > 0; from--) {
		const char c = value.ptr[from - 1];
		if (c == '"' || c == ')')
			return STR_NONE;
		if (c == '<' || c == ',' || c == ';' || c == ':' ||
			ascii_is_space((unsigned char)c))
			break;
	}
	return (struct str){value.ptr + from, (size_t)(domain.ptr - value.ptr) + domain.len - from};
}

static bool
is_theirs(struct guest *g, struct str address)
{
	bool failed = false;
	if (!g->session.is_authenticated || g->account == 0 || !g->profile->checks_identities)
		return true;
	return str_is_set(address) &&
	       directory_may_send_as(g->receive->parts.directory, g->account, address, &failed);
}

/* The domain of From, when all of its addresses are of one, and they are the sender's. */
static bool
author_is_signed(struct mail *m)
{
	struct guest *const g = m->guest;
	const struct str value = signing_author(m->sign);
	struct str rest = value, domain, first = STR_NONE;
	while (author_next(&rest, &domain)) {
		if (domain.len == 0 || (str_is_set(first) && !str_eq_case(first, domain)))
			return false;
		first = domain;
		if (!is_theirs(g, address_at(value, domain))) {
			guest_tell_check(g, STR("sign"), STR("none"),
				STR("From is no address of this user"));
			return false;
		}
	}
	if (!str_is_set(first) || !signing_choose(m->sign, first))
		return false;
	m->vouched = arena_str(&m->arena, first);
	return true;
}

/* The value of our own field, the first of what was checked. */
static struct str
results_of(struct str headers)
{
	static const struct str name = STR_INIT("Authentication-Results:");
	size_t end = 0;
	if (!str_starts_case(headers, name))
		return STR_NONE;
	do {
		const size_t eol = str_find(headers, STR("\r\n"), end);
		if (eol == STR_NPOS)
			return STR_NONE;
		end = eol + 2;
	} while (end < headers.len && (headers.ptr[end] == ' ' || headers.ptr[end] == '\t'));
	return str_trim(str_from(str_head(headers, end), name.len));
}

static bool
is_sealed(struct mail *m)
{
	const struct check_verdict *const checked = &m->guest->checked;
	const struct str results = results_of(checked->headers);
	struct str domain = m->passed_on_by;
	if (!checked->has_chain || !str_is_set(domain) || !str_is_set(results))
		return false;
	domain = str_from(domain, str_find_char(domain, '@', 0) + 1);
	if (!signing_seal(m->sign, domain, checked->chain, results))
		return false;
	m->vouched = arena_str(&m->arena, domain);
	return true;
}

bool
mail_sign(struct mail *m, signing_done *done)
{
	if (m->sign == NULL)
		return false;
	signing_front(m->sign, buf_str(&m->front));
	if (signing_has_failed(m->sign))
		alarm_unsigned(m);
	if (m->is_ours ? author_is_signed(m) : is_sealed(m)) {
		signing_go(m->sign, done, m);
		return true;
	}
	signing_drop(m->sign);
	m->sign = NULL;
	return false;
}

void
mail_signed(struct mail *m, struct str fields)
{
	m->sign = NULL;
	if (fields.len > 0)
		guest_tell_check(m->guest, STR("sign"), m->is_ours ? STR("signed") : STR("sealed"),
			m->vouched);
	else
		alarm_unsigned(m);
}
