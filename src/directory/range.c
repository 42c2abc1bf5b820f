/* range - what a client's network may do */
#include "directory/directory_inside.h"

#include <arpa/inet.h>

#define ALL_DIRECTIONS ((1u << DIRECTION_COUNT) - 1)

struct ip {
	unsigned char bytes[16]; /* IPv4 mapped into IPv6 */
	bool is_v4;
};

static bool
ip_parse(struct str text, struct ip *out)
{
	char room[INET6_ADDRSTRLEN];
	if (text.len == 0 || text.len >= sizeof room)
		return false;
	memcpy(room, text.ptr, text.len);
	room[text.len] = '\0';
	*out = (struct ip){0};
	if (inet_pton(AF_INET, room, out->bytes + 12) == 1) {
		out->bytes[10] = out->bytes[11] = 0xff;
		out->is_v4 = true;
		return true;
	}
	return inet_pton(AF_INET6, room, out->bytes) == 1;
}

/* Without any range the rule of every mail server: mail for us from everybody, mail for elsewhere
 * from those who logged in. */
static const struct directory_range without_range = {
	.name = STR_INIT("(no range has this address)"),
	.allowed = ALL_DIRECTIONS,
	.needs_login = 1u << LOCAL_TO_ELSEWHERE | 1u << ELSEWHERE_TO_ELSEWHERE,
};

bool
directory_range_find(
	struct directory *d, struct str ip, struct arena *a, struct directory_range *out)
{
	struct ip parsed;
	*out = without_range;
	if (!ip_parse(ip, &parsed))
		return true;
	sqlite3_stmt *const s = ask(d, QUERY_RANGE);
	if (s != NULL)
		sqlite3_bind_blob(s, 1, parsed.bytes, sizeof parsed.bytes, SQLITE_TRANSIENT);
	const enum step rc = step(s);
	if (rc == STEP_ROW)
		*out = (struct directory_range){arena_str(a, column_text(s, 0)),
			(unsigned)sqlite3_column_int(s, 1), (unsigned)sqlite3_column_int(s, 2)};
	done(s);
	return rc != STEP_FAILED;
}

bool
directory_range_add(struct directory *d, struct str network, int priority,
	const struct directory_range *range, struct directory_error *error)
{
	struct str bits = network;
	const struct str address = str_cut(&bits, '/');
	struct ip low;
	if (!ip_parse(address, &low))
		return fail(error,
			"%.*s: not an address or network: write 192.0.2.0/24 or 2001:db8::/32",
			(int)network.len, network.ptr);
	const unsigned most = low.is_v4 ? 32 : 128;
	const int64_t length = str_is_set(bits) ? str_number(bits, most) : most;
	if (length < 0)
		return fail(error, "%.*s: the length behind the / is 0 to %u", (int)network.len,
			network.ptr, most);
	struct ip high = low;
	for (unsigned bit = (unsigned)length + (low.is_v4 ? 96 : 0); bit < 128; bit++) {
		const unsigned char mask = (unsigned char)(0x80 >> bit % 8);
		low.bytes[bit / 8] &= (unsigned char)~mask;
		high.bytes[bit / 8] |= mask;
	}
	sqlite3_stmt *const s = ask(d, QUERY_RANGE_ADD);
	bind_text(s, 1, range->name);
	if (s != NULL) {
		sqlite3_bind_blob(s, 2, low.bytes, sizeof low.bytes, SQLITE_TRANSIENT);
		sqlite3_bind_blob(s, 3, high.bytes, sizeof high.bytes, SQLITE_TRANSIENT);
		sqlite3_bind_int(s, 4, priority);
		sqlite3_bind_int(s, 5, (int)(range->allowed & ALL_DIRECTIONS));
		sqlite3_bind_int(s, 6, (int)(range->needs_login & ALL_DIRECTIONS));
	}
	const bool ok = step(s) == STEP_END;
	if (!ok && sqlite3_extended_errcode(d->db) == SQLITE_CONSTRAINT_UNIQUE)
		fail(error, "%.*s: there is a range for exactly this network already",
			(int)network.len, network.ptr);
	else if (!ok)
		fail_database(d, error, "range");
	done(s);
	return ok;
}
