/*
 * test_exhaustion - memory that ends at any allocation, and sinks that refuse at any write
 *
 * usage: test_exhaustion LOGS PATH...
 *
 * The linker puts our malloc in place of the library's (--wrap), so that each request in turn is
 * refused: once, or from then on. What is promised: NIXIE_NOMEM or NIXIE_LIMIT and an empty report,
 * NIXIE_SINK and no further call, and an object that works again afterwards.
 */
#include "../fuzz/message_check.h"
#include "../unit/tap.h"
#include "mails.h"

#include <limits.h>

#define MAIL_BYTES ((size_t)16384) /* larger mails are passed over */
#define LIMIT_STEP_BYTES 1024
#define REQUESTS_MAX 100000

/* How many more requests are granted; what is refused then. */
static long grants = LONG_MAX;
static bool for_good;

static bool
is_granted(void)
{
	if (grants > 0) {
		grants -= grants != LONG_MAX;
		return true;
	}
	if (!for_good)
		grants = LONG_MAX;
	return false;
}

/* Names that the linker asks for. */
void *__real_malloc(size_t size);
void *__real_calloc(size_t n, size_t size);
void *__real_realloc(void *ptr, size_t size);
void *__wrap_malloc(size_t size);
void *__wrap_calloc(size_t n, size_t size);
void *__wrap_realloc(void *ptr, size_t size);

void *
__wrap_malloc(size_t size)
{
	return is_granted() ? __real_malloc(size) : NULL;
}

void *
__wrap_calloc(size_t n, size_t size)
{
	return is_granted() ? __real_calloc(n, size) : NULL;
}

void *
__wrap_realloc(void *ptr, size_t size)
{
	return is_granted() ? __real_realloc(ptr, size) : NULL;
}

/* refuse_after - from the request after `n` more: that one, or all. True when that came. */
static void
refuse_after(long n, bool all)
{
	grants = n;
	for_good = all;
}

static bool
was_refused(long n)
{
	const bool refused = for_good ? grants == 0 : grants == LONG_MAX;
	grants = LONG_MAX;
	return refused || n == LONG_MAX;
}

static bool
count_bytes(void *to, const char *bytes, size_t len)
{
	(void)bytes;
	*(size_t *)to += len;
	return true;
}

static bool
is_empty(const struct nixie_report *r)
{
	const struct nixie_report_info *const info = nixie_report_info(r);
	return info->kind == NIXIE_KIND_ORDINARY && info->outcome_count == 0 &&
	       info->evidence_count == 0 && info->note_count == 0 && info->subject.len == 0;
}

/* ---- reports ---- */

/* All that is done with a report; false when something of it is not as promised. */
static bool
use_report(struct str mail)
{
	const struct nixie_style style = {.explain = true, .columns = 72};
	size_t written = 0;
	struct nixie_report *const r = nixie_report_new();
	if (r == NULL)
		return true;
	const enum nixie_rc rc = nixie_read(r, mail.ptr, mail.len, NIXIE_INPUT_ANY);
	bool ok = rc == NIXIE_OK || (rc == NIXIE_NOMEM && is_empty(r));
	const enum nixie_rc json = nixie_report_json(r, &style, count_bytes, &written);
	const enum nixie_rc text = nixie_report_text(r, &style, count_bytes, &written);
	ok = ok && (json == NIXIE_OK || json == NIXIE_NOMEM) &&
	     (text == NIXIE_OK || text == NIXIE_NOMEM);
	nixie_report_free(r);
	return ok;
}

/* Tells of it only when it is not good: there are hundreds. */
static size_t
is_bad(bool good, const char *what, const struct mail *m)
{
	if (!good)
		printf("# %s: %s\n", what, m->name);
	return !good;
}

/* 1 when it went wrong. */
static size_t
test_memory(const struct mail *m, bool all)
{
	size_t wrong = 0;
	long n = 0;
	bool refused = true;
	for (; refused && n < REQUESTS_MAX; n++) {
		refuse_after(n, all);
		wrong += !use_report(m->text);
		refused = was_refused(n);
	}
	return is_bad(wrong == 0 && !refused, all ? "no memory from a request on" : "a request", m);
}

static size_t
test_limits(struct nixie_report *r, const struct mail *m)
{
	size_t wrong = 0, limit = 1;
	enum nixie_rc rc = NIXIE_LIMIT;
	for (; rc != NIXIE_OK && limit < (size_t)64 << 20; limit += LIMIT_STEP_BYTES) {
		nixie_report_limit(r, limit);
		rc = nixie_read(r, m->text.ptr, m->text.len, NIXIE_INPUT_ANY);
		wrong += rc != NIXIE_OK && (rc != NIXIE_LIMIT || !is_empty(r));
	}
	return is_bad(wrong == 0 && rc == NIXIE_OK, "a limit", m);
}

/* ---- sinks ---- */

struct sink {
	long takes; /* so many more writes are taken */
	bool was_asked_again;
};

static bool
refuse_in_time(void *to, const char *bytes, size_t len)
{
	struct sink *const s = to;
	(void)bytes;
	(void)len;
	s->was_asked_again = s->was_asked_again || s->takes < 0;
	return s->takes-- > 0;
}

typedef enum nixie_rc write_fn(
	const struct nixie_report *r, const struct nixie_style *style, nixie_sink *sink, void *to);

static void
test_sink(const struct nixie_report *r, const char *what, write_fn *write, bool pretty)
{
	const struct nixie_style style = {.explain = true, .pretty = pretty};
	size_t wrong = 0;
	long n = 0;
	enum nixie_rc rc = NIXIE_SINK;
	for (; rc != NIXIE_OK && n < REQUESTS_MAX; n++) {
		struct sink s = {.takes = n};
		rc = write(r, &style, refuse_in_time, &s);
		wrong += s.was_asked_again || (rc != NIXIE_OK && rc != NIXIE_SINK);
	}
	tap_ok(wrong == 0 && rc == NIXIE_OK, "a sink that refuses write 0 to %ld: %s", n - 1, what);
}

/* So many recipients that their report is written in many pieces. */
static void
test_sinks(void)
{
	static char text[1 << 17];
	size_t len = 0;
	for (int i = 0; i < 500; i++)
		len += (size_t)snprintf(text + len, sizeof text - len,
			"<u%d@b.example>:\n550 5.1.1 <u%d@b.example> no such user here\n\n", i, i);
	struct nixie_report *const r = nixie_report_new();
	if (tap_ok(r != NULL && nixie_read(r, text, len, NIXIE_INPUT_TEXT) == NIXIE_OK,
		    "500 recipients")) {
		test_sink(r, "JSON", nixie_report_json, false);
		test_sink(r, "indented JSON", nixie_report_json, true);
		test_sink(r, "text", nixie_report_text, false);
	}
	nixie_report_free(r);
}

/* ---- logs ---- */

static bool
use_event(struct nixie_log *log, const struct nixie_log_event *e)
{
	const struct nixie_style style = {.columns = 72, .explain = true};
	struct nixie_advice advice;
	size_t written = 0;
	const enum nixie_rc json = nixie_log_json(e, &style, count_bytes, &written);
	const enum nixie_rc said = nixie_log_advice(log, e, &style, &advice);
	return (json == NIXIE_OK || json == NIXIE_NOMEM) &&
	       (said == NIXIE_OK || said == NIXIE_NOMEM || said == NIXIE_LIMIT);
}

/* Reads the whole log; false when something is not as promised. */
static bool
use_log(struct str text, size_t *events)
{
	struct nixie_log *const log = nixie_log_new(2026);
	struct nixie_log_event e;
	struct str line;
	bool ok = true;
	*events = 0;
	if (log == NULL)
		return true;
	while (ok && str_line(&text, &line)) {
		enum nixie_rc rc = nixie_log_line(log, line.ptr, line.len, &e);
		for (; ok && rc == NIXIE_OK; rc = nixie_log_more(log, &e), ++*events)
			ok = use_event(log, &e);
		ok = ok && (rc == NIXIE_ABSENT || rc == NIXIE_NOMEM);
	}
	if (nixie_log_end(log, &e) == NIXIE_OK)
		++*events;
	nixie_log_free(log);
	return ok;
}

static void
test_log(const struct mail *m, bool all)
{
	size_t wrong = 0, events, whole;
	long n = 0;
	bool refused = true;
	wrong += !use_log(m->text, &whole);
	for (; refused && n < REQUESTS_MAX; n++) {
		refuse_after(n, all);
		wrong += !use_log(m->text, &events) || events > whole;
		refused = was_refused(n);
	}
	tap_ok(wrong == 0 && !refused && events == whole, "no memory from request 0 to %ld%s: %s",
		n - 1, all ? " on" : "", m->name);
}

int
main(int argc, char **argv)
{
	struct mails logs = {.only = ".log"}, mails = {.list = NULL};
	struct nixie_report *const r = nixie_report_new();
	if (argc < 3 || r == NULL)
		return 2;
	for (int i = 2; i < argc; i++)
		tap_ok(mails_add(&mails, argv[i]), "%s is there", argv[i]);
	tap_ok(mails_add(&logs, argv[1]), "%s is there", argv[1]);
	size_t read = 0, once = 0, for_ever = 0, limited = 0;
	for (size_t i = 0; i < mails.count; i++) {
		if (mails.list[i].text.len > MAIL_BYTES)
			continue;
		read++;
		once += test_memory(&mails.list[i], false);
		for_ever += test_memory(&mails.list[i], true);
		limited += test_limits(r, &mails.list[i]);
	}
	tap_ok(read > 0 && once == 0, "%zu mails, each request for memory refused once", read);
	tap_is_int(for_ever, 0, "%zu mails, no memory from each request on", read);
	tap_is_int(limited, 0, "%zu mails under limits from 1 byte on", read);
	test_sinks();
	for (size_t i = 0; i < logs.count; i++) {
		test_log(&logs.list[i], false);
		test_log(&logs.list[i], true);
	}
	nixie_report_free(r);
	mails_fini(&mails);
	mails_fini(&logs);
	return tap_done();
}
