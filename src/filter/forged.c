/* forged - fields that a message may not bring */
#include "filter/inside.h"

#include "check/authres.h"
#include "smtp/field.h"

/* What spamd and rspamd have us write, and what others of their kind write under the same roof. */
static const struct str verdicts[] = {
	STR_INIT("X-Spam"),
	STR_INIT("X-Spam-Flag"),
	STR_INIT("X-Spam-Level"),
	STR_INIT("X-Spam-Report"),
	STR_INIT("X-Spam-Score"),
	STR_INIT("X-Spam-Status"),
};

/* A spam filter is asked about this message, whose verdict somebody may want to forestall. */
static bool
has_own_verdict(const struct filter_session *s)
{
	const struct filter_settings *const set = s->backends->settings;
	for (size_t i = 0; i < set->count; i++) {
		const enum filter_kind kind = set->list[i].kind;
		if ((kind == KIND_SPAMD || kind == KIND_RSPAMD) && (s->wanted >> kind & 1) != 0)
			return true;
	}
	return false;
}

bool
filter_is_forged(const struct filter_session *s, struct str authserv, struct str field)
{
	if (authres_is_of(field, authserv))
		return true;
	if (s == NULL || s->is_ours || !has_own_verdict(s))
		return false;
	const struct str name = smtp_field_name(field);
	for (size_t i = 0; i < sizeof verdicts / sizeof *verdicts; i++)
		if (str_eq_case(name, verdicts[i]))
			return true;
	return false;
}
