/* found - what the result of a check means: how much it weighs, and which condition it is */
#include "check/inside.h"

#define ALARM_AGAIN_MS ((int64_t)3600 * 1000) /* a list out of order is told once in that time */

struct str
test_name(enum test t)
{
	static const struct str names[TEST_COUNT] = {
		[TEST_LIST] = STR_INIT("dnsbl"),
		[TEST_DOMAIN_LIST] = STR_INIT("rhsbl"),
		[TEST_LINK] = STR_INIT("uribl"),
		[TEST_SENDER] = STR_INIT("sender"),
		[TEST_SPF] = STR_INIT("spf"),
		[TEST_DMARC] = STR_INIT("dmarc"),
		[TEST_DKIM] = STR_INIT("dkim"),
		[TEST_ARC] = STR_INIT("arc"),
		[TEST_RETURN] = STR_INIT("batv"),
		[TEST_REVERSE] = STR_INIT("ptr"),
		[TEST_HELO] = STR_INIT("helo"),
		[TEST_HOOK] = STR_INIT("hook"),
		[TEST_ALLOWED] = STR_INIT("dnswl"),
	};
	return names[t];
}

struct finding *
finding_add(struct scope *scope, enum test test, struct str result)
{
	if (scope->count == FINDINGS_MAX)
		return NULL;
	struct finding *const f = &scope->findings[scope->count++];
	*f = (struct finding){.test = test, .result = result};
	return f;
}

/* The weight of a check that failed, as its mode says. */
static void
weigh(struct finding *f, enum check_mode mode, unsigned score, enum condition condition)
{
	f->condition = condition;
	f->score = mode >= CHECK_SCORE ? score : 0;
	f->refuses = mode == CHECK_REFUSE;
}

static void
defer(struct finding *f, enum check_mode mode, enum condition condition)
{
	f->condition = condition;
	f->defers = mode == CHECK_REFUSE;
}

static struct str
keep(struct scope *scope, struct str s)
{
	return s.len == 0 ? STR_NONE : arena_str(&scope->arena, s);
}

void
found_spf(struct check_session *s, const struct spf *spf)
{
	const enum check_mode mode = s->settings->spf;
	struct finding *const f = finding_add(&s->mail, TEST_SPF, spf_result_name(spf->result));
	if (f == NULL)
		return;
	f->words = keep(&s->mail, spf->decided);
	f->facts.ip = str_of(s->ip_text);
	f->facts.domain = keep(&s->mail, spf->identity);
	f->facts.text = keep(&s->mail, spf->explanation);
	s->spf_result = spf->result;
	s->spf_identity = f->facts.domain;
	if (spf->result == SPF_FAIL)
		weigh(f, mode, s->settings->spf_score,
			spf->explanation.len > 0 ? CONDITION_SPF_REFUSED_SAYING_WHY
						 : CONDITION_SPF_REFUSED);
	if (f->refuses && s->settings->spf_waits && s->settings->dmarc == CHECK_REFUSE) {
		f->is_waiting = true; /* also when it is too late to ask */
		if (!s->is_late)
			run_policy(s, f->facts.domain);
	}
	if (spf->result == SPF_PERMERROR && s->settings->refuses_broken_spf)
		weigh(f, mode, s->settings->spf_score, CONDITION_SPF_RECORD_BROKEN);
	if (spf->result == SPF_SOFTFAIL && mode >= CHECK_SCORE)
		weigh(f, CHECK_SCORE, s->settings->spf_score / 2, CONDITION_SPF_REFUSED);
	else if (spf->result == SPF_TEMPERROR)
		defer(f, mode, CONDITION_SPF_UNCHECKED);
}

void
check_returned(
	struct check_session *s, struct str result, struct str words, struct str rcpt, bool refuses)
{
	if (s == NULL || s->is_exempt)
		return;
	struct finding *const f = finding_add(&s->mail, TEST_RETURN, result);
	if (f == NULL)
		return;
	f->words = keep(&s->mail, words);
	f->facts.rcpt = keep(&s->mail, rcpt);
	f->refuses = refuses;
	f->condition = CONDITION_BOUNCE_WITHOUT_MAIL;
}

void
found_policy(struct check_session *s, const struct dmarc_find *policy)
{
	for (size_t i = 0; i < s->mail.count; i++)
		if (s->mail.findings[i].is_waiting)
			s->mail.findings[i].is_waiting = policy->has_record || policy->has_failed;
}

struct str
reverse_result_name(enum reverse_result r)
{
	static const struct str names[] = {
		[REVERSE_PASS] = STR_INIT("pass"),
		[REVERSE_NONE] = STR_INIT("none"),
		[REVERSE_NOT_BACK] = STR_INIT("fail"),
		[REVERSE_TEMPERROR] = STR_INIT("temperror"),
	};
	return names[r];
}

void
found_reverse(struct check_session *s, const struct reverse_check *c)
{
	struct finding *const f =
		finding_add(&s->client, TEST_REVERSE, reverse_result_name(c->result));
	s->reverse_result = c->result;
	if (f == NULL)
		return;
	f->words = keep(&s->client, str_of(c->name));
	f->facts.ip = str_of(s->ip_text);
	if (c->result == REVERSE_NONE || c->result == REVERSE_NOT_BACK)
		weigh(f, s->settings->reverse, s->settings->reverse_score,
			CONDITION_NO_REVERSE_DNS);
}

void
found_helo(struct check_session *s, const struct helo_check *c)
{
	static const struct str results[] = {
		[HELO_PASS] = STR_INIT("pass"),
		[HELO_OTHER] = STR_INIT("fail"),
		[HELO_UNKNOWN] = STR_INIT("none"),
		[HELO_TEMPERROR] = STR_INIT("temperror"),
	};
	struct finding *const f = finding_add(&s->mail, TEST_HELO, results[c->result]);
	if (f == NULL)
		return;
	f->words = keep(&s->mail, str_of(c->found));
	f->facts.helo = keep(&s->mail, s->helo);
	f->facts.ip = str_of(s->ip_text);
	if (c->result == HELO_OTHER || c->result == HELO_UNKNOWN)
		weigh(f, s->settings->helo, s->settings->helo_score, CONDITION_HELO_MISMATCH);
}

void
found_sender(struct check_session *s, const struct sender_check *c)
{
	static const struct str results[] = {
		[SENDER_PASS] = STR_INIT("pass"),
		[SENDER_NO_HOST] = STR_INIT("fail"),
		[SENDER_NULL_MX] = STR_INIT("nullmx"),
		[SENDER_TEMPERROR] = STR_INIT("temperror"),
	};
	const enum check_mode mode = s->settings->sender;
	struct finding *const f = finding_add(&s->mail, TEST_SENDER, results[c->result]);
	if (f == NULL)
		return;
	f->facts.domain = f->words = keep(&s->mail, str_of(c->domain));
	if (c->result == SENDER_NO_HOST)
		weigh(f, mode, s->settings->sender_score, CONDITION_SENDER_WITHOUT_MAIL_HOST);
	else if (c->result == SENDER_NULL_MX)
		weigh(f, mode, s->settings->sender_score, CONDITION_SENDER_TAKES_NO_MAIL);
	else if (c->result == SENDER_TEMPERROR)
		defer(f, mode, CONDITION_SENDER_LOOKUP_FAILED);
}

/* A list that is out of order: its answers count for nothing, and somebody must take it out. */
static void
list_alarm(struct check_session *s, const struct list_check *c, struct str trouble)
{
	struct checks *const checks = s->checks;
	const struct check_settings *const settings = s->settings;
	const struct lists *const lists = c->kind == LIST_OF_IPS       ? &settings->blocked_ips
					  : c->kind == LIST_OF_DOMAINS ? &settings->blocked_domains
					  : c->kind == LIST_OF_LINKS   ? &settings->blocked_links
								       : &settings->allowed_ips;
	int64_t *const told =
		&checks->alarmed_ms[(size_t)c->kind * LISTS_MAX + (size_t)(c->list - lists->list)];
	const int64_t now_ms = clock_wall_ms();
	if (*told != 0 && now_ms - *told < ALARM_AGAIN_MS)
		return;
	*told = now_ms;
	static const struct str settings_of[] = {
		[LIST_OF_IPS] = STR_INIT("dnsbl"),
		[LIST_OF_DOMAINS] = STR_INIT("rhsbl"),
		[LIST_ALLOWED] = STR_INIT("dnswl"),
		[LIST_OF_LINKS] = STR_INIT("uribl"),
	};
	EVENTLOG(checks->parts.log, now_ms, LOG_ALARM, {FIELD_CHECK, settings_of[c->kind]},
		{FIELD_RULE, str_of(c->list->zone)}, {FIELD_WORDS, trouble});
}

static void
found_listed(struct check_session *s, struct finding *f, const struct list_check *c,
	struct str item, struct scope *scope)
{
	char room[LIST_WORDS_BYTES_MAX + 1];
	const int weight = c->list->weight;
	const unsigned score =
		weight == LIST_REFUSES ? s->settings->refuse_score : (unsigned)weight;
	if (c->kind == LIST_OF_DOMAINS || c->kind == LIST_OF_LINKS)
		f->facts.domain = keep(scope, item);
	f->facts.ip = str_of(s->ip_text);
	f->facts.list = list_shown(c->list);
	f->facts.text = keep(scope, list_words(c->list, str_of(c->text), room));
	weigh(f, weight == LIST_REFUSES ? CHECK_REFUSE : CHECK_SCORE, score,
		c->kind == LIST_OF_LINKS     ? CONDITION_LINK_LISTED
		: c->kind == LIST_OF_DOMAINS ? CONDITION_DOMAIN_LISTED
					     : CONDITION_CLIENT_LISTED);
}

/* Of many links only what speaks against them is found, and each list once: ten links to shops of
 * one spammer are one reason. */
static bool
is_told(const struct check_session *s, const struct list_check *c)
{
	for (size_t i = 0; i < s->mail.count; i++)
		if (s->mail.findings[i].test == TEST_LINK &&
			s->mail.findings[i].words.ptr == c->list->zone)
			return true;
	return c->result != LIST_IS_LISTED;
}

void
found_list(struct check_session *s, const struct list_check *c, struct str item)
{
	static const struct {
		struct str name, trouble;
	} results[] = {
		[LIST_IS_CLEAN] = {STR_INIT("clean"), {NULL, 0}},
		[LIST_IS_LISTED] = {STR_INIT("listed"), {NULL, 0}},
		[LIST_IS_WILD] = {STR_INIT("ignored"),
			STR_INIT("the list has entries for what no list may have: it answers for "
				 "everything; take it out of the configuration")},
		[LIST_IS_DEAD] = {STR_INIT("ignored"),
			STR_INIT(
				"the list does not have the entry that every list has: it is dead; "
				"take it out of the configuration")},
		[LIST_IS_CLOSED] = {STR_INIT("ignored"),
			STR_INIT("the list refuses to answer: ask it through a resolver of your "
				 "own, or get its permission")},
		[LIST_IS_SILENT] = {STR_INIT("temperror"), {NULL, 0}},
	};
	const bool is_of_mail = c->kind == LIST_OF_DOMAINS || c->kind == LIST_OF_LINKS;
	struct scope *const scope = is_of_mail ? &s->mail : &s->client;
	const enum test test = c->kind == LIST_OF_DOMAINS ? TEST_DOMAIN_LIST
			       : c->kind == LIST_OF_LINKS ? TEST_LINK
			       : c->kind == LIST_ALLOWED  ? TEST_ALLOWED
							  : TEST_LIST;
	if (results[c->result].trouble.len > 0)
		list_alarm(s, c, results[c->result].trouble);
	if (c->kind == LIST_OF_LINKS && is_told(s, c))
		return;
	struct finding *const f = finding_add(scope, test, results[c->result].name);
	if (f == NULL)
		return;
	f->words = str_of(c->list->zone); /* the settings stay as long as the session */
	if (c->result != LIST_IS_LISTED)
		return;
	if (c->kind == LIST_ALLOWED)
		s->is_listed_good = true;
	else
		found_listed(s, f, c, item, scope);
}
