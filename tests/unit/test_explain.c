#include "base/charset.h"
#include "explain/explain.h"
#include "tap.h"

#define ARENA_LIMIT_BYTES ((size_t)16 << 20)

static struct nixie_str
text(const char *s)
{
	return (struct nixie_str){s, strlen(s)};
}

static void
test_fill(struct arena *a)
{
	const struct fill all = {.rcpt = STR_INIT("a@b.example"),
		.rdom = STR_INIT("b.example"),
		.ip = STR_INIT("192.0.2.1"),
		.quote = STR_INIT("550\r\nno\x1B[31m\x7F")};
	const struct fill none = {.rcpt = STR_NONE};
	/* clang-format off */
	const struct {
		const char *name;
		struct str sentence;
		const struct fill *facts;
		struct str want;
	} rows[] = {
		{"no placeholder", STR("Plain."), &all, STR("Plain.")},
		{"one", STR("Mail to {rcpt} failed."), &all, STR("Mail to a@b.example failed.")},
		{"side by side", STR("{rcpt}{ip}"), &all, STR("a@b.example192.0.2.1")},
		{"a fact keeps its first letter", STR("{rcpt} is unknown."), &all, STR("a@b.example is unknown.")},
		{"a stand-in", STR("Mail to {rcpt} failed."), &none, STR("Mail to the recipient failed.")},
		{"a stand-in begins a sentence", STR("{rcpt} is unknown. {theirs} said so."), &none,
			STR("The recipient is unknown. The receiving server said so.")},
		{"a stand-in behind a question", STR("Why? {rcpt} knows."), &none, STR("Why? The recipient knows.")},
		{"a stand-in in the middle", STR("So {rcpt} said"), &none, STR("So the recipient said")},
		{"the postmaster", STR("Write to postmaster@{rdom}."), &all, STR("Write to postmaster@b.example.")},
		{"no postmaster", STR("Write to postmaster@{rdom}."), &none,
			STR("Write to \"postmaster@\" followed by the part of the address after the @.")},
		{"control characters", STR("It said {quote}."), &all, STR("It said 550  no [31m .")},
		{"words that were not given", STR("It failed. It said: {quote}"), &none, STR("It failed.")},
		{"words that were not given, in the middle", STR("It failed. It said: {quote}. So it is."), &none, STR("It failed. So it is.")},
		{"words that were not given, alone", STR("It said: {quote}"), &none, STR("It said: (no words were given)")},
		{"never closed", STR("a {rcpt"), &all, STR("a {rcpt")},
		{"empty", STR(""), &all, STR("")},
	};
	/* clang-format on */
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
		tap_is_str(fill_text(rows[i].sentence, rows[i].facts, LANG_EN, a), rows[i].want,
			"fill: %s", rows[i].name);
	tap_is_str(fill_key(STR("no.such.key"), &all, LANG_EN, a), STR_NONE, "fill: no such key");
	/* A long fact is cut, but not inside a character. */
	static char room[3001];
	for (size_t shift = 0; shift < 3; shift++) {
		memset(room, 'x', shift);
		for (size_t i = shift; i + 3 <= sizeof room; i += 3)
			memcpy(room + i, "\xE3\x81\x82", 3);
		const struct fill long_one = {.quote = {room, shift + 2997}};
		const struct str got = fill_text(STR("\"{quote}\""), &long_one, LANG_EN, a);
		tap_ok(got.len < 2997 && utf8_valid(got), "fill: cut between characters, %zu",
			shift);
	}
}

/* What every sentence for people must be. */
static void
check_sentence(struct str s, const char *what, const char *key, enum lang lang, unsigned *bad)
{
	/* Names such as hMailServer may, and commands in languages without capitals. */
	const bool begins_small = lang == LANG_EN && s.len > 1 && s.ptr[0] >= 'a' &&
				  s.ptr[0] <= 'z' && !(s.ptr[1] >= 'A' && s.ptr[1] <= 'Z');
	if (str_has(s, STR("{")) || str_has(s, STR("}")) || str_has(s, STR("  ")) ||
		str_has(s, STR(" | ")) || str_has(s, STR("..")) || begins_small || !utf8_valid(s)) {
		printf("# %s of %s: ", what, key);
		tap_show("", s);
		(*bad)++;
	}
}

static void
check_steps(const struct steps *s, const char *key, enum lang lang, unsigned *bad)
{
	for (size_t i = 0; i < s->count; i++) {
		check_sentence(s->list[i], "step", key, lang, bad);
		*bad += str_starts(s->list[i], STR("[")); /* a mark is for the program */
	}
}

static void
check_explanation(const struct explanation *e, const char *name, enum lang lang, unsigned *bad)
{
	const struct {
		const char *name;
		struct str text;
	} parts[] = {{"headline", e->headline}, {"happened", e->happened}, {"why", e->why},
		{"refused_by", e->refused_by}, {"step", e->step}, {"next", e->next},
		{"disagree", e->disagree}, {"last_answer", e->last_answer}, {"verdict", e->verdict},
		{"whose_move", e->whose_move}, {"sure", e->sure}, {"write_to", e->write_to},
		{"advice", e->advice}, {"links", e->links}, {"backscatter", e->backscatter}};
	for (size_t i = 0; i < sizeof parts / sizeof *parts; i++)
		check_sentence(parts[i].text, parts[i].name, name, lang, bad);
	check_steps(&e->sender, name, lang, bad);
	check_steps(&e->sending_admin, name, lang, bad);
	check_steps(&e->receiving_admin, name, lang, bad);
	if (e->headline.len == 0 || e->happened.len == 0 || e->sender.count == 0) {
		printf("# %s: no headline, nothing happened or nothing to do\n", name);
		(*bad)++;
	}
}

static struct nixie_outcome
outcome_of(const char *reason, bool has_facts)
{
	struct nixie_outcome o = {.retry_after_s = -1, .reason = text(reason), .confidence = 90};
	if (!has_facts)
		return o;
	o.recipient = text("Ann@B.example");
	o.remote_mta = text("Mx.b.example");
	o.remote_ip = text("192.0.2.1");
	o.blocked_ip = text("192.0.2.9");
	o.blocklist = text("Spamhaus ZEN");
	o.blocklist_link = text("https://check.spamhaus.org/");
	o.provider = text("Gmail");
	o.diagnostic = text("550 5.7.1 No https://b.example");
	o.status = text("5.7.1");
	o.status_origin = NIXIE_ORIGIN_STATED;
	o.reply_code = 550;
	o.retry_after_s = 300;
	o.will_retry_until = text("2024-01-01T00:00:00+00:00");
	return o;
}

/* Every reason, refuser, action and answer, in every language, with facts and without. */
static void
test_reasons(void)
{
	struct nixie_report_info info = {.kind = NIXIE_KIND_FAILURE};
	for (int reason = 0; reason < REASON__COUNT; reason++) {
		const char *const name = catalogue_text(catalogue_reasons[reason].name).ptr;
		unsigned bad = 0;
		for (unsigned i = 0; i < 2 * 8 * 3 * 4 * 4 * LANG__COUNT; i++) {
			struct arena a;
			struct explanation e;
			struct nixie_outcome o = outcome_of(name, i % 2);
			o.refuser = (enum nixie_refuser)(i / 2 % 8);
			o.action = i / 16 % 3 == 0   ? NIXIE_ACTION_FAILED
				   : i / 16 % 3 == 1 ? NIXIE_ACTION_DELAYED
						     : NIXIE_ACTION_NONE;
			o.is_final = o.action == NIXIE_ACTION_FAILED;
			o.is_expired = o.is_final && i % 2;
			o.said = (enum nixie_said)(i / 48 % 4);
			o.verdict = (enum nixie_verdict)(i / 192 % 4);
			o.stage = (enum nixie_stage)(i % 9);
			info.reporting_mta = text(i % 2 ? "Out.me.example" : "");
			arena_init(&a, ARENA_LIMIT_BYTES);
			explain_outcome(&info, &o, (enum lang)(i / 768), &a, &e);
			if (bad < 5)
				check_explanation(&e, name, (enum lang)(i / 768), &bad);
			arena_fini(&a);
		}
		tap_ok(bad == 0, "reason %s: rendered", name);
	}
}

static void
test_kinds(void)
{
	for (int kind = 0; kind <= NIXIE_KIND_RECEIPT; kind++)
		for (int lang = 0; lang < LANG__COUNT; lang++) {
			const struct nixie_report_info info = {.kind = (enum nixie_kind)kind};
			const char *const name = nixie_kind_name(info.kind);
			struct arena a;
			struct explanation e;
			unsigned bad = 0;
			if (kind == NIXIE_KIND_FAILURE) /* always has an outcome */
				continue;
			arena_init(&a, ARENA_LIMIT_BYTES);
			explain_kind(&info, (enum lang)lang, &a, &e);
			check_explanation(&e, name, (enum lang)lang, &bad);
			tap_ok(bad == 0, "kind %s in language %d: rendered", name, lang);
			arena_fini(&a);
		}
}

/* The list that is named has its own next step, and gives way to a provider's code. */
static void
test_list_advice(const struct nixie_report_info *info, struct arena *a)
{
	struct explanation e;
	struct nixie_outcome o = outcome_of("dynamic_ip", true);
	o.action = NIXIE_ACTION_FAILED;
	o.blocklist = text("Spamhaus PBL");
	explain_outcome(info, &o, LANG_EN, a, &e);
	tap_ok(str_starts(e.advice, STR("The PBL is a policy")), "list: what a listing means");
	tap_ok(str_has(e.advice, STR("Do not ask for removal: send through")),
		"list: ... and the next step");
	o.blocklist = text("Spamhaus SBL");
	o.reason = text("ip_blocklisted");
	explain_outcome(info, &o, LANG_EN, a, &e);
	tap_ok(str_has(e.advice, STR("Only the network that owns the address")),
		"list: another list, another step");
	o.reason = text("auth_failure");
	explain_outcome(info, &o, LANG_EN, a, &e);
	tap_ok(e.advice.len == 0, "list: one that is not why is not spoken of");
	o.reason = text("ip_blocklisted");
	o.blocklist = text("No Such List");
	explain_outcome(info, &o, LANG_EN, a, &e);
	tap_ok(e.advice.len == 0, "list: none that nobody knows");
}

static void
test_outcome(struct arena *a)
{
	struct nixie_report_info info = {.kind = NIXIE_KIND_FAILURE};
	struct explanation e;
	struct nixie_outcome o = outcome_of("user_unknown", true);
	o.action = NIXIE_ACTION_FAILED;
	o.refuser = NIXIE_REFUSER_REMOTE_SERVER;
	explain_outcome(&info, &o, LANG_EN, a, &e);
	tap_is_str(e.key, STR("user_unknown"), "outcome: the key");
	tap_ok(str_has(e.headline, STR("Ann@B.example")), "outcome: names the recipient");
	tap_is_str(e.facts.rdom, STR("B.example"), "outcome: the domain");
	tap_is_str(e.facts.code, STR("550 5.7.1"), "outcome: the code");
	tap_is_str(e.quote, STR("550 5.7.1 No https://b.example"), "outcome: the quote");
	tap_ok(e.links.len > 0, "outcome: warns of links");
	const struct provider_code_row *row = catalogue_provider_codes;
	while (row->advice.len == 0)
		row++;
	const struct advice_row *const english = catalogue_advice(LANG_EN, row->advice);
	const struct advice_row *const german = catalogue_advice(LANG_DE, row->advice);
	const struct str id = catalogue_text(row->id);
	const struct nixie_evidence why = {
		.decided = text("reason"), .rule = {id.ptr, id.len}, .offset = -1};
	tap_ok(e.advice.len == 0, "outcome: no advice of a provider that did not decide");
	o.evidence = &why;
	o.evidence_count = 1;
	explain_outcome(&info, &o, LANG_EN, a, &e);
	tap_is_str(e.advice, catalogue_text(english->advice), "outcome: the provider's advice");
	explain_outcome(&info, &o, LANG_DE, a, &e);
	tap_is_str(e.advice, catalogue_text(german->advice), "... in the language");
	test_list_advice(&info, a);
	o.action = NIXIE_ACTION_DELIVERED;
	explain_outcome(&info, &o, LANG_EN, a, &e);
	tap_is_str(e.key, STR("kind/success"), "outcome: delivered");
	static const struct {
		int64_t seconds;
		const char *want;
	} waits[] = {{45, "45 seconds"}, {300, "5 minutes"}, {60, "1 minute"}, {90, "90 seconds"},
		{3600, "1 hour"}, {5400, "90 minutes"}, {86400, "1 day"}, {129600, "36 hours"},
		{172800, "2 days"}, {0, "0 seconds"}};
	for (size_t i = 0; i < sizeof waits / sizeof *waits; i++) {
		o = outcome_of("greylisted", false);
		o.retry_after_s = waits[i].seconds;
		explain_outcome(&info, &o, LANG_EN, a, &e);
		tap_is_str(e.facts.wait, str_of(waits[i].want), "outcome: wait %d s",
			(int)waits[i].seconds);
	}
}

/* What is said once need not be said again, and what was not said is not quoted: in all languages.
 */
static void
test_no_repetition(struct arena *a)
{
	const struct nixie_report_info info = {.kind = NIXIE_KIND_FAILURE};
	for (int l = 0; l < LANG__COUNT; l++) {
		const enum lang lang = (enum lang)l;
		const char *const tag = catalogue_lang_tag(lang).ptr;
		const struct str absent = catalogue_sentence(lang, STR("absent.quote"));
		struct explanation e;
		struct nixie_outcome o = outcome_of("login_failed", true);
		o.refuser = NIXIE_REFUSER_OWN_SERVER;
		explain_outcome(&info, &o, lang, a, &e);
		tap_ok(e.refused_by.len == 0, "%s: one's own server is named once", tag);
		o.refuser = NIXIE_REFUSER_REMOTE_SERVER;
		explain_outcome(&info, &o, lang, a, &e);
		tap_ok(e.refused_by.len > 0, "%s: the other side is named", tag);
		o = outcome_of("expired", false);
		o.action = NIXIE_ACTION_FAILED;
		o.is_final = o.is_expired = true;
		explain_outcome(&info, &o, lang, a, &e);
		tap_is_str(e.key, STR("expired/silent"), "%s: expired without a word", tag);
		static const char *const reasons[] = {
			"expired", "unknown", "system_error", "malformed_message"};
		bool is_quoted = false;
		for (size_t i = 0; i < sizeof reasons / sizeof *reasons; i++) {
			o = outcome_of(reasons[i], false);
			explain_outcome(&info, &o, lang, a, &e);
			is_quoted =
				is_quoted || str_has(e.happened, absent) || str_has(e.why, absent);
		}
		tap_ok(!is_quoted, "%s: words that were not given are not quoted", tag);
		o = outcome_of("dmarc_failure", false);
		explain_outcome(&info, &o, lang, a, &e);
		bool has_name = false;
		for (size_t i = 0; i < e.sending_admin.count; i++)
			has_name = has_name || str_has(e.sending_admin.list[i], STR("_dmarc."));
		tap_ok(!has_name, "%s: no host name is made of a domain that is not known", tag);
	}
}

/* Each language has its own words for times. */
static void
test_times(struct arena *a)
{
	static const struct {
		enum lang lang;
		int64_t seconds;
		const char *want;
	} rows[] = {{LANG_DE, 129600, "36 Stunden"}, {LANG_DE, 432000, "5 Tagen"},
		{LANG_DE, 3600, "1 Stunde"}, {LANG_FR, 432000, "5 jours"},
		{LANG_FR, 60, "1 minute"},
		{LANG_ES, 172800,
			"2 d\xC3\xAD"
			"as"},
		{LANG_PT, 7200, "2 horas"}, {LANG_JA, 300, "5\xE5\x88\x86"}};
	const struct nixie_report_info info = {.kind = NIXIE_KIND_DELAY};
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		struct nixie_outcome o = outcome_of("greylisted", false);
		struct explanation e;
		o.retry_after_s = rows[i].seconds;
		explain_outcome(&info, &o, rows[i].lang, a, &e);
		tap_is_str(e.facts.wait, str_of(rows[i].want), "time: %s", rows[i].want);
	}
}

/* The steps of `row` that are for a message that is still tried: none of them is in `e`. */
static bool
has_step_of_delay(const struct explanation *e, enum lang lang, struct arena *a)
{
	const struct explanation_row *const row = catalogue_explanation_find(lang, e->key);
	static const struct str mark = STR_INIT("[delayed] ");
	const struct str text = catalogue_text(row->sender);
	for (size_t at = 0; (at = str_find(text, mark, at)) != STR_NPOS; at += mark.len) {
		const struct str rest = str_from(text, at + mark.len);
		const struct str step = str_head(rest, str_find(rest, STR(" | "), 0));
		for (size_t i = 0; i < e->sender.count; i++)
			if (str_eq(e->sender.list[i], fill_text(step, &e->facts, lang, a)))
				return true;
	}
	return false;
}

/* Time ran out: it is somebody's move, and nobody is told to wait for tries that do not come. */
static void
test_expired(void)
{
	const struct nixie_report_info info = {.kind = NIXIE_KIND_FAILURE};
	for (int reason = 0; reason < REASON__COUNT; reason++) {
		const char *const name = catalogue_text(catalogue_reasons[reason].name).ptr;
		unsigned bad = 0;
		for (unsigned i = 0; i < 2 * 2 * 8 * 4 * LANG__COUNT; i++) {
			const enum lang lang = (enum lang)(i / 128);
			struct nixie_outcome o = outcome_of(name, i % 2);
			struct explanation e;
			struct arena a;
			o.action = NIXIE_ACTION_FAILED;
			o.is_final = true;
			o.is_expired = i / 2 % 2;
			o.refuser = (enum nixie_refuser)(i / 4 % 8);
			o.said = (enum nixie_said)(i / 32 % 4);
			arena_init(&a, ARENA_LIMIT_BYTES);
			explain_outcome(&info, &o, lang, &a, &e);
			if (str_eq(e.fixer, STR("nobody")) || e.sender.count == 0 ||
				e.whose_move.len == 0 ||
				str_eq(e.whose_move,
					catalogue_sentence(lang, STR("fixer.nobody"))) ||
				has_step_of_delay(&e, lang, &a)) {
				tap_show(name, e.whose_move);
				bad++;
			}
			arena_fini(&a);
		}
		tap_ok(bad == 0, "reason %s, given up: somebody's move, and no waiting", name);
	}
}

/* One reason, by what became of the message. */
static void
test_given_up(struct arena *a)
{
	const struct nixie_report_info info = {.kind = NIXIE_KIND_FAILURE};
	struct nixie_outcome o = outcome_of("greylisted", true);
	struct explanation e;
	o.action = NIXIE_ACTION_DELAYED;
	explain_outcome(&info, &o, LANG_EN, a, &e);
	tap_is_str(e.whose_move, STR("Nobody has to do anything."), "delayed: nobody's move");
	tap_ok(e.sender.count == 2 && str_starts(e.sender.list[0], STR("Nothing to do")),
		"delayed: nothing to do");
	o.action = NIXIE_ACTION_FAILED;
	o.is_final = true;
	explain_outcome(&info, &o, LANG_EN, a, &e);
	tap_is_str(e.fixer, STR("sender"), "given up: the sender's move");
	tap_ok(e.sender.count == 1 && str_starts(e.sender.list[0], STR("Send it once more")),
		"given up: send it again");
	o.is_expired = true;
	explain_outcome(&info, &o, LANG_EN, a, &e);
	tap_is_str(e.key, STR("greylisted/expired"), "expired: words of its own");
	tap_ok(str_starts(e.whose_move, STR("The next move is yours")), "expired: your move");
	o.reason = text("rate_limited");
	explain_outcome(&info, &o, LANG_EN, a, &e);
	tap_ok(!str_has(e.happened, STR("tried again")) &&
			str_starts(e.sender.list[0], STR("Send it again")),
		"expired: it is not said to be tried");
}

/* Who said no decides the words, and whose move it is. */
static void
test_who_refused(struct arena *a)
{
	/* clang-format off */
	static const struct {
		const char *reason, *words, *key, *fixer;
		enum nixie_refuser refuser;
	} rows[] = {
		{"login_failed", "530 Authentication required", "login_failed/required", "sender", NIXIE_REFUSER_OWN_SERVER},
		{"login_failed", "530 Authentication required", "login_failed/remote_server", "sending_admin", NIXIE_REFUSER_REMOTE_SERVER},
		{"login_failed", "too many logins", "login_failed/remote_server", "sending_admin", NIXIE_REFUSER_REMOTE_SERVER},
		{"login_failed", "SASL authentication failed", "login_failed/relay", "sending_admin", NIXIE_REFUSER_REMOTE_SERVER},
		{"sender_not_permitted", "From address is not owned", "sender_not_permitted/identity", "sender", NIXIE_REFUSER_OWN_SERVER},
		{"sender_not_permitted", "From address is not owned", "sender_not_permitted/remote_server", "sending_admin", NIXIE_REFUSER_REMOTE_SERVER},
		{"system_full", "no space", "system_full/own_server", "sending_admin", NIXIE_REFUSER_OWN_SERVER},
		{"routing_loop", "control/locals", "routing_loop/remote_server", "receiving_admin", NIXIE_REFUSER_OWN_SERVER},
	};
	/* clang-format on */
	const struct nixie_report_info info = {.kind = NIXIE_KIND_FAILURE};
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		struct nixie_outcome o = outcome_of(rows[i].reason, true);
		struct explanation e;
		o.diagnostic = text(rows[i].words);
		o.refuser = rows[i].refuser;
		explain_outcome(&info, &o, LANG_EN, a, &e);
		tap_is_str(e.key, str_of(rows[i].key), "refused: the words of %s", rows[i].key);
		tap_is_str(e.fixer, str_of(rows[i].fixer), "refused: who mends %s", rows[i].key);
		tap_ok(o.refuser == NIXIE_REFUSER_OWN_SERVER ||
				!str_has(e.happened, STR("Your own side said no")),
			"refused: not by one's own side, %s", rows[i].key);
	}
}

/* People know their address without the tag of BATV. */
static void
test_signed(struct arena *a)
{
	const struct nixie_outcome o = {.recipient = text("prvs=1784abcdef=bob@b.example")};
	const struct nixie_report_info info = {.kind = NIXIE_KIND_FAILURE,
		.to = text("prvs=078959dc11=ann@a.example"),
		.outcomes = &o,
		.outcome_count = 1};
	struct explanation e;
	explain_outcome(&info, &o, LANG_EN, a, &e);
	tap_is_str(e.facts.rcpt, STR("bob@b.example"), "the recipient without its tag");
	tap_is_str(e.facts.from, STR("ann@a.example"), "... and the sender");
}

int
main(void)
{
	struct arena a;
	arena_init(&a, ARENA_LIMIT_BYTES);
	test_fill(&a);
	test_outcome(&a);
	test_no_repetition(&a);
	test_times(&a);
	test_who_refused(&a);
	test_given_up(&a);
	test_reasons();
	test_expired();
	test_kinds();
	test_signed(&a);
	arena_fini(&a);
	return tap_done();
}
