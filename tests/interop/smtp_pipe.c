/*
 * smtp_pipe - one session over a socket on standard input and output, for clients that exist
 *
 * usage: smtp_pipe mx|submission|lmtp FOLDER
 *
 * Takes mail for here.example but not for nobody@; jim's mailbox is full; joe's password is
 * "secret", and may be said in clear. A message that is taken becomes FOLDER/N. Not installed: the
 * smallest program that owns a session, and an example of one.
 */
#include "base/buf.h"
#include "smtp/session.h"

#undef NDEBUG
#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define MESSAGE_BYTES_MAX ((size_t)64 << 20)

struct pipe {
	struct session session;
	struct smtp_event event;
	struct buf message;
	const char *folder;
	int count;
};

static void
write_all(const char *bytes, size_t n)
{
	while (n > 0) {
		const ssize_t wrote = write(STDOUT_FILENO, bytes, n);
		if (wrote <= 0)
			exit(1);
		bytes += wrote;
		n -= (size_t)wrote;
	}
}

static bool
message_keep(struct pipe *p)
{
	char path[1024];
	snprintf(path, sizeof path, "%s/%d", p->folder, ++p->count);
	FILE *const f = fopen(path, "wb");
	if (f == NULL)
		return false;
	const bool ok = p->message.len == 0 || fwrite(p->message.ptr, p->message.len, 1, f) == 1;
	return fclose(f) == 0 && ok;
}

static void
answer(struct pipe *p, struct smtp_answer *a)
{
	const struct smtp_event *const e = &p->event;
	switch (e->kind) {
	case EVENT_RCPT:
		if (!str_eq_case(e->path.domain, STR("here.example")))
			return;
		a->verdict = ANSWER_ACCEPT;
		a->condition = CONDITION_UNKNOWN_USER;
		if (str_eq(e->path.local, STR("nobody")))
			a->verdict = ANSWER_REFUSE;
		break;
	case EVENT_END:
		/* In LMTP the second recipient's mailbox is full. */
		a->verdict = e->recipient == 1 || (e->recipient == 0 && !message_keep(p))
				     ? ANSWER_REFUSE
				     : ANSWER_ACCEPT;
		a->condition = e->recipient == 1 ? CONDITION_QUOTA_REACHED : CONDITION_QUEUE_FAILED;
		a->facts.rcpt = STR("jim@here.example");
		a->facts.id = STR("Q1");
		break;
	case EVENT_LOGIN:
		a->condition = CONDITION_WRONG_PASSWORD;
		a->verdict = str_eq(e->user, STR("joe")) && str_eq(e->password, STR("secret"))
				     ? ANSWER_ACCEPT
				     : ANSWER_REFUSE;
		break;
	default:
		break;
	}
}

/* Everything that can be done with `in`; false when the session is over. */
static bool
go_on(struct pipe *p, struct str *in)
{
	char room[SESSION_OUT_BYTES_MIN];
	struct reply_buffer out = {room, 0, sizeof room};
	for (;;) {
		struct smtp_answer a = {.verdict = ANSWER_PASS};
		const enum smtp_event_kind kind = session_next(&p->session, in, &out, &p->event, 0);
		switch (kind) {
		case EVENT_BODY:
			buf_add(&p->message, p->event.text);
			break;
		case EVENT_DATA:
		case EVENT_RESET:
			buf_clear(&p->message);
			break;
		default:
			break;
		}
		if (kind >= EVENT_CONNECT && kind <= EVENT_SIGNED_IN) {
			answer(p, &a);
			session_answer(&p->session, p->event.question, &a);
		} else if (kind == EVENT_MORE || kind == EVENT_FLUSH || kind == EVENT_CLOSE) {
			write_all(out.ptr, out.len);
			out.len = 0;
			if (kind != EVENT_FLUSH)
				return kind == EVENT_MORE;
		}
	}
}

int
main(int argc, char **argv)
{
	static struct pipe p;
	static char in[SESSION_IN_BYTES_MIN + 65536];
	struct smtp_settings settings;
	size_t have = 0;
	ssize_t n = 0;
	assert(argc == 3);
	settings_init(&settings,
		strcmp(argv[1], "lmtp") == 0         ? LISTENER_LMTP
		: strcmp(argv[1], "submission") == 0 ? LISTENER_SUBMISSION
						     : LISTENER_MX,
		STR("mx.here.example"));
	settings.needs_tls = false;
	settings.auth_in_clear = true;
	settings.offers &= ~(unsigned)EXTENSION_STARTTLS;
	settings.mechanisms = AUTH_PLAIN | AUTH_LOGIN;
	settings.message_bytes_max = 1 << 20;
	p.folder = argv[2];
	buf_init(&p.message, MESSAGE_BYTES_MAX);
	session_init(&p.session, &settings, &(struct session_peer){.reference = STR("7Q2F")}, 0);
	do {
		struct str rest = {in, have + (size_t)n};
		if (!go_on(&p, &rest))
			break;
		memmove(in, rest.ptr, rest.len);
		have = rest.len;
	} while ((n = read(STDIN_FILENO, in + have, sizeof in - have)) > 0);
	session_fini(&p.session);
	buf_fini(&p.message);
	return 0;
}
