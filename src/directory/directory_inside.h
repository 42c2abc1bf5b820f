/* directory_inside - what the files of the directory share; nobody else includes it */
#ifndef DIRECTORY_DIRECTORY_INSIDE_H
#define DIRECTORY_DIRECTORY_INSIDE_H

#include "directory/directory.h"
#include "smtp/opaque.h"

#include <sqlite3.h>

/* May the account n, a of the domain d be used at all? */
#define IS_ACTIVE "n.is_active AND d.is_active AND NOT a.is_suspended AND NOT d.is_suspended"
/* From that day on, by UTC, its password is good for nothing but being changed. */
#define HAS_EXPIRED "a.password_expires IS NOT NULL AND a.password_expires <= date('now')"

/* Every question the directory asks, prepared once. */
#define QUERIES(X)                                                                                 \
	/* Another number when another connection has changed the file. */                         \
	X(VERSION, "PRAGMA data_version")                                                          \
	X(BEGIN, "BEGIN")                                                                          \
	X(BEGIN_CHANGE, "BEGIN IMMEDIATE")                                                         \
	X(COMMIT, "COMMIT")                                                                        \
	X(ROLLBACK, "ROLLBACK")                                                                    \
	X(BEGIN_INNER, "SAVEPOINT change")                                                         \
	X(COMMIT_INNER, "RELEASE change")                                                          \
	X(ROLLBACK_INNER, "ROLLBACK TO change")                                                    \
	X(DOMAIN, "SELECT id, is_active, catch_all, plus, name, is_suspended FROM domain "         \
		  "WHERE name = ?1 OR id = (SELECT domain FROM domain_alias WHERE name = ?1)")     \
	X(NAME, "SELECT id, kind, is_active FROM name WHERE domain = ?1 AND local = ?2")           \
	X(ACCOUNT, "SELECT quota_bytes, forward, keeps_copy, is_suspended, moved FROM account "    \
		   "WHERE id = ?1")                                                                \
	X(LANGUAGE, "SELECT language FROM account WHERE id = ?1")                                  \
	X(ALIAS, "SELECT target FROM alias WHERE id = ?1")                                         \
	X(LIST, "SELECT mode, needs_login, owner FROM list WHERE id = ?1")                         \
	X(MEMBERS, "SELECT address FROM member WHERE list = ?1 ORDER BY address")                  \
	X(MEMBER, "SELECT 1 FROM member WHERE list = ?1 AND address = ?2")                         \
	X(ROUTE, "SELECT id, host, port, takes_all FROM route WHERE pattern = ?1")                 \
	X(ROUTE_HOW, "SELECT host, port, is_lmtp, is_immediate, tls, user, password FROM route "   \
		     "WHERE id = ?1")                                                              \
	X(ROUTE_ADDRESS, "SELECT 1 FROM route_address WHERE route = ?1 AND address = ?2")          \
	X(LOGIN, "SELECT a.id, " IS_ACTIVE ", a.password, a.epoch, "                               \
		 "EXISTS (SELECT 1 FROM scram WHERE account = a.id), a.scram_only, " HAS_EXPIRED   \
		 " FROM account a "                                                                \
		 "JOIN name n USING (id) JOIN domain d ON d.id = n.domain "                        \
		 "WHERE d.id = ?1 AND n.local = ?2")                                               \
	X(SCRAM, "SELECT a.id, a.epoch, s.salt, s.iterations, s.stored_key, s.server_key "         \
		 "FROM name n JOIN account a USING (id) JOIN scram s ON s.account = a.id "         \
		 "WHERE n.domain = ?1 AND n.local = ?2")                                           \
	X(SECRET, "SELECT secret FROM server")                                                     \
	X(LOGIN_HOLDS, "SELECT " IS_ACTIVE ", a.epoch, " HAS_EXPIRED " FROM account a "            \
		       "JOIN name n USING (id) JOIN domain d ON d.id = n.domain WHERE a.id = ?1")  \
	X(ACCOUNT_NAME,                                                                            \
		"SELECT n.local || '@' || d.name FROM name n JOIN domain d ON d.id = n.domain "    \
		"WHERE n.id = ?1")                                                                 \
	X(IDENTITY, "SELECT 1 FROM identity WHERE account = ?1 AND address = ?2")                  \
	X(RANGE, "SELECT name, allowed, needs_login, is_banned, reason FROM range WHERE ?1 "       \
		 "BETWEEN low AND high "                                                           \
		 "ORDER BY priority DESC, low DESC, high LIMIT 1")                                 \
	X(ROUTE_ADDRESS_ID, "SELECT rowid FROM route_address WHERE address = ?1")                  \
	X(DOMAIN_ALIAS_ID, "SELECT rowid FROM domain_alias WHERE name = ?1")                       \
	X(MEMBER_ID, "SELECT rowid FROM member WHERE list = ?1 AND address = ?2")                  \
	X(IDENTITY_ID, "SELECT rowid FROM identity WHERE account = ?1 AND address = ?2")           \
	X(RANGE_ID, "SELECT id FROM range WHERE low = ?1 AND high = ?2")                           \
	X(DOMAIN_ADD, "INSERT INTO domain (name, catch_all) VALUES (?1, ?2)")                      \
	X(DOMAIN_ALIAS_ADD, "INSERT INTO domain_alias (name, domain) VALUES (?1, ?2)")             \
	X(NAME_ADD, "INSERT INTO name (domain, local, kind) VALUES (?1, ?2, ?3)")                  \
	X(ACCOUNT_ADD, "INSERT INTO account (id, password, quota_bytes, forward, keeps_copy) "     \
		       "VALUES (?1, ?2, ?3, ?4, ?5)")                                              \
	X(PASSWORD_SET, "UPDATE account SET password = ?2, epoch = epoch + 1, password_expires = " \
			"NULL WHERE id = ?1")                                                      \
	X(SCRAM_SET, "INSERT OR REPLACE INTO scram VALUES (?1, ?2, ?3, ?4, ?5)")                   \
	X(SCRAM_REMOVE, "DELETE FROM scram WHERE account = ?1")                                    \
	X(DOMAIN_ALIAS_SET, "UPDATE domain_alias SET domain = ?2 WHERE rowid = ?1")                \
	/* Only when nobody changed it meanwhile. */                                               \
	X(PASSWORD_RENEW, "UPDATE account SET password = ?2 WHERE id = ?1 AND password = ?3")      \
	X(EPOCH_RAISE, "UPDATE account SET epoch = epoch + 1 WHERE id = ?1")                       \
	X(ALIAS_ADD, "INSERT INTO alias (id, target) VALUES (?1, ?2)")                             \
	X(LIST_ADD, "INSERT INTO list (id, mode, needs_login, owner) VALUES (?1, ?2, ?3, ?4)")     \
	X(MEMBER_ADD, "INSERT INTO member (list, address) VALUES (?1, ?2)")                        \
	X(ROUTE_ADD, "INSERT INTO route (pattern, host, port, takes_all) VALUES (?1, ?2, ?3, ?4)") \
	X(ROUTE_ADDRESS_ADD, "INSERT INTO route_address (route, address) VALUES (?1, ?2)")         \
	X(IDENTITY_ADD, "INSERT INTO identity (account, address) VALUES (?1, ?2)")                 \
	X(RANGE_ADD, "INSERT INTO range (name, low, high, priority, allowed, needs_login) "        \
		     "VALUES (?1, ?2, ?3, ?4, ?5, ?6)")                                            \
	X(LIST_LACKS_OWNER, "SELECT 1 FROM list WHERE id = ?1 AND mode = ?2 AND owner IS NULL")

enum query {
#define X(id, sql) QUERY_##id,
	QUERIES(X)
#undef X
		QUERY_COUNT
};

/* One name in a domain is one thing; as in the table. */
enum name_kind { NAME_ACCOUNT = 1, NAME_ALIAS, NAME_LIST };

struct directory {
	sqlite3 *db;
	unsigned depth; /* changes within changes; 0: no transaction */
	sqlite3_stmt *queries[QUERY_COUNT];
	/* of kept.c */
	struct kept **kept; /* DIRECTORY_KEPT_MAX of them; NULL: nothing yet */
	uint64_t state;     /* of the file, counted here; 0: never asked */
	int64_t seen_version, seen_own;
	bool is_held;          /* it is known, until directory_release() */
	void (*due)(void *to); /* NULL: nothing is held */
	void *due_to;
};

/* ---- database.c: one question at a time; ask(), bind, step, and done() when no more is wanted */

enum step { STEP_ROW, STEP_END, STEP_FAILED };

/* ask - the prepared statement, with nothing bound; NULL when the file does not answer */
sqlite3_stmt *ask(struct directory *d, enum query query);
/* ask_id - the same, about the row ?1 */
sqlite3_stmt *ask_id(struct directory *d, enum query query, int64_t id);
void bind_text(sqlite3_stmt *s, int at, struct str text); /* absent: NULL */
void bind_bytes(sqlite3_stmt *s, int at, const void *bytes, size_t n);
void bind_number(sqlite3_stmt *s, int at, int64_t n);
enum step step(sqlite3_stmt *s); /* of a NULL statement: STEP_FAILED */
/* done - ends the question: its rows are gone, their texts too */
void done(sqlite3_stmt *s);
/* column_text - borrowed until the next step() or done(); absent when NULL */
struct str column_text(sqlite3_stmt *s, int at);
struct str column_bytes(sqlite3_stmt *s, int at); /* the same of bytes */
/* run - a statement that gives no row; false when it failed */
bool run(struct directory *d, enum query query);
__attribute__((format(printf, 2, 3))) bool fail(
	struct directory_error *error, const char *fmt, ...);
bool fail_database(struct directory *d, struct directory_error *error, const char *what);

/* ---- kept.c */

enum kept_kind { KEPT_WAY, KEPT_PLACE, KEPT_RANGE };

/* What there is to know, by its kind: a way has all but the range. */
struct kept_answer {
	bool is_refused, has_target;
	enum condition condition;
	enum directory_place place;
	struct str why, moved_to;
	struct directory_target target;
	struct directory_range range;
};

/* kept_find - what was answered before, if the file is as it was then; NULL: it must be asked.
 * Valid until the next kept_put() kept_put - keeps what was answered after kept_find() found
 * nothing; copies all of it */
const struct kept_answer *kept_find(struct directory *d, enum kept_kind kind, struct str key);
void kept_put(
	struct directory *d, enum kept_kind kind, struct str key, const struct kept_answer *answer);
void kept_free(struct directory *d);

/* ---- change.c */

/* A change, or one within another, which is then undone alone; change_end() is due after begin. */
bool change_begin(struct directory *d, struct directory_error *error);
bool change_end(struct directory *d, bool keep, struct directory_error *error);

/* end_of_list - change_end(); what comes back for this list must not go to it */
bool end_of_list(struct directory *d, bool keep, struct str list, struct directory_error *error);

/* change_run - a statement whose values are bound, reset after it. `what` is named when it is there
 * already */
bool change_run(
	struct directory *d, sqlite3_stmt *s, struct str what, struct directory_error *error);

/* name_ours - the id of an account, alias or list that must be there; 0, and why, when it is not
 * domain_ours - the same of a domain, or another name of one */
int64_t name_ours(struct directory *d, struct str address, enum name_kind kind,
	struct directory_error *error);
int64_t domain_ours_id(struct directory *d, struct str name, struct directory_error *error);

/* ---- name.c: addresses as the tables have them */

struct name {
	char room[DIRECTORY_ADDRESS_MAX + 64]; /* "local@domain" */
	struct str whole, local, domain;
};

/* name_parse - unquoted, the domain as a lower-case A-label; false when it is no address */
bool name_parse(struct str address, struct name *out);
/* name_new - the same of one that an operator writes down: what no mail could ever be sent to is
 * a slip of the hand ("ann@example.org, bob@example.org"), unless it stands in quotes */
bool name_new(struct str address, struct name *out);
/* name_written - "local@domain" of the tables as name_new() takes it: with quotes where it needs
 * them, then in `room` */
#define NAME_WRITTEN_BYTES_MAX (2 * DIRECTORY_ADDRESS_MAX + 130)
struct str name_written(struct str whole, char room[static NAME_WRITTEN_BYTES_MAX]);
/* domain_parse - the same of a domain alone; false when it is none */
bool domain_parse(struct str domain, char room[256], struct str *out);

/* route_host_parse - who takes a route's mail: a domain as above, or the path of a socket as it
 * stands */
bool route_host_parse(struct str host, char room[256], struct str *out);

/* route_pattern - "example.org", "*.example.org", or "*", which is all of elsewhere */
bool route_pattern(struct str pattern, char room[258], struct str *out);

/* ---- find.c */

struct domain_row {
	int64_t id;
	bool is_active, is_suspended;
	char name[256], catch_all[DIRECTORY_ADDRESS_MAX + 1];
	char plus;
};

enum step domain_find(struct directory *d, struct str name, struct domain_row *out);

struct name_row {
	int64_t id;
	int kind;
	bool is_active;
};

enum step name_find(struct directory *d, int64_t domain, struct str local, struct name_row *out);

/* name_find_plus - the same, and if nobody is named so: john+shop is john. *local is then what was
 * found */
enum step name_find_plus(struct directory *d, const struct domain_row *domain, struct str *local,
	struct name_row *out);

struct route_row {
	int64_t id;
	struct str host;
	unsigned port;
	bool takes_all;
};

/* route_find - the route of a domain: its own, else that of the nearest "*." above. `a` may be NULL
 * when the host does not matter */
enum step route_find(
	struct directory *d, struct str domain, struct arena *a, struct route_row *out);

/* ---- resolve.c */

/* owner_loop_find - would what is for the owner of this list go to the list? Writes as loop_find()
 */
bool owner_loop_find(struct directory *d, struct str list, char *why, size_t room);

/* loop_find - does the address lead back to itself? Writes the way to `why` */
bool loop_find(struct directory *d, struct str address, char *why, size_t room);

/* ---- password.c */

#define PASSWORD_HASH_MAX 160

/* RFC 7677 s4 wants 4,096 at least. What is kept for SCRAM is easier to try passwords on than
 * argon2id, so that it is more; the client pays for it at each login, a phone a tenth of a second.
 */
#define SCRAM_ITERATIONS 65536
#define SCRAM_SALT_BYTES SCRAM_NOBODY_SALT_BYTES

/* What is kept of a password. */
struct secrets {
	char hash[PASSWORD_HASH_MAX]; /* argon2id, NUL-terminated */
	char salt[SCRAM_SALT_BYTES];
	struct scram_secret scram; /* its salt is the one above */
};

/* secrets_make - of a password that is prepared (smtp/opaque.h); costs some 50 ms and 19 MiB. False
 * when it is empty or too long */
bool secrets_make(struct str password, struct secrets *out);
/*
 * hash_take - a hash as it is to be kept
 *
 * "$argon2id$..." stays. hMailServer's, "hmailserver-md5:..." and "hmailserver-sha256:...", are put
 * inside argon2id: what is kept can then be tried no faster than ours, and the first login makes
 * it ours. False when it is no hash, or of a kind that cannot be compared with.
 */
bool hash_take(struct str given, char out[PASSWORD_HASH_MAX]);
bool password_matches(struct str password, const char *hash);
/* password_is_current - was the hash made as we make them today? */
bool password_is_current(const char *hash);
/* ask_scram - the change that keeps the keys, with its values bound */
sqlite3_stmt *ask_scram(struct directory *d, int64_t account, const struct secrets *secrets);

/* What an unknown user's password is compared with, so that the answer takes as long. Nobody knows
 * the password behind it, and if somebody did: who is not known is refused all the same. */
extern const char password_of_nobody[];

#endif
