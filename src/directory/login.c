/* login - who a client says it is, and what it may send as */
#include "directory/directory_inside.h"

#include <stdio.h>

enum directory_login
directory_login(
	struct directory *d, struct str user, struct str password, struct directory_account *out)
{
	struct name name;
	struct domain_row domain;
	char hash[PASSWORD_HASH_MAX];
	snprintf(hash, sizeof hash, "%s", password_of_nobody);
	struct directory_account account = {0};
	bool is_active = false, is_known = false;
	enum step rc = name_parse(user, &name) ? domain_find(d, name.domain, &domain) : STEP_END;
	if (rc == STEP_ROW) {
		sqlite3_stmt *const s = ask_id(d, QUERY_LOGIN, domain.id);
		bind_text(s, 2, name.local);
		rc = step(s);
		if (rc == STEP_ROW) {
			const struct str stored = column_text(s, 2);
			account.id = sqlite3_column_int64(s, 0);
			account.epoch = sqlite3_column_int64(s, 3);
			is_active = sqlite3_column_int(s, 1) != 0;
			is_known = stored.len > 0 && stored.len < sizeof hash;
			if (is_known)
				snprintf(hash, sizeof hash, "%.*s", (int)stored.len, stored.ptr);
		}
		done(s);
	}
	if (rc == STEP_FAILED)
		return LOGIN_UNAVAILABLE;
	const bool matches = password_matches(password, hash);
	if (!matches || !is_known)
		return LOGIN_WRONG;
	if (!is_active)
		return LOGIN_DISABLED;
	*out = account;
	return LOGIN_OK;
}

enum directory_login
directory_login_holds(struct directory *d, const struct directory_account *account)
{
	sqlite3_stmt *const s = ask_id(d, QUERY_LOGIN_HOLDS, account->id);
	const enum step rc = step(s);
	enum directory_login holds = rc == STEP_FAILED ? LOGIN_UNAVAILABLE : LOGIN_WRONG;
	if (rc == STEP_ROW) {
		const bool is_active = sqlite3_column_int(s, 0) != 0;
		const bool is_same = sqlite3_column_int64(s, 1) == account->epoch;
		holds = !is_active ? LOGIN_DISABLED : is_same ? LOGIN_OK : LOGIN_WRONG;
	}
	done(s);
	return holds;
}

/* Does an alias of this name lead to the account, and to nobody else? */
static bool
alias_is_of(struct directory *d, int64_t account, struct str address)
{
	struct arena a;
	arena_init(&a, 1 << 20);
	const struct directory_question question = {.recipient = address, .is_authenticated = true};
	struct directory_answer answer;
	directory_resolve(d, &question, &a, &answer);
	const bool is_of = !answer.is_refused && answer.target_count == 1 &&
			   answer.targets[0].kind == TARGET_MAILBOX &&
			   answer.targets[0].account == account;
	arena_fini(&a);
	return is_of;
}

bool
directory_may_send_as(struct directory *d, int64_t account, struct str address, bool *failed)
{
	struct name name;
	struct domain_row domain;
	struct name_row row;
	*failed = false;
	if (!name_parse(address, &name))
		return false;
	sqlite3_stmt *const s = ask_id(d, QUERY_IDENTITY, account);
	bind_text(s, 2, name.whole);
	const enum step given = step(s);
	done(s);
	if (given != STEP_END) {
		*failed = given == STEP_FAILED;
		return given == STEP_ROW;
	}
	enum step rc = domain_find(d, name.domain, &domain);
	if (rc != STEP_ROW) {
		*failed = rc == STEP_FAILED;
		return false;
	}
	rc = name_find_plus(d, &domain, &name.local, &row);
	*failed = rc == STEP_FAILED;
	return rc == STEP_ROW && (row.id == account || alias_is_of(d, account, address));
}
