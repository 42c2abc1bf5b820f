/* local_command - a message for a command here: its input, its variables, and what its end means */
#define _GNU_SOURCE /* memfd_create */
#include "deliver/local_inside.h"
#include "smtp/xtext.h"

#include <errno.h>
#include <stdio.h>
#include <sys/mman.h>
#include <unistd.h>

#define WORDS_BYTES 512

/* Bytes to a file, all of them. */
static bool
put(int fd, const char *bytes, size_t len)
{
	while (len > 0) {
		const ssize_t n = write(fd, bytes, len);
		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return false;
		bytes += n;
		len -= (size_t)n;
	}
	return true;
}

/* Lines end in LF for programs here. */
static bool
put_lines(int fd, struct str text)
{
	struct str rest = text;
	while (rest.len > 0) {
		const size_t at = str_find(rest, STR("\r\n"), 0);
		const struct str now = str_head(rest, at);
		if (!put(fd, now.ptr, now.len) || (at != STR_NPOS && !put(fd, "\n", 1)))
			return false;
		rest = str_from(rest, at == STR_NPOS ? rest.len : at + 2);
	}
	return true;
}

void
local_input_write(struct errand *e)
{
	char head[LOCAL_HEAD_BYTES_MAX];
	e->input = memfd_create("message", MFD_CLOEXEC);
	if (e->input < 0 ||
		!put_lines(e->input, local_head(e->parcel, e->parcel->recipients, head)) ||
		!put_lines(e->input, (struct str){e->bytes, (size_t)e->have}))
		e->input_error = errno;
}

/* How a command ended. */
static void
on_command(void *to, const struct pipe_result *result)
{
	struct errand *const e = to;
	struct parcel *const p = e->parcel;
	struct parcel_recipient *const r = p->recipients;
	struct written *const w = e->written;
	const struct pipe_meaning m = pipe_meaning_of(result);
	char words[WORDS_BYTES + PIPE_OUTPUT_BYTES_MAX];
	const int n = snprintf(words, sizeof words, "%s%s%.*s", m.words,
		result->line.len > 0 ? ": " : "", (int)result->line.len, result->line.ptr);
	const struct str said = {words, (size_t)n};
	if (m.is_delivered || m.is_permanent) {
		r->result = (struct carried){
			.outcome = m.is_delivered ? CARRIED_DELIVERED : CARRIED_FAILED,
			.attempt = {.at_ms = w->at_ms,
				.condition = ATTEMPT_ANSWERED,
				.answer = arena_join(&p->arena, str_of(m.status), STR(" "), said)}};
	} else {
		local_fail(e, r, CONDITION_PROGRAM_FAILED, said, w);
		r->result.is_ours = m.is_ours;
	}
	r->result.peer = STR("local command");
	r->result.took_ms = deliver_now(e->local->d) - w->at_ms;
	local_errand_end(e);
}

/* The address that the sender wrote: "rfc822;user+2Bshop@example.org" (RFC 3461 s4.2). */
static struct str
asked_for(const struct parcel_recipient *r, struct arena *a)
{
	struct str rest = r->original;
	str_cut(&rest, ';');
	if (rest.len == 0)
		return r->forward_path;
	char *const room = xtext_is_valid(rest) ? arena_bytes(a, rest.len) : NULL;
	return room == NULL ? rest : (struct str){room, xtext_decode(rest, room)};
}

void
local_command_start(struct errand *e)
{
	struct deliver *const d = e->local->d;
	struct parcel *const p = e->parcel;
	const struct parcel_recipient *const r = p->recipients;
	const struct str asked = asked_for(r, &p->arena);
	struct str host = r->address, extension = asked;
	const struct str local = str_cut(&host, '@');
	extension = str_cut(&extension, '@');
	str_cut(&extension, '+');
	char size[STR_DIGITS_MAX];
	const struct pipe_variable variables[] = {
		{"SENDER", p->reverse_path},
		{"RECIPIENT", r->address},
		{"ORIGINAL_RECIPIENT", asked},
		{"LOCAL", local},
		{"USER", local},
		{"EXTENSION", extension},
		{"DOMAIN", host},
		{"HOST", host},
		{"QUEUE_ID", p->id},
		{"CLIENT", p->client},
		{"SIZE", str_digits((int64_t)p->body_bytes, size)},
	};
	const struct pipe_request request = {.command = d->settings.command,
		.variables = variables,
		.variable_count = sizeof variables / sizeof *variables,
		.timeout_s = d->settings.pipe_timeout_s,
		.input = e->input};
	if (!pipe_run(d->options.pipe, &request, on_command, e))
		local_fail_all(e, CONDITION_PROGRAM_FAILED, "it cannot be started at this moment");
}
