/*
 * test_mutants - damaged mail: no crash, no hang, and of each a report that holds
 *
 * usage: test_mutants [-n N] [-s SEED] [-w FOLDER] PATH...
 *
 * Makes N mutants (2,600) of the mails in each PATH, as many of each kind, and reads them; best
 * built with sanitizers: `CC=clang meson setup -Db_sanitize=address,undefined`. The same SEED (1)
 * makes the same mutants. A child reads them, so that a crash is one failed mutant, and the next is
 * read. -w writes them to FOLDER instead of reading them, one file each; a failing one is saved in
 * the present folder.
 */
#define _DEFAULT_SOURCE /* MAP_ANONYMOUS */
#include "../fuzz/message_check.h"
#include "../unit/tap.h"
#include "mails.h"
#include "mutate.h"

#include <stdio.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#define MUTANTS 2600
#define HANG_S 60 /* no mail takes a thousandth of it, also under valgrind */
#define TOLD_MAX 5
#define MUTANT_BYTES_MAX ((size_t)16 << 20)

struct plan {
	struct mails mails;
	size_t kind;
	uint64_t seed;
	const char *folder; /* to write to; NULL: read them */
};

static void
make(const struct plan *p, size_t number, struct buf *out)
{
	struct random r = {(p->seed << 40) + (p->kind << 32) + number};
	const struct mails *const mails = &p->mails;
	const struct str mail = mails->list[random_below(&r, mails->count)].text;
	const struct str other = mails->list[random_below(&r, mails->count)].text;
	buf_clear(out);
	mutation_kinds[p->kind].make(&r, mail, other, out);
}

static bool
save(const struct plan *p, const char *folder, size_t number, struct str mutant)
{
	char path[4096];
	const int len = snprintf(path, sizeof path, "%s/mutant-%llu-%zu-%zu.eml", folder,
		(unsigned long long)p->seed, p->kind, number);
	FILE *const f = len > 0 && (size_t)len < sizeof path ? fopen(path, "wb") : NULL;
	const bool ok = f != NULL &&
			(mutant.len == 0 || fwrite(mutant.ptr, 1, mutant.len, f) == mutant.len);
	return f != NULL && fclose(f) == 0 && ok;
}

/* Reads one; what does not hold aborts. */
static void
check(struct nixie_report *r, struct str mutant, size_t number, struct buf *line, struct buf *again)
{
	const struct str copy = fuzz_copy((const uint8_t *)mutant.ptr, mutant.len);
	assert(nixie_read(r, copy.ptr, copy.len, NIXIE_INPUT_ANY) == NIXIE_OK);
	check_report(r, copy);
	buf_clear(line);
	check_json(r, number % 2 == 0, line);
	if (number % 4 == 0) {
		buf_clear(again);
		check_page(r, again);
	}
	if (number % 8 == 1) {
		struct nixie_report *const fresh = nixie_report_new();
		assert(fresh != NULL &&
			nixie_read(fresh, copy.ptr, copy.len, NIXIE_INPUT_ANY) == NIXIE_OK);
		buf_clear(again);
		check_json(fresh, false, again);
		assert(str_eq(buf_str(line), buf_str(again)));
		nixie_report_free(fresh);
	}
	free((void *)(uintptr_t)copy.ptr);
}

/* In the child: the mutants from *at on, *at being the one at hand. */
static void
read_all(const struct plan *p, size_t count, volatile size_t *at)
{
	struct nixie_report *const r = nixie_report_new();
	struct buf mutant, line, again;
	buf_init(&mutant, MUTANT_BYTES_MAX);
	buf_init(&line, CHECK_OUTPUT_BYTES);
	buf_init(&again, CHECK_OUTPUT_BYTES);
	assert(r != NULL);
	for (; *at < count; ++*at) {
		alarm(HANG_S);
		make(p, *at, &mutant);
		assert(!buf_failed(&mutant));
		check(r, buf_str(&mutant), *at, &line, &again);
	}
	nixie_report_free(r);
	buf_fini(&mutant);
	buf_fini(&line);
	buf_fini(&again);
}

/* How many of `count` mutants failed. */
static size_t
read_kind(const struct plan *p, size_t count, volatile size_t *at)
{
	size_t failed = 0;
	struct buf mutant;
	for (*at = 0; *at < count; ++*at) {
		int status = 0;
		fflush(stdout);
		const pid_t child = fork();
		if (child == 0) {
			read_all(p, count, at);
			_exit(0);
		}
		if (child < 0 || waitpid(child, &status, 0) != child)
			return failed + 1;
		if (WIFEXITED(status) && WEXITSTATUS(status) == 0)
			break;
		if (failed++ >= TOLD_MAX)
			continue;
		buf_init(&mutant, MUTANT_BYTES_MAX);
		make(p, *at, &mutant);
		printf("# mutant %zu of kind %zu failed (%s %d)%s\n", *at, p->kind,
			WIFSIGNALED(status) ? "signal" : "exit status",
			WIFSIGNALED(status) ? WTERMSIG(status) : WEXITSTATUS(status),
			save(p, ".", *at, buf_str(&mutant)) ? ", and is saved here" : "");
		buf_fini(&mutant);
	}
	return failed;
}

/* Writes them; how many could not be. */
static size_t
write_kind(const struct plan *p, size_t count)
{
	size_t failed = 0;
	struct buf mutant;
	buf_init(&mutant, MUTANT_BYTES_MAX);
	for (size_t number = 0; number < count; number++) {
		make(p, number, &mutant);
		failed += !save(p, p->folder, number, buf_str(&mutant));
	}
	buf_fini(&mutant);
	return failed;
}

static bool
take_options(int argc, char **argv, struct plan *p, size_t *count)
{
	int option;
	while ((option = getopt(argc, argv, "n:s:w:")) != -1) {
		if (option == 'n')
			*count = strtoul(optarg, NULL, 10);
		else if (option == 's')
			p->seed = strtoul(optarg, NULL, 10);
		else if (option == 'w')
			p->folder = optarg;
		else
			return false;
	}
	return optind < argc;
}

int
main(int argc, char **argv)
{
	struct plan p = {.seed = 1};
	size_t count = MUTANTS;
	if (!take_options(argc, argv, &p, &count)) {
		fputs("usage: test_mutants [-n N] [-s SEED] [-w FOLDER] PATH...\n", stderr);
		return 2;
	}
	for (int i = optind; i < argc; i++)
		tap_ok(mails_add(&p.mails, argv[i]), "%s is there", argv[i]);
	size_t *const at =
		mmap(NULL, sizeof *at, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (!tap_ok(p.mails.count > 0 && at != MAP_FAILED, "there is a mail to damage"))
		return tap_done();
	printf("# %zu mutants of %zu mails, seed %llu\n", count, p.mails.count,
		(unsigned long long)p.seed);
	for (p.kind = 0; p.kind < MUTATION_KINDS; p.kind++) {
		const size_t n = count / MUTATION_KINDS + (p.kind < count % MUTATION_KINDS);
		const size_t failed = p.folder != NULL ? write_kind(&p, n) : read_kind(&p, n, at);
		tap_is_int(failed, 0, "%s: %zu mutants", mutation_kinds[p.kind].name, n);
	}
	munmap(at, sizeof *at);
	mails_fini(&p.mails);
	return tap_done();
}
