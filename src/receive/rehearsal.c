#include "receive/rehearsal.h"

#include "receive/inside.h"

#include <event2/event.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>

#define REFERENCE "TRY0"
#define ACCOUNT_ARENA_BYTES ((size_t)64 << 10)

struct rehearsal {
	struct receive *receive;
	struct profile *profile;
	struct guest guest;
	bool is_woken, is_over;
	size_t in_len;
	char in[RECEIVE_IN_BYTES], out[RECEIVE_OUT_BYTES];
};

static void
wake(void *rehearsal)
{
	((struct rehearsal *)rehearsal)->is_woken = true;
}

/* As if the account had shown its password. */
static bool
sign_in(struct rehearsal *s, struct str user, struct receive_error *error)
{
	struct arena a;
	struct scram_secret secret;
	struct directory_account account = {0};
	struct directory *const d = s->receive->parts.directory;
	struct guest *const g = &s->guest;
	arena_init(&a, ACCOUNT_ARENA_BYTES);
	const bool is_there = directory_scram_find(d, user, &a, &secret, &account);
	arena_fini(&a);
	if (!is_there || account.id == 0 || directory_login_holds(d, &account) != LOGIN_OK) {
		snprintf(error->words, sizeof error->words,
			"%.*s: there is no such account that may sign in",
			(int)str_head(user, 400).len, user.ptr);
		return false;
	}
	g->account = account.id;
	g->epoch = account.epoch;
	g->user = guest_text(user);
	g->session.is_authenticated = true;
	g->session.user_bytes = (uint8_t)str_head(user, SESSION_USER_BYTES_MAX).len;
	memcpy(g->session.user, user.ptr, g->session.user_bytes);
	return g->user != NULL;
}

struct rehearsal *
rehearsal_new(struct receive *r, const struct config *config,
	const struct config_listener *listener, const struct rehearsal_client *client,
	struct receive_error *error)
{
	struct rehearsal *const s = calloc(1, sizeof *s);
	char ip[ENDPOINT_TEXT_BYTES];
	if (s == NULL) {
		snprintf(error->words, sizeof error->words, "no memory");
		return NULL;
	}
	s->receive = r;
	s->profile = profile_new(config, listener, true, error);
	if (s->profile == NULL) {
		free(s);
		return NULL;
	}
	limits_configure(r->limits, config);
	const struct session_peer peer = {.client = client->address,
		.reference = STR(REFERENCE),
		.is_secure = client->is_secure || s->profile->is_immediate};
	guest_init(&s->guest, r, s->profile, &peer, clock_mono_ms());
	s->guest.wake = wake;
	s->guest.to = s;
	EVENTLOG(r->parts.log, s->guest.began_ms, LOG_CONNECT, {FIELD_SESSION, peer.reference},
		{FIELD_LISTENER, s->profile->name},
		{FIELD_CLIENT, (struct str){ip, endpoint_print(&client->address, ip)}});
	if (str_is_set(client->user) && !sign_in(s, client->user, error)) {
		rehearsal_free(s);
		return NULL;
	}
	return s;
}

/* The loop brings what was asked for: a password, the DNS, the disk. */
static void
wait_for_answer(struct rehearsal *s)
{
	while (!s->is_woken) {
		struct queue *const q = s->receive->parts.queue;
		struct pollfd disk = {.fd = queue_wake_fd(q), .events = POLLIN};
		event_base_loop(s->receive->base, EVLOOP_NONBLOCK);
		if (s->is_woken || queue_turn(q))
			continue;
		/* Neither of the two knows of the other: short looks at each. */
		poll(&disk, 1, 5);
	}
	s->is_woken = false;
}

bool
rehearsal_say(struct rehearsal *s, struct str bytes, struct buf *replies)
{
	while (!s->is_over) {
		const size_t n =
			bytes.len < sizeof s->in - s->in_len ? bytes.len : sizeof s->in - s->in_len;
		if (n > 0)
			memcpy(s->in + s->in_len, bytes.ptr, n);
		s->in_len += n;
		bytes = str_from(bytes, n);
		struct str rest = {s->in, s->in_len};
		struct reply_buffer out = {s->out, 0, sizeof s->out};
		const enum guest_wants wants = guest_go(&s->guest, &rest, &out, clock_mono_ms());
		buf_add(replies, (struct str){out.ptr, out.len});
		memmove(s->in, rest.ptr, rest.len);
		s->in_len = rest.len;
		switch (wants) {
		case GUEST_MORE:
			if (bytes.len == 0)
				return true;
			break;
		case GUEST_WAIT:
			wait_for_answer(s);
			break;
		case GUEST_HOLD:
			while (queue_turn(s->receive->parts.queue))
				;
			break;
		case GUEST_TLS:
			guest_secured(&s->guest, "rehearsed", clock_mono_ms());
			break;
		case GUEST_CLOSE:
			s->is_over = true;
			break;
		case GUEST_FLUSH:
			break;
		}
	}
	return false;
}

struct str
rehearsal_reference(const struct rehearsal *s)
{
	return (struct str){s->guest.session.reference, s->guest.session.reference_bytes};
}

void
rehearsal_free(struct rehearsal *s)
{
	if (s == NULL)
		return;
	guest_fini(&s->guest);
	profile_release(s->profile);
	free(s);
}
