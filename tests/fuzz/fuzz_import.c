/* fuzz_import - files that operators get from elsewhere: nothing of a mistake stays, and what was
 * taken is written so that it is taken again */
#include "admin/export.h"
#include "admin/import.h"
#include "admin/words.h"
#include "fuzz.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#define TEXT_BYTES_MAX 8192 /* a password takes a twentieth of a second */

static struct directory *
open_once(void)
{
	static struct directory *d;
	static char path[] = "/tmp/fuzz-import.XXXXXX";
	struct directory_error error;
	if (d != NULL)
		return d;
	const int fd = mkstemp(path);
	assert(fd >= 0);
	close(fd);
	d = directory_open(path, &error);
	assert(d != NULL);
	/* It is open, and goes with the process. */
	static const char *const files[] = {"", "-wal", "-shm"};
	for (size_t i = 0; i < sizeof files / sizeof *files; i++) {
		char file[64];
		snprintf(file, sizeof file, "%s%s", path, files[i]);
		unlink(file);
	}
	return d;
}

static bool
take_all(void *to, const char *bytes, size_t len)
{
	struct buf *const b = to;
	buf_add(b, (struct str){bytes, len});
	return true;
}

static struct str
exported(struct directory *d, struct buf *b)
{
	static struct out out;
	struct directory_error error;
	buf_init(b, (size_t)16 << 20);
	out_init(&out, take_all, b);
	const bool ok = export_run(d, true, &out, &error);
	assert(ok && out_finish(&out));
	return buf_str(b);
}

/* Any line is words, and words are a line again. */
static void
check_words(struct str line)
{
	struct arena a;
	struct buf b;
	struct str word, again;
	arena_init(&a, FUZZ_ARENA_BYTES);
	buf_init(&b, FUZZ_ARENA_BYTES);
	while (word_next(&line, &a, &word) && str_is_set(word)) {
		if (str_find_char(word, '\n', 0) != STR_NPOS)
			continue; /* of a line there is none in it */
		buf_clear(&b);
		word_add(&b, STR_NONE, word);
		struct str rest = buf_str(&b);
		const bool is_word = word_next(&rest, &a, &again);
		assert(is_word && str_eq(word, again) && rest.len == 0);
	}
	buf_fini(&b);
	arena_fini(&a);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	if (size < 1 || size > TEXT_BYTES_MAX)
		return 0;
	struct directory *const d = open_once();
	const struct str in = fuzz_copy(data + 1, size - 1);
	const struct import_plan plan = {
		.form = (enum import_form)(data[0] % IMPORT_FORM_COUNT),
		.domain = (data[0] & 0x40) != 0 ? STR("a.example") : STR_NONE,
		.updates = (data[0] & 0x80) != 0,
		.adds_domains = (data[0] & 0x20) != 0,
	};
	struct import result;
	struct arena a;
	struct directory_error error;
	struct buf before, after;
	arena_init(&a, FUZZ_ARENA_BYTES);
	check_words(in);
	const struct str was = exported(d, &before);
	bool ok = directory_begin(d, &error);
	assert(ok);
	/* Within a change of ours, so that what it kept can be seen, and goes. */
	const bool is_done = import_run(d, &plan, in, false, &a, &result);
	assert(is_done == (result.mistakes.count == 0));
	const struct str is = exported(d, &after);
	assert(is_done || str_eq(was, is));
	if (is_done) {
		/* Everything is said again, and nothing changes by it. */
		struct buf again;
		const struct import_plan own = {.form = IMPORT_NIXIE, .updates = true};
		struct import second;
		arena_reset(&a);
		const bool is_same = import_run(d, &own, is, false, &a, &second);
		assert(is_same && str_eq(exported(d, &again), is));
		buf_fini(&again);
	}
	ok = directory_end(d, false, &error);
	assert(ok);
	buf_fini(&before);
	buf_fini(&after);
	arena_fini(&a);
	free((void *)(uintptr_t)in.ptr);
	return 0;
}
