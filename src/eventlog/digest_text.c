/* digest_text - the digest for people and for programs */
#include "base/buf.h"
#include "base/json.h"
#include "base/when.h"
#include "catalogue/catalogue.h"
#include "eventlog/digest.h"
#include "eventlog/why_inside.h"

#define WORDS_BYTES_MAX ((size_t)16 << 10)
#define LABEL_COLUMNS 14
#define COUNT_COLUMNS 9

static const struct {
	const char *name, *label;
} totals[DIGEST_TOTALS] = {
	[TOTAL_CONNECTIONS] = {"connections", "connections"},
	[TOTAL_MESSAGES] = {"messages", "messages taken"},
	[TOTAL_BYTES] = {"bytes", "bytes of them"},
	[TOTAL_DELIVERED] = {"delivered", "delivered here"},
	[TOTAL_RELAYED] = {"relayed", "relayed"},
	[TOTAL_WAITING] = {"waiting", "waiting"},
	[TOTAL_BOUNCED] = {"bounced", "given up"},
	[TOTAL_DISCARDED] = {"discarded", "discarded"},
	[TOTAL_EXPANDED] = {"expanded", "sent to lists"},
	[TOTAL_RETURNED] = {"returned", "and came back"},
	[TOTAL_REFUSED] = {"refused", "refused"},
	[TOTAL_LOGINS] = {"logins", "signed in"},
	[TOTAL_LOGIN_FAILURES] = {"login_failures", "wrong logins"},
	[TOTAL_TLS_FAILURES] = {"tls_failures", "TLS failed"},
	[TOTAL_ALARMS] = {"alarms", "alarms"},
};

static const char *const kind_names[DIGEST_KINDS] = {
	[DIGEST_ALARM] = "alarms",
	[DIGEST_REFUSED] = "refused",
	[DIGEST_CLIENT] = "refused_clients",
	[DIGEST_LOGIN] = "login_failures",
	[DIGEST_BOUNCED] = "bounced",
	[DIGEST_WAITING] = "waiting",
	[DIGEST_OWN_FAULT] = "own_faults",
	[DIGEST_DISCARDED] = "discarded",
	[DIGEST_DOMAIN] = "domains",
};

/* Whose is a condition? What a client is refused by is the receiving side's, which is here; also in
 * a delivery, when it is the directory here that says no. What is found on the way to another
 * server (it stands in reports alone) is the sending side's. A domain whose MX points here is most
 * often one that was forgotten here. */
static bool
condition_is_ours(const struct condition_row *row, enum condition c)
{
	const bool is_on_the_way = str_eq(catalogue_text(row->stage), STR("report"));
	return c == CONDITION_ROUTE_TO_SELF ||
	       str_eq(catalogue_text(row->fixer),
		       is_on_the_way ? STR("sending_admin") : STR("receiving_admin"));
}

/* Of what was refused, the receiving side's; of what could not be sent, the sending one's. */
bool
digest_is_ours(enum digest_kind kind, struct str key)
{
	const int c = catalogue_condition_find(key);
	const int r = c < 0 ? catalogue_reason_find(key) : -1;
	if (kind == DIGEST_ALARM || kind == DIGEST_OWN_FAULT)
		return true;
	if (c >= 0)
		return condition_is_ours(&catalogue_conditions[c], (enum condition)c);
	return r >= 0 && kind != DIGEST_REFUSED &&
	       str_eq(catalogue_text(catalogue_reasons[r].fixer), STR("sending_admin"));
}

static void
say_count(struct buf *b, uint64_t n)
{
	char room[STR_DIGITS_MAX];
	const struct str digits = str_digits((int64_t)n, room);
	for (size_t i = digits.len; i < COUNT_COLUMNS - 2; i++)
		buf_add_char(b, ' ');
	buf_add(b, digits);
	buf_add(b, STR("  "));
}

/* "No such mailbox (C34)"; a reason as words; else the key. */
static void
say_key(struct buf *b, const struct digest_row *row, struct why_advice *advice)
{
	if (!why_advice_of(&row->example, advice)) {
		*advice = (struct why_advice){.name = row->key};
		buf_add(b, row->key);
		return;
	}
	why_say_title(b, advice);
}

static void
tell_example(struct buf *b, const struct digest_row *row, struct page *p)
{
	const struct eventlog_line *const l = &row->example;
	char first[WHEN_BYTES], last[WHEN_BYTES];
	if (row->count > 1 && row->first_ms < row->last_ms) {
		buf_clear(b);
		buf_add(b, STR("first "));
		buf_add(b, when_log(row->first_ms, first));
		buf_add(b, STR(", last "));
		buf_add(b, when_log(row->last_ms, last));
		page_text(p, COUNT_COLUMNS + 1, STR_NONE, buf_str(b), PAINT_FAINT);
	}
	buf_clear(b);
	why_say_if(b, " from ", l->field[FIELD_FROM], "");
	why_say_if(b, " to ", l->field[FIELD_TO], "");
	why_say_if(b, " by ", l->field[FIELD_CLIENT], "");
	why_say_if(b, " at ", l->field[FIELD_PEER], "");
	if (!why_rule_is_plain(l->field[FIELD_RULE]))
		why_say_if(b, " (", l->field[FIELD_RULE], ")");
	why_say_if(b, ": ", l->field[FIELD_REPLY], "");
	if (b->len > 0)
		page_text(p, COUNT_COLUMNS + 6, STR("e.g. "), buf_str(b), PAINT_FAINT);
}

/* `what` stands behind the name; absent where a heading says it. */
static void
tell_row(struct buf *b, const struct digest_row *row, struct str what, bool has_advice,
	struct page *p)
{
	char lead[STR_DIGITS_MAX + COUNT_COLUMNS];
	struct why_advice advice;
	buf_clear(b);
	say_count(b, row->count);
	const size_t n = b->len < sizeof lead ? b->len : sizeof lead;
	memcpy(lead, b->ptr, n);
	buf_clear(b);
	say_key(b, row, &advice);
	buf_add(b, what);
	page_text(p, COUNT_COLUMNS, (struct str){lead, n}, buf_str(b), PAINT_PLAIN);
	if (!has_advice)
		return;
	if (advice.meaning.len > 0)
		page_text(p, COUNT_COLUMNS + 1, STR_NONE, advice.meaning, PAINT_PLAIN);
	if (advice.to_do.len > 0)
		page_text(p, COUNT_COLUMNS + 8, STR("To do: "), advice.to_do, PAINT_WAIT);
	if (advice.setting.len > 0)
		page_text(p, COUNT_COLUMNS + 10, STR("Setting: "), advice.setting, PAINT_PLAIN);
}

/* Is there such a row among those? */
static bool
has_row(const struct digest *d, enum digest_kind kind, struct str key)
{
	size_t count;
	const struct digest_row *const rows = digest_rows(d, kind, &count);
	for (size_t i = 0; i < count; i++)
		if (str_eq(rows[i].key, key))
			return true;
	return false;
}

/* What needs a hand here, with its advice. */
static bool
tell_ours(const struct digest *d, struct buf *b, struct page *p)
{
	static const struct {
		enum digest_kind kind;
		struct str what;
	} kinds[] = {
		{DIGEST_ALARM, STR_INIT("")},
		{DIGEST_OWN_FAULT, STR_INIT(": waits for this to be mended")},
		{DIGEST_REFUSED, STR_INIT(": refused here")},
		{DIGEST_BOUNCED, STR_INIT(": given up")},
		{DIGEST_WAITING, STR_INIT(": waits, and is tried again")},
	};
	bool has_any = false;
	for (size_t k = 0; k < sizeof kinds / sizeof *kinds; k++) {
		size_t count, shown = 0;
		const struct digest_row *const rows = digest_rows(d, kinds[k].kind, &count);
		for (size_t i = 0; i < count && shown < DIGEST_SHOWN_MAX; i++) {
			bool is_told = false; /* what was said of it above holds for these too */
			for (size_t before = 0; before < k; before++)
				is_told |= has_row(d, kinds[before].kind, rows[i].key);
			if (!digest_is_ours(kinds[k].kind, rows[i].key))
				continue;
			if (!has_any)
				page_line(p, STR("Needs a hand here first"), PAINT_HEADING);
			has_any = true;
			shown++;
			tell_row(b, &rows[i], kinds[k].what, !is_told, p);
			tell_example(b, &rows[i], p);
		}
	}
	if (has_any)
		page_blank(p);
	return has_any;
}

/* What tell_ours() has told is left out. */
static void
tell_kind(const struct digest *d, enum digest_kind kind, const char *heading, bool has_examples,
	struct buf *b, struct page *p)
{
	size_t count, shown = 0, left = 0;
	const struct digest_row *const rows = digest_rows(d, kind, &count);
	for (size_t i = 0; i < count; i++) {
		if (has_examples && digest_is_ours(kind, rows[i].key))
			continue;
		if (shown == DIGEST_SHOWN_MAX) {
			left++;
			continue;
		}
		if (shown++ == 0)
			page_line(p, str_of(heading), PAINT_HEADING);
		/* A client or a domain is its name, whatever decided about it last. */
		const struct digest_row plain = {.key = rows[i].key, .count = rows[i].count};
		tell_row(b, has_examples ? &rows[i] : &plain, STR(""), false, p);
		if (has_examples)
			tell_example(b, &rows[i], p);
	}
	if (left > 0) {
		buf_clear(b);
		buf_add(b, STR("... and "));
		buf_add_number(b, (int64_t)left);
		buf_add(b, STR(" more kinds"));
		page_text(p, COUNT_COLUMNS, STR_NONE, buf_str(b), PAINT_PLAIN);
	}
	if (shown > 0)
		page_blank(p);
}

void
digest_text(const struct digest *d, struct page *page)
{
	struct buf b;
	char first[WHEN_BYTES], last[WHEN_BYTES];
	int64_t first_ms, last_ms;
	if (!digest_span(d, &first_ms, &last_ms)) {
		page_line(page, STR("Nothing happened: the log has no event in that time."),
			PAINT_PLAIN);
		return;
	}
	buf_init(&b, WORDS_BYTES_MAX);
	buf_add(&b, STR("The mail server from "));
	buf_add(&b, when_log(first_ms, first));
	buf_add(&b, STR(" to "));
	buf_add(&b, when_log(last_ms, last));
	page_line(page, buf_str(&b), PAINT_HEADLINE);
	page_blank(page);
	for (int t = 0; t < DIGEST_TOTALS; t++) {
		char room[STR_DIGITS_MAX];
		const uint64_t n = digest_total(d, (enum digest_total)t);
		if (n > 0)
			page_fact(page, str_of(totals[t].label), LABEL_COLUMNS,
				str_digits((int64_t)n, room));
	}
	page_blank(page);
	if (!tell_ours(d, &b, page)) {
		page_line(page, STR("Nothing needs a hand here."), PAINT_GOOD);
		page_blank(page);
	}
	/* From here on: the server does what it is for, and others have to act, if anybody. */
	tell_kind(d, DIGEST_REFUSED, "Refused, and nothing to do here", true, &b, page);
	tell_kind(d, DIGEST_CLIENT, "Refused most, by client", false, &b, page);
	tell_kind(d, DIGEST_LOGIN, "Wrong logins, by client", false, &b, page);
	tell_kind(d, DIGEST_BOUNCED, "Given up, and nothing to do here", true, &b, page);
	tell_kind(d, DIGEST_WAITING, "Waiting, and tried again by itself", true, &b, page);
	tell_kind(d, DIGEST_DOMAIN, "Not reached, by domain", false, &b, page);
	tell_kind(d, DIGEST_DISCARDED, "Discarded, by rule", false, &b, page);
	buf_fini(&b);
}

void
digest_json(const struct digest *d, struct out *out)
{
	struct json j;
	char first[WHEN_BYTES], last[WHEN_BYTES];
	int64_t first_ms, last_ms;
	json_init(&j, out, false);
	json_open(&j, STR_NONE, '{');
	if (digest_span(d, &first_ms, &last_ms)) {
		json_text(&j, STR("first"), when_log(first_ms, first));
		json_text(&j, STR("last"), when_log(last_ms, last));
	}
	json_open(&j, STR("totals"), '{');
	for (int t = 0; t < DIGEST_TOTALS; t++)
		json_number(
			&j, str_of(totals[t].name), (int64_t)digest_total(d, (enum digest_total)t));
	json_close(&j, '}');
	for (int k = 0; k < DIGEST_KINDS; k++) {
		size_t count;
		const struct digest_row *const rows = digest_rows(d, (enum digest_kind)k, &count);
		json_open(&j, str_of(kind_names[k]), '[');
		for (size_t i = 0; i < count; i++) {
			json_open(&j, STR_NONE, '{');
			json_text(&j, STR("key"), rows[i].key);
			json_number(&j, STR("count"), (int64_t)rows[i].count);
			json_text(&j, STR("first"), when_log(rows[i].first_ms, first));
			json_text(&j, STR("last"), when_log(rows[i].last_ms, last));
			json_bool(
				&j, STR("ours"), digest_is_ours((enum digest_kind)k, rows[i].key));
			json_close(&j, '}');
		}
		json_close(&j, ']');
	}
	json_close(&j, '}');
	out_add_char(out, '\n');
}
