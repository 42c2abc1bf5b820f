/*
 * read_bench - how fast libnixie reads, judges and writes, without the cost of files
 *
 * Usage: read_bench FOLDER [ROUNDS]: every file of the folder is read into memory, then all of them are parsed to JSON
 * ROUNDS times. One thread. Prints messages and bytes a second; run it under callgrind with one round for instructions.
 */
#include "nixie.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define FILES_MAX 100000

struct file {
	char *bytes;
	size_t len;
};

static struct file files[FILES_MAX];
static size_t count, total_bytes;

static bool
count_bytes(void *to, const char *bytes, size_t len)
{
	(void)bytes;
	*(size_t *)to += len;
	return true;
}

static int
load(const char *folder)
{
	DIR *const d = opendir(folder);
	if (d == NULL)
		return -1;
	for (struct dirent *e; (e = readdir(d)) != NULL && count < FILES_MAX;) {
		char path[4096];
		snprintf(path, sizeof path, "%s/%s", folder, e->d_name);
		FILE *const f = e->d_name[0] == '.' ? NULL : fopen(path, "rb");
		if (f == NULL)
			continue;
		fseek(f, 0, SEEK_END);
		const long len = ftell(f);
		rewind(f);
		files[count].bytes = malloc(len > 0 ? (size_t)len : 1);
		if (files[count].bytes != NULL && len > 0) {
			files[count].len = fread(files[count].bytes, 1, (size_t)len, f);
			total_bytes += files[count].len;
			count++;
		}
		fclose(f);
	}
	closedir(d);
	return 0;
}

static double
now(void)
{
	struct timespec t;
	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

int
main(int argc, char **argv)
{
	const long rounds = argc > 2 ? atol(argv[2]) : 20;
	if (argc < 2 || load(argv[1]) < 0 || count == 0) {
		fputs("usage: read_bench FOLDER [ROUNDS]\n", stderr);
		return 2;
	}
	struct nixie_report *const r = nixie_report_new();
	const struct nixie_style style = {.source_path = "x"};
	size_t written = 0, outcomes = 0;
	if (r == NULL)
		return 1;
	const double from = now();
	for (long round = 0; round < rounds; round++)
		for (size_t i = 0; i < count; i++) {
			if (nixie_read(r, files[i].bytes, files[i].len, NIXIE_INPUT_ANY) != NIXIE_OK ||
				nixie_report_json(r, &style, count_bytes, &written) != NIXIE_OK)
				return 1;
			outcomes += nixie_report_info(r)->outcome_count;
		}
	const double seconds = now() - from;
	const double mails = (double)count * (double)rounds;
	printf("%.0f mails/s  %.1f us/mail  %.0f MB/s in  %.0f B/mail in  %.0f B/mail out  %zu outcomes\n",
		mails / seconds, seconds / mails * 1e6, (double)total_bytes * (double)rounds / seconds / 1e6,
		(double)total_bytes / (double)count, (double)written / mails, outcomes / (size_t)rounds);
	nixie_report_free(r);
	return 0;
}
