/* nixie.h as its users see it; of the inside only buf, tap and the JSON checker */
#include "nixie.h"

#include "base/buf.h"
#include "tap.h"

#include "../fuzz/json_check.h"
#include "../fuzz/sinks.h"

#include <pthread.h>

#define OUTPUT_BYTES_MAX ((size_t)16 << 20)
#define LIMIT_STEP_BYTES 16
#define THREAD_ROUNDS 200

static const char bounce[] =
	"From: MAILER-DAEMON@mx.example\nTo: me@b.example\nSubject: Undelivered Mail Returned to "
	"Sender\n"
	"MIME-Version: 1.0\nContent-Type: multipart/report; report-type=delivery-status; "
	"boundary=x\n\n"
	"--x\nContent-Type: text/plain; charset=iso-8859-1\nContent-Transfer-Encoding: "
	"quoted-printable\n\n"
	"Die Nachricht ist zur=FCck.\n\n<a@b.example>: host mx.b.example[192.0.2.1] said: 550 "
	"5.1.1\n"
	"    User unknown (in reply to RCPT TO command)\n\n--x\nContent-Type: "
	"message/delivery-status\n\n"
	"Reporting-MTA: dns; mx.example\nArrival-Date: Mon, 1 Jan 2024 00:00:00 +0000\n\n"
	"Final-Recipient: rfc822; a@b.example\nAction: failed\nStatus: 5.1.1\n"
	"Remote-MTA: dns; mx.b.example\nDiagnostic-Code: smtp; 550 5.1.1\n    User unknown\n\n--x\n"
	"Content-Type: text/rfc822-headers\n\nFrom: me@b.example\nTo: a@b.example\n"
	"Subject: =?utf-8?Q?gr=C3=BC=C3=9Fe?=\nMessage-ID: <1@b.example>\n\n--x--\n";
static const char delay[] = "451 4.7.1 <c@d.example>: Greylisted, please try again in 300 seconds";
static const char ordinary[] = "From: a@b.example\nTo: c@d.example\nSubject: lunch\n\nAt one?\n";

static struct str
str_in(struct nixie_str s)
{
	return (struct str){s.ptr, s.len};
}

static enum nixie_rc
read_str(struct nixie_report *r, const char *text)
{
	return nixie_read(r, text, strlen(text), NIXIE_INPUT_ANY);
}

static void
json_of(const struct nixie_report *r, struct buf *b)
{
	const struct nixie_style style = {.explain = true};
	buf_clear(b);
	if (nixie_report_json(r, &style, to_buf, b) != NIXIE_OK)
		buf_clear(b);
}

static void
check_bounce(const struct nixie_report *r, const char *when)
{
	const struct nixie_report_info *const info = nixie_report_info(r);
	tap_is_int(info->kind, NIXIE_KIND_FAILURE, "%s: a failure", when);
	tap_is_str(str_in(info->original.message_id), STR("<1@b.example>"), "%s: which", when);
	tap_is_str(str_in(info->original.subject),
		STR("gr\xC3\xBC\xC3\x9F"
		    "e"),
		"%s: subject", when);
	tap_is_str(str_in(info->arrival_date), STR("2024-01-01T00:00:00+00:00"), "%s: date", when);
	if (!tap_is_int(info->outcome_count, 1, "%s: one outcome", when))
		return;
	const struct nixie_outcome *const o = &info->outcomes[0];
	tap_is_str(str_in(o->recipient), STR("a@b.example"), "%s: whom", when);
	tap_is_str(str_in(o->reason), STR("user_unknown"), "%s: why", when);
	tap_is_str(str_in(o->status), STR("5.1.1"), "%s: status", when);
	tap_is_str(str_in(o->diagnostic), STR("550 5.1.1 User unknown"), "%s: unfolded", when);
	tap_is_int(o->reply_code, 550, "%s: reply", when);
	tap_is_int(o->verdict, NIXIE_VERDICT_HARD, "%s: verdict", when);
	tap_is_int(o->action, NIXIE_ACTION_FAILED, "%s: action", when);
	tap_is_int(o->stage, NIXIE_STAGE_RCPT, "%s: stage", when);
	tap_is_int(o->refuser, NIXIE_REFUSER_REMOTE_SERVER, "%s: who", when);
	tap_ok(o->is_final && !o->is_expired && o->retry_after_s == -1, "%s: it is over", when);
}

static void
test_lifecycle(void)
{
	struct nixie_report *const r = nixie_report_new();
	struct buf first, again;
	if (!tap_ok(r != NULL, "new"))
		return;
	buf_init(&first, OUTPUT_BYTES_MAX);
	buf_init(&again, OUTPUT_BYTES_MAX);
	const struct nixie_report_info *info = nixie_report_info(r);
	tap_ok(info != NULL && info->outcome_count == 0 && info->kind == NIXIE_KIND_ORDINARY,
		"before reading: empty");
	json_of(r, &first);
	tap_ok(json_check_line(buf_str(&first)), "before reading: JSON all the same");
	tap_is_int(read_str(r, bounce), NIXIE_OK, "read");
	check_bounce(r, "read");
	json_of(r, &first);
	tap_ok(json_check_line(buf_str(&first)), "read: one line of JSON");
	tap_is_int(read_str(r, delay), NIXIE_OK, "reuse: a delay");
	info = nixie_report_info(r);
	tap_is_int(info->outcome_count == 1 ? info->outcomes[0].retry_after_s : 0, 300,
		"reuse: when again");
	tap_is_int(info->original.message_id.len, 0, "reuse: nothing is left of the first");
	tap_is_int(read_str(r, ordinary), NIXIE_OK, "reuse: ordinary mail");
	tap_is_int(nixie_report_info(r)->kind, NIXIE_KIND_ORDINARY, "reuse: is ordinary");
	tap_is_int(read_str(r, bounce), NIXIE_OK, "reuse: the first again");
	json_of(r, &again);
	tap_ok(first.len > 0 && str_eq(buf_str(&first), buf_str(&again)), "reuse: the same JSON");
	nixie_report_free(r);
	nixie_report_free(NULL);
	buf_fini(&first);
	buf_fini(&again);
}

static void
test_nothing(void)
{
	static const struct {
		const char *name, *bytes;
		size_t len;
	} rows[] = {{"NULL", NULL, 0}, {"empty", "", 0}, {"a NUL", "\0", 1}, {"blank", " \r\n ", 4},
		{"0xFF", "\xFF", 1}, {"a colon", ":", 1}, {"From", "From", 4}, {"CR", "\r", 1}};
	static const enum nixie_input kinds[] = {
		NIXIE_INPUT_ANY, NIXIE_INPUT_MESSAGE, NIXIE_INPUT_TEXT};
	struct nixie_report *const r = nixie_report_new();
	struct buf b;
	buf_init(&b, OUTPUT_BYTES_MAX);
	for (size_t i = 0; r != NULL && i < sizeof rows / sizeof *rows; i++)
		for (int k = 0; k < 3; k++) {
			const enum nixie_rc rc =
				nixie_read(r, rows[i].bytes, rows[i].len, kinds[k]);
			tap_ok(rc == NIXIE_OK && nixie_report_info(r)->kind == NIXIE_KIND_ORDINARY,
				"nothing: %s as %d", rows[i].name, k);
			json_of(r, &b);
			tap_ok(json_check_line(buf_str(&b)), "nothing: %s as %d: JSON",
				rows[i].name, k);
		}
	nixie_report_free(r);
	buf_fini(&b);
}

/* Memory may end at any allocation: then the report is empty, and nothing leaks (the sanitizers see
 * to that). */
static void
test_limit(const char *name, const char *text)
{
	struct nixie_report *const r = nixie_report_new(), *const whole = nixie_report_new();
	struct buf want, got;
	size_t limit = 0, wrong = 0;
	enum nixie_rc rc = NIXIE_LIMIT;
	buf_init(&want, OUTPUT_BYTES_MAX);
	buf_init(&got, OUTPUT_BYTES_MAX);
	if (r == NULL || whole == NULL || read_str(whole, text) != NIXIE_OK)
		goto free_reports;
	json_of(whole, &want);
	while (rc == NIXIE_LIMIT && limit < OUTPUT_BYTES_MAX) {
		limit += LIMIT_STEP_BYTES;
		nixie_report_limit(r, limit);
		rc = read_str(r, text);
		const struct nixie_report_info *const info = nixie_report_info(r);
		if (rc == NIXIE_LIMIT)
			wrong += info->outcome_count != 0 || info->note_count != 0 ||
				 info->evidence_count != 0 || info->original.subject.len != 0 ||
				 info->kind != NIXIE_KIND_ORDINARY;
	}
	tap_ok(rc == NIXIE_OK && limit > LIMIT_STEP_BYTES, "limit: %s: enough at last (%zu bytes)",
		name, limit);
	tap_is_int(wrong, 0, "limit: %s: empty until then", name);
	json_of(r, &got);
	tap_ok(want.len > 0 && str_eq(buf_str(&got), buf_str(&want)),
		"limit: %s: just enough gives the whole report", name);
	nixie_report_limit(r, limit - LIMIT_STEP_BYTES);
	tap_is_int(read_str(r, text), NIXIE_LIMIT, "limit: %s: the same the second time", name);
	nixie_report_limit(r, limit * 2);
	tap_is_int(read_str(r, text), NIXIE_OK, "limit: %s: usable after a failure", name);
free_reports:
	nixie_report_free(r);
	nixie_report_free(whole);
	buf_fini(&want);
	buf_fini(&got);
}

/* A report that is wiped says the same; test_arena.c looks at the memory. */
static void
test_wipe(void)
{
	struct nixie_report *const plain = nixie_report_new(), *const r = nixie_report_new();
	struct buf want, got;
	buf_init(&want, OUTPUT_BYTES_MAX);
	buf_init(&got, OUTPUT_BYTES_MAX);
	if (plain == NULL || r == NULL || read_str(plain, bounce) != NIXIE_OK)
		goto free_reports;
	json_of(plain, &want);
	nixie_report_wipe(r);
	for (int round = 0; round < 2; round++) {
		tap_is_int(read_str(r, bounce), NIXIE_OK, "wipe: read");
		json_of(r, &got);
		tap_ok(want.len > 0 && str_eq(buf_str(&got), buf_str(&want)), "wipe: the same");
	}
free_reports:
	nixie_report_free(plain);
	nixie_report_free(r);
	buf_fini(&want);
	buf_fini(&got);
}

static void
test_sink(void)
{
	const struct nixie_style style = {.explain = true};
	struct nixie_report *const r = nixie_report_new();
	const struct nixie_str code = {"5.1.1", 5};
	int calls = 0;
	if (!tap_ok(r != NULL && read_str(r, bounce) == NIXIE_OK, "sink: read"))
		return;
	enum nixie_rc rc = nixie_report_json(r, &style, refuse, &calls);
	tap_is_int(rc, NIXIE_SINK, "sink: JSON");
	tap_is_int(calls, 1, "sink: JSON: not called again");
	rc = nixie_report_text(r, &style, refuse, &calls);
	tap_is_int(rc, NIXIE_SINK, "sink: text");
	rc = nixie_code_json(code, &style, refuse, &calls);
	tap_is_int(rc, NIXIE_SINK, "sink: code, JSON");
	rc = nixie_code_text(code, &style, refuse, &calls);
	tap_is_int(rc, NIXIE_SINK, "sink: code, text");
	tap_is_int(calls, 4, "sink: each called once");
	check_bounce(r, "sink: the report stands");
	nixie_report_free(r);
}

static void
test_style(void)
{
	struct nixie_report *const r = nixie_report_new();
	struct buf b;
	buf_init(&b, OUTPUT_BYTES_MAX);
	if (!tap_ok(r != NULL && read_str(r, bounce) == NIXIE_OK, "style: read"))
		return;
	struct nixie_style style = {.source_path = "a\"b\xFF.eml", .source_index = 7};
	enum nixie_rc rc = nixie_report_json(r, &style, to_buf, &b);
	tap_is_int(rc, NIXIE_OK, "style: source");
	tap_ok(json_check_line(buf_str(&b)), "style: source: JSON");
	tap_ok(str_has(buf_str(&b), STR("\"path\":\"a\\\"b\xEF\xBF\xBD.eml\"")), "style: path");
	tap_ok(str_has(buf_str(&b), STR("\"index\":7")), "style: index");
	tap_ok(!str_has(buf_str(&b), STR("\"explanation\"")), "style: not explained");
	buf_clear(&b);
	style = (struct nixie_style){.pretty = true, .explain = true, .lang = "xx_YY.UTF-8"};
	rc = nixie_report_json(r, &style, to_buf, &b);
	tap_is_int(rc, NIXIE_OK, "style: pretty");
	tap_ok(json_check(buf_str(&b)) && str_has(buf_str(&b), STR("\n  \"")), "style: indented");
	tap_ok(str_has(buf_str(&b), STR("\"explanation\"")), "style: explained");
	tap_ok(!str_has(buf_str(&b), STR("\"source\"")), "style: no source");
	for (unsigned columns = 50; columns <= 100; columns += 10) {
		size_t longest = 0;
		buf_clear(&b);
		style = (struct nixie_style){.columns = columns};
		rc = nixie_report_text(r, &style, to_buf, &b);
		tap_is_int(rc, NIXIE_OK, "style: text");
		for (struct str rest = buf_str(&b), line; str_line(&rest, &line);)
			longest = line.len > longest ? line.len : longest;
		tap_ok(longest > 0 && longest <= columns, "style: %u columns", columns);
		tap_ok(!str_has(buf_str(&b), STR("\x1B")), "style: no colour unasked");
	}
	buf_clear(&b);
	style = (struct nixie_style){.colour = true};
	rc = nixie_report_text(r, &style, to_buf, &b);
	tap_is_int(rc, NIXIE_OK, "style: colour");
	tap_ok(str_has(buf_str(&b), STR("\x1B[")), "style: coloured");
	nixie_report_free(r);
	buf_fini(&b);
}

static void
test_code(void)
{
	static const struct {
		const char *code;
		enum nixie_rc want;
	} rows[] = {{"550", NIXIE_OK}, {"5.1.1", NIXIE_OK}, {"550 5.1.1", NIXIE_OK},
		{"4.2.2", NIXIE_OK}, {"user_unknown", NIXIE_OK}, {"zen.spamhaus.org", NIXIE_OK},
		{"0x800CCC79", NIXIE_OK}, {"0x800ccc79", NIXIE_OK}, {"S3150", NIXIE_OK},
		{"", NIXIE_ABSENT}, {"no_such_thing", NIXIE_ABSENT}, {"x.y.z", NIXIE_ABSENT}};
	struct buf b;
	buf_init(&b, OUTPUT_BYTES_MAX);
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		const struct nixie_style style = {.columns = 72};
		const struct nixie_str code = {rows[i].code, strlen(rows[i].code)};
		buf_clear(&b);
		enum nixie_rc rc = nixie_code_text(code, &style, to_buf, &b);
		tap_is_int(rc, rows[i].want, "code: '%s'", rows[i].code);
		tap_ok((b.len > 0) == (rows[i].want == NIXIE_OK), "code: '%s': words",
			rows[i].code);
		buf_clear(&b);
		rc = nixie_code_json(code, &style, to_buf, &b);
		tap_is_int(rc, rows[i].want, "code: '%s'", rows[i].code);
		tap_ok(b.len == 0 ? rows[i].want != NIXIE_OK : json_check_line(buf_str(&b)),
			"code: '%s': JSON", rows[i].code);
	}
	const struct nixie_style style = {.columns = 0};
	const enum nixie_rc rc = nixie_code_text((struct nixie_str){NULL, 0}, &style, to_buf, &b);
	tap_is_int(rc, NIXIE_ABSENT, "code: absent");
	buf_fini(&b);
}

static void
test_names(void)
{
	tap_is_str(
		str_of(nixie_kind_name(NIXIE_KIND_AUTO_REPLY)), STR("auto_reply"), "names: kind");
	tap_is_str(str_of(nixie_kind_name((enum nixie_kind)99)), STR("unknown"), "names: no kind");
	tap_is_str(
		str_of(nixie_action_name(NIXIE_ACTION_EXPANDED)), STR("expanded"), "names: action");
	tap_is_str(str_of(nixie_verdict_name(NIXIE_VERDICT_BLOCK)), STR("block"), "names: verdict");
	tap_is_str(str_of(nixie_said_name(NIXIE_SAID_SUCCESS)), STR("success"), "names: said");
	tap_is_str(str_of(nixie_refuser_name(NIXIE_REFUSER_SENDING_SERVICE)),
		STR("sending_service"), "names: refuser");
	tap_is_str(str_of(nixie_stage_name(NIXIE_STAGE_END_OF_DATA)), STR("end_of_data"),
		"names: stage");
	tap_is_str(str_of(nixie_stage_name((enum nixie_stage) - 1)), STR("unknown"),
		"names: no stage");
	tap_is_str(str_of(nixie_version()), STR(NIXIE_VERSION), "names: version");
}

/* What one thread found: how often its report was another. */
struct worker {
	const char *text;
	struct str want;
	size_t wrong;
};

static void *
work(void *arg)
{
	struct worker *const w = arg;
	struct nixie_report *const r = nixie_report_new();
	struct buf b;
	buf_init(&b, OUTPUT_BYTES_MAX);
	for (int i = 0; i < THREAD_ROUNDS; i++) {
		if (r == NULL || read_str(r, w->text) != NIXIE_OK)
			w->wrong++;
		else
			json_of(r, &b);
		w->wrong += !str_eq(buf_str(&b), w->want);
	}
	nixie_report_free(r);
	buf_fini(&b);
	return NULL;
}

static void
test_threads(void)
{
	static const char *const texts[] = {bounce, delay};
	struct worker workers[2];
	struct buf want[2];
	pthread_t threads[2];
	for (int i = 0; i < 2; i++) {
		struct nixie_report *const r = nixie_report_new();
		buf_init(&want[i], OUTPUT_BYTES_MAX);
		tap_ok(r != NULL && read_str(r, texts[i]) == NIXIE_OK, "threads: %d alone", i);
		json_of(r, &want[i]);
		nixie_report_free(r);
		workers[i] = (struct worker){texts[i], buf_str(&want[i]), 0};
	}
	for (int i = 0; i < 2; i++) {
		const int rc = pthread_create(&threads[i], NULL, work, &workers[i]);
		tap_is_int(rc, 0, "threads: %d begins", i);
	}
	for (int i = 0; i < 2; i++) {
		pthread_join(threads[i], NULL);
		tap_ok(want[i].len > 0 && workers[i].wrong == 0, "threads: %d: as alone", i);
		buf_fini(&want[i]);
	}
}

int
main(void)
{
	test_lifecycle();
	test_nothing();
	test_limit("a bounce", bounce);
	test_limit("a reply", delay);
	test_limit("ordinary mail", ordinary);
	test_wipe();
	test_sink();
	test_style();
	test_code();
	test_names();
	test_threads();
	return tap_done();
}
