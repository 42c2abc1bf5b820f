/*
 * What a report says is what a reader makes of it: every phrase, code, provider's code and
 * condition of the catalogue as an answer, temporary and permanent, delayed, given up and expired,
 * in every language.
 * usage: test_report_round [FOLDER]    some of the reports are written there, for other readers,
 * and what they tell into FOLDER/told: file, recipient, action, status in the answer
 */
#include "../unit/tap.h"
#include "cases.h"
#include "report/summary.h"

#include <stdlib.h>

#define TOLD_MAX 20 /* failures that are shown */

static struct arena arena;
static struct buf report;
static struct nixie_report *reader;
static size_t reports, failures;
static const char *folder; /* NULL: nothing is written */
static FILE *told_file;
static unsigned written;
static bool is_wanted; /* there: not every one of tens of thousands */

static struct str
str_in(struct nixie_str s)
{
	return (struct str){s.ptr, s.len};
}

/* Absent and empty are one here. */
static bool
same(struct nixie_str a, struct nixie_str b)
{
	return str_eq(str_in(a), str_in(b));
}

static void
tell(const char *what, struct str diagnostic, struct nixie_str want, struct nixie_str got)
{
	if (failures++ >= TOLD_MAX)
		return;
	printf("# differs: %s\n", what);
	tap_show("answer", diagnostic);
	tap_show("  told", str_in(want));
	tap_show("  read", str_in(got));
}

static struct nixie_str
number_text(int64_t n, char *room)
{
	const struct str s = str_digits(n, room);
	return (struct nixie_str){s.ptr, s.len};
}

static void
compare(const struct nixie_outcome *told, const struct nixie_outcome *read, struct str answer)
{
	char room_a[STR_DIGITS_MAX], room_b[STR_DIGITS_MAX];
#define TEXT(field)                                                                                \
	if (!same(told->field, read->field))                                                       \
		tell(#field, answer, told->field, read->field);
	TEXT(recipient)
	TEXT(original_recipient)
	TEXT(status)
	TEXT(diagnostic)
	TEXT(remote_mta)
	TEXT(remote_ip)
	TEXT(refuser_name)
	TEXT(provider)
	TEXT(blocklist)
	TEXT(blocked_ip)
	TEXT(reason)
	TEXT(condition)
	TEXT(session)
#undef TEXT
#define TEXT(field)                                                                                \
	if ((int64_t)told->field != (int64_t)read->field)                                          \
		tell(#field, answer, number_text((int64_t)told->field, room_a),                    \
			number_text((int64_t)read->field, room_b));
	TEXT(action)
	TEXT(is_final)
	TEXT(is_expired)
	TEXT(reply_code)
	TEXT(said)
	TEXT(stage)
	TEXT(refuser)
	TEXT(verdict)
	TEXT(confidence)
	TEXT(retry_after_s)
#undef TEXT
}

/* A status that stands in the answer itself: "550 5.1.1 ...", "4.4.2 ...". */
static struct str
status_of(struct str answer)
{
	size_t n = 0;
	if (answer.len > 4 && answer.ptr[3] == ' ')
		answer = str_from(answer, 4);
	while (n < answer.len &&
		(ascii_is_digit((unsigned char)answer.ptr[n]) || answer.ptr[n] == '.'))
		n++;
	return n > 4 && answer.ptr[0] != '2' ? str_head(answer, n) : STR("-");
}

static void
keep(const struct nixie_outcome *o, struct str answer)
{
	char path[1100];
	if (folder == NULL || !is_wanted || report_is_8bit(buf_str(&report)))
		return;
	snprintf(path, sizeof path, "%s/%05u.eml", folder, ++written);
	FILE *const f = fopen(path, "wb");
	if (f == NULL || fwrite(report.ptr, 1, report.len, f) != report.len || fclose(f) != 0)
		exit(2);
	const struct str in_answer = status_of(answer);
	fprintf(told_file, "%05u.eml\t%.*s\t%s\t%.*s\n", written, (int)o->recipient.len,
		o->recipient.ptr, nixie_action_name(o->action), (int)in_answer.len, in_answer.ptr);
}

static void
round_trip(const struct report_facts *f)
{
	const struct str none = STR("");
	reports++;
	arena_reset(&arena);
	buf_clear(&report);
	struct nixie_outcome told;
	report_judge(f, &f->recipients[0], &arena, &told);
	const struct str answer =
		f->recipients[0].attempt_count > 0 ? f->recipients[0].attempts[0].answer : none;
	if (!report_write(f, &arena, &report) ||
		nixie_read(reader, report.ptr, report.len, NIXIE_INPUT_MESSAGE) != NIXIE_OK) {
		tell("not written or not read", answer, (struct nixie_str){0},
			(struct nixie_str){0});
		return;
	}
	const struct nixie_report_info *const info = nixie_report_info(reader);
	const enum nixie_kind kind = told.action == NIXIE_ACTION_FAILED    ? NIXIE_KIND_FAILURE
				     : told.action == NIXIE_ACTION_DELAYED ? NIXIE_KIND_DELAY
									   : NIXIE_KIND_SUCCESS;
	char room_a[STR_DIGITS_MAX], room_b[STR_DIGITS_MAX];
	if (info->kind != kind)
		tell("kind", answer, number_text(kind, room_a), number_text(info->kind, room_b));
	if (info->outcome_count != f->recipient_count) {
		tell("recipients", answer, number_text((int64_t)f->recipient_count, room_a),
			number_text((int64_t)info->outcome_count, room_b));
		return;
	}
	const struct str message_id =
		f->original.len > 0 ? STR("<20261122100000.1@a.example>") : STR("");
	if (!str_eq(str_in(info->original.message_id), message_id) ||
		!str_eq(str_in(info->original.envelope_from), f->sender) ||
		!str_eq(str_in(info->reporting_mta), f->hostname))
		tell("message", answer, info->original.message_id, info->reporting_mta);
	compare(&told, &info->outcomes[0], answer);
	if (f->recipient_count == 1)
		keep(&told, answer);
}

/* The answer, given up, delayed and expired. */
static void
try_answer(struct str answer, enum nixie_stage stage, struct str host, enum condition condition,
	enum lang lang)
{
	const bool is_answer = condition == ATTEMPT_ANSWERED;
	const struct attempt t = {.at_ms = NOW - MINUTE,
		.stage = stage,
		.condition = condition,
		.host = host,
		.ip = is_answer ? STR("192.0.2.25") : STR_NONE,
		.tls = STR(TLS13),
		.answer = answer};
	struct report_recipient r = {
		.final = STR("bob@b.example"), .attempts = &t, .attempt_count = 1};
	struct report_facts f = case_facts(&cases[0]);
	f.lang = lang;
	f.recipients = &r;
	r.action = NIXIE_ACTION_FAILED;
	round_trip(&f);
	if (!is_answer) { /* to a stranger this server is the other side */
		f.is_from_outside = f.is_sender_elsewhere = true;
		round_trip(&f);
	}
	if (answer.len > 0 && answer.ptr[0] != '5') {
		r.is_expired = true;
		round_trip(&f);
		r.is_expired = false;
		r.action = NIXIE_ACTION_DELAYED;
		r.will_retry_until_ms = NOW + 432000000;
		round_trip(&f);
	}
}

/* Our own answer to somebody who signed in, with and without what was meant. */
static void
try_notice(struct str answer, enum nixie_stage stage, enum lang lang)
{
	struct report_facts f = case_facts(&cases[0]);
	const struct attempt t = {.at_ms = NOW - MINUTE,
		.stage = stage,
		.condition = ATTEMPT_ANSWERED,
		.answer = answer};
	struct report_recipient r = {.action = NIXIE_ACTION_FAILED,
		.final = STR("bob@b.example"),
		.attempts = &t,
		.attempt_count = 1};
	f.lang = lang;
	f.about = STR("7Q2F");
	f.is_notice = true;
	f.recipients = &r;
	round_trip(&f);
	f.original = STR("");
	f.original_bytes = 0;
	round_trip(&f);
	r.final = STR("");
	round_trip(&f);
}

static struct str
join(const char *head, struct str status, struct str words, char *room, size_t size)
{
	const int n = snprintf(room, size, "%s %.*s%s%.*s", head, (int)status.len,
		status.len > 0 ? status.ptr : "", status.len > 0 ? " " : "", (int)words.len,
		words.ptr);
	return (struct str){room, (size_t)n < size ? (size_t)n : size - 1};
}

static void
done(const char *what, size_t least)
{
	tap_ok(reports >= least, "%s: %zu reports", what, reports);
	tap_is_int(failures, 0, "... each is read as what it told");
	reports = failures = 0;
}

static void
test_phrases(void)
{
	char room[600];
	for (size_t i = 0; i < CATALOGUE_PHRASES; i++) {
		const struct phrase_row *const p = &catalogue_phrases[i];
		if (p->where == WHERE_SUBJECT || p->where == WHERE_FROM ||
			p->where == WHERE_HEADER || p->where == WHERE_RECEIVED ||
			p->where == WHERE_MESSAGE_ID)
			continue;
		const struct reason_row *const why = &catalogue_reasons[p->reason];
		const struct str words = catalogue_text(p->phrase);
		const enum lang lang = (enum lang)(i % LANG__COUNT);
		const enum nixie_stage stage = (enum nixie_stage)(1 + i % NIXIE_STAGE_END_OF_DATA);
		try_answer(join("550", catalogue_text(why->status_permanent), words, room,
				   sizeof room),
			stage, STR("mx1.b.example"), ATTEMPT_ANSWERED, lang);
		try_answer(join("451", catalogue_text(why->status_temporary), words, room,
				   sizeof room),
			stage, STR("mx1.b.example"), ATTEMPT_ANSWERED, lang);
	}
	done("phrases", 10000);
}

static void
test_reasons(void)
{
	char room[600];
	for (int lang = 0; lang < LANG__COUNT; lang++)
		for (size_t k = 0; k < REASON__COUNT; k++) {
			const struct reason_row *const why = &catalogue_reasons[k];
			const struct str five = catalogue_text(why->status_permanent),
					 four = catalogue_text(why->status_temporary);
			for (size_t i = 0; i < CATALOGUE_PHRASES; i++) {
				const struct phrase_row *const p = &catalogue_phrases[i];
				if (p->reason != k || p->strength < STRENGTH_STRONG ||
					p->where > WHERE_REPLY)
					continue;
				const struct str words = catalogue_text(p->phrase);
				for (int stage = 0; stage <= NIXIE_STAGE_END_OF_DATA; stage++) {
					is_wanted = stage == NIXIE_STAGE_RCPT;
					try_answer(join("550", five, words, room, sizeof room),
						(enum nixie_stage)stage, STR("mx1.b.example"),
						ATTEMPT_ANSWERED, (enum lang)lang);
					try_answer(join("451", four, words, room, sizeof room),
						(enum nixie_stage)stage, STR("mx1.b.example"),
						ATTEMPT_ANSWERED, (enum lang)lang);
				}
				break;
			}
		}
	is_wanted = false;
	done("reasons, by step and language", 5000);
}

static void
test_codes(void)
{
	char room[600], code[16];
	for (unsigned n = 400; n < 600; n++)
		if (catalogue_reply_find(n) != NULL) {
			snprintf(code, sizeof code, "%u", n);
			try_answer(join(code, STR_NONE, STR("no"), room, sizeof room),
				NIXIE_STAGE_MAIL, STR("mx1.b.example"), ATTEMPT_ANSWERED,
				(enum lang)(n % LANG__COUNT));
		}
	for (size_t i = 0; i < CATALOGUE_ENHANCED; i++)
		for (int class = 4; class <= 5; class ++) {
			char status[20];
			snprintf(status, sizeof status, "%d.%u.%u", class,
				catalogue_enhanced[i].subject, catalogue_enhanced[i].detail);
			try_answer(join(class == 4 ? "451" : "550", str_of(status),
					   STR("<bob@b.example>"), room, sizeof room),
				NIXIE_STAGE_RCPT, STR("mx1.b.example"), ATTEMPT_ANSWERED,
				(enum lang)(i % LANG__COUNT));
		}
	done("codes", 300);
}

static void
test_providers(void)
{
	char room[600];
	for (size_t i = 0; i < CATALOGUE_PROVIDERS; i++) {
		const struct provider_row *const p = &catalogue_providers[i];
		for (size_t k = 0; k < p->codes && k < 3; k++) {
			const struct provider_code_row *const c =
				&catalogue_provider_codes[p->codes_from + k];
			char code[16], host[300], status[24] = "";
			const struct str name = catalogue_text(p->host);
			snprintf(code, sizeof code, "%u", c->reply_code > 0 ? c->reply_code : 550);
			snprintf(host, sizeof host, "mx.%.*s", (int)name.len, name.ptr);
			if (c->class > 0 && c->subject < 255)
				snprintf(status, sizeof status, "%u.%u.%u", c->class, c->subject,
					c->detail_from);
			try_answer(join(code, str_of(status), catalogue_text(c->pattern), room,
					   sizeof room),
				NIXIE_STAGE_END_OF_DATA, str_of(host), ATTEMPT_ANSWERED,
				(enum lang)(i % LANG__COUNT));
		}
	}
	done("codes of providers", 200);
}

static void
test_conditions(void)
{
	struct arena words;
	arena_init(&words, 8 << 20);
	const struct attempt_blanks b = {.domain = STR("b.example"),
		.host = STR("mx1.b.example"),
		.ip = STR("192.0.2.25"),
		.rcpt = STR("bob@b.example"),
		.sender = STR("ann@a.example"),
		.address = STR("bobby@c.example"),
		.list = STR("zen.spamhaus.org"),
		.text = STR("not during the night"),
		.user = STR("ann"),
		.helo = STR("mail.a.example"),
		.verb = STR("ETRN"),
		.parameter = STR("RET"),
		.mechanism = STR("PLAIN"),
		.id = STR("4XyZ1k"),
		.seconds = 300,
		.limit = 512,
		.kb = 31000,
		.max_kb = 20480,
		.days = 7,
		.line = 3};
	for (int lang = 0; lang < LANG__COUNT; lang++)
		for (int c = 0; c < CONDITION__COUNT; c++) {
			const struct condition_line line =
				condition_line((enum condition)c, REPLY_MODERN);
			const struct str own = attempt_words((enum condition)c, &b, &words);
			char room[1000], code[16];
			if (!catalogue_conditions[c].is_refusal)
				continue;
			is_wanted = lang == c % LANG__COUNT;
			arena_reset(&arena);
			/* found here */
			try_answer(own, NIXIE_STAGE_NONE, STR_NONE, (enum condition)c,
				(enum lang)lang);
			/* said by another nixied */
			if (line.reply == 0)
				continue;
			snprintf(code, sizeof code, "%u", line.reply);
			const struct str id = catalogue_text(catalogue_conditions[c].id);
			struct str reply = join(code, STR_NONE, own, room, sizeof room - 40);
			const int n = snprintf(room + reply.len, sizeof room - reply.len,
				" (%.*s 7Q2F)", (int)id.len, id.ptr);
			reply.len += (size_t)n;
			try_answer(reply, NIXIE_STAGE_RCPT, STR("mx1.b.example"), ATTEMPT_ANSWERED,
				(enum lang)lang);
			/* said by this one, to its own people */
			is_wanted = false;
			if (line.reply >= 500)
				for (int s = NIXIE_STAGE_MAIL; s <= NIXIE_STAGE_END_OF_DATA; s++)
					try_notice(reply, (enum nixie_stage)s, (enum lang)lang);
		}
	arena_fini(&words);
	is_wanted = false;
	done("conditions", 8000);
}

static void
test_cases(void)
{
	for (size_t i = 0; i < COUNT(cases); i++) {
		const struct report_facts f = case_facts(&cases[i]);
		round_trip(&f);
		const struct nixie_report_info *const info = nixie_report_info(reader);
		for (size_t k = 1; k < f.recipient_count && k < info->outcome_count; k++) {
			struct nixie_outcome told;
			report_judge(&f, &f.recipients[k], &arena, &told);
			compare(&told, &info->outcomes[k], STR("several"));
		}
		if (cases[i].envelope_id != NULL)
			tap_is_str(str_in(info->original.envelope_id),
				i == 6 ? STR("QQ314159") : STR("a+b"), "%s: its ENVID",
				cases[i].name);
	}
	done("cases", COUNT(cases));
}

/* Failures of many messages told in one: every recipient is read as in a report of its own. */
static void
test_summary(enum lang lang)
{
	static struct attempt attempts[REASON__COUNT];
	static struct report_recipient recipients[REASON__COUNT];
	static struct str subjects[REASON__COUNT];
	static char answers[REASON__COUNT][600], ids[REASON__COUNT][20], names[REASON__COUNT][40];
	size_t count = 0;
	for (size_t i = 0; i < CATALOGUE_PHRASES && count < REASON__COUNT; i++) {
		const struct phrase_row *const p = &catalogue_phrases[i];
		if (p->reason != count || p->strength < STRENGTH_STRONG || p->where > WHERE_REPLY)
			continue;
		attempts[count] = (struct attempt){.at_ms = NOW - MINUTE,
			.stage = NIXIE_STAGE_RCPT,
			.condition = ATTEMPT_ANSWERED,
			.host = STR("mx1.b.example"),
			.ip = STR("192.0.2.25"),
			.answer = join("550",
				catalogue_text(catalogue_reasons[count].status_permanent),
				catalogue_text(p->phrase), answers[count], sizeof answers[count])};
		snprintf(ids[count], sizeof ids[count], "7K2M9QX1AB%zu", count);
		snprintf(names[count], sizeof names[count], "bob%zu@b.example", count);
		recipients[count] = (struct report_recipient){.action = NIXIE_ACTION_FAILED,
			.final = str_of(names[count]),
			.original = STR_NONE,
			.attempts = &attempts[count],
			.attempt_count = 1,
			.about = str_of(ids[count])};
		subjects[count++] = STR("Mailbox full? User unknown");
		i = (size_t)-1; /* the first phrase of the next */
	}
	struct report_facts f = case_facts(&cases[0]);
	const struct summary_facts all = {.hostname = f.hostname,
		.postmaster = f.postmaster,
		.id = STR("REPORT1"),
		.to = f.sender,
		.now_ms = NOW,
		.lang = lang,
		.recipients = recipients,
		.subjects = subjects,
		.count = count};
	arena_reset(&arena);
	buf_clear(&report);
	reports += count;
	tap_ok(summary_write(&all, &arena, &report) &&
			nixie_read(reader, report.ptr, report.len, NIXIE_INPUT_MESSAGE) == NIXIE_OK,
		"many in one");
	const struct nixie_report_info *const info = nixie_report_info(reader);
	tap_is_int(info->kind, NIXIE_KIND_FAILURE, "... a failure");
	tap_is_int(info->outcome_count, count, "... of each");
	f.about = STR("");
	f.to = f.sender;
	for (size_t i = 0; i < count && i < info->outcome_count; i++) {
		struct nixie_outcome told;
		report_judge(&f, &recipients[i], &arena, &told);
		compare(&told, &info->outcomes[i], attempts[i].answer);
	}
}

static void
folder_open(const char *path)
{
	char name[1100];
	folder = path;
	snprintf(name, sizeof name, "%s/told", path);
	told_file = fopen(name, "w");
	if (told_file == NULL)
		exit(2);
}

int
main(int argc, char **argv)
{
	if (argc > 1)
		folder_open(argv[1]);
	arena_init(&arena, 64 << 20);
	buf_init(&report, 64 << 20);
	reader = nixie_report_new();
	if (reader == NULL)
		return 2;
	test_cases();
	test_reasons();
	test_codes();
	test_providers();
	test_conditions();
	for (int lang = 0; lang < LANG__COUNT; lang++)
		test_summary((enum lang)lang);
	done("many in one", 100);
	test_phrases();
	nixie_report_free(reader);
	buf_fini(&report);
	arena_fini(&arena);
	if (told_file != NULL && fclose(told_file) != 0)
		return 2;
	return tap_done();
}
