/* entry_list - what is there, as entries */
#include "base/net.h"
#include "directory/entry_inside.h"

#include <stdio.h>

#define NAMED " FROM name n JOIN domain d ON d.id = n.domain "
/* ?1 is a domain, an address, or NULL. */
#define OF_NAME                                                                                    \
	"WHERE (?1 IS NULL OR d.name = ?1 OR n.local || '@' || d.name = ?1 COLLATE NOCASE) "       \
	"ORDER BY d.name, n.local"
#define WHOLE "n.local || '@' || d.name"

/* What stands in front of the columns of the properties, and what behind them. The first two are
 * the names; a range has its ends there. */
static const struct {
	const char *names, *from;
} listings[ENTRY_KIND_COUNT] = {
	[ENTRY_DOMAIN] = {"name, NULL", " FROM domain WHERE ?1 IS NULL OR name = ?1 ORDER BY name"},
	[ENTRY_DOMAIN_ALIAS] = {"x.name, d.name",
		" FROM domain_alias x JOIN domain d ON d.id = x.domain "
		"WHERE ?1 IS NULL OR d.name = ?1 OR x.name = ?1 ORDER BY x.name"},
	[ENTRY_ACCOUNT] = {WHOLE ", NULL", NAMED
		"JOIN account a ON a.id = n.id LEFT JOIN scram k ON k.account = a.id " OF_NAME},
	[ENTRY_IDENTITY] = {WHOLE ", i.address",
		NAMED "JOIN identity i ON i.account = n.id " OF_NAME ", i.address"},
	[ENTRY_ALIAS] = {WHOLE ", a.target", NAMED "JOIN alias a ON a.id = n.id " OF_NAME},
	[ENTRY_LIST] = {WHOLE ", NULL", NAMED "JOIN list l ON l.id = n.id " OF_NAME},
	[ENTRY_MEMBER] = {WHOLE ", m.address",
		NAMED "JOIN member m ON m.list = n.id " OF_NAME ", m.address"},
	[ENTRY_ROUTE] = {"pattern, NULL",
		" FROM route WHERE ?1 IS NULL OR pattern = ?1 ORDER BY pattern"},
	[ENTRY_ROUTE_ADDRESS] = {"x.address, NULL",
		" FROM route_address x JOIN route r ON r.id = x.route "
		"WHERE ?1 IS NULL OR r.pattern = ?1 OR x.address = ?1 ORDER BY x.address"},
	[ENTRY_RANGE] = {"low, high", " FROM range WHERE ?1 IS NULL OR (low = ?1 AND high = ?2) "
				      "ORDER BY priority DESC, low DESC, high"},
};

/* "192.0.2.0/24"; somebody else may have written ends that are no network's. */
static struct str
range_name(sqlite3_stmt *s, char room[static ENTRY_VALUE_MAX])
{
	const struct str low = column_bytes(s, 0), high = column_bytes(s, 1);
	struct ip first, last;
	struct net net;
	if (low.len != sizeof first.bytes || high.len != sizeof last.bytes)
		return STR("?");
	memcpy(first.bytes, low.ptr, low.len);
	memcpy(last.bytes, high.ptr, high.len);
	if (!net_of_range(&first, &last, &net))
		return STR("?");
	net_text(&net, room);
	return str_of(room);
}

/* The filter as the tables have it. */
static struct str
filter_take(struct str filter, struct name *room, char domain[258])
{
	struct str found;
	if (name_parse(filter, room))
		return room->whole;
	return route_pattern(filter, domain, &found) ? found : filter;
}

bool
entry_list(struct directory *d, enum entry_kind kind, struct str filter, entry_taker *take,
	void *to, struct directory_error *error)
{
	const struct entry_form *const form = entry_form(kind);
	char sql[1024], domain[258], network[ENTRY_VALUE_MAX];
	char rooms[ENTRY_PROPERTIES_MAX][ENTRY_VALUE_MAX], names[2][NAME_WRITTEN_BYTES_MAX];
	struct name address;
	int len = snprintf(sql, sizeof sql, "SELECT %s", listings[kind].names);
	for (size_t i = 0; i < form->count; i++)
		len += snprintf(sql + len, sizeof sql - (size_t)len, ", %s",
			form->properties[i].column == NULL ? "NULL" : form->properties[i].column);
	snprintf(sql + len, sizeof sql - (size_t)len, "%s", listings[kind].from);

	sqlite3_stmt *s = NULL;
	if (sqlite3_prepare_v2(d->db, sql, -1, &s, NULL) != SQLITE_OK)
		return fail_database(d, error, "directory");
	struct net net;
	if (kind != ENTRY_RANGE || !str_is_set(filter)) {
		bind_text(s, 1,
			str_is_set(filter) ? filter_take(filter, &address, domain) : STR_NONE);
	} else if (net_parse(filter, &net) == NET_OK) {
		const struct ip last = net_last(&net);
		bind_bytes(s, 1, net.first.bytes, sizeof net.first.bytes);
		bind_bytes(s, 2, last.bytes, sizeof last.bytes);
	} else {
		bind_text(s, 1, filter); /* which none is */
	}
	enum step rc;
	bool goes_on = true;
	while (goes_on && (rc = step(s)) == STEP_ROW) {
		struct entry e = {.kind = kind};
		const bool is_range = kind == ENTRY_RANGE;
		e.name = is_range ? range_name(s, network)
				  : name_written(column_text(s, 0), names[0]);
		e.other = is_range ? STR_NONE : name_written(column_text(s, 1), names[1]);
		for (size_t i = 0; i < form->count; i++)
			if (form->properties[i].column != NULL)
				e.values[i] =
					value_text(s, (int)i + 2, &form->properties[i], rooms[i]);
		goes_on = take(to, &e);
	}
	const bool ok = !goes_on || rc == STEP_END || fail_database(d, error, "directory");
	sqlite3_finalize(s);
	return ok;
}
