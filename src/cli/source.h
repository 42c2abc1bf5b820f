/*
 * source - one message after the other, out of whatever was named
 *
 * A file, standard input ("-"), a folder (folder.h), each packed or not (unpack.h),
 * each one message or an mbox (mbox.h): found out by looking at the bytes, not at the
 * name. Memory is that of the largest message, and a few hundred KiB.
 *
 * Limits   MESSAGE_BYTES_MAX for one message: what is beyond is passed over, with a
 *          word about it, and reading goes on
 * Trouble  is told to source_say as it is met, between the messages: an input that
 *          cannot be read ends, the next one begins
 */
#ifndef CLI_SOURCE_H
#define CLI_SOURCE_H

#include "cli/feed.h"
#include "cli/folder.h"
#include "read/mbox.h"

#define MESSAGE_BYTES_MAX ((size_t)256 << 20) /* no mail server takes mails of that size */

struct message {
	const char *bytes;
	size_t len;
	const char *path; /* as it was named; in a folder: with the folder's name before it */
	uint64_t index;   /* which message of that file, from 0 */
};

/* source_say - is_failure: something that was to be read was not */
typedef void source_say(void *to, const char *what, const char *why, bool is_failure);

struct source_options {
	bool is_text; /* each input is one text: no mbox is looked for */
	source_say *say;
	feed_idle *idle; /* called before waiting for another program; may be NULL */
	void *to;        /* for both */
};

struct source {
	struct source_options o;
	char **paths;
	size_t count, next;
	struct folder folder;
	const char *folder_path; /* the folder that is being read; NULL: none */
	uint64_t folder_files, folder_odd;
	struct feed feed;
	const char *path; /* the file that is open; NULL: none */
	bool is_mbox, is_cut;
	uint64_t index;
	char *bytes;
	size_t room, start, end;
	struct mbox_end found;
	uint64_t done_bytes; /* of the files that are closed */
};

/* source_init - paths: borrowed until source_fini() */
void source_init(struct source *s, char **paths, size_t count, const struct source_options *o);
void source_fini(struct source *s);

/* source_next - the next message, valid until the next call; false when there is none any more */
bool source_next(struct source *s, struct message *m);

/* source_total_bytes - what will be read, as it lies on the disk; 0 when that cannot be known */
uint64_t source_total_bytes(const struct source *s);

/* source_done_bytes - so much of it has been read */
uint64_t source_done_bytes(const struct source *s);

#endif
