/*
 * fuzz_smtp_client - any bytes as what a server says: all at once, line by line, and cut as the
 * input says
 *
 * The first bytes choose the settings, the messages and the cuts. Holds always: what is said and
 * told is the same however the lines were cut (an answer that comes before its question is none,
 * so that all at once is another dialogue); each recipient of each transaction is told of once
 * (client_drive.h counts); every line that is said, but for text, is one command; what waits is
 * bounded.
 */
#include "../script/client_drive.h"
#include "fuzz.h"

#define HEAD_BYTES 8

static struct client_mail mails[3];

static void
mails_make(const uint8_t *bytes)
{
	static const struct str paths[] = {STR_INIT("b@there.example"), STR_INIT("j\xc3\xb6@x"),
		STR_INIT("c@there.example\r\nQUIT"), STR_INIT("\"a b\"@c")};
	static const struct str pieces[] = {
		STR_INIT(".a\r\n"), STR_INIT("b\r"), STR_INIT("\n..\n")};
	memset(mails, 0, sizeof mails);
	for (size_t i = 0; i < 3; i++) {
		struct client_mail *const m = &mails[i];
		const uint8_t byte = bytes[i];
		m->envelope = (struct client_envelope){.path = byte & 1 ? STR("") : STR("a@me"),
			.size_bytes = 9,
			.is_8bit = byte & 2,
			.is_utf8 = byte & 4,
			.is_ret_full = true,
			.envelope_id = STR("QQ"),
			.recipients = m->recipients,
			.recipient_count = 1 + byte / 64u};
		for (uint32_t k = 0; k < m->envelope.recipient_count; k++)
			m->recipients[k] =
				(struct client_recipient){.path = paths[(byte / 8 + k) % 4],
					.original = STR("rfc822;x"),
					.notify = k};
		m->piece_count = 3;
		memcpy(m->pieces, pieces, sizeof pieces);
	}
}

enum manner { AT_ONCE, BY_LINES, CUT };

static void
play(struct client_drive *d, const struct client_settings *settings, const uint8_t *head,
	struct str in, enum manner manner)
{
	mails_make(head);
	memset(d, 0, sizeof *d);
	d->mails = mails;
	d->mail_count = 3;
	d->is_tight = manner == CUT;
	client_drive_init(d, settings, head[3] & 1);
	client_drive_run(d);
	for (size_t i = 0; in.len > 0 && !d->wants_tls; i++) {
		const size_t end = str_find_char(in, '\n', 0);
		struct str now =
			str_head(in, end == STR_NPOS || manner == AT_ONCE ? in.len : end + 1);
		if (manner == CUT)
			now = str_head(now, 1 + head[4 + i % 4] % 61u);
		client_drive_feed(d, now);
		in = str_from(in, now.len);
	}
	const bool was_tls = d->wants_tls;
	client_lost(&d->client, CAUSE_LOST);
	client_drive_run(d);
	assert(d->is_closed || was_tls);
	assert(!buf_failed(&d->sent) && !buf_failed(&d->told));
}

/* Every line is a command, or text between DATA or BDAT and its end. */
static void
check_said(struct str said)
{
	for (size_t i = 0; i < said.len; i++) {
		assert(said.ptr[i] != '\n' || (i > 0 && said.ptr[i - 1] == '\r'));
		assert(said.ptr[i] != '\r' || i + 1 == said.len || said.ptr[i + 1] == '\n');
	}
	/* The path that would have added a command. */
	assert(!str_has(said, STR("c@there.example\r\nQUIT")));
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	if (size < HEAD_BYTES)
		return 0;
	static struct client_drive whole, cut;
	const struct client_settings settings = {.host = STR_INIT("me.example"),
		.is_lmtp = data[3] & 2,
		.knows_self = data[3] & 4,
		.tls = data[3] & 8 ? CLIENT_TLS_REQUIRED : CLIENT_TLS_OFF,
		.avoids = data[3] & 16 ? EXTENSION_CHUNKING : 0,
		.user = data[3] & 32 ? STR("user") : STR_NONE,
		.password = STR_INIT("pencil"),
		.nonce = data[3] & 64 ? STR("rOprNGfwEbeRWgbNEkqO") : STR_NONE,
		.auth_in_clear = data[3] & 128};
	const struct str in = fuzz_copy(data + HEAD_BYTES, size - HEAD_BYTES);
	play(&whole, &settings, data, in, AT_ONCE);
	check_said(buf_str(&whole.sent));
	client_drive_fini(&whole);
	play(&whole, &settings, data, in, BY_LINES);
	play(&cut, &settings, data, in, CUT);
	check_said(buf_str(&whole.sent));
	assert(str_eq(buf_str(&whole.sent), buf_str(&cut.sent)));
	assert(str_eq(buf_str(&whole.told), buf_str(&cut.told)));
	client_drive_fini(&whole);
	client_drive_fini(&cut);
	free((void *)(uintptr_t)in.ptr);
	return 0;
}
