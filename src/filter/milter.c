#include "filter/milter.h"

#include "filter/milter_inside.h"

void
milter_init(struct milter *t)
{
	*t = (struct milter){.step = MILTER_AT_REST};
	buf_init(&t->body, EDIT_BODY_BYTES_MAX);
}

void
milter_fini(struct milter *t)
{
	buf_fini(&t->body);
}

/* What the connection was not told yet comes first. HELO is told as often as it is said. */
static void
begin_session(struct milter *t, enum milter_step last)
{
	t->last = last;
	t->step = t->told == MILTER_AT_REST ? MILTER_NEGOTIATE
		  : t->told == MILTER_HELO  ? last
					    : t->told + 1;
}

void
milter_begin(struct milter *t, const struct filter_question *q, struct buf *out)
{
	(void)out; /* milter_next() says the first step */
	t->m.question = *q;
	t->m.answer = (struct filter_answer){.verdict = FILTER_PASS};
	t->m.can_go_on = false;
	t->is_waiting = false;
	switch (q->at) {
	case FILTER_PING:
		t->step = t->last = MILTER_NEGOTIATE;
		break;
	case FILTER_CONNECT:
		begin_session(t, MILTER_CONNECT);
		break;
	case FILTER_HELO:
		begin_session(t, MILTER_HELO);
		break;
	case FILTER_MAIL:
		begin_session(t, MILTER_MAIL);
		t->is_used = true;
		break;
	case FILTER_RCPT:
		t->step = t->last = MILTER_RCPT;
		break;
	case FILTER_DATA:
		t->step = t->last = MILTER_DATA;
		break;
	case FILTER_END:
		t->step = MILTER_HEADER;
		t->last = MILTER_EOM;
		t->header = q->facts->header;
		break;
	}
}

/* ---- what is said */

/* Those that need no answer, and those that are left out. */
static bool
is_left_out(const struct milter *t)
{
	static const uint32_t without[] = {
		[MILTER_CONNECT] = MILTER_NO_CONNECT,
		[MILTER_HELO] = MILTER_NO_HELO,
		[MILTER_MAIL] = MILTER_NO_MAIL,
		[MILTER_RCPT] = MILTER_NO_RCPT,
		[MILTER_DATA] = MILTER_NO_DATA,
		[MILTER_HEADER] = MILTER_NO_HEADERS,
		[MILTER_EOH] = MILTER_NO_EOH,
		[MILTER_BODY] = MILTER_NO_BODY,
		[MILTER_EOM] = 0,
	};
	if (t->step == MILTER_DATA && t->version < 4) /* it does not know DATA */
		return true;
	if (t->step == MILTER_BODY && t->skips_body)
		return true;
	return (t->steps & without[t->step]) != 0;
}

static bool
is_answered(const struct milter *t)
{
	static const uint32_t unanswered[] = {
		[MILTER_CONNECT] = MILTER_NR_CONNECT,
		[MILTER_HELO] = MILTER_NR_HELO,
		[MILTER_MAIL] = MILTER_NR_MAIL,
		[MILTER_RCPT] = MILTER_NR_RCPT,
		[MILTER_DATA] = MILTER_NR_DATA,
		[MILTER_HEADER] = MILTER_NR_HEADER,
		[MILTER_EOH] = MILTER_NR_EOH,
		[MILTER_BODY] = MILTER_NR_BODY,
		[MILTER_EOM] = 0,
	};
	return t->step == MILTER_NEGOTIATE || (t->steps & unanswered[t->step]) == 0;
}

static enum machine_wants
finish(struct milter *t)
{
	struct machine *const m = &t->m;
	if (t->step == MILTER_EOM && t->has_new_body &&
		!edit_add(&m->answer.edits, m->question.arena, EDIT_BODY, 0, STR_NONE,
			str_is_set(buf_str(&t->body)) ? buf_str(&t->body) : STR("")))
		t->has_bad_edit = true;
	if (t->has_bad_edit)
		return machine_broken(
			m, "it wants the message changed in a way that would break it");
	if (t->step == MILTER_EOM)
		t->is_used = false;
	t->step = MILTER_AT_REST;
	m->answer.is_final = t->is_accepted;
	m->can_go_on = true;
	return MACHINE_DONE;
}

/* Before MAIL it speaks of the client, and not of a message. */
static bool
is_of_session(const struct milter *t)
{
	return t->step == MILTER_CONNECT || t->step == MILTER_HELO;
}

/* The step is done. True: the question is, too. */
static bool
advance(struct milter *t)
{
	if (t->step >= MILTER_NEGOTIATE && t->step <= MILTER_HELO)
		t->told = t->step;
	if (t->step == t->last)
		return true;
	if (t->step == MILTER_HEADER && t->header.len > 0 && !str_starts(t->header, STR("\r\n")) &&
		!is_left_out(t))
		return false; /* the next field */
	if (t->step == MILTER_BODY && !t->has_body && !is_left_out(t))
		return false; /* the next piece */
	t->step++;
	return false;
}

/* The text of a body, or its end. */
void
milter_text(struct milter *t, struct str piece, struct buf *out)
{
	if (piece.len == 0) {
		t->has_body = true;
		return;
	}
	struct packet p = packet_begin(out, 'B');
	packet_bytes(&p, str_head(piece, MILTER_CHUNK_BYTES_MAX));
	packet_end(&p);
	t->is_waiting = is_answered(t);
}

/* Goes on until there is something to wait for. */
static enum machine_wants
go_on(struct milter *t, struct buf *out)
{
	while (!t->is_waiting) {
		if (t->step == MILTER_BODY && !is_left_out(t) && !t->has_body)
			return MACHINE_TEXT;
		const bool is_said = t->step == MILTER_NEGOTIATE || !is_left_out(t);
		if (is_said && t->step != MILTER_BODY && milter_say(t, out) && is_answered(t))
			t->is_waiting = true;
		else if (advance(t))
			return finish(t);
	}
	return MACHINE_READ;
}

/* ---- what is answered */

/* What it answered with: an offer to our offer. */
static enum machine_wants
take_offer(struct milter *t, char letter, struct str rest)
{
	struct machine *const m = &t->m;
	uint32_t stage;
	struct str names;
	if (letter != 'O' || !packet_take_number(&rest, &t->version) ||
		!packet_take_number(&rest, &t->actions) || !packet_take_number(&rest, &t->steps))
		return machine_broken(m, "it does not speak the milter protocol");
	if (t->version < MILTER_VERSION_MIN || t->version > MILTER_VERSION)
		return machine_broken(m, "its milter protocol is version %u, not %d to %d",
			t->version, MILTER_VERSION_MIN, MILTER_VERSION);
	if ((t->actions & ~(uint32_t)MILTER_ACTIONS) != 0 ||
		(t->steps & ~(uint32_t)MILTER_STEPS) != 0)
		return machine_broken(m, "it wants what was not offered: actions %x, steps %x",
			t->actions, t->steps);
	while (packet_take_number(&rest, &stage) && packet_take_text(&rest, &names))
		if (stage < MILTER_MACRO_STEPS && names.len < MILTER_MACROS_BYTES_MAX) {
			memcpy(t->macros[stage], names.ptr, names.len);
			t->macros[stage][names.len] = '\0';
		}
	return MACHINE_READ;
}

/* It has decided: the message, or at RCPT the recipient. */
static enum machine_wants
decide(struct milter *t, enum filter_verdict verdict, struct str words)
{
	struct machine *const m = &t->m;
	m->answer.verdict = verdict;
	m->answer.words = words;
	m->answer.ends_session = t->step == MILTER_CONNECT; /* a HELO may follow that it likes */
	if (t->step != MILTER_RCPT)
		t->is_used = t->step > MILTER_HELO && t->step != MILTER_EOM;
	t->step = MILTER_AT_REST;
	m->can_go_on = true;
	return MACHINE_DONE;
}

static enum machine_wants
accept_all(struct milter *t)
{
	t->m.answer.ends_session = is_of_session(t);
	t->is_accepted = true;
	t->is_used = false;
	return finish(t);
}

static enum machine_wants
take_discard(struct milter *t)
{
	struct machine *const m = &t->m;
	if (is_of_session(t))
		return machine_broken(m, "it discards a client, which is no message");
	if (!edit_add(
		    &m->answer.edits, m->question.arena, EDIT_DISCARD, 0, STR_NONE, STR("discard")))
		t->has_bad_edit = true;
	m->answer.rule = STR("discard");
	return accept_all(t);
}

/* "550 5.7.1 No, thank you" on each of its lines. */
static enum machine_wants
take_reply(struct milter *t, struct str reply)
{
	struct str line, words = STR_NONE, status = STR_NONE;
	const int64_t code = str_number(reply, 599);
	struct arena *const a = t->m.question.arena;
	reply = str_head(reply, str_find_char(reply, '\0', 0));
	if (code < 400)
		return machine_broken(&t->m, "its reply is none: \"%.*s\"",
			(int)str_head(reply, 100).len, reply.ptr);
	while (str_line(&reply, &line)) {
		line = str_from(line, 4); /* the code */
		const struct str its = machine_take_status(&line);
		status = str_is_set(status) ? status : its;
		words = str_is_set(words) ? arena_join(a, words, STR(" "), line) : line;
		if (words.len > FILTER_WORDS_BYTES_MAX)
			break;
	}
	words = machine_keep(&t->m.question, words, FILTER_WORDS_BYTES_MAX);
	t->m.answer.verdict = code >= 500 ? FILTER_REFUSE : FILTER_DEFER;
	machine_keep_codes(&t->m, (unsigned)code, status);
	return decide(t, t->m.answer.verdict, words);
}

static enum machine_wants
take_answer(struct milter *t, char letter, struct str rest)
{
	switch (letter) {
	case 'p': /* it is still at it */
		t->m.has_progress = true;
		return MACHINE_READ;
	case 'c':
		t->is_waiting = false;
		return advance(t) ? finish(t) : MACHINE_READ;
	case 's':
		t->is_waiting = false;
		t->skips_body |= t->step == MILTER_BODY;
		if (t->step == MILTER_HEADER)
			t->header = STR("");
		return advance(t) ? finish(t) : MACHINE_READ;
	case 'a':
		return accept_all(t);
	case 'd':
		return take_discard(t);
	case 'r':
		return decide(t, FILTER_REFUSE, STR_NONE);
	case 't':
	case 'f':
	case '4':
		return decide(t, FILTER_DEFER, STR_NONE);
	case 'y':
		return take_reply(t, rest);
	default:
		break;
	}
	if (t->step != MILTER_EOM)
		return machine_broken(&t->m, "its answer is not one of this step: '%c'", letter);
	return milter_take_edit(t, letter, rest);
}

enum machine_wants
milter_next(struct milter *t, struct str *in, bool is_end, struct buf *out)
{
	char letter;
	struct str rest;
	if (t->is_accepted)
		return finish(t);
	for (;;) {
		enum machine_wants wants = go_on(t, out);
		if (wants != MACHINE_READ)
			return wants;
		switch (packet_next(in, &letter, &rest)) {
		case PACKET_BROKEN:
			return machine_broken(&t->m, "it does not speak the milter protocol");
		case PACKET_MORE:
			return is_end ? machine_broken(&t->m, "it closed the connection before it "
							      "had answered")
				      : MACHINE_READ;
		case PACKET_WHOLE:
			break;
		}
		if (t->step == MILTER_NEGOTIATE) {
			wants = take_offer(t, letter, rest);
			t->is_waiting = false;
			if (wants == MACHINE_READ && advance(t))
				return finish(t);
		} else {
			wants = take_answer(t, letter, rest);
		}
		if (wants != MACHINE_READ)
			return wants;
	}
}

static void
say_letter(char letter, struct buf *out)
{
	struct packet p = packet_begin(out, letter);
	packet_end(&p);
}

void
milter_mail_over(struct milter *t, struct buf *out)
{
	if (t->is_used)
		say_letter('A', out);
	t->is_used = t->is_accepted = false;
	t->skips_body = t->has_body = t->has_new_body = t->has_bad_edit = false;
	t->header = STR_NONE;
	buf_clear(&t->body);
}

void
milter_over(struct milter *t, struct buf *out)
{
	if (t->is_used)
		say_letter('A', out);
	say_letter('Q', out);
}
