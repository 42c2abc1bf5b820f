/* find - one row of the directory: a domain, a name in it, a route */
#include "directory/directory_inside.h"

#include <stdio.h>

enum step
domain_find(struct directory *d, struct str name, struct domain_row *out)
{
	sqlite3_stmt *const s = ask(d, QUERY_DOMAIN);
	bind_text(s, 1, name);
	const enum step rc = step(s);
	if (rc == STEP_ROW) {
		const struct str found = column_text(s, 4), all = column_text(s, 2),
				 plus = column_text(s, 3);
		out->id = sqlite3_column_int64(s, 0);
		out->is_active = sqlite3_column_int(s, 1) != 0;
		out->is_suspended = sqlite3_column_int(s, 5) != 0;
		snprintf(out->name, sizeof out->name, "%.*s", (int)found.len, found.ptr);
		snprintf(out->catch_all, sizeof out->catch_all, "%.*s", (int)all.len,
			str_is_set(all) ? all.ptr : "");
		out->plus = plus.len == 1 ? plus.ptr[0] : '\0';
	}
	done(s);
	return rc;
}

enum step
name_find(struct directory *d, int64_t domain, struct str local, struct name_row *out)
{
	sqlite3_stmt *const s = ask_id(d, QUERY_NAME, domain);
	bind_text(s, 2, local);
	const enum step rc = step(s);
	if (rc == STEP_ROW)
		*out = (struct name_row){sqlite3_column_int64(s, 0), sqlite3_column_int(s, 1),
			sqlite3_column_int(s, 2) != 0};
	done(s);
	return rc;
}

enum step
name_find_plus(struct directory *d, const struct domain_row *domain, struct str *local,
	struct name_row *out)
{
	const enum step rc = name_find(d, domain->id, *local, out);
	const size_t plus =
		domain->plus == '\0' ? STR_NPOS : str_find_char(*local, domain->plus, 1);
	if (rc != STEP_END || plus == STR_NPOS)
		return rc;
	*local = str_head(*local, plus);
	return name_find(d, domain->id, *local, out);
}

/* "a.b.example", then "*.b.example", "*.example" */
enum step
route_find(struct directory *d, struct str domain, struct arena *a, struct route_row *out)
{
	char pattern[260] = "*";
	enum step rc = STEP_END;
	for (struct str rest = domain; rc == STEP_END && rest.len > 0;) {
		sqlite3_stmt *const s = ask(d, QUERY_ROUTE);
		if (rest.ptr == domain.ptr)
			bind_text(s, 1, domain);
		else {
			memcpy(pattern + 1, rest.ptr - 1, rest.len + 1);
			bind_text(s, 1, (struct str){pattern, rest.len + 2});
		}
		rc = step(s);
		if (rc == STEP_ROW) {
			out->id = sqlite3_column_int64(s, 0);
			out->host = a == NULL ? STR_NONE : arena_str(a, column_text(s, 1));
			out->port = (unsigned)sqlite3_column_int(s, 2);
			out->takes_all = sqlite3_column_int(s, 3) != 0;
		}
		done(s);
		str_cut(&rest, '.');
	}
	return rc;
}

bool
directory_route_find(struct directory *d, struct str domain, struct arena *a, bool *found,
	struct directory_route *out)
{
	char room[256];
	struct str name;
	struct route_row row;
	*found = false;
	if (!domain_parse(domain, room, &name))
		return true;
	enum step rc = route_find(d, name, NULL, &row);
	if (rc == STEP_END) {
		sqlite3_stmt *const s = ask(d, QUERY_ROUTE);
		bind_text(s, 1, STR("*"));
		rc = step(s);
		if (rc == STEP_ROW)
			row.id = sqlite3_column_int64(s, 0);
		done(s);
	}
	if (rc != STEP_ROW)
		return rc == STEP_END;
	sqlite3_stmt *const s = ask_id(d, QUERY_ROUTE_HOW, row.id);
	*found = step(s) == STEP_ROW;
	if (*found)
		*out = (struct directory_route){
			.host = arena_str(a, column_text(s, 0)),
			.port = (unsigned)sqlite3_column_int(s, 1),
			.is_lmtp = sqlite3_column_int(s, 2) != 0,
			.is_tls_immediate = sqlite3_column_int(s, 3) != 0,
			.tls = (enum route_tls)sqlite3_column_int(s, 4),
			.user = arena_str(a, column_text(s, 5)),
			.password = arena_str(a, column_text(s, 6)),
		};
	done(s);
	return *found && !arena_failed(a);
}

bool
directory_place(struct directory *d, struct str domain, enum directory_place *out)
{
	const size_t at = str_find_char(domain, '@', 0);
	char room[256];
	struct str name;
	struct domain_row row;
	struct route_row route;
	*out = PLACE_ELSEWHERE;
	struct name whole;
	if (at != STR_NPOS) {
		if (!name_parse(domain, &whole))
			return true;
		name = whole.domain;
	} else if (!domain_parse(domain, room, &name))
		return true;
	const struct kept_answer *const kept = kept_find(d, KEPT_PLACE, name);
	if (kept != NULL) {
		*out = kept->place;
		return true;
	}
	enum step rc = domain_find(d, name, &row);
	if (rc == STEP_ROW && row.is_active)
		*out = PLACE_LOCAL;
	if (rc == STEP_END) {
		rc = route_find(d, name, NULL, &route);
		if (rc == STEP_ROW)
			*out = PLACE_ROUTE;
	}
	if (rc != STEP_FAILED)
		kept_put(d, KEPT_PLACE, name, &(struct kept_answer){.place = *out});
	return rc != STEP_FAILED;
}
