/* dmarc - records, organizations, agreement */
#include "check/dmarc.h"

#include "dns/name.h"

#include <libpsl.h>

static const struct str prefix = STR_INIT("_dmarc.");

/* The next "name = value" of *rest; false at the end. */
static bool
tag_next(struct str *rest, struct str *name, struct str *value)
{
	while (str_is_set(*rest)) {
		struct str tag = str_trim(str_cut(rest, ';'));
		if (tag.len == 0)
			continue;
		*name = str_trim(str_cut(&tag, '='));
		*value = str_is_set(tag) ? str_trim(tag) : STR("");
		return true;
	}
	return false;
}

static enum dmarc_policy
policy_of(struct str value)
{
	return str_eq_case(value, STR("reject"))       ? DMARC_REJECT
	       : str_eq_case(value, STR("quarantine")) ? DMARC_QUARANTINE
	       : str_eq_case(value, STR("none"))       ? DMARC_NONE
						       : DMARC_NO_POLICY;
}

struct str
dmarc_policy_name(enum dmarc_policy p)
{
	return p == DMARC_REJECT       ? STR("reject")
	       : p == DMARC_QUARANTINE ? STR("quarantine")
	       : p == DMARC_NONE       ? STR("none")
				       : STR_NONE;
}

bool
dmarc_record_parse(struct str text, struct dmarc_record *out)
{
	struct str name, value;
	bool reports = false;
	*out = (struct dmarc_record){.percent = 100};
	if (text.len > DMARC_RECORD_BYTES_MAX || !tag_next(&text, &name, &value) ||
		!str_eq_case(name, STR("v")) || !str_eq(value, STR("DMARC1")))
		return false;
	while (tag_next(&text, &name, &value)) {
		if (str_eq_case(name, STR("p")))
			out->policy = policy_of(value);
		else if (str_eq_case(name, STR("sp")))
			out->subdomain_policy = policy_of(value);
		else if (str_eq_case(name, STR("aspf")))
			out->is_spf_strict = str_eq_case(value, STR("s"));
		else if (str_eq_case(name, STR("adkim")))
			out->is_dkim_strict = str_eq_case(value, STR("s"));
		else if (str_eq_case(name, STR("t")))
			out->is_test = str_eq_case(value, STR("y"));
		else if (str_eq_case(name, STR("rua"))) {
			reports = value.len > 0;
			const size_t kept = value.len <= DMARC_RUA_BYTES_MAX ? value.len : 0;
			if (kept > 0)
				memcpy(out->reports_to, value.ptr, kept);
			out->reports_to[kept] = '\0';
		} else if (str_eq_case(name, STR("pct"))) {
			const int64_t n = str_number(value, 100);
			out->percent = n < 0 ? 100 : (unsigned)n;
		}
	}
	/* RFC 7489 s6.6.3: without a policy, but with somebody to report to, it is "none" */
	if (out->policy == DMARC_NO_POLICY && reports)
		out->policy = DMARC_NONE;
	return out->policy != DMARC_NO_POLICY;
}

struct str
dmarc_organization(struct str domain)
{
	char text[DNS_NAME_BYTES_MAX + 1];
	const psl_ctx_t *const list = psl_builtin();
	if (domain.len == 0 || domain.len > DNS_NAME_BYTES_MAX || list == NULL)
		return domain;
	memcpy(text, domain.ptr, domain.len);
	text[domain.len] = '\0';
	const char *const found = psl_registrable_domain(list, text);
	return found == NULL ? domain : str_from(domain, (size_t)(found - text));
}

bool
dmarc_is_aligned(struct str from, struct str other, bool is_strict)
{
	if (from.len == 0 || other.len == 0)
		return false;
	return str_eq_case(from, other) ||
	       (!is_strict && str_eq_case(dmarc_organization(from), dmarc_organization(other)));
}

static bool
ask_for(struct dmarc_find *f, struct str domain)
{
	if (domain.len + prefix.len > DNS_NAME_BYTES_MAX)
		return false;
	memcpy(f->room, prefix.ptr, prefix.len);
	memcpy(f->room + prefix.len, domain.ptr, domain.len);
	f->room[prefix.len + domain.len] = '\0';
	f->ask = (struct ask){DNS_TXT, {f->room, prefix.len + domain.len}};
	memcpy(f->at, f->room + prefix.len, domain.len + 1);
	return true;
}

bool
dmarc_find_begin(struct dmarc_find *f, struct str domain)
{
	struct str parsed;
	*f = (struct dmarc_find){0};
	if (!dns_name_parse(domain, f->domain, &parsed)) {
		f->domain[0] = '\0';
		return false;
	}
	return ask_for(f, parsed);
}

/* The one record of the answer; s6.6.3: none or several are none. */
static bool
record_of(const struct dns_answer *answer, struct dmarc_record *out)
{
	struct dmarc_record record;
	unsigned found = 0;
	for (size_t i = 0; i < answer->count; i++)
		if (dmarc_record_parse(answer->records[i].data, &record)) {
			*out = record;
			found++;
		}
	return found == 1;
}

bool
dmarc_find_step(struct dmarc_find *f, const struct dns_answer *answer)
{
	const struct str domain = str_of(f->domain), organization = dmarc_organization(domain);
	if (dns_is_failure(answer->status)) {
		f->has_failed = true;
		return false;
	}
	f->has_record = record_of(answer, &f->record);
	if (f->has_record) {
		const struct dmarc_record *const r = &f->record;
		f->is_inherited = f->is_second;
		f->policy = f->is_second && r->subdomain_policy != DMARC_NO_POLICY
				    ? r->subdomain_policy
				    : r->policy;
		return false;
	}
	if (f->is_second || str_eq(domain, organization))
		return false;
	f->is_second = true;
	return ask_for(f, organization);
}
