/*
 * mails - mails from the disk, for tests that damage them or read them in any order
 */
#ifndef TESTS_MAILS_H
#define TESTS_MAILS_H

#include "base/str.h"

#define MAIL_BYTES_MAX ((size_t)200000) /* larger ones are passed over */

struct mail {
	char *name;
	struct str text; /* malloc'd to exact size */
};

struct mails {
	struct mail *list;
	size_t count, room;
	const char
		*only; /* such names are read in folders (".log"); NULL: those that may be mails */
};

/* mails_add - the file `path`, or the files below the folder, in the order of their names. False
 * when it is not there, or cannot be read. */
bool mails_add(struct mails *m, const char *path);

void mails_fini(struct mails *m);

#endif
