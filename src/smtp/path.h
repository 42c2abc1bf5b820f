/*
 * path - the addresses of the envelope: reverse-path, forward-path, and the name in EHLO
 *
 * read/address finds addresses in prose and forgives everything; here a mistake is refused while
 * the client listens, and what is accepted will be delivered to. RFC 5321 s4.1.2 with
 * RFC 6531 s3.3. Beyond the grammar, because mail in use needs it: dots anywhere in a local part
 * ("a..b@", a Japanese provider gave those out), "_" in a domain, a local part longer than 64
 * bytes, blanks before the "<".
 *
 * Refused though the grammar has them: address literals of a tag other than IPv6 (none was ever
 * registered).
 */
#ifndef SMTP_PATH_H
#define SMTP_PATH_H

#include "base/str.h"
#include "smtp/limits.h"

#define PATH_FAULTS(X)                                                                             \
	X(NONE, "")                                                                                \
	X(NO_BRACKET, "no angle brackets around it")                                               \
	X(NOT_CLOSED, "no \">\" behind it")                                                        \
	X(ROUTE, "the source route is malformed")                                                  \
	X(LOCAL, "the part before the @ is malformed")                                             \
	X(NO_DOMAIN, "no domain")                                                                  \
	X(DOMAIN, "the domain is malformed")                                                       \
	X(LITERAL, "the address in square brackets is malformed")                                  \
	X(TOO_LONG, "too long")                                                                    \
	X(NULL_PATH, "it is empty")                                                                \
	X(UTF8, "letters beyond ASCII need SMTPUTF8")

enum path_fault {
#define X(id, words) PATH_##id,
	PATH_FAULTS(X)
#undef X
		PATH__COUNT
};

enum host_kind { HOST_NONE, HOST_NAME, HOST_IPV4, HOST_IPV6 };

struct path {
	struct str route;  /* "@a,@b" without its colon; absent when there is none */
	struct str local;  /* as it was written, quotes too; absent in the null path */
	struct str domain; /* as it was written, "[192.0.2.1]" too; absent in <> and <postmaster> */
	enum host_kind kind; /* of the domain */
	bool is_quoted;      /* the local part is a quoted string */
	bool has_utf8;       /* a byte beyond ASCII in local part or domain */
};

/* What path_parse() lets pass that is not for every place. */
enum {
	PATH_MAY_BE_NULL = 1, /* <>: in MAIL alone */
	PATH_MAY_BE_BARE = 2, /* user@example.org without brackets: old programs on one's own net */
	PATH_MAY_BE_LOCAL = 4, /* <user>, not only <postmaster>: where a default domain is known */
	PATH_MAY_HAVE_UTF8 = 8,
};

/*
 * path_parse - the path at the start of `in`
 *
 * Grammar   RFC 5321 s4.1.2 Reverse-path, Forward-path; blanks before it are passed over
 * in        borrowed, any bytes; parameters may follow behind a blank
 * used      bytes consumed, written only on success; in[used] is a blank or the end
 * out       slices of `in`; written only on success
 * Returns   PATH_NONE on success, else what is wrong
 */
enum path_fault path_parse(struct str in, unsigned may, struct path *out, size_t *used);

/* path_fault_words - "the domain is malformed": for the reply, in brackets behind its sentence */
struct str path_fault_words(enum path_fault fault);

static inline bool
path_is_null(const struct path *p)
{
	return !str_is_set(p->local);
}

/* path_is_postmaster - <postmaster>, in any case, without a domain: RFC 5321 s4.5.1 */
bool path_is_postmaster(const struct path *p);

/*
 * path_local - the local part as it is meant, without quotes and backslashes: the name to look up
 *
 * room      p->local.len bytes
 * Returns   its length
 */
size_t path_local(const struct path *p, char *room);

/*
 * path_print - the mailbox in the shortest form that RFC 5321 allows: no route, quotes where needed
 *
 * Two paths of the same mailbox print the same, but for the case of letters. It is for comparing
 * and showing; what is passed on to other servers keeps the form it came in.
 *
 * room      PATH_PRINT_BYTES_MAX bytes
 * Returns   the length; 0 for the null path
 */
size_t path_print(const struct path *p, char *room);

/*
 * host_parse - what a domain or an address literal is, all of `in`
 *
 * Grammar   RFC 5321 s4.1.2 Domain (with "_", U-labels) or s4.1.3 address-literal in its brackets
 * Returns   HOST_NONE when it is neither; *fault then says why (may be NULL)
 */
enum host_kind host_parse(struct str in, enum path_fault *fault);

#endif
