#include "admin/export.h"

#include "admin/words.h"

#define LINE_BYTES_MAX ((size_t)64 << 10) /* names and values have limits far below */

struct export
{
	struct out *out;
	struct buf line;
	bool with_secrets;
};

/* Is nothing something else than not to say anything? */
static bool
tells_when_empty(const struct entry_property *p)
{
	return p->type == PROPERTY_PLUS || p->type == PROPERTY_WORDS;
}

static bool
take(void *of, const struct entry *e)
{
	struct export *const x = of;
	const struct entry_form *const form = entry_form(e->kind);
	buf_clear(&x->line);
	buf_add(&x->line, form->word);
	buf_add_char(&x->line, ' ');
	word_add(&x->line, STR_NONE, e->name);
	if (str_is_set(form->other)) {
		buf_add_char(&x->line, ' ');
		word_add(&x->line, STR_NONE, e->other);
	}
	for (size_t i = 0; i < form->count; i++) {
		const struct entry_property *const p = &form->properties[i];
		if (!str_is_set(e->values[i]) || (p->is_secret && !x->with_secrets) ||
			(e->values[i].len == 0 && !tells_when_empty(p)))
			continue;
		buf_add_char(&x->line, ' ');
		word_add(&x->line, p->name, e->values[i]);
	}
	buf_add_char(&x->line, '\n');
	const struct str line = buf_str(&x->line);
	if (buf_failed(&x->line) || !str_is_set(line))
		return false;
	out_add(x->out, line);
	return !x->out->failed;
}

bool
export_run(struct directory *d, bool with_secrets, struct out *out, struct directory_error *error)
{
	struct export x = {.out = out, .with_secrets = with_secrets};
	buf_init(&x.line, LINE_BYTES_MAX);
	out_add(out, STR("# nixie-admin import nixie FILE  reads this again.\n"));
	if (!with_secrets)
		out_add(out,
			STR("# Without passwords: export --secrets has what is kept of them.\n"));
	/* One state of the file, though it takes several questions. */
	if (!directory_begin(d, error))
		return false;
	bool ok = true;
	for (int kind = 0; ok && kind < ENTRY_KIND_COUNT; kind++)
		ok = entry_list(d, (enum entry_kind)kind, STR_NONE, take, &x, error);
	buf_fini(&x.line);
	return directory_end(d, false, error) && ok;
}
