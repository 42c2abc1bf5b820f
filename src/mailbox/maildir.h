/*
 * maildir - a message put into a mailbox here, for good and once
 *
 * Maildir (D. J. Bernstein, cr.yp.to/proto/maildir.html): written in tmp, synced, moved into new,
 * and the folder synced. When maildir_deliver() says MAILBOX_DONE, the message survives the loss of
 * power. The name is made of the queue's id and the recipient's place, not of the time of the
 * attempt: an attempt that is made again after a crash finds what the first one left, so nobody
 * gets a message twice.
 *
 * Quota is Maildir++'s (`maildirsize`), which Dovecot and Courier keep too.
 *
 * Threads: any, also on one mailbox. Time is the caller's.
 */
#ifndef MAILBOX_MAILDIR_H
#define MAILBOX_MAILDIR_H

#include "base/str.h"

#define MAILBOX_PATH_MAX 1024 /* bytes of a mailbox's path, with its NUL */
#define MAILBOX_HEAD_MAX 65536

enum mailbox_result {
	MAILBOX_DONE,      /* it is there, now or since an earlier attempt */
	MAILBOX_FULL,      /* the quota does not allow it */
	MAILBOX_FAILED,    /* the disk or the rights: try later */
	MAILBOX_UNREADABLE /* the message could not be read from where it comes */
};

/* Gives the next bytes of the message; 0 at its end, negative when it cannot be read. */
typedef long mailbox_source(void *from, char *to, size_t room);

/* mailbox_source_text - of a message in memory: from is a struct str, of which it takes what it
 * gives */
long mailbox_source_text(void *from, char *to, size_t room);

struct mailbox_message {
	struct str head; /* lines to stand before it: Return-Path, Delivered-To, Received ... each
			    with its CRLF; at most MAILBOX_HEAD_MAX */
	mailbox_source *source; /* the message, with CRLF; in the mailbox lines end in LF */
	void *from;
	uint64_t bytes;    /* its size, for the quota */
	struct str id;     /* letters and digits: the queue's id and the recipient's place */
	struct str host;   /* for the name */
	int64_t arrived_s; /* when the queue took it: part of the name */
	int64_t now_s;
	bool may_be_there; /* an attempt was made before: look among those that were read, too */
};

struct mailbox_error {
	int code;             /* errno */
	int64_t full_since_s; /* of MAILBOX_FULL: since when mail has found no room */
	char words[512];      /* what failed, and where */
};

/*
 * maildir_deliver - into the Maildir at `path`, which is made when its parent is there
 *
 * quota_bytes  what the mailbox may hold; 0 = no limit
 * error        written when the result is not MAILBOX_DONE
 * Cost         O(message); with may_be_there also the names in cur
 */
enum mailbox_result maildir_deliver(const char *path, const struct mailbox_message *message,
	uint64_t quota_bytes, struct mailbox_error *error);

/* mailbox_folder_make - a folder above a mailbox, when it is not there yet; durable. Its own parent
 * must be there. False, and why */
bool mailbox_folder_make(const char *path, struct mailbox_error *error);

/* mailbox_parents_make - the folders above the mailbox: of its domain, and of all domains */
bool mailbox_parents_make(const char *mailbox, struct mailbox_error *error);

/* maildir_make - the Maildir itself, where it is missing, and the folders above it */
bool maildir_make(const char *path, struct mailbox_error *error);

/* maildir_used - bytes in the mailbox and its folders, Trash and Rejects left out; negative errno
 * when it cannot be read. 0 when there is none yet */
int64_t maildir_used(const char *path, uint64_t quota_bytes, int64_t now_s);

/*
 * maildir_full_since - mail for it finds no room: since when, in seconds since 1970
 *
 * Remembered in the mailbox, from the first such mail until one is delivered; durable.
 * may_note  false: it is only read, and now_s when nothing is remembered
 */
int64_t maildir_full_since(const char *path, int64_t now_s, bool may_note);

/*
 * mailbox_path - where an account's mail is: "BASE/example.org/user"
 *
 * What could leave its folder, hide, or be taken for an option is written as %XX; letters are made
 * small, since accounts are compared without case.
 * Returns  false when it would be longer than MAILBOX_PATH_MAX or a name than the file system takes
 */
bool mailbox_path(
	struct str base, struct str domain, struct str local, char path[MAILBOX_PATH_MAX]);

#endif
