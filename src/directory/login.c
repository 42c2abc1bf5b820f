/* login - who a client says it is, and what it may send as */
#include "directory/directory_inside.h"

#include <stdio.h>

sqlite3_stmt *
ask_scram(struct directory *d, int64_t account, const struct secrets *secrets)
{
	sqlite3_stmt *const s = ask_id(d, QUERY_SCRAM_SET, account);
	bind_bytes(s, 2, secrets->salt, sizeof secrets->salt);
	bind_number(s, 3, secrets->scram.iterations);
	bind_bytes(s, 4, secrets->scram.stored_key, sizeof secrets->scram.stored_key);
	bind_bytes(s, 5, secrets->scram.server_key, sizeof secrets->scram.server_key);
	return s;
}

/* A password as it was given, and as it is kept today. */
struct given {
	struct str bytes, prepared; /* prepared: absent when it cannot be */
	char room[OPAQUE_ROOM_BYTES];
};

static void
given_prepare(struct given *g, struct str password)
{
	g->bytes = password;
	if (!opaque_prepare(password, g->room, &g->prepared))
		g->prepared = STR_NONE;
}

/* Older versions kept the bytes as they came. How often is compared depends on what was given, and
 * not on who is there: twice for what preparing changes, once for all else. is_old: as it came. */
static bool
given_matches(const struct given *g, const char *hash, bool *is_old)
{
	*is_old = false;
	if (str_is_set(g->prepared) && password_matches(g->prepared, hash))
		return true;
	if (str_is_set(g->prepared) && str_eq(g->prepared, g->bytes))
		return false;
	*is_old = password_matches(g->bytes, hash);
	return *is_old;
}

/* Keeps the password as it is kept today. When that cannot be done now, the next login tries. */
static void
renew(struct directory *d, int64_t account, struct str password, const char *hash)
{
	struct secrets secrets;
	if (!secrets_make(password, &secrets) || !run(d, QUERY_BEGIN_CHANGE))
		return;
	sqlite3_stmt *s = ask_id(d, QUERY_PASSWORD_RENEW, account);
	bind_text(s, 2, str_of(secrets.hash));
	bind_text(s, 3, str_of(hash));
	bool ok = step(s) == STEP_END && sqlite3_changes(d->db) == 1;
	done(s);
	if (ok) {
		s = ask_scram(d, account, &secrets);
		ok = step(s) == STEP_END;
		done(s);
	}
	if (!ok || !run(d, QUERY_COMMIT))
		run(d, QUERY_ROLLBACK);
}

enum directory_login
directory_login(
	struct directory *d, struct str user, struct str password, struct directory_account *out)
{
	struct name name;
	struct domain_row domain;
	char hash[PASSWORD_HASH_MAX];
	snprintf(hash, sizeof hash, "%s", password_of_nobody);
	struct directory_account account = {0};
	bool is_active = false, is_known = false, has_keys = false, has_expired = false,
	     is_scram_only = false;
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
			has_keys = sqlite3_column_int(s, 4) != 0;
			is_scram_only = sqlite3_column_int(s, 5) != 0;
			has_expired = sqlite3_column_int(s, 6) != 0;
			is_known = stored.len > 0 && stored.len < sizeof hash;
			if (is_known)
				snprintf(hash, sizeof hash, "%.*s", (int)stored.len, stored.ptr);
		}
		done(s);
	}
	if (rc == STEP_FAILED)
		return LOGIN_UNAVAILABLE;
	struct given given;
	bool is_old;
	given_prepare(&given, password);
	const bool matches = given_matches(&given, hash, &is_old);
	const bool has_prepared = str_is_set(given.prepared);
	const enum directory_login result = !matches || !is_known ? LOGIN_WRONG
					    : !is_active          ? LOGIN_DISABLED
					    : has_expired         ? LOGIN_EXPIRED
					    : is_scram_only       ? LOGIN_TOO_WEAK
								  : LOGIN_OK;
	/* Who is to use SCRAM gets its keys here, when an import brought none. */
	if ((result == LOGIN_OK || result == LOGIN_TOO_WEAK) &&
		(!has_keys || !password_is_current(hash) || (is_old && has_prepared)))
		renew(d, account.id, has_prepared ? given.prepared : password, hash);
	scram_cleanse(&given, sizeof given);
	if (result == LOGIN_OK)
		*out = account;
	return result;
}

/* The keys of a row of QUERY_SCRAM. False when they are none that we made. */
static bool
keys_read(sqlite3_stmt *s, struct arena *a, struct scram_secret *out)
{
	const struct str stored = column_bytes(s, 4), server = column_bytes(s, 5);
	const int64_t iterations = sqlite3_column_int64(s, 3);
	const struct str salt = column_bytes(s, 2);
	if (stored.len != SCRAM_KEY_BYTES || server.len != SCRAM_KEY_BYTES || iterations < 1 ||
		iterations > SCRAM_ITERATIONS_MAX || salt.len == 0 ||
		salt.len > SCRAM_SALT_BYTES_MAX)
		return false;
	*out = (struct scram_secret){
		.salt = arena_str(a, salt), .iterations = (uint32_t)iterations};
	memcpy(out->stored_key, stored.ptr, stored.len);
	memcpy(out->server_key, server.ptr, server.len);
	return str_is_set(out->salt);
}

bool
directory_scram_find(struct directory *d, struct str user, struct arena *a,
	struct scram_secret *out, struct directory_account *account)
{
	struct name name;
	struct domain_row domain;
	char shown[DIRECTORY_ADDRESS_MAX + 64];
	*account = (struct directory_account){0};
	enum step rc = name_parse(user, &name) ? domain_find(d, name.domain, &domain) : STEP_END;
	/* One name for all its spellings, as of somebody who is there. */
	const int len = rc == STEP_ROW
				? snprintf(shown, sizeof shown, "%.*s@%s", (int)name.local.len,
					  name.local.ptr, domain.name)
				: snprintf(shown, sizeof shown, "%.*s", (int)user.len, user.ptr);
	struct str asked = {shown, (size_t)len < sizeof shown ? (size_t)len : sizeof shown - 1};
	for (size_t i = 0; i < asked.len; i++)
		shown[i] = (char)ascii_lower((unsigned char)shown[i]);

	char *const room = arena_bytes(a, SCRAM_NOBODY_SALT_BYTES);
	sqlite3_stmt *s = rc == STEP_FAILED ? NULL : ask(d, QUERY_SECRET);
	bool ok = room != NULL && step(s) == STEP_ROW &&
		  scram_nobody(column_bytes(s, 0), asked, SCRAM_ITERATIONS, room, out);
	done(s);
	if (!ok || rc != STEP_ROW)
		return ok;
	s = ask_id(d, QUERY_SCRAM, domain.id);
	bind_text(s, 2, name.local);
	rc = step(s);
	if (rc == STEP_ROW) {
		*account = (struct directory_account){
			sqlite3_column_int64(s, 0), sqlite3_column_int64(s, 1)};
		ok = keys_read(s, a, out);
	}
	done(s);
	return ok && rc != STEP_FAILED;
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
		const bool has_expired = sqlite3_column_int(s, 2) != 0;
		holds = !is_active    ? LOGIN_DISABLED
			: !is_same    ? LOGIN_WRONG
			: has_expired ? LOGIN_EXPIRED
				      : LOGIN_OK;
	}
	done(s);
	return holds;
}

/* The one account that an address leads to: STEP_ROW when there is one. A forward is not followed:
 * the account is who it is of. */
static enum step
account_behind(struct directory *d, struct str address, int64_t *account)
{
	struct name name;
	struct domain_row domain;
	struct name_row row;
	enum step rc = name_parse(address, &name) ? domain_find(d, name.domain, &domain) : STEP_END;
	if (rc == STEP_ROW)
		rc = name_find_plus(d, &domain, &name.local, &row);
	if (rc != STEP_ROW)
		return rc;
	if (row.kind == NAME_ACCOUNT) {
		*account = row.id;
		return STEP_ROW;
	}
	struct arena a;
	arena_init(&a, 1 << 20);
	const struct directory_question question = {.recipient = address, .is_authenticated = true};
	struct directory_answer answer;
	directory_resolve(d, &question, &a, &answer);
	const bool is_one = !answer.is_refused && answer.target_count == 1 &&
			    answer.targets[0].kind == TARGET_MAILBOX;
	if (is_one)
		*account = answer.targets[0].account;
	rc = is_one                                                             ? STEP_ROW
	     : answer.is_refused && answer.condition == CONDITION_LOOKUP_FAILED ? STEP_FAILED
										: STEP_END;
	arena_fini(&a);
	return rc;
}

bool
directory_may_send_as(struct directory *d, int64_t account, struct str address, bool *failed)
{
	struct name name;
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
	int64_t behind = 0;
	const enum step rc = account_behind(d, address, &behind);
	*failed = rc == STEP_FAILED;
	return rc == STEP_ROW && behind == account;
}

bool
directory_language(struct directory *d, struct str address, struct arena *a, struct str *out)
{
	int64_t account = 0;
	enum step rc = account_behind(d, address, &account);
	*out = STR_NONE;
	if (rc != STEP_ROW)
		return rc == STEP_END;
	sqlite3_stmt *const s = ask_id(d, QUERY_LANGUAGE, account);
	rc = step(s);
	if (rc == STEP_ROW)
		*out = arena_str(a, column_text(s, 0));
	done(s);
	return rc != STEP_FAILED;
}
