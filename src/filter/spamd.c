#include "filter/spamd.h"

void
spamd_begin(struct spamd *s, const struct filter_question *q, struct buf *out)
{
	const struct filter_facts *const f = q->facts;
	*s = (struct spamd){.m.question = *q, .has_text = q->at == FILTER_PING, .body_bytes = -1};
	if (q->at == FILTER_PING) {
		buf_add(out, STR("PING SPAMC/1.5\r\n\r\n"));
		return;
	}
	buf_add(out, STR("SYMBOLS SPAMC/1.5\r\nContent-length: "));
	buf_add_number(out, (int64_t)(f->received.len + f->bytes));
	buf_add(out, STR("\r\n\r\n"));
	buf_add(out, f->received);
}

void
spamd_text(struct spamd *s, struct str piece, struct buf *out)
{
	buf_add(out, piece);
	s->has_text = piece.len == 0;
}

/* "SPAMD/1.1 0 EX_OK" */
static enum machine_wants
take_status(struct spamd *s, struct str line)
{
	struct str rest = line;
	const struct str version = str_word(&rest), code = str_word(&rest);
	const int64_t n = str_number(code, 999);
	if (!str_starts(version, STR("SPAMD/")) || n < 0)
		return machine_broken(&s->m, "what it says is not spamd's: \"%.*s\"",
			(int)str_head(line, 100).len, line.ptr);
	if (n != 0)
		return machine_broken(
			&s->m, "it answers \"%.*s\"", (int)str_head(line, 150).len, line.ptr);
	s->has_status = true;
	if (s->m.question.at != FILTER_PING)
		return MACHINE_READ;
	rest = str_trim(rest);
	return str_eq(rest, STR("PONG")) ? MACHINE_DONE
					 : machine_broken(&s->m, "it answers PING with \"%.*s\"",
						   (int)str_head(rest, 100).len, rest.ptr);
}

/* "Spam: True ; 15.3 / 5.0", "Content-length: 18" */
static enum machine_wants
take_field(struct spamd *s, struct str line)
{
	struct filter_answer *const a = &s->m.answer;
	const struct str name = str_cut(&line, ':');
	if (str_eq_case(name, STR("Content-length"))) {
		s->body_bytes = str_number(str_trim(line), (int64_t)SPAMD_SYMBOLS_BYTES_MAX);
		return s->body_bytes >= 0 ? MACHINE_READ
					  : machine_broken(&s->m, "its length makes no sense");
	}
	if (!str_eq_case(name, STR("Spam")))
		return MACHINE_READ;
	(void)str_cut(&line, ';');
	const struct str points = str_cut(&line, '/');
	s->has_points = machine_points(points, &a->points) && machine_points(line, &a->of);
	a->has_points = s->has_points;
	return s->has_points ? MACHINE_READ : machine_broken(&s->m, "its points are no numbers");
}

static enum machine_wants
take_head(struct spamd *s, struct str *in)
{
	struct str line;
	while (machine_line(in, &line)) {
		if (!s->has_status) {
			const enum machine_wants wants = take_status(s, line);
			if (wants != MACHINE_READ)
				return wants;
		} else if (line.len == 0) {
			s->is_body = true;
			return s->has_points ? MACHINE_READ
					     : machine_broken(&s->m, "it does not say its points");
		} else if (take_field(s, line) == MACHINE_BROKEN) {
			return MACHINE_BROKEN;
		}
	}
	return in->len < SPAMD_HEAD_BYTES_MAX ? MACHINE_READ
					      : machine_broken(&s->m, "its answer has no end");
}

enum machine_wants
spamd_next(struct spamd *s, struct str *in, bool is_end, struct buf *out)
{
	(void)out;
	if (!s->is_body) {
		const enum machine_wants wants = take_head(s, in);
		if (wants != MACHINE_READ)
			return wants;
	}
	if (!s->is_body) {
		if (is_end)
			return machine_broken(
				&s->m, "it closed the connection before it had answered");
		return s->has_text ? MACHINE_READ : MACHINE_TEXT;
	}
	/* Symbols: names with commas between. */
	const bool is_whole = s->body_bytes >= 0 ? in->len >= (size_t)s->body_bytes : is_end;
	if (!is_whole) {
		if (is_end || in->len > SPAMD_SYMBOLS_BYTES_MAX)
			return machine_broken(&s->m, "its answer breaks off");
		return MACHINE_READ;
	}
	if (!s->has_text)
		return machine_broken(&s->m, "it answers before it has the message");
	const struct str symbols = s->body_bytes >= 0 ? str_head(*in, (size_t)s->body_bytes) : *in;
	s->m.answer.rule = machine_keep(&s->m.question, symbols, FILTER_WORDS_BYTES_MAX);
	*in = str_from(*in, symbols.len);
	return MACHINE_DONE;
}
