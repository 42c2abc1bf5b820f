#include "read/text.h"

#include "read/address.h"
#include "read/header.h"
#include "read/limits.h"
#include "read/signs.h"

#define LABEL_BYTES_MAX 48 /* "The following recipient's address is unknown:" is no label */

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
	while (known < 4 && lines++ < 40 && str_line(&rest, &line)) {
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
				(sign_in(last_line, SIGN_RETURNED_FOLLOWS, NULL) ||
					last_line.ptr[0] == '-' || last_line.ptr[0] == '=' ||
					last_line.ptr[0] == '*');
			*ends = is_announcement ? before_last : last_words;
			return at;
		}
		const char c = bare.ptr[0];
		/* A line of its own that announces it: "------ This is a copy of the message
		 * ------". */
		if (bare.len < 160 &&
			(c == '-' || c == '=' || c == '*' || c == '#' || c == '_' || c == '>' ||
				c == '<' || bare.ptr[bare.len - 1] == ':' ||
				bare.ptr[bare.len - 1] == '.' || bare.ptr[bare.len - 1] == '-')) {
			size_t hit_end;
			if (sign_in(bare, SIGN_RETURNED_FOLLOWS, &hit_end) &&
				bare.len - hit_end < 60) {
				*ends = last_words;
				return text.len - rest.len;
			}
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
	if (str_starts(*tail, STR("<mailto:"))) {
		const size_t close = str_find_char(*tail, '>', 0);
		*tail = close == STR_NPOS ? STR("") : str_trim(str_from(*tail, close + 1));
	}
	return true;
}

/* "Name (a@b)", "Name <a@b>", "Name [a@b]" and nothing else on the line. */
static bool
read_named(struct str line, struct str *address)
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
	/* The name: few words, and no sentence that asks to write to somebody. */
	struct str name = str_head(line, at);
	int words = 0;
	for (struct str rest = name; str_word(&rest).len > 0;)
		words++;
	if (words > 6 || str_find_char(name, ':', 0) != STR_NPOS ||
		str_find_char(name, '@', 0) != STR_NPOS || sign_in(line, SIGN_CONTACT, NULL))
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
	bool in_own;              /* the last block's own paragraph is still open */
	bool in_reply;            /* the last line was an answer in the dialogue */
	bool is_failure_sentence; /* the words before said that delivery to what follows failed */
	const char *own_from;
};

/* "(expanded from: <x>)", "(generated from x)", "(ultimately generated from x)": the original of
 * the last block. */
static bool
read_origin(struct reader *r, struct str line)
{
	if (r->p->count == 0 || line.len < 8 ||
		str_find_char(str_head(line, 4), '(', 0) == STR_NPOS ||
		!sign_in(line, SIGN_EXPANDED_FROM, NULL))
		return false;
	size_t at = 0;
	const struct str found = address_next(line, &at);
	if (str_is_set(found))
		r->p->blocks[r->p->count - 1].original = found;
	return str_is_set(found);
}

/* A line of a quoted dialogue: ">>> RCPT TO:<a@b>", "<<< 550 no", "... while talking to
 * mx.example.org.:" */
static bool
read_dialogue(struct reader *r, struct str line)
{
	struct prose *const p = r->p;
	if (str_starts(line, STR(">>> ")) && line.len > 7 &&
		ascii_is_alpha((unsigned char)line.ptr[4]) &&
		str_find_char(str_head(line, 12), '@', 0) == STR_NPOS) {
		struct exchange *const e = add_exchange(p, r->arena);
		if (e != NULL)
			*e = (struct exchange){
				.host = r->host, .command = str_trim(str_from(line, 4))};
		r->in_reply = false;
		return true;
	}
	if (str_starts(line, STR("<<<")) && line.len > 6) {
		const struct str reply = str_trim(str_from(line, 3));
		struct exchange *e =
			p->exchange_count > 0 ? &p->dialogue[p->exchange_count - 1] : NULL;
		if (e != NULL && r->in_reply)
			e->reply = str_between(e->reply.ptr, reply.ptr + reply.len);
		else if (e != NULL && !str_is_set(e->reply))
			e->reply = reply;
		else if ((e = add_exchange(p, r->arena)) != NULL)
			*e = (struct exchange){.host = r->host, .reply = reply};
		/* A reply goes on in the next "<<<" line only after "550-". */
		r->in_reply = reply.len > 3 && reply.ptr[3] == '-';
		return true;
	}
	r->in_reply = false;
	size_t end;
	if (line.len < 120 && str_starts(line, STR("...")) &&
		sign_in(line, SIGN_TALKING_TO, &end)) {
		r->host = host_clean(str_trim(str_from(line, end)));
		return true;
	}
	return false;
}

static void
close_own(struct reader *r)
{
	r->in_own = false;
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
	r->in_own = true;
}

/* Gives a line that names nobody to the block it stands under. */
static void
extend_block(struct reader *r, struct str line)
{
	if (r->p->count == 0)
		return;
	struct block *const b = &r->p->blocks[r->p->count - 1];
	if (b->naming < NAMING_SENTENCE)
		return;
	if (r->in_own)
		b->own = str_between(b->own.ptr, line.ptr + line.len);
	else
		b->after =
			b->after.len == 0 ? line : str_between(b->after.ptr, line.ptr + line.len);
}

static void
note_passing(struct reader *r, struct str line)
{
	size_t at = 0;
	struct str found;
	if (str_find_char(line, '@', 0) == STR_NPOS || sign_in(line, SIGN_CONTACT, NULL))
		return;
	while (str_is_set(found = address_next(line, &at))) {
		const bool is_failure = r->is_failure_sentence ||
					sign_in(line, SIGN_FAILURE, NULL) ||
					sign_in(line, SIGN_DELAY, NULL);
		struct block *const b = add_block(
			r->p, r->arena, found, is_failure ? NAMING_SENTENCE : NAMING_PASSING);
		if (b != NULL) {
			b->own = line;
			b->after = str_from(line, line.len);
		}
		r->in_own = true;
	}
}

static void
read_line(struct reader *r, struct str line)
{
	const struct str bare = str_trim(line);
	struct str address, tail, label;
	if (bare.len == 0) {
		(void)dsn_line(line, r->arena, &r->p->dsn);
		if (r->p->count > 0 && r->p->blocks[r->p->count - 1].own.len > 0)
			close_own(r);
		r->in_reply = false;
		return;
	}
	const bool is_open = r->p->dsn.last != NULL && field_continues(line);
	if (is_open ||
		(ascii_is_alpha((unsigned char)bare.ptr[0]) &&
			str_find_char(str_head(bare, 40), ':', 0) != STR_NPOS) ||
		r->p->dsn.last != NULL) {
		if (dsn_line(line, r->arena, &r->p->dsn)) {
			close_own(r);
			return;
		}
	}
	if (read_dialogue(r, bare) || read_origin(r, bare)) {
		extend_block(r, line);
		return;
	}
	const bool has_sign = memchr(bare.ptr, '@', bare.len) != NULL;
	const struct str head = skip_bullet(bare);
	if ((has_sign || head.ptr[0] == '<') && read_head(head, &address, &tail)) {
		if (is_head_tail(tail)) {
			open_block(r, address, tail, NAMING_HEAD, line);
			return;
		}
		/* "a@b was not found": a sentence that begins with the address. */
		open_block(r, address, tail, NAMING_LABEL, line);
		return;
	}
	if (has_sign && read_label(bare, &address, &tail, &label)) {
		if (sign_in(label, SIGN_RECIPIENT_LABEL, NULL)) {
			open_block(r, address, tail, NAMING_LABEL, line);
			return;
		}
		if (str_eq_case(label, STR("To"))) {
			open_block(r, address, STR(""), NAMING_TO, line);
			close_own(r);
			return;
		}
		if (is_message_field(label))
			return;
	}
	if (has_sign && read_named(head, &address)) {
		open_block(r, address, STR(""), NAMING_LABEL, line);
		return;
	}
	extend_block(r, line);
	if (has_sign)
		note_passing(r, bare);
	r->is_failure_sentence = bare.len < 400 && !has_sign && sign_in(bare, SIGN_FAILURE, NULL);
}

void
text_read(struct str text, struct arena *a, struct prose *p)
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
	struct str rest = text, line;
	while (str_line(&rest, &line))
		read_line(&r, line);
	p->dsn.last = NULL;
	p->dsn.in_group = false;
	dsn_finish(&p->dsn, a);
}
