/* Quoted dialogues between a client and a server. */
#include "read/text_inside.h"

#include "base/lanes.h"
#include "read/host.h"
#include "read/limits.h"

#define ARROW_LEAD_MAX 48 /* bytes of a time or a word before an arrow */

static struct exchange *
add_exchange(struct prose *p, struct arena *a)
{
	p->is_many = p->is_many || p->exchange_count == NAMINGS_MAX;
	if (p->exchange_count == NAMINGS_MAX)
		return NULL;
	struct exchange *const list =
		arena_more(a, p->dialogue, p->exchange_count, &p->exchange_room, sizeof *list);
	if (list == NULL)
		return NULL;
	p->dialogue = list;
	list[p->exchange_count] = (struct exchange){.host = STR_NONE};
	return &list[p->exchange_count++];
}

static void
add_reply(struct reader *r, struct str reply)
{
	struct prose *const p = r->p;
	struct exchange *e = p->exchange_count > 0 ? &p->dialogue[p->exchange_count - 1] : NULL;
	if (e != NULL && r->in_reply)
		e->reply = str_between(e->reply.ptr, reply.ptr + reply.len);
	else if (e != NULL && !str_is_set(e->reply))
		e->reply = reply;
	else if ((e = add_exchange(p, r->arena)) != NULL)
		*e = (struct exchange){.host = r->host, .reply = reply};
	/* A reply goes on in the next line only after "550-". */
	r->in_reply = reply.len > 3 && reply.ptr[3] == '-';
}

static void
add_command(struct reader *r, struct str command)
{
	struct exchange *const e = add_exchange(r->p, r->arena);
	if (e != NULL)
		*e = (struct exchange){.host = r->host, .command = command};
	r->in_reply = false;
}

/* Is this one of SMTP's commands, as a client sends it? */
static bool
is_command(struct str s)
{
	static const struct str verbs[] = {STR_INIT("RCPT TO:"), STR_INIT("MAIL FROM:"),
		STR_INIT("DATA"), STR_INIT("EHLO "), STR_INIT("HELO "), STR_INIT("QUIT"),
		STR_INIT("RSET"), STR_INIT("STARTTLS"), STR_INIT("AUTH "), STR_INIT("BDAT ")};
	for (size_t i = 0; i < sizeof verbs / sizeof *verbs; i++)
		if (str_starts_case(s, verbs[i]))
			return true;
	return false;
}

static bool
has_angle(struct str s)
{
	unsigned found = 0;
	for (size_t i = 0; i < s.len; i += LANES)
		found |= lanes_either(lanes_next(s.ptr + i, s.len - i), '<', '>');
	return found != 0;
}

/* "Tue 2009-03-03 09:13:05: --> RCPT To:<a@b>" of MDaemon, "Received <<< 550 no" of InterScan:
 * what stands behind the arrow; absent when there is none. */
static struct str
behind_arrow(struct str line)
{
	static const struct str arrows[] = {
		STR_INIT("-->"), STR_INIT("<--"), STR_INIT(">>>"), STR_INIT("<<<")};
	const struct str head = str_head(line, ARROW_LEAD_MAX);
	if (!has_angle(head))
		return STR_NONE;
	for (size_t i = 0; i < sizeof arrows / sizeof *arrows; i++) {
		const size_t at = str_find(head, arrows[i], 0);
		if (at != STR_NPOS)
			return str_trim(str_from(line, at + arrows[i].len));
	}
	return STR_NONE;
}

/* "C: RCPT TO:<a@b>", "S: 550 no": a line that tells who said it. */
static bool
read_side(struct reader *r, struct str line)
{
	static const struct {
		struct str client, server;
	} sides[] = {
		{STR_INIT("C:"), STR_INIT("S:")},
		{STR_INIT("Client:"), STR_INIT("Server:")},
		{STR_INIT("SENT:"), STR_INIT("RECV:")},
		{STR_INIT("Sent:"), STR_INIT("Received:")},
		{STR_INIT("->"), STR_INIT("<-")},
	};
	if (memchr("CSR-<", line.ptr[0], 5) == NULL)
		return false; /* none of them begins so */
	for (size_t i = 0; i < sizeof sides / sizeof *sides; i++) {
		const struct str client = sides[i].client, server = sides[i].server;
		const struct str command = str_trim(str_from(line, client.len));
		const struct str reply = str_trim(str_from(line, server.len));
		if (str_starts(line, client) &&
			(is_command(command) || str_eq(command, STR(".")))) {
			add_command(r, command);
			return true;
		}
		if (str_starts(line, server) && reply.len > 3 && str_number(reply, 599) >= 200 &&
			(reply.ptr[3] == ' ' || reply.ptr[3] == '-')) {
			add_reply(r, reply);
			return true;
		}
	}
	return false;
}

bool
text_read_dialogue(struct reader *r, struct line *l)
{
	const struct str line = l->bare;
	const bool was_open = r->is_command_open;
	r->is_command_open = false;
	if (str_starts(line, STR(">>> ")) && line.len > 7 &&
		ascii_is_alpha((unsigned char)line.ptr[4]) &&
		str_find_char(str_head(line, 12), '@', 0) == STR_NPOS) {
		add_command(r, str_trim(str_from(line, 4)));
		return true;
	}
	if (str_starts(line, STR("<<<")) && line.len > 6) {
		add_reply(r, str_trim(str_from(line, 3)));
		return true;
	}
	const struct str said = behind_arrow(line);
	if (is_command(said)) {
		add_command(r, said);
		return true;
	}
	if (said.len > 4 && str_number(said, 599) >= 200 &&
		(said.ptr[3] == ' ' || said.ptr[3] == '-')) {
		add_reply(r, said);
		return true;
	}
	if (line.len > 3 && read_side(r, line))
		return true;
	if (str_starts(line, STR("In:  "))) {
		add_command(r, str_trim(str_from(line, 5)));
		r->is_command_open = true;
		return true;
	}
	if (str_starts(line, STR("Out: ")) && line.len > 8 &&
		ascii_is_digit((unsigned char)line.ptr[5])) {
		add_reply(r, str_trim(str_from(line, 5)));
		return true;
	}
	if (was_open && l->raw.len > 5 && r->p->exchange_count > 0 &&
		str_trim(str_head(l->raw, 5)).len == 0) {
		struct exchange *const e = &r->p->dialogue[r->p->exchange_count - 1];
		e->command = str_between(e->command.ptr, line.ptr + line.len);
		r->is_command_open = true;
		return true;
	}
	r->in_reply = false;
	struct str hit;
	if (line.len < 120 && (str_starts(line, STR("...")) || str_starts(line, STR("While "))) &&
		sign_in(line, SIGN_TALKING_TO, &hit)) {
		r->host = host_clean(str_trim(str_between(hit.ptr + hit.len, line.ptr + line.len)));
		/* "<a@b>... Deferred: Connection refused" was the last line about that one. */
		const struct block *const b = text_block(r);
		if (b != NULL && str_starts(b->own, STR("..."))) {
			r->current = 0;
			r->in_own = false;
		}
		return true;
	}
	return false;
}
