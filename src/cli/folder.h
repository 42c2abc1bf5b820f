/*
 * folder - the files in a folder and in the folders below it, in the order of their names
 *
 * The order is that of bytes, so that it is the same everywhere. Passed over: names
 * that begin with a dot, what is neither file nor folder, folders behind symbolic
 * links (they may lead in circles), and in a Maildir (known by its cur, new and tmp)
 * all but the folders other than tmp: what else lies there are lists of its server.
 * Memory: the names of one folder at each level.
 */
#ifndef CLI_FOLDER_H
#define CLI_FOLDER_H

#include <stdbool.h>
#include <stddef.h>

/* folder_trouble - told of a folder that cannot be read; the others are read */
typedef void folder_trouble(void *to, const char *path, const char *why);

struct folder_level;

struct folder {
	struct folder_level *levels;
	size_t depth, room;
	char *path; /* of the present entry */
	size_t path_room;
	folder_trouble *trouble;
	void *to;
};

void folder_init(struct folder *f, folder_trouble *trouble, void *to);
void folder_fini(struct folder *f);

/* folder_open - begins with the folder `path`, after the last one is done */
void folder_open(struct folder *f, const char *path);

/* folder_next - the path of the next file, valid until the next call; NULL when all are done */
const char *folder_next(struct folder *f);

#endif
