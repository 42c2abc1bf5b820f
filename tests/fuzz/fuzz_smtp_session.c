/*
 * fuzz_smtp_session - any bytes as a session: in one piece, and cut as the input says
 *
 * The first bytes choose the listener, the answers of the caller and the cuts. Holds always: the
 * replies and what the caller is told are the same however the bytes were cut and whenever it
 * answers; every reply is lines of at most 512 bytes with one code; what waits is bounded; a
 * transaction that begins ends, taken or reset.
 */
#include "../script/drive.h"
#include "fuzz.h"

#define HEAD_BYTES 16

struct plan {
	const uint8_t *bytes; /* HEAD_BYTES of them */
	uint32_t questions;
};

/* Of refusals; as any caller may give them. */
static const enum condition refusals[] = {CONDITION_UNKNOWN_USER, CONDITION_NOT_YET,
	CONDITION_HOOK_REFUSED_SAYING_WHY, CONDITION_STORAGE_LOW, CONDITION_CLIENT_BANNED,
	CONDITION_WRONG_PASSWORD, CONDITION_MESSAGES_IN_SESSION, CONDITION_QUEUE_FAILED};

static void
answer(struct drive *d, struct smtp_answer *a)
{
	static struct scram_secret secret = {.salt = STR_INIT("saltsalt"), .iterations = 1};
	struct plan *const plan = d->of;
	const uint8_t byte = plan->bytes[8 + plan->questions++ % 8];
	a->verdict = byte % 4 == 0 ? ANSWER_REFUSE : byte % 8 == 1 ? ANSWER_PASS : ANSWER_ACCEPT;
	a->condition = refusals[byte / 8 % 8];
	a->facts.text = STR("a\r\nb\nc");
	a->facts.id = STR("Q1");
	a->secret = &secret;
	a->nonce = STR("nonce");
}

/* Every reply: a code, "-" or a blank, at most 512 bytes; the code stays until the last line. */
static void
check_replies(struct str sent)
{
	struct str code = STR_NONE;
	while (sent.len > 0) {
		const size_t end = str_find(sent, STR("\r\n"), 0);
		assert(end != STR_NPOS && end >= 4 && end + 2 <= REPLY_LINE_BYTES_MAX);
		const struct str line = str_head(sent, end);
		for (size_t i = 0; i < line.len; i++)
			assert((unsigned char)line.ptr[i] >= ' ' && line.ptr[i] != 127);
		assert(str_number(line, 999) >= 200 && str_number(line, 999) < 600);
		assert(!str_is_set(code) || str_eq(code, str_head(line, 3)));
		assert(line.ptr[3] == ' ' || line.ptr[3] == '-');
		code = line.ptr[3] == '-' ? str_head(line, 3) : STR_NONE;
		sent = str_from(sent, end + 2);
	}
	assert(!str_is_set(code));
}

/* Between "mail" and the next one there is an end or a reset. */
static void
check_told(struct str told)
{
	struct str line;
	bool is_closed = false;
	while (str_line(&told, &line)) {
		assert(!is_closed);
		is_closed = str_eq(line, STR("close"));
	}
}

static void
settings_choose(struct smtp_settings *s, const uint8_t *bytes)
{
	settings_init(s, (enum listener_kind)(bytes[0] % 3), STR("mx.here.example"));
	s->style = bytes[0] & 4 ? REPLY_DOCUMENTED : REPLY_MODERN;
	s->bare = bytes[0] & 8 ? BARE_REFUSE : BARE_NORMALISE;
	s->nul = (enum receiver_nul)(bytes[0] / 16 % 3);
	s->needs_tls = false;
	s->needs_auth = bytes[1] & 1;
	s->auth_in_clear = true;
	s->offers |=
		(bytes[1] & 2 ? EXTENSION_BINARYMIME : 0u) | (bytes[1] & 4 ? EXTENSION_AUTH : 0u);
	if (!(bytes[1] & 8))
		s->offers &= ~(unsigned)EXTENSION_STARTTLS;
	s->strict_pipelining = false;
	s->tolerates_early_talk = true;
	s->strict_helo = bytes[1] & 16;
	s->message_bytes_max = bytes[1] & 32 ? 100 : 0;
	s->message_bytes_drop = 100;
	s->text_line_bytes_max = bytes[1] & 64 ? 40 : 0;
	s->unterminated_bytes_max = 3000;
	s->recipients_max = 3;
	s->messages_max = 3;
	s->errors_max = 200;
	s->unknown_max = 200;
	s->asks = bytes[2] & 1 ? ASK_ALL : bytes[2] & ASK_ALL;
}

/* Plays `in`, cut by the bytes of the head when `cuts` is set. */
static void
play(struct drive *d, const struct smtp_settings *settings, struct plan *plan, struct str in,
	bool cuts)
{
	struct session_peer peer = {.reference = STR_INIT("7Q2F"),
		.sends_proxy = plan->bytes[2] & 64,
		.may_xclient = plan->bytes[2] & 128};
	d->answer = answer;
	d->of = plan;
	d->answers_later = cuts && (plan->bytes[3] & 1);
	d->is_tight = cuts;
	drive_init(d, settings, &peer);
	drive_run(d);
	for (size_t i = 0; in.len > 0; i++) {
		const struct str now =
			str_head(in, cuts ? 1 + plan->bytes[4 + i % 4] % 61u : in.len);
		drive_feed(d, now);
		assert(d->in_bytes < SESSION_IN_BYTES_MIN);
		in = str_from(in, now.len);
	}
	check_replies(buf_str(&d->sent));
	check_told(buf_str(&d->told));
	assert(!buf_failed(&d->sent) && !buf_failed(&d->told));
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	if (size < HEAD_BYTES)
		return 0;
	static struct drive whole, cut;
	struct smtp_settings settings;
	struct plan plan = {.bytes = data};
	const struct str in = fuzz_copy(data + HEAD_BYTES, size - HEAD_BYTES);
	settings_choose(&settings, data);
	memset(&whole, 0, sizeof whole);
	memset(&cut, 0, sizeof cut);
	play(&whole, &settings, &plan, in, false);
	plan.questions = 0;
	play(&cut, &settings, &plan, in, true);
	assert(str_eq(buf_str(&whole.sent), buf_str(&cut.sent)));
	/* The handshake is asked for when nothing is left behind STARTTLS, which the cuts decide.
	 */
	if (!whole.was_tls && !cut.was_tls)
		assert(str_eq(buf_str(&whole.told), buf_str(&cut.told)));
	drive_fini(&whole);
	drive_fini(&cut);
	free((void *)(uintptr_t)in.ptr);
	return 0;
}
