/*
 * fuzz_message - any bytes to a whole report, as JSON and as text
 *
 * The lowest bits of the length choose how the bytes are taken. Holds always: NIXIE_OK under the
 * default limit; under a small one NIXIE_OK or NIXIE_LIMIT and an empty report; the JSON is one
 * valid line; the text is UTF-8 without control characters; evidence points to its words in the
 * input; values are in range; a second report of the same bytes is equal.
 */
#include "base/buf.h"
#include "fuzz.h"
#include "json_check.h"
#include "nixie.h"

#define OUTPUT_BYTES_MAX ((size_t)512 << 20)

static bool
to_buf(void *to, const char *bytes, size_t len)
{
	assert(len > 0);
	buf_add(to, (struct str){bytes, len});
	return true;
}

static void
check_offset(int64_t offset, struct nixie_str words, struct str in)
{
	assert(offset >= -1 && offset <= (int64_t)in.len);
	if (offset < 0 || words.len == 0)
		return;
	assert(offset < (int64_t)in.len && in.ptr[offset] == words.ptr[0]);
}

static void
check_evidence(const struct nixie_evidence *list, size_t count, struct str in)
{
	for (size_t i = 0; i < count; i++) {
		assert(list[i].decided.len > 0 && list[i].rule.len > 0);
		check_offset(list[i].offset, list[i].words, in);
	}
}

static void
check_info(const struct nixie_report_info *info, struct str in)
{
	assert(info->kind <= NIXIE_KIND_RECEIPT);
	check_evidence(info->evidence, info->evidence_count, in);
	for (size_t i = 0; i < info->outcome_count; i++) {
		const struct nixie_outcome *const o = &info->outcomes[i];
		assert(o->action <= NIXIE_ACTION_EXPANDED && o->verdict <= NIXIE_VERDICT_BLOCK);
		assert(o->refuser <= NIXIE_REFUSER_SENDING_SERVICE);
		assert(o->stage <= NIXIE_STAGE_END_OF_DATA && o->said <= NIXIE_SAID_SUCCESS);
		assert(o->confidence <= 100 && o->retry_after_s >= -1);
		assert(o->reply_code == 0 || (o->reply_code >= 200 && o->reply_code < 600));
		assert((o->status.len > 0) == (o->status_origin != NIXIE_ORIGIN_ABSENT));
		check_evidence(o->evidence, o->evidence_count, in);
	}
	for (size_t i = 0; i < info->note_count; i++)
		assert(info->notes[i].what.len > 0 && info->notes[i].offset >= -1 &&
			info->notes[i].offset <= (int64_t)in.len);
}

/* Nothing of a stranger may move a cursor. */
static void
check_page(struct str text)
{
	assert(utf8_valid(text));
	for (size_t i = 0; i < text.len; i++)
		assert(((unsigned char)text.ptr[i] >= ' ' && text.ptr[i] != 127) ||
			text.ptr[i] == '\n');
	for (unsigned char c = 0x80; c < 0xA0; c++) {
		const char control[] = {(char)0xC2, (char)c};
		assert(!str_has(text, (struct str){control, 2}));
	}
	assert(!str_has(text, STR("\xE2\x80\xAE")) && !str_has(text, STR("\xE2\x81\xA6")));
}

static void
check_output(const struct nixie_report *r, struct buf *line, struct buf *page)
{
	struct nixie_style style = {.explain = true, .columns = 72, .source_path = "x"};
	struct buf pretty;
	buf_init(&pretty, OUTPUT_BYTES_MAX);
	assert(nixie_report_json(r, &style, to_buf, line) == NIXIE_OK);
	assert(nixie_report_text(r, &style, to_buf, page) == NIXIE_OK);
	style.pretty = true;
	assert(nixie_report_json(r, &style, to_buf, &pretty) == NIXIE_OK);
	assert(json_check_line(buf_str(line)) && json_check(buf_str(&pretty)));
	check_page(buf_str(page));
	buf_fini(&pretty);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const enum nixie_input kinds[] = {
		NIXIE_INPUT_ANY, NIXIE_INPUT_MESSAGE, NIXIE_INPUT_TEXT, NIXIE_INPUT_ANY};
	const enum nixie_input kind = kinds[size & 3];
	const struct str in = fuzz_copy(data, size);
	struct buf out[4];
	struct nixie_report *const r = nixie_report_new(), *const again = nixie_report_new();
	assert(r != NULL && again != NULL);
	for (int i = 0; i < 4; i++)
		buf_init(&out[i], OUTPUT_BYTES_MAX);

	nixie_report_limit(again, 1024 + size % 8192);
	const enum nixie_rc small = nixie_read(again, in.ptr, in.len, kind);
	assert(small == NIXIE_OK || small == NIXIE_LIMIT);
	assert(small == NIXIE_OK || nixie_report_info(again)->outcome_count == 0);
	nixie_report_limit(again, SIZE_MAX);

	assert(nixie_read(r, in.ptr, in.len, kind) == NIXIE_OK);
	assert(nixie_read(again, in.ptr, in.len, kind) == NIXIE_OK);
	check_info(nixie_report_info(r), in);
	check_output(r, &out[0], &out[1]);
	check_output(again, &out[2], &out[3]);
	assert(str_eq(buf_str(&out[0]), buf_str(&out[2])));
	assert(str_eq(buf_str(&out[1]), buf_str(&out[3])));

	for (int i = 0; i < 4; i++)
		buf_fini(&out[i]);
	nixie_report_free(r);
	nixie_report_free(again);
	free((void *)(uintptr_t)in.ptr);
	return 0;
}
