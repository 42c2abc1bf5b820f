#include "judge/verp.h"

#include "read/address.h"
#include "read/host.h"

#define ID_BYTES_MIN 4 /* "user-2=...": too short to be an id */
#define IDS_MAX 3

static struct str
joined(struct str user, struct str domain, struct arena *a)
{
	if (user.len == 0 || domain.len == 0 || !host_looks_real(domain))
		return STR_NONE;
	char *const room = arena_bytes(a, user.len + 1 + domain.len);
	if (room == NULL)
		return STR_NONE;
	memcpy(room, user.ptr, user.len);
	room[user.len] = '@';
	memcpy(room + user.len + 1, domain.ptr, domain.len);
	return (struct str){room, user.len + 1 + domain.len};
}

/* "12345-", "0a1b-", "1a2b3c.4d5e-": digits, or what has digits among letters up to f. */
static size_t
id_length(struct str s)
{
	size_t n = 0, digits = 0, others = 0;
	for (; n < s.len && s.ptr[n] != '-'; n++) {
		const unsigned char c = (unsigned char)s.ptr[n];
		if (ascii_is_digit(c))
			digits++;
		else if (c == '.' || c == '_' || (ascii_lower(c) >= 'a' && ascii_lower(c) <= 'f'))
			others++;
		else
			return 0;
	}
	const bool is_id = n < s.len && digits > 0 && (others == 0 || n >= ID_BYTES_MIN);
	return is_id ? n + 1 : 0;
}

static struct str
without_ids(struct str s)
{
	for (int i = 0; i < IDS_MAX; i++) {
		const size_t n = id_length(s);
		if (n == 0 || n == s.len)
			break;
		s = str_from(s, n);
	}
	return s;
}

/* Where the user begins in "list-return-123-user", "owner-list-user", "bounces+user". */
static struct str
user_of(struct str s)
{
	const size_t ezmlm = str_find(s, STR("-return-"), 0);
	if (ezmlm != STR_NPOS) {
		const struct str rest = str_from(s, ezmlm + 8);
		const struct str user = without_ids(rest);
		return user.len < rest.len ? user : STR_NONE;
	}
	if (str_starts_case(s, STR("bounce-mc."))) {
		const size_t dash = str_find_char(s, '-', 10);
		return dash == STR_NPOS ? STR_NONE : str_from(s, dash + 1);
	}
	const size_t plus = str_find_char(s, '+', 0);
	if (plus != STR_NPOS)
		return without_ids(str_from(s, plus + 1));
	/* "owner-list-john-doe" may be the user "doe" or "john-doe": the shorter is likelier. */
	for (size_t i = s.len; i-- > 0;)
		if (s.ptr[i] == '-')
			return i == 0 ? STR_NONE : str_from(s, i + 1);
	return STR_NONE;
}

/* BATV: "prvs=1234abcdef=local", "prvs=local/1234abcdef". */
static struct str
without_batv(struct str local)
{
	if (!str_starts_case(local, STR("prvs=")))
		return local;
	const struct str rest = str_from(local, 5);
	const size_t slash = str_find_char(rest, '/', 0);
	if (slash != STR_NPOS)
		return str_head(rest, slash);
	const size_t equals = str_find_char(rest, '=', 0);
	return equals == STR_NPOS ? STR_NONE : str_from(rest, equals + 1);
}

struct str
verp_unsigned(struct str address, struct arena *a)
{
	const struct str domain = address_domain(address);
	if (!str_is_set(domain))
		return address;
	const struct str signed_local = str_head(address, address.len - domain.len - 1);
	const struct str local = without_batv(signed_local);
	const struct str plain = local.len < signed_local.len ? joined(local, domain, a) : STR_NONE;
	return str_is_set(plain) ? plain : address;
}

struct str
verp_decode(struct str address, struct arena *a)
{
	const struct str domain = address_domain(address);
	if (!str_is_set(domain))
		return STR_NONE;
	const struct str local = without_batv(str_head(address, address.len - domain.len - 1));
	if (str_starts_case(local, STR("SRS0")) || str_starts_case(local, STR("SRS1")))
		return STR_NONE;
	const size_t sympa = str_find(local, STR("==a=="), 0);
	if (sympa != STR_NPOS) {
		const size_t plus = str_find_char(str_head(local, sympa), '+', 0);
		const struct str host = str_from(local, sympa + 5);
		const size_t list = str_find(host, STR("=="), 0);
		if (plus == STR_NPOS || list == STR_NPOS)
			return STR_NONE;
		return joined(str_between(local.ptr + plus + 1, local.ptr + sympa),
			str_head(host, list), a);
	}
	const size_t stars = str_find(local, STR("**"), 0);
	if (stars != STR_NPOS) {
		const size_t star = str_find_char(str_head(local, stars), '*', 0);
		if (star == STR_NPOS)
			return STR_NONE;
		return joined(str_between(local.ptr + star + 1, local.ptr + stars),
			str_from(local, stars + 2), a);
	}
	const size_t equals = str_find_char(local, '=', 0);
	if (equals == STR_NPOS || str_find_char(local, '=', equals + 1) != STR_NPOS)
		return STR_NONE;
	return joined(user_of(str_head(local, equals)), str_from(local, equals + 1), a);
}
