/*
 * fuzz_report - anything that strangers write into a report
 *
 * The input is cut at its 0xFF bytes into the header of the message, the answer, the host, its
 * address, TLS, ORCPT, ENVID, the sender and the client; its first byte says what happened.
 *
 * Holds always: one well-formed message of short lines that end in CRLF; libnixie reads it as one
 * report about one recipient, the right one, and finds what the report told.
 */
#include "fuzz.h"
#include "nixie.h"
#include "report/guard.h"
#include "report/report.h"

static struct str
str_in(struct nixie_str s)
{
	return (struct str){s.ptr, s.len};
}

static void
check_lines(struct str text, bool is_utf8)
{
	size_t column = 0;
	for (size_t i = 0; i < text.len; i++) {
		const unsigned char c = (unsigned char)text.ptr[i];
		assert(c != '\0');
		assert(c != '\r' || (i + 1 < text.len && text.ptr[i + 1] == '\n'));
		assert(c != '\n' || (i > 0 && text.ptr[i - 1] == '\r'));
		assert(is_utf8 || c < 128);
		column = c == '\n' ? 0 : column + 1;
		assert(column <= 999);
	}
	assert(column == 0);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const enum nixie_action actions[] = {NIXIE_ACTION_FAILED, NIXIE_ACTION_DELAYED,
		NIXIE_ACTION_RELAYED, NIXIE_ACTION_DELIVERED};
	static const enum nixie_kind kinds[] = {
		NIXIE_KIND_FAILURE, NIXIE_KIND_DELAY, NIXIE_KIND_SUCCESS, NIXIE_KIND_SUCCESS};
	const struct str in = fuzz_copy(data, size);
	const unsigned how = size > 0 ? data[0] : 0;
	struct str rest = str_from(in, 1), piece[9];
	for (size_t i = 0; i < sizeof piece / sizeof *piece; i++)
		piece[i] = str_is_set(rest) ? str_cut(&rest, '\xFF') : STR_NONE;
	const struct attempt attempt = {.at_ms = 1795338843000,
		.stage = (enum nixie_stage)((how >> 2) % (NIXIE_STAGE_END_OF_DATA + 1)),
		.condition = ATTEMPT_ANSWERED,
		.answer = piece[1],
		.host = piece[2],
		.ip = piece[3],
		.tls = piece[4]};
	const struct report_recipient recipient = {.final = STR("bob@b.example"),
		.original = piece[5],
		.action = actions[how & 3],
		.is_expired = (how & 64) != 0 && (how & 3) == 0,
		.attempts = &attempt,
		.attempt_count = 1};
	struct report_facts f = {.hostname = STR("mail.a.example"),
		.id = STR("REPORT1"),
		.about = STR("7K2M9QX1ABCDE"),
		.to = STR("ann@a.example"),
		.now_ms = 1795338843000,
		.lang = (enum lang)(how % LANG__COUNT),
		.sender = piece[7],
		.envelope_id = piece[6],
		.returns_full = (how & 128) != 0,
		.arrived_ms = 1795338843000,
		.client = piece[8],
		.original = piece[0],
		.original_bytes = piece[0].len,
		.recipients = &recipient,
		.recipient_count = 1};
	struct arena a, own;
	struct buf b;
	struct nixie_outcome told;
	arena_init(&a, FUZZ_ARENA_BYTES);
	arena_init(&own, FUZZ_ARENA_BYTES);
	buf_init(&b, FUZZ_ARENA_BYTES);
	assert(report_write(&f, &a, &b));
	report_judge(&f, &recipient, &own, &told);
	/* A message that is returned whole may have 8-bit text. */
	check_lines(buf_str(&b), f.returns_full);
	struct nixie_report *const r = nixie_report_new();
	if (r == NULL)
		abort();
	assert(nixie_read(r, b.ptr, b.len, NIXIE_INPUT_MESSAGE) == NIXIE_OK);
	const struct nixie_report_info *const info = nixie_report_info(r);
	assert(info->kind == kinds[how & 3]);
	assert(info->outcome_count == 1);
	assert(str_eq(str_in(info->outcomes[0].recipient), recipient.final));
	assert(info->outcomes[0].action == recipient.action);
	assert(str_eq(str_in(info->outcomes[0].reason), str_in(told.reason)));
	assert(info->outcomes[0].verdict == told.verdict);
	assert(str_eq(str_in(info->outcomes[0].status), str_in(told.status)));
	/* Of what was delivered the short cut of logs asks for no step. */
	assert(told.action == NIXIE_ACTION_DELIVERED || info->outcomes[0].stage == told.stage);
	nixie_report_free(r);
	/* The guards and the language read the same header. */
	struct str rule;
	const struct guard_facts g = {
		.action = recipient.action, .sender = f.sender, .original = f.original};
	assert(report_route(&g, &rule) <= REPORT_NONE && rule.len > 0);
	assert(report_language(f.original, piece[8], LANG_EN) < LANG__COUNT);
	/* A timeline takes any answer, and gives it back. */
	static char packed[ATTEMPTS_PACKED_BYTES_MAX];
	struct attempt *list;
	assert(attempts_pack(piece[1], &attempt, packed) <= sizeof packed);
	(void)attempts_unpack(piece[0], &own, &list);
	buf_fini(&b);
	arena_fini(&own);
	arena_fini(&a);
	free((void *)(uintptr_t)in.ptr);
	return 0;
}
