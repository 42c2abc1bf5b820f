#include "report/retry.h"

#include "base/when.h"
#include "judge/retry_after.h"
#include "report/guard.h"
#include "report/judged.h"

#define ASKED_LEAST_S 30         /* what a server asks for is honoured from here ... */
#define ASKED_MOST_S (24 * 3600) /* ... to here */
#define ASKED_TIMES_MAX 5        /* and so often; then the schedule counts too */
#define EAGER_S (12 * 3600)      /* how old a message is when attempts become rare */
#define EAGER_LONGEST_S 3600     /* between attempts until then */
#define JITTER_PERCENT 20        /* that are added to an interval, at most */
#define MS 1000

/* ---- what it asks for */

/* "2026-11-22T10:00:00Z", "2026-11-22 10:00 +0100" at the start of `s`, as milliseconds; -1 when
 * there is none. Without a zone it is UTC. */
static int64_t
moment_at(struct str s)
{
	static const char form[] = "0000-00-00T00:00";
	if (s.len < sizeof form - 1)
		return -1;
	for (size_t i = 0; i < sizeof form - 1; i++) {
		const unsigned char c = (unsigned char)s.ptr[i];
		const bool fits = form[i] == '0'   ? ascii_is_digit(c)
				  : form[i] == 'T' ? c == 'T' || c == ' '
						   : c == (unsigned char)form[i];
		if (!fits)
			return -1;
	}
	const int64_t year = str_number(str_head(s, 4), 9999),
		      month = str_number(str_head(str_from(s, 5), 2), 99),
		      day = str_number(str_head(str_from(s, 8), 2), 99),
		      hour = str_number(str_head(str_from(s, 11), 2), 99),
		      minute = str_number(str_head(str_from(s, 14), 2), 99);
	int64_t second = 0, zone = 0;
	if (month < 1 || month > 12 || day < 1 || day > 31 || hour > 23 || minute > 59)
		return -1;
	s = str_from(s, sizeof form - 1);
	if (s.len >= 3 && s.ptr[0] == ':') {
		second = str_number(str_head(str_from(s, 1), 2), 60);
		s = str_from(s, 3);
	}
	s = str_trim(s);
	if (s.len >= 5 && (s.ptr[0] == '+' || s.ptr[0] == '-')) {
		const bool has_colon = s.ptr[3] == ':' && s.len >= 6;
		const int64_t h = str_number(str_head(str_from(s, 1), 2), 14),
			      m = str_number(str_head(str_from(s, has_colon ? 4 : 3), 2), 59);
		if (h >= 0 && m >= 0)
			zone = (h * 3600 + m * 60) * (s.ptr[0] == '-' ? -1 : 1);
	}
	if (second < 0)
		return -1;
	return (when_of((int)year, (int)month, (int)day, (int)hour, (int)minute, (int)second) -
		       zone) *
	       MS;
}

int64_t
retry_asked_s(struct str answer, int64_t now_ms)
{
	const int64_t asked = retry_after(answer);
	if (asked >= 0)
		return asked;
	answer = str_head(answer, ATTEMPT_WORDS_BYTES_MAX);
	for (size_t i = 0; i < answer.len; i++) {
		if (!ascii_is_digit((unsigned char)answer.ptr[i]) ||
			(i > 0 && ascii_is_alnum((unsigned char)answer.ptr[i - 1])))
			continue;
		/* A moment that is over, or far, is the date of something else. */
		const int64_t ms = moment_at(str_from(answer, i));
		if (ms > now_ms && ms - now_ms <= (int64_t)ASKED_MOST_S * MS)
			return (ms - now_ms + MS - 1) / MS;
	}
	return -1;
}

/* ---- how long to wait */

/* For whom an interval doubles from `first_s`. The first row that holds is taken. */
struct pace {
	struct str rule, words;
	int64_t first_s; /* 0: the setting's */
	bool is_slow;    /* it grows past an hour at once: haste is of no use */
};

static const struct {
	enum reason reason;
	struct pace pace;
} paces[] = {
	{REASON_GREYLISTED,
		{STR_INIT("rule:retry-greylisted"),
			STR_INIT("greylisted without a time: most open after five minutes"), 300,
			false}},
	{REASON_MAILBOX_FULL,
		{STR_INIT("rule:retry-mailbox-full"),
			STR_INIT("mailbox full: its owner has to make room first"), 3600, true}},
	{REASON_RATE_LIMITED, {STR_INIT("rule:retry-rate"),
				      STR_INIT("too fast for them: they get time"), 900, false}},
	{REASON_RECIPIENT_RATE_LIMITED,
		{STR_INIT("rule:retry-rate"), STR_INIT("too fast for them: they get time"), 900,
			false}},
	{REASON_SENDING_LIMIT, {STR_INIT("rule:retry-rate"),
				       STR_INIT("too fast for them: they get time"), 3600, true}},
	{REASON_TOO_MANY_RECIPIENTS,
		{STR_INIT("rule:retry-recipients"),
			STR_INIT("too many recipients at once: the rest goes at once"), 60, false}},
};

static const struct pace
	pace_busy = {STR_INIT("rule:retry"),
		STR_INIT("a passing trouble: soon again, then less often"), 0, false},
	pace_doubtful = {STR_INIT("rule:retry-doubtful"),
		STR_INIT("called temporary, but it does not pass by itself: seldom"), 1800, true};

static const struct pace *
pace_of(const struct nixie_outcome *o)
{
	const int reason = catalogue_reason_find((struct str){o->reason.ptr, o->reason.len});
	for (size_t i = 0; i < sizeof paces / sizeof *paces; i++)
		if ((int)paces[i].reason == reason)
			return &paces[i].pace;
	/* The reason's own verdict: a temporary code alone makes no user known. */
	const uint8_t verdict = reason < 0 ? VERDICT_UNKNOWN : catalogue_reasons[reason].verdict;
	return verdict == VERDICT_HARD || verdict == VERDICT_BLOCK ? &pace_doubtful : &pace_busy;
}

static int64_t
least(int64_t a, int64_t b)
{
	return a < b ? a : b;
}

/* The interval behind the n-th attempt. */
static int64_t
interval_s(const struct pace *pace, uint32_t n, int64_t age_s, const struct retry_settings *s)
{
	const bool is_eager = age_s < EAGER_S && !pace->is_slow;
	const int64_t longest =
		is_eager ? least(EAGER_LONGEST_S, s->retry_longest_s) : s->retry_longest_s;
	int64_t wait = pace->first_s > 0 ? pace->first_s : s->retry_first_s;
	for (uint32_t i = 1; i < n && wait < longest; i++)
		wait *= 2;
	return least(wait, longest);
}

static int64_t
jittered_ms(int64_t seconds, uint32_t random)
{
	return seconds * MS +
	       (int64_t)((uint64_t)seconds * MS * JITTER_PERCENT / 100 * (random >> 16) / 65535);
}

/* ---- what to do */

/* Is it our own doing, that an operator has to mend? */
static bool
is_own_fault(const struct retry_facts *f, const struct nixie_outcome *o)
{
	static const enum reason own[] = {REASON_LOGIN_FAILED, REASON_RELAY_DENIED,
		REASON_SENDER_SUSPENDED, REASON_TLS_REQUIRED};
	const int reason = catalogue_reason_find((struct str){o->reason.ptr, o->reason.len});
	if (f->is_ours || f->attempt.condition == CONDITION_RELAY_LOGIN_FAILS)
		return true;
	for (size_t i = 0; f->is_own_relay && i < sizeof own / sizeof *own; i++)
		if ((int)own[i] == reason)
			return true;
	return false;
}

/* 5yz of which the standard, or all experience, says that it is 4yz. */
static bool
is_temporary_all_the_same(const struct nixie_outcome *o)
{
	const struct str reason = {o->reason.ptr, o->reason.len};
	return (o->reply_code == 552 &&
		       str_eq(reason, STR("too_many_recipients"))) || /* RFC 5321 s4.5.3.1.10 */
	       (str_eq(reason, STR("greylisted")) && o->confidence >= 80);
}

static bool
is_hopeless(const struct retry_facts *f, const struct nixie_outcome *o)
{
	if (f->attempt.condition < CONDITION__COUNT) {
		const struct condition_line line =
			condition_line(f->attempt.condition, REPLY_MODERN);
		return line.reply >= 500 || (line.enhanced.len > 0 && line.enhanced.ptr[0] == '5');
	}
	return o->said == NIXIE_SAID_PERMANENT && !is_temporary_all_the_same(o);
}

static void
decide_notice(
	const struct retry_facts *f, const struct retry_settings *s, struct retry_decision *out)
{
	const int64_t after = f->is_authenticated ? s->delay_notice_user_s : s->delay_notice_s;
	const bool is_wanted = f->notify == 0 || (f->notify & REPORT_NOTIFY_DELAY) != 0;
	if (after <= 0 || f->sender.len == 0 || f->is_report || f->is_noticed || !is_wanted)
		return;
	out->notice_ms = f->arrived_ms + after * MS;
	out->is_notice_due = f->now_ms >= out->notice_ms;
}

static void
give_up(struct retry_decision *out, bool is_expired, struct str rule, struct str words)
{
	out->act = RETRY_BOUNCE;
	out->is_expired = is_expired;
	out->due_ms = 0;
	out->is_notice_due = false;
	out->notice_ms = 0;
	out->rule = rule;
	out->words = words;
}

static void
ask_operator(
	const struct retry_facts *f, const struct retry_settings *s, struct retry_decision *out)
{
	const bool is_over = f->now_ms >= out->give_up_ms;
	out->act = RETRY_OPERATOR;
	out->is_alarm = true;
	out->due_ms = is_over ? 0 : f->now_ms + jittered_ms(s->own_fault_wait_s, f->random);
	out->rule = STR("rule:own-fault");
	out->words = is_over ? STR("our own fault, not mended in time: held for an operator")
			     : STR("our own fault, and not the sender's: an operator must look");
}

static void
try_again(const struct retry_facts *f, const struct retry_settings *s, struct arena *a,
	struct retry_decision *out)
{
	const struct pace *const pace = pace_of(&out->outcome);
	const int64_t age_s = (f->now_ms - f->arrived_ms) / MS;
	const int64_t asked = retry_asked_s(
		(struct str){out->outcome.diagnostic.ptr, out->outcome.diagnostic.len}, f->now_ms);
	int64_t wait = interval_s(pace, f->attempts, age_s, s);
	out->act = RETRY_AGAIN;
	out->rule = pace->rule;
	out->words = pace->words;
	if (asked >= 0 && asked <= ASKED_MOST_S) {
		char digits[STR_DIGITS_MAX];
		const int64_t honoured = asked < ASKED_LEAST_S ? ASKED_LEAST_S : asked;
		/* Who asks for five minutes again and again is only waited for. */
		wait = f->attempts <= ASKED_TIMES_MAX || honoured > wait ? honoured : wait;
		out->rule = STR("rule:retry-as-asked");
		out->words = arena_join(
			a, STR("the other side asked for "), str_digits(asked, digits), STR(" s"));
	}
	out->due_ms = f->now_ms + jittered_ms(wait, f->random);
	/* News for the sender is best fresh: an attempt falls on the notice, unless that would be
	 * too early for the other side. */
	if (asked < 0 && out->notice_ms > f->now_ms + s->retry_first_s * MS &&
		out->due_ms > out->notice_ms)
		out->due_ms = out->notice_ms;
	out->due_ms = least(out->due_ms, out->give_up_ms); /* one last time at the end */
}

void
retry_defaults(struct retry_settings *out)
{
#define X(name, standard) out->name##_s = (standard);
	RETRY_SETTINGS(X)
#undef X
}

void
retry_decide(const struct retry_facts *f, const struct retry_settings *s, struct arena *a,
	struct retry_decision *out)
{
	const int64_t lifetime = f->is_report ? s->report_lifetime_s : s->queue_lifetime_s;
	const struct judged_case c = {.attempt = &f->attempt,
		.rcpt = f->rcpt,
		.sender = f->sender,
		.hostname = f->hostname,
		.action = NIXIE_ACTION_DELAYED};
	*out = (struct retry_decision){.give_up_ms = f->arrived_ms + lifetime * MS};
	judged_outcome(&c, a, &out->outcome);
	decide_notice(f, s, out);
	if (is_own_fault(f, &out->outcome))
		ask_operator(f, s, out);
	else if (is_hopeless(f, &out->outcome))
		give_up(out, false, STR("rule:permanent"),
			STR("refused for good: another attempt would get the same answer"));
	else if (f->now_ms >= out->give_up_ms)
		give_up(out, true, STR("rule:expired"), STR("the time for attempts is over"));
	else
		try_again(f, s, a, out);
}
