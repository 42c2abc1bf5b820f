/*
 * stages - the filters at one place of a session: who is asked, one stage after the other, and when
 * it is over
 *
 * The first stage is all but milters; each milter is one, and sees what those before it made of the
 * message.
 */
#include "filter/inside.h"

/* At connect and EHLO a milter is told what happens, unless that would cost a message its place. */
static bool
has_to_spare(const struct exchange *x)
{
	const struct backend *const b = x->backend;
	return x->wire != NULL || (!b->is_down && b->waiting_count == 0 &&
					  b->open_count < b->setting.connections_max / 2);
}

/* Is this one asked at this place? */
static bool
is_asked(const struct filter_session *s, size_t i)
{
	const struct filter_settings *const set = s->backends->settings;
	const enum filter_kind kind = set->list[i].kind;
	if (s->is_out[i] || s->is_gone[i] || !(s->wanted >> kind & 1))
		return false;
	switch (kind) {
	case KIND_SPAMD:
		return s->at == FILTER_END && !s->is_ours && s->facts.bytes <= set->spamd_bytes_max;
	case KIND_POLICY:
		return !s->is_ours && (set->policy_points >> s->at & 1) != 0;
	case KIND_MILTER:
		return s->at >= FILTER_MAIL || has_to_spare(&s->list[i]);
	default:
		return s->at == FILTER_END;
	}
}

static void
begin(struct filter_session *s, size_t i)
{
	struct exchange *const x = &s->list[i];
	const struct filter_question q = {.at = s->at, .facts = &s->facts, .arena = &s->arena};
	x->text = &s->text;
	x->body_at = s->header_bytes;
	x->body = s->body;
	s->is_asked[i] = true;
	s->was_asked[i] |= s->at == FILTER_END;
	s->open_count++;
	exchange_ask(x, &q);
}

/* False: nobody is left to be asked. */
static bool
stage_begin(struct filter_session *s)
{
	const size_t count = s->backends->settings->count;
	bool has_any = false;
	const bool is_first = !s->has_begun;
	s->has_begun = true;
	if (is_first)
		for (size_t i = 0; i < count; i++)
			if (s->backends->settings->list[i].kind != KIND_MILTER && is_asked(s, i)) {
				begin(s, i);
				has_any = true;
			}
	while (!has_any && s->next < count) {
		const size_t i = s->next++;
		if (s->backends->settings->list[i].kind == KIND_MILTER && is_asked(s, i)) {
			begin(s, i);
			has_any = true;
		}
	}
	return has_any;
}

/* What this stage came to. */
static void
stage_end(struct filter_session *s)
{
	for (size_t i = 0; i < s->backends->settings->count; i++) {
		if (!s->is_asked[i] || s->is_taken[i])
			continue;
		s->is_taken[i] = true;
		filter_take_answer(s, i);
		s->is_decided |= filter_refuses(s, &s->list[i]);
	}
}

static bool
recipient_keep(struct filter_session *s)
{
	struct str *const list = arena_more(&s->arena, s->recipients, s->recipient_count,
		&s->recipient_room, sizeof *s->recipients);
	if (list == NULL)
		return false;
	s->recipients = list;
	list[s->recipient_count++] = s->facts.rcpt;
	s->facts.recipients = list;
	s->facts.recipient_count = s->recipient_count;
	return true;
}

void
filter_no_room(struct filter_session *s, const char *rule)
{
	s->outcome = (struct filter_outcome){.is_refused = true,
		.condition = CONDITION_FILTER_UNAVAILABLE,
		.rule = str_of(rule)};
}

static void
conclude(struct filter_session *s)
{
	struct filter_outcome *const out = &s->outcome;
	event_del(&s->deadline);
	filter_judge(s);
	if (out->is_refused)
		return;
	if (s->at == FILTER_RCPT && !recipient_keep(s))
		filter_no_room(s, "no memory for the recipients");
	if (s->at != FILTER_END)
		return;
	if (buf_failed(&s->header) || arena_failed(&s->arena)) {
		filter_no_room(s, "no memory for what the filters want changed");
		return;
	}
	out->edits = &s->edits;
	out->is_rewritten = s->is_rewritten;
	if (!s->is_rewritten)
		out->front = str_head(buf_str(&s->header), s->header.len - s->kept_bytes);
}

/* Goes on as far as it can. True: it is over, and the outcome is there. */
static bool
run(struct filter_session *s)
{
	s->is_asking = true;
	while (s->open_count == 0) {
		stage_end(s);
		if (s->is_decided || !stage_begin(s)) {
			conclude(s);
			s->is_asking = false;
			return true;
		}
	}
	s->is_asking = false;
	return false;
}

static void
stage_go(struct filter_session *s)
{
	if (run(s))
		s->done(s->to, &s->outcome); /* may free the session */
}

static void
answered(void *to, struct exchange *x)
{
	struct filter_session *const s = to;
	(void)x;
	s->open_count--;
	if (s->open_count == 0 && !s->is_asking)
		stage_go(s);
}

static void
on_deadline(evutil_socket_t fd, short what, void *session)
{
	struct filter_session *const s = session;
	(void)fd;
	(void)what;
	s->is_asking = true;
	for (size_t i = 0; i < s->backends->settings->count; i++)
		exchange_give_up(&s->list[i], "no answer while the client waits");
	s->next = FILTERS_MAX; /* nobody else is asked */
	s->is_asking = false;
	stage_go(s);
}

void
filter_stages_init(struct filter_session *s)
{
	evtimer_assign(&s->deadline, s->filters->parts.base, on_deadline, s);
	for (size_t i = 0; i < s->backends->settings->count; i++)
		exchange_init(&s->list[i], &s->backends->list[i], answered, s);
}

bool
filter_ask(struct filter_session *s, enum filter_point at, struct filter_outcome *out)
{
	const struct timeval wait = {FILTER_WAIT_MS_MAX / 1000, 0};
	s->at = at;
	s->next = 0;
	s->is_decided = s->has_begun = false;
	memset(s->is_asked, 0, sizeof s->is_asked);
	memset(s->is_taken, 0, sizeof s->is_taken);
	evtimer_add(&s->deadline, &wait);
	const bool is_over = run(s);
	if (is_over)
		*out = s->outcome;
	return is_over;
}
