/*
 * reject_file - a message that was refused at its end, and why, as a file
 *
 *	nixie-reject 1
 *	time 1800000000000
 *	session 7Q2F
 *	to user@example.org
 *	reply 554 5.7.1 Message contains a link ...
 *	(an empty line, and the message as it came)
 *
 * Its name is the id that the message would have had, so that names sort by time. Pure but for
 * reject_names(), which looks into the folder.
 */
#ifndef RECEIVE_REJECT_FILE_H
#define RECEIVE_REJECT_FILE_H

#include "base/buf.h"

#define REJECTS_FOLDER "rejects"                   /* in data_directory */
#define REJECT_MESSAGE_BYTES_MAX ((size_t)4 << 20) /* larger ones are not kept */
#define REJECT_FILE_BYTES_MAX ((size_t)5 << 20)
#define REJECT_RECIPIENTS_MAX 100 /* further ones are not kept */
#define REJECT_PATH_MAX 1024
#define REJECT_LIST_BYTES_MAX 4001 /* of the settings that say whose mail is kept, with a NUL */

struct reject {
	int64_t time_ms;
	struct str session, client, helo, user, from, condition, rule, reply;
	struct str to[REJECT_RECIPIENTS_MAX];
	size_t to_count;
	struct str message;
};

/* reject_write - all of it, behind what the buffer holds; line ends in a value become blanks */
void reject_write(struct buf *b, const struct reject *r);
/* reject_read - slices into `text`; false when it is none */
bool reject_read(struct str text, struct reject *out);

/* reject_time_ms - when the message of that name came; 0: it is no name of one */
int64_t reject_time_ms(const char *name);

/* reject_names - calls fn for each file, with its size, oldest first; false when the folder cannot
 * be read. Threads: any */
typedef void reject_name(void *to, const char *name, uint64_t bytes);
bool reject_names(const char *folder, reject_name *fn, void *to);

/* reject_remains_remove - files that were being written when the server ended: those of messages
 * that came before. Threads: any */
void reject_remains_remove(const char *folder, int64_t before_ms);

/* reject_load - a file into the buffer; 0, or a negative errno (-EINVAL: the name is none) */
int reject_load(const char *folder, const char *name, struct buf *out);

#endif
