/* MAIL and RCPT as they are said to this server, and what cannot be. RFC 5321 s4.1.1, 1870, 3461,
 * 6531. */
#include "smtp/client_inside.h"

/* Can it stand in a command? Nothing that ends a line, or that a path has only when it is forged.
 */
static bool
can_be_said(struct str path)
{
	bool is_quoted = false;
	for (size_t i = 0; i < path.len; i++) {
		const unsigned char byte = (unsigned char)path.ptr[i];
		if (byte < ' ' || byte == 127)
			return false;
		if (is_quoted && byte == '\\' && i + 1 < path.len) {
			i++;
			if ((unsigned char)path.ptr[i] < ' ' || path.ptr[i] == 127)
				return false;
		} else if (byte == '"') {
			is_quoted = !is_quoted;
		} else if (!is_quoted && (byte == '<' || byte == '>' || byte == ' ')) {
			return false;
		}
	}
	return !is_quoted && path.len <= PATH_PRINT_BYTES_MAX;
}

/* The value of a parameter: printable, no blank. */
static bool
is_value(struct str s, size_t bytes_max)
{
	for (size_t i = 0; i < s.len; i++)
		if ((unsigned char)s.ptr[i] <= ' ' || s.ptr[i] == 127)
			return false;
	return s.len > 0 && s.len <= bytes_max;
}

bool
client_uses_chunks(const struct client *c)
{
	/* LMTP has one answer for each recipient, and nobody says how many for a chunk. */
	return client_offers(c, EXTENSION_CHUNKING) && !c->settings->is_lmtp;
}

/* Letters beyond ASCII in any address, or in the header's. */
static bool
needs_utf8(const struct client_envelope *e)
{
	if (e->is_utf8 || !str_is_ascii(e->path))
		return true;
	for (uint32_t i = 0; i < e->recipient_count; i++)
		if (e->recipients[i].fate == FATE_OPEN && !str_is_ascii(e->recipients[i].path))
			return true;
	return false;
}

void
client_say_mail(struct client_turn *t)
{
	const struct client *const c = t->c;
	const struct client_envelope *const e = c->envelope;
	const bool has_dsn = client_offers(c, EXTENSION_DSN);
	const bool has_envid = has_dsn && is_value(e->envelope_id, PARAM_ENVID_BYTES_MAX);
	const bool has_size = client_offers(c, EXTENSION_SIZE) && e->size_bytes > 0;
	char digits[STR_DIGITS_MAX];
#define WHEN(condition, text) ((condition) ? STR(text) : STR(""))
	SAY(t->out, STR("MAIL FROM:<"), e->path, STR(">"), WHEN(has_size, " SIZE="),
		has_size ? str_digits(e->size_bytes, digits) : STR(""),
		WHEN(e->is_8bit && client_offers(c, EXTENSION_8BITMIME), " BODY=8BITMIME"),
		WHEN(client_offers(c, EXTENSION_SMTPUTF8) && needs_utf8(e), " SMTPUTF8"),
		WHEN(e->requires_tls, " REQUIRETLS"), WHEN(has_dsn && e->is_ret_full, " RET=FULL"),
		WHEN(has_dsn && e->is_ret_headers && !e->is_ret_full, " RET=HDRS"),
		WHEN(has_envid, " ENVID="), has_envid ? e->envelope_id : STR(""));
}

void
client_say_rcpt(struct client_turn *t, const struct client_recipient *r)
{
	static const struct str words[] = {
		STR_INIT("SUCCESS"), STR_INIT("FAILURE"), STR_INIT("DELAY")};
	const bool has_dsn = client_offers(t->c, EXTENSION_DSN);
	const bool has_original =
		has_dsn && str_has(r->original, STR(";")) &&
		is_value(r->original, PARAM_ORCPT_BYTES_MAX + 16) &&
		(client_offers(t->c, EXTENSION_SMTPUTF8) || str_is_ascii(r->original));
	struct str notify[6] = {{NULL, 0}};
	size_t n = 0;
	/* RFC 3461 s4.1: NEVER stands alone. */
	for (unsigned i = 0; i < 3 && !(r->notify & NOTIFY_NEVER); i++)
		if (r->notify & (unsigned)NOTIFY_SUCCESS << i) {
			notify[n] = n > 0 ? STR(",") : STR("");
			notify[n + 1] = words[i];
			n += 2;
		}
	if (r->notify & NOTIFY_NEVER)
		notify[1] = STR("NEVER");
	SAY(t->out, STR("RCPT TO:<"), r->path, STR(">"),
		WHEN(has_dsn && r->notify != 0, " NOTIFY="), notify[0],
		has_dsn ? notify[1] : STR(""), has_dsn && n > 2 ? notify[2] : STR(""),
		has_dsn && n > 2 ? notify[3] : STR(""), has_dsn && n > 4 ? notify[4] : STR(""),
		has_dsn && n > 4 ? notify[5] : STR(""), WHEN(has_original, " ORCPT="),
		has_original ? r->original : STR(""));
}

enum client_cause
client_envelope_fault(const struct client *c)
{
	const struct client_envelope *const e = c->envelope;
	if (!can_be_said(e->path))
		return CAUSE_ADDRESS;
	if (e->requires_tls && !(c->is_secure && client_offers(c, EXTENSION_REQUIRETLS)))
		return CAUSE_REQUIRETLS;
	if (c->size_max > 0 && e->size_bytes > c->size_max)
		return CAUSE_TOO_LARGE;
	if (!str_is_ascii(e->path) && !client_offers(c, EXTENSION_SMTPUTF8))
		return CAUSE_UTF8;
	if (e->is_utf8 && !client_offers(c, EXTENSION_SMTPUTF8))
		return CAUSE_UTF8_HEADER;
	if (e->is_8bit && !client_offers(c, EXTENSION_8BITMIME))
		return CAUSE_EIGHT_BIT;
	return CAUSE_NONE;
}

enum client_cause
client_recipient_fault(const struct client *c, const struct client_recipient *r)
{
	if (r->path.len == 0 || !can_be_said(r->path))
		return CAUSE_ADDRESS;
	if (!str_is_ascii(r->path) && !client_offers(c, EXTENSION_SMTPUTF8))
		return CAUSE_UTF8;
	return CAUSE_NONE;
}
