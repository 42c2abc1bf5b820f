/*
 * session - -bs: who calls speaks SMTP on a pipe, and the server answers
 *
 * Programs write the whole of a session into the pipe and read the answers later, and end their
 * lines in LF; the server wants to be waited for, and CRLF. So the lines wait here, each until the
 * one before has its answer.
 */
#include <errno.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "sendmail/sendmail.h"

#define PIPE_BYTES 65536

enum step {
	STEP_ANSWER,  /* the server is to speak: the greeting is the first */
	STEP_COMMAND, /* the caller is: a line */
	STEP_TEXT,    /* lines up to the dot */
	STEP_CHUNK,   /* so many bytes behind BDAT */
	STEP_RAW      /* encrypted: not ours to read */
};

struct session {
	int fd;
	enum step step;
	bool asks_text, asks_tls; /* by the command that waits for its answer */
	bool is_inside;           /* of a line of the text whose beginning has gone */
	bool is_over;             /* the caller says no more */
	uint64_t chunk_left;
	char code[4]; /* of the line of the answer that comes, as far as it has come */
	size_t code_len;
	size_t len; /* of what was said and has not gone */
	char said[PIPE_BYTES];
};

static bool
write_all(int fd, struct str bytes)
{
	while (bytes.len > 0) {
		const ssize_t n = write(fd, bytes.ptr, bytes.len);
		if (n < 0 && errno != EINTR)
			return false;
		if (n > 0)
			bytes = str_from(bytes, (size_t)n);
	}
	return true;
}

/* ---- answers */

/* An answer is complete: "250 ..." and no "250-...". */
static void
on_answer(struct session *s)
{
	if (s->step != STEP_ANSWER)
		return; /* of its own accord: 421 */
	const bool is_go = s->asks_text && memcmp(s->code, "354", 3) == 0;
	const bool is_tls = s->asks_tls && memcmp(s->code, "220", 3) == 0;
	s->step = is_go ? STEP_TEXT : is_tls ? STEP_RAW : STEP_COMMAND;
	s->asks_text = s->asks_tls = s->is_inside = false;
}

/* What the server says goes to the caller; false at its end. */
static bool
hear(struct session *s)
{
	char room[16384];
	const ssize_t n = read(s->fd, room, sizeof room);
	if (n < 0)
		return errno == EINTR;
	for (ssize_t i = 0; i < n && s->step != STEP_RAW; i++)
		if (room[i] != '\n') {
			if (s->code_len < sizeof s->code)
				s->code[s->code_len++] = room[i];
		} else {
			const bool is_last = s->code_len < sizeof s->code || s->code[3] != '-';
			s->code_len = 0;
			if (is_last)
				on_answer(s);
		}
	return n > 0 && write_all(STDOUT_FILENO, (struct str){room, (size_t)n});
}

/* ---- commands */

static void
take(struct session *s, size_t n)
{
	s->len -= n;
	memmove(s->said, s->said + n, s->len);
}

/* A command of one line, without its end: what follows it? */
static void
on_command(struct session *s, struct str line)
{
	struct str rest = line;
	const struct str verb = str_word(&rest);
	s->step = STEP_ANSWER;
	s->asks_text = str_eq_case(verb, STR("DATA"));
	s->asks_tls = str_eq_case(verb, STR("STARTTLS"));
	if (!str_eq_case(verb, STR("BDAT")))
		return;
	const int64_t bytes = str_number(str_word(&rest), INT64_MAX);
	if (bytes > 0) {
		s->step = STEP_CHUNK;
		s->chunk_left = (uint64_t)bytes;
	}
}

/* One line, or what there is of one that is longer than the room; false: there is none yet, or it
 * cannot be sent. */
static bool
line_pass(struct session *s)
{
	const char *const end = memchr(s->said, '\n', s->len);
	const bool is_whole = end != NULL;
	if (s->len == 0 || (!is_whole && s->len < sizeof s->said && !s->is_over))
		return false;
	size_t used = is_whole ? (size_t)(end - s->said) + 1 : s->len;
	struct str line = {s->said, is_whole ? used - 1 : used};
	/* The CR may be the last byte of a piece, and the LF the first of the next. */
	if (line.len > 0 && line.ptr[line.len - 1] == '\r') {
		line.len--;
		used -= !is_whole && !s->is_over;
	}
	const bool is_dot = is_whole && !s->is_inside && str_eq(line, STR("."));
	if (!write_all(s->fd, line) || ((is_whole || s->is_over) && !write_all(s->fd, STR("\r\n"))))
		return false;
	if (s->step == STEP_COMMAND && !s->is_inside)
		on_command(s, line);
	else if (is_dot)
		s->step = STEP_ANSWER;
	s->is_inside = !is_whole;
	take(s, used);
	return true;
}

/* Passes on what may go; false: the server is gone. */
static bool
speak(struct session *s)
{
	while (s->len > 0 && s->step != STEP_ANSWER) {
		if (s->step == STEP_COMMAND || s->step == STEP_TEXT) {
			if (!line_pass(s))
				return true; /* a server that is gone is seen when it is read */
			continue;
		}
		size_t n = s->len;
		if (s->step == STEP_CHUNK && n > s->chunk_left)
			n = (size_t)s->chunk_left;
		if (!write_all(s->fd, (struct str){s->said, n}))
			return false;
		take(s, n);
		if (s->step == STEP_CHUNK && (s->chunk_left -= n) == 0)
			s->step = STEP_ANSWER;
	}
	return true;
}

/* What the caller says is kept; false at its end. */
static bool
listen_to_caller(struct session *s)
{
	const ssize_t n = read(STDIN_FILENO, s->said + s->len, sizeof s->said - s->len);
	if (n < 0)
		return errno == EINTR;
	s->len += (size_t)n;
	return n > 0;
}

int
session_run(const char *where)
{
	static struct session s; /* its room is large */
	s = (struct session){.fd = where_connect(where), .step = STEP_ANSWER};
	if (s.fd < 0)
		return EXIT_TRY_LATER;
	bool is_shut = false, goes_on = true;
	while (goes_on) {
		const bool has_room = s.len < sizeof s.said && !s.is_over;
		struct pollfd both[] = {{.fd = s.fd, .events = POLLIN},
			{.fd = has_room ? STDIN_FILENO : -1, .events = POLLIN}};
		if (poll(both, 2, -1) < 0 && errno != EINTR)
			break;
		if (both[1].revents != 0)
			s.is_over = !listen_to_caller(&s);
		if (both[0].revents != 0)
			goes_on = hear(&s);
		goes_on = goes_on && speak(&s);
		/* No more commands; the answers to those before may still come. */
		if (s.is_over && s.len == 0 && s.step != STEP_ANSWER && !is_shut) {
			shutdown(s.fd, SHUT_WR);
			is_shut = true;
		}
	}
	close(s.fd);
	return EXIT_SENT;
}
