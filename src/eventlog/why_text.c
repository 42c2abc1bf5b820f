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
		buf_add(b, is_first ? STR(": ") : STR(", "));
		buf_add_number(b, of_this);
		buf_add(b, STR(" "));
		buf_add(b, names[n]);
		is_first = false;
	}
}

static void
say_recipients(struct buf *b, size_t count)
{
	buf_add(b, STR(" to "));
	buf_add_number(b, (int64_t)count);
	buf_add(b, STR(" recipients"));
}

static void
headline(const struct why_story *story, const struct why_state *states, size_t count, struct buf *b,
	struct page *p)
{
	char room[WHEN_BYTES];
	const struct str stamp = when_log(story->time_ms, room);
	buf_clear(b);
	buf_add(b, str_head(stamp, STAMP_DATE_BYTES));
	buf_add(b, STR(" "));
	buf_add(b, str_head(str_from(stamp, STAMP_CLOCK), STAMP_CLOCK_BYTES));
	buf_add(b, STR(" UTC  "));
	if (story->kind == WHY_MESSAGE) {
		why_say_if(b, "Message ", story->id, "");
		why_say_if(b, " from ", why_address(why_sender(story)), "");
		say_states(b, states, count);
	} else if (story->kind == WHY_REFUSAL) {
		buf_add(b, STR("Refused"));
		if (why_sender(story).len > 0)
			why_say_if(b, ": mail from ", why_address(why_sender(story)), "");
		if (count == 1)
			why_say_if(b, " to ", states[0].recipient, "");
		else if (count > 1)
			say_recipients(b, count);
	} else if (story->kind == WHY_UNSENT) {
		why_say_if(b, "Not sent: mail from ", why_address(why_sender(story)), "");
		if (count == 1)
			why_say_if(b, " to ", states[0].recipient, "");
		else
			say_recipients(b, count);
	} else {
		buf_add(b, STR("A session without mail"));
	}
	page_line(p, buf_str(b), PAINT_HEADLINE);
}

/* Who signed in: a name that was only tried is nobody's, and an operator's is another matter. */
static struct str
account_of(const struct why_story *story)
{
	for (size_t i = 0; i < story->count; i++) {
		const struct eventlog_line *const l = &story->records[i]->line;
		const bool is_tried =
			l->event == LOG_LOGIN && str_eq(l->field[FIELD_RESULT], STR("failed"));
		if (str_is_set(l->field[FIELD_USER]) && !is_tried && l->event != LOG_OPERATOR)
			return l->field[FIELD_USER];
	}
	return STR_NONE;
}

static void
facts(const struct why_story *story, struct buf *b, struct page *p)
{
	const struct eventlog_line *const client = why_line_with(story, FIELD_CLIENT);
	buf_clear(b);
	if (client != NULL)
		why_say_client(b, client);
	why_say_if(b, ", calls itself ", field_of(story, FIELD_HELO), "");
	page_fact(p, STR("client"), LABEL_COLUMNS, buf_str(b));
	buf_clear(b);
	buf_add(b, story->session);
	why_say_if(b, " on the listener ", field_of(story, FIELD_LISTENER), "");
	why_say_if(b, ", ", field_of(story, FIELD_PROTOCOL), "");
	page_fact(p, STR("session"), LABEL_COLUMNS, buf_str(b));
	page_fact(p, STR("signed in"), LABEL_COLUMNS, account_of(story));
	page_fact(p, STR("Message-ID"), LABEL_COLUMNS, field_of(story, FIELD_MESSAGE_ID));
	if (story->about == NULL)
		return;
	const struct eventlog_line *const about = &story->about->line;
	buf_clear(b);
	buf_add(b, eventlog_event_name(about->event));
	why_say_if(b, ": message ", about->field[FIELD_ID], "");
	why_say_if(b, " from ", why_address(about->field[FIELD_FROM]), "");
	why_say_if(b, " to ", about->field[FIELD_TO], "");
	page_fact(p, STR("reports"), LABEL_COLUMNS, buf_str(b));
}

/* An attempt whose outcome stands behind it, with the same answer, and which says no more. */
static bool
is_told_again(const struct why_story *story, size_t at)
{
	const struct eventlog_line *const l = &story->records[at]->line;
	for (size_t i = at + 1; l->event == LOG_ATTEMPT && !str_is_set(l->field[FIELD_RULE]) &&
				i < story->count && i <= at + OUTCOME_NEAR;
		i++) {
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
		buf_add(b, STR("  "));
		buf_add(b, str_head(stamp, STAMP_DATE_BYTES));
		page_line(p, buf_str(b), PAINT_FAINT);
		*day = l->time_ms / DAY_MS;
	}
	memcpy(lead + 2, stamp.ptr + STAMP_CLOCK, STAMP_CLOCK_BYTES);
	buf_clear(b);
	why_say(l, b);
	page_text(
		p, sizeof lead - 1, (struct str){lead, sizeof lead - 1}, buf_str(b), why_paint(l));
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
		buf_add(b, states[i].recipient);
		buf_add(b, STR(": "));
		buf_add(b, why_state_name(&states[i]));
		if (l->event == LOG_DEFERRED)
			why_say_if(b, ", tried again at ", l->field[FIELD_NEXT], "");
		page_text(p, 4, STR_NONE, buf_str(b), why_paint(l));
	}
	if (count > shown) {
		buf_clear(b);
		buf_add(b, STR("... and "));
		buf_add_number(b, (int64_t)(count - shown));
		buf_add(b, STR(" more"));
		page_text(p, 4, STR_NONE, buf_str(b), PAINT_PLAIN);
	}
	for (size_t i = 0; i < story->report_count; i++) {
		const struct eventlog_line *const l = &story->reports[i]->line;
		buf_clear(b);
		why_say_if(b, "report ", l->field[FIELD_ID], "");
		why_say_if(b, " to ", l->field[FIELD_TO], "");
		buf_add(b, STR(": "));
		buf_add(b, eventlog_event_name(l->event));
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
		buf_add(b, STR("  Why: "));
		why_say_title(b, &a);
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
	if (story->kind == WHY_UNSENT)
		page_text(page, 2, STR_NONE,
			story->is_open
				? STR("The session has no end in this log: it goes on, or the "
				      "log ends here.")
				: STR("The message itself never came to its end, so there is "
				      "nothing of it here. The server that sent it knows, "
				      "and tries again or tells its sender. A session that "
				      "ends behind the recipient may also be a question "
				      "whether the address exists."),
			PAINT_PLAIN);
	tell_states(story, states, count, &b, page);
	tell_advice(story, &b, page);
	buf_fini(&b);
}
