/* hold - greylisting, as the session meets it */
#include "check/inside.h"
#include "read/address.h"

/* Who need not wait, and why; absent: nobody of these. */
static struct str
vouched_by(const struct check_session *s)
{
	if (s->is_listed_good)
		return STR("dnswl");
	if (s->spf_result == SPF_PASS && s->settings->spf_passes_greylist)
		return STR("spf");
	return STR_NONE;
}

static void
hold_log(struct check_session *s, struct str result, struct str rule, int64_t now_ms)
{
	EVENTLOG(s->checks->parts.log, now_ms, LOG_CHECK, {FIELD_SESSION, str_of(s->reference)},
		{FIELD_CLIENT, str_of(s->ip_text)},
		{FIELD_FROM, s->sender.len > 0 ? s->sender : STR("<>")},
		{FIELD_CHECK, STR("greylist")}, {FIELD_RESULT, result}, {FIELD_RULE, rule});
}

/* A file that fails lets mail pass, and is told once until it works again. */
static void
trouble(struct check_session *s, bool is_broken, int64_t now_ms)
{
	struct checks *const c = s->checks;
	if (is_broken && !c->is_greylist_broken)
		EVENTLOG(c->parts.log, now_ms, LOG_ALARM, {FIELD_CHECK, STR("greylist")},
			{FIELD_WORDS, STR("greylist.db cannot be read or written: mail passes "
					  "without greylisting")});
	c->is_greylist_broken = is_broken;
}

static void
ask(struct check_session *s, struct check_verdict *out)
{
	static const struct str results[] = {
		[GREYLIST_NEW] = STR_INIT("new"),
		[GREYLIST_EARLY] = STR_INIT("early"),
		[GREYLIST_AGAIN] = STR_INIT("again"),
		[GREYLIST_KNOWN] = STR_INIT("known"),
		[GREYLIST_BROKEN] = STR_INIT("temperror"),
	};
	char room[GREYLIST_KEY_BYTES_MAX];
	int64_t left_s = 0;
	const int64_t now_ms = clock_wall_ms();
	const struct str domain = address_domain(s->sender);
	const enum greylist_answer answer = greylist_ask(s->checks->greylist, &s->ip, domain,
		&s->settings->greylist, now_ms / 1000, &left_s);
	trouble(s, answer == GREYLIST_BROKEN, now_ms);
	hold_log(s, results[answer], greylist_key(&s->ip, domain, room), now_ms);
	if (answer != GREYLIST_NEW && answer != GREYLIST_EARLY)
		return;
	out->is_refused = true;
	out->condition = CONDITION_NOT_YET;
	out->facts.seconds = left_s;
}

bool
hold(struct check_session *s, struct check_verdict *out)
{
	if (!s->settings->has_greylist || s->checks->greylist == NULL)
		return false;
	if (!s->has_told) { /* once for each message: the recipient is not part of the key */
		s->has_told = true;
		s->greylisted = (struct check_verdict){0};
		const struct str by = vouched_by(s);
		if (str_is_set(by))
			hold_log(s, STR("skipped"), by, clock_wall_ms());
		else
			ask(s, &s->greylisted);
	}
	if (s->greylisted.is_refused)
		*out = s->greylisted;
	return s->greylisted.is_refused;
}
