/* The life of a session's filters: whom they are told of, and what they keep between messages. */
#include "filter/inside.h"

#include <stdlib.h>

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

void
filter_client_name(struct filter_session *s, struct str name)
{
	if (s != NULL && str_is_set(name) && !str_is_set(s->facts.client_name))
		s->facts.client_name = arena_str(&s->arena, name);
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
	filter_stages_init(s);
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
