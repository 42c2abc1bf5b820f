/* entry - what stands in the frames of the queue's journal */
#include "queue/entry.h"

#include "queue/bytes.h"

#define STATES_ALWAYS (RECIPIENT_DISCARDED + 1) /* of a BASE of any version */

/* ---- writing */

static void
put(struct buf *b, uint64_t n, unsigned count)
{
	unsigned char bytes[8];
	bytes_put(bytes, n, count);
	buf_add(b, (struct str){(const char *)bytes, count});
}

static void
put_text(struct buf *b, struct str s)
{
	put(b, s.len, 4);
	buf_add(b, s);
}

/* NOTIFY, what kind of recipient it is, and whose member: one number. The upper parts were nothing
 * but zeros before there were lists in the queue. */
#define NOTIFY_BITS 4
#define KIND_BITS 4
#define LIST_BITS 24
#define BITS(n) ((1u << (n)) - 1)
_Static_assert(QUEUE_RECIPIENTS_MAX < BITS(LIST_BITS), "the place of a list has room");

static uint32_t
asked_number(const struct queue_recipient *r)
{
	return (r->notify & BITS(NOTIFY_BITS)) | (uint32_t)r->kind << NOTIFY_BITS |
	       r->list << (NOTIFY_BITS + KIND_BITS);
}

/* False: no such kind. */
static bool
asked_take(uint32_t n, struct queue_recipient *out)
{
	const uint32_t kind = n >> NOTIFY_BITS & BITS(KIND_BITS);
	out->notify = n & BITS(NOTIFY_BITS);
	out->kind = kind <= RECIPIENT_FORWARDED ? (enum recipient_kind)kind : RECIPIENT_PLAIN;
	out->list = n >> (NOTIFY_BITS + KIND_BITS);
	return kind <= RECIPIENT_FORWARDED;
}

/* The head of an entry, its length not yet known; gives what entry_end() wants. */
static size_t
entry_begin(struct buf *b, enum entry_kind kind)
{
	put(b, kind, 1);
	put(b, 0, 4);
	return b->len;
}

static void
entry_end(struct buf *b, size_t begin)
{
	if (!buf_failed(b))
		bytes_put((unsigned char *)b->ptr + begin - 4, b->len - begin, 4);
}

void
entry_body_write(struct buf *b, enum entry_kind kind, const struct entry_body *e)
{
	const size_t begin = entry_begin(b, kind);
	put(b, e->message, 8);
	put(b, e->generation, 8);
	buf_add(b, e->bytes);
	entry_end(b, begin);
}

static void
put_progress(struct buf *b, const struct recipient_progress *p)
{
	put(b, p->state, 1);
	put(b, p->attempts, 4);
	put(b, (uint64_t)p->due_ms, 8);
	put(b, (uint64_t)p->changed_ms, 8);
	put_text(b, p->why);
	put_text(b, p->reply);
	put_text(b, p->peer);
	put_text(b, p->note);
}

void
entry_message_write(struct buf *b, enum entry_kind kind, const struct entry_message *e)
{
	const struct queue_envelope *const v = &e->envelope;
	const size_t begin = entry_begin(b, kind);
	put(b, e->message, 8);
	put(b, e->generation, 8);
	put(b, e->body_bytes, 8);
	put(b, (uint64_t)v->arrived_ms, 8);
	put(b, v->flags, 4);
	put(b, v->recipient_count, 4);
	put_text(b, v->reverse_path);
	put_text(b, v->envelope_id);
	put_text(b, v->account);
	put_text(b, v->client);
	put_text(b, v->helo);
	put_text(b, v->session);
	for (size_t i = 0; i < v->recipient_count; i++) {
		const struct queue_recipient *const r = &v->recipients[i];
		put_text(b, r->forward_path);
		put_text(b, r->original);
		put(b, asked_number(r), 4);
		put_progress(b, &r->progress);
	}
	entry_end(b, begin);
}

size_t
entry_change_write(struct buf *b, const struct entry_change *e)
{
	const size_t begin = entry_begin(b, ENTRY_CHANGE);
	put(b, e->change.message, 8);
	put(b, e->change.recipient, 4);
	put(b, e->from, 1);
	const size_t said = b->len;
	put_progress(b, &e->change.to);
	entry_end(b, begin);
	return said;
}

void
entry_base_write(struct buf *b, const struct entry_base *e)
{
	const size_t begin = entry_begin(b, ENTRY_BASE);
	put(b, e->through, 8);
	put(b, e->last_id, 8);
	put(b, e->counts.messages, 8);
	put(b, e->counts.accepted, 8);
	for (int s = 0; s < RECIPIENT_STATE_COUNT; s++)
		put(b, e->counts.final[s], 8);
	entry_end(b, begin);
}

/* ---- parsing: a cursor that fails for good */

struct cursor {
	struct str rest;
	bool failed;
};

static uint64_t
get(struct cursor *c, unsigned count)
{
	if (c->failed || c->rest.len < count) {
		c->failed = true;
		return 0;
	}
	const uint64_t n = bytes_get(c->rest.ptr, count);
	c->rest = str_from(c->rest, count);
	return n;
}

static struct str
get_text(struct cursor *c)
{
	const size_t len = (size_t)get(c, 4);
	if (c->failed || c->rest.len < len) {
		c->failed = true;
		return STR_NONE;
	}
	const struct str s = str_head(c->rest, len);
	c->rest = str_from(c->rest, len);
	return s;
}

static enum recipient_state
get_state(struct cursor *c)
{
	const uint64_t state = get(c, 1);
	if (state >= RECIPIENT_STATE_COUNT)
		c->failed = true;
	return c->failed ? RECIPIENT_HELD : (enum recipient_state)state;
}

static struct recipient_progress
get_progress(struct cursor *c)
{
	struct recipient_progress p;
	p.state = get_state(c);
	p.attempts = (uint32_t)get(c, 4);
	p.due_ms = (int64_t)get(c, 8);
	p.changed_ms = (int64_t)get(c, 8);
	p.why = get_text(c);
	p.reply = get_text(c);
	p.peer = get_text(c);
	p.note = get_text(c);
	return p;
}

bool
entry_next(struct str *rest, struct entry *out)
{
	struct cursor c = {.rest = *rest};
	const uint64_t kind = get(&c, 1);
	out->content = get_text(&c);
	if (c.failed || kind < ENTRY_BODY || kind > ENTRY_FRONT)
		return false;
	out->kind = (enum entry_kind)kind;
	*rest = c.rest;
	return true;
}

bool
entry_body_parse(struct str content, struct entry_body *out)
{
	struct cursor c = {.rest = content};
	out->message = get(&c, 8);
	out->generation = get(&c, 8);
	out->bytes = c.rest;
	return !c.failed;
}

bool
entry_message_parse(struct str content, struct entry_message *out)
{
	struct cursor c = {.rest = content};
	*out = (struct entry_message){0};
	struct queue_envelope *const v = &out->envelope;
	out->message = get(&c, 8);
	out->generation = get(&c, 8);
	out->body_bytes = get(&c, 8);
	v->arrived_ms = (int64_t)get(&c, 8);
	v->flags = (uint32_t)get(&c, 4);
	v->recipient_count = (size_t)get(&c, 4);
	v->reverse_path = get_text(&c);
	v->envelope_id = get_text(&c);
	v->account = get_text(&c);
	v->client = get_text(&c);
	v->helo = get_text(&c);
	v->session = get_text(&c);
	out->rest = c.rest;
	return !c.failed && v->recipient_count > 0 && v->recipient_count <= QUEUE_RECIPIENTS_MAX;
}

bool
entry_progress_parse(struct str said, struct recipient_progress *out)
{
	struct cursor c = {.rest = said};
	*out = get_progress(&c);
	return !c.failed;
}

bool
entry_recipient_next(struct str *rest, struct queue_recipient *out, struct str *said)
{
	struct cursor c = {.rest = *rest};
	out->forward_path = get_text(&c);
	out->original = get_text(&c);
	const bool is_known = asked_take((uint32_t)get(&c, 4), out);
	*said = c.rest;
	out->progress = get_progress(&c);
	*said = str_head(*said, said->len - c.rest.len);
	*rest = c.rest;
	return !c.failed && is_known;
}

bool
entry_change_parse(struct str content, struct entry_change *out)
{
	struct cursor c = {.rest = content};
	out->change.message = get(&c, 8);
	out->change.recipient = (uint32_t)get(&c, 4);
	out->from = get_state(&c);
	out->said = c.rest;
	out->change.to = get_progress(&c);
	return !c.failed;
}

bool
entry_base_parse(struct str content, struct entry_base *out)
{
	struct cursor c = {.rest = content};
	*out = (struct entry_base){0};
	out->through = get(&c, 8);
	out->last_id = get(&c, 8);
	out->counts.messages = get(&c, 8);
	out->counts.accepted = get(&c, 8);
	for (int s = 0; s < RECIPIENT_STATE_COUNT && (s < STATES_ALWAYS || c.rest.len > 0); s++)
		out->counts.final[s] = get(&c, 8);
	return !c.failed;
}
