/* Whom the fields, the header, the subject and the dialogue of a report name. */
#include "judge/people_inside.h"

#include "judge/witness.h"
#include "read/address.h"
#include "read/text_head.h"

bool
people_is_address(struct str address)
{
	return address.len > 0 && address.ptr[0] != '|' && address.ptr[0] != '/' &&
	       str_find_char(address, '@', 0) != STR_NPOS &&
	       str_find_char(address, ' ', 0) == STR_NPOS;
}

bool
people_is_command(struct str address)
{
	/* A quoted local part may be an address, and is none without a domain. */
	const bool is_quoted = address.len > 1 && address.ptr[0] == '"';
	if (is_quoted && str_find_char(address, '@', 0) == STR_NPOS)
		return true;
	const struct str bare = is_quoted ? str_from(address, 1) : address;
	return bare.len > 0 && memchr("|/:", bare.ptr[0], 3) != NULL;
}

/* The best name in a group: Final-Recipient when it is an address; else any that is; else what
 * there is. */
static struct str
group_address(const struct dsn_recipient *r)
{
	if (people_is_address(r->final))
		return r->final;
	if (people_is_address(r->original))
		return r->original;
	if (people_is_address(r->actual))
		return r->actual;
	return r->final.len > 0 ? r->final : r->original.len > 0 ? r->original : r->actual;
}

void
people_from_fields(const struct facts *f, struct people *p, struct people_index *ix)
{
	for (size_t i = 0; i < f->dsn.count; i++) {
		const struct dsn_recipient *const r = &f->dsn.recipients[i];
		const struct str address = witness_address(f, r, group_address(r));
		struct person *who = address.len > 0 ? people_find(ix, p, address) : NULL;
		/* The same recipient twice: once more is no second failure, unless the action
		 * differs. */
		if (who != NULL && who->dsn != NULL && who->dsn->action == r->action) {
			people_say(f, p, who, r->diagnostic, VOICE_DIAGNOSTIC);
			continue;
		}
		who = people_add(f, p, ix, address, "dsn");
		if (who == NULL)
			return;
		who->dsn = r;
		if (r->original.len > 0 && !str_eq_case(r->original, address))
			who->original = r->original;
		people_say(f, p, who, r->diagnostic, VOICE_DIAGNOSTIC);
		const size_t comment = str_find_char(r->status_text, '(', 0);
		if (comment != STR_NPOS)
			people_say(f, p, who, str_from(r->status_text, comment), VOICE_COMMENT);
		people_say(f, p, who, r->more, VOICE_COMMENT);
	}
}

void
people_from_failed_field(const struct facts *f, struct people *p, struct people_index *ix)
{
	static const struct str name = STR_INIT("X-Failed-Recipients");
	for (size_t i = 0; i < f->header.count; i++) {
		if (!str_eq_case(f->header.fields[i].name, name))
			continue;
		for (struct str rest = f->header.fields[i].value; str_is_set(rest);) {
			const struct str address = address_clean(str_cut(&rest, ','));
			if (address.len > 0 && people_find(ix, p, address) == NULL)
				(void)people_add(f, p, ix, address, "x-failed-recipients");
		}
	}
}

void
people_from_disposition(const struct facts *f, struct people *p, struct people_index *ix)
{
	const struct str address = address_typed(f->disposition.final_recipient, NULL);
	struct person *const who =
		people_is_address(address) ? people_add(f, p, ix, address, "disposition") : NULL;
	if (who != NULL)
		people_say(f, p, who, f->prose.all, VOICE_OWN);
}

void
people_from_subject(const struct facts *f, struct people *p, struct people_index *ix)
{
	size_t at = 0;
	if (!f->is_message || (f->prose.count > 0 && !sign_seen(&f->subject_signs, SIGN_FAILURE) &&
				      !facts_has_null_path(f)))
		return;
	const struct str address = address_next(f->subject, &at);
	/* A line end that was lost has put the Message-ID behind it. */
	if (str_is_set(address) && !address_is_robot(address) &&
		!text_is_behind_sender_word(f->subject, address) &&
		!str_eq_case(address, f->from_address) && !str_eq_case(address, f->to_address))
		(void)people_add(f, p, ix, address, "subject");
}

void
people_from_list_header(const struct facts *f, struct people *p, struct people_index *ix)
{
	static const struct str names[] = {STR_INIT("X-BeenThere"), STR_INIT("List-Post")};
	for (size_t i = 0; i < sizeof names / sizeof *names && p->count == 0; i++) {
		size_t at = 0;
		const struct str list = address_next(header_find(&f->header, names[i]), &at);
		if (str_is_set(list))
			(void)people_add(f, p, ix, list, "list");
	}
}

void
people_from_dialogue(const struct facts *f, struct people *p, struct people_index *ix)
{
	for (size_t i = 0; i < f->prose.exchange_count; i++) {
		const struct exchange *const e = &f->prose.dialogue[i];
		if (!str_starts_case(e->command, STR("RCPT TO:")))
			continue;
		const struct str address = address_clean(str_from(e->command, 8));
		if (people_is_address(address) && people_find(ix, p, address) == NULL)
			(void)people_add(f, p, ix, address, "dialogue");
	}
}
