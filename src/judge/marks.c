#include "judge/marks.h"

#include "read/address.h"

#define BLOCKS_LOOKED_AT 64
#define LINES_LOOKED_AT 200
#define TICKET_BYTES_MAX 48
#define TICKET_NUMBER_MAX 999999999
#define NUMBER_DIGITS_MIN 6
#define HEAD_LABEL_MAX 24 /* bytes of "From:" in any language */
#define LINK_LOOKED_FOR_BYTES 65536
#define LOG_STAMP_BYTES 24 /* in which the time of a line of a log stands */
#define LOG_STAMP_DIGITS 6
#define LOG_LINES_MIN 2
#define OWN_LINES_MIN 3 /* of a letter with a quotation */

size_t
mark_refusals(const struct facts *f)
{
	size_t n = 0;
	for (size_t i = 0; i < f->prose.exchange_count; i++)
		n += f->prose.dialogue[i].reply.len >= 3 &&
		     (f->prose.dialogue[i].reply.ptr[0] == '5' ||
			     f->prose.dialogue[i].reply.ptr[0] == '4');
	return n;
}

bool
mark_head_block(const struct facts *f)
{
	for (size_t i = 0; i < f->prose.count && i < BLOCKS_LOOKED_AT; i++)
		if (f->prose.blocks[i].naming >= NAMING_LABEL)
			return true;
	return false;
}

/* Is the message described in the text: "To: a@b"? */
static bool
describes_message(const struct facts *f)
{
	for (size_t i = 0; i < f->prose.count && i < BLOCKS_LOOKED_AT; i++)
		if (f->prose.blocks[i].naming == NAMING_TO)
			return true;
	return false;
}

static bool
has_reply(const struct facts *f)
{
	const struct reply r = facts_reply(f, str_head(f->prose.all, MARK_REPLY_BYTES));
	return r.is_sure;
}

/* RFC 5321 s4.5.5: what a server or any other program sends, so that nothing is sent back. */
static bool
has_null_path(const struct facts *f)
{
	return str_eq(str_trim(f->return_path), STR("<>"));
}

bool
mark_described_refusal(const struct facts *f)
{
	return has_null_path(f) && has_reply(f) &&
	       (str_is_set(f->prose.labelled) || describes_message(f));
}

bool
mark_list(const struct facts *f)
{
	return header_has(&f->header, STR("List-Id")) || header_has(&f->header, STR("List-Post")) ||
	       header_has(&f->header, STR("List-Unsubscribe"));
}

/* It has the form that only mail servers give. */
static bool
is_formed(const struct facts *f)
{
	return str_eq(str_trim(header_find(&f->header, STR("From"))), STR("<>")) ||
	       has_null_path(f) || f->mime.is_report ||
	       header_has(&f->header, STR("X-Failed-Recipients"));
}

/* Does a line of the prose say that delivery failed, or is delayed? */
static bool
prose_tells(const struct facts *f)
{
	if (f->prose.is_letter)
		return sign_seen(&f->signs, f->prose.letter_sign);
	for (size_t i = 0; i < f->prose.lines.count; i++)
		if (((f->prose.lines.list[i].signs >> SIGN_FAILURE) & 1) ||
			((f->prose.lines.list[i].signs >> SIGN_DELAY) & 1))
			return true;
	return false;
}

/* A help desk answers a bounce by itself: "[Request received] Undelivered Mail ...", and its words
 * know nothing of it. */
static bool
has_subject_alone(const struct facts *f)
{
	return has_null_path(f) && !address_is_robot(f->from_address) &&
	       !sign_seen(&f->signs, SIGN_MAILER) && !f->mime.is_report && !prose_tells(f);
}

static bool
is_from_server(const struct facts *f)
{
	return address_is_robot(f->from_address) || is_formed(f);
}

/* What mail programs put before the subject of an answer, in their languages. */
static bool
is_answer(struct str subject)
{
	static const struct str marks[] = {STR_INIT("Re:"), STR_INIT("AW:"), STR_INIT("SV:"),
		STR_INIT("VS:"), STR_INIT("Antw:"), STR_INIT("Odp:"), STR_INIT("RES:"),
		STR_INIT("RIF:"), STR_INIT("R:"), STR_INIT("YNT:"), STR_INIT("ATB:"),
		STR_INIT("\xD0\x9E\xD1\x82\xD0\xB2:") /* Отв: */,
		STR_INIT("\xE7\xAD\x94\xE5\xA4\x8D:") /* 答复: */,
		STR_INIT("\xE5\x9B\x9E\xE5\xA4\x8D:") /* 回复: */,
		STR_INIT("\xE5\x9B\x9E\xE8\xA6\x86:") /* 回覆: */};
	for (size_t i = 0; i < sizeof marks / sizeof *marks; i++)
		if (str_starts_case(subject, marks[i]))
			return true;
	return false;
}

bool
mark_persons_answer(const struct facts *f)
{
	return is_answer(f->subject) && !is_from_server(f) && !sign_seen(&f->signs, SIGN_MAILER) &&
	       (header_has(&f->header, STR("In-Reply-To")) ||
		       header_has(&f->header, STR("References")) || mark_list(f));
}

bool
mark_lists_talk(const struct facts *f)
{
	if (!mark_list(f) || is_formed(f))
		return false;
	/* Members, and those who watch a project, write of failed mail in the subject, too. */
	if (header_has(&f->header, STR("List-Id")) && !is_from_server(f) &&
		!address_is_lists(f->from_address) && !sign_seen(&f->signs, SIGN_MAILER))
		return true;
	return str_eq_case(str_trim(header_find(&f->header, STR("Precedence"))), STR("list")) &&
	       !sign_seen(&f->subject_signs, SIGN_FAILURE) &&
	       !sign_seen(&f->subject_signs, SIGN_DELAY);
}

/* "[Ticket#2015030310] Mail could not be delivered", "(HELP-33) ...": a help desk has numbered what
 * it was called. */
static bool
is_ticket(struct str subject)
{
	const struct str head = str_head(subject, TICKET_BYTES_MAX);
	const size_t close = str_find_char(head, str_starts(head, STR("(")) ? ')' : ']', 0);
	if (close == STR_NPOS || !(str_starts(head, STR("[")) || str_starts(head, STR("("))))
		return false;
	const struct str name = str_head(head, close);
	const size_t dash = str_find_last(name, '-');
	return str_find_char(name, '#', 0) != STR_NPOS ||
	       (dash != STR_NPOS && str_number(str_from(name, dash + 1), TICKET_NUMBER_MAX) > 0);
}

static bool
is_third_party(const struct facts *f, struct str address)
{
	return !str_eq_case(address, f->to_address) && !str_eq_case(address, f->from_address);
}

bool
mark_names_other(const struct facts *f)
{
	for (size_t i = 0; i < f->prose.count && i < BLOCKS_LOOKED_AT; i++)
		if (is_third_party(f, f->prose.blocks[i].address))
			return true;
	return false;
}

static bool
names_link(struct str text)
{
	text = str_head(text, LINK_LOOKED_FOR_BYTES);
	return str_has_case(text, STR("http://")) || str_has_case(text, STR("https://"));
}

static bool
names_in_subject(const struct facts *f)
{
	size_t at = 0;
	const struct str named = address_next(f->subject, &at);
	return str_is_set(named) && is_third_party(f, named);
}

/* The first line of the prose that is not blank; NULL when there is none. */
static const struct text_line *
first_line(const struct prose *p)
{
	size_t i = 0;
	while (i < p->lines.count && str_is_blank(p->lines.list[i].raw))
		i++;
	return i < p->lines.count ? &p->lines.list[i] : NULL;
}

static bool
first_line_refuses(const struct facts *f)
{
	const struct text_line *const first = first_line(&f->prose);
	return first != NULL && (first->signs >> SIGN_FAILURE & 1) != 0;
}

/* Forged bounces want a click, and may hide it in base64. */
static bool
has_link(const struct facts *f)
{
	if (names_link(f->header.body))
		return true;
	for (size_t i = 0; i < f->mime.count; i++) {
		const struct part *const p = &f->mime.parts[i];
		if ((p->role == PART_TEXT || p->role == PART_HTML) &&
			str_starts_case(p->encoding, STR("base64")) &&
			names_link(part_decode(p, f->arena)))
			return true;
	}
	return false;
}

/* A name such as "Mail Delivery Team" is what forged bounces have too, and "postmaster@" with a
 * link; a report is about somebody, or quotes an answer, or returns the message. */
static bool
is_about_nothing(const struct facts *f)
{
	if ((is_formed(f) && !has_subject_alone(f)) || f->returned.is_there || mark_refusals(f) > 0)
		return false;
	/* "(6) messages to you@ failed: 552 mailbox full" wants a click, too. */
	if (has_reply(f))
		return !address_is_robot(f->from_address) && !mark_names_other(f) &&
		       !names_in_subject(f) && has_link(f);
	/* What a program refuses to take in is the mail that it answers. */
	if (header_has(&f->header, STR("In-Reply-To")) &&
		mark_header_says(f, STR("Auto-Submitted"), STR("auto-")) && first_line_refuses(f))
		return false;
	/* The link last, because it is looked for in the whole body. */
	return !mark_names_other(f) && !names_in_subject(f) &&
	       (!address_is_robot(f->from_address) || has_link(f));
}

/* Is this the subject of a report? */
static bool
tells_failure(const struct facts *f, struct str subject)
{
	struct sign_set signs = {.bits = 0};
	signs_find(subject, WHERE_SUBJECT, f->arena, &signs, NULL);
	return sign_seen(&signs, SIGN_FAILURE) || sign_seen(&signs, SIGN_DELAY);
}

/* The lines around one, up to the next blank ones. */
static struct str
paragraph_of(const struct facts *f, size_t line)
{
	const struct text_line *const list = f->prose.lines.list;
	size_t from = line, to = line;
	while (from > 0 && !str_is_blank(list[from - 1].raw))
		from--;
	while (to + 1 < f->prose.lines.count && !str_is_blank(list[to + 1].raw))
		to++;
	return str_between(list[from].raw.ptr, list[to].raw.ptr + list[to].raw.len);
}

/* Is this the head of what a person wrote: "From:" with an address, and no server's? */
static bool
is_persons_head(struct str head)
{
	struct str line;
	while (str_line(&head, &line)) {
		line = str_trim(line);
		size_t at = str_find_char(str_head(line, HEAD_LABEL_MAX), ':', 0);
		if (at == STR_NPOS || !text_is_from_name(str_trim(str_head(line, at))))
			continue;
		const struct str from = address_next(line, &at);
		return str_is_set(from) && !address_is_robot(from);
	}
	return false;
}

struct str
mark_quoted_head(const struct facts *f)
{
	for (size_t i = 0; i < f->prose.lines.count && i < LINES_LOOKED_AT; i++) {
		const struct str line = str_trim(f->prose.lines.list[i].raw);
		const size_t label = str_find_char(str_head(line, HEAD_LABEL_MAX), ':', 0);
		size_t at = label;
		if (label == STR_NPOS)
			continue;
		const struct str value = str_trim(str_from(line, label + 1));
		if (text_is_subject_name(str_trim(str_head(line, label))) &&
			tells_failure(f, value) && !is_persons_head(paragraph_of(f, i)))
			return paragraph_of(f, i);
		/* Nobody writes to such an address, so that the label may be in any language. */
		const struct str from = address_next(line, &at);
		if (str_is_set(from) &&
			(str_starts_case(from, STR("mailer-daemon@")) ||
				(address_is_robot(from) &&
					text_is_from_name(str_trim(str_head(line, label))))))
			return paragraph_of(f, i);
	}
	return STR_NONE;
}

bool
mark_quoted_failure(const struct facts *f)
{
	for (size_t i = 0; i < f->prose.lines.count && i < LINES_LOOKED_AT; i++) {
		const struct str line = str_trim(f->prose.lines.list[i].raw);
		const size_t label = str_find_char(str_head(line, HEAD_LABEL_MAX), ':', 0);
		struct sign_set signs = {.bits = 0};
		if (label == STR_NPOS || !text_is_subject_name(str_head(line, label)))
			continue;
		signs_find(str_from(line, label + 1), WHERE_SUBJECT, f->arena, &signs, NULL);
		if (sign_seen(&signs, SIGN_FAILURE) && !sign_seen(&signs, SIGN_DELAY))
			return !is_persons_head(paragraph_of(f, i));
	}
	return false;
}

/* A header that lost its From is no person's. */
static bool
is_without_sender(const struct facts *f)
{
	return !header_has(&f->header, STR("From")) && f->from_address.len == 0;
}

/* Does the text name anybody else, whom one is not just to write to? */
static bool
names_no_contact(const struct facts *f)
{
	for (size_t i = 0; i < f->prose.count && i < BLOCKS_LOOKED_AT; i++)
		if (!f->prose.blocks[i].is_contact && is_third_party(f, f->prose.blocks[i].address))
			return true;
	return names_in_subject(f);
}

/* A letter that a server sent about somebody else: it tells in any words of a failure or a delay,
 * or quotes an answer. People who are away have their letters sent by automats too. */
static bool
is_letter(const struct facts *f)
{
	if (!is_from_server(f) || mark_list(f) || address_is_lists(f->from_address) ||
		sign_seen(&f->signs, SIGN_AUTO_REPLY) || !(prose_tells(f) || has_reply(f)) ||
		!names_no_contact(f))
		return false;
	const struct letter l = facts_letter(f);
	return !l.is_away && !l.is_other && (!l.is_persons || address_is_robot(f->from_address));
}

/* "00441@fax.example.org": a gateway's, to a telephone. */
static bool
names_number(const struct facts *f)
{
	for (size_t i = 0; i < f->prose.count && i < BLOCKS_LOOKED_AT; i++) {
		const struct str a = f->prose.blocks[i].address;
		size_t n = 0;
		while (n < a.len && ascii_is_digit((unsigned char)a.ptr[n]))
			n++;
		if (n >= NUMBER_DIGITS_MIN && n < a.len && a.ptr[n] == '@')
			return true;
	}
	return false;
}

/* "Your message to bugs@example.org could not be processed" is the first that it says. */
static bool
begins_with_refusal(const struct facts *f)
{
	const struct prose *const p = &f->prose;
	return first_line_refuses(f) && p->count > 0 && p->blocks[0].naming >= NAMING_SENTENCE &&
	       str_is_within(p->blocks[0].address, first_line(p)->raw);
}

/* Its own address, that nobody reads. */
static bool
is_programs_address(struct str address)
{
	static const struct str names[] = {STR_INIT("noreply"), STR_INIT("no-reply"),
		STR_INIT("donotreply"), STR_INIT("do-not-reply")};
	const size_t at = str_find_char(address, '@', 0);
	const struct str local = at == STR_NPOS ? address : str_head(address, at);
	for (size_t i = 0; i < sizeof names / sizeof *names; i++)
		if (str_starts_case(local, names[i]))
			return true;
	return str_ends_case(local, STR("-daemon"));
}

bool
mark_header_says(const struct facts *f, struct str name, struct str word)
{
	const struct str value = header_find(&f->header, name);
	return str_is_set(value) && str_has_case(value, word);
}

/* A program that takes mail in (tickets, a forum, faxes) says that it could not, in an answer to it
 * or with the message below. */
static bool
is_programs_refusal(const struct facts *f)
{
	const bool is_answering = header_has(&f->header, STR("In-Reply-To")) ||
				  header_has(&f->header, STR("References")) ||
				  (is_programs_address(f->from_address) &&
					  mark_header_says(f, STR("Auto-Submitted"), STR("auto-")));
	const bool is_automatic = mark_header_says(f, STR("Auto-Submitted"), STR("auto-"));
	return (f->returned.is_there || names_number(f) ||
		       (is_answering && f->prose.has_sentence && mark_names_other(f)) ||
		       (is_automatic && !has_reply(f) && first_line_refuses(f) &&
			       (is_answering || (f->prose.has_sentence && mark_names_other(f))))) &&
	       !facts_letter(f).is_persons;
}

/* The local parts that programs send from, and nobody else. */
static bool
is_programs_name(struct str address)
{
	static const struct str names[] = {STR_INIT("www"), STR_INIT("www-data"),
		STR_INIT("wwwrun"), STR_INIT("apache"), STR_INIT("httpd"), STR_INIT("nginx"),
		STR_INIT("nobody"), STR_INIT("system"), STR_INIT("robot"), STR_INIT("bot"),
		STR_INIT("gateway"), STR_INIT("mailer"), STR_INIT("uucp"), STR_INIT("bounce"),
		STR_INIT("bounces"), STR_INIT("fax"), STR_INIT("newsletter"), STR_INIT("mailing")};
	return str_is_among(address_local(address), names, sizeof names / sizeof *names);
}

/* A line of a log begins with the time, or says what became of whom in the words of a log; one of
 * a summary begins with a number. */
static bool
is_of_log(struct str line)
{
	const struct str rest = str_trim(line), head = str_head(rest, LOG_STAMP_BYTES);
	size_t digits = 0, marks = 0, first = 0;
	for (size_t i = 0; i < head.len; i++) {
		digits += ascii_is_digit((unsigned char)head.ptr[i]);
		marks += head.ptr[i] == ':';
	}
	while (first < head.len && ascii_is_digit((unsigned char)head.ptr[first]))
		first++;
	return (digits >= LOG_STAMP_DIGITS && marks >= 2) ||
	       (first > 0 && str_starts(str_from(head, first), STR("  "))) ||
	       str_has(rest, STR(" status=")) || str_has(rest, STR(" stat=")) ||
	       str_has(rest, STR(" dsn="));
}

/* An excerpt of a log, such as cron sends at night, tells of the mail of everybody. */
static bool
is_log(const struct facts *f)
{
	size_t n = 0;
	for (size_t i = 0; i < f->prose.lines.count && i < LINES_LOOKED_AT; i++)
		n += is_of_log(f->prose.lines.list[i].raw);
	return n >= LOG_LINES_MIN;
}

/* Has a person written it, as far as its header tells: in a mail program, or to answer? */
static bool
is_in_mail_program(const struct facts *f)
{
	return header_has(&f->header, STR("User-Agent")) ||
	       header_has(&f->header, STR("In-Reply-To")) ||
	       header_has(&f->header, STR("References")) ||
	       header_has(&f->header, STR("Thread-Index"));
}

bool
mark_asks(struct str text)
{
	for (size_t at = 0; (at = str_find_char(text, '?', at)) != STR_NPOS; at++)
		if (at + 1 == text.len || ascii_is_space((unsigned char)text.ptr[at + 1]))
			return true;
	return str_has(text, STR("\xEF\xBC\x9F")); /* ？ */
}

/* Does a server's answer stand under an address, or has somebody the label of a recipient? */
static bool
has_answered(const struct facts *f)
{
	for (size_t i = 0; i < f->prose.count && i < BLOCKS_LOOKED_AT; i++) {
		const struct block *const b = &f->prose.blocks[i];
		if ((b->naming >= NAMING_OBJECT &&
			    facts_reply(f, str_head(b->own, MARK_REPLY_BYTES)).is_sure) ||
			(b->naming == NAMING_HEAD && b->is_led && !b->is_contact))
			return true;
	}
	return str_is_set(f->prose.labelled);
}

/* Does it tell in words of its own, not in those of an answer, that mail did not arrive? */
static bool
tells_itself(const struct facts *f)
{
	if (sign_seen(&f->subject_signs, SIGN_FAILURE) && !reply_scan(f->subject).is_sure)
		return true;
	for (size_t i = 0; i < f->prose.lines.count && i < LINES_LOOKED_AT; i++) {
		const struct text_line *const l = &f->prose.lines.list[i];
		if ((l->signs >> SIGN_FAILURE & 1) != 0 && reply_scan(l->raw).code == 0)
			return true;
	}
	return false;
}

/* A program that sends mail (a shop, a newsletter, a reminder) tells what a server answered it, and
 * about whom. People tell that too, and ask; lists and logs tell it of many, tests and alerts of
 * nobody's mail. */
static bool
is_programs_account(const struct facts *f)
{
	const bool is_programs = is_programs_name(f->from_address);
	const bool is_likely = is_programs || is_programs_address(f->from_address) ||
			       address_is_service(f->from_address) || has_answered(f);
	const struct reply r = facts_reply(f, str_head(f->prose.all, MARK_REPLY_BYTES));
	if (!is_likely || !(r.is_sure || r.status.class > 2) || mark_list(f) ||
		is_in_mail_program(f) || !names_no_contact(f) || is_log(f) ||
		is_ticket(f->subject) || !(is_programs || tells_itself(f)) ||
		(!is_programs && mark_asks(str_head(f->prose.all, MARK_REPLY_BYTES))))
		return false;
	const struct letter l = facts_letter(f);
	return !l.is_persons && !l.is_away;
}

/* A person's letter, with some lines of a report quoted in it. */
static bool
is_persons_quotation(const struct facts *f)
{
	size_t own = 0, quoted = 0;
	if (is_from_server(f) || f->returned.is_there)
		return false;
	/* Most of it is the quotation. */
	if (f->is_quoted)
		return is_in_mail_program(f) && !sign_seen(&f->subject_signs, SIGN_FAILURE) &&
		       facts_letter(f).is_persons;
	for (size_t i = 0; i < f->prose.lines.count && i < LINES_LOOKED_AT; i++) {
		const struct text_line *const l = &f->prose.lines.list[i];
		const struct str line = str_trim(l->raw);
		if (str_starts(line, STR(">")))
			quoted +=
				(l->signs >> SIGN_FAILURE & 1) != 0 || facts_reply(f, line).is_sure;
		else
			own += line.len > 0;
	}
	return quoted > 0 && own >= OWN_LINES_MIN;
}

unsigned
mark_points(const struct facts *f)
{
	unsigned points = 0;
	const bool is_mailer = sign_seen(&f->signs, SIGN_MAILER) ||
			       address_is_robot(f->from_address) ||
			       str_eq(str_trim(header_find(&f->header, STR("From"))), STR("<>")) ||
			       str_is_set(mark_quoted_head(f));
	if ((mark_persons_answer(f) && !is_programs_address(f->from_address)) ||
		is_about_nothing(f) || mark_lists_talk(f) || is_persons_quotation(f) ||
		(is_ticket(f->subject) && !is_from_server(f) && !f->is_quoted &&
			!sign_seen(&f->signs, SIGN_MAILER)))
		return 0;
	points += is_mailer ? 3 : 0;
	points += has_null_path(f) ? 1 : 0;
	points += sign_seen(&f->subject_signs, SIGN_FAILURE) ||
				  sign_seen(&f->subject_signs, SIGN_DELAY) ||
				  sign_seen(&f->subject_signs, SIGN_SUCCESS)
			  ? 3
			  : 0;
	points += header_has(&f->header, STR("X-Failed-Recipients")) ? 4 : 0;
	points += sign_seen(&f->signs, SIGN_FAILURE) || sign_seen(&f->signs, SIGN_DELAY) ? 1 : 0;
	points += mark_refusals(f) > 0 ? 3 : 0;
	points += mark_head_block(f) && has_reply(f) ? 2 : 0;
	points += f->returned.is_there && mark_head_block(f) ? 1 : 0;
	points += f->returned.is_there && mark_head_block(f) && sign_seen(&f->signs, SIGN_FAILURE)
			  ? 1
			  : 0;
	points += f->mime.is_report ? 3 : 0;
	points += mark_described_refusal(f) ? 3 : 0;
	const bool is_beheaded = is_without_sender(f) && prose_tells(f);
	points += is_beheaded ? 1 : 0;
	const bool is_torn = is_beheaded && mark_names_other(f) &&
			     (mark_head_block(f) || has_reply(f) || f->prose.has_sentence);
	points += is_torn ? 3 : 0;
	/* What a person quotes of a report has lost its head. */
	const bool is_answered = has_reply(f) || mark_refusals(f) > 0;
	const bool is_quotation =
		f->is_quoted &&
		((prose_tells(f) && (mark_head_block(f) || is_answered || f->prose.has_sentence)) ||
			(mark_head_block(f) && is_answered));
	points += is_quotation ? 3 : 0;
	if (points < REPORT_POINTS && is_letter(f))
		points += 3;
	/* In the subject, and above an address in the text: "DELIVERY FAILURE", "... was not
	 * delivered to: a@b". */
	const bool says_so_twice =
		sign_seen(&f->subject_signs, SIGN_FAILURE) && prose_tells(f) && !mark_list(f);
	const bool is_answered_so = is_programs_address(f->from_address) && !mark_list(f) &&
				    header_has(&f->header, STR("In-Reply-To")) &&
				    begins_with_refusal(f);
	points += is_answered_so ? 3 : 0;
	const bool is_structured =
		is_mailer || is_quotation || is_torn || is_from_server(f) || mark_refusals(f) > 0;
	const bool is_account =
		(points < REPORT_POINTS || !is_structured) && is_programs_account(f);
	points += is_account ? REPORT_POINTS : 0;
	/* Words alone make no report: newsletters, parcel services and tickets say "could not be
	 * delivered" too. */
	const bool has_structure =
		is_structured || is_account ||
		(mark_head_block(f) && (has_reply(f) || f->returned.is_there)) || is_answered_so ||
		(says_so_twice &&
			(mark_head_block(f) || describes_message(f) || is_programs_refusal(f)));
	return has_structure ? points : 0;
}
