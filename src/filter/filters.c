#include "filter/inside.h"

#include <stdio.h>
#include <stdlib.h>

/* ---- all of them */

struct filters *
filters_new(const struct filters_parts *parts)
{
	struct filters *const f = calloc(1, sizeof *f);
	if (f != NULL)
		f->parts = *parts;
	return f;
}

bool
filters_configure(struct filters *f, const struct config *config,
	char words[static FILTER_SETTINGS_WORDS_MAX])
{
	struct filter_settings *const settings = filter_settings_new(config, words);
	if (settings == NULL)
		return false;
	struct backends *const fresh =
		backends_new(f->parts.base, f->parts.log, f->counts, settings);
	if (fresh == NULL) {
		filter_settings_release(settings);
		snprintf(words, FILTER_SETTINGS_WORDS_MAX, "out of memory");
		return false;
	}
	backends_release(f->backends);
	f->backends = fresh;
	return true;
}

void
filters_free(struct filters *f)
{
	if (f == NULL)
		return;
	backends_release(f->backends);
	free(f);
}

bool
filters_hear_sessions(const struct filters *f, unsigned wanted)
{
	const struct backends *const b = f != NULL ? f->backends : NULL;
	for (size_t i = 0; b != NULL && i < b->settings->count; i++)
		if (b->settings->list[i].kind == KIND_MILTER && (wanted >> KIND_MILTER & 1) != 0)
			return true;
	return false;
}

const struct filter_counts *
filters_counts(const struct filters *f, enum filter_kind kind)
{
	return &f->counts[kind];
}

/* ---- do they answer? */

static void
pinged(void *to, struct exchange *x)
{
	(void)x;
	--*(size_t *)to;
}

void
filters_ping(struct filters *f, filters_pinged *fn, void *to)
{
	static const struct filter_facts nothing;
	struct backends *const b = f->backends;
	static struct exchange list[FILTERS_MAX];
	size_t left = b->settings->count;
	for (size_t i = 0; i < b->settings->count; i++) {
		exchange_init(&list[i], &b->list[i], pinged, &left);
		exchange_ask(
			&list[i], &(struct filter_question){.at = FILTER_PING, .facts = &nothing});
	}
	while (left > 0 && event_base_loop(f->parts.base, EVLOOP_ONCE) == 0)
		;
	for (size_t i = 0; i < b->settings->count; i++) {
		fn(to, &b->list[i].setting, list[i].has_failed ? list[i].trouble : NULL);
		exchange_fini(&list[i]);
	}
}

/* ---- a session */

static void stage_go(struct filter_session *s);

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

static bool needs_text(const struct filter_session *s);

void
filter_client_is(struct filter_session *s, const struct filter_client *c)
{
	struct arena *const a = &s->arena;
	arena_reset(a); /* nothing of a message is in it: it is not told while one is under way */
	s->is_ours = c->is_ours;
	s->wanted = c->wanted;
	s->needs_text = needs_text(s);
	s->authserv = arena_str(a, c->authserv);
	s->facts = (struct filter_facts){.host = arena_str(a, c->host),
		.reference = arena_str(a, c->reference),
		.ip = arena_str(a, c->ip),
		.client_name = arena_str(a, c->client_name),
		.client_ptr = arena_str(a, c->client_ptr),
		.client_resolve = arena_str(a, c->client_resolve),
		.helo = arena_str(a, c->helo),
		.protocol = arena_str(a, c->protocol),
		.tls_version = arena_str(a, c->tls_version),
		.tls_cipher = arena_str(a, c->tls_cipher),
		.user = arena_str(a, c->user),
		.mechanism = arena_str(a, c->mechanism),
		.port = c->port,
		.is_v6 = c->is_v6};
}

/* Must anybody see the text? */
static bool
needs_text(const struct filter_session *s)
{
	const struct filter_settings *const set = s->backends->settings;
	for (size_t i = 0; i < set->count; i++) {
		const enum filter_kind kind = set->list[i].kind;
		if ((s->wanted >> kind & 1) != 0 && kind != KIND_POLICY &&
			(kind != KIND_SPAMD || !s->is_ours))
			return true;
	}
	return false;
}

bool
filter_session_new(struct filters *f, const struct filter_client *client, filter_done *done,
	void *to, struct filter_session **out)
{
	*out = NULL;
	if (f == NULL || f->backends == NULL || f->backends->settings->count == 0 ||
		client->wanted == 0)
		return true;
	struct filter_session *const s = calloc(1, sizeof *s);
	if (s == NULL)
		return false;
	s->filters = f;
	s->backends = f->backends;
	backends_use(s->backends);
	s->done = done;
	s->to = to;
	arena_init(&s->arena, FILTER_ARENA_BYTES_MAX);
	filter_client_is(s, client);
	spool_init(&s->text, f->parts.data_folder);
	buf_init(&s->header, FILTER_HEADER_BYTES_MAX);
	evtimer_assign(&s->deadline, f->parts.base, on_deadline, s);
	for (size_t i = 0; i < s->backends->settings->count; i++)
		exchange_init(&s->list[i], &s->backends->list[i], answered, s);
	*out = s;
	return true;
}

/* Is there a milter that knows the session, and will do so under the settings of now? */
static bool
is_worth_keeping(const struct filter_session *s)
{
	bool is_known = false;
	for (size_t i = 0; i < s->backends->settings->count; i++)
		is_known |= s->list[i].wire != NULL || s->is_gone[i];
	return is_known && s->backends == s->filters->backends;
}

/* As it was before MAIL. */
static void
forget_mail(struct filter_session *s)
{
	event_del(&s->deadline);
	for (size_t i = 0; i < s->backends->settings->count; i++)
		exchange_mail_over(&s->list[i]);
	spool_fini(&s->text);
	spool_init(&s->text, s->filters->parts.data_folder);
	buf_fini(&s->header);
	buf_init(&s->header, FILTER_HEADER_BYTES_MAX);
	memset(s->is_out, 0, sizeof s->is_out);
	memset(s->was_asked, 0, sizeof s->was_asked);
	s->open_count = s->recipient_count = s->recipient_room = 0;
	s->header_bytes = s->kept_bytes = 0;
	s->has_mail = s->is_rewritten = false;
	s->facts = (struct filter_facts){.port = 0};
	s->recipients = NULL;
	s->body = s->authserv = STR_NONE;
	s->edits = (struct edits){NULL, NULL, 0};
	s->origin = NULL;
	arena_reset(&s->arena);
}

struct filter_session *
filter_mail_over(struct filter_session *s)
{
	if (s == NULL)
		return NULL;
	if (s->has_mail)
		forget_mail(s);
	if (is_worth_keeping(s))
		return s;
	filter_session_free(s);
	return NULL;
}

void
filter_session_free(struct filter_session *s)
{
	if (s == NULL)
		return;
	event_del(&s->deadline);
	for (size_t i = 0; i < s->backends->settings->count; i++)
		exchange_fini(&s->list[i]);
	spool_fini(&s->text);
	buf_fini(&s->header);
	arena_fini(&s->arena);
	backends_release(s->backends);
	free(s);
}

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

/* ---- what they change */

static void
facts_of_text(struct filter_session *s)
{
	s->facts.header = buf_str(&s->header);
	s->facts.body_bytes = str_is_set(s->body) ? s->body.len : s->text.bytes - s->header_bytes;
	s->facts.bytes = s->facts.header.len + s->facts.body_bytes;
}

/* The fields of SpamAssassin's own plugins, from what we were told. */
static void
spamd_edits(struct filter_session *s, struct exchange *x)
{
	struct filter_answer *const a = &x->answer;
	const struct filter_settings *const set = s->backends->settings;
	char points[MACHINE_POINTS_BYTES], limit[MACHINE_POINTS_BYTES], status[600];
	const bool is_spam = set->spamd_tag > 0 && a->points >= set->spamd_tag;
	const struct str p = machine_put_points(a->points, points);
	const struct str l = machine_put_points(set->spamd_tag, limit);
	snprintf(status, sizeof status, "%s, score=%.*s required=%.*s tests=%.*s",
		is_spam ? "Yes" : "No", (int)p.len, p.ptr, (int)l.len, l.ptr,
		a->rule.len > 0 ? (int)a->rule.len : 4, a->rule.len > 0 ? a->rule.ptr : "none");
	edit_add(&a->edits, &s->arena, EDIT_ADD, 0, STR("X-Spam-Status"), str_of(status));
	edit_add(&a->edits, &s->arena, EDIT_ADD, 0, STR("X-Spam-Score"), p);
	if (is_spam)
		edit_add(&a->edits, &s->arena, EDIT_ADD, 0, STR("X-Spam-Flag"), STR("YES"));
}

static void
take_edits(struct filter_session *s, struct exchange *x)
{
	struct filter_answer *const a = &x->answer;
	const enum filter_kind kind = x->backend->setting.kind;
	struct buf fresh;
	if (kind == KIND_SPAMD)
		spamd_edits(s, x);
	if (kind == KIND_RSPAMD && a->verdict == FILTER_TAG)
		edit_add(&a->edits, &s->arena, EDIT_ADD, 0, STR("X-Spam"), STR("Yes"));
	if (a->edits.count == 0)
		return;
	if (str_is_set(edits_body(&a->edits))) {
		s->body = edits_body(&a->edits);
		s->is_rewritten = true;
	}
	s->is_rewritten |= edits_touch_header(&a->edits);
	buf_init(&fresh, FILTER_HEADER_BYTES_MAX);
	edits_header(&a->edits, buf_str(&s->header), &fresh);
	buf_clear(&s->header);
	edits_front(&a->edits, &s->header);
	buf_add(&s->header, buf_str(&fresh));
	s->header.failed |= buf_failed(&fresh);
	buf_fini(&fresh);
	facts_of_text(s);
}

/* Fields that a policy service adds at RCPT wait for the end of the text. */
static void
take_answer(struct filter_session *s, size_t i)
{
	struct exchange *const x = &s->list[i];
	if (x->has_failed) {
		s->is_out[i] = s->at >= FILTER_MAIL;
		return;
	}
	s->is_out[i] |= x->answer.is_final;
	s->is_gone[i] |= x->answer.is_final && x->answer.ends_session;
	if (x->answer.ends_session)
		exchange_leave(x);
	if (s->at == FILTER_END)
		take_edits(s, x);
	edits_append(&s->edits, &x->answer.edits);
}

/* ---- one place */

/* The first stage is all but milters; each milter is one. False: nobody is left to be asked. */
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
		take_answer(s, i);
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

static void
no_room(struct filter_session *s, const char *rule)
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
		no_room(s, "no memory for the recipients");
	if (s->at != FILTER_END)
		return;
	if (buf_failed(&s->header) || arena_failed(&s->arena)) {
		no_room(s, "no memory for what the filters want changed");
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

static bool
ask(struct filter_session *s, enum filter_point at, struct filter_outcome *out)
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

/* ---- the questions */

static void
pass(struct filter_outcome *out)
{
	*out = (struct filter_outcome){.is_refused = false};
}

bool
filter_connect(struct filter_session *s, struct filter_outcome *out)
{
	pass(out);
	return s == NULL || ask(s, FILTER_CONNECT, out);
}

bool
filter_hello(struct filter_session *s, struct filter_outcome *out)
{
	pass(out);
	return s == NULL || ask(s, FILTER_HELO, out);
}

bool
filter_mail(struct filter_session *s, struct str sender, struct filter_outcome *out)
{
	pass(out);
	if (s == NULL)
		return true;
	s->has_mail = true;
	s->facts.sender = sender.len == 0 ? STR("") : arena_str(&s->arena, sender);
	return ask(s, FILTER_MAIL, out);
}

bool
filter_rcpt(struct filter_session *s, struct str recipient, struct filter_outcome *out)
{
	pass(out);
	if (s == NULL)
		return true;
	s->facts.rcpt = arena_str(&s->arena, recipient);
	return ask(s, FILTER_RCPT, out);
}

bool
filter_data(struct filter_session *s, struct str id, struct filter_outcome *out)
{
	pass(out);
	if (s == NULL)
		return true;
	s->facts.rcpt = STR_NONE;
	s->facts.id = arena_str(&s->arena, id);
	return ask(s, FILTER_DATA, out);
}

void
filter_client_name(struct filter_session *s, struct str name)
{
	if (s != NULL && str_is_set(name) && !str_is_set(s->facts.client_name))
		s->facts.client_name = arena_str(&s->arena, name);
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
	while (header_field(&rest, &field))
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
		no_room(s, "no room for the message while filters look at it");
		*out = s->outcome;
		return true;
	}
	facts_of_text(s);
	return ask(s, FILTER_END, out);
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
