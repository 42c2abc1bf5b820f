/* report - the public library: nixie.h over the reader, the judge and the words */
#include "nixie.h"

#include <stdlib.h>

#include "explain/code.h"
#include "explain/code_find.h"
#include "explain/report_json.h"
#include "explain/report_text.h"
#include "judge/judge.h"

#define REPORT_BASE_BYTES ((size_t)256 << 20) /* RECIPIENTS_MAX need most of it */
#define REPORT_PER_INPUT_BYTE 4
#define CODE_LINE_BYTES_MAX 4096 /* a longer text is not looked up as a line */

struct nixie_report {
	struct arena arena;
	struct facts facts;
	struct nixie_report_info info;
	size_t limit_bytes; /* 0: the default */
};

struct nixie_report *
nixie_report_new(void)
{
	struct nixie_report *const r = calloc(1, sizeof *r);
	if (r != NULL)
		arena_init(&r->arena, REPORT_BASE_BYTES);
	return r;
}

void
nixie_report_free(struct nixie_report *r)
{
	if (r == NULL)
		return;
	arena_fini(&r->arena);
	free(r);
}

void
nixie_report_limit(struct nixie_report *r, size_t bytes)
{
	r->limit_bytes = bytes;
}

void
nixie_report_wipe(struct nixie_report *r)
{
	r->arena.is_private = true;
}

static size_t
default_limit(size_t len)
{
	if (len > (SIZE_MAX - REPORT_BASE_BYTES) / REPORT_PER_INPUT_BYTE)
		return SIZE_MAX;
	return REPORT_BASE_BYTES + len * REPORT_PER_INPUT_BYTE;
}

static bool
is_report(enum nixie_kind kind)
{
	return kind == NIXIE_KIND_FAILURE || kind == NIXIE_KIND_DELAY || kind == NIXIE_KIND_SUCCESS;
}

/* "The attached message was received as a bounce": it names nobody itself. */
static bool
is_about_attached(const struct nixie_report *r)
{
	const struct prose *const p = &r->facts.prose;
	if (!is_report(r->info.kind) || p->exchange_count > 0)
		return false;
	for (size_t i = 0; i < p->count; i++)
		if (p->blocks[i].naming >= NAMING_SENTENCE)
			return false;
	return true;
}

/* A person's mail may carry a report that only its own words give away; when they do not, it is the
 * person's that counts. */
static void
judge_what_is_carried(struct nixie_report *r, enum nixie_input input)
{
	const struct str bytes = r->facts.input;
	bool is_changed = false;
	while (facts_open(&r->facts)) {
		is_changed = true;
		judge_report(&r->facts, &r->info);
		if (is_report(r->info.kind))
			return;
	}
	if (!is_changed)
		return;
	facts_read(bytes, input, &r->arena, &r->facts);
	judge_report(&r->facts, &r->info);
}

enum nixie_rc
nixie_read(struct nixie_report *r, const void *bytes, size_t len, enum nixie_input input)
{
	arena_reset(&r->arena);
	r->arena.limit_bytes = r->limit_bytes != 0 ? r->limit_bytes : default_limit(len);
	r->info = (struct nixie_report_info){.kind = NIXIE_KIND_ORDINARY};
	facts_read((struct str){bytes != NULL ? bytes : "", bytes != NULL ? len : 0}, input,
		&r->arena, &r->facts);
	judge_report(&r->facts, &r->info);
	if (r->info.kind == NIXIE_KIND_ORDINARY || is_about_attached(r))
		judge_what_is_carried(r, input);
	if (!arena_failed(&r->arena))
		return NIXIE_OK;
	const bool is_limit = r->arena.is_at_limit;
	arena_reset(&r->arena);
	r->info = (struct nixie_report_info){.kind = NIXIE_KIND_ORDINARY};
	return is_limit ? NIXIE_LIMIT : NIXIE_NOMEM;
}

const struct nixie_report_info *
nixie_report_info(const struct nixie_report *r)
{
	return &r->info;
}

static enum lang
lang_of(const struct nixie_style *style)
{
	const int lang = style->lang != NULL ? catalogue_lang_find(str_of(style->lang)) : -1;
	return lang < 0 ? LANG_EN : (enum lang)lang;
}

typedef void render(const struct nixie_report_info *info, const struct nixie_style *style,
	enum lang lang, struct arena *a, struct out *out);

/* Sentences are made in an arena of their own: a report can be written by several threads at once.
 */
static enum nixie_rc
write_report(const struct nixie_report *r, const struct nixie_style *style, nixie_sink *sink,
	void *to, render *how)
{
	struct arena a;
	struct out out;
	arena_init(&a, REPORT_BASE_BYTES + r->info.outcome_count * 65536);
	a.is_private = r->arena.is_private;
	out_init(&out, sink, to);
	how(&r->info, style, lang_of(style), &a, &out);
	const bool was_taken = out_finish(&out);
	const bool had_memory = !arena_failed(&a);
	arena_fini(&a);
	return !was_taken ? NIXIE_SINK : !had_memory ? NIXIE_NOMEM : NIXIE_OK;
}

enum nixie_rc
nixie_report_json(
	const struct nixie_report *r, const struct nixie_style *style, nixie_sink *sink, void *to)
{
	return write_report(r, style, sink, to, report_json);
}

enum nixie_rc
nixie_report_text(
	const struct nixie_report *r, const struct nixie_style *style, nixie_sink *sink, void *to)
{
	return write_report(r, style, sink, to, report_text);
}

typedef bool render_code(struct str code, const struct code_line *line,
	const struct nixie_style *style, enum lang lang, struct arena *a, struct out *out);

/* A line of a server, in its own words: what it says is not in its codes alone. */
static bool
read_line(struct nixie_report *r, struct str text, struct code_line *line)
{
	if (!code_is_sentence(text) || text.len > CODE_LINE_BYTES_MAX ||
		nixie_read(r, text.ptr, text.len, NIXIE_INPUT_TEXT) != NIXIE_OK ||
		r->info.outcome_count == 0)
		return false;
	const struct nixie_outcome *const o = &r->info.outcomes[0];
	line->reason = catalogue_reason_find(str_in(o->reason));
	line->key = situation_find(o);
	return line->reason >= 0 && line->reason != REASON_UNKNOWN;
}

static enum nixie_rc
write_code(struct nixie_str code, const struct nixie_style *style, nixie_sink *sink, void *to,
	render_code *how)
{
	const struct str text = {code.ptr, code.len};
	struct nixie_report *const r = nixie_report_new();
	struct arena a;
	struct out out;
	struct code_line line;
	if (r == NULL)
		return NIXIE_NOMEM;
	/* A line may be out of somebody's mail, and nobody could ask for it to be wiped. */
	nixie_report_wipe(r);
	arena_init(&a, REPORT_BASE_BYTES);
	a.is_private = true;
	out_init(&out, sink, to);
	const bool is_line = read_line(r, text, &line);
	const bool is_known = how(text, is_line ? &line : NULL, style, lang_of(style), &a, &out);
	const bool was_taken = out_finish(&out);
	arena_fini(&a);
	nixie_report_free(r);
	return !is_known ? NIXIE_ABSENT : !was_taken ? NIXIE_SINK : NIXIE_OK;
}

enum nixie_rc
nixie_code_text(struct nixie_str code, const struct nixie_style *style, nixie_sink *sink, void *to)
{
	return write_code(code, style, sink, to, code_write_text);
}

enum nixie_rc
nixie_code_json(struct nixie_str code, const struct nixie_style *style, nixie_sink *sink, void *to)
{
	return write_code(code, style, sink, to, code_write_json);
}
