/* spf - check_host() of RFC 7208 s4, one question at a time */
#include "check/spf.h"

#include "dns/name.h"

enum state {
	STATE_RECORD, /* asked: the TXT of the frame at the top */
	STATE_TERM,   /* nothing asked: the next term */
	STATE_A,      /* ... the addresses of a term */
	STATE_MX,     /* ... its MX */
	STATE_MX_A,   /* ... the addresses of one of these */
	STATE_EXISTS,
	STATE_NAMES,   /* ... the PTR of the client */
	STATE_NAMES_A, /* ... the addresses of one of its names */
	STATE_EXPLAIN, /* ... the TXT of exp= */
	STATE_DONE
};

struct str
spf_result_name(enum spf_result r)
{
	static const struct str names[SPF_RESULT_COUNT] = {
		[SPF_NONE] = STR_INIT("none"),
		[SPF_NEUTRAL] = STR_INIT("neutral"),
		[SPF_PASS] = STR_INIT("pass"),
		[SPF_FAIL] = STR_INIT("fail"),
		[SPF_SOFTFAIL] = STR_INIT("softfail"),
		[SPF_TEMPERROR] = STR_INIT("temperror"),
		[SPF_PERMERROR] = STR_INIT("permerror"),
	};
	return names[r];
}

static bool next_term(struct spf *spf);

static struct spf_frame *
top(struct spf *spf)
{
	return &spf->frames[spf->frame_count - 1];
}

static bool
end(struct spf *spf, enum spf_result result, struct str decided)
{
	spf->result = result;
	spf->decided = decided;
	if (spf->frame_count > 0)
		spf->decided_at = top(spf)->domain;
	spf->state = STATE_DONE;
	return false;
}

static bool
ask(struct spf *spf, enum state state, enum dns_type type, struct str name)
{
	spf->state = (uint8_t)state;
	spf->ask.type = type;
	spf->ask.name = name;
	return true;
}

static bool
too_many_voids(struct spf *spf)
{
	return end(spf, SPF_PERMERROR, STR("more than 2 names without anything"));
}

/* Is the client among these addresses, with that many bits in common? */
static bool
has_address(const struct spf *spf, const struct dns_answer *answer, const struct spf_term *term)
{
	const bool is_4 = answer->type == DNS_A;
	for (size_t i = 0; i < answer->count; i++) {
		struct net net = {.first = dns_answer_ip(answer, i),
			.bits = is_4 ? 96 + term->bits_4 : term->bits_6};
		/* net_has() compares the first bits: those behind them must be 0 */
		for (unsigned bit = net.bits; bit < 128; bit++)
			net.first.bytes[bit / 8] &= (unsigned char)~(0x80 >> bit % 8);
		if (net_has(&net, &spf->q.ip))
			return true;
	}
	return false;
}

static bool
is_void(const struct dns_answer *answer)
{
	return answer->status == DNS_NO_NAME || answer->status == DNS_NO_DATA;
}

/* s4.6.4: an answer without anything in it; false when there were too many. */
static bool
void_counted(struct spf *spf, const struct dns_answer *answer)
{
	spf->voids += is_void(answer);
	return spf->voids <= SPF_VOIDS_MAX;
}

/* A record begins: a new frame for an include, else in place of the one at the top. */
static bool
begin_record(struct spf *spf, struct str domain, bool is_include)
{
	if (is_include || spf->frame_count == 0)
		spf->frame_count++;
	*top(spf) = (struct spf_frame){.domain = domain};
	return ask(spf, STATE_RECORD, DNS_TXT, domain);
}

static bool
ask_names(struct spf *spf)
{
	char room[DNS_NAME_BYTES_MAX + 1];
	const struct str name = dns_reverse_name(&spf->q.ip, STR_NONE, room);
	return ask(spf, STATE_NAMES, DNS_PTR, arena_str(&spf->arena, name));
}

/* ---- exp=: s6.2. Whatever is wrong with an explanation, there is none. */

static bool
explain_name(struct spf *spf)
{
	struct str name;
	spf->step = SPF_EXPLAINS_NAME;
	if (spf_needs_name(spf->exp) && !spf->has_validated)
		return ask_names(spf); /* and then this again */
	if (!spf_expand(spf, spf->exp, false, spf->decided_at, &spf->arena, &name))
		return false;
	return ask(spf, STATE_EXPLAIN, DNS_TXT, name);
}

static bool
explain_text(struct spf *spf)
{
	struct str text;
	spf->step = SPF_EXPLAINS_TEXT;
	if (spf_needs_name(spf->exp) && !spf->has_validated)
		return ask_names(spf);
	spf->state = STATE_DONE;
	if (!spf_expand(spf, spf->exp, true, spf->decided_at, &spf->arena, &text))
		return false;
	for (size_t i = 0; i < text.len; i++)
		if (text.ptr[i] < ' ' || text.ptr[i] > '~')
			return false;
	spf->explanation = str_head(text, SPF_EXPLANATION_BYTES_MAX);
	return false;
}

static bool
on_explanation(struct spf *spf, const struct dns_answer *answer)
{
	spf->state = STATE_DONE;
	if (answer->count != 1)
		return false;
	spf->exp = arena_str(&spf->arena, answer->records[0].data);
	return explain_text(spf);
}

/* ---- terms */

/* The record at the top came to a result: that of all, or of an include. */
static bool
record_end(struct spf *spf, enum spf_result result, struct str decided)
{
	const struct spf_frame *const f = top(spf);
	if (spf->frame_count == 1) {
		spf->exp = f->record.exp;
		end(spf, result, decided);
		return result == SPF_FAIL && str_is_set(spf->exp) && explain_name(spf);
	}
	/* s5.2 */
	switch (result) {
	case SPF_PASS:
	case SPF_FAIL:
	case SPF_SOFTFAIL:
	case SPF_NEUTRAL:
		break;
	case SPF_TEMPERROR:
		return end(spf, SPF_TEMPERROR, decided);
	default:
		return end(spf, SPF_PERMERROR, decided);
	}
	spf->frame_count--;
	if (result == SPF_PASS) {
		static const enum spf_result results[] = {
			SPF_PASS, SPF_FAIL, SPF_SOFTFAIL, SPF_NEUTRAL};
		const struct spf_frame *const outer = top(spf);
		const struct spf_term *const term = &outer->record.terms[outer->term - 1];
		return record_end(spf, results[term->qualifier], term->text);
	}
	return next_term(spf);
}

static bool
matched(struct spf *spf)
{
	static const enum spf_result results[] = {SPF_PASS, SPF_FAIL, SPF_SOFTFAIL, SPF_NEUTRAL};
	const struct spf_frame *const f = top(spf);
	const struct spf_term *const term = &f->record.terms[f->term - 1];
	return record_end(spf, results[term->qualifier], term->text);
}

static const struct spf_term *
current(struct spf *spf)
{
	const struct spf_frame *const f = top(spf);
	return &f->record.terms[f->term - 1];
}

/* The next name whose addresses are asked; STATE_MX_A or STATE_NAMES_A. */
static bool
next_name(struct spf *spf, enum state state)
{
	return ask(spf, state, dns_address_type(&spf->q.ip), spf->names[spf->name_at]);
}

/* One term whose domain is known, and whose PTR was asked when that is needed. */
static bool
term_begin(struct spf *spf, const struct spf_term *term, struct str domain)
{
	switch (term->mechanism) {
	case SPF_INCLUDE:
		return begin_record(spf, domain, true);
	case SPF_A:
		return ask(spf, STATE_A, dns_address_type(&spf->q.ip), domain);
	case SPF_MX:
		return ask(spf, STATE_MX, DNS_MX, domain);
	case SPF_EXISTS:
		return ask(spf, STATE_EXISTS, DNS_A, domain); /* s5.7: A, also for IPv6 */
	case SPF_PTR:
		/* s4.6.4 counts terms whose question finds nothing, and each "ptr" asks for the
		 * client's names. The addresses of these are no matter of the record: whoever sends
		 * could put an end to it with names that have none (s5.5: they are skipped). */
		spf->voids += spf->is_nameless;
		if (spf->voids > SPF_VOIDS_MAX)
			return too_many_voids(spf);
		for (size_t i = 0; i < spf->validated_count; i++)
			if (str_eq_case(spf->validated[i], domain) ||
				str_is_below(spf->validated[i], domain))
				return matched(spf);
		return next_term(spf);
	default:
		return next_term(spf);
	}
}

static bool
redirect_begin(struct spf *spf)
{
	struct spf_frame *const f = top(spf);
	struct str domain;
	if (spf_needs_name(f->record.redirect) && !spf->has_validated)
		return ask_names(spf);
	if (++spf->lookups > SPF_LOOKUPS_MAX)
		return end(spf, SPF_PERMERROR, STR("more than 10 terms ask the DNS"));
	if (!spf_expand(spf, f->record.redirect, false, f->domain, &spf->arena, &domain))
		return end(spf, SPF_PERMERROR, f->record.redirect);
	return begin_record(spf, domain, false);
}

/* Goes on until something must be asked; the terms that need no DNS are done here. */
static bool
next_term(struct spf *spf)
{
	for (;;) {
		struct spf_frame *const f = top(spf);
		if (f->term == f->record.count)
			return str_is_set(f->record.redirect)
				       ? redirect_begin(spf)
				       : record_end(spf, SPF_NEUTRAL, STR("no term matches"));
		const struct spf_term *const term = &f->record.terms[f->term];
		if (term->mechanism == SPF_ALL ||
			((term->mechanism == SPF_IP4 || term->mechanism == SPF_IP6) &&
				net_has(&term->net, &spf->q.ip) &&
				(term->mechanism == SPF_IP4) == ip_is_v4(&spf->q.ip))) {
			f->term++;
			return matched(spf);
		}
		if (term->mechanism == SPF_IP4 || term->mechanism == SPF_IP6) {
			f->term++;
			continue;
		}
		if (!spf->has_validated &&
			(term->mechanism == SPF_PTR || spf_needs_name(term->spec)))
			return ask_names(spf); /* and then this term again */
		f->term++;
		struct str domain = f->domain;
		if (++spf->lookups > SPF_LOOKUPS_MAX)
			return end(spf, SPF_PERMERROR, STR("more than 10 terms ask the DNS"));
		if (str_is_set(term->spec) &&
			!spf_expand(spf, term->spec, false, f->domain, &spf->arena, &domain))
			return end(spf, SPF_PERMERROR, term->text);
		return term_begin(spf, term, domain);
	}
}

static bool
is_record(struct str text)
{
	return str_starts_case(text, STR("v=spf1")) && (text.len == 6 || text.ptr[6] == ' ');
}

static bool
on_record(struct spf *spf, const struct dns_answer *answer)
{
	struct str text = STR_NONE, wrong;
	struct spf_frame *const f = top(spf);
	if (dns_is_failure(answer->status))
		return end(spf, SPF_TEMPERROR, dns_status_name(answer->status));
	for (size_t i = 0; i < answer->count; i++) {
		if (!is_record(answer->records[i].data))
			continue;
		if (str_is_set(text))
			return record_end(spf, SPF_PERMERROR, STR("two SPF records"));
		text = answer->records[i].data;
	}
	if (!str_is_set(text)) {
		/* s5.2, s6.1: nobody may lean on a record that is not there */
		const bool is_first = spf->frame_count == 1 && spf->lookups == 0;
		return end(spf, is_first ? SPF_NONE : SPF_PERMERROR,
			is_first ? STR("no SPF record")
				 : STR("include or redirect: no SPF record there"));
	}
	text = arena_str(&spf->arena, text);
	if (!spf_record_parse(text, &spf->arena, &f->record, &wrong))
		return end(spf, SPF_PERMERROR, wrong);
	return next_term(spf);
}

static bool
failed(struct spf *spf, const struct dns_answer *answer)
{
	return end(spf, SPF_TEMPERROR, dns_status_name(answer->status));
}

static bool
on_addresses(struct spf *spf, const struct dns_answer *answer)
{
	if (dns_is_failure(answer->status))
		return failed(spf, answer);
	if (!void_counted(spf, answer))
		return too_many_voids(spf);
	if (spf->state == STATE_EXISTS ? answer->count > 0 : has_address(spf, answer, current(spf)))
		return matched(spf);
	if (spf->state == STATE_MX_A && ++spf->name_at < spf->name_count)
		return next_name(spf, STATE_MX_A);
	return next_term(spf);
}

/* Keeps the names of an answer, SPF_NAMES_MAX at most. */
static void
names_keep(struct spf *spf, const struct dns_answer *answer)
{
	spf->name_count = spf->name_at = 0;
	for (size_t i = 0; i < answer->count && spf->name_count < SPF_NAMES_MAX; i++)
		if (answer->records[i].data.len > 0) /* not the null MX */
			spf->names[spf->name_count++] =
				arena_str(&spf->arena, answer->records[i].data);
}

static bool
on_mx(struct spf *spf, const struct dns_answer *answer)
{
	if (dns_is_failure(answer->status))
		return failed(spf, answer);
	if (!void_counted(spf, answer))
		return too_many_voids(spf);
	if (answer->count > SPF_NAMES_MAX)
		return end(spf, SPF_PERMERROR, STR("more than 10 MX hosts"));
	names_keep(spf, answer);
	return spf->name_count > 0 ? next_name(spf, STATE_MX_A) : next_term(spf);
}

/* The client's names are known: what wanted them goes on. */
static bool
names_known(struct spf *spf)
{
	switch (spf->step) {
	case SPF_EXPLAINS_NAME:
		return explain_name(spf);
	case SPF_EXPLAINS_TEXT:
		return explain_text(spf);
	default:
		return next_term(spf);
	}
}

/* s5.5: failures here are no matches. */
static bool
on_names(struct spf *spf, const struct dns_answer *answer)
{
	spf->has_validated = true;
	spf->is_nameless = is_void(answer);
	names_keep(spf, answer);
	return spf->name_count > 0 ? next_name(spf, STATE_NAMES_A) : names_known(spf);
}

static bool
on_name_addresses(struct spf *spf, const struct dns_answer *answer)
{
	static const struct spf_term exactly = {.bits_4 = 32, .bits_6 = 128};
	if (has_address(spf, answer, &exactly))
		spf->validated[spf->validated_count++] = spf->names[spf->name_at];
	if (++spf->name_at < spf->name_count)
		return next_name(spf, STATE_NAMES_A);
	return names_known(spf);
}

bool
spf_step(struct spf *spf, const struct dns_answer *answer)
{
	bool more;
	switch (spf->state) {
	case STATE_RECORD:
		more = on_record(spf, answer);
		break;
	case STATE_A:
	case STATE_EXISTS:
	case STATE_MX_A:
		more = on_addresses(spf, answer);
		break;
	case STATE_MX:
		more = on_mx(spf, answer);
		break;
	case STATE_NAMES:
		more = on_names(spf, answer);
		break;
	case STATE_NAMES_A:
		more = on_name_addresses(spf, answer);
		break;
	case STATE_EXPLAIN:
		return on_explanation(spf, answer);
	default:
		return false;
	}
	if (arena_failed(&spf->arena) && spf->step == SPF_TERMS)
		return end(spf, SPF_PERMERROR, STR("more than there is memory for"));
	return more;
}

/* s4.3: what is no domain has no policy. */
static bool
is_domain(struct str domain)
{
	size_t label = 0, labels = 1;
	if (domain.len == 0 || domain.len > DNS_NAME_BYTES_MAX)
		return false;
	for (size_t i = 0; i < domain.len; i++) {
		if (domain.ptr[i] == '.') {
			if (label == 0)
				return false;
			labels += i + 1 < domain.len;
			label = 0;
		} else if (domain.ptr[i] == '[' || ++label > 63) {
			return false;
		}
	}
	return labels > 1;
}

bool
spf_begin(struct spf *spf, const struct spf_question *q)
{
	*spf = (struct spf){.q = *q};
	arena_init(&spf->arena, SPF_ARENA_BYTES_MAX);
	const size_t at = str_behind_last(q->sender, '@');
	spf->is_helo = q->sender.len == 0;
	spf->identity = spf->is_helo ? q->helo : str_from(q->sender, at);
	if (!is_domain(spf->identity))
		return end(spf, SPF_NONE, STR("no domain"));
	return begin_record(spf, spf->identity, false);
}

void
spf_fini(struct spf *spf)
{
	arena_fini(&spf->arena);
}
