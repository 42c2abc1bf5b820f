/*
 * schema - the tables of the directory, as the steps that made them
 *
 * PRAGMA user_version counts the steps a file has behind it; a new file takes them all. A step that
 * stood in a release is never changed: what is wanted then is a further one.
 */
#ifndef DIRECTORY_SCHEMA_H
#define DIRECTORY_SCHEMA_H

/* Names of domains stand as lower-case A-labels; local parts as they were given, compared without
 * case. STRICT: a number where a text belongs is a fault and not a conversion. */
static const char *const directory_steps[] = {
	/* 1 */
	"CREATE TABLE domain ("
	" id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE, is_active INTEGER NOT NULL DEFAULT 1,"
	" catch_all TEXT, plus TEXT NOT NULL DEFAULT '+') STRICT;"
	"CREATE TABLE domain_alias ("
	" name TEXT PRIMARY KEY, domain INTEGER NOT NULL REFERENCES domain ON DELETE CASCADE) "
	"STRICT;"
	/* One name in a domain is one thing: an account, an alias or a list. */
	"CREATE TABLE name ("
	" id INTEGER PRIMARY KEY, domain INTEGER NOT NULL REFERENCES domain ON DELETE CASCADE,"
	" local TEXT NOT NULL COLLATE NOCASE, kind INTEGER NOT NULL,"
	" is_active INTEGER NOT NULL DEFAULT 1, UNIQUE (domain, local)) STRICT;"
	"CREATE TABLE account ("
	" id INTEGER PRIMARY KEY REFERENCES name ON DELETE CASCADE, password TEXT,"
	" epoch INTEGER NOT NULL DEFAULT 1, quota_bytes INTEGER NOT NULL DEFAULT 0,"
	" forward TEXT, keeps_copy INTEGER NOT NULL DEFAULT 1) STRICT;"
	"CREATE TABLE alias ("
	" id INTEGER PRIMARY KEY REFERENCES name ON DELETE CASCADE, target TEXT NOT NULL) STRICT;"
	"CREATE TABLE list ("
	" id INTEGER PRIMARY KEY REFERENCES name ON DELETE CASCADE, mode INTEGER NOT NULL,"
	" needs_login INTEGER NOT NULL, owner TEXT) STRICT;"
	"CREATE TABLE member ("
	" list INTEGER NOT NULL REFERENCES list ON DELETE CASCADE,"
	" address TEXT NOT NULL COLLATE NOCASE, PRIMARY KEY (list, address)) STRICT;"
	"CREATE TABLE route ("
	" id INTEGER PRIMARY KEY, pattern TEXT NOT NULL UNIQUE, host TEXT NOT NULL,"
	" port INTEGER NOT NULL, takes_all INTEGER NOT NULL) STRICT;"
	"CREATE TABLE route_address ("
	" route INTEGER NOT NULL REFERENCES route ON DELETE CASCADE,"
	" address TEXT NOT NULL COLLATE NOCASE, PRIMARY KEY (route, address)) STRICT;"
	"CREATE TABLE identity ("
	" account INTEGER NOT NULL REFERENCES account ON DELETE CASCADE,"
	" address TEXT NOT NULL COLLATE NOCASE, PRIMARY KEY (account, address)) STRICT;"
	/* Addresses as 16 bytes, IPv4 mapped, so that blobs compare like numbers. */
	"CREATE TABLE range ("
	" id INTEGER PRIMARY KEY, name TEXT NOT NULL, low BLOB NOT NULL, high BLOB NOT NULL,"
	" priority INTEGER NOT NULL, allowed INTEGER NOT NULL, needs_login INTEGER NOT NULL,"
	" UNIQUE (low, high)) STRICT;",

	/* 2: SCRAM (RFC 5802) beside the password, the language of a person's reports, and how the
	 * host of a route is spoken to. */
	"CREATE TABLE scram ("
	" account INTEGER PRIMARY KEY REFERENCES account ON DELETE CASCADE, salt BLOB NOT NULL,"
	" iterations INTEGER NOT NULL, stored_key BLOB NOT NULL, server_key BLOB NOT NULL) STRICT;"
	/* What only this server knows: the salts of those who are not there are made of it. */
	"CREATE TABLE server ("
	" id INTEGER PRIMARY KEY CHECK (id = 1), secret BLOB NOT NULL) STRICT;"
	"INSERT INTO server VALUES (1, randomblob(32));"
	"ALTER TABLE account ADD COLUMN language TEXT;"
	"ALTER TABLE route ADD COLUMN tls INTEGER NOT NULL DEFAULT 0;"
	"ALTER TABLE route ADD COLUMN is_immediate INTEGER NOT NULL DEFAULT 0;"
	"ALTER TABLE route ADD COLUMN is_lmtp INTEGER NOT NULL DEFAULT 0;"
	"ALTER TABLE route ADD COLUMN user TEXT;"
	"ALTER TABLE route ADD COLUMN password TEXT;",

	/* 3: what is barred for a while, who has moved, how and until when one signs in, and who
	 * may not even connect. */
	"ALTER TABLE domain ADD COLUMN is_suspended INTEGER NOT NULL DEFAULT 0;"
	"ALTER TABLE account ADD COLUMN is_suspended INTEGER NOT NULL DEFAULT 0;"
	"ALTER TABLE account ADD COLUMN moved TEXT;"
	"ALTER TABLE account ADD COLUMN scram_only INTEGER NOT NULL DEFAULT 0;"
	"ALTER TABLE account ADD COLUMN password_expires TEXT;" /* "2027-01-31", in UTC */
	"ALTER TABLE range ADD COLUMN is_banned INTEGER NOT NULL DEFAULT 0;"
	"ALTER TABLE range ADD COLUMN reason TEXT;",
};

#define DIRECTORY_VERSION ((int)(sizeof directory_steps / sizeof *directory_steps))

#endif
