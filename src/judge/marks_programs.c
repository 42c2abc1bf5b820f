/* Programs that are no mail servers: those that take mail in and refuse some, and those that send
 * mail and tell what became of it. */
#include "judge/marks_inside.h"

#include "catalogue/names.h"
#include "read/address.h"

#define NUMBER_DIGITS_MIN 6
#define LOG_STAMP_BYTES 24 /* in which the time of a line of a log stands */
#define LOG_STAMP_DIGITS 6
#define LOG_LINES_MIN 2

/* "00441@fax.example.org": a gateway's, to a telephone. */
static bool
names_number(const struct facts *f)
{
	for (size_t i = 0; i < f->prose.count && i < MARK_BLOCKS_MAX; i++) {
		const struct str a = f->prose.blocks[i].address;
		size_t n = 0;
		while (n < a.len && ascii_is_digit((unsigned char)a.ptr[n]))
			n++;
		if (n >= NUMBER_DIGITS_MIN && n < a.len && a.ptr[n] == '@')
			return true;
	}
	return false;
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

bool
mark_first_line_refuses(const struct facts *f)
{
	const struct text_line *const first = first_line(&f->prose);
	return first != NULL && (first->signs >> SIGN_FAILURE & 1) != 0;
}

/* "Your message to bugs@example.org could not be processed" is the first that it says. */
bool
mark_begins_with_refusal(const struct facts *f)
{
	const struct prose *const p = &f->prose;
	return mark_first_line_refuses(f) && p->count > 0 &&
	       p->blocks[0].naming >= NAMING_SENTENCE &&
	       str_is_within(p->blocks[0].address, first_line(p)->raw);
}

/* Its own address, that nobody reads. */
bool
mark_is_programs_address(struct str address)
{
	const size_t at = str_find_char(address, '@', 0);
	const struct str local = at == STR_NPOS ? address : str_head(address, at);
	return catalogue_is_named(KNOWN_UNREAD_ADDRESS, local);
}

/* A program that takes mail in (tickets, a forum, faxes) says that it could not, in an answer to it
 * or with the message below. */
bool
mark_is_programs_refusal(const struct facts *f)
{
	const bool is_automatic = mark_header_says(f, STR("Auto-Submitted"), STR("auto-")) ||
				  mark_header_says(f, STR("Precedence"), STR("bulk"));
	const bool is_answering = header_has(&f->header, STR("In-Reply-To")) ||
				  header_has(&f->header, STR("References")) ||
				  (mark_is_programs_address(f->from_address) && is_automatic);
	return (f->returned.is_there || names_number(f) ||
		       (is_answering && f->prose.has_sentence && mark_names_other(f)) ||
		       (is_automatic && !mark_has_reply(f) && mark_first_line_refuses(f) &&
			       (is_answering || (f->prose.has_sentence && mark_names_other(f))))) &&
	       !facts_letter(f).is_persons;
}

bool
mark_is_from_program(const struct facts *f)
{
	return catalogue_is_named(
		KNOWN_PROGRAM_ADDRESS, address_local(address_clean(f->return_path)));
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
	for (size_t i = 0; i < f->prose.lines.count && i < MARK_LINES_MAX; i++)
		n += is_of_log(f->prose.lines.list[i].raw);
	return n >= LOG_LINES_MIN;
}

/* Has a person written it, as far as its header tells: in a mail program, or to answer? */
bool
mark_is_in_mail_program(const struct facts *f)
{
	return header_has(&f->header, STR("User-Agent")) ||
	       header_has(&f->header, STR("In-Reply-To")) ||
	       header_has(&f->header, STR("References")) ||
	       header_has(&f->header, STR("Thread-Index"));
}

/* Is there one address alone that could be meant? */
static bool
names_one(const struct facts *f)
{
	size_t n = 0;
	for (size_t i = 0; i < f->prose.count && i < MARK_BLOCKS_MAX; i++) {
		const struct block *const b = &f->prose.blocks[i];
		n += !b->is_contact && !address_is_service(b->address) &&
		     mark_is_third_party(f, b->address);
	}
	return n == 1;
}

/* Does a server's answer stand under an address, or has somebody the label of a recipient? */
static bool
has_answered(const struct facts *f)
{
	const bool is_subject = sign_seen(&f->subject_signs, SIGN_FAILURE);
	for (size_t i = 0; i < f->prose.count && i < MARK_BLOCKS_MAX; i++) {
		const struct block *const b = &f->prose.blocks[i];
		if ((b->naming >= NAMING_OBJECT &&
			    facts_reply(f, str_head(b->own, MARK_REPLY_BYTES)).is_sure) ||
			(b->naming >= NAMING_SENTENCE && is_subject && !b->is_contact) ||
			(b->naming == NAMING_HEAD && b->is_led && !b->is_contact))
			return true;
	}
	return str_is_set(f->prose.labelled) || (is_subject && names_one(f));
}

/* Does it tell in words of its own, not in those of an answer, that mail did not arrive? */
static bool
tells_itself(const struct facts *f)
{
	if (sign_seen(&f->subject_signs, SIGN_FAILURE) && !reply_scan(f->subject).is_sure)
		return true;
	for (size_t i = 0; i < f->prose.lines.count && i < MARK_LINES_MAX; i++) {
		const struct text_line *const l = &f->prose.lines.list[i];
		if ((l->signs >> SIGN_FAILURE & 1) != 0 && reply_scan(l->raw).code == 0)
			return true;
	}
	return false;
}

/* A program that sends mail (a shop, a newsletter, a reminder) tells what a server answered it, and
 * about whom. People tell that too, and ask; lists and logs tell it of many, tests and alerts of
 * nobody's mail. */
bool
mark_is_programs_account(const struct facts *f)
{
	const bool is_programs =
		catalogue_is_named(KNOWN_PROGRAM_ADDRESS, address_local(f->from_address));
	const bool is_likely =
		is_programs || mark_is_programs_address(f->from_address) ||
		address_is_service(f->from_address) || has_answered(f) ||
		(sign_seen(&f->subject_signs, SIGN_FAILURE) && f->prose.has_sentence);
	const struct reply r = facts_reply(f, str_head(f->prose.all, MARK_REPLY_BYTES));
	if (!is_likely || !(r.is_sure || r.status.class > 2) || mark_list(f) ||
		mark_is_in_mail_program(f) || !mark_names_no_contact(f) || is_log(f) ||
		mark_is_ticket(f->subject) || !(is_programs || tells_itself(f)) ||
		(!is_programs && mark_asks(str_head(f->prose.all, MARK_REPLY_BYTES))))
		return false;
	const struct letter l = facts_letter(f);
	return !l.is_persons && !l.is_away;
}

/* Is one the domain of the other, or below it? */
static bool
is_of_domain(struct str one, struct str other)
{
	return one.len > 0 && other.len > 0 &&
	       (str_eq_case(one, other) || str_is_below(one, other) || str_is_below(other, one));
}

/* Does this address stand in a line that tells of a failure or a delay? */
static bool
stands_in_failure(const struct facts *f, struct str address)
{
	for (size_t i = 0; i < f->prose.lines.count && i < MARK_LINES_MAX; i++) {
		const struct text_line *const l = &f->prose.lines.list[i];
		if (str_is_within(address, l->raw))
			return ((l->signs >> SIGN_FAILURE | l->signs >> SIGN_DELAY) & 1) != 0;
	}
	return false;
}

/* Does the writer tell it at home? It is an alert, then. */
static bool
is_alert(const struct facts *f)
{
	const struct str home = address_domain(f->from_address);
	const struct str readers = address_domain(f->to_address);
	return str_is_set(home) && str_is_set(readers) && is_of_domain(readers, home);
}

/* Does it name another of the writer's domain, of whom it speaks? */
static bool
names_neighbour(const struct facts *f)
{
	const struct str home = address_domain(f->from_address);
	if (!str_is_set(home))
		return false;
	for (size_t i = 0; i < f->prose.count && i < MARK_BLOCKS_MAX; i++) {
		const struct block *const b = &f->prose.blocks[i];
		/* "Customer service: service@b.example" is no recipient. */
		const bool is_meant =
			!b->is_contact &&
			(!address_is_service(b->address) || stands_in_failure(f, b->address) ||
				b->address.ptr == f->prose.labelled.ptr);
		if (is_meant && mark_is_third_party(f, b->address) &&
			is_of_domain(address_domain(b->address), home))
			return true;
	}
	const struct str named = mark_named_in_subject(f);
	return str_is_set(named) && is_of_domain(address_domain(named), home);
}

/* "Vastaanottaja: a@b.example", or rows of addresses with what became of each, where words of
 * failure speak of mail. */
static bool
labels_recipient(const struct facts *f)
{
	bool is_labelled =
		str_is_set(f->prose.labelled) && mark_is_third_party(f, f->prose.labelled);
	for (size_t i = 0; i < f->prose.count && i < MARK_BLOCKS_MAX && !is_labelled; i++) {
		const struct block *const b = &f->prose.blocks[i];
		is_labelled = b->naming == NAMING_HEAD && b->is_led && b->own.len > 0 &&
			      !address_is_service(b->address) && mark_is_third_party(f, b->address);
	}
	return is_labelled && mark_prose_tells(f) && facts_letter(f).speaks_of_mail;
}

/* A provider, a school or a gateway says in words of its own that mail to somebody at its own
 * domain failed. No shop and no parcel service names a neighbour; a colleague does, and writes in
 * a mail program. */
bool
mark_is_hosts_letter(const struct facts *f)
{
	const bool is_subjects = sign_seen(&f->subject_signs, SIGN_FAILURE);
	if (!(mark_prose_tells(f) || is_subjects) || mark_list(f) ||
		sign_seen(&f->signs, SIGN_AUTO_REPLY) || mark_is_in_mail_program(f) ||
		mark_is_ticket(f->subject))
		return false;
	if (is_subjects && mark_first_line_refuses(f) && mark_is_from_program(f))
		return true; /* a program's own, about the mail that it was sent */
	if (is_alert(f) || !(names_neighbour(f) || labels_recipient(f)) || is_log(f) ||
		(!is_subjects && mark_asks(str_head(f->prose.all, MARK_REPLY_BYTES))) ||
		mark_shows_others_mail(f))
		return false;
	const struct letter l = facts_letter(f);
	return !l.is_persons && !l.is_away && (!l.is_other || is_subjects);
}
