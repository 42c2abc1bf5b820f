/* admin_move - the directory out of a file and into one */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "admin/export.h"
#include "admin/import.h"
#include "base/buf.h"
#include "nixied/admin.h"

#define FILE_BYTES_MAX ((size_t)1 << 30)
#define ARENA_BYTES_MAX ((size_t)2 << 30)

int
admin_export(struct admin *o)
{
	static struct out out;
	struct directory_error error;
	out_init(&out, admin_stdout, NULL);
	if (!export_run(o->d, o->has_secrets, &out, &error)) {
		admin_complain("%s", error.words);
		return EXIT_TROUBLE;
	}
	if (!out_finish(&out) || fflush(stdout) != 0) {
		admin_complain("the export could not be written: it is not whole");
		return EXIT_TROUBLE;
	}
	return EXIT_DONE;
}

/* ---- import */

static bool
read_whole(const char *path, struct buf *text)
{
	const bool is_stdin = strcmp(path, "-") == 0;
	FILE *const f = is_stdin ? stdin : fopen(path, "rbe");
	if (f == NULL) {
		admin_complain("%s: %s", path, strerror(errno));
		return false;
	}
	static char room[65536];
	for (size_t n; !buf_failed(text) && (n = fread(room, 1, sizeof room, f)) > 0;)
		buf_add(text, (struct str){room, n});
	const bool ok = !ferror(f) && !buf_failed(text);
	if (!ok)
		admin_complain("%s: %s", path,
			buf_failed(text) ? "larger than an import may be (1 GiB)"
					 : strerror(errno));
	if (!is_stdin)
		fclose(f);
	return ok;
}

static void
tell(const char *path, const struct import_remarks *remarks, const char *what)
{
	for (size_t i = 0; i < remarks->kept; i++) {
		const struct import_remark *const r = &remarks->list[i];
		fprintf(stderr, "%s:%lu: %s%.*s\n", path, r->line, what, (int)r->words.len,
			r->words.ptr);
	}
	if (remarks->count > remarks->kept)
		fprintf(stderr, "%s: ... and %zu more\n", path, remarks->count - remarks->kept);
}

static void
tell_counts(const char *what, const size_t counts[ENTRY_KIND_COUNT])
{
	bool is_first = true;
	for (int kind = 0; kind < ENTRY_KIND_COUNT; kind++) {
		const struct str word = entry_form((enum entry_kind)kind)->word;
		if (counts[kind] == 0)
			continue;
		printf("%s%zu %.*s", is_first ? what : ", ", counts[kind], (int)word.len, word.ptr);
		is_first = false;
	}
	if (!is_first)
		putchar('\n');
}

static int
form_find(const char *name)
{
	int form = 0;
	while (form < IMPORT_FORM_COUNT && strcmp(name, import_form_names[form]) != 0)
		form++;
	return form;
}

int
admin_import(struct admin *o, const char *form_name, const char *path)
{
	const struct import_plan plan = {.form = (enum import_form)form_find(form_name),
		.domain = str_of(o->domain),
		.updates = o->updates,
		.adds_domains = o->adds_domains};
	if (plan.form == IMPORT_FORM_COUNT) {
		admin_complain("%s: no such form: nixie, csv, aliases, virtual, mailboxes or "
			       "hmailserver",
			form_name);
		return EXIT_USAGE;
	}
	struct buf text;
	buf_init(&text, FILE_BYTES_MAX);
	if (!read_whole(path, &text)) {
		buf_fini(&text);
		return EXIT_TROUBLE;
	}
	struct arena a;
	struct import result;
	arena_init(&a, ARENA_BYTES_MAX);
	const bool ok = import_run(o->d, &plan, buf_str(&text), o->is_dry, &a, &result);
	tell(path, &result.notes, "note: ");
	tell(path, &result.mistakes, "");
	if (ok) {
		tell_counts(o->is_dry ? "would add " : "added ", result.added);
		tell_counts(o->is_dry ? "would change " : "changed ", result.changed);
		if (result.notes.count > 0)
			printf("notes on what was left out: %zu\n", result.notes.count);
	} else {
		admin_complain(
			"%s: mistakes: %zu; nothing was changed", path, result.mistakes.count);
	}
	arena_fini(&a);
	buf_fini(&text);
	return ok ? EXIT_DONE : EXIT_NO;
}
