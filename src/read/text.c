#include "read/text.h"

#include "read/address.h"
#include "read/header.h"
#include "read/limits.h"
#include "read/signs.h"

#define ANNOUNCEMENT_BYTES_MAX 160 /* of a line that announces the copy of a message */
#define ANNOUNCEMENT_LEAD_MAX 24   /* before the words that do: "The headers of the ..." */
#define LABEL_BYTES_MAX 48         /* "The following recipient's address is unknown:" is no label */

/* Field names that make the head of a message out of lines that follow each other. */
static bool
is_message_field(struct str name)
{
	static const struct str names[] = {STR_INIT("Received"), STR_INIT("Return-Path"),
		STR_INIT("Message-ID"), STR_INIT("Date"), STR_INIT("From"), STR_INIT("To"),
		STR_INIT("Subject"), STR_INIT("MIME-Version"), STR_INIT("Content-Type"),
		STR_INIT("Delivered-To"), STR_INIT("Sender"), STR_INIT("Reply-To"),
		STR_INIT("DKIM-Signature"), STR_INIT("Authentication-Results"),
		STR_INIT("X-Originating-IP"), STR_INIT("X-Mailer"),
		STR_INIT("Content-Transfer-Encoding"), STR_INIT("X-Received"),
		STR_INIT("DomainKey-Signature"), STR_INIT("Received-SPF"), STR_INIT("X-Sender"),
		STR_INIT("Cc"), STR_INIT("List-Id"), STR_INIT("In-Reply-To"),
		STR_INIT("References"), STR_INIT("Precedence")};
	for (size_t i = 0; i < sizeof names / sizeof *names; i++)
		if (str_eq_case(name, names[i]))
			return true;
	return false;
}

static bool
may_begin_field(char c)
{
	return c != '\0' && strchr("RrMmDdFfTtSsXxCcAaLlIiPp", c) != NULL;
}

/* Do the lines from here on make the header of a message? Three known fields in a row, one of them
 * a sign of transport. */
static bool
begins_header(struct str rest)
{
	struct str line, name, value;
	int known = 0, transport = 0, lines = 0;
	while ((known < 3 || transport == 0) && lines++ < 40 && str_line(&rest, &line)) {
		if (lines > 1 && field_continues(line))
			continue;
		if (!field_split(line, &name, &value))
			break;
		if (!is_message_field(name)) {
			if (!str_starts_case(name, STR("X-")) &&
				!str_starts_case(name, STR("ARC-")) && known == 0)
				return false;
			continue;
		}
		known++;
		transport += str_eq_case(name, STR("Received")) ||
			     str_eq_case(name, STR("Return-Path")) ||
			     str_eq_case(name, STR("Message-ID")) ||
			     str_eq_case(name, STR("MIME-Version")) ||
			     str_eq_case(name, STR("DKIM-Signature")) ||
			     str_eq_case(name, STR("X-Originating-IP"));
	}
	/* "Return-Path: <x>" and then text that says the rest was cut is a returned message too. */
	return (known >= 3 && transport > 0) || (known >= 2 && transport >= 2);
}

/* Does this line announce a copy of the message? It begins with such words (behind dashes and the
 * like) and says little more; "delete your own text from the attached returned message" is no
 * announcement. */
static bool
announces_copy(struct str line)
{
	const size_t whole = line.len;
	while (line.len > 0 && strchr("-=*#_<> \t.:+~", line.ptr[0]) != NULL && line.ptr[0] != '\0')
		line = str_from(line, 1);
	const char last = line.len > 0 ? line.ptr[line.len - 1] : '\0';
	if (line.len == whole && last != ':' && last != '.' && last != '-' && last != '=')
		return false;
	struct str hit;
	return line.len > 3 && sign_in(line, SIGN_RETURNED_FOLLOWS, &hit) &&
	       hit.ptr - line.ptr <= ANNOUNCEMENT_LEAD_MAX &&
	       line.len - (size_t)(hit.ptr + hit.len - line.ptr) < 60;
}

size_t
text_returned_at(struct str text, size_t *ends)
{
	struct str rest = text, line;
	size_t last_words = 0; /* the end of the last line of the report's own words */
	size_t before_last = 0;
	struct str last_line = STR_NONE;
	for (;;) {
		const struct str here = rest;
		const size_t at = text.len - here.len;
		if (!str_line(&rest, &line))
			return STR_NPOS;
		const struct str bare = str_trim(line);
		if (bare.len == 0)
			continue;
		if (may_begin_field(line.ptr[0]) && begins_header(here)) {
			/* The line that announces the copy belongs to neither. */
			const bool is_announcement =
				str_is_set(last_line) && last_line.len < 120 &&
				(announces_copy(last_line) || last_line.ptr[0] == '-' ||
					last_line.ptr[0] == '=' || last_line.ptr[0] == '*');
			*ends = is_announcement ? before_last : last_words;
			return at;
		}
		/* A line of its own that announces it: "------ This is a copy of the message
		 * ------". */
		if (bare.len < ANNOUNCEMENT_BYTES_MAX && announces_copy(bare)) {
			*ends = last_words;
			return text.len - rest.len;
		}
		before_last = last_words;
		last_words = text.len - rest.len;
		last_line = bare;
	}
}

static struct str
skip_bullet(struct str s)
{
	for (;;) {
		size_t n = 0;
		while (n < s.len && n < 4 &&
			(s.ptr[n] == '*' || s.ptr[n] == '-' || s.ptr[n] == '>' || s.ptr[n] == '=' ||
				s.ptr[n] == '+' || s.ptr[n] == '|' || s.ptr[n] == '#'))
			n++;
		if (str_starts(s, STR("\xE2\x80\xA2")) || str_starts(s, STR("\xE2\x97\x8F")) ||
			str_starts(s, STR("\xE3\x83\xBB")) ||
			str_starts(s, STR("\xE2\x96\xA0"))) /* • ● ・ ■ */
			n = 3;
		else if (str_starts(s, STR("\xC2\xB7"))) /* · */
			n = 2;
		if (n == 0 || n >= s.len ||
			(!ascii_is_space((unsigned char)s.ptr[n]) && n < 3 && s.ptr[n] != '<'))
			return s;
		s = str_trim(str_from(s, n));
	}
}

/* May an address at the head of a line be followed by this and still be its head? */
static bool
is_head_tail(struct str tail)
{
	if (tail.len == 0)
		return true;
	const char c = tail.ptr[0];
	if (c == ':' || c == ';' || c == '(' || c == '[' || c == ',' || c == '-' || c == '\t' ||
		c == '=' || c == '|')
		return true;
	return str_starts(tail, STR("...")) || str_starts(tail, STR("<mailto:")) ||
	       str_starts_case(tail, STR("on ")) || str_starts(tail, STR("<<<")) ||
	       ascii_is_digit((unsigned char)c) || str_starts(tail, STR("\xEF\xBC\x9A")) ||
	       str_starts(tail, STR("\xE3\x80\x80"));
}

/* "<a@b>: text", "a@b (text)", "'a@b' on DATE": the address at the head of a line, and what follows
 * it. */
static bool
read_head(struct str line, struct str *address, struct str *tail)
{
	size_t at = 0;
	if (line.len < 3)
		return false;
	if (line.ptr[0] == '<') {
		const size_t close = str_find_char(line, '>', 1);
		if (close == STR_NPOS || close < 2 || close > ADDRESS_BYTES_MAX)
			return false;
		const struct str inside = (struct str){line.ptr + 1, close - 1};
		*tail = str_trim(str_from(line, close + 1));
		*address = address_clean(inside);
		if (str_find_char(*address, '@', 0) != STR_NPOS)
			return str_find_char(*address, ' ', 0) == STR_NPOS ||
			       address->ptr[0] == '"';
		/* A local part alone is one only before a colon: "<nobody>: unknown user". */
		return str_starts(*tail, STR(":")) && address->len > 0 && address->len <= 64 &&
		       str_find_char(*address, ' ', 0) == STR_NPOS &&
		       str_find(*address, STR("://"), 0) == STR_NPOS;
	}
	const char quote = line.ptr[0] == '"' || line.ptr[0] == '\'' ? line.ptr[0] : '\0';
	const struct str bare = quote != '\0' ? str_from(line, 1) : line;
	const size_t sign = str_find_char(str_head(bare, ADDRESS_BYTES_MAX), '@', 0);
	if (sign == STR_NPOS)
		return false;
	/* Blanks before the @ mean that the line begins with something else (but for a quoted local
	 * part). */
	struct str found = address_next(line, &at);
	if (!str_is_set(found) || found.ptr > bare.ptr)
		return false;
	*address = found;
	*tail = str_from(line, at);
	if (quote != '\0' && tail->len > 0 && tail->ptr[0] == quote)
		*tail = str_from(*tail, 1);
	*tail = str_trim(*tail);
	if (str_starts(*tail, STR("<"))) {
		const size_t close = str_find_char(*tail, '>', 0);
		const struct str inside = close == STR_NPOS ? STR("") : str_head(*tail, close + 1);
		/* "a@b <c@d>": the first was its display name; "a@b<mailto:a@b>": the same twice.
		 */
		if (str_find_char(inside, '@', 0) != STR_NPOS &&
			!str_starts(*tail, STR("<mailto:")))
			*address = address_clean(inside);
		if (str_find_char(inside, '@', 0) != STR_NPOS)
			*tail = str_trim(str_from(*tail, close + 1));
	}
	return true;
}

/* "550 5.1.1 <a@b>... User unknown": Sendmail's own line about a recipient, at the end of its
 * dialogue. */
static bool
read_code_line(struct str line, struct str *address)
{
	struct status s;
	if (line.len < 8 || (line.ptr[0] != '4' && line.ptr[0] != '5') ||
		!ascii_is_digit((unsigned char)line.ptr[1]) ||
		!ascii_is_digit((unsigned char)line.ptr[2]) || line.ptr[3] != ' ')
		return false;
	struct str rest = str_trim(str_from(line, 4));
	rest = str_trim(str_from(rest, status_parse(rest, &s)));
	struct str tail;
	return read_head(rest, address, &tail) && str_starts(tail, STR("..."));
}

/* "Name (a@b)", "Name <a@b>", "Name [a@b]" and nothing else on the line. */
static bool
read_named(struct str line, bool is_contact, struct str *address)
{
	if (line.len < 6 || line.len > 200)
		return false;
	if (line.ptr[line.len - 1] == ':')
		line.len--;
	const char close = line.ptr[line.len - 1];
	const char open = close == ')' ? '(' : close == '>' ? '<' : close == ']' ? '[' : '\0';
	if (open == '\0')
		return false;
	const size_t at = str_find_char(line, open, 0);
	if (at == STR_NPOS || at == 0)
		return false;
	struct str inside = str_from(line, at + 1);
	inside.len--;
	inside = address_clean(inside);
	size_t next = 0;
	const struct str found = address_next(inside, &next);
	if (!str_is_set(found) || found.len != inside.len)
		return false;
	/* The name: few words, and no sentence that asks to write to somebody, no answer of a
	 * server. */
	struct str name = str_head(line, at);
	if (ascii_is_digit((unsigned char)name.ptr[0]))
		return false;
	int words = 0;
	for (struct str rest = name; str_word(&rest).len > 0;)
		words++;
	if (words > 6 || str_find_char(name, ':', 0) != STR_NPOS ||
		str_find_char(name, '@', 0) != STR_NPOS || is_contact)
		return false;
	*address = found;
	return true;
}

/* "Recipient address: a@b". `name` is set to the label. */
static bool
read_label(struct str line, struct str *address, struct str *tail, struct str *label)
{
	const size_t colon = str_find_char(str_head(line, LABEL_BYTES_MAX + 1), ':', 0);
	if (colon == STR_NPOS || colon == 0)
		return false;
	const struct str value = str_trim(str_from(line, colon + 1));
	size_t at = 0;
	const struct str found = address_next(value, &at);
	if (!str_is_set(found))
		return false;
	*label = str_trim(str_head(line, colon));
	*address = found;
	*tail = str_trim(str_from(value, at));
	while (tail->len > 0 && strchr(">)]'\"", tail->ptr[0]) != NULL && tail->ptr[0] != '\0')
		*tail = str_trim(str_from(*tail, 1));
	return true;
}

/* Such a label is hardly more than the words for it: "after RCPT TO:" is a sentence about a step.
 */
static bool
is_recipient_label(struct str label)
{
	struct str hit;
	return sign_in(label, SIGN_RECIPIENT_LABEL, &hit) && hit.len * 5 >= label.len * 3;
}

static struct block *
add_block(struct prose *p, struct arena *a, struct str address, enum naming naming)
{
	struct block *const blocks = arena_more(a, p->blocks, p->count, &p->room, sizeof *blocks);
	if (blocks == NULL)
		return NULL;
	p->blocks = blocks;
	blocks[p->count] = (struct block){.address = address, .naming = naming};
	return &blocks[p->count++];
}

static struct exchange *
add_exchange(struct prose *p, struct arena *a)
{
	struct exchange *const list =
		arena_more(a, p->dialogue, p->exchange_count, &p->exchange_room, sizeof *list);
	if (list == NULL)
		return NULL;
	p->dialogue = list;
	list[p->exchange_count] = (struct exchange){.host = STR_NONE};
	return &list[p->exchange_count++];
}

/* What the line reader remembers from line to line. */
struct reader {
	struct prose *p;
	struct arena *arena;
	struct str host;          /* of the dialogue */
	size_t current;           /* the block that further lines belong to, + 1; 0 = none yet */
	size_t indent;            /* of the line that began it */
	bool in_own;              /* its own paragraph is still open */
	bool in_reply;            /* the last line was an answer in the dialogue */
	bool is_command_open;     /* "In:  MAIL" goes on in the next line */
	bool is_failure_sentence; /* the words before said that delivery to what follows failed */
};

/* One line: as it stands, without its blanks, and the signs in it (looked for once, when first
 * asked). */
struct line {
	struct str raw, bare;
	bool has_at; /* an @ */
	uint64_t signs;
};

static bool
line_says(const struct line *l, enum sign sign)
{
	return (l->signs >> sign) & 1;
}

static size_t
indent_of(struct str line)
{
	size_t n = 0;
	while (n < line.len && (line.ptr[n] == ' ' || line.ptr[n] == '\t'))
		n++;
	return n;
}

static struct block *
current_block(const struct reader *r)
{
	return r->current == 0 ? NULL : &r->p->blocks[r->current - 1];
}

/* "(expanded from: <x>)", "(generated from x)", "generated by x": the original of the current
 * block. */
static bool
read_origin(struct reader *r, struct line *l)
{
	struct block *const b = current_block(r);
	size_t at = 0;
	if (b == NULL || !l->has_at || l->bare.len > 300 || !line_says(l, SIGN_EXPANDED_FROM))
		return false;
	/* "<a@b> (expanded from <c@d>): text" begins a block of its own. */
	const size_t first = str_find_char(l->bare, '@', 0);
	struct str hit;
	if (!sign_in(l->bare, SIGN_EXPANDED_FROM, &hit) || l->bare.ptr + first < hit.ptr)
		return false;
	const struct str found = address_next(l->bare, &at);
	if (str_is_set(found))
		b->original = found;
	return str_is_set(found);
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

/* A line of a quoted dialogue: ">>> RCPT TO:<a@b>", "<<< 550 no", "... while talking to
 * mx.example.org.:"; and what Postfix tells its postmaster, seen from the server's side: " In: RCPT
 * TO:<a@b>", " Out: 550 no". */
static bool
read_dialogue(struct reader *r, struct line *l)
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
		return true;
	}
	return false;
}

static void
open_block(
	struct reader *r, struct str address, struct str tail, enum naming naming, struct str line)
{
	struct block *const b = add_block(r->p, r->arena, address, naming);
	if (b == NULL)
		return;
	if (str_starts(tail, STR(":")) || str_starts(tail, STR(";")))
		tail = str_trim(str_from(tail, 1));
	b->own = tail.len > 0 ? tail : str_from(line, line.len);
	b->after = str_from(line, line.len);
	r->current = r->p->count;
	r->indent = indent_of(line);
	r->in_own = true;
}

/* Gives a line to the block it stands under. */
static void
extend_block(struct reader *r, struct str line)
{
	struct block *const b = current_block(r);
	if (b == NULL)
		return;
	if (r->in_own)
		b->own = str_between(b->own.ptr, line.ptr + line.len);
	else
		b->after =
			b->after.len == 0 ? line : str_between(b->after.ptr, line.ptr + line.len);
}

/* Does the address stand behind a word that makes it a sender, or a Message-ID: "MAIL FROM:<a@b>",
 * "from a@b"? */
static bool
is_behind_sender_word(struct str line, struct str address)
{
	static const struct str words[] = {STR_INIT("message-id:"), STR_INIT("from:"),
		STR_INIT("return-path:"), STR_INIT("sender:"), STR_INIT("from"), STR_INIT("by"),
		STR_INIT("reply-to:"), STR_INIT("message id:")};
	struct str head = str_between(line.ptr, address.ptr);
	while (head.len > 0 && (head.ptr[head.len - 1] == '<' || head.ptr[head.len - 1] == ' ' ||
				       head.ptr[head.len - 1] == '"'))
		head.len--;
	for (size_t i = 0; i < sizeof words / sizeof *words; i++)
		if (str_ends_case(head, words[i]) &&
			(head.len == words[i].len ||
				!ascii_is_alnum(
					(unsigned char)head.ptr[head.len - words[i].len - 1])))
			return true;
	return false;
}

/* An address somewhere in a line of prose. */
static void
note_passing(struct reader *r, struct line *l)
{
	size_t at = 0;
	struct str found;
	if (line_says(l, SIGN_CONTACT))
		return;
	const bool is_failure =
		r->is_failure_sentence || line_says(l, SIGN_FAILURE) || line_says(l, SIGN_DELAY);
	while (str_is_set(found = address_next(l->bare, &at))) {
		if (is_behind_sender_word(l->bare, found))
			continue;
		struct block *const b = add_block(
			r->p, r->arena, found, is_failure ? NAMING_SENTENCE : NAMING_PASSING);
		if (b == NULL)
			return;
		b->own = l->bare;
		b->after = str_from(l->bare, l->bare.len);
		if (current_block(r) == NULL && is_failure) {
			r->current = r->p->count;
			r->in_own = true;
		}
	}
}

/* A field of a notification: only lines that can be one are looked at closely. */
static bool
read_field(struct reader *r, struct line *l)
{
	struct dsn *const d = &r->p->dsn;
	const bool may_begin = ascii_is_alpha((unsigned char)l->bare.ptr[0]) &&
			       str_find_char(str_head(l->bare, 40), ':', 0) != STR_NPOS;
	if (d->last == NULL && !may_begin)
		return false;
	/* A value that was wrapped without its indent goes on; a line that begins another block of
	 * prose does not. */
	struct str address, tail;
	if (!may_begin && !field_continues(l->raw) &&
		(l->bare.ptr[0] == '<' || l->bare.ptr[0] == '-' ||
			read_head(l->bare, &address, &tail))) {
		d->last = NULL;
		return false;
	}
	return dsn_line(l->raw, r->arena, d);
}

static bool
read_recipient(struct reader *r, struct line *l)
{
	struct str address, tail, label;
	const struct str head = skip_bullet(l->bare);
	if ((l->has_at || head.ptr[0] == '<') && read_head(head, &address, &tail)) {
		/* "a@b was not found" is a sentence that begins with the address. */
		open_block(
			r, address, tail, is_head_tail(tail) ? NAMING_HEAD : NAMING_LABEL, l->raw);
		return true;
	}
	if (!l->has_at)
		return false;
	if (read_code_line(l->bare, &address)) {
		open_block(r, address, l->bare, NAMING_LABEL, l->raw);
		r->in_own = false;
		return true;
	}
	if (read_label(l->bare, &address, &tail, &label)) {
		if (line_says(l, SIGN_RECIPIENT_LABEL) && is_recipient_label(label)) {
			open_block(r, address, tail, NAMING_LABEL, l->raw);
			return true;
		}
		if (str_eq_case(label, STR("To"))) {
			const size_t current = r->current;
			open_block(r, address, STR(""), NAMING_TO, l->raw);
			r->current = current;
			r->in_own = false;
			return true;
		}
		if (is_message_field(label))
			return true;
	}
	if (read_named(head, line_says(l, SIGN_CONTACT), &address)) {
		open_block(r, address, STR(""), NAMING_LABEL, l->raw);
		return true;
	}
	return false;
}

/* A reply that was wrapped: its next line stands deeper than the line it began on, whatever it
 * begins with. */
static bool
is_wrapped(const struct reader *r, const struct line *l)
{
	const struct block *const b = current_block(r);
	return b != NULL && r->in_own && b->own.len > 0 && b->naming == NAMING_HEAD &&
	       indent_of(l->raw) > r->indent;
}

/* "----- Transcript of session follows -----": what comes is about something else. */
static bool
is_section(struct str line)
{
	return line.len > 12 && str_starts(line, STR("---")) &&
	       str_eq(str_from(line, line.len - 3), STR("---")) &&
	       str_find_char(line, '@', 0) == STR_NPOS && str_find_char(line, ' ', 0) != STR_NPOS;
}

static void
read_line(struct reader *r, const struct text_line *of)
{
	const struct str raw = of->raw;
	struct line l = {.raw = raw, .bare = str_trim(raw), .signs = of->signs};
	if (l.bare.len == 0) {
		const struct block *const b = current_block(r);
		(void)dsn_line(raw, r->arena, &r->p->dsn);
		if (b != NULL && b->own.len > 0)
			r->in_own = false;
		r->in_reply = r->is_command_open = false;
		return;
	}
	l.has_at = memchr(l.bare.ptr, '@', l.bare.len) != NULL;
	if (read_field(r, &l)) {
		r->in_own = false;
		return;
	}
	if (read_dialogue(r, &l) || read_origin(r, &l)) {
		extend_block(r, raw);
		return;
	}
	/* With one recipient, all of it is about that one. */
	if (is_section(l.bare) && r->current > 1) {
		r->current = 0;
		r->in_own = false;
		r->is_failure_sentence = line_says(&l, SIGN_FAILURE);
		return;
	}
	if (!is_wrapped(r, &l) && read_recipient(r, &l))
		return;
	extend_block(r, raw);
	if (l.has_at)
		note_passing(r, &l);
	r->is_failure_sentence = !l.has_at && l.bare.len < 400 && line_says(&l, SIGN_FAILURE);
}

void
text_read(struct str text, struct arena *a, struct sign_set *set, struct mark_set *marks,
	struct prose *p)
{
	*p = (struct prose){.returned = STR_NONE};
	text = str_head(text, TEXT_BYTES_MAX);
	size_t ends = text.len;
	const size_t returned = text_returned_at(text, &ends);
	if (returned != STR_NPOS) {
		p->returned = str_from(text, returned);
		text = str_head(text, ends);
	}
	p->all = text;
	struct reader r = {.p = p, .arena = a};
	p->dsn.splits_lines = true;
	if (!text_lines_read(text, a, &p->lines, set, marks))
		return;
	for (size_t i = 0; i < p->lines.count; i++)
		read_line(&r, &p->lines.list[i]);
	p->dsn.last = NULL;
	p->dsn.in_group = false;
	dsn_finish(&p->dsn, a);
}

/* Is most of this text a quotation, each line of it behind a '>'? */
static bool
is_quoted(struct str text)
{
	struct str rest = str_head(text, 65536), line;
	size_t quoted = 0, plain = 0;
	while (str_line(&rest, &line)) {
		const struct str bare = str_trim(line);
		if (bare.len > 0)
			*(bare.ptr[0] == '>' ? &quoted : &plain) += 1;
	}
	return quoted >= 3 && quoted * 2 > plain;
}

struct str
text_unquote(struct str text, struct arena *a)
{
	for (int depth = 0; depth < QUOTE_DEPTH_MAX && is_quoted(text); depth++) {
		char *const out = arena_bytes(a, text.len + 1);
		if (out == NULL)
			return text;
		size_t n = 0;
		struct str rest = text, line;
		while (str_line(&rest, &line)) {
			if (line.len > 0 && line.ptr[0] == '>')
				line = str_from(line, line.len > 1 && line.ptr[1] == ' ' ? 2 : 1);
			if (line.len > 0)
				memcpy(out + n, line.ptr, line.len);
			n += line.len;
			if (n < text.len)
				out[n++] = '\n';
		}
		text = (struct str){out, n};
	}
	return text;
}
