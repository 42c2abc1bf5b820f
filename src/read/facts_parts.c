/* What the parts of a message say in fields: of its status, of a complaint, of a receipt, and of
 * what is returned. */
#include "read/facts_inside.h"

#include <stddef.h>

#include "base/decode.h"
#include "read/address.h"

#define RETURNED_HEAD_BYTES                                                                        \
	(256 << 10) /* of an encoded returned message that are decoded: its header fits */

/* A field of a table: its name, and where its value goes in a struct of slices. */
struct slot {
	struct str name;
	size_t offset;
};

static void
fill_slots(const struct header *h, const struct slot *slots, size_t count, void *out)
{
	for (size_t i = 0; i < count; i++) {
		struct str *const to = (struct str *)(void *)((char *)out + slots[i].offset);
		if (!str_is_set(*to))
			*to = header_find(h, slots[i].name);
	}
}

static void
read_feedback(struct facts *f, struct str body)
{
	static const struct slot slots[] = {
		{STR_INIT("Feedback-Type"), offsetof(struct feedback, type)},
		{STR_INIT("User-Agent"), offsetof(struct feedback, user_agent)},
		{STR_INIT("Original-Rcpt-To"), offsetof(struct feedback, original_rcpt_to)},
		{STR_INIT("Removal-Recipient"), offsetof(struct feedback, original_rcpt_to)},
		{STR_INIT("Original-Mail-From"), offsetof(struct feedback, original_mail_from)},
		{STR_INIT("Source-IP"), offsetof(struct feedback, source_ip)},
		{STR_INIT("Arrival-Date"), offsetof(struct feedback, arrival_date)},
		{STR_INIT("Received-Date"), offsetof(struct feedback, arrival_date)},
		{STR_INIT("Reporting-MTA"), offsetof(struct feedback, reporting_mta)},
		{STR_INIT("Auth-Failure"), offsetof(struct feedback, auth_failure)},
		{STR_INIT("Reported-Domain"), offsetof(struct feedback, reported_domain)},
		{STR_INIT("Original-Envelope-Id"), offsetof(struct feedback, original_envelope_id)},
	};
	struct header h;
	f->feedback.is_there = true;
	if (header_parse(body, f->arena, &h))
		fill_slots(&h, slots, sizeof slots / sizeof *slots, &f->feedback);
}

/* The fields of a complaint in the middle of a text: desks that write by hand, or relays that took
 * the parts off. */
void
facts_read_feedback_text(struct facts *f)
{
	for (size_t i = 0; i < f->prose.lines.count; i++) {
		const struct str line = f->prose.lines.list[i].raw;
		if (line.len == 0 || (line.ptr[0] | 0x20) != 'f' ||
			!str_starts_case(line, STR("Feedback-Type:")))
			continue;
		struct header h;
		const struct str all = f->prose.all;
		const struct str rest = str_between(line.ptr, all.ptr + all.len);
		if (header_parse(rest, f->arena, &h) &&
			(header_has(&h, STR("User-Agent")) || header_has(&h, STR("Version")) ||
				header_has(&h, STR("Source-IP"))))
			read_feedback(f, rest);
		return;
	}
}

static void
read_disposition(struct facts *f, struct str body)
{
	static const struct slot slots[] = {
		{STR_INIT("Disposition"), offsetof(struct disposition, disposition)},
		{STR_INIT("Final-Recipient"), offsetof(struct disposition, final_recipient)},
		{STR_INIT("Original-Recipient"), offsetof(struct disposition, original_recipient)},
		{STR_INIT("Original-Message-ID"),
			offsetof(struct disposition, original_message_id)},
		{STR_INIT("Reporting-UA"), offsetof(struct disposition, reporting_ua)},
		{STR_INIT("Failure"), offsetof(struct disposition, explanation)},
		{STR_INIT("Error"), offsetof(struct disposition, explanation)},
	};
	struct header h;
	f->disposition.is_there = true;
	if (header_parse(body, f->arena, &h))
		fill_slots(&h, slots, sizeof slots / sizeof *slots, &f->disposition);
}

void
facts_read_returned(struct facts *f, struct str message)
{
	struct returned *const r = &f->returned;
	if (r->is_there || !header_parse(message, f->arena, &r->header))
		return;
	const struct header *const h = &r->header;
	r->is_there = true;
	r->message_id = str_trim(header_text(header_find(h, STR("Message-ID")), f->arena));
	r->subject = header_text(header_find(h, STR("Subject")), f->arena);
	r->from = header_text(header_find(h, STR("From")), f->arena);
	r->to = header_text(header_find(h, STR("To")), f->arena);
	r->date = header_find(h, STR("Date"));
	r->list_id = header_text(header_find(h, STR("List-Id")), f->arena);
	if (!str_is_set(r->list_id))
		r->list_id = header_text(header_find(h, STR("List-Post")), f->arena);
	r->return_path = address_clean(header_find(h, STR("Return-Path")));
}

static void
read_returned_part(struct facts *f, const struct part *p)
{
	struct part head = *p;
	if (str_is_set(p->encoding))
		head.raw = str_head(head.raw, RETURNED_HEAD_BYTES);
	head.role = PART_OTHER; /* its header needs no charset */
	facts_read_returned(f, part_decode(&head, f->arena));
}

void
facts_read_parts(struct facts *f)
{
	for (size_t i = 0; i < f->mime.count; i++) {
		const struct part *const p = &f->mime.parts[i];
		switch (p->role) {
		case PART_STATUS: {
			struct str body = part_decode(p, f->arena);
			/* Some relays encode a part and lose the field that says so. */
			if (!str_is_set(p->encoding) &&
				str_find_char(str_head(body, 200), ':', 0) == STR_NPOS)
				body = decode_base64(body, f->arena);
			dsn_parse(body, f->arena, &f->dsn);
			break;
		}
		case PART_FEEDBACK:
			read_feedback(f, part_decode(p, f->arena));
			break;
		case PART_DISPOSITION:
			read_disposition(f, part_decode(p, f->arena));
			break;
		case PART_RETURNED:
			read_returned_part(f, p);
			break;
		case PART_OTHER:
		case PART_TEXT:
		case PART_HTML:
			break;
		}
	}
	dsn_finish(&f->dsn, f->arena);
}
