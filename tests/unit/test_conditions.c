/*
 * The conditions of the server: found by id, name and line; and read, in either style, as what they
 * are. No row is left out: what nixied says, nixie must understand.
 */
#include "catalogue/conditions.h"
#include "judge/judge_reply.h"
#include "nixie.h"
#include "tap.h"

#include <stdlib.h>

#define LINE_BYTES 1024
#define DOCUMENTED 46 /* headings of the document */

/* What stands in for each placeholder; where a row wants another word, it says which. */
static const struct {
	const char *id; /* NULL: all others */
	struct str name, value;
} facts[] = {
	{"C35", STR_INIT("text"),
		STR_INIT("Rejected by Spamhaus.")}, /* the document's own default */
	{"C35", STR_INIT("list"), STR_INIT("zen.spamhaus.org")},
	{"X72", STR_INIT("list"), STR_INIT("multi.surbl.org")},
	{NULL, STR_INIT("text"), STR_INIT("not during the night")},
	{NULL, STR_INIT("address"), STR_INIT("j\xC3\xBCrgen@b.example")},
	{NULL, STR_INIT("days"), STR_INIT("7")},
	{NULL, STR_INIT("domain"), STR_INIT("b.example")},
	{NULL, STR_INIT("helo"), STR_INIT("mx1.c.example")},
	{NULL, STR_INIT("host"), STR_INIT("mx.b.example")},
	{NULL, STR_INIT("id"), STR_INIT("4XyZ1k")},
	{NULL, STR_INIT("ip"), STR_INIT("192.0.2.1")},
	{NULL, STR_INIT("kb"), STR_INIT("31000")},
	{NULL, STR_INIT("limit"), STR_INIT("512")},
	{NULL, STR_INIT("line"), STR_INIT("3")},
	{NULL, STR_INIT("max_kb"), STR_INIT("20480")},
	{NULL, STR_INIT("mechanism"), STR_INIT("CRAM-MD5")},
	{NULL, STR_INIT("parameter"), STR_INIT("RET")},
	{NULL, STR_INIT("rcpt"), STR_INIT("ann@b.example")},
	{NULL, STR_INIT("seconds"), STR_INIT("300")},
	{NULL, STR_INIT("sender"), STR_INIT("bob@c.example")},
	{NULL, STR_INIT("user"), STR_INIT("carl")},
	{NULL, STR_INIT("verb"), STR_INIT("ETRN")},
};

static struct str
fact(struct str id, struct str name)
{
	for (size_t i = 0; i < sizeof facts / sizeof *facts; i++)
		if (str_eq(facts[i].name, name) &&
			(facts[i].id == NULL || str_eq(id, str_of(facts[i].id))))
			return facts[i].value;
	return STR_NONE;
}

static size_t
append(char *room, size_t n, struct str s)
{
	if (n + s.len >= LINE_BYTES)
		abort();
	if (s.len > 0)
		memcpy(room + n, s.ptr, s.len);
	return n + s.len;
}

/* The line as it goes over the wire, with the mark when asked. */
static struct str
line_of(enum condition c, enum reply_style style, const char *mark, char *room)
{
	const struct condition_line line = condition_line(c, style);
	const struct str id = catalogue_text(catalogue_conditions[c].id);
	char digits[STR_DIGITS_MAX];
	size_t n = 0;
	if (line.reply != 0) {
		n = append(room, n, str_digits(line.reply, digits));
		n = append(room, n, STR(" "));
		n = append(room, n, line.enhanced);
		n = append(room, n, line.enhanced.len > 0 ? STR(" ") : STR(""));
	}
	for (size_t i = 0; i < line.sentence.len; i++) {
		if (line.sentence.ptr[i] != '{') {
			n = append(room, n, str_head(str_from(line.sentence, i), 1));
			continue;
		}
		const size_t end = str_find_char(line.sentence, '}', i);
		const struct str name = str_head(str_from(line.sentence, i + 1), end - i - 1);
		const struct str value = fact(id, name);
		if (value.len == 0)
			tap_show("no value for", name);
		n = append(room, n, value);
		i = end;
	}
	if (mark != NULL) {
		n = append(room, n, STR(" ("));
		n = append(room, n, id);
		n = append(room, n, STR(" "));
		n = append(room, n, str_of(mark));
		n = append(room, n, STR(")"));
	}
	return (struct str){room, n};
}

static bool
reason_is(struct nixie_str got, const struct condition_row *row, struct str line)
{
	const struct str name = catalogue_text(catalogue_reasons[row->reason].name);
	const bool ok = str_eq((struct str){got.ptr, got.len}, name);
	if (!ok) {
		tap_show("said", line);
		tap_show("read as", (struct str){got.ptr, got.len});
		tap_show("and not as", name);
	}
	return ok;
}

static bool
mark_is(const struct nixie_outcome *o, struct str id, const char *session, struct str line)
{
	const bool ok = str_eq((struct str){o->condition.ptr, o->condition.len}, id) &&
			str_eq((struct str){o->session.ptr, o->session.len}, str_of(session)) &&
			o->confidence == 99;
	if (!ok)
		tap_show("mark not read", line);
	return ok;
}

/* As a person pastes it, as a log has it, and with the mark inside other words. */
static void
test_read(struct nixie_report *r)
{
	static const char *const marks[] = {NULL, "7Q2F", "550A", "5511", "0123456789ABCDEF"};
	char room[LINE_BYTES];
	size_t lines = 0, pasted = 0, logged = 0, known = 0, wanted = 0;
	for (int c = 0; c < CONDITION__COUNT; c++) {
		const struct condition_row *const row = &catalogue_conditions[c];
		if (!row->is_refusal)
			continue;
		for (size_t i = 0; i < 2 * sizeof marks / sizeof *marks; i++) {
			const struct str line = line_of((enum condition)c,
				i % 2 == 0 ? REPLY_MODERN : REPLY_DOCUMENTED, marks[i / 2], room);
			const struct nixie_report_info *const info = nixie_report_info(r);
			lines++;
			if (nixie_read(r, line.ptr, line.len, NIXIE_INPUT_TEXT) != NIXIE_OK ||
				info->outcome_count != 1) {
				tap_show("not read as one outcome", line);
				continue;
			}
			const struct nixie_outcome *const o = &info->outcomes[0];
			pasted += reason_is(o->reason, row, line);
			wanted += i >= 2;
			known += i >= 2 && mark_is(o, catalogue_text(row->id), marks[i / 2], line);
			struct arena a;
			struct nixie_outcome logged_as;
			arena_init(&a, (size_t)1 << 20);
			judge_reply(&(struct reply_case){.input = line,
					    .text = line,
					    .recipient = STR("ann@b.example"),
					    .ours = STR("mx.b.example"),
					    .command = STR("RCPT"),
					    .action = NIXIE_ACTION_FAILED,
					    .is_refusal_here = true},
				&a, &logged_as);
			logged += reason_is(logged_as.reason, row, line);
			arena_fini(&a);
		}
	}
	tap_ok(lines > 1000, "%zu lines", lines);
	tap_is_int(pasted, lines, "pasted: each is read as its reason");
	tap_is_int(logged, lines, "in a log: each is read as its reason");
	tap_is_int(known, wanted, "each mark is found");
}

static void
test_find(void)
{
	char room[LINE_BYTES];
	size_t by_id = 0, by_name = 0, by_line = 0, lines = 0, documented = 0, headings = 0;
	for (int c = 0; c < CONDITION__COUNT; c++) {
		const struct condition_row *const row = &catalogue_conditions[c];
		by_id += catalogue_condition_find(catalogue_text(row->id)) == c;
		by_name += catalogue_condition_find(catalogue_text(row->name)) == c;
		documented += row->documented.len > 0;
		headings += row->documented.len > 0 &&
			    condition_of_line(catalogue_text(row->documented)) == c;
		for (int style = 0; style < 2; style++) {
			const struct str line =
				line_of((enum condition)c, (enum reply_style)style, "7Q2F", room);
			const struct str sentence =
				condition_line((enum condition)c, (enum reply_style)style).sentence;
			/* One that is all placeholder can be any text. */
			if (sentence.ptr[0] == '{' && !str_has(sentence, STR(" not ")) &&
				!str_has(sentence, STR(" accept")) &&
				!str_has(sentence, STR("overloaded")))
				continue;
			lines++;
			if (condition_of_line(line) == c && condition_says((enum condition)c, line))
				by_line++;
			else
				tap_show("not found", line);
		}
	}
	tap_is_int(by_id, CONDITION__COUNT, "all by id");
	tap_is_int(by_name, CONDITION__COUNT, "all by name");
	tap_is_int(documented, DOCUMENTED, "those of the document");
	tap_is_int(headings, DOCUMENTED, "all by the document's own heading");
	tap_is_int(by_line, lines, "all by their lines");
	tap_ok(lines > 2 * CONDITION__COUNT - 20, "nearly all have words of their own: %zu", lines);
	tap_is_int(catalogue_condition_find(STR("c34")), CONDITION_UNKNOWN_USER, "id in small");
	tap_is_int(catalogue_condition_find(STR("C99")), -1, "no such id");
	tap_is_int(catalogue_condition_find(STR("")), -1, "no id");
	tap_ok(condition_says(CONDITION_FILTER_REFUSED,
		       STR("571 5.7.20 Refused by the filter milter: no")),
		"a filter's own code, of the same class");
	tap_ok(!condition_says(
		       CONDITION_FILTER_REFUSED, STR("471 Refused by the filter milter: no")),
		"... not of another");
	tap_ok(condition_says(CONDITION_CLIENT_LISTED, STR("550 see https://bl.test/")) &&
			!condition_says(CONDITION_CLIENT_LISTED, STR("554 see https://bl.test/")),
		"a line that is all placeholder has its own code");
}

static void
test_lines(void)
{
	/* clang-format off */
	static const struct {
		const char *name;
		struct str line;
		int want;
	} rows[] = {
		{"without its code", STR_INIT("Use HELO/EHLO first"), CONDITION_NO_HELO_YET},
		{"the document's code", STR_INIT("502 Use HELO/EHLO first"), CONDITION_NO_HELO_YET},
		{"today's code", STR_INIT("503 Use HELO/EHLO first"), CONDITION_NO_HELO_YET},
		{"with the enhanced code", STR_INIT("503 5.5.1 Use HELO/EHLO first"), CONDITION_NO_HELO_YET},
		{"another code", STR_INIT("504 Use HELO/EHLO first"), -1},
		{"in small, without stops", STR_INIT("502 use helo ehlo FIRST."), CONDITION_NO_HELO_YET},
		{"the blank of the document", STR_INIT("502 TURN\xC2\xA0" "disallowed"), CONDITION_TURN_REFUSED},
		{"the address of the document's page", STR_INIT("550 Invalid syntax. Syntax should be MAIL FROM:<userdomain>[crlf]"), CONDITION_MAIL_SYNTAX},
		{"the address as it is sent", STR_INIT("550 Invalid syntax. Syntax should be MAIL FROM:<user@domain>[crlf]"), CONDITION_MAIL_SYNTAX},
		{"x and y", STR_INIT("552 Message size exceeds fixed maximum message size. Size: x KB, Max size: y KB"), CONDITION_TOO_LARGE},
		{"numbers", STR_INIT("Message size exceeds fixed maximum message size. Size: 30000 KB, Max size: 20480 KB"), CONDITION_TOO_LARGE},
		{"the shorter of two", STR_INIT("554 Rejected"), CONDITION_HOOK_REFUSED},
		{"the longer of two", STR_INIT("554 Rejected - <other error message>"), CONDITION_HOOK_REFUSED_SAYING_WHY},
		{"the longer, filled", STR_INIT("554 Rejected - come on Monday"), CONDITION_HOOK_REFUSED_SAYING_WHY},
		{"any text of its own", STR_INIT("550 <Other error message>"), CONDITION_CLIENT_LISTED},
		{"in a report", STR_INIT("No mail servers exists for the address."), CONDITION_NO_MAIL_HOST},
		{"more words behind", STR_INIT("Unknown user anywhere"), CONDITION_UNKNOWN_USER},
		{"fewer words", STR_INIT("Unknown"), -1},
		{"any text", STR_INIT("550 something else"), -1},
		{"a code alone", STR_INIT("550"), -1},
		{"codes alone", STR_INIT("550 5.1.1"), -1},
		{"nothing", STR_INIT(""), -1},
		{"nothing but signs", STR_INIT("<> ... !"), -1},
	};
	/* clang-format on */
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
		tap_is_int(condition_of_line(rows[i].line), rows[i].want, "line: %s", rows[i].name);
	static char big[CONDITION_LINE_BYTES_MAX + 1];
	const struct str user = STR("Unknown user ");
	memset(big, 'x', sizeof big);
	memcpy(big, user.ptr, user.len);
	tap_is_int(condition_of_line((struct str){big, CONDITION_LINE_BYTES_MAX}),
		CONDITION_UNKNOWN_USER, "line: the longest");
	tap_is_int(condition_of_line((struct str){big, sizeof big}), -1, "line: one byte longer");
}

static void
test_marks(void)
{
	static const struct {
		const char *name;
		struct str text, session; /* absent: no mark */
		size_t at;
	} rows[] = {
		{"at the end", STR_INIT("550 no (C34 7Q2F)"), STR_INIT("7Q2F"), 7},
		{"before other words", STR_INIT("no (C34 7Q2F) (in reply to RCPT TO)"),
			STR_INIT("7Q2F"), 3},
		{"the last of two", STR_INIT("(C34 7Q2F) (C35 AAAA)"), STR_INIT("AAAA"), 11},
		{"the shortest session", STR_INIT("(C34 ABCD)"), STR_INIT("ABCD"), 0},
		{"a session too short", STR_INIT("(C34 ABC)"), STR_INIT(""), 0},
		{"the longest session", STR_INIT("(C34 0123456789ABCDEF)"),
			STR_INIT("0123456789ABCDEF"), 0},
		{"a session too long", STR_INIT("(C34 0123456789ABCDEF0)"), STR_INIT(""), 0},
		{"small letters", STR_INIT("(C34 7q2f)"), STR_INIT(""), 0},
		{"an id in small", STR_INIT("(c34 7Q2F)"), STR_INIT(""), 0},
		{"no such id", STR_INIT("(C99 7Q2F)"), STR_INIT(""), 0},
		{"two blanks", STR_INIT("(C34  7Q2F)"), STR_INIT(""), 0},
		{"never closed", STR_INIT("(C34 7Q2F"), STR_INIT(""), 0},
		{"cut off", STR_INIT("(C34 "), STR_INIT(""), 0},
		{"only a bracket", STR_INIT("("), STR_INIT(""), 0},
		{"nothing", STR_INIT(""), STR_INIT(""), 0},
	};
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		struct condition_mark mark = {.session = STR("")};
		const bool found = condition_mark_find(rows[i].text, &mark);
		tap_ok(found == (rows[i].session.len > 0) &&
				str_eq(mark.session, rows[i].session) && mark.at == rows[i].at,
			"mark: %s", rows[i].name);
	}
}

/* Anybody may write a mark: it proves something only behind the words it belongs to. */
static void
test_false_marks(struct nixie_report *r)
{
	/* clang-format off */
	static const struct {
		const char *text, *reason, *condition;
	} rows[] = {
		{"550 5.1.1 Unknown user <a@b.example> (C34 7Q2F)", "user_unknown", "C34"},
		{"<a@b.example>: host mx.b.example[192.0.2.1] said: 550 5.1.1 Unknown user <a@b.example> (C34 7Q2F) (in reply to RCPT TO command)", "user_unknown", "C34"},
		{"552 5.2.2 mailbox full (C34 7Q2F)", "mailbox_full", ""},
		{"450 5.1.1 Unknown user <a@b.example> (C34 7Q2F)", "user_unknown", ""},
		{"554 5.7.1 Tagged as Spam by SpamAssassin (C34 7Q2F)", "spam_content", ""},
		{"550 5.1.1 Unknown user <a@b.example> (Z99 7Q2F)", "user_unknown", ""},
		/* Without the mark these words would be the spam filter's. */
		{"554 5.7.1 Rejected by a local rule - looks like spam (C41 7Q2F)", "policy_refused", "C41"},
		{"554 5.7.1 Rejected by a local rule - looks like spam", "spam_content", ""},
	};
	/* clang-format on */
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		const char *const text = rows[i].text;
		const struct nixie_report_info *const info = nixie_report_info(r);
		if (nixie_read(r, text, strlen(text), NIXIE_INPUT_TEXT) != NIXIE_OK ||
			info->outcome_count != 1) {
			tap_ok(false, "false mark: read %s", text);
			continue;
		}
		const struct nixie_outcome *const o = &info->outcomes[0];
		tap_is_str(((struct str){o->reason.ptr, o->reason.len}), str_of(rows[i].reason),
			"reason of %s", text);
		tap_ok(o->condition.len == strlen(rows[i].condition) &&
				(o->condition.len == 0 ||
					memcmp(o->condition.ptr, rows[i].condition, 3) == 0),
			"condition of %s", text);
	}
}

static void
test_styles(void)
{
	const struct condition_line today = condition_line(CONDITION_QUEUE_FAILED, REPLY_MODERN),
				    then = condition_line(CONDITION_QUEUE_FAILED, REPLY_DOCUMENTED),
				    new = condition_line(
					    CONDITION_TOO_MANY_ERRORS, REPLY_DOCUMENTED);
	tap_is_int(today.reply, 451, "what may pass is temporary today");
	tap_is_str(today.enhanced, STR("4.3.0"), "... with its enhanced code");
	tap_is_int(then.reply, 554, "and final in the document");
	tap_ok(!str_is_set(then.enhanced), "... which knows no enhanced codes");
	tap_is_int(new.reply, 421, "what the document lacks is said as today");
	tap_ok(!str_is_set(new.enhanced), "... without an enhanced code");
	size_t texts = 0;
	for (int lang = 0; lang < LANG__COUNT; lang++)
		for (int c = 0; c < CONDITION__COUNT; c++) {
			const struct condition_words_row *const w =
				catalogue_condition_words((enum lang)lang, (enum condition)c);
			texts += w->title.len > 0 && w->trigger.len > 0 &&
				 (!catalogue_conditions[c].is_refusal ||
					 (w->sender.len > 0 && w->admin.len > 0));
		}
	tap_is_int(texts, LANG__COUNT * CONDITION__COUNT, "each is explained in each language");
	/* What a language lacks is the English row: one text in the pool. */
	for (int lang = 0; lang < LANG__COUNT; lang++) {
		size_t own = 0;
		for (int c = 0; c < CONDITION__COUNT; c++)
			own += catalogue_condition_words((enum lang)lang, (enum condition)c)
				       ->trigger.at !=
			       catalogue_condition_words(LANG_EN, (enum condition)c)->trigger.at;
		tap_is_int(own, lang == LANG_EN ? 0 : CONDITION__COUNT, "%s: in its own words",
			catalogue_lang_tag((enum lang)lang).ptr);
	}
}

int
main(void)
{
	struct nixie_report *const r = nixie_report_new();
	test_find();
	test_lines();
	test_marks();
	test_styles();
	test_read(r);
	test_false_marks(r);
	nixie_report_free(r);
	return tap_done();
}
