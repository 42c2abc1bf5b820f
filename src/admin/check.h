/*
 * check - what is wrong in the directory, though each entry for itself is right
 *
 * Loops, what leads nowhere, domains without postmaster or abuse, mailboxes over their quota,
 * networks that make the server an open relay, accounts that SCRAM does not know yet.
 */
#ifndef ADMIN_CHECK_H
#define ADMIN_CHECK_H

#include "directory/entry.h"

enum finding_kind {
	FINDING_LOOP,
	FINDING_NOWHERE,
	FINDING_NO_POSTMASTER, /* RFC 5321 s4.5.1 */
	FINDING_NO_ABUSE,      /* RFC 2142 s4 */
	FINDING_NO_MEMBERS,
	FINDING_FULL,
	FINDING_OPEN_RELAY,
	FINDING_NO_KEYS, /* one for all of them: passwords out of an import */
	FINDING_KIND_COUNT
};

extern const char *const finding_names[FINDING_KIND_COUNT];

struct finding {
	enum finding_kind kind;
	struct str name;  /* the address, domain or network */
	struct str words; /* what is wrong, and what to do */
};

typedef void finding_taker(void *to, const struct finding *finding);

/*
 * check_run - looks at everything
 *
 * mail_folder  where the mailboxes are; absent: fullness is not looked at
 * now_s        seconds since 1970
 * Returns      false when the file does not answer
 */
bool check_run(struct directory *d, struct str mail_folder, int64_t now_s, finding_taker *take,
	void *to, struct directory_error *error);

#endif
