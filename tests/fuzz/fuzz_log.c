/*
 * fuzz_log - logs of mail servers, line by line
 *
 * Holds always: what an event points to is well-formed text; its JSON is one line of JSON; its time
 * writes and reads back as the same; each recipient of a line comes once, and an end comes.
 */
#include "base/buf.h"
#include "fuzz.h"
#include "json_check.h"
#include "nixie.h"
#include "read/logline.h"
#include "sinks.h"

#define MORE_MAX 100000

static void
check_text(struct nixie_str s)
{
	assert(utf8_valid((struct str){s.ptr, s.len}));
}

static void
check_event(const struct nixie_log_event *e)
{
	const struct nixie_style style = {.source_path = "-", .source_index = 1};
	struct buf b;
	check_text(e->sender);
	check_text(e->queue_id);
	check_text(e->outcome.recipient);
	check_text(e->outcome.diagnostic);
	assert(e->outcome.action != NIXIE_ACTION_NONE);
	assert(e->time_s >= 0 || e->time.len == 0);
	buf_init(&b, (size_t)64 << 20);
	assert(nixie_log_json(e, &style, to_buf, &b) == NIXIE_OK);
	assert(json_check_line(buf_str(&b)));
	buf_fini(&b);
	if (e->time.len > 0) {
		struct arena a;
		struct logline l;
		struct log_clock clock = {.year = 2026};
		arena_init(&a, 65536);
		logline_parse((struct str){e->time.ptr, e->time.len}, &clock, &a, &l);
		assert(l.time_s == e->time_s);
		arena_fini(&a);
	}
}

static void
check_advice(struct nixie_log *log, const struct nixie_log_event *e)
{
	const struct nixie_style style = {.columns = 80};
	struct nixie_advice advice;
	assert(nixie_log_advice(log, e, &style, &advice) == NIXIE_OK);
	assert(advice.sending_admin.count <= NIXIE_STEPS_MAX);
}

static void
check_line(struct nixie_log *log, struct str line)
{
	struct nixie_log_event e;
	size_t n = 0;
	const struct str copy = fuzz_copy((const uint8_t *)line.ptr, line.len);
	enum nixie_rc rc = nixie_log_line(log, copy.ptr, copy.len, &e);
	for (; rc == NIXIE_OK && n < MORE_MAX; rc = nixie_log_more(log, &e)) {
		check_event(&e);
		if (n++ == 0)
			check_advice(log, &e);
	}
	assert(rc == NIXIE_ABSENT || rc == NIXIE_LIMIT);
	free((void *)(uintptr_t)copy.ptr);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const char *const bytes = (const char *)data;
	struct nixie_log *const log = nixie_log_new(2026);
	struct nixie_log_event e;
	assert(log != NULL);
	for (size_t at = 0; at < size;) {
		const char *const lf = memchr(bytes + at, '\n', size - at);
		const size_t len = lf != NULL ? (size_t)(lf - bytes) - at : size - at;
		check_line(log, (struct str){bytes + at, len});
		at += len + 1;
	}
	if (nixie_log_end(log, &e) == NIXIE_OK)
		check_event(&e);
	nixie_log_free(log);
	return 0;
}
