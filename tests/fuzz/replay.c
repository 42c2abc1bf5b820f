/*
 * replay - runs a libFuzzer target over a committed corpus, under any compiler
 *
 * usage: replay_TARGET FOLDER|FILE...
 *
 * Each input is copied into memory of exactly its size, so that valgrind and
 * the sanitizers see a read one byte too far. Every folder is one TAP case; a
 * target that fails a property aborts and is reported by its missing line. The
 * name of the input at hand goes to stderr first when REPLAY_VERBOSE is set.
 */
#include <dirent.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* run_file - one input; false when it cannot be read */
static bool
run_file(const char *path)
{
	bool ok = false;
	uint8_t *data = NULL;
	FILE *const f = fopen(path, "rb");
	struct stat st = {0};

	if (getenv("REPLAY_VERBOSE") != NULL)
		fprintf(stderr, "%s\n", path);
	if (f == NULL || fstat(fileno(f), &st) < 0)
		goto close_file;
	const size_t size = (size_t)st.st_size;
	data = malloc(size);
	if (size > 0 && (data == NULL || fread(data, 1, size, f) != size))
		goto close_file;
	LLVMFuzzerTestOneInput(data, size);
	ok = true;
close_file:
	if (!ok)
		printf("# cannot read %s\n", path);
	free(data);
	if (f != NULL)
		fclose(f);
	return ok;
}

static int
is_input(const struct dirent *entry)
{
	return entry->d_name[0] != '.';
}

/* run_folder - every file of `path` in the order of their names; how many, or -1 */
static int
run_folder(const char *path)
{
	struct dirent **entries;
	int run = 0;
	const int n = scandir(path, &entries, is_input, alphasort);

	if (n < 0)
		return -1;
	for (int i = 0; i < n; i++) {
		char name[4096];
		const int len = snprintf(name, sizeof name, "%s/%s", path, entries[i]->d_name);
		if (len < 0 || (size_t)len >= sizeof name || !run_file(name))
			run = -1;
		else if (run >= 0)
			run++;
		free(entries[i]);
	}
	free(entries);
	return run;
}

int
main(int argc, char **argv)
{
	int failures = 0;

	for (int i = 1; i < argc; i++) {
		struct stat st = {0}; /* not every MSan sees stat() fill it */
		int run = -1;
		if (stat(argv[i], &st) == 0)
			run = S_ISDIR(st.st_mode) ? run_folder(argv[i])
			      : run_file(argv[i]) ? 1
						  : -1;
		printf("%s %d - %s: %d inputs\n", run > 0 ? "ok" : "not ok", i, argv[i], run);
		failures += run <= 0;
		fflush(stdout);
	}
	printf("1..%d\n", argc - 1);
	return failures == 0 ? 0 : 1;
}
