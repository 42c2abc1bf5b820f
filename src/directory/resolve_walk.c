/* Where one address leads: the domain, then account, alias, list, route, catch-all. */
#include "directory/resolve_inside.h"

/* ---- the kinds of names */

static bool
walk_account(struct walk *w, int64_t id, struct str address)
{
	sqlite3_stmt *const s = ask_id(w->d, QUERY_ACCOUNT, id);
	if (step(s) != STEP_ROW) {
		done(s);
		return walk_lookup_failed(w);
	}
	struct directory_target target = {.kind = TARGET_MAILBOX,
		.address = address,
		.account = id,
		.quota_bytes = sqlite3_column_int64(s, 0)};
	const struct str forward = arena_str(w->a, column_text(s, 1));
	const bool keeps = sqlite3_column_int(s, 2) != 0 || !str_is_set(forward);
	const bool is_suspended = sqlite3_column_int(s, 3) != 0;
	const struct str moved = arena_str(w->a, column_text(s, 4));
	done(s);
	if (is_suspended)
		return walk_refuse_naming(
			w, CONDITION_ACCOUNT_SUSPENDED, "suspended: the account", address);
	if (str_is_set(moved)) {
		w->out->moved_to = moved;
		return walk_refuse(w, CONDITION_MOVED_AWAY,
			arena_join(w->a, address, STR(" has moved to "), moved));
	}
	walk_tell(w, address, STR(": an account"), STR_NONE);
	if (str_is_set(forward)) {
		walk_tell(w, address,
			keeps ? STR(": keeps a copy and forwards to ") : STR(": forwards to "),
			forward);
		const bool ok = walk_address(w, forward);
		/* With a copy kept here, a forward that leads nowhere is no reason to refuse. */
		if (!ok && (!keeps || w->out->condition == CONDITION_LOOKUP_FAILED ||
				   w->out->condition == CONDITION_FORWARD_LOOP))
			return false;
		if (!ok)
			walk_tell(w, forward, STR(": left out of the forward: "), w->out->why);
		w->out->is_refused = false;
		target.is_kept = ok;
	}
	if (!keeps)
		return true;
	walk_tell(w, address, STR(": mailbox"), STR_NONE);
	return walk_target(w, &target);
}

static bool
walk_alias(struct walk *w, int64_t id, struct str address)
{
	sqlite3_stmt *const s = ask_id(w->d, QUERY_ALIAS, id);
	const enum step rc = step(s);
	const struct str target = rc == STEP_ROW ? arena_str(w->a, column_text(s, 0)) : STR_NONE;
	done(s);
	if (rc != STEP_ROW)
		return walk_lookup_failed(w);
	walk_tell(w, address, STR(": an alias for "), target);
	return walk_address(w, target);
}

static bool
walk_name(struct walk *w, const struct name_row *row, struct str address)
{
	static const struct {
		enum condition condition;
		const char *why;
	} inactive[] = {
		[NAME_ACCOUNT] = {CONDITION_ACCOUNT_INACTIVE, "not active: the account"},
		[NAME_ALIAS] = {CONDITION_ALIAS_INACTIVE, "not active: the alias"},
		[NAME_LIST] = {CONDITION_LIST_INACTIVE, "not active: the list"},
	};
	if (row->kind < NAME_ACCOUNT || row->kind > NAME_LIST)
		return walk_lookup_failed(w);
	if (!row->is_active)
		return walk_refuse_naming(
			w, inactive[row->kind].condition, inactive[row->kind].why, address);
	if (row->kind == NAME_ACCOUNT)
		return walk_account(w, row->id, address);
	return row->kind == NAME_ALIAS ? walk_alias(w, row->id, address)
				       : walk_list(w, row->id, address);
}

/* ---- routes */

/* Gives false and no refusal when the route does not take the address. */
static bool
walk_route(struct walk *w, const struct route_row *route, const struct name *name)
{
	if (!route->takes_all) {
		sqlite3_stmt *const s = ask_id(w->d, QUERY_ROUTE_ADDRESS, route->id);
		bind_text(s, 2, name->whole);
		const enum step rc = step(s);
		done(s);
		if (rc == STEP_FAILED)
			return walk_lookup_failed(w);
		if (rc == STEP_END)
			return false;
	}
	walk_tell(w, name->whole, STR(": by a route, to "), route->host);
	return walk_target(w, &(struct directory_target){.kind = TARGET_ROUTE,
				      .address = name->whole,
				      .route_host = route->host,
				      .route_port = route->port});
}

/* ---- one address */

static bool
walk_local(struct walk *w, const struct domain_row *domain, const struct name *name)
{
	struct name_row row;
	struct str local = name->local;
	const enum step rc = name_find_plus(w->d, domain, &local, &row);
	if (rc == STEP_FAILED)
		return walk_lookup_failed(w);
	const struct str host = str_of(domain->name);
	if (rc == STEP_ROW && local.len < name->local.len)
		walk_tell(w, name->whole,
			STR(": what stands behind the plus is for the recipient: "), local);
	if (rc == STEP_ROW)
		return walk_name(w, &row, arena_join(w->a, local, STR("@"), host));
	if (str_starts_case(name->local, STR(DIRECTORY_OWNER_PREFIX))) {
		const struct str list = str_from(name->local, sizeof DIRECTORY_OWNER_PREFIX - 1);
		const enum step is_list = name_find(w->d, domain->id, list, &row);
		if (is_list == STEP_FAILED)
			return walk_lookup_failed(w);
		/* Also of a list that is off: what it sent before may still come back. */
		if (is_list == STEP_ROW && row.kind == NAME_LIST)
			return walk_owner(w, row.id, arena_join(w->a, list, STR("@"), host));
	}

	struct route_row route;
	const enum step routed = route_find(w->d, host, w->a, &route);
	if (routed == STEP_FAILED)
		return walk_lookup_failed(w);
	if (routed == STEP_ROW && (walk_route(w, &route, name) || w->out->is_refused))
		return !w->out->is_refused;
	/* Who is meant to get everything, and is not there, is not looked for again. */
	if (domain->catch_all[0] != '\0' && !str_eq_case(name->whole, str_of(domain->catch_all))) {
		const struct str all = arena_str(w->a, str_of(domain->catch_all));
		walk_tell(w, name->whole, STR(": nobody is named so; the domain's catch-all is "),
			all);
		return walk_address(w, all);
	}
	if (routed == STEP_ROW)
		return walk_refuse_naming(
			w, CONDITION_NOT_IN_ROUTE, "the route does not list", name->whole);
	return walk_refuse_naming(w, CONDITION_UNKNOWN_USER, "nobody here is named", name->whole);
}

static bool
walk_found(struct walk *w, const struct name *name)
{
	struct domain_row domain;
	const enum step rc = domain_find(w->d, name->domain, &domain);
	if (rc == STEP_FAILED)
		return walk_lookup_failed(w);
	if (rc == STEP_ROW) {
		if (w->depth == 1)
			w->out->place = PLACE_LOCAL;
		walk_tell(w, name->domain, STR(": a domain of this server"),
			str_eq(name->domain, str_of(domain.name))
				? STR_NONE
				: arena_join(w->a, STR(": "), str_of(domain.name), STR_NONE));
		if (!domain.is_active)
			return walk_refuse_naming(w, CONDITION_DOMAIN_INACTIVE,
				"not active: the domain", str_of(domain.name));
		if (domain.is_suspended)
			return walk_refuse_naming(w, CONDITION_DOMAIN_SUSPENDED,
				"suspended: the domain", str_of(domain.name));
		return walk_local(w, &domain, name);
	}
	struct route_row route;
	const enum step routed = route_find(w->d, name->domain, w->a, &route);
	if (routed == STEP_FAILED)
		return walk_lookup_failed(w);
	if (w->depth == 1)
		w->out->place = routed == STEP_ROW ? PLACE_ROUTE : PLACE_ELSEWHERE;
	if (routed == STEP_END) {
		walk_tell(w, name->whole, STR(": elsewhere"), STR_NONE);
		return walk_target(w, &(struct directory_target){
					      .kind = TARGET_ELSEWHERE, .address = name->whole});
	}
	if (walk_route(w, &route, name) || w->out->is_refused)
		return !w->out->is_refused;
	return walk_refuse_naming(
		w, CONDITION_NOT_IN_ROUTE, "the route does not list", name->whole);
}

bool
walk_address(struct walk *w, struct str address)
{
	struct name name;
	if (!name_parse(address, &name))
		return walk_refuse_naming(
			w, CONDITION_RCPT_ADDRESS_INVALID, "no address:", address);
	for (size_t i = 0; i < w->depth; i++)
		if (str_eq_case(w->way[i], name.whole))
			return walk_refuse_loop(w, name.whole);
	if (w->depth == DIRECTORY_DEPTH_MAX)
		return walk_refuse_loop(w, name.whole);
	w->way[w->depth++] = arena_str(w->a, name.whole);
	const bool ok = walk_found(w, &name);
	w->depth--;
	return ok;
}
