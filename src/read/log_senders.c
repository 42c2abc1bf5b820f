#include "read/log_senders.h"

#include <stdlib.h>

#define BUCKETS 131072 /* a power of two above LOG_SENDERS_MAX */
#define FIRST_ROOM 1024

struct log_sender {
	char *text; /* host, NUL, queue id, sender */
	uint64_t hash;
	uint32_t newer, older; /* in order of use */
	uint32_t chain;        /* the next in the bucket */
	uint16_t key_len, sender_len;
};

static uint64_t
mix(uint64_t h, struct str s)
{
	for (size_t i = 0; i < s.len; i++)
		h = (h ^ (unsigned char)s.ptr[i]) * 0x100000001B3u;
	h = (h ^ 0xFF) * 0x100000001B3u;
	return h ^ h >> 29;
}

static uint64_t
key_hash(struct str host, struct str id)
{
	return mix(mix(0xCBF29CE484222325u, host), id);
}

static bool
is_key(const struct log_sender *s, uint64_t hash, struct str host, struct str id)
{
	return s->hash == hash && s->key_len == host.len + 1 + id.len &&
	       str_eq((struct str){s->text, host.len}, host) && s->text[host.len] == '\0' &&
	       str_eq((struct str){s->text + host.len + 1, id.len}, id);
}

static void
unlink_use(struct log_senders *t, uint32_t i)
{
	struct log_sender *const s = &t->slots[i];
	if (s->newer != 0)
		t->slots[s->newer].older = s->older;
	else
		t->newest = s->older;
	if (s->older != 0)
		t->slots[s->older].newer = s->newer;
	else
		t->oldest = s->newer;
}

static void
link_newest(struct log_senders *t, uint32_t i)
{
	struct log_sender *const s = &t->slots[i];
	s->newer = 0;
	s->older = t->newest;
	if (t->newest != 0)
		t->slots[t->newest].newer = i;
	else
		t->oldest = i;
	t->newest = i;
}

static void
forget(struct log_senders *t, uint32_t i)
{
	struct log_sender *const s = &t->slots[i];
	uint32_t *at = &t->buckets[s->hash & (BUCKETS - 1)];
	while (*at != i)
		at = &t->slots[*at].chain;
	*at = s->chain;
	unlink_use(t, i);
	free(s->text);
	s->text = NULL;
	s->chain = t->free;
	t->free = i;
	t->count--;
}

void
log_senders_fini(struct log_senders *t)
{
	for (uint32_t i = t->newest; i != 0; i = t->slots[i].older)
		free(t->slots[i].text);
	free(t->slots);
	free(t->buckets);
	*t = (struct log_senders){.count = 0};
}

/* The slot of that key, or 0; *last: the end of its chain, when that is as long as may be. */
static uint32_t
look_up(const struct log_senders *t, uint64_t hash, struct str host, struct str id, uint32_t *last)
{
	unsigned length = 0;
	*last = 0;
	if (t->buckets == NULL)
		return 0;
	for (uint32_t i = t->buckets[hash & (BUCKETS - 1)]; i != 0; i = t->slots[i].chain) {
		if (is_key(&t->slots[i], hash, host, id))
			return i;
		if (++length == LOG_CHAIN_MAX)
			*last = i;
	}
	return 0;
}

static uint32_t
take_slot(struct log_senders *t)
{
	if (t->buckets == NULL)
		t->buckets = calloc(BUCKETS, sizeof *t->buckets);
	if (t->buckets == NULL)
		return 0;
	if (t->count == LOG_SENDERS_MAX)
		forget(t, t->oldest);
	if (t->free != 0) {
		const uint32_t i = t->free;
		t->free = t->slots[i].chain;
		return i;
	}
	if (t->used + 1 >= t->room) {
		uint32_t room = t->room == 0 ? FIRST_ROOM : t->room * 2;
		if (room > LOG_SENDERS_MAX + 1)
			room = LOG_SENDERS_MAX + 1;
		struct log_sender *const slots = realloc(t->slots, room * sizeof *slots);
		if (slots == NULL)
			return 0;
		t->slots = slots;
		t->room = room;
	}
	return ++t->used;
}

void
log_senders_put(struct log_senders *t, struct str host, struct str queue_id, struct str sender)
{
	const uint64_t hash = key_hash(host, queue_id);
	const size_t bytes = host.len + 1 + queue_id.len + sender.len;
	uint32_t last;
	const uint32_t old = look_up(t, hash, host, queue_id, &last);
	if (old != 0)
		forget(t, old);
	else if (last != 0)
		forget(t, last);
	if (bytes > LOG_SENDER_BYTES_MAX)
		return;
	const uint32_t i = take_slot(t);
	if (i == 0)
		return;
	struct log_sender *const s = &t->slots[i];
	*s = (struct log_sender){.text = malloc(bytes),
		.hash = hash,
		.key_len = (uint16_t)(host.len + 1 + queue_id.len),
		.sender_len = (uint16_t)sender.len};
	if (s->text == NULL) {
		s->chain = t->free;
		t->free = i;
		return;
	}
	if (host.len > 0)
		memcpy(s->text, host.ptr, host.len);
	s->text[host.len] = '\0';
	if (queue_id.len > 0)
		memcpy(s->text + host.len + 1, queue_id.ptr, queue_id.len);
	if (sender.len > 0)
		memcpy(s->text + s->key_len, sender.ptr, sender.len);
	s->chain = t->buckets[hash & (BUCKETS - 1)];
	t->buckets[hash & (BUCKETS - 1)] = i;
	link_newest(t, i);
	t->count++;
}

struct str
log_senders_find(struct log_senders *t, struct str host, struct str queue_id)
{
	uint32_t last;
	const uint32_t i = look_up(t, key_hash(host, queue_id), host, queue_id, &last);
	if (i == 0)
		return STR_NONE;
	if (t->newest != i) {
		unlink_use(t, i);
		link_newest(t, i);
	}
	return (struct str){t->slots[i].text + t->slots[i].key_len, t->slots[i].sender_len};
}

void
log_senders_drop(struct log_senders *t, struct str host, struct str queue_id)
{
	uint32_t last;
	const uint32_t i = look_up(t, key_hash(host, queue_id), host, queue_id, &last);
	if (i != 0)
		forget(t, i);
}
