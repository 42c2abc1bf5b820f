/* range - what a client's network may do */
#include "base/net.h"
#include "directory/directory_inside.h"

#define ALL_DIRECTIONS ((1u << DIRECTION_COUNT) - 1)

/* Without any range the rule of every mail server: mail for us from everybody, mail for elsewhere
 * from those who logged in. */
static const struct directory_range without_range = {
	.name = STR_INIT("of all other addresses"),
	.allowed = ALL_DIRECTIONS,
	.needs_login = 1u << LOCAL_TO_ELSEWHERE | 1u << ELSEWHERE_TO_ELSEWHERE,
};

struct directory_range
directory_range_default(void)
{
	return without_range;
}

bool
directory_range_find(
	struct directory *d, struct str ip, struct arena *a, struct directory_range *out)
{
	struct ip parsed;
	*out = without_range;
	if (!ip_parse(ip, &parsed))
		return true;
	const struct str key = {(const char *)parsed.bytes, sizeof parsed.bytes};
	const struct kept_answer *const kept = kept_find(d, KEPT_RANGE, key);
	if (kept != NULL) {
		*out = kept->range;
		out->name = arena_str(a, out->name);
		out->reason = arena_str(a, out->reason);
		return true;
	}
	sqlite3_stmt *const s = ask(d, QUERY_RANGE);
	bind_bytes(s, 1, parsed.bytes, sizeof parsed.bytes);
	const enum step rc = step(s);
	if (rc == STEP_ROW)
		*out = (struct directory_range){arena_str(a, column_text(s, 0)),
			(unsigned)sqlite3_column_int(s, 1), (unsigned)sqlite3_column_int(s, 2),
			sqlite3_column_int(s, 3) != 0, arena_str(a, column_text(s, 4))};
	done(s);
	if (rc != STEP_FAILED && !arena_failed(a))
		kept_put(d, KEPT_RANGE, key, &(struct kept_answer){.range = *out});
	return rc != STEP_FAILED;
}

bool
directory_range_add(struct directory *d, struct str network, int priority,
	const struct directory_range *range, struct directory_error *error)
{
	struct net net;
	switch (net_parse(network, &net)) {
	case NET_NO_ADDRESS:
		return fail(error,
			"%.*s: not an address or network: write 192.0.2.0/24 or 2001:db8::/32",
			(int)network.len, network.ptr);
	case NET_BAD_LENGTH:
		return fail(error, "%.*s: the length behind the / is 0 to %d", (int)network.len,
			network.ptr, str_find_char(network, ':', 0) == STR_NPOS ? 32 : 128);
	case NET_OK:
		break;
	}
	const struct ip low = net.first, high = net_last(&net);
	sqlite3_stmt *const s = ask(d, QUERY_RANGE_ADD);
	bind_text(s, 1, range->name);
	bind_bytes(s, 2, low.bytes, sizeof low.bytes);
	bind_bytes(s, 3, high.bytes, sizeof high.bytes);
	bind_number(s, 4, priority);
	bind_number(s, 5, range->allowed & ALL_DIRECTIONS);
	bind_number(s, 6, range->needs_login & ALL_DIRECTIONS);
	const bool ok = step(s) == STEP_END;
	if (!ok && sqlite3_extended_errcode(d->db) == SQLITE_CONSTRAINT_UNIQUE)
		fail(error, "%.*s: there is a range for exactly this network already",
			(int)network.len, network.ptr);
	else if (!ok)
		fail_database(d, error, "range");
	done(s);
	return ok;
}
