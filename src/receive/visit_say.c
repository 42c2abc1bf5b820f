/* What a visit says: kept until the turn of the loop ends, and then sent as far as it is taken. */
#include "receive/visit_inside.h"

#include <stdlib.h>
#include <string.h>

#define UNSENT_BYTES_MAX ((size_t)1 << 20) /* replies to a client that does not read */

/* ---- who has something to say when the turn ends */

static void
speak_at_the_end(struct visit *v)
{
	struct receive *const r = v->receive;
	if (v->speaking_link != NULL)
		return;
	v->next_speaking = NULL;
	v->speaking_link = r->speaking_end;
	*r->speaking_end = v;
	r->speaking_end = &v->next_speaking;
	turn_ask(r->parts.turn);
}

void
visit_has_spoken(struct visit *v)
{
	if (v->speaking_link == NULL)
		return;
	*v->speaking_link = v->next_speaking;
	if (v->next_speaking != NULL)
		v->next_speaking->speaking_link = v->speaking_link;
	else
		v->receive->speaking_end = v->speaking_link;
	v->speaking_link = NULL;
}

/* ---- bytes */

bool
visit_is_behind(const struct visit *v)
{
	return v->unsent_len > 0 && v->speaking_link == NULL;
}

enum sent
visit_send(struct visit *v)
{
	size_t sent = 0;
	visit_has_spoken(v);
	while (sent < v->unsent_len) {
		const long n = stream_write(&v->stream, v->unsent + sent, v->unsent_len - sent);
		if (n == STREAM_FAILED) {
			visit_free(v);
			return SENT_NEVER;
		}
		if (n == STREAM_AGAIN)
			break;
		sent += (size_t)n;
	}
	v->unsent_len -= sent;
	if (v->unsent_len > 0) {
		memmove(v->unsent, v->unsent + sent, v->unsent_len);
		stream_wait(&v->stream, STREAM_WRITE);
		return SENT_NOT_ALL;
	}
	free(v->unsent);
	v->unsent = NULL;
	return SENT_ALL;
}

enum sent
visit_send_now(struct visit *v)
{
	eventlog_flush(v->receive->parts.log);
	return visit_send(v);
}

bool
visit_say(struct visit *v, const char *bytes, size_t len)
{
	if (len == 0)
		return true;
	const bool was_behind = visit_is_behind(v);
	char *const more = v->unsent_len + len <= UNSENT_BYTES_MAX
				   ? realloc(v->unsent, v->unsent_len + len)
				   : NULL;
	if (more == NULL) {
		visit_free(v);
		return false;
	}
	memcpy(more + v->unsent_len, bytes, len);
	v->unsent = more;
	v->unsent_len += len;
	if (was_behind)
		return true;
	if (v->receive->parts.turn == NULL)
		return visit_send_now(v) != SENT_NEVER;
	speak_at_the_end(v);
	return true;
}

void
visits_speak(struct receive *r)
{
	for (struct visit *v; (v = r->speaking) != NULL;)
		if (visit_send(v) == SENT_ALL && v->is_closing)
			visit_begin_linger(v);
}
