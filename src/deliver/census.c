#include "deliver/census.h"

#include "base/shown.h"

#define KEY_BYTES_MAX 255 /* a domain */
#define ARENA_BYTES_MAX ((size_t)CENSUS_KINDS * CENSUS_ROWS_MAX * (KEY_BYTES_MAX + 64))

struct str
census_kind_name(enum census_kind kind)
{
	static const struct str names[CENSUS_KINDS] = {
		[CENSUS_DESTINATION] = STR_INIT("destination"),
		[CENSUS_REASON] = STR_INIT("reason"),
		[CENSUS_PROVIDER] = STR_INIT("provider")};
	return names[kind];
}

struct str
census_outcome_name(enum census_outcome how)
{
	static const struct str names[CENSUS_OUTCOMES] = {
		[CENSUS_DELIVERED] = STR_INIT("delivered"),
		[CENSUS_RELAYED] = STR_INIT("relayed"),
		[CENSUS_DEFERRED] = STR_INIT("deferred"),
		[CENSUS_BOUNCED] = STR_INIT("bounced"),
		[CENSUS_DISCARDED] = STR_INIT("discarded"),
		[CENSUS_EXPANDED] = STR_INIT("expanded")};
	return names[how];
}

void
census_init(struct census *c)
{
	arena_init(&c->arena, ARENA_BYTES_MAX);
	memset(c->count, 0, sizeof c->count);
}

void
census_fini(struct census *c)
{
	arena_fini(&c->arena);
}

/* What may stand between quotes in a label, in one case. */
static struct str
label_of(enum census_kind kind, struct str key, char room[static KEY_BYTES_MAX])
{
	size_t n = 0, bytes;
	for (; key.len > 0 && n + 4 <= KEY_BYTES_MAX; key = str_from(key, bytes)) {
		const uint32_t cp = utf8_next(key, &bytes);
		if (cp == '"' || cp == '\\' || cp == CHAR_BROKEN || !is_shown(cp)) {
			room[n++] = '?';
		} else if (kind == CENSUS_DESTINATION && bytes == 1) {
			room[n++] = (char)ascii_lower((unsigned char)key.ptr[0]);
		} else {
			memcpy(room + n, key.ptr, bytes);
			n += bytes;
		}
	}
	return (struct str){room, n};
}

static struct census_row *
row_of(struct census *c, enum census_kind kind, struct str key)
{
	struct census_row *const rows = c->rows[kind];
	size_t *const count = &c->count[kind];
	for (size_t i = 0; i < *count; i++)
		if (str_eq(rows[i].key, key))
			return &rows[i];
	/* The last place is the others'. */
	const bool has_room = *count < CENSUS_ROWS_MAX - 1;
	const struct str kept = has_room ? arena_str(&c->arena, key) : STR_NONE;
	if (!str_is_set(kept) && !str_eq(key, STR(CENSUS_OTHERS)))
		return row_of(c, kind, STR(CENSUS_OTHERS));
	struct census_row *const row = &rows[(*count)++];
	*row = (struct census_row){.key = str_is_set(kept) ? kept : STR(CENSUS_OTHERS)};
	return row;
}

void
census_add(struct census *c, enum census_kind kind, struct str key, enum census_outcome how)
{
	char room[KEY_BYTES_MAX];
	if (key.len > 0)
		row_of(c, kind, label_of(kind, key, room))->n[how]++;
}
