/* content - what the text shows */
#include "check/content.h"

#include "check/author.h"
#include "check/authres.h"
#include "dns/name.h"

#define AUTHORS_MAX 10 /* addresses of From; DMARC asks whether all of them agree */
#define HEADERS_BYTES_MAX 8192
#define WORDS_BYTES_MAX 400
#define HEADER_B_CHARS 8

/* The authors' domains, in lower case, A-labels; the count. */
static size_t
authors(struct check_session *s, struct str domains[AUTHORS_MAX])
{
	struct str field, domain, parsed;
	char room[DNS_NAME_BYTES_MAX + 1];
	size_t count = 0;
	for (size_t nth = 0; count < AUTHORS_MAX &&
			     str_is_set(field = dkim_field_find(s->dkim, STR("From"), nth));
		nth++)
		while (count < AUTHORS_MAX && author_next(&field, &domain))
			domains[count++] = dns_name_parse(domain, room, &parsed)
						   ? arena_str(&s->mail.arena, parsed)
						   : STR("");
	return count;
}

void
content_begin(struct check_session *s)
{
	struct str domains[AUTHORS_MAX];
	if (s->settings->blocked_links.count > 0)
		run_lists_of_links(s);
	if (s->dkim == NULL)
		return;
	run_dkim(s);
	run_arc(s);
	if (s->settings->dmarc == CHECK_OFF)
		return;
	s->author_count = authors(s, domains);
	if (s->author_count > 0 && domains[0].len > 0)
		run_dmarc(s, domains[0]);
}

/* ---- do they agree? */

static bool
all_aligned(struct check_session *s, struct str with, bool is_strict)
{
	struct str domains[AUTHORS_MAX];
	const size_t count = authors(s, domains);
	for (size_t i = 0; i < count; i++)
		if (!dmarc_is_aligned(domains[i], with, is_strict))
			return false;
	return count > 0;
}

static bool
spf_agrees(struct check_session *s)
{
	return s->spf_result == SPF_PASS &&
	       all_aligned(s, s->spf_identity, s->dmarc.record.is_spf_strict);
}

static bool
dkim_agrees(struct check_session *s, const struct dkim_signature **which)
{
	for (size_t i = 0; i < s->dkim->count; i++) {
		const struct dkim_signature *const one = &s->dkim->signatures[i];
		*which = one;
		if (one->result == DKIM_PASS &&
			all_aligned(s, one->domain, s->dmarc.record.is_dkim_strict))
			return true;
	}
	return false;
}

/* Could the answer be another one when the DNS works again? */
static bool
is_uncertain(const struct check_session *s)
{
	for (size_t i = 0; i < s->dkim->count; i++)
		if (s->dkim->signatures[i].result == DKIM_TEMPERROR)
			return true;
	return s->spf_result == SPF_TEMPERROR;
}

/* What of SPF and DKIM did not agree: for the reply. */
static struct str
disagreement(struct check_session *s)
{
	struct buf out;
	const struct str from = str_of(s->dmarc.domain);
	buf_init(&out, WORDS_BYTES_MAX);
	buf_add(&out, STR("SPF "));
	buf_add(&out, spf_result_name(s->spf_result));
	buf_add(&out, STR(" for "));
	buf_add(&out, str_head(s->spf_identity, 100));
	if (s->spf_result == SPF_PASS)
		buf_add(&out, STR(", which is another domain"));
	if (s->dkim->count == 0)
		buf_add(&out, STR("; no DKIM signature"));
	for (size_t i = 0; i < s->dkim->count && i < 2; i++) {
		const struct dkim_signature *const one = &s->dkim->signatures[i];
		buf_add(&out, STR("; DKIM "));
		buf_add(&out, dkim_result_name(one->result));
		buf_add(&out, STR(" for "));
		buf_add(&out, one->domain.len > 0 ? str_head(one->domain, 60) : STR("no domain"));
		if (one->result == DKIM_PASS && !str_eq(one->domain, from))
			buf_add(&out, STR(", which is another domain"));
	}
	const struct str words = arena_str(&s->mail.arena, buf_str(&out));
	buf_fini(&out);
	return words;
}

/* ---- what it means */

static void
dkim_found(struct check_session *s)
{
	for (size_t i = 0; i < s->dkim->count; i++) {
		const struct dkim_signature *const one = &s->dkim->signatures[i];
		struct finding *const f =
			finding_add(&s->mail, TEST_DKIM, dkim_result_name(one->result));
		if (f != NULL)
			f->words = arena_join(&s->mail.arena, one->domain,
				one->words.len > 0 ? STR(": ") : STR(""), one->words);
	}
	if (s->dkim->count == 0)
		finding_add(&s->mail, TEST_DKIM, STR("none"));
}

static void
arc_found(struct check_session *s)
{
	if (s->arc == NULL)
		return;
	struct finding *const f = finding_add(&s->mail, TEST_ARC, arc_result_name(s->arc->result));
	if (f != NULL)
		f->words = s->arc->words;
}

/* Somebody whom the operator trusts passed it on, and found that it was right: arc_trusted. */
static bool
is_vouched_for(struct check_session *s, struct str *by)
{
	return s->arc != NULL &&
	       arc_vouches(s->arc, str_of(s->settings->arc_trusted), str_of(s->dmarc.domain), by);
}

static bool
is_required(const struct check_session *s, struct str author)
{
	struct str rest = str_of(s->settings->dkim_required), word;
	while ((word = str_word(&rest)).len > 0)
		if (str_eq_case(word, author) || str_eq_case(dmarc_organization(author), word))
			return true;
	return false;
}

/* Mail of domains that always sign: dkim_required. */
static void
required_found(struct check_session *s)
{
	struct str domains[AUTHORS_MAX];
	const size_t count = s->settings->dkim_required[0] != '\0' ? authors(s, domains) : 0;
	bool has_passed = false, has_policy = false, has_failed = false;
	if (count == 0 || !is_required(s, domains[0]))
		return;
	for (size_t i = 0; i < s->dkim->count; i++) {
		const struct dkim_signature *const one = &s->dkim->signatures[i];
		has_passed |= one->result == DKIM_PASS;
		has_policy |= one->result == DKIM_POLICY;
		has_failed |= one->result == DKIM_TEMPERROR;
		if (one->result == DKIM_PASS && dmarc_is_aligned(domains[0], one->domain, false))
			return;
	}
	struct finding *const f = finding_add(&s->mail, TEST_DKIM, STR("required"));
	if (f == NULL)
		return;
	f->words = f->facts.domain = domains[0];
	f->defers = has_failed;
	f->refuses = !has_failed;
	f->condition = has_failed   ? CONDITION_ORIGIN_UNCHECKED
		       : has_passed ? CONDITION_DKIM_NOT_THE_AUTHOR
		       : has_policy ? CONDITION_DKIM_NOT_ACCEPTABLE
				    : CONDITION_DKIM_REFUSED;
}

/* The policy that counts: who only tries it out (t=y, pct=0) is taken one step lighter. */
static enum dmarc_policy
policy_of(const struct dmarc_find *d)
{
	if (!d->record.is_test && d->record.percent > 0)
		return d->policy;
	return d->policy == DMARC_REJECT ? DMARC_QUARANTINE : DMARC_NONE;
}

static void
dmarc_found(struct check_session *s)
{
	const struct dkim_signature *signature = NULL;
	struct str sealer;
	const enum check_mode mode = s->settings->dmarc;
	struct finding *const f = finding_add(&s->mail, TEST_DMARC, STR("none"));
	if (f == NULL)
		return;
	f->facts.domain = f->words = arena_str(&s->mail.arena, str_of(s->dmarc.domain));
	if (s->dmarc.has_failed) {
		f->result = STR("temperror");
		f->defers = mode == CHECK_REFUSE;
		f->condition = CONDITION_ORIGIN_UNCHECKED;
		return;
	}
	if (!s->dmarc.has_record)
		return;
	s->is_spf_aligned = spf_agrees(s);
	s->is_dkim_aligned = dkim_agrees(s, &signature);
	s->is_dmarc_pass = s->is_spf_aligned || s->is_dkim_aligned;
	f->result = s->is_dmarc_pass ? STR("pass") : STR("fail");
	if (s->is_dmarc_pass)
		return;
	f->facts.text = disagreement(s);
	f->words = arena_join(&s->mail.arena, f->words, STR(": "), f->facts.text);
	s->is_vouched_for = is_vouched_for(s, &sealer);
	if (s->is_vouched_for) {
		f->words = arena_join(
			&s->mail.arena, f->words, STR("; arc_trusted vouches: "), sealer);
		return;
	}
	const enum dmarc_policy policy = policy_of(&s->dmarc);
	s->is_quarantined = policy == DMARC_QUARANTINE && mode == CHECK_REFUSE;
	if (policy != DMARC_REJECT || mode != CHECK_REFUSE)
		return;
	f->defers = is_uncertain(s);
	f->refuses = !f->defers;
	f->condition = f->defers ? CONDITION_ORIGIN_UNCHECKED : CONDITION_DMARC_REFUSED;
}

/* SPF that failed and waited for DMARC: counts unless that vouches, or a sealer who is trusted. */
static void
spf_decide(struct check_session *s)
{
	for (size_t i = 0; i < s->mail.count; i++) {
		struct finding *const f = &s->mail.findings[i];
		if (!f->is_waiting || s->is_dmarc_pass || s->is_vouched_for)
			continue;
		f->is_waiting = f->is_logged = false;
	}
}

/* ---- the header */

/* The beginning of b= that tells the signature from all others: RFC 6008, eight or more. */
static struct str
short_value(const struct check_session *s, size_t which)
{
	const struct str value = s->dkim->signatures[which].value_text;
	size_t n = HEADER_B_CHARS;
	for (size_t i = 0; i < s->dkim->count; i++) {
		const struct str other = s->dkim->signatures[i].value_text;
		while (i != which && n < value.len && n <= other.len &&
			memcmp(value.ptr, other.ptr, n) == 0)
			n++;
	}
	return str_head(value, n);
}

static void
dkim_write(const struct check_session *s, struct authres *a)
{
	if (s->dkim->count == 0)
		authres_result(a, STR("dkim"), STR("none"), STR_NONE);
	for (size_t i = 0; i < s->dkim->count; i++) {
		const struct dkim_signature *const one = &s->dkim->signatures[i];
		authres_result(a, STR("dkim"), dkim_result_name(one->result), one->words);
		authres_property(a, STR("header.d"), one->domain);
		authres_property(a, STR("header.s"), one->selector);
		authres_property(a, STR("header.a"), one->algorithm);
		authres_property(a, STR("header.b"), short_value(s, i));
	}
}

static void
arc_write(const struct check_session *s, struct authres *a)
{
	const size_t count = s->dkim->chain.count;
	if (s->arc == NULL || s->arc->result == ARC_TEMPERROR)
		return; /* RFC 8617 knows no result for what could not be found out */
	authres_result(a, STR("arc"), arc_result_name(s->arc->result), s->arc->words);
	if (s->arc->result == ARC_PASS)
		authres_property(a, STR("policy.sealer"), s->arc->seals[count - 1].domain);
}

static struct str
policy_tag(struct check_session *s)
{
	const struct str name = dmarc_policy_name(s->dmarc.policy);
	return name.len > 0 ? arena_join(&s->mail.arena, STR("p="), name, STR_NONE) : STR_NONE;
}

static void
headers_write(struct check_session *s, struct check_verdict *out)
{
	struct authres a;
	struct buf text;
	buf_init(&text, HEADERS_BYTES_MAX);
	authres_begin(&a, &text, str_of(s->authserv));
	if (s->settings->spf != CHECK_OFF || s->settings->dmarc != CHECK_OFF) {
		authres_result(&a, STR("spf"), spf_result_name(s->spf_result), STR_NONE);
		authres_property(&a, s->sender.len > 0 ? STR("smtp.mailfrom") : STR("smtp.helo"),
			s->sender.len > 0 ? s->sender : s->helo);
	}
	if (s->dkim != NULL)
		dkim_write(s, &a);
	if (s->dkim != NULL)
		arc_write(s, &a);
	if (s->dkim != NULL && s->settings->dmarc != CHECK_OFF && s->author_count > 0) {
		authres_result(&a, STR("dmarc"),
			s->dmarc.has_failed    ? STR("temperror")
			: !s->dmarc.has_record ? STR("none")
			: s->is_dmarc_pass     ? STR("pass")
					       : STR("fail"),
			policy_tag(s));
		authres_property(&a, STR("header.from"), str_of(s->dmarc.domain));
	}
	if (s->settings->reverse != CHECK_OFF) {
		authres_result(&a, STR("iprev"), reverse_result_name(s->reverse_result), STR_NONE);
		authres_property(&a, STR("policy.iprev"), str_of(s->ip_text));
	}
	authres_end(&a);
	if (s->is_quarantined)
		buf_add(&text, STR("X-Spam-Flag: YES\r\n"));
	out->headers = buf_failed(&text) ? STR_NONE : arena_str(&s->mail.arena, buf_str(&text));
	buf_fini(&text);
}

void
content_judge(struct check_session *s, struct check_verdict *out)
{
	if (s->dkim != NULL) {
		dkim_found(s);
		required_found(s);
		arc_found(s);
		if (s->author_count > 0 && s->settings->dmarc != CHECK_OFF)
			dmarc_found(s);
	}
	spf_decide(s);
	judge(s, out);
	if (out->is_refused)
		return;
	headers_write(s, out);
	/* Without memory a chain that is there was not looked at: then nothing is said of it. */
	out->has_chain = s->dkim != NULL && !s->dkim->is_header_too_large &&
			 (s->arc != NULL || s->dkim->chain.count == 0);
	out->chain = s->arc != NULL ? s->arc->result : ARC_NONE;
}
