/*
 * read_bench - how fast libnixie reads, judges and writes, without the cost of files
 *
 * Usage: read_bench [-m] FOLDER [ROUNDS]
 *        read_bench -r FILE [ROUNDS]
 *
 * Everything is read into memory, then parsed to JSON ROUNDS times by one thread: every file of
 * FOLDER, or with -r every line of FILE as a bare reply. -m parses nothing: it finds every line
 * end with memchr(), which is what reading the bytes once costs here. Prints messages and bytes a
 * second of processor time; run it under callgrind with one round for instructions.
 */
#include "nixie.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define ITEMS_MAX 1000000
#define PATH_BYTES_MAX 4096

struct item {
	char *bytes;
	size_t len;
};

static struct item items[ITEMS_MAX];
static size_t count, total_bytes;

static bool
count_bytes(void *to, const char *bytes, size_t len)
{
	(void)bytes;
	*(size_t *)to += len;
	return true;
}

/* Empty items are left out; the bytes are never freed, the program ends with them. */
static void
keep(char *bytes, size_t len)
{
	if (len == 0)
		return;
	if (count == ITEMS_MAX) {
		fputs("read_bench: too many items\n", stderr);
		exit(1); // a figure for half of them would be a wrong one
	}
	items[count++] = (struct item){bytes, len};
	total_bytes += len;
}

/* The bytes of a file in heap memory; NULL when it cannot be read. */
static char *
slurp(const char *path, size_t *len)
{
	FILE *const f = fopen(path, "rb");
	if (f == NULL)
		return NULL;
	char *bytes = NULL;
	*len = 0;
	long size;
	if (fseek(f, 0, SEEK_END) == 0 && (size = ftell(f)) > 0 &&
		(bytes = malloc((size_t)size)) != NULL) {
		rewind(f);
		*len = fread(bytes, 1, (size_t)size, f);
	}
	fclose(f);
	return bytes;
}

static bool
load_folder(const char *folder)
{
	DIR *const d = opendir(folder);
	if (d == NULL)
		return false;
	for (struct dirent *e; (e = readdir(d)) != NULL;) {
		char path[PATH_BYTES_MAX];
		const int n = snprintf(path, sizeof path, "%s/%s", folder, e->d_name);
		size_t len;
		char *const bytes = e->d_name[0] != '.' && n > 0 && (size_t)n < sizeof path
					    ? slurp(path, &len)
					    : NULL;
		if (bytes != NULL)
			keep(bytes, len);
	}
	closedir(d);
	return count > 0;
}

static bool
load_lines(const char *path)
{
	size_t len;
	char *bytes = slurp(path, &len);
	if (bytes == NULL)
		return false;
	for (char *const end = bytes + len; bytes < end;) {
		char *const lf = memchr(bytes, '\n', (size_t)(end - bytes));
		char *const stop = lf != NULL ? lf : end;
		keep(bytes, (size_t)(stop - bytes));
		bytes = stop + 1;
	}
	return count > 0;
}

static double
now(void)
{
	struct timespec t;
	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static size_t
line_ends(const struct item *item)
{
	size_t n = 0;
	const char *const end = item->bytes + item->len;
	for (const char *p = item->bytes;
		(p = memchr(p, '\n', (size_t)(end - p))) != NULL && ++p < end;)
		n++;
	return n;
}

/* How many outcomes all of them have together; -1 when the library failed. */
static long
parse_all(struct nixie_report *r, enum nixie_input input, size_t *written)
{
	const struct nixie_style style = {.source_path = "x"};
	size_t outcomes = 0;
	for (size_t i = 0; i < count; i++) {
		if (nixie_read(r, items[i].bytes, items[i].len, input) != NIXIE_OK ||
			nixie_report_json(r, &style, count_bytes, written) != NIXIE_OK)
			return -1;
		outcomes += nixie_report_info(r)->outcome_count;
	}
	return (long)outcomes;
}

int
main(int argc, char **argv)
{
	const bool replies = argc > 1 && strcmp(argv[1], "-r") == 0;
	const bool only_search = argc > 1 && strcmp(argv[1], "-m") == 0;
	const int first = replies || only_search ? 2 : 1;
	const long rounds = argc > first + 1 ? atol(argv[first + 1]) : 20;
	if (argc <= first || rounds < 1) {
		fputs("usage: read_bench [-m] FOLDER [ROUNDS]\n"
		      "       read_bench -r FILE [ROUNDS]\n",
			stderr);
		return 2;
	}
	if (!(replies ? load_lines(argv[first]) : load_folder(argv[first]))) {
		fprintf(stderr, "read_bench: %s: nothing there that can be read\n", argv[first]);
		return 1;
	}
	struct nixie_report *const r = nixie_report_new();
	if (r == NULL)
		return 1;
	size_t written = 0;
	long found = 0;
	const double from = now();
	for (long round = 0; round < rounds && found >= 0; round++) {
		if (!only_search) {
			found = parse_all(r, replies ? NIXIE_INPUT_TEXT : NIXIE_INPUT_ANY, &written);
			continue;
		}
		found = 0;
		for (size_t i = 0; i < count; i++)
			found += (long)line_ends(&items[i]);
	}
	const double seconds = now() - from;
	nixie_report_free(r);
	if (found < 0) {
		fputs("read_bench: the library failed\n", stderr);
		return 1;
	}
	const double items_read = (double)count * (double)rounds;
	printf("%.0f %s/s  %.2f us each  %.0f MB/s in  %.0f B each in  %.0f B each out  %ld %s\n",
		items_read / seconds, replies ? "replies" : "mails", seconds / items_read * 1e6,
		(double)total_bytes * (double)rounds / seconds / 1e6,
		(double)total_bytes / (double)count, (double)written / items_read, found,
		only_search ? "lines" : "outcomes");
	return 0;
}
