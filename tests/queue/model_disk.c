/* model_disk - a disk that can lose power, and fail when told to */
#include "model_disk.h"

#include <assert.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#define SECTOR_BYTES 512
#define FILES_MAX 4096
#define PENDING_MAX 8192

struct content {
	unsigned char *bytes;
	uint64_t size, room;
};

/* A sector that was written and not yet synced. */
struct pending {
	uint64_t offset;
	size_t len;
	unsigned char bytes[SECTOR_BYTES];
};

struct inode {
	struct content now, durable;
	struct pending *pending;
	size_t pending_count, pending_room;
};

struct name {
	char text[DISK_NAME_MAX];
	int inode; /* -1: free */
};

struct names {
	struct name list[256];
	size_t count;
};

/* What was done to the names since they were synced, in order: a crash keeps a head of it. */
struct name_change {
	struct names after;
};

struct model {
	struct disk disk;
	uint64_t random;
	struct inode *inodes;
	int inode_count;
	struct names now, durable;
	struct name_change *changes;
	size_t change_count;
	int64_t room;
	uint64_t operations, fail_at;
	unsigned fail_count;
	enum model_fault fault;
	uint64_t crashes; /* descriptors of an earlier life are void */
};

static struct model *
model_of(struct disk *d)
{
	return (struct model *)d;
}

uint64_t
model_disk_random(struct disk *d)
{
	struct model *const m = model_of(d);
	m->random ^= m->random << 13; /* xorshift64 */
	m->random ^= m->random >> 7;
	m->random ^= m->random << 17;
	return m->random;
}

static void
content_resize(struct content *c, uint64_t size)
{
	if (size > c->room) {
		uint64_t room = c->room == 0 ? 8192 : c->room;
		while (room < size)
			room *= 2;
		c->bytes = realloc(c->bytes, room);
		assert(c->bytes != NULL);
		c->room = room;
	}
	if (size > c->size)
		memset(c->bytes + c->size, 0, size - c->size);
	c->size = size;
}

static void
content_put(struct content *c, uint64_t offset, const void *bytes, size_t len)
{
	if (len == 0)
		return;
	if (offset + len > c->size)
		content_resize(c, offset + len);
	memcpy(c->bytes + offset, bytes, len);
}

static struct name *
name_find(struct names *n, const char *text)
{
	for (size_t i = 0; i < n->count; i++)
		if (strcmp(n->list[i].text, text) == 0)
			return &n->list[i];
	return NULL;
}

static void
name_remove(struct names *n, const char *text)
{
	struct name *const found = name_find(n, text);
	if (found != NULL)
		*found = n->list[--n->count];
}

static void
name_put(struct names *n, const char *text, int inode)
{
	name_remove(n, text);
	assert(n->count < sizeof n->list / sizeof *n->list);
	snprintf(n->list[n->count].text, DISK_NAME_MAX, "%s", text);
	n->list[n->count++].inode = inode;
}

static void
names_changed(struct model *m)
{
	m->changes = realloc(m->changes, (m->change_count + 1) * sizeof *m->changes);
	assert(m->changes != NULL);
	m->changes[m->change_count++].after = m->now;
}

/* Counts an operation; true when it has to fail. */
static bool
fails(struct model *m)
{
	m->operations++;
	return m->fail_at != 0 && m->operations >= m->fail_at &&
	       m->operations < m->fail_at + m->fail_count;
}

static int
fault_errno(const struct model *m)
{
	return m->fault == MODEL_FULL ? -ENOSPC : -EIO;
}

static int
model_open(struct disk *d, const char *text, enum disk_mode mode)
{
	struct model *const m = model_of(d);
	const struct name *const found = name_find(&m->now, text);
	if (mode != DISK_CREATE)
		return found == NULL ? -ENOENT : found->inode;
	if (found != NULL)
		return -EEXIST;
	if (fails(m))
		return fault_errno(m);
	assert(m->inode_count < FILES_MAX);
	m->inodes[m->inode_count] = (struct inode){0};
	name_put(&m->now, text, m->inode_count);
	names_changed(m);
	return m->inode_count++;
}

static int
model_close(struct disk *d, int file)
{
	(void)d;
	return file < 0 ? -EBADF : 0;
}

static void
inode_write(struct inode *n, uint64_t offset, const unsigned char *bytes, size_t len)
{
	content_put(&n->now, offset, bytes, len);
	while (len > 0) {
		size_t part = SECTOR_BYTES - (size_t)(offset % SECTOR_BYTES);
		if (part > len)
			part = len;
		if (n->pending_count == n->pending_room) {
			n->pending_room = n->pending_room == 0 ? 64 : 2 * n->pending_room;
			n->pending = realloc(n->pending, n->pending_room * sizeof *n->pending);
			assert(n->pending != NULL);
		}
		struct pending *const p = &n->pending[n->pending_count++];
		p->offset = offset;
		p->len = part;
		memcpy(p->bytes, bytes, part);
		offset += part;
		bytes += part;
		len -= part;
	}
}

static int
model_write(struct disk *d, int file, const struct iovec *parts, int count, uint64_t offset)
{
	struct model *const m = model_of(d);
	const bool failing = fails(m);
	if (failing && m->fault == MODEL_FAIL)
		return -EIO;
	for (int i = 0; i < count; i++) {
		size_t len = parts[i].iov_len;
		if (failing && i == count / 2)
			len = (size_t)(model_disk_random(d) % (len + 1));
		inode_write(&m->inodes[file], offset, parts[i].iov_base, len);
		offset += len;
		if (failing && i == count / 2)
			return fault_errno(m);
	}
	return 0;
}

static ssize_t
model_read(struct disk *d, int file, void *to, size_t bytes, uint64_t offset)
{
	const struct content *const c = &model_of(d)->inodes[file].now;
	if (offset >= c->size)
		return 0;
	const size_t n = bytes < c->size - offset ? bytes : (size_t)(c->size - offset);
	memcpy(to, c->bytes + offset, n);
	return (ssize_t)n;
}

/* Some of what waits reaches the disk after all. */
static void
pending_apply_some(struct model *m, struct inode *n)
{
	for (size_t i = 0; i < n->pending_count; i++)
		if (model_disk_random(&m->disk) % 2 == 0)
			content_put(&n->durable, n->pending[i].offset, n->pending[i].bytes,
				n->pending[i].len);
	n->pending_count = 0;
}

static int
model_sync(struct disk *d, int file)
{
	struct model *const m = model_of(d);
	struct inode *const n = &m->inodes[file];
	if (fails(m)) {
		pending_apply_some(m, n); /* ... and the rest never will */
		return fault_errno(m);
	}
	for (size_t i = 0; i < n->pending_count; i++)
		content_put(
			&n->durable, n->pending[i].offset, n->pending[i].bytes, n->pending[i].len);
	n->pending_count = 0;
	content_resize(&n->durable, n->now.size);
	return 0;
}

static int
model_reserve(struct disk *d, int file, uint64_t bytes)
{
	struct model *const m = model_of(d);
	if (fails(m))
		return -ENOSPC;
	struct inode *const n = &m->inodes[file];
	if (bytes > n->now.size)
		content_resize(&n->now, bytes);
	return 0;
}

static int
model_truncate(struct disk *d, int file, uint64_t bytes)
{
	struct model *const m = model_of(d);
	if (fails(m))
		return -EIO;
	struct inode *const n = &m->inodes[file];
	content_resize(&n->now, bytes);
	size_t kept = 0;
	for (size_t i = 0; i < n->pending_count; i++)
		if (n->pending[i].offset + n->pending[i].len <= bytes)
			n->pending[kept++] = n->pending[i];
	n->pending_count = kept;
	return 0;
}

static int64_t
model_size(struct disk *d, int file)
{
	return (int64_t)model_of(d)->inodes[file].now.size;
}

static int
model_unlink(struct disk *d, const char *text)
{
	struct model *const m = model_of(d);
	if (name_find(&m->now, text) == NULL)
		return -ENOENT;
	if (fails(m))
		return -EIO;
	name_remove(&m->now, text);
	names_changed(m);
	return 0;
}

static int
model_rename(struct disk *d, const char *from, const char *to)
{
	struct model *const m = model_of(d);
	const struct name *const found = name_find(&m->now, from);
	if (found == NULL)
		return -ENOENT;
	if (fails(m))
		return -EIO;
	const int inode = found->inode;
	name_remove(&m->now, from);
	name_put(&m->now, to, inode);
	names_changed(m);
	return 0;
}

static int
model_sync_names(struct disk *d)
{
	struct model *const m = model_of(d);
	if (fails(m))
		return -EIO;
	m->durable = m->now;
	m->change_count = 0;
	return 0;
}

static int
model_each_name(struct disk *d, disk_name_fn *fn, void *to)
{
	const struct names *const n = &model_of(d)->now;
	for (size_t i = 0; i < n->count; i++)
		fn(to, n->list[i].text);
	return 0;
}

static int64_t
model_room(struct disk *d)
{
	return model_of(d)->room;
}

static const struct disk_ops model_ops = {
	.open = model_open,
	.close = model_close,
	.write = model_write,
	.read = model_read,
	.sync = model_sync,
	.reserve = model_reserve,
	.truncate = model_truncate,
	.size = model_size,
	.unlink = model_unlink,
	.rename = model_rename,
	.sync_names = model_sync_names,
	.each_name = model_each_name,
	.room = model_room,
	.free = model_disk_free,
};

struct disk *
model_disk_new(uint64_t seed)
{
	struct model *const m = calloc(1, sizeof *m);
	assert(m != NULL);
	m->disk.ops = &model_ops;
	m->random = seed * 0x9E3779B97F4A7C15u + 1;
	m->inodes = calloc(FILES_MAX, sizeof *m->inodes);
	assert(m->inodes != NULL);
	m->room = INT64_MAX;
	return &m->disk;
}

static void
inode_free(struct inode *n)
{
	free(n->now.bytes);
	free(n->durable.bytes);
	free(n->pending);
	*n = (struct inode){0};
}

void
model_disk_free(struct disk *d)
{
	struct model *const m = model_of(d);
	for (int i = 0; i < m->inode_count; i++)
		inode_free(&m->inodes[i]);
	free(m->inodes);
	free(m->changes);
	free(m);
}

static void
inode_crash(struct model *m, struct inode *n)
{
	const uint64_t size = n->now.size;
	pending_apply_some(m, n);
	if (model_disk_random(&m->disk) % 2 == 0 && size > n->durable.size)
		content_resize(&n->durable, size);
	content_resize(&n->now, 0);
	content_put(&n->now, 0, n->durable.bytes, n->durable.size);
}

void
model_disk_crash(struct disk *d)
{
	struct model *const m = model_of(d);
	const size_t kept = (size_t)(model_disk_random(d) % (m->change_count + 1));
	m->now = kept == 0 ? m->durable : m->changes[kept - 1].after;
	m->durable = m->now;
	m->change_count = 0;
	m->fail_at = 0;
	for (int i = 0; i < m->inode_count; i++) {
		bool has_name = false;
		for (size_t k = 0; k < m->now.count; k++)
			has_name |= m->now.list[k].inode == i;
		if (has_name)
			inode_crash(m, &m->inodes[i]);
		else
			inode_free(&m->inodes[i]);
	}
}

void
model_disk_fail(struct disk *d, uint64_t after, unsigned count, enum model_fault how)
{
	struct model *const m = model_of(d);
	m->fail_at = m->operations + after;
	m->fail_count = count;
	m->fault = how;
}

uint64_t
model_disk_operations(const struct disk *d)
{
	return ((const struct model *)d)->operations;
}

bool
model_disk_damage(struct disk *d, const char *name, uint64_t offset)
{
	struct model *const m = model_of(d);
	const struct name *const found = name_find(&m->now, name);
	if (found == NULL || offset >= m->inodes[found->inode].now.size)
		return false;
	m->inodes[found->inode].now.bytes[offset] ^= 4;
	m->inodes[found->inode].durable.bytes[offset] ^= 4;
	return true;
}

void
model_disk_room_set(struct disk *d, int64_t bytes)
{
	model_of(d)->room = bytes;
}
