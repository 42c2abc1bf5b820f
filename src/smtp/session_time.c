/* When a session has waited long enough, and what is said then. */
#include "smtp/inside.h"

/* When the message must have come as far as it has, at the slowest allowed rate. */
static int64_t
rate_deadline(const struct session *s)
{
	const struct smtp_settings *const set = s->settings;
	if (set->data_rate_min == 0)
		return INT64_MAX;
	const uint64_t ms = s->data_bytes / set->data_rate_min * 1000;
	return ms > INT32_MAX ? INT64_MAX : s->data_began_ms + set->data_grace_ms + (int64_t)ms;
}

static bool
is_receiving(const struct session *s)
{
	return s->state == STATE_DATA || s->is_in_chunk;
}

static int64_t
wait_deadline(const struct session *s)
{
	const struct smtp_settings *const set = s->settings;
	if (s->pending != 0)
		return s->step_ms + set->answer_timeout_ms;
	return s->step_ms + (is_receiving(s) ? set->data_timeout_ms : set->command_timeout_ms);
}

static int64_t
earlier(int64_t a, int64_t b)
{
	return a < b ? a : b;
}

int64_t
session_deadline(const struct session *s)
{
	int64_t deadline =
		earlier(wait_deadline(s), s->began_ms + (int64_t)s->settings->session_ms_max);
	if (is_receiving(s) && s->pending == 0)
		deadline = earlier(deadline, rate_deadline(s));
	return deadline;
}

void
session_close(
	struct session *s, struct reply_buffer *out, enum condition c, const struct facts *facts)
{
	struct str in = STR_NONE;
	struct turn t = {.s = s, .in = &in, .out = out, .is_greeting = s->state == STATE_CONNECT};
	if (s->state == STATE_CLOSED)
		return;
	s->pending = 0;
	s->has_answer = false;
	if (s->state != STATE_TLS)
		refuse(&t, c, facts);
	transaction_end(s, "closed");
	session_set_state(s, STATE_CLOSED, "closed");
}

void
session_expire(struct session *s, struct reply_buffer *out, int64_t now_ms)
{
	const struct smtp_settings *const set = s->settings;
	if (now_ms < session_deadline(s) || s->state == STATE_CLOSED)
		return;
	if (now_ms >= s->began_ms + (int64_t)set->session_ms_max) {
		session_close(s, out, CONDITION_SESSION_TOO_LONG,
			&(struct facts){.seconds = set->session_ms_max / 1000});
	} else if (s->pending != 0) {
		/* A late answer finds no question: session_answer() drops it. */
		s->has_answer = true;
		s->answer = (struct smtp_answer){.verdict = ANSWER_REFUSE,
			.condition = question_expired((enum smtp_event_kind)s->pending)};
		s->owes_reset |= s->pending == EVENT_END;
	} else if (is_receiving(s) && now_ms >= rate_deadline(s)) {
		session_close(s, out, CONDITION_TOO_SLOW,
			&(struct facts){.limit = set->data_rate_min, .seconds = 1});
	} else {
		session_close(s, out, CONDITION_IDLE_TOO_LONG,
			&(struct facts){.seconds = (is_receiving(s) ? set->data_timeout_ms
								    : set->command_timeout_ms) /
						   1000});
	}
}
