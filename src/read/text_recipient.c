/* Lines that name a recipient: at their head, behind a label, in a row of a table. */
#include "read/text_inside.h"

#include "read/address.h"
#include "read/text_head.h"

#define LOCAL_PART_MAX 128 /* bytes of a line that is one, or a pipe */

/* In Sendmail's list of addresses: a local part, or what an alias leads to, alone on its line. */
static bool
read_local_part(struct reader *r, struct line *l)
{
	const struct str line = l->bare;
	const bool is_command = str_starts(line, STR("\"|")) || str_starts(line, STR("|"));
	if (!r->is_list_section || l->has_at || text_indent(l->raw) > 0 ||
		line.len > LOCAL_PART_MAX || line.ptr[0] == '-' ||
		(!is_command && (str_find_char(line, ' ', 0) != STR_NPOS ||
					str_find_char(line, ':', 0) != STR_NPOS)))
		return false;
	const struct str local = address_clean(line);
	if (local.len == 0) /* "..." */
		return false;
	text_open_block(r, local, STR(""), NAMING_HEAD, l->raw);
	return true;
}

/* "Addressed to: a@b" / "Recipient address: c@d", on lines that follow each other: one recipient,
 * before and behind an alias. Where the label is the same, they are two. */
static void
join_labelled(struct reader *r, size_t before, struct str label)
{
	struct block *const b = text_block(r);
	if (before == 0 || r->current != before + 1 || !str_is_set(r->label) ||
		str_eq_case(label, r->label))
		return;
	struct block *const above = &r->p->blocks[before - 1];
	if (!above->is_in_list || above->naming != NAMING_LABEL || above->own.len > 0 ||
		str_eq_case(above->address, b->address))
		return;
	b->original = above->address;
	above->naming = NAMING_PASSING;
	above->is_in_list = false;
}

/* "Recipient: a@b" */
static bool
read_labelled(
	struct reader *r, struct line *l, struct str address, struct str tail, struct str label)
{
	/* "550 5.2.1 Account is not active: <a@b>" is an answer, and all of it counts; "New
	 * address: a@b" is whom to write to. */
	struct str hit;
	if (ascii_is_digit((unsigned char)label.ptr[0]) ||
		!text_line_says(l, SIGN_RECIPIENT_LABEL) || !text_is_recipient_label(label) ||
		(text_line_says(l, SIGN_CONTACT) && sign_in(label, SIGN_CONTACT, &hit)))
		return false;
	/* What stands above, "Sender: x", is no word about this one. */
	const uint64_t lead = r->lead;
	const size_t before = r->current;
	r->lead = 0;
	r->lead_line = UINT64_C(1) << SIGN_RECIPIENT_LABEL;
	text_open_blocks(r, address, tail, NAMING_LABEL, l->raw);
	join_labelled(r, before, label);
	r->label = label;
	r->lead = lead;
	if (!str_is_set(r->p->labelled))
		r->p->labelled = address;
	return true;
}

/* A row of a table whose lines are lost: an address in a cell of its own, and a server's answer, or
 * below words of failure nothing but numbers. */
static bool
read_row(struct reader *r, struct line *l)
{
	static const uint64_t leading = UINT64_C(1) << SIGN_FAILURE | UINT64_C(1) << SIGN_DELAY |
					UINT64_C(1) << SIGN_RECIPIENT_LABEL;
	struct str address, said;
	const bool is_led = ((r->lead | r->lead_line) & leading) != 0;
	if (!text_row(l->bare, is_led, &address, &said))
		return false;
	text_open_block(r, address, said, NAMING_HEAD, l->raw);
	r->in_own = said.len == 0;
	return true;
}

/* "550 5.1.1 Unknown user" and below it, in the same paragraph, "-> a@b". */
static bool
read_arrow(struct reader *r, struct line *l)
{
	struct str address, tail;
	const struct str head = text_skip_bullet(l->bare);
	if (r->answer_above == NULL || !str_has(str_between(l->bare.ptr, head.ptr), STR(">")) ||
		!text_head(head, &address, &tail) || tail.len > 0)
		return false;
	text_open_block(r, address, tail, NAMING_HEAD, l->raw);
	if (r->current > 0)
		text_block(r)->own = str_trim(str_between(r->answer_above, l->raw.ptr));
	r->in_own = false;
	r->answer_above = NULL;
	return true;
}

/* Does the paragraph begin with what a server answered? */
void
text_note_answer_above(struct reader *r, const struct line *l)
{
	if (!r->is_blank_above)
		return;
	r->answer_above = text_begins_with_answer(l->bare) ? l->bare.ptr : NULL;
}

static bool
is_first_line(const struct reader *r, const struct line *l)
{
	return str_is_blank(str_between(r->p->all.ptr, l->raw.ptr));
}

bool
text_read_recipient(struct reader *r, struct line *l)
{
	struct str address, tail, label;
	const struct str head = text_skip_bullet(l->bare);
	if (read_local_part(r, l) || (l->has_at && read_arrow(r, l)))
		return true;
	if ((l->has_at || head.ptr[0] == '<') && text_head(head, &address, &tail)) {
		/* "... contact the owner at\na@b.": the end of a sentence that was wrapped. */
		if (!r->is_after_blank && str_eq(tail, STR(".")) &&
			text_leads_to_contact(r, address))
			return true;
		/* "a@b was not found" is a sentence that begins with the address; a cell of a table
		 * has nothing but it. */
		const struct str behind =
			str_between(address.ptr + address.len, head.ptr + head.len);
		const bool is_sentence = !str_starts(behind, STR("\t")) && !text_is_head_tail(tail);
		if (r->is_sentence_open && is_sentence)
			return false;
		if (is_sentence && read_row(r, l))
			return true;
		text_open_blocks(
			r, address, tail, is_sentence ? NAMING_LABEL : NAMING_HEAD, l->raw);
		r->p->has_sentence =
			r->p->has_sentence || (is_sentence && text_line_says(l, SIGN_FAILURE));
		return true;
	}
	if (!l->has_at && r->is_failure_sentence &&
		(text_indent(l->raw) > 0 || r->is_blank_above) &&
		text_local(l->bare, &address, &tail)) {
		text_open_block(r, address, tail, NAMING_LABEL, l->raw);
		return true;
	}
	if (!l->has_at)
		return false;
	if (read_row(r, l))
		return true;
	if (text_code_line(l->bare, &address)) {
		text_open_block(r, address, l->bare, NAMING_LABEL, l->raw);
		r->in_own = false;
		return true;
	}
	if (text_label(l->bare, &address, &tail, &label)) {
		/* The label of recipients is the name of To in some languages, and To has who
		 * got the report. */
		const bool is_to = r->is_in_head && text_is_to_name(label);
		if (!is_to && read_labelled(r, l, address, tail, label))
			return true;
		if (text_is_to_name(label)) {
			const size_t current = r->current;
			text_open_block(r, address, STR(""), NAMING_TO, l->raw);
			r->current = current;
			r->in_own = false;
			return true;
		}
		const bool is_from = text_is_from_name(label);
		r->is_in_head = r->is_in_head ||
				(is_from && (address_is_robot(address) || is_first_line(r, l)));
		if (is_from || text_is_message_field(label))
			return true;
	}
	/* The cells of a table that has lost its lines: "Recipient a@b". */
	if (text_line_says(l, SIGN_RECIPIENT_LABEL) && !text_line_says(l, SIGN_FAILURE) &&
		text_cells(l->bare, &address, &label) &&
		read_labelled(r, l, address, STR(""), label))
		return true;
	if (text_named(head, text_line_says(l, SIGN_CONTACT), &address) ||
		(head.ptr != l->bare.ptr && text_behind_name(head, &address))) {
		text_open_block(r, address, STR(""), NAMING_LABEL, l->raw);
		return true;
	}
	return false;
}
