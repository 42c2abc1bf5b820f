/* DATA, BDAT, and the answer to a message. */
#include "smtp/inside.h"

verb_fn on_bdat, on_data;

static void
receiver_open(struct turn *t, enum receiver_form form)
{
	struct session *const s = t->s;
	const struct smtp_settings *const set = s->settings;
	receiver_init(
		&s->transaction.receiver, form, set->bare, set->nul, set->text_line_bytes_max);
	s->transaction.is_open = true;
}

/* Text begins to come: from here its rate is measured. */
static void
text_begin(struct turn *t)
{
	t->s->data_began_ms = t->now_ms;
	t->s->data_bytes = 0;
}

/* The caller refused the text before it came; the row says whether the message is gone with it. */
static void
refuse_data(struct turn *t)
{
	const enum condition c = t->s->answer.condition;
	refuse_answer(t, NULL);
	if (resets(c))
		transaction_end(t->s, "refused");
}

int
on_data(struct turn *t)
{
	struct session *const s = t->s;
	if (s->transaction.body == BODY_BINARYMIME) {
		refuse(t, CONDITION_BINARY_NEEDS_BDAT, NULL);
		return STEP_DONE;
	}
	if (!session_ask(t, EVENT_DATA))
		return STEP_ASK;
	if (!is_accepted(s)) {
		refuse_data(t);
		return STEP_DONE;
	}
	receiver_open(t, RECEIVER_DATA);
	text_begin(t);
	session_set_state(s, STATE_DATA, "DATA");
	reply(t, CONDITION_SEND_THE_MESSAGE, NULL);
	return STEP_DONE;
}

/* ---- BDAT ----------------------------------------------------------------------------------- */

/* RFC 3030 s2: "BDAT" SP chunk-size [ SP "LAST" ]; 18 digits are more than any disk. */
static bool
bdat_parse(struct str args, uint64_t *size, bool *is_last)
{
	const struct str digits = str_word(&args), last = str_word(&args);
	if (digits.len == 0 || digits.len > 18 || str_trim(args).len > 0 ||
		(last.len > 0 && !str_eq_case(last, STR("LAST"))))
		return false;
	for (size_t i = 0; i < digits.len; i++)
		if (!ascii_is_digit(digits.ptr[i]))
			return false;
	*size = (uint64_t)str_number(digits, INT64_MAX);
	*is_last = last.len > 0;
	return true;
}

/* The bytes that follow are nobody's. */
static void
chunk_skip(struct turn *t, uint64_t size)
{
	t->s->is_in_chunk = t->s->is_chunk_skipped = true;
	t->s->chunk_left = size;
	text_begin(t);
}

static enum step
bdat_refuse(struct turn *t, enum condition c, const struct facts *f, uint64_t size)
{
	chunk_skip(t, size);
	refuse(t, c, f);
	return STEP_DONE;
}

/* Bytes past the limit: 0 = none. */
static uint64_t
excess(const struct session *s, uint64_t bytes)
{
	const uint64_t max = (uint64_t)s->settings->message_bytes_max;
	return max > 0 && bytes > max ? bytes - max : 0;
}

static bool
is_far_too_large(const struct session *s, uint64_t bytes)
{
	return s->settings->message_bytes_drop > 0 &&
	       excess(s, bytes) > (uint64_t)s->settings->message_bytes_drop;
}

static struct facts
size_facts(const struct session *s, uint64_t bytes)
{
	return (struct facts){.kb = (int64_t)((bytes + 1023) / 1024),
		.max_kb = s->settings->message_bytes_max / 1024,
		.limit = s->settings->text_line_bytes_max,
		.line = (int64_t)s->transaction.receiver.flaw_line};
}

int
on_bdat(struct turn *t)
{
	struct session *const s = t->s;
	struct transaction *const tx = &s->transaction;
	uint64_t size = 0;
	bool is_last = false;
	if (!bdat_parse(t->args, &size, &is_last)) {
		refuse(t, CONDITION_BDAT_SIZE_INVALID, NULL);
		return STEP_DONE;
	}
	const uint64_t all = tx->receiver.wire_bytes + size;
	const struct facts f = size_facts(s, all);
	if (is_far_too_large(s, all)) {
		refuse(t, CONDITION_TOO_LARGE_TO_READ_ON, &f);
		return STEP_DONE;
	}
	if (!(s->state & (STATE_RCPT | STATE_CHUNKS)))
		return bdat_refuse(t,
			s->state == STATE_MAIL && tx->refused > 0 ? CONDITION_NO_RECIPIENT_LEFT
								  : CONDITION_BDAT_OUT_OF_PLACE,
			NULL, size);
	if (excess(s, all) > 0) {
		transaction_end(s, "too large");
		return bdat_refuse(t, CONDITION_TOO_LARGE, &f, size);
	}
	if (!tx->is_open) {
		if (!session_ask(t, EVENT_DATA))
			return STEP_ASK;
		if (!is_accepted(s)) {
			chunk_skip(t, size);
			refuse_data(t);
			return STEP_DONE;
		}
		receiver_open(t, tx->body == BODY_BINARYMIME ? RECEIVER_BINARY : RECEIVER_CHUNK);
	}
	s->is_in_chunk = true;
	s->is_chunk_skipped = false;
	s->is_chunk_last = is_last;
	s->chunk_left = s->chunk_bytes = size;
	text_begin(t);
	session_set_state(s, STATE_DATA, "BDAT");
	return STEP_DONE;
}

/* ---- text ----------------------------------------------------------------------------------- */

static void
verdict_set(struct session *s, enum condition c)
{
	if (!s->has_verdict)
		s->verdict = c;
	s->has_verdict = true;
}

/* What the receiver found makes the message refused. */
static void
flaw_judge(struct session *s)
{
	const struct receiver *const r = &s->transaction.receiver;
	switch ((enum receiver_flaw)r->flaw) {
	case FLAW_NONE:
		break;
	case FLAW_BARE_LF:
	case FLAW_BARE_CR:
		verdict_set(s, CONDITION_BARE_LF);
		break;
	case FLAW_NUL:
		verdict_set(s, CONDITION_TEXT_HAS_NUL);
		break;
	case FLAW_LONG_LINE:
		verdict_set(s, CONDITION_TEXT_LINE_TOO_LONG);
		break;
	}
	if (excess(s, r->size_bytes) > 0)
		verdict_set(s, CONDITION_TOO_LARGE);
}

/* A piece for the caller, unless the message is refused already. */
static bool
piece_tell(struct turn *t, struct str piece)
{
	flaw_judge(t->s);
	if (t->s->has_verdict)
		return false;
	t->event->kind = EVENT_BODY;
	t->event->text = piece;
	return true;
}

/* The chunk is complete; true when there is something to tell. */
static bool
chunk_end(struct turn *t)
{
	struct session *const s = t->s;
	struct receiver *const r = &s->transaction.receiver;
	struct str piece;
	if (!s->is_chunk_skipped) {
		if (s->is_chunk_last && receiver_finish(r, &piece) == RECEIVER_PIECE &&
			piece_tell(t, piece))
			return true; /* and again, for the end */
		flaw_judge(s);
		if (s->is_chunk_last || s->has_verdict) {
			s->transaction.is_whole = s->is_chunk_last;
			session_set_state(s, STATE_END, "BDAT");
		} else {
			session_set_state(s, STATE_CHUNKS, "BDAT");
			reply(t, CONDITION_CHUNK_TAKEN,
				&(struct facts){.limit = (int64_t)s->chunk_bytes});
		}
	}
	s->is_in_chunk = s->is_chunk_skipped = false;
	return false;
}

/* The message ended in a dot; perhaps its sender had not waited for what it must wait for. */
static void
data_end(struct turn *t)
{
	struct session *const s = t->s;
	flaw_judge(s);
	if (t->in->len > 0 && s->settings->strict_pipelining &&
		!(s->is_extended && (session_offers(s) & EXTENSION_PIPELINING)))
		verdict_set(s, CONDITION_PIPELINING_REFUSED);
	s->transaction.is_whole = true;
	session_set_state(s, STATE_END, "end of data");
}

/* Takes text off the input: a piece to tell, or more is wanted, or it is complete. */
bool
data_step(struct turn *t)
{
	struct session *const s = t->s;
	struct receiver *const r = &s->transaction.receiver;
	struct str piece, now = *t->in;
	if (s->is_in_chunk) {
		if (s->chunk_left == 0)
			return chunk_end(t);
		now = str_head(now, s->chunk_left < SIZE_MAX ? (size_t)s->chunk_left : SIZE_MAX);
	}
	const size_t had = now.len;
	if (had == 0) {
		t->event->kind = EVENT_MORE;
		return true;
	}
	s->step_ms = t->now_ms;
	enum receiver_step step = RECEIVER_MORE;
	if (s->is_in_chunk && s->is_chunk_skipped)
		now.len = 0;
	else
		step = receiver_next(r, &now, &piece);
	*t->in = str_from(*t->in, had - now.len);
	s->data_bytes += had - now.len;
	if (s->is_in_chunk)
		s->chunk_left -= had - now.len;
	if (is_far_too_large(s, r->wire_bytes)) {
		const struct facts f = size_facts(s, r->wire_bytes);
		refuse(t, CONDITION_TOO_LARGE_TO_READ_ON, &f);
		return false;
	}
	if (step == RECEIVER_END)
		data_end(t);
	return step == RECEIVER_PIECE && piece_tell(t, piece);
}

/* ---- the answer ----------------------------------------------------------------------------- */

/* How many answers a message gets: RFC 2033 s4.2. A chunk in the middle gets one. */
static uint32_t
answers_wanted(const struct session *s)
{
	return s->settings->kind == LISTENER_LMTP && s->transaction.is_whole
		       ? s->transaction.accepted
		       : 1;
}

bool
end_step(struct turn *t)
{
	struct session *const s = t->s;
	struct transaction *const tx = &s->transaction;
	const uint32_t wanted = answers_wanted(s);
	if (s->has_verdict) {
		const struct facts f = size_facts(s, tx->receiver.wire_bytes);
		refuse(t, s->verdict, &f);
	} else {
		t->event->recipient = tx->answered;
		if (!session_ask(t, EVENT_END))
			return true;
		if (is_accepted(s)) {
			reply(t, CONDITION_QUEUED, &s->answer.facts);
			tx->is_taken = true;
		} else {
			const struct facts f = size_facts(s, tx->receiver.wire_bytes);
			refuse_answer(t, &f);
		}
	}
	s->step_ms = t->now_ms;
	if (s->state == STATE_CLOSED || ++tx->answered < wanted)
		return false;
	if (tx->is_taken) {
		s->messages++;
		s->errors = s->idle_commands = 0;
	}
	/* Who answered knows; only of a message that was refused here must be told. */
	tx->is_begun = s->has_verdict;
	transaction_end(s, "end of data");
	return false;
}
