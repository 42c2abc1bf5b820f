#include "judge/marks_inside.h"

#include "catalogue/names.h"
#include "read/address.h"

#define TICKET_BYTES_MAX 48
#define TICKET_NUMBER_MAX 999999999
#define LINK_LOOKED_FOR_BYTES 65536

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
	for (size_t i = 0; i < f->prose.count && i < MARK_BLOCKS_MAX; i++)
		if (f->prose.blocks[i].naming >= NAMING_LABEL)
			return true;
	return false;
}

/* Is the message described in the text: "To: a@b"? */
static bool
describes_message(const struct facts *f)
{
	for (size_t i = 0; i < f->prose.count && i < MARK_BLOCKS_MAX; i++)
		if (f->prose.blocks[i].naming == NAMING_TO)
			return true;
	return false;
}

bool
mark_has_reply(const struct facts *f)
{
	const struct reply r = facts_reply(f, str_head(f->prose.all, MARK_REPLY_BYTES));
	return r.is_sure;
}

bool
mark_described_refusal(const struct facts *f)
{
	return facts_has_null_path(f) && mark_has_reply(f) &&
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
	       facts_has_null_path(f) || f->mime.is_report ||
	       header_has(&f->header, STR("X-Failed-Recipients"));
}

/* Does a line of the prose say that delivery failed, or is delayed? */
bool
mark_prose_tells(const struct facts *f)
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
	return facts_has_null_path(f) && !address_is_robot(f->from_address) &&
	       !sign_seen(&f->signs, SIGN_MAILER) && !f->mime.is_report && !mark_prose_tells(f);
}

bool
mark_is_from_server(const struct facts *f)
{
	return address_is_robot(f->from_address) || is_formed(f);
}

bool
mark_persons_answer(const struct facts *f)
{
	return catalogue_is_named(KNOWN_ANSWER_SUBJECT, f->subject) && !mark_is_from_server(f) &&
	       !sign_seen(&f->signs, SIGN_MAILER) &&
	       (header_has(&f->header, STR("In-Reply-To")) ||
		       header_has(&f->header, STR("References")) || mark_list(f));
}

bool
mark_lists_talk(const struct facts *f)
{
	if (!mark_list(f) || is_formed(f))
		return false;
	/* Members, and those who watch a project, write of failed mail in the subject, too. */
	if (header_has(&f->header, STR("List-Id")) && !mark_is_from_server(f) &&
		!address_is_lists(f->from_address) && !sign_seen(&f->signs, SIGN_MAILER))
		return true;
	/* A newsletter writes of bounces to those who send mail. */
	if (header_has(&f->header, STR("List-Unsubscribe")) && !mark_is_from_server(f) &&
		!address_is_lists(f->from_address) && !f->returned.is_there)
		return true;
	return str_eq_case(str_trim(header_find(&f->header, STR("Precedence"))), STR("list")) &&
	       !sign_seen(&f->subject_signs, SIGN_FAILURE) &&
	       !sign_seen(&f->subject_signs, SIGN_DELAY);
}

/* "[Ticket#2015030310] Mail could not be delivered", "(HELP-33) ...": a help desk has numbered what
 * it was called. */
bool
mark_is_ticket(struct str subject)
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

bool
mark_is_third_party(const struct facts *f, struct str address)
{
	return !str_eq_case(address, f->to_address) && !str_eq_case(address, f->from_address);
}

bool
mark_names_other(const struct facts *f)
{
	for (size_t i = 0; i < f->prose.count && i < MARK_BLOCKS_MAX; i++)
		if (mark_is_third_party(f, f->prose.blocks[i].address))
			return true;
	return false;
}

static bool
names_link(struct str text)
{
	text = str_head(text, LINK_LOOKED_FOR_BYTES);
	return str_has_case(text, STR("http://")) || str_has_case(text, STR("https://"));
}

struct str
mark_named_in_subject(const struct facts *f)
{
	size_t at = 0;
	const struct str named = address_next(f->subject, &at);
	return str_is_set(named) && mark_is_third_party(f, named) ? named : STR_NONE;
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

/* Does the text speak of the mailbox of the one who got it? */
static bool
names_reader(const struct facts *f)
{
	for (size_t i = 0; i < f->prose.count && i < MARK_BLOCKS_MAX; i++)
		if (str_eq_case(f->prose.blocks[i].address, f->to_address))
			return true;
	return false;
}

/* "5 messages to you@b could not be delivered to your mailbox", and a list of who would have
 * written: the sentence is about the reader, and about nobody else. */
static bool
is_about_reader(const struct facts *f)
{
	bool is_told = false;
	for (size_t i = 0; i < f->prose.count && i < MARK_BLOCKS_MAX; i++) {
		const struct block *const b = &f->prose.blocks[i];
		const bool is_readers = str_eq_case(b->address, f->to_address);
		const bool is_row = b->naming == NAMING_HEAD &&
				    !facts_reply(f, str_head(b->own, MARK_REPLY_BYTES)).is_sure;
		if (!is_readers && b->naming >= NAMING_TO && !is_row && !b->is_contact)
			return false;
		is_told = is_told || (is_readers && b->naming == NAMING_SENTENCE);
	}
	return is_told;
}

/* A name such as "Mail Delivery Team" is what forged bounces have too, and "postmaster@" with a
 * link; a report is about somebody, or quotes an answer, or returns the message. */
static bool
is_about_nothing(const struct facts *f)
{
	if ((is_formed(f) && !has_subject_alone(f)) || f->returned.is_there || mark_refusals(f) > 0)
		return false;
	if (!address_is_robot(f->from_address) && is_about_reader(f) && has_link(f))
		return true;
	/* "(6) messages to you@ failed: 552 mailbox full" wants a click, too. */
	if (mark_has_reply(f))
		return (!address_is_robot(f->from_address) || names_reader(f)) &&
		       !mark_names_other(f) && !str_is_set(mark_named_in_subject(f)) && has_link(f);
	/* What a program refuses to take in is the mail that it answers. */
	if (((header_has(&f->header, STR("In-Reply-To")) &&
		     mark_header_says(f, STR("Auto-Submitted"), STR("auto-"))) ||
		    mark_is_from_program(f)) &&
		mark_first_line_refuses(f))
		return false;
	/* The link last, because it is looked for in the whole body. */
	return !mark_names_other(f) && !str_is_set(mark_named_in_subject(f)) &&
	       (!address_is_robot(f->from_address) || has_link(f));
}

/* A filter tells the address that it writes from what it did: nobody's mail came back. */
static bool
is_to_itself(const struct facts *f)
{
	return f->to_address.len > 0 && str_eq_case(f->to_address, f->from_address) &&
	       !address_is_robot(f->from_address) && !f->is_quoted && !f->mime.is_report &&
	       !sign_seen(&f->subject_signs, SIGN_FAILURE) &&
	       !header_has(&f->header, STR("X-Failed-Recipients"));
}

/* A header that lost its From is no person's. */
static bool
is_without_sender(const struct facts *f)
{
	return !header_has(&f->header, STR("From")) && f->from_address.len == 0;
}

/* Does the text name anybody else, whom one is not just to write to? */
bool
mark_names_no_contact(const struct facts *f)
{
	for (size_t i = 0; i < f->prose.count && i < MARK_BLOCKS_MAX; i++)
		if (!f->prose.blocks[i].is_contact &&
			mark_is_third_party(f, f->prose.blocks[i].address))
			return true;
	return str_is_set(mark_named_in_subject(f));
}

/* A letter that a server sent about somebody else, or with the message: it tells in any words of a
 * failure or a delay, or quotes an answer. People who are away have their letters sent by automats
 * too. */
static bool
is_letter(const struct facts *f)
{
	if (!mark_is_from_server(f) || mark_list(f) || address_is_lists(f->from_address) ||
		sign_seen(&f->signs, SIGN_AUTO_REPLY) ||
		!(mark_prose_tells(f) || mark_has_reply(f)) ||
		!(mark_names_no_contact(f) || (facts_has_null_path(f) && f->returned.is_there)))
		return false;
	const struct letter l = facts_letter(f);
	return !l.is_away && !l.is_other && (!l.is_persons || address_is_robot(f->from_address));
}

bool
mark_header_says(const struct facts *f, struct str name, struct str word)
{
	const struct str value = header_find(&f->header, name);
	return str_is_set(value) && str_has_case(value, word);
}

bool
mark_asks(struct str text)
{
	for (size_t at = 0; (at = str_find_char(text, '?', at)) != STR_NPOS; at++)
		if (at + 1 == text.len || ascii_is_space((unsigned char)text.ptr[at + 1]))
			return true;
	return str_has(text, STR("\xEF\xBC\x9F")); /* ？ */
}

unsigned
mark_points(const struct facts *f)
{
	unsigned points = 0;
	const bool is_mailer = sign_seen(&f->signs, SIGN_MAILER) ||
			       address_is_robot(f->from_address) ||
			       str_eq(str_trim(header_find(&f->header, STR("From"))), STR("<>")) ||
			       str_is_set(mark_quoted_head(f));
	if ((mark_persons_answer(f) && !mark_is_programs_address(f->from_address)) ||
		is_about_nothing(f) || is_to_itself(f) || mark_lists_talk(f) ||
		mark_is_persons_quotation(f) ||
		(mark_is_ticket(f->subject) && !mark_is_from_server(f) && !f->is_quoted &&
			!sign_seen(&f->signs, SIGN_MAILER)))
		return 0;
	points += is_mailer ? 3 : 0;
	points += facts_has_null_path(f) ? 1 : 0;
	points += sign_seen(&f->subject_signs, SIGN_FAILURE) ||
				  sign_seen(&f->subject_signs, SIGN_DELAY) ||
				  sign_seen(&f->subject_signs, SIGN_SUCCESS)
			  ? 3
			  : 0;
	points += header_has(&f->header, STR("X-Failed-Recipients")) ? 4 : 0;
	points += sign_seen(&f->signs, SIGN_FAILURE) || sign_seen(&f->signs, SIGN_DELAY) ? 1 : 0;
	points += mark_refusals(f) > 0 ? 3 : 0;
	points += mark_head_block(f) && mark_has_reply(f) ? 2 : 0;
	points += f->returned.is_there && mark_head_block(f) ? 1 : 0;
	points += f->returned.is_there && mark_head_block(f) && sign_seen(&f->signs, SIGN_FAILURE)
			  ? 1
			  : 0;
	points += f->mime.is_report ? 3 : 0;
	points += mark_described_refusal(f) ? 3 : 0;
	const bool is_beheaded = is_without_sender(f) && mark_prose_tells(f);
	points += is_beheaded ? 1 : 0;
	const bool is_torn = is_beheaded && mark_names_other(f) &&
			     (mark_head_block(f) || mark_has_reply(f) || f->prose.has_sentence);
	points += is_torn ? 3 : 0;
	/* What a person quotes of a report has lost its head. */
	const bool is_answered = mark_has_reply(f) || mark_refusals(f) > 0;
	const bool is_quotation =
		f->is_quoted && ((mark_prose_tells(f) && (mark_head_block(f) || is_answered ||
								 f->prose.has_sentence)) ||
					(mark_head_block(f) && is_answered));
	points += is_quotation ? 3 : 0;
	if (points < REPORT_POINTS && is_letter(f))
		points += 3;
	/* In the subject, and above an address in the text: "DELIVERY FAILURE", "... was not
	 * delivered to: a@b". */
	const bool says_so_twice =
		sign_seen(&f->subject_signs, SIGN_FAILURE) && mark_prose_tells(f) && !mark_list(f);
	const bool is_answered_so = mark_is_programs_address(f->from_address) && !mark_list(f) &&
				    header_has(&f->header, STR("In-Reply-To")) &&
				    mark_begins_with_refusal(f);
	points += is_answered_so ? 3 : 0;
	const bool is_structured = is_mailer || is_quotation || is_torn || mark_is_from_server(f) ||
				   mark_refusals(f) > 0;
	const bool is_account =
		(points < REPORT_POINTS || !is_structured) && mark_is_programs_account(f);
	points += is_account ? REPORT_POINTS : 0;
	const bool is_hosts = (points < REPORT_POINTS || !is_structured) && mark_is_hosts_letter(f);
	points += is_hosts ? REPORT_POINTS : 0;
	/* Words alone make no report: newsletters, parcel services and tickets say "could not be
	 * delivered" too. */
	const bool has_structure =
		is_structured || is_account || is_hosts ||
		(mark_head_block(f) && (mark_has_reply(f) || f->returned.is_there)) ||
		is_answered_so ||
		(says_so_twice && (mark_head_block(f) || describes_message(f) ||
					  mark_is_programs_refusal(f)));
	return has_structure ? points : 0;
}
