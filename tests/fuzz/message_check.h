/*
 * message_check - what holds of the report of any bytes
 *
 * A report in memory: values in range, text well-formed, evidence where it says it stands. A report
 * written: JSON of one line, a page without control characters. A property that fails aborts.
 */
#ifndef TESTS_MESSAGE_CHECK_H
#define TESTS_MESSAGE_CHECK_H

#include "base/buf.h"
#include "fuzz.h"
#include "json_check.h"
#include "nixie.h"
#include "sinks.h"

#define CHECK_OUTPUT_BYTES ((size_t)512 << 20)

/* The words of evidence stand at its offset. They may go on in further lines, which were joined:
 * then what ends the first of them is the end of a line in the input too. */
static inline void
check_evidence_at(const struct nixie_evidence *e, struct str in)
{
	assert(e->offset >= -1 && e->offset <= (int64_t)in.len);
	if (e->offset < 0)
		return;
	const struct str there = str_from(in, (size_t)e->offset);
	for (size_t i = 0; i < e->words.len; i++) {
		assert(i < there.len);
		if (e->words.ptr[i] == there.ptr[i])
			continue;
		/* "550-" of an answer of several lines is written "550 ". */
		if (i == 3 && e->words.ptr[3] == ' ' && there.ptr[3] == '-')
			continue;
		const struct str rest = str_from(there, i);
		const size_t lf = str_find_char(rest, '\n', 0), cr = str_find_char(rest, '\r', 0);
		assert(e->words.ptr[i] == ' ' || (i > 0 && e->words.ptr[i - 1] == ' '));
		assert(str_trim(str_head(rest, lf < cr ? lf : cr)).len == 0);
		return;
	}
}

static inline void
check_evidence(const struct nixie_evidence *list, size_t count, struct str in)
{
	for (size_t i = 0; i < count; i++) {
		assert(list[i].decided.len > 0 && list[i].rule.len > 0);
		check_evidence_at(&list[i], in);
	}
}

static inline void
check_outcome(const struct nixie_outcome *o, struct str in)
{
	assert(o->action <= NIXIE_ACTION_EXPANDED && o->verdict <= NIXIE_VERDICT_BLOCK);
	assert(o->refuser <= NIXIE_REFUSER_SENDING_SERVICE);
	assert(o->stage <= NIXIE_STAGE_END_OF_DATA && o->said <= NIXIE_SAID_SUCCESS);
	assert(o->confidence <= 100 && o->retry_after_s >= -1);
	assert(o->reply_code == 0 || (o->reply_code >= 200 && o->reply_code < 600));
	assert((o->status.len > 0) == (o->status_origin != NIXIE_ORIGIN_ABSENT));
	check_evidence(o->evidence, o->evidence_count, in);
}

/* check_report - all that a report says of `in` */
static inline void
check_report(const struct nixie_report *r, struct str in)
{
	const struct nixie_report_info *const info = nixie_report_info(r);
	assert(info->kind <= NIXIE_KIND_RECEIPT);
	check_evidence(info->evidence, info->evidence_count, in);
	for (size_t i = 0; i < info->outcome_count; i++)
		check_outcome(&info->outcomes[i], in);
	for (size_t i = 0; i < info->note_count; i++)
		assert(info->notes[i].what.len > 0 && info->notes[i].offset >= -1 &&
			info->notes[i].offset <= (int64_t)in.len);
}

/* check_json - writes the report, explained or not, behind what is in `line`; one line of JSON */
static inline void
check_json(const struct nixie_report *r, bool explain, struct buf *line)
{
	const struct nixie_style style = {.explain = explain, .source_path = "x"};
	const size_t from = line->len;
	assert(nixie_report_json(r, &style, to_buf, line) == NIXIE_OK);
	assert(!buf_failed(line) && json_check_line(str_from(buf_str(line), from)));
}

/* check_page - writes the report for people: nothing of a stranger may move a cursor */
static inline void
check_page(const struct nixie_report *r, struct buf *page)
{
	const struct nixie_style style = {.columns = 72};
	assert(nixie_report_text(r, &style, to_buf, page) == NIXIE_OK && !buf_failed(page));
	const struct str text = buf_str(page);
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

#endif
