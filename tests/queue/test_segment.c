/* test_segment - frames and entries: written, read again, and any byte of them wrong */
#include "queue/entry.h"
#include "queue/segment.h"
#include "tap.h"

static void
test_head(void)
{
	unsigned char bytes[SEGMENT_HEAD_BYTES];
	const struct segment_head head = {0x12345678, 7, 8192, 99};
	struct segment_head got;
	segment_head_write(&head, bytes);
	const struct str s = {(const char *)bytes, sizeof bytes};
	tap_ok(segment_head_parse(s, &got) && got.salt == head.salt && got.number == 7 &&
			got.previous_end == 8192 && got.first_sequence == 99,
		"a head is read as it was written");
	tap_ok(!segment_head_parse(str_head(s, sizeof bytes - 1), &got), "a head that is cut");
	size_t wrong = 0;
	for (size_t i = 0; i < sizeof bytes; i++) {
		bytes[i] ^= 1;
		wrong += segment_head_parse(s, &got);
		bytes[i] ^= 1;
	}
	tap_is_int(wrong, 0, "a head with a wrong byte, wherever");
}

static void
test_names(void)
{
	static const struct {
		const char *name;
		uint64_t number;
	} cases[] = {
		{"0000000000000001.queue", 1},
		{"00000000000000ff.queue", 255},
		{"ffffffffffffffff.queue", UINT64_MAX},
		{"00000000000000FF.queue", 0},
		{"0000000000000001.queu", 0},
		{"0000000000000001.queue~", 0},
		{"damaged-0000000000000001.queue", 0},
		{"spare", 0},
		{"", 0},
	};
	char name[SEGMENT_NAME_BYTES];
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		tap_is_int(segment_number(cases[i].name), cases[i].number, "the number in \"%s\"",
			cases[i].name);
		if (cases[i].number != 0) {
			segment_name(cases[i].number, name);
			tap_is_str(str_of(name), str_of(cases[i].name), "and back");
		}
	}
}

static void
test_frame(void)
{
	enum { PAYLOAD = 45, SALT = 77 };
	unsigned char bytes[FRAME_HEAD_BYTES + PAYLOAD + FRAME_ALIGN] = {0};
	for (int i = 0; i < PAYLOAD; i++)
		bytes[FRAME_HEAD_BYTES + i] = (unsigned char)(i * 5);
	struct frame frame = {.payload = {(char *)bytes + FRAME_HEAD_BYTES, PAYLOAD},
			     .sequence = 41,
			     .durable = 40},
		     got;
	frame.payload_crc = payload_sum(frame.payload);
	frame_head_write(&frame, SALT, bytes);
	const struct str s = {(const char *)bytes, frame_bytes(PAYLOAD)};
	tap_is_int(frame_parse(s, SALT, &got), 80, "a frame is read as it was written");
	tap_ok(got.sequence == 41 && got.durable == 40, "its numbers");
	tap_is_str(got.payload, frame.payload, "its payload");
	tap_is_int(frame_parse(s, SALT + 1, &got), 0, "a frame of another life of the file");
	size_t found = 0;
	for (size_t len = 0; len < s.len; len++)
		found += frame_parse(str_head(s, len), SALT, &got) != 0;
	tap_is_int(found, 0, "a frame that is cut, wherever");
	for (size_t i = 0; i < FRAME_HEAD_BYTES + PAYLOAD; i++) {
		bytes[i] ^= 0x10;
		found += frame_parse(s, SALT, &got) != 0;
		bytes[i] ^= 0x10;
	}
	tap_is_int(found, 0, "a frame with a wrong byte, wherever");
}

static void
test_entries(void)
{
	struct queue_recipient list[2] = {
		{.forward_path = STR("a@example.org"),
			.original = STR("rfc822;A"),
			.notify = NOTIFY_DELAY | NOTIFY_FAILURE,
			.progress = {RECIPIENT_HELD, 3, -1, 1790000000000, STR("w"), STR("r\n"),
				STR("p"), STR("n")}},
		{.forward_path = STR("b@example.org"),
			.notify = NOTIFY_SUCCESS,
			.kind = RECIPIENT_LIST,
			.list = QUEUE_RECIPIENTS_MAX}};
	const struct entry_message message = {.message = 5,
		.generation = UINT64_MAX - 1,
		.body_bytes = 1u << 20,
		.envelope = {.arrived_ms = 9,
			.flags = MESSAGE_SMTPUTF8,
			.reverse_path = STR(""),
			.envelope_id = STR("e"),
			.account = STR("acc"),
			.client = STR("192.0.2.1"),
			.helo = STR("h"),
			.session = STR("7Q2F"),
			.recipients = list,
			.recipient_count = 2}};
	const struct entry_change change = {.from = RECIPIENT_WAITING,
		.change = {5, 1,
			{RECIPIENT_BOUNCED, 4, 0, 77, STR("C34"), STR("550"), STR("mx"), STR("")}}};
	struct entry_base base = {
		.through = 3, .last_id = 8, .counts = {.messages = 2, .accepted = 3}};
	base.counts.final[RECIPIENT_RELAYED] = 6;
	struct buf b;
	buf_init(&b, FRAME_PAYLOAD_MAX);
	entry_body_write(&b, ENTRY_BODY, &(struct entry_body){5, 6, STR("bytes")});
	entry_message_write(&b, ENTRY_COPY, &message);
	entry_change_write(&b, &change);
	entry_base_write(&b, &base);

	struct str rest = buf_str(&b);
	struct entry e;
	struct entry_body got_body;
	tap_ok(entry_next(&rest, &e) && e.kind == ENTRY_BODY &&
			entry_body_parse(e.content, &got_body),
		"a part");
	tap_is_str(got_body.bytes, STR("bytes"), "its bytes");
	struct entry_message got;
	tap_ok(entry_next(&rest, &e) && e.kind == ENTRY_COPY &&
			entry_message_parse(e.content, &got),
		"a message");
	tap_ok(got.message == 5 && got.generation == message.generation &&
			got.body_bytes == message.body_bytes &&
			got.envelope.flags == MESSAGE_SMTPUTF8 && got.envelope.recipient_count == 2,
		"its numbers");
	tap_is_str(got.envelope.session, STR("7Q2F"), "its last text");
	struct queue_recipient r;
	struct recipient_progress again;
	struct str said;
	tap_ok(entry_recipient_next(&got.rest, &r, &said) && r.notify == list[0].notify &&
			r.progress.state == RECIPIENT_HELD && r.progress.due_ms == -1,
		"its first recipient");
	tap_is_str(r.progress.reply, STR("r\n"), "what was said of it");
	tap_ok(entry_progress_parse(said, &again), "that alone");
	tap_is_str(again.reply, STR("r\n"), "says the same");
	tap_ok(entry_recipient_next(&got.rest, &r, &said) && got.rest.len == 0,
		"its last recipient");
	tap_is_str(r.original, STR(""), "what was absent comes back empty");
	tap_ok(r.notify == NOTIFY_SUCCESS && r.kind == RECIPIENT_LIST &&
			r.list == QUEUE_RECIPIENTS_MAX,
		"a list on the last of all places");
	struct entry_change got_change;
	tap_ok(entry_next(&rest, &e) && entry_change_parse(e.content, &got_change) &&
			got_change.from == RECIPIENT_WAITING &&
			got_change.change.to.state == RECIPIENT_BOUNCED &&
			got_change.change.recipient == 1,
		"a change");
	struct entry_base got_base;
	tap_ok(entry_next(&rest, &e) && entry_base_parse(e.content, &got_base) &&
			got_base.through == 3 && got_base.counts.final[RECIPIENT_RELAYED] == 6,
		"a base");
	struct entry_base older = {0};
	tap_ok(entry_base_parse(str_head(e.content, e.content.len - 8), &older) &&
			older.counts.final[RECIPIENT_RELAYED] == 6 &&
			older.counts.final[RECIPIENT_EXPANDED] == 0,
		"one of a version that knew no lists");
	tap_ok(!entry_base_parse(str_head(e.content, e.content.len - 16), &older),
		"and none that is shorter");
	tap_ok(!entry_next(&rest, &e), "and no more");

	/* Whatever is cut off, no parser accepts less than all. */
	size_t accepted = 0;
	rest = buf_str(&b);
	entry_next(&rest, &e);
	entry_next(&rest, &e);
	for (size_t len = 0; len < e.content.len; len++) {
		struct str part = STR_NONE;
		bool ok = entry_message_parse(str_head(e.content, len), &got);
		part = got.rest;
		for (size_t i = 0; ok && i < got.envelope.recipient_count; i++)
			ok = entry_recipient_next(&part, &r, &said);
		accepted += ok;
	}
	tap_is_int(accepted, 0, "a message that is cut, wherever");
	buf_fini(&b);
}

static void
test_ids(void)
{
	static const uint64_t ids[] = {1, 31, 32, 0x1a0c45072040000, UINT64_MAX};
	char text[QUEUE_ID_BYTES];
	for (size_t i = 0; i < sizeof ids / sizeof *ids; i++) {
		queue_id_text(ids[i], text);
		tap_is_int(
			queue_id_parse(str_of(text)), ids[i], "%s is the id it was made of", text);
	}
	static const struct {
		const char *text;
		uint64_t id;
	} cases[] = {
		{"0000000000010", 32},
		{"oOoOoOoOoOoIl", 33},
		{"000000000001", 0},   /* too short */
		{"00000000000010", 0}, /* too long */
		{"000000000000U", 0},
		{"000000000000-", 0},
		{"ZZZZZZZZZZZZZ", 0}, /* past 64 bits */
		{"", 0},
	};
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
		tap_is_int(queue_id_parse(str_of(cases[i].text)), cases[i].id, "\"%s\"",
			cases[i].text);
}

int
main(void)
{
	test_head();
	test_names();
	test_frame();
	test_entries();
	test_ids();
	return tap_done();
}
