/*
 * file - a small file written anew: whole, or as it was
 *
 * Under another name first, "NAME.new", then in its place; what an end in between has left there is
 * replaced by the next. For what a server keeps for itself: counts, keys, what was refused.
 *
 * It blocks: in a thread of workers, or at the start. Two must not write one file at a time.
 */
#ifndef NET_FILE_H
#define NET_FILE_H

#include "base/str.h"

#define FILE_PATH_MAX 4096
#define FILE_NEW_SUFFIX ".new"

enum file_care {
	FILE_HINT,   /* the power may take it away: what was there before is there, or nothing */
	FILE_DURABLE /* it survives the loss of power, and so does its name */
};

/* file_replace - readable by its owner alone. 0, or a negative errno: the file is as it was, but
 * where FILE_DURABLE could not sync the folder behind the rename */
int file_replace(const char *path, struct str text, enum file_care care);

/* file_folder_sync - what was renamed or removed in the folder survives the loss of power; 0, or a
 * negative errno. It waits for the disk */
int file_folder_sync(const char *folder);

#endif
