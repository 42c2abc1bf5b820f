/*
 * kept - a message of the index in little memory
 *
 * One piece for each: the message, its recipients, and behind them the texts of the envelope, each
 * with its length before it. Nothing of it moves or grows while the message lives, since all that
 * changes is of one size: a reason is a number, and words are a place on the disk.
 */
#include "queue/queue_inside.h"

#include "base/hash.h"

#include <errno.h>
#include <stdlib.h>

/* What a queue of a million costs depends on these. */
_Static_assert(sizeof(struct kept_recipient) == 32, "32 bytes for a recipient");
_Static_assert(sizeof(struct message) <= 96, "96 bytes for a message");

/* ---- reasons */

bool
why_keep(struct whys *w, struct str text, uint16_t *out)
{
	const size_t mask = sizeof w->slots / sizeof *w->slots - 1;
	*out = 0;
	if (text.len == 0)
		return true;
	size_t at = (size_t)hash_add(HASH_FIRST, text) & mask;
	for (; w->slots[at] != 0; at = (at + 1) & mask)
		if (str_eq(str_of(w->texts[w->slots[at] - 1]), text)) {
			*out = w->slots[at];
			return true;
		}
	if (w->count == WHYS_MAX || memchr(text.ptr, '\0', text.len) != NULL)
		return true;
	if ((w->count & (w->count - 1)) == 0) { /* it doubles at powers of two */
		char **const more =
			realloc(w->texts, (w->count == 0 ? 1 : 2 * w->count) * sizeof *more);
		if (more == NULL)
			return false;
		w->texts = more;
	}
	char *const copy = malloc(text.len + 1);
	if (copy == NULL)
		return false;
	memcpy(copy, text.ptr, text.len);
	copy[text.len] = '\0';
	w->texts[w->count++] = copy;
	*out = w->slots[at] = (uint16_t)w->count;
	return true;
}

void
whys_fini(struct whys *w)
{
	for (size_t i = 0; i < w->count; i++)
		free(w->texts[i]);
	free(w->texts);
}

/* ---- texts: a length of one byte and the bytes; a longer one has LONG, then four bytes */

#define LONG 255

static size_t
text_bytes(struct str s)
{
	return (s.len < LONG ? 1 : 5) + s.len;
}

static void
text_keep(char **to, struct str s)
{
	const bool is_long = s.len >= LONG;
	const uint32_t len = (uint32_t)s.len;
	*(*to)++ = (char)(is_long ? LONG : len);
	if (is_long) {
		memcpy(*to, &len, sizeof len);
		*to += sizeof len;
	}
	if (s.len > 0)
		memcpy(*to, s.ptr, s.len);
	*to += s.len;
}

static struct str
text_show(const char **at)
{
	uint32_t len = (unsigned char)*(*at)++;
	if (len == LONG) {
		memcpy(&len, *at, sizeof len);
		*at += sizeof len;
	}
	const struct str s = {*at, len};
	*at += len;
	return s;
}

/* What most recipients are not: a list, or a member of one. Nobody pays for it but those. */
#define PART_BYTES 4

static bool
has_part(const struct queue_recipient *r)
{
	return r->kind != RECIPIENT_PLAIN || r->list != 0;
}

static void
part_keep(char **to, const struct queue_recipient *r)
{
	const uint32_t part = r->list << 8 | (uint32_t)r->kind;
	memcpy(*to, &part, PART_BYTES);
	*to += PART_BYTES;
}

static void
part_show(const char **at, struct queue_recipient *out)
{
	uint32_t part;
	memcpy(&part, *at, PART_BYTES);
	*at += PART_BYTES;
	out->kind = (enum recipient_kind)(part & 255);
	out->list = part >> 8;
}

/* The texts of an envelope, in the order in which they are kept. */
#define ENVELOPE_TEXTS(X) X(reverse_path) X(envelope_id) X(account) X(client) X(helo) X(session)

static const char *
texts_of(const struct message *m)
{
	return (const char *)(m->recipients + m->recipient_count);
}

size_t
progress_bytes(const struct recipient_progress *p)
{
	return p->why.len + p->reply.len + p->peer.len + p->note.len;
}

size_t
envelope_bytes(const struct queue_envelope *v, const struct queue_recipient *recipients)
{
	size_t n = 0;
#define X(name) n += v->name.len;
	ENVELOPE_TEXTS(X)
#undef X
	for (size_t i = 0; i < v->recipient_count; i++)
		n += recipients[i].forward_path.len + recipients[i].original.len +
		     progress_bytes(&recipients[i].progress);
	return n;
}

/* ---- recipients */

static struct extent
words_if_any(const struct recipient_progress *p, struct extent words)
{
	return p->reply.len + p->peer.len + p->note.len > 0 ? words : (struct extent){0};
}

bool
progress_keep(struct queue *q, const struct recipient_progress *p, struct extent words,
	struct kept_recipient *out)
{
	uint16_t why;
	if (!why_keep(&q->whys, p->why, &why))
		return false;
	out->due_ms = p->due_ms;
	out->words = words_if_any(p, words);
	out->state = (unsigned)p->state & 7;
	out->why = (uint32_t)why & WHYS_MAX;
	out->attempts = (p->attempts < KEPT_ATTEMPTS_MAX ? p->attempts : KEPT_ATTEMPTS_MAX) &
			KEPT_ATTEMPTS_MAX;
	return true;
}

/* ---- messages */

static size_t
message_text_bytes(const struct entry_message *e, bool *is_sound)
{
	size_t n = 0;
#define X(name) n += text_bytes(e->envelope.name);
	ENVELOPE_TEXTS(X)
#undef X
	struct str rest = e->rest, said;
	struct queue_recipient r;
	*is_sound = true;
	for (size_t i = 0; i < e->envelope.recipient_count && *is_sound; i++) {
		*is_sound = entry_recipient_next(&rest, &r, &said);
		if (*is_sound)
			n += text_bytes(r.forward_path) + text_bytes(r.original) +
			     (has_part(&r) ? PART_BYTES : 0);
	}
	return n;
}

struct message *
message_new(
	struct queue *q, const struct entry_message *e, const struct standing *in, bool *is_sound)
{
	const size_t count = e->envelope.recipient_count;
	const size_t texts = message_text_bytes(e, is_sound);
	if (!*is_sound)
		return NULL;
	struct message *const m = malloc(sizeof *m + count * sizeof *m->recipients + texts);
	if (m == NULL)
		return NULL;
	*m = (struct message){.node = {.key = e->message},
		.arrived_ms = e->envelope.arrived_ms,
		.body_bytes = e->body_bytes,
		.stored_bytes = e->body_bytes + texts,
		.flags = e->envelope.flags,
		.recipient_count = (uint32_t)count};
	char *const first = (char *)(m->recipients + count);
	char *to = first;
#define X(name) text_keep(&to, e->envelope.name);
	ENVELOPE_TEXTS(X)
#undef X
	struct str rest = e->rest, said;
	for (size_t i = 0; i < count; i++) {
		struct kept_recipient *const k = &m->recipients[i];
		struct queue_recipient r;
		entry_recipient_next(&rest, &r, &said);
		*k = (struct kept_recipient){.text = (uint32_t)(to - first),
			.notify = r.notify & 15,
			.has_part = has_part(&r)};
		if (!progress_keep(q, &r.progress, standing_part(in, said), k)) {
			free(m);
			return NULL;
		}
		if (has_part(&r))
			part_keep(&to, &r);
		text_keep(&to, r.forward_path);
		text_keep(&to, r.original);
		m->open_count += !recipient_is_final(r.progress.state);
		m->stored_bytes += k->words.bytes;
	}
	return m;
}

void
message_free(struct message *m)
{
	if (m == NULL)
		return;
	if (m->part_count > 1)
		free(m->parts.list);
	free(m);
}

const struct extent *
message_parts(const struct message *m)
{
	return m->part_count > 1 ? m->parts.list : &m->parts.one;
}

void
message_body_set(struct message *m, struct extents *body)
{
	if (m->part_count > 1)
		free(m->parts.list);
	m->part_count = (uint32_t)body->count;
	if (body->count > 1) {
		m->parts.list = realloc(body->list, body->count * sizeof *body->list);
		if (m->parts.list == NULL) /* it cannot be made smaller: it stays as it is */
			m->parts.list = body->list;
	} else {
		if (body->count == 1)
			m->parts.one = body->list[0];
		free(body->list);
	}
	*body = (struct extents){0};
}

void
message_words_put(struct queue *q, struct message *m, uint32_t place, struct extent words)
{
	struct kept_recipient *const k = &m->recipients[place];
	const uint64_t before = k->words.bytes, now = words.bytes;
	q->stored_bytes += now - before;
	m->stored_bytes += now - before;
	k->words = words;
}

bool
message_words_set(struct queue *q, struct message *m, const struct entry_message *e,
	const struct standing *in)
{
	struct str rest = e->rest, said;
	struct queue_recipient r;
	for (uint32_t i = 0; i < m->recipient_count; i++) {
		if (!entry_recipient_next(&rest, &r, &said))
			return false;
		message_words_put(q, m, i, words_if_any(&r.progress, standing_part(in, said)));
	}
	return true;
}

void
message_words_move(struct message *m, uint64_t segment, uint64_t offset)
{
	for (uint32_t i = 0; i < m->recipient_count; i++) {
		struct extent *const w = &m->recipients[i].words;
		if (w->bytes > 0)
			*w = extent_make(segment, w->offset + offset, w->bytes);
	}
}

/* ---- showing */

void
message_show(const struct queue *q, const struct message *m, struct queue_message *out)
{
	const char *at = texts_of(m);
	*out = (struct queue_message){.id = m->node.key,
		.body_bytes = m->body_bytes,
		.envelope = {.arrived_ms = m->arrived_ms,
			.flags = m->flags,
			.recipient_count = m->recipient_count},
		.of = q,
		.kept = m};
#define X(name) out->envelope.name = text_show(&at);
	ENVELOPE_TEXTS(X)
#undef X
}

struct queue_recipient
queue_recipient(const struct queue_message *m, size_t place)
{
	const struct kept_recipient *const k = &m->kept->recipients[place];
	const char *at = texts_of(m->kept) + k->text;
	struct queue_recipient r = {.notify = k->notify,
		.progress = {.state = (enum recipient_state)k->state,
			.attempts = k->attempts,
			.due_ms = k->due_ms,
			.why = STR(""),
			.reply = STR(""),
			.peer = STR(""),
			.note = STR("")}};
	if (k->has_part)
		part_show(&at, &r);
	r.forward_path = text_show(&at);
	r.original = text_show(&at);
	if (k->why > 0)
		r.progress.why = str_of(m->of->whys.texts[k->why - 1]);
	return r;
}

/* Nobody waits for more of it than one recipient's, which is read at once. */
int
queue_words(const struct queue_message *m, size_t place, struct arena *a,
	struct recipient_progress *out)
{
	const struct extent at = m->kept->recipients[place].words;
	if (at.bytes == 0)
		return 0;
	char *const bytes = arena_bytes(a, at.bytes);
	if (bytes == NULL)
		return -ENOMEM;
	const int error = journal_read(m->of->journal, at.segment, at.offset, bytes, at.bytes);
	struct recipient_progress said;
	if (error != 0 || !entry_progress_parse((struct str){bytes, at.bytes}, &said))
		return error != 0 ? error : -EIO;
	out->attempts = said.attempts;
	out->changed_ms = said.changed_ms;
	out->reply = said.reply;
	out->peer = said.peer;
	out->note = said.note;
	if (out->why.len == 0)
		out->why = said.why;
	return 0;
}
