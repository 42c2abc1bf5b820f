/* name - addresses as the tables of the directory have them */
#include "base/charset.h"
#include "directory/directory_inside.h"

#include <idn2.h>

bool
domain_parse(struct str domain, char room[256], struct str *out)
{
	bool is_ascii = true;
	if (domain.len > 0 && domain.ptr[domain.len - 1] == '.')
		domain.len--;
	if (domain.len == 0 || domain.len > 255)
		return false;
	for (size_t i = 0; i < domain.len; i++) {
		const unsigned char c = (unsigned char)domain.ptr[i];
		if (c <= ' ' || c == 127 || c == '@')
			return false;
		is_ascii &= c < 128;
		room[i] = (char)ascii_lower(c);
	}
	room[domain.len] = '\0';
	*out = (struct str){room, domain.len};
	if (is_ascii)
		return true;
	/* An international name stands under its A-label, however it was written. */
	uint8_t *label = NULL;
	const int rc = idn2_lookup_u8(
		(const uint8_t *)room, &label, IDN2_NFC_INPUT | IDN2_NONTRANSITIONAL);
	const size_t len = rc == IDN2_OK ? strlen((const char *)label) : 0;
	if (rc == IDN2_OK && len < 256) {
		memcpy(room, label, len + 1);
		out->len = len;
	}
	idn2_free(label);
	return rc == IDN2_OK && len < 256;
}

bool
route_pattern(struct str pattern, char room[258], struct str *out)
{
	struct str domain;
	const size_t wild = str_starts(pattern, STR("*.")) ? 2 : 0;
	memcpy(room, "*.", 2);
	*out = (struct str){room, 1};
	if (str_eq(pattern, STR("*")))
		return true;
	if (!domain_parse(str_from(pattern, wild), room + wild, &domain) ||
		str_find_char(domain, '*', 0) != STR_NPOS)
		return false;
	out->len = wild + domain.len;
	return true;
}

bool
route_host_parse(struct str host, char room[256], struct str *out)
{
	/* The path of a socket: letters are not alike there. */
	if (!str_starts(host, STR("/")))
		return domain_parse(host, room, out);
	*out = host;
	return host.len < 108; /* sun_path */
}

bool
name_parse(struct str address, struct name *out)
{
	size_t at = STR_NPOS;
	for (size_t i = address.len; i-- > 0 && at == STR_NPOS;)
		if (address.ptr[i] == '@')
			at = i;
	if (at == STR_NPOS || at == 0 || address.len > DIRECTORY_ADDRESS_MAX)
		return false;
	struct str local = str_head(address, at);
	char *to = out->room;
	const bool is_quoted =
		local.len >= 2 && local.ptr[0] == '"' && local.ptr[local.len - 1] == '"';
	if (is_quoted)
		local = str_head(str_from(local, 1), local.len - 2);
	for (size_t i = 0; i < local.len; i++) {
		if (is_quoted && local.ptr[i] == '\\' && i + 1 < local.len)
			i++;
		if ((unsigned char)local.ptr[i] < ' ' || local.ptr[i] == 127)
			return false;
		*to++ = local.ptr[i];
	}
	out->local = str_between(out->room, to);
	if (out->local.len == 0)
		return false;
	*to++ = '@';
	char domain[256];
	struct str name;
	if (!domain_parse(str_from(address, at + 1), domain, &name) ||
		(size_t)(to - out->room) + name.len > sizeof out->room)
		return false;
	memcpy(to, name.ptr, name.len);
	out->domain = (struct str){to, name.len};
	out->whole = str_between(out->room, to + name.len);
	return true;
}

/* RFC 5321 s4.1.2 Dot-string with dots anywhere, as src/smtp/path.h takes it. */
static bool
needs_quotes(struct str local)
{
	static const struct str special = STR_INIT(" \"(),:;<>@[\\]");
	for (size_t i = 0; i < local.len; i++)
		if (str_find_char(special, local.ptr[i], 0) != STR_NPOS)
			return true;
	return false;
}

bool
name_new(struct str address, struct name *out)
{
	static const struct str never = STR_INIT("\"(),;<>\\");
	if (!name_parse(address, out) || !utf8_valid(out->whole) ||
		(address.ptr[0] != '"' && needs_quotes(out->local)))
		return false;
	for (size_t i = 0; i < out->domain.len; i++)
		if (str_find_char(never, out->domain.ptr[i], 0) != STR_NPOS)
			return false;
	return true;
}

struct str
name_written(struct str whole, char room[static NAME_WRITTEN_BYTES_MAX])
{
	const size_t at = str_behind_last(whole, '@');
	const struct str local = str_head(whole, at > 0 ? at - 1 : 0);
	if (!needs_quotes(local) || whole.len > DIRECTORY_ADDRESS_MAX + 64)
		return whole;
	char *to = room;
	*to++ = '"';
	for (size_t i = 0; i < local.len; i++) {
		if (local.ptr[i] == '"' || local.ptr[i] == '\\')
			*to++ = '\\';
		*to++ = local.ptr[i];
	}
	*to++ = '"';
	memcpy(to, local.ptr + local.len, whole.len - local.len);
	return str_between(room, to + whole.len - local.len);
}
