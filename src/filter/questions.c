/* What a session asks at each place, and the text on its way to the filters and back. */
#include "filter/inside.h"

#include "smtp/field.h"

static void
pass(struct filter_outcome *out)
{
	*out = (struct filter_outcome){.is_refused = false};
}

bool
filter_connect(struct filter_session *s, struct filter_outcome *out)
{
	pass(out);
	return s == NULL || filter_ask(s, FILTER_CONNECT, out);
}

bool
filter_hello(struct filter_session *s, struct filter_outcome *out)
{
	pass(out);
	return s == NULL || filter_ask(s, FILTER_HELO, out);
}

bool
filter_mail(struct filter_session *s, struct str sender, struct filter_outcome *out)
{
	pass(out);
	if (s == NULL)
		return true;
	s->has_mail = true;
	s->facts.sender = sender.len == 0 ? STR("") : arena_str(&s->arena, sender);
	return filter_ask(s, FILTER_MAIL, out);
}

bool
filter_rcpt(struct filter_session *s, struct str recipient, struct filter_outcome *out)
{
	pass(out);
	if (s == NULL)
		return true;
	s->facts.rcpt = arena_str(&s->arena, recipient);
	return filter_ask(s, FILTER_RCPT, out);
}

bool
filter_data(struct filter_session *s, struct str id, struct filter_outcome *out)
{
	pass(out);
	if (s == NULL)
		return true;
	s->facts.rcpt = STR_NONE;
	s->facts.id = arena_str(&s->arena, id);
	return filter_ask(s, FILTER_DATA, out);
}

void
filter_body(struct filter_session *s, struct str piece)
{
	if (s != NULL && s->needs_text)
		spool_add(&s->text, piece);
	else if (s != NULL)
		s->text.bytes += piece.len; /* policy services are told how many */
}

/* The header as filters see it: what policy services added and the checks found in front, and
 * nobody else's word for ours (RFC 8601 s5). */
static bool
header_begin(struct filter_session *s, const struct filter_end *end)
{
	struct buf came;
	struct str field;
	buf_init(&came, SPOOL_HEADER_BYTES_MAX + 4096);
	const bool is_read = !s->needs_text || spool_header(&s->text, &came);
	struct str rest = buf_str(&came);
	s->header_bytes = rest.len;
	edits_front(&s->edits, &s->header);
	buf_add(&s->header, end->checked);
	const size_t front = s->header.len;
	buf_add(&s->header, end->completion);
	while (smtp_field_next(&rest, &field))
		if (!filter_is_forged(s, s->authserv, field))
			buf_add(&s->header, field);
	buf_add(&s->header, rest);
	s->kept_bytes = s->header.len - front;
	buf_fini(&came);
	return is_read && !buf_failed(&s->header);
}

bool
filter_end(struct filter_session *s, const struct filter_end *end, struct filter_outcome *out)
{
	pass(out);
	if (s == NULL) {
		out->front = end->checked;
		return true;
	}
	s->origin = end->origin;
	s->facts.received = arena_str(&s->arena, end->received);
	if (!header_begin(s, end)) {
		filter_no_room(s, "no room for the message while filters look at it");
		*out = s->outcome;
		return true;
	}
	filter_facts_of_text(s);
	return filter_ask(s, FILTER_END, out);
}

struct str
filter_header(const struct filter_session *s)
{
	return buf_str(&s->header);
}

long
filter_body_read(const struct filter_session *s, uint64_t offset, void *to, size_t room)
{
	if (!str_is_set(s->body))
		return spool_read(&s->text, s->header_bytes + offset, to, room);
	const struct str piece =
		str_head(str_from(s->body, offset < SIZE_MAX ? (size_t)offset : SIZE_MAX), room);
	if (piece.len > 0)
		memcpy(to, piece.ptr, piece.len);
	return (long)piece.len;
}
