/* why_text - a story for people */
#include "base/when.h"
#include "eventlog/why_inside.h"

#define WORDS_BYTES_MAX ((size_t)32 << 10) /* of one line of the story */
#define STATES_MAX 200                     /* recipients that are told one by one */
#define ADVICE_MAX 8                       /* different conditions that are explained */
#define LABEL_COLUMNS 11
#define DAY_MS INT64_C(86400000)
#define STAMP_DATE_BYTES 10 /* "2026-11-22" */
#define STAMP_CLOCK 11      /* where "09:14:03" begins in a stamp */
#define STAMP_CLOCK_BYTES 8
#define OUTCOME_NEAR 8 /* records behind an attempt that may have its outcome */

static void
say(struct buf *b, struct str s)
{
	buf_add(b, s);
}

/* `before`, the value and `behind`, or nothing when the value is absent. */
static void
say_if(struct buf *b, const char *before, struct str value, const char *behind)
{
	if (value.len == 0)
		return;
	buf_add(b, str_of(before));
	buf_add(b, value);
	buf_add(b, str_of(behind));
}

/* What strangers' programs call a thing, as words: "user_unknown". */
static void
say_plain(struct buf *b, struct str name)
{
	for (size_t i = 0; i < name.len; i++)
		buf_add_char(b, name.ptr[i] == '_' ? ' ' : name.ptr[i]);
}

static struct str
address(struct str path)
{
	return str_eq(path, STR("<>")) ? STR("<> (the sender of bounces)") : path;
}

static void
say_client(struct buf *b, const struct eventlog_line *l)
{
	const struct str ip = l->field[FIELD_CLIENT], name = l->field[FIELD_CLIENT_NAME];
	say(b, name);
	if (ip.len > 0)
		say_if(b, name.len > 0 ? " [" : "[", ip, "]");
}

static void
say_words(struct buf *b, const struct eventlog_line *l)
{
	say_if(b, " (", l->field[FIELD_WORDS], ")");
}

static void
say_reply(struct buf *b, const struct eventlog_line *l)
{
	say_if(b, " Answer: ", l->field[FIELD_REPLY], "");
}

/* "No such mailbox (C34)"; a reason has a name alone. */
static void
say_title(struct buf *b, const struct why_advice *a)
{
	say_plain(b, a->title);
	if (!str_eq(a->name, a->title))
		say_if(b, " (", a->name, ")");
}

/* ---- one event ---- */

typedef void teller(struct buf *b, const struct eventlog_line *l);

static void
tell_connect(struct buf *b, const struct eventlog_line *l)
{
	say_client(b, l);
	say(b, STR(" connects"));
	say_if(b, " to the listener ", l->field[FIELD_LISTENER], "");
	say(b, STR("."));
}

static void
tell_disconnect(struct buf *b, const struct eventlog_line *l)
{
	say(b, STR("The connection ends"));
	say_if(b, " after ", l->field[FIELD_SECONDS], " s");
	say_if(b, ", messages taken: ", l->field[FIELD_MESSAGES], "");
	say_if(b, ", refusals: ", l->field[FIELD_ERRORS], "");
	say_words(b, l);
	say(b, STR("."));
}

static void
tell_tls(struct buf *b, const struct eventlog_line *l)
{
	const struct str result = l->field[FIELD_RESULT];
	const bool is_done = str_eq(result, STR("done")) || result.len == 0;
	say(b, is_done ? STR("Encrypted") : STR("The TLS handshake failed"));
	say_if(b, " with ", l->field[FIELD_TLS], "");
	say_words(b, l);
	say(b, STR("."));
}

static void
tell_login(struct buf *b, const struct eventlog_line *l)
{
	const bool is_failed = str_eq(l->field[FIELD_RESULT], STR("failed"));
	say(b, is_failed ? STR("Could not sign in") : STR("Signs in"));
	say_if(b, " as ", l->field[FIELD_USER], "");
	say_words(b, l);
	say(b, STR("."));
}

/* The rule in words, which the catalogue cannot know. */
static void
say_rule(struct buf *b, const struct eventlog_line *l)
{
	say_if(b, " Decided by: ", l->field[FIELD_RULE], ".");
}

static void
tell_refused(struct buf *b, const struct eventlog_line *l)
{
	struct why_advice advice;
	say_if(b, "", l->field[FIELD_TO], " is refused");
	if (l->field[FIELD_TO].len == 0) {
		say_if(b, "The sender ", address(l->field[FIELD_FROM]), " is refused");
		if (l->field[FIELD_FROM].len == 0)
			say(b, STR("Refused"));
	}
	say_if(b, ", at ", l->field[FIELD_STAGE], "");
	if (why_advice_of(l, &advice)) {
		say(b, STR(": "));
		say_title(b, &advice);
	}
	say(b, STR("."));
	say_rule(b, l);
	say_reply(b, l);
}

static void
tell_check(struct buf *b, const struct eventlog_line *l)
{
	say_if(b, "Check ", l->field[FIELD_CHECK], "");
	say_if(b, ": ", l->field[FIELD_RESULT], "");
	say_if(b, ", counts ", l->field[FIELD_SCORE], "");
	say_words(b, l);
	say(b, STR("."));
	say_rule(b, l);
}

static void
tell_recipient(struct buf *b, const struct eventlog_line *l)
{
	say_if(b, "", l->field[FIELD_TO], " is accepted");
	if (!str_eq_case(l->field[FIELD_TO], l->field[FIELD_TARGET]))
		say_if(b, "; it leads to ", l->field[FIELD_TARGET], "");
	say(b, STR("."));
	say_rule(b, l);
}

static void
tell_accepted(struct buf *b, const struct eventlog_line *l)
{
	say(b, STR("The message is safe on disk"));
	say_if(b, " as ", l->field[FIELD_ID], "");
	say_if(b, ", ", l->field[FIELD_BYTES], " bytes");
	say_if(b, ", recipients: ", l->field[FIELD_RECIPIENTS], "");
	say(b, STR("."));
	say_reply(b, l);
}

/* "Attempt 2 for x@y at mx.example [192.0.2.1]" */
static void
say_attempt(struct buf *b, const struct eventlog_line *l)
{
	say_if(b, " (attempt ", l->field[FIELD_ATTEMPT], ")");
	say_if(b, " at ", l->field[FIELD_PEER], "");
	say_if(b, ", at ", l->field[FIELD_STAGE], "");
}

static void
say_reason(struct buf *b, const struct eventlog_line *l)
{
	struct why_advice advice;
	if (!why_advice_of(l, &advice))
		return;
	say(b, STR(": "));
	say_title(b, &advice);
}

static void
tell_attempt(struct buf *b, const struct eventlog_line *l)
{
	say_if(b, "", l->field[FIELD_TO], ": a delivery is tried");
	say_attempt(b, l);
	say_if(b, ", ", l->field[FIELD_TLS], "");
	say_if(b, ": ", l->field[FIELD_RESULT], "");
	say_words(b, l);
	say(b, STR("."));
	say_reply(b, l);
}

static void
tell_delivered(struct buf *b, const struct eventlog_line *l)
{
	say_if(b, "", l->field[FIELD_TO], ": delivered");
	say_if(b, " into ", l->field[FIELD_TARGET], "");
	say_attempt(b, l);
	say(b, STR("."));
	say_reply(b, l);
}

static void
tell_relayed(struct buf *b, const struct eventlog_line *l)
{
	say_if(b, "", l->field[FIELD_TO], ": taken by ");
	say(b, l->field[FIELD_PEER].len > 0 ? l->field[FIELD_PEER] : STR("another server"));
	say_if(b, " (attempt ", l->field[FIELD_ATTEMPT], ")");
	say_if(b, ", ", l->field[FIELD_TLS], "");
	say(b, STR(", which is responsible for it from here on."));
	say_reply(b, l);
}

static void
tell_deferred(struct buf *b, const struct eventlog_line *l)
{
	say_if(b, "", l->field[FIELD_TO], ": not delivered yet");
	say_attempt(b, l);
	say_reason(b, l);
	say_words(b, l);
	say(b, STR("."));
	say_rule(b, l);
	say_if(b, " Tried again at ", l->field[FIELD_NEXT], ".");
	say_reply(b, l);
}

static void
tell_bounced(struct buf *b, const struct eventlog_line *l)
{
	say_if(b, "", l->field[FIELD_TO], ": given up");
	say_attempt(b, l);
	say_reason(b, l);
	say_words(b, l);
	say(b, STR("."));
	say_rule(b, l);
	say_if(b, " The sender is told by the report ", l->field[FIELD_REPORT], ".");
	say_reply(b, l);
}

static void
tell_discarded(struct buf *b, const struct eventlog_line *l)
{
	say_if(b, "", l->field[FIELD_TO], ": given up, and nobody is told");
	say_reason(b, l);
	say(b, STR("."));
	say_rule(b, l);
	say_reply(b, l);
}

static void
tell_delayed(struct buf *b, const struct eventlog_line *l)
{
	say(b, STR("The sender is told that it still waits"));
	say_if(b, " (", l->field[FIELD_TO], ")");
	say_if(b, ", by the report ", l->field[FIELD_REPORT], "");
	say(b, STR("."));
}

static void
tell_operator(struct buf *b, const struct eventlog_line *l)
{
	say(b, STR("An operator"));
	say_if(b, " (", l->field[FIELD_USER], ")");
	say_if(b, ": ", l->field[FIELD_RESULT], "");
	say_if(b, " ", l->field[FIELD_TO], "");
	say_words(b, l);
	say(b, STR("."));
}

static void
tell_other(struct buf *b, const struct eventlog_line *l)
{
	say(b, eventlog_event_name(l->event));
	say_if(b, ": ", l->field[FIELD_WORDS], "");
}

static const struct {
	teller *tell;
	enum paint paint;
} tellers[LOG_EVENT_COUNT] = {
	[LOG_CONNECT] = {tell_connect, PAINT_PLAIN},
	[LOG_DISCONNECT] = {tell_disconnect, PAINT_PLAIN},
	[LOG_TLS] = {tell_tls, PAINT_PLAIN},
	[LOG_LOGIN] = {tell_login, PAINT_PLAIN},
	[LOG_REFUSED] = {tell_refused, PAINT_BAD},
	[LOG_CHECK] = {tell_check, PAINT_PLAIN},
	[LOG_RECIPIENT] = {tell_recipient, PAINT_PLAIN},
	[LOG_ACCEPTED] = {tell_accepted, PAINT_GOOD},
	[LOG_ATTEMPT] = {tell_attempt, PAINT_PLAIN},
	[LOG_DELIVERED] = {tell_delivered, PAINT_GOOD},
	[LOG_RELAYED] = {tell_relayed, PAINT_GOOD},
	[LOG_DEFERRED] = {tell_deferred, PAINT_WAIT},
	[LOG_BOUNCED] = {tell_bounced, PAINT_BAD},
	[LOG_DISCARDED] = {tell_discarded, PAINT_BAD},
	[LOG_DELAYED] = {tell_delayed, PAINT_WAIT},
	[LOG_OPERATOR] = {tell_operator, PAINT_PLAIN},
};

void
why_say(const struct eventlog_line *l, struct buf *b)
{
	(tellers[l->event].tell != NULL ? tellers[l->event].tell : tell_other)(b, l);
}

/* ---- the story ---- */

static struct str
field_of(const struct why_story *story, enum eventlog_name name)
{
	const struct eventlog_line *const l = why_line_with(story, name);
	return l != NULL ? l->field[name] : STR_NONE;
}

/* "2 delivered, 1 deferred" */
static void
say_states(struct buf *b, const struct why_state *states, size_t count)
{
	static const struct str names[] = {STR_INIT("delivered"), STR_INIT("relayed"),
		STR_INIT("queued"), STR_INIT("deferred"), STR_INIT("bounced"),
		STR_INIT("discarded"), STR_INIT("refused")};
	bool is_first = true;
	for (size_t n = 0; n < sizeof names / sizeof *names; n++) {
		int64_t of_this = 0;
		for (size_t i = 0; i < count; i++)
			of_this += str_eq(why_state_name(&states[i]), names[n]);
		if (of_this == 0)
			continue;
		say(b, is_first ? STR(": ") : STR(", "));
		buf_add_number(b, of_this);
		say(b, STR(" "));
		say(b, names[n]);
		is_first = false;
	}
}

static void
headline(const struct why_story *story, const struct why_state *states, size_t count, struct buf *b,
	struct page *p)
{
	char room[WHEN_BYTES];
	const struct str stamp = when_log(story->time_ms, room);
	buf_clear(b);
	say(b, str_head(stamp, STAMP_DATE_BYTES));
	say(b, STR(" "));
	say(b, str_head(str_from(stamp, STAMP_CLOCK), STAMP_CLOCK_BYTES));
	say(b, STR(" UTC  "));
	if (story->kind == WHY_MESSAGE) {
		say_if(b, "Message ", story->id, "");
		say_if(b, " from ", address(why_sender(story)), "");
		say_states(b, states, count);
	} else if (story->kind == WHY_REFUSAL) {
		say(b, STR("Refused"));
		if (why_sender(story).len > 0)
			say_if(b, ": mail from ", address(why_sender(story)), "");
		if (count == 1)
			say_if(b, " to ", states[0].recipient, "");
		else if (count > 1) {
			say(b, STR(" to "));
			buf_add_number(b, (int64_t)count);
			say(b, STR(" recipients"));
		}
	} else {
		say(b, STR("A session without mail"));
	}
	page_line(p, buf_str(b), PAINT_HEADLINE);
}

static void
facts(const struct why_story *story, struct buf *b, struct page *p)
{
	const struct eventlog_line *const client = why_line_with(story, FIELD_CLIENT);
	buf_clear(b);
	if (client != NULL)
		say_client(b, client);
	say_if(b, ", calls itself ", field_of(story, FIELD_HELO), "");
	page_fact(p, STR("client"), LABEL_COLUMNS, buf_str(b));
	buf_clear(b);
	say(b, story->session);
	say_if(b, " on the listener ", field_of(story, FIELD_LISTENER), "");
	say_if(b, ", ", field_of(story, FIELD_PROTOCOL), "");
	page_fact(p, STR("session"), LABEL_COLUMNS, buf_str(b));
	page_fact(p, STR("signed in"), LABEL_COLUMNS, field_of(story, FIELD_USER));
	page_fact(p, STR("Message-ID"), LABEL_COLUMNS, field_of(story, FIELD_MESSAGE_ID));
}

/* An attempt whose outcome stands behind it, with the same answer. */
static bool
is_told_again(const struct why_story *story, size_t at)
{
	const struct eventlog_line *const l = &story->records[at]->line;
	for (size_t i = at + 1;
		l->event == LOG_ATTEMPT && i < story->count && i <= at + OUTCOME_NEAR; i++) {
		const struct eventlog_line *const next = &story->records[i]->line;
		if (next->event != LOG_ATTEMPT &&
			str_eq(next->field[FIELD_TO], l->field[FIELD_TO]) &&
			str_eq(next->field[FIELD_ATTEMPT], l->field[FIELD_ATTEMPT]) &&
			str_eq(next->field[FIELD_REPLY], l->field[FIELD_REPLY]))
			return true;
	}
	return false;
}

/* The time of day; the date too where it is another one than above. */
static void
tell_event(const struct why_record *r, int64_t *day, struct buf *b, struct page *p)
{
	char room[WHEN_BYTES], lead[] = "  00:00:00  ";
	const struct eventlog_line *const l = &r->line;
	const struct str stamp = when_log(l->time_ms, room);
	if (l->time_ms / DAY_MS != *day) {
		buf_clear(b);
		say(b, STR("  "));
		say(b, str_head(stamp, STAMP_DATE_BYTES));
		page_line(p, buf_str(b), PAINT_FAINT);
		*day = l->time_ms / DAY_MS;
	}
	memcpy(lead + 2, stamp.ptr + STAMP_CLOCK, STAMP_CLOCK_BYTES);
	buf_clear(b);
	why_say(l, b);
	page_text(p, sizeof lead - 1, (struct str){lead, sizeof lead - 1}, buf_str(b),
		tellers[l->event].paint);
}

static void
tell_states(const struct why_story *story, const struct why_state *states, size_t count,
	struct buf *b, struct page *p)
{
	const size_t shown = count < STATES_MAX ? count : STATES_MAX;
	if (story->kind != WHY_MESSAGE || count == 0)
		return;
	page_line(p, STR("  Where it stands:"), PAINT_HEADING);
	for (size_t i = 0; i < shown; i++) {
		const struct eventlog_line *const l = &states[i].last->line;
		buf_clear(b);
		say(b, states[i].recipient);
		say(b, STR(": "));
		say(b, why_state_name(&states[i]));
		if (l->event == LOG_DEFERRED)
			say_if(b, ", tried again at ", l->field[FIELD_NEXT], "");
		page_text(p, 4, STR_NONE, buf_str(b), tellers[l->event].paint);
	}
	if (count > shown) {
		buf_clear(b);
		say(b, STR("... and "));
		buf_add_number(b, (int64_t)(count - shown));
		say(b, STR(" more"));
		page_text(p, 4, STR_NONE, buf_str(b), PAINT_PLAIN);
	}
	for (size_t i = 0; i < story->report_count; i++) {
		const struct eventlog_line *const l = &story->reports[i]->line;
		buf_clear(b);
		say_if(b, "report ", l->field[FIELD_ID], "");
		say_if(b, " to ", l->field[FIELD_TO], "");
		say(b, STR(": "));
		say(b, eventlog_event_name(l->event));
		page_text(p, 4, STR_NONE, buf_str(b), PAINT_PLAIN);
	}
}

/* Each condition once, however many recipients it met. */
static void
tell_advice(const struct why_story *story, struct buf *b, struct page *p)
{
	struct why_advice seen[ADVICE_MAX], a;
	size_t count = 0;
	for (size_t i = 0; i < story->count && count < ADVICE_MAX; i++) {
		size_t at = 0;
		if (!why_advice_of(&story->records[i]->line, &a))
			continue;
		while (at < count && !str_eq(seen[at].name, a.name))
			at++;
		if (at < count)
			continue;
		seen[count++] = a;
		buf_clear(b);
		say(b, STR("  Why: "));
		say_title(b, &a);
		page_line(p, buf_str(b), PAINT_HEADING);
		page_text(p, 4, STR_NONE, a.meaning, PAINT_PLAIN);
		page_fact(p, STR("  setting"), LABEL_COLUMNS, a.setting);
		page_fact(p, STR("  to do"), LABEL_COLUMNS, a.to_do);
	}
}

void
why_text(const struct why_story *story, struct page *page)
{
	struct why_state states[STATES_MAX];
	struct buf b;
	const size_t count = why_states(story, states, STATES_MAX);
	int64_t day = story->time_ms / DAY_MS;
	buf_init(&b, WORDS_BYTES_MAX);
	headline(story, states, count < STATES_MAX ? count : STATES_MAX, &b, page);
	facts(story, &b, page);
	for (size_t i = 0; i < story->count; i++)
		if (!is_told_again(story, i))
			tell_event(story->records[i], &day, &b, page);
	tell_states(story, states, count, &b, page);
	tell_advice(story, &b, page);
	buf_fini(&b);
}
