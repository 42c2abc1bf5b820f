/*
 * The reports of cases.h, byte by byte as they stand in golden/: each was read by a person.
 * usage: test_report_golden FOLDER [--write]
 */
#include "../unit/tap.h"
#include "cases.h"

#include <stdlib.h>

static struct str
file_of(const char *folder, const char *name, char *path, size_t room)
{
	static char text[1 << 20];
	snprintf(path, room, "%s/%s.eml", folder, name);
	FILE *const f = fopen(path, "rb");
	const size_t n = f != NULL ? fread(text, 1, sizeof text, f) : 0;
	if (f != NULL)
		fclose(f);
	return (struct str){text, n};
}

int
main(int argc, char **argv)
{
	const bool writes = argc > 2 && strcmp(argv[2], "--write") == 0;
	if (argc < 2)
		return 2;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		const struct report_facts facts = case_facts(&cases[i]);
		struct arena a;
		struct buf b;
		char path[1024];
		arena_init(&a, 64 << 20);
		buf_init(&b, 64 << 20);
		tap_ok(report_write(&facts, &a, &b), "%s: written", cases[i].name);
		const struct str golden = file_of(argv[1], cases[i].name, path, sizeof path);
		if (writes) {
			FILE *const f = fopen(path, "wb");
			if (f == NULL || fwrite(b.ptr, 1, b.len, f) != b.len)
				exit(2);
			fclose(f);
		} else {
			tap_ok(str_eq(buf_str(&b), golden), "%s: as it was read", cases[i].name);
		}
		buf_fini(&b);
		arena_fini(&a);
	}
	return tap_done();
}
