/* findings - what was found, kept and printed */
#include "nixied/check.h"

#include <stdarg.h>
#include <stdio.h>

#define WORDS_BYTES_MAX 1000

void
findings_add(struct findings *f, enum finding_kind kind, unsigned line, const char *to_do,
	const char *format, ...)
{
	char words[WORDS_BYTES_MAX];
	va_list ap;
	va_start(ap, format);
	/* NOLINTNEXTLINE(clang-analyzer-valist.Uninitialized): it is, a line above */
	vsnprintf(words, sizeof words, format, ap);
	va_end(ap);
	if (f->count < FINDINGS_MAX)
		f->list[f->count] = (struct finding){kind, line, arena_str(f->arena, str_of(words)),
			arena_str(f->arena, str_of(to_do))};
	f->count++;
	f->of_kind[kind]++;
}

static void
print(const struct finding *one, const char *path)
{
	static const char *const kinds[FINDING_KINDS] = {"good", "note", "warning", "wrong"};
	const struct str what = one->what;
	const bool has_end = what.len > 0 && what.ptr[what.len - 1] == '.';
	if (one->line > 0)
		printf("%s:%u: ", path, one->line);
	printf("%s: %.*s%s\n", kinds[one->kind], (int)what.len, what.ptr, has_end ? "" : ".");
	if (one->to_do.len > 0)
		printf("\t%.*s\n", (int)one->to_do.len, one->to_do.ptr);
}

void
findings_print(const struct findings *f, const char *path)
{
	const size_t kept = f->count < FINDINGS_MAX ? f->count : FINDINGS_MAX;
	for (int kind = FINDING_KINDS - 1; kind >= 0; kind--)
		for (size_t i = 0; i < kept; i++)
			if ((int)f->list[i].kind == kind)
				print(&f->list[i], path);
	printf("%s: wrong: %zu, warnings: %zu, notes: %zu\n", path, f->of_kind[FINDING_WRONG],
		f->of_kind[FINDING_WARNING], f->of_kind[FINDING_NOTE]);
}
