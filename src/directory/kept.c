/*
 * kept - answers of before, as long as nobody has changed the file
 *
 * A question costs a transaction and some look-ups; most are asked again and again: the sender's
 * domain, the client's network, a recipient with much mail, an address that strangers guess. What
 * was answered is kept with the number that SQLite gives to a state of the file (data_version), so
 * that a change by anybody makes all of it void before the next question is answered.
 *
 * What depends on more than its key (a list asks who sends), or is our own trouble, is not kept.
 * Bounded: so many answers, each no larger than so much; one takes the place of another.
 */
#include "base/hash.h"
#include "directory/directory_inside.h"

#include <stdlib.h>

struct kept {
	uint64_t state; /* of the file */
	enum kept_kind kind;
	struct str key;
	struct kept_answer answer;
	char texts[]; /* of the two above */
};

static size_t
slot_of(enum kept_kind kind, struct str key)
{
	return hash_add(HASH_FIRST + kind, key) % DIRECTORY_KEPT_MAX;
}

/* Is the state of the file known, and what is it? */
static bool
state_read(struct directory *d)
{
	if (d->is_held)
		return true;
	sqlite3_stmt *const s = ask(d, QUERY_VERSION);
	const bool ok = step(s) == STEP_ROW;
	if (ok) {
		const int64_t version = sqlite3_column_int64(s, 0);
		/* Others' changes are in the one number, this connection's in the other. */
		const int64_t own = sqlite3_total_changes64(d->db);
		d->state += version != d->seen_version || own != d->seen_own;
		d->seen_version = version;
		d->seen_own = own;
	}
	done(s);
	d->is_held = ok && d->due != NULL;
	if (d->is_held)
		d->due(d->due_to);
	return ok;
}

void
directory_hold(struct directory *d, void (*due)(void *to), void *to)
{
	d->due = due;
	d->due_to = to;
}

void
directory_release(struct directory *d)
{
	d->is_held = false;
}

const struct kept_answer *
kept_find(struct directory *d, enum kept_kind kind, struct str key)
{
	/* Within a change nothing is what it was, and may be undone. */
	if (d->depth > 0 || !state_read(d) || d->kept == NULL)
		return NULL;
	const struct kept *const k = d->kept[slot_of(kind, key)];
	return k != NULL && k->state == d->state && k->kind == kind && str_eq(k->key, key)
		       ? &k->answer
		       : NULL;
}

static struct str
text_keep(char **at, struct str text)
{
	if (text.len == 0)
		return text;
	const struct str kept = {*at, text.len};
	memcpy(*at, text.ptr, text.len);
	*at += text.len;
	return kept;
}

void
kept_put(struct directory *d, enum kept_kind kind, struct str key, const struct kept_answer *answer)
{
	const size_t bytes = key.len + answer->why.len + answer->moved_to.len +
			     answer->target.address.len + answer->target.route_host.len +
			     answer->range.name.len + answer->range.reason.len;
	if (d->depth > 0 || d->state == 0 || bytes > DIRECTORY_KEPT_BYTES_MAX)
		return;
	if (d->kept == NULL)
		d->kept = calloc(DIRECTORY_KEPT_MAX, sizeof(struct kept *));
	struct kept *const k = d->kept != NULL ? malloc(sizeof *k + bytes) : NULL;
	if (k == NULL)
		return; /* it is asked again */
	char *at = k->texts;
	k->state = d->state;
	k->kind = kind;
	k->key = text_keep(&at, key);
	k->answer = *answer;
	k->answer.why = text_keep(&at, answer->why);
	k->answer.moved_to = text_keep(&at, answer->moved_to);
	k->answer.target.address = text_keep(&at, answer->target.address);
	k->answer.target.route_host = text_keep(&at, answer->target.route_host);
	k->answer.range.name = text_keep(&at, answer->range.name);
	k->answer.range.reason = text_keep(&at, answer->range.reason);
	struct kept **const slot = &d->kept[slot_of(kind, key)];
	free(*slot);
	*slot = k;
}

void
kept_free(struct directory *d)
{
	for (size_t i = 0; d->kept != NULL && i < DIRECTORY_KEPT_MAX; i++)
		free(d->kept[i]);
	free(d->kept);
}
