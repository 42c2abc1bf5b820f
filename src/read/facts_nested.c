/* A report in a message that somebody sent on. */
#include "read/facts_inside.h"

#include "read/address.h"

/* A field of a header, or of its description in a forward, which is in the language of the mail
 * program. */
static struct str
find_described(const struct header *h, struct str name, bool (*is_name)(struct str))
{
	struct str value = header_find(h, name);
	for (size_t i = 0; i < h->count && !str_is_set(value); i++)
		if (is_name(str_trim(h->fields[i].name)))
			value = h->fields[i].value;
	return value;
}

struct str
facts_described_from(const struct header *h)
{
	return find_described(h, STR("From"), text_is_from_name);
}

struct str
facts_described_subject(const struct header *h)
{
	return find_described(h, STR("Subject"), text_is_subject_name);
}

bool
facts_name_somebody(const struct facts *f)
{
	if (f->dsn.count > 0 || f->feedback.is_there || f->disposition.is_there ||
		header_has(&f->header, STR("X-Failed-Recipients")))
		return true;
	for (size_t i = 0; i < f->prose.count; i++)
		if (f->prose.blocks[i].naming >= NAMING_LABEL)
			return true;
	return false;
}

bool
facts_are_persons(const struct facts *f)
{
	return !address_is_robot(address_clean(facts_described_from(&f->header))) &&
	       !str_eq(str_trim(header_find(&f->header, STR("Return-Path"))), STR("<>"));
}

static bool
is_report_header(const struct facts *f, const struct header *h)
{
	struct sign_set signs = {.bits = 0};
	const struct str from = header_text(facts_described_from(h), f->arena);
	if (content_type_is(header_find(h, STR("Content-Type")), STR("multipart/report")) ||
		header_has(h, STR("X-Failed-Recipients")) ||
		str_starts_case(address_clean(from), STR("mailer-daemon")) ||
		(f->is_persons && address_is_robot(address_clean(from))))
		return true;
	signs_find(header_text(facts_described_subject(h), f->arena), WHERE_SUBJECT, f->arena,
		&signs, NULL);
	if (!sign_seen(&signs, SIGN_FAILURE) && !sign_seen(&signs, SIGN_DELAY))
		return false;
	signs_find(from, WHERE_FROM, f->arena, &signs, NULL);
	return sign_seen(&signs, SIGN_MAILER) || address_is_robot(address_clean(from));
}

bool
facts_is_whole_message(const struct part *p)
{
	return p->role == PART_RETURNED &&
	       (!str_is_set(p->type) || content_type_is(p->type, STR("message/")) ||
		       content_type_is(p->type, STR("text/plain")));
}

/* The report in a forwarded message: it is one, or forwards one; absent when there is none, or it
 * is too deep. */
static struct str
find_report(struct facts *f, struct str message, unsigned depth)
{
	struct header h;
	struct mime m;
	if (!header_parse(message, f->arena, &h))
		return STR_NONE;
	if (is_report_header(f, &h))
		return message;
	mime_parse(&h, f->arena, &m);
	for (size_t i = 0; i < m.count; i++) {
		if (!facts_is_whole_message(&m.parts[i]))
			continue;
		if (depth == NESTED_REPORTS_MAX) {
			facts_note(f, "nesting-limit", STR_NPOS);
			return STR_NONE;
		}
		const struct str found =
			find_report(f, part_decode(&m.parts[i], f->arena), depth + 1);
		if (str_is_set(found))
			return found;
	}
	return STR_NONE;
}

/* A complaint of a report is no forward of it. */
static bool
complains(const struct facts *f)
{
	struct sign_set signs = {.bits = 0};
	signs_find(header_text(header_find(&f->header, STR("Subject")), f->arena), WHERE_SUBJECT,
		f->arena, &signs, NULL);
	return sign_seen(&signs, SIGN_COMPLAINT) &&
	       (!sign_seen(&signs, SIGN_FAILURE) ||
		       signs.first[SIGN_COMPLAINT].at < signs.first[SIGN_FAILURE].at);
}

struct str
facts_nested_report(struct facts *f)
{
	struct header inner;
	if (facts_name_somebody(f))
		return STR_NONE;
	f->is_persons = f->is_message && facts_are_persons(f);
	for (size_t i = 0; i < f->mime.count; i++) {
		const struct part *const p = &f->mime.parts[i];
		if (!facts_is_whole_message(p))
			continue;
		const struct str found = find_report(f, part_decode(p, f->arena), f->nesting + 1);
		if (str_is_set(found))
			return complains(f) ? STR_NONE : found;
	}
	if (str_is_set(f->prose.returned) && header_parse(f->prose.returned, f->arena, &inner) &&
		is_report_header(f, &inner) && !complains(f))
		return f->prose.returned;
	return STR_NONE;
}
