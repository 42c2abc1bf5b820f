#include "read/mtalog.h"

#include "read/address.h"
#include "read/host.h"

struct str
log_head(struct str *s, struct str end)
{
	const size_t at = str_find(*s, end, 0);
	if (at == STR_NPOS)
		return STR_NONE;
	const struct str head = str_head(*s, at);
	*s = str_from(*s, at + end.len);
	return head;
}

struct str
log_address(struct str *s)
{
	bool in_quotes = false;
	if (!str_starts(*s, STR("<")))
		return STR_NONE;
	for (size_t i = 1; i < s->len; i++) {
		const char c = s->ptr[i];
		if (c == '\\' && in_quotes)
			i++;
		else if (c == '"')
			in_quotes = !in_quotes;
		else if (c == '>' && !in_quotes) {
			const struct str address = {s->ptr + 1, i - 1};
			*s = str_from(*s, i + 1);
			return address;
		}
	}
	/* A quote that was never closed hides the bracket: then the first one counts. */
	const size_t close = str_find_char(*s, '>', 1);
	if (close == STR_NPOS)
		return STR_NONE;
	const struct str address = {s->ptr + 1, close - 1};
	*s = str_from(*s, close + 1);
	return address;
}

void
log_peer(struct str s, struct log_entry *e)
{
	const size_t open = str_find_char(s, '[', 0);
	const struct str host = str_trim(str_head(s, open));
	size_t at = 0;
	e->host = host_looks_real(host) ? host : STR_NONE;
	const struct str ip = open != STR_NPOS ? str_from(s, open) : s;
	e->ip = ip_next(str_head(ip, 64), &at);
	if (open == STR_NPOS && str_is_set(e->ip))
		e->host = STR_NONE;
	/* "mx.example.org." */
	if (e->host.len > 0 && e->host.ptr[e->host.len - 1] == '.')
		e->host.len--;
}

bool
log_is_id(struct str s, size_t least, size_t most, const char *more)
{
	if (s.len < least || s.len > most)
		return false;
	for (size_t i = 0; i < s.len; i++)
		if (!ascii_is_alnum((unsigned char)s.ptr[i]) &&
			(s.ptr[i] == '\0' || strchr(more, s.ptr[i]) == NULL))
			return false;
	return true;
}

enum mta { MTA_NONE, MTA_ANY, MTA_POSTFIX, MTA_EXIM, MTA_SENDMAIL, MTA_OPENSMTPD };

/* Whose program is it? Postfix's name is a setting (syslog_name), its daemons' are not. */
static enum mta
mta_of(struct str program, struct str *component)
{
	static const struct str daemons[] = {STR_INIT("smtp"), STR_INIT("smtpd"), STR_INIT("qmgr"),
		STR_INIT("cleanup"), STR_INIT("local"), STR_INIT("virtual"), STR_INIT("pipe"),
		STR_INIT("lmtp"), STR_INIT("error"), STR_INIT("retry"), STR_INIT("bounce"),
		STR_INIT("postscreen"), STR_INIT("discard"), STR_INIT("pickup"), STR_INIT("nqmgr"),
		STR_INIT("submission"), STR_INIT("smtps")};
	size_t slash = program.len;
	while (slash > 0 && program.ptr[slash - 1] != '/')
		slash--;
	*component = str_from(program, slash);
	if (slash > 0) {
		if (str_starts_case(program, STR("postfix")))
			return MTA_POSTFIX;
		for (size_t i = 0; i < sizeof daemons / sizeof *daemons; i++)
			if (str_eq(*component, daemons[i]))
				return MTA_POSTFIX;
	}
	if (str_starts_case(*component, STR("exim")))
		return MTA_EXIM;
	if (str_starts_case(*component, STR("sendmail")) || str_starts(*component, STR("sm-")))
		return MTA_SENDMAIL;
	if (str_eq(*component, STR("smtpd")) || str_eq(*component, STR("opensmtpd")))
		return MTA_OPENSMTPD;
	return MTA_NONE;
}

void
log_entry_read(const struct logline *line, struct log_entry *out)
{
	struct str component = STR_NONE, message = line->message;
	enum mta mta = str_is_set(line->program) ? mta_of(line->program, &component) : MTA_ANY;
	/* A message alone: what looked like its program may be its queue id. */
	if (mta == MTA_NONE && str_is_set(line->bare)) {
		message = line->bare;
		mta = MTA_ANY;
	}
	*out = (struct log_entry){.what = LOG_NOTHING};
	if (message.len == 0)
		return;
	switch (mta) {
	case MTA_NONE:
		return;
	case MTA_POSTFIX:
		(void)log_postfix(message, component, out);
		break;
	case MTA_EXIM:
		(void)log_exim(message, out);
		break;
	case MTA_SENDMAIL:
		(void)log_sendmail(message, out);
		break;
	case MTA_OPENSMTPD:
		(void)log_opensmtpd(message, out);
		break;
	case MTA_ANY:
		(void)(log_postfix(message, STR_NONE, out) || log_exim(message, out) ||
			log_sendmail(message, out) || log_opensmtpd(message, out));
		break;
	}
}

bool
log_entry_more(struct log_entry *e)
{
	while (e->recipients.len > 0) {
		struct str rest = str_trim(e->recipients);
		const struct str bracketed = log_address(&rest);
		const struct str bare = str_is_set(bracketed) ? bracketed : str_cut(&rest, ',');
		if (str_is_set(bracketed) && str_starts(rest, STR(",")))
			rest = str_from(rest, 1);
		e->recipients = rest;
		e->recipient = address_clean(bare);
		if (e->recipient.len > 0)
			return true;
	}
	return false;
}
