#include "filter/clamd.h"

/* An integer of 4 bytes, the highest first. */
static void
put_length(struct buf *out, uint32_t n)
{
	const char bytes[4] = {(char)(n >> 24), (char)(n >> 16), (char)(n >> 8), (char)n};
	buf_add(out, (struct str){bytes, sizeof bytes});
}

/* A command that ends in NUL: "z" says so. */
static void
put_command(struct buf *out, struct str command)
{
	buf_add(out, command);
	buf_add_char(out, '\0');
}

void
clamd_begin(struct clamd *c, const struct filter_question *q, struct buf *out)
{
	*c = (struct clamd){.m.question = *q, .has_text = q->at == FILTER_PING};
	put_command(out, q->at == FILTER_PING ? STR("zPING") : STR("zINSTREAM"));
}

void
clamd_text(struct clamd *c, struct str piece, struct buf *out)
{
	put_length(out, (uint32_t)piece.len);
	buf_add(out, piece);
	c->has_text = piece.len == 0;
}

static enum machine_wants
take_reply(struct clamd *c, struct str reply)
{
	struct machine *const m = &c->m;
	struct str found = str_trim(reply);
	if (m->question.at == FILTER_PING)
		return str_eq(found, STR("PONG"))
			       ? MACHINE_DONE
			       : machine_broken(m, "it answers PING with \"%.*s\"",
					 (int)str_head(found, 100).len, found.ptr);
	if (str_starts(found, STR("stream: ")))
		found = str_from(found, 8);
	if (str_eq(found, STR("OK")))
		return MACHINE_DONE;
	if (!str_ends_case(found, STR(" FOUND")) || found.len == 6)
		return machine_broken(
			m, "it answers \"%.*s\"", (int)str_head(found, 150).len, found.ptr);
	m->answer.verdict = FILTER_REFUSE;
	m->answer.rule = m->answer.words =
		machine_keep(&m->question, str_head(found, found.len - 6), FILTER_WORDS_BYTES_MAX);
	return MACHINE_DONE;
}

enum machine_wants
clamd_next(struct clamd *c, struct str *in, bool is_end, struct buf *out)
{
	(void)out;
	const size_t end = str_find_char(*in, '\0', 0);
	/* A verdict before the text is over is one all the same: it is too large, say. */
	if (end != STR_NPOS && end <= CLAMD_REPLY_BYTES_MAX) {
		const struct str reply = str_head(*in, end);
		*in = str_from(*in, end + 1);
		/* ... but nothing that was not seen is clean. */
		if (!c->has_text && str_ends_case(reply, STR("OK")))
			return machine_broken(&c->m, "it answers before it has the message");
		return take_reply(c, reply);
	}
	if (in->len > CLAMD_REPLY_BYTES_MAX)
		return machine_broken(&c->m, "its answer has no end");
	if (is_end)
		return machine_broken(&c->m, "it closed the connection without an answer");
	return c->has_text ? MACHINE_READ : MACHINE_TEXT;
}
