/* The end of a visit: a line in the log, what is given back, and time to read the last reply. */
#include "receive/refusals.h"
#include "receive/visit_inside.h"

#include <stdlib.h>

#define LINGER_MS 2000 /* for a client to read why it is sent away */
#define LINGER_BYTES_MAX 262144

void
visit_free(struct visit *v)
{
	struct receive *const r = v->receive;
	if (v->is_held) {
		struct visit **at = &r->held;
		while (*at != v)
			at = &(*at)->next_held;
		*at = v->next_held;
	}
	if (v->has_guest) {
		char ip[ENDPOINT_TEXT_BYTES], seconds[STR_DIGITS_MAX], messages[STR_DIGITS_MAX],
			errors[STR_DIGITS_MAX];
		const struct guest *const g = &v->guest;
		refusals_tell(&v->guest); /* the log has it before the end */
		EVENTLOG(r->parts.log, clock_wall_ms(), LOG_DISCONNECT,
			{FIELD_SESSION, {g->session.reference, g->session.reference_bytes}},
			{FIELD_CLIENT, guest_client(g, ip)},
			{FIELD_MESSAGES, str_digits(g->taken, messages)},
			{FIELD_ERRORS, str_digits(g->session.errors, errors)},
			{FIELD_SECONDS,
				str_digits((clock_wall_ms() - g->began_ms) / 1000, seconds)});
		guest_fini(&v->guest);
	}
	visit_has_spoken(v);
	clients_leave(r->clients, &v->counted);
	profile_release(v->profile);
	evtimer_del(&v->timer);
	stream_close(&v->stream);
	free(v->kept);
	free(v->unsent);
	*v->link = v->next;
	if (v->next != NULL)
		v->next->link = v->link;
	r->counts.open--;
	free(v);
	if (r->is_stopping && r->visits == NULL && r->stopped != NULL)
		r->stopped(r->stopped_to);
}

void
visit_linger(struct visit *v)
{
	struct receive *const r = v->receive;
	for (;;) {
		const long n = stream_read(&v->stream, r->in, RECEIVE_IN_BYTES);
		if (n == STREAM_AGAIN) {
			stream_wait(&v->stream, STREAM_READ);
			return;
		}
		v->lingered_bytes += n > 0 ? (size_t)n : 0;
		if (n <= 0 || v->lingered_bytes > LINGER_BYTES_MAX) {
			visit_free(v);
			return;
		}
	}
}

void
visit_begin_linger(struct visit *v)
{
	v->phase = PHASE_LINGER;
	stream_shut(&v->stream);
	visit_set_deadline(v, clock_mono_ms() + LINGER_MS, clock_mono_ms());
	stream_wait(&v->stream, STREAM_READ);
}
