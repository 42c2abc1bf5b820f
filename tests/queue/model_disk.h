/*
 * model_disk - a disk that can lose power, and fail when told to
 *
 * Nothing is on it for certain before it was synced: model_disk_crash() throws away, at random,
 * any sectors written and names made since then. A sync that fails forgets what it had to write,
 * as Linux does.
 */
#ifndef TESTS_MODEL_DISK_H
#define TESTS_MODEL_DISK_H

#include "queue/disk.h"

struct model;

enum model_fault {
	MODEL_FAIL,      /* nothing is done */
	MODEL_FAIL_HALF, /* a write is done in part */
	MODEL_FULL       /* no space */
};

struct disk *model_disk_new(uint64_t seed);
void model_disk_free(struct disk *d);

/* The power goes: open files are closed, and only some of what was not synced is there. */
void model_disk_crash(struct disk *d);

/* The `after`th operation that changes something fails, and `count` - 1 more behind it. */
void model_disk_fail(struct disk *d, uint64_t after, unsigned count, enum model_fault how);

/* How many operations that change something were asked for. */
uint64_t model_disk_operations(const struct disk *d);

/* Turns a bit of a file's byte, which is durable; false when the file has no such byte. */
bool model_disk_damage(struct disk *d, const char *name, uint64_t offset);

void model_disk_room_set(struct disk *d, int64_t bytes);

/* A random number, of the disk's own sequence. */
uint64_t model_disk_random(struct disk *d);

#endif
