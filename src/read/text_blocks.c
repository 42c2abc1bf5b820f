/* Whom a text names, and the lines that stand under each. */
#include "read/text_inside.h"

#include "catalogue/names.h"
#include "read/address.h"
#include "read/limits.h"
#include "read/text_head.h"

size_t
text_indent(struct str line)
{
	size_t n = 0;
	while (n < line.len && (line.ptr[n] == ' ' || line.ptr[n] == '\t'))
		n++;
	return n;
}

struct block *
text_add_block(struct prose *p, struct arena *a, struct str address, enum naming naming)
{
	p->is_many = p->is_many || p->count == NAMINGS_MAX;
	if (p->count == NAMINGS_MAX)
		return NULL;
	struct block *const blocks = arena_more(a, p->blocks, p->count, &p->room, sizeof *blocks);
	if (blocks == NULL)
		return NULL;
	p->blocks = blocks;
	blocks[p->count] = (struct block){.address = address, .naming = naming};
	return &blocks[p->count++];
}

struct block *
text_block(const struct reader *r)
{
	return r->current == 0 ? NULL : &r->p->blocks[r->current - 1];
}

/* "For help write to", and then an address on a line of its own; or one through which a list is run
 * and of which no failure was spoken. The line before counts more than its paragraph. */
bool
text_leads_to_contact(const struct reader *r, struct str address)
{
	static const uint64_t contact = UINT64_C(1) << SIGN_CONTACT;
	static const uint64_t recipient = UINT64_C(1) << SIGN_FAILURE | UINT64_C(1) << SIGN_DELAY;
	if (address_is_lists(address) && (r->line_above & contact) != 0)
		return true;
	if ((r->lead_line & (contact | recipient)) != 0)
		return (r->lead_line & recipient) == 0;
	return (r->lead & recipient) == 0 &&
	       ((r->lead & contact) != 0 || address_is_lists(address));
}

/* "a@b: delivered", "<a@b> (relayed to non-DSN-aware mailer)": what stands behind an address. */
static bool
says_delivered(struct str tail)
{
	while (tail.len > 0 && strchr(" :;(-", tail.ptr[0]) != NULL && tail.ptr[0] != '\0')
		tail = str_from(tail, 1);
	return catalogue_is_named(KNOWN_DELIVERED_WORD, tail);
}

void
text_open_block(
	struct reader *r, struct str address, struct str tail, enum naming naming, struct str line)
{
	struct block *const before = text_block(r);
	if (before != NULL && r->in_own && before->own.len == 0 && before->naming == naming &&
		(naming == NAMING_HEAD || !r->is_blank_above))
		before->is_in_list = true;
	struct block *const b = text_add_block(r->p, r->arena, address, naming);
	if (b == NULL)
		return;
	if (str_starts(tail, STR(":")) || str_starts(tail, STR(";")))
		tail = str_trim(str_from(tail, 1));
	b->own = tail.len > 0 ? tail : str_from(line, line.len);
	b->after = str_from(line, line.len);
	b->is_contact = tail.len == 0 && naming != NAMING_TO && text_leads_to_contact(r, address);
	if (naming == NAMING_HEAD && str_find_char(address, '@', 0) != STR_NPOS)
		r->p->has_full = true;
	b->is_led = ((r->lead | r->lead_line) &
			    (UINT64_C(1) << SIGN_FAILURE | UINT64_C(1) << SIGN_DELAY |
				    UINT64_C(1) << SIGN_RECIPIENT_LABEL)) != 0;
	b->is_delayed = r->is_delay_section;
	b->is_delivered = says_delivered(tail) || (r->is_good_section && tail.len == 0);
	b->heading = r->heading;
	r->current = r->p->count;
	r->indent = text_indent(line);
	r->in_own = true;
}

/* "a@b, c@d: unknown": the words behind the last one are about all. */
void
text_open_blocks(
	struct reader *r, struct str address, struct str tail, enum naming naming, struct str line)
{
	struct str next;
	bool is_listed = false;
	for (; text_listed(&tail, &next); is_listed = true) {
		text_open_block(r, address, STR(""), naming, line);
		if (r->current > 0)
			text_block(r)->is_in_list = true;
		address = next;
	}
	text_open_block(r, address, tail, naming, line);
	if (is_listed && r->current > 0)
		text_block(r)->is_listed = true;
}

/* Gives a line to the block it stands under. */
void
text_extend_block(struct reader *r, struct str line)
{
	struct block *const b = text_block(r);
	if (b == NULL)
		return;
	if (r->in_own && b->own.len == 0)
		b->is_apart = r->is_blank_above;
	if (r->in_own)
		b->own = str_between(b->own.ptr, line.ptr + line.len);
	else
		b->after =
			b->after.len == 0 ? line : str_between(b->after.ptr, line.ptr + line.len);
}
