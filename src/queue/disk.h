/*
 * disk - the few things the queue asks of a file system, behind one door
 *
 * The promise "250 means it survives power loss" can only be tested on a disk that loses power.
 * So the queue never calls the system itself: it is given a `struct disk`, the folder of the real
 * one (disk_folder_open) or, in tests, a model that forgets what was not synced, tears writes and
 * fails when told to.
 *
 * All functions give 0 or more, or a negative errno. Names are of files in the one folder.
 * Threads: the writer's thread and the loop's may call at the same time, on different files or to
 * read what is durable.
 */
#ifndef QUEUE_DISK_H
#define QUEUE_DISK_H

#include "base/str.h"

#include <sys/types.h>
#include <sys/uio.h>

#define DISK_NAME_MAX 64

struct disk;

enum disk_mode {
	DISK_READ,
	DISK_EDIT,  /* read and write */
	DISK_CREATE /* the same, of a file that must not exist; only its owner may read it */
};

typedef void disk_name_fn(void *to, const char *name);

struct disk_ops {
	int (*open)(struct disk *d, const char *name, enum disk_mode mode);
	int (*close)(struct disk *d, int file);
	/* writes everything, or fails */
	int (*write)(
		struct disk *d, int file, const struct iovec *parts, int count, uint64_t offset);
	/* fewer bytes than asked for only at the end of the file */
	ssize_t (*read)(struct disk *d, int file, void *to, size_t bytes, uint64_t offset);
	/* data and length, on stable storage */
	int (*sync)(struct disk *d, int file);
	/* space for the first `bytes`, so that writing there cannot fail for want of it */
	int (*reserve)(struct disk *d, int file, uint64_t bytes);
	int (*truncate)(struct disk *d, int file, uint64_t bytes);
	int64_t (*size)(struct disk *d, int file);
	int (*unlink)(struct disk *d, const char *name);
	int (*rename)(struct disk *d, const char *from, const char *to);
	/* the names in the folder, on stable storage */
	int (*sync_names)(struct disk *d);
	int (*each_name)(struct disk *d, disk_name_fn *fn, void *to);
	/* bytes that may still be written */
	int64_t (*room)(struct disk *d);
	void (*free)(struct disk *d);
};

struct disk {
	const struct disk_ops *ops;
};

/*
 * disk_folder_open - the real thing: the folder at `path`, which must exist
 *
 * Locks it (flock on its file "lock"): -EWOULDBLOCK when another process has it.
 */
int disk_folder_open(const char *path, struct disk **out);

#endif
