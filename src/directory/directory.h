/*
 * directory - who and what is here: domains, accounts, aliases, lists, routes, networks
 *
 * An SQLite file (WAL), so that an operator can look into it, and a change takes effect with the
 * next question. What RCPT wants to know is answered by one call, directory_resolve(): which
 * condition refuses the recipient, or where its mail goes, every alias, list and forward followed.
 *
 * A question that cannot be answered is CONDITION_LOOKUP_FAILED, never "Unknown user": the file's
 * trouble is ours, and the sender's server tries again.
 *
 * Local parts are compared without case (ASCII), domains as IDNA's A-labels.
 * Threads: a directory belongs to one thread. Several may have the same file open, processes too.
 */
#ifndef DIRECTORY_DIRECTORY_H
#define DIRECTORY_DIRECTORY_H

#include "base/arena.h"
#include "catalogue/catalogue.h"
#include "smtp/scram.h"

#define DIRECTORY_WORDS_MAX 512     /* of a complaint */
#define DIRECTORY_DEPTH_MAX 25      /* aliases, lists and forwards behind each other */
#define DIRECTORY_TARGETS_MAX 10000 /* that one recipient may become */
#define DIRECTORY_ADDRESS_MAX 320   /* 64 + 1 + 255 */
#define DIRECTORY_PASSWORD_MAX 512

struct directory;

/* Why something was not done, for a person: what, where, and what to do. */
struct directory_error {
	char words[DIRECTORY_WORDS_MAX];
};

/*
 * directory_open - the directory in the file `path`, made when it is not there
 *
 * Returns  NULL and the words of *error, also for a file of a newer version
 */
struct directory *directory_open(const char *path, struct directory_error *error);
void directory_close(struct directory *d);

/*
 * directory_never_wait - from now on the calling thread waits for nobody who has the file locked
 *
 * Its questions are answered at once all the same, with "no answer" where another process is in the
 * way: in the thread of the event loop a lock is 451 for one client, and not a pause for all.
 */
void directory_never_wait(void);

/* Answers that are kept as long as the file stays as it is: so many, each of so many bytes of text.
 * In all a few megabytes at the most. */
#define DIRECTORY_KEPT_MAX 4096
#define DIRECTORY_KEPT_BYTES_MAX 1024

/*
 * directory_hold - from now on the file is looked at once for whether it was changed, and then not
 * before directory_release()
 *
 * For questions that belong together, like those of one turn of the loop: they are answered by one
 * state of the file where it was known before, and cost one look.
 *
 * due      called when it was looked at: release it soon
 */
void directory_hold(struct directory *d, void (*due)(void *to), void *to);
void directory_release(struct directory *d);

/* ---- questions of a session */

enum target_kind {
	TARGET_MAILBOX,  /* an account here */
	TARGET_ROUTE,    /* a host that takes this domain's mail */
	TARGET_ELSEWHERE /* the address that an alias, list or forward leads to */
};

struct directory_target {
	enum target_kind kind;
	struct str address; /* the mailbox's, or where to send */
	int64_t account;
	int64_t quota_bytes; /* 0 = none */
	struct str route_host;
	unsigned route_port;
	size_t list;  /* of a member: one more than the place of its list among those of the answer;
			 0: of none, or also a recipient without one */
	bool is_kept; /* a mailbox that keeps a copy of what it forwards to others */
};

/* A list on the way. Its members' mail is sent anew: with DIRECTORY_OWNER_PREFIX as its return path
 */
struct directory_list {
	struct str address;
	size_t list; /* that it is a member of, as above; 0: of none */
};

/* Whoever owns team@example.org is owner-team@example.org, unless that name is somebody's: the
 * return path of what the list sends, which answering programs leave alone (RFC 3834 s2, RFC 5230
 * s4.5). */
#define DIRECTORY_OWNER_PREFIX "owner-"
#define DIRECTORY_LIST_LOCAL_MAX                                                                   \
	(64 - (sizeof DIRECTORY_OWNER_PREFIX - 1)) /* RFC 5321 s4.5.3.1.1 */

/* What the recipient's domain is to us: for the permission to relay. */
enum directory_place { PLACE_LOCAL, PLACE_ROUTE, PLACE_ELSEWHERE };

struct directory_question {
	struct str recipient, sender; /* paths without brackets; sender empty: the null path */
	bool is_authenticated;
	bool is_told; /* each step is wanted, for a person */
	/* Who gets what is meant for the owner of a list that has none, or none that takes mail,
	 * when the list's domain has no postmaster either; absent: it is refused. */
	struct str postmaster;
};

/* One step of the way: what an address was found to be. */
struct directory_step {
	unsigned depth; /* of the recipient itself: 1 */
	struct str words;
};

struct directory_answer {
	bool is_refused;
	enum condition condition; /* when refused */
	struct str why; /* what decided, for the log: "alias info@a.example, inactive"; a loop in
			   full: "a@x -> b@x -> a@x" */
	struct str moved_to; /* of CONDITION_MOVED_AWAY: the new address */
	enum directory_place place;
	const struct directory_target *targets;
	size_t target_count;
	const struct directory_list *lists; /* an outer one before those in it */
	size_t list_count;
	struct str owned; /* the recipient is the owner of this list; absent: of none */
	const struct directory_step *steps; /* when is_told */
	size_t step_count;
};

/* directory_resolve - everything in *out lives in the arena. O(targets), some look-ups each */
void directory_resolve(struct directory *d, const struct directory_question *question,
	struct arena *a, struct directory_answer *out);

/* directory_owner_address - of a list's owner, as one writes it; absent without memory */
struct str directory_owner_address(struct str list, struct arena *a);

/* directory_place - is a domain (or the domain of an address) local, routed, or elsewhere? Gives
 * false when the file does not answer */
bool directory_place(struct directory *d, struct str domain, enum directory_place *out);

enum directory_login {
	LOGIN_OK,
	LOGIN_WRONG, /* no such account, or the wrong password: it is not said which */
	/* In what follows the password was right. */
	LOGIN_DISABLED,   /* the account or its domain is off or suspended */
	LOGIN_EXPIRED,    /* the password must be changed first: X37 */
	LOGIN_TOO_WEAK,   /* it was told, by an account that is to prove it by SCRAM: X31 */
	LOGIN_UNAVAILABLE /* the file does not answer */
};

struct directory_account {
	int64_t id, epoch; /* the epoch changes with the password, and when the account is off */
};

/*
 * directory_login - takes as long for an account that is not there as for one that is
 *
 * Some 30 ms and 19 MiB. What is kept of the password is made anew here when it was kept in an
 * older way, or without the keys of SCRAM. Twice that for a password which RFC 8265 changes.
 */
enum directory_login directory_login(
	struct directory *d, struct str user, struct str password, struct directory_account *out);

/*
 * directory_scram_find - the keys of a user for SCRAM-SHA-256
 *
 * Who is not known, or has no keys, is nobody: with the salt that this name always has, under
 * whichever name of its domain. Who is known may be off: ask directory_login_holds() of *account
 * when the proof is right.
 *
 * a         the salt lives there
 * account   id 0: nobody
 * Returns   false when the file does not answer
 */
bool directory_scram_find(struct directory *d, struct str user, struct arena *a,
	struct scram_secret *out, struct directory_account *account);

/* directory_login_holds - is a login of before still good? C26 */
enum directory_login directory_login_holds(
	struct directory *d, const struct directory_account *account);

/* directory_may_send_as - may the account use this address as its sender? Its own, its aliases'
 * and the identities that were given to it. False, and *failed, when the file does not answer */
bool directory_may_send_as(struct directory *d, int64_t account, struct str address, bool *failed);

/*
 * directory_language - in which language the person behind an address is written to
 *
 * Of the account of that address, or of the one that its alias leads to.
 * out       BCP 47, in the arena; absent when nobody has said one
 * Returns   false when the file does not answer
 */
bool directory_language(struct directory *d, struct str address, struct arena *a, struct str *out);

/* What a client's network may do: C16, C22. Each direction is from one place to another, where
 * place is "local" or "elsewhere". */
enum direction {
	LOCAL_TO_LOCAL,
	LOCAL_TO_ELSEWHERE,
	ELSEWHERE_TO_LOCAL,
	ELSEWHERE_TO_ELSEWHERE,
	DIRECTION_COUNT
};

struct directory_range {
	struct str name;
	unsigned allowed, needs_login; /* bits by direction */
	bool is_banned;                /* may not even connect: X13 */
	struct str reason;             /* why, for who is told so; absent: none */
};

/* directory_range_find - the range with the highest priority that has the address (IPv4 or IPv6, as
 * text). Without any: may send to local, and everywhere when logged in. The name lives in the arena
 */
bool directory_range_find(
	struct directory *d, struct str ip, struct arena *a, struct directory_range *out);

/* directory_range_default - what an address may that is in none */
struct directory_range directory_range_default(void);

/* How a route's host is spoken to. */
enum route_tls { ROUTE_TLS_OFFERED, ROUTE_TLS_OFF, ROUTE_TLS_REQUIRED, ROUTE_TLS_VERIFIED };

struct directory_route {
	struct str host; /* a name or address, or the path of a socket */
	unsigned port;
	bool is_lmtp, is_tls_immediate;
	enum route_tls tls;
	struct str user, password; /* absent: no login */
};

/*
 * directory_route_find - by which host mail for a domain leaves, when not by its MX
 *
 * The route of the domain, else the nearest "*." above it, else "*": the smart host of all that is
 * elsewhere, which is a way and no permission, so that directory_resolve() knows nothing of it.
 *
 * found     is there one?
 * Returns   false when the file does not answer. Texts live in the arena
 */
bool directory_route_find(struct directory *d, struct str domain, struct arena *a, bool *found,
	struct directory_route *out);

/* ---- changes: each is durable when it returns true, else *error says why not. What is there
 * already is listed, changed and removed by directory/entry.h */

struct account_settings {
	struct str password; /* absent: may not log in */
	int64_t quota_bytes; /* 0 = none */
	struct str forward;  /* absent: none */
	bool keeps_copy;     /* of what is forwarded */
};

enum list_mode { LIST_PUBLIC, LIST_MEMBERS, LIST_ANNOUNCEMENT, LIST_DOMAIN };

struct list_settings {
	enum list_mode mode;
	bool needs_login;
	struct str owner; /* who is told when mail to a member fails, and may write to an
			     announcement list; absent: the postmaster of its domain */
};

struct route_settings {
	struct str host;
	unsigned port;  /* 0: 25 */
	bool takes_all; /* addresses; else those of directory_route_address_add() */
};

bool directory_domain_add(
	struct directory *d, struct str name, struct str catch_all, struct directory_error *error);
bool directory_domain_alias_add(
	struct directory *d, struct str name, struct str domain, struct directory_error *error);
bool directory_account_add(struct directory *d, struct str address,
	const struct account_settings *settings, struct directory_error *error);
bool directory_password_set(struct directory *d, struct str address, struct str password,
	struct directory_error *error);
/* An alias, list or forward that would lead back to itself is refused, with the way in full. */
bool directory_alias_add(
	struct directory *d, struct str address, struct str target, struct directory_error *error);
/* Refused, too, when mail to the owner would come back to the list. */
bool directory_list_add(struct directory *d, struct str address,
	const struct list_settings *settings, struct directory_error *error);
bool directory_member_add(
	struct directory *d, struct str list, struct str member, struct directory_error *error);
/* `pattern`: a domain, or "*.example.org" */
bool directory_route_add(struct directory *d, struct str pattern,
	const struct route_settings *settings, struct directory_error *error);
bool directory_route_address_add(
	struct directory *d, struct str address, struct directory_error *error);
bool directory_identity_add(
	struct directory *d, struct str account, struct str address, struct directory_error *error);
/* `network`: "192.0.2.0/24", "2001:db8::/32" or one address */
bool directory_range_add(struct directory *d, struct str network, int priority,
	const struct directory_range *range, struct directory_error *error);

#endif
