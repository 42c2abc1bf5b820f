#include "base/buf.h"
#include "read/text.h"
#include "tap.h"

#define ARENA_LIMIT_BYTES ((size_t)1 << 20)

/* The addresses that a report names at least in a sentence about failure, as "H:a@b" ... */
static void
read_text(struct str text, struct arena *a, struct prose *p)
{
	struct sign_set signs = {.bits = 0};
	struct mark_set marks = {{0}};
	text_read(text, true, a, &signs, &marks, p);
}

static void
render(const struct prose *p, struct buf *out)
{
	static const char letters[] = {'p', 't', 'S', 'O', 'L', 'H'};
	for (size_t i = 0; i < p->count; i++) {
		if (p->blocks[i].naming == NAMING_PASSING)
			continue;
		if (out->len > 0)
			buf_add_char(out, ' ');
		buf_add_char(out, letters[p->blocks[i].naming]);
		buf_add_char(out, ':');
		buf_add(out, p->blocks[i].address);
	}
}

/* clang-format off */
static const struct named_row {
	const char *name;
	struct str in, want;
} named_rows[] = {
	{"in brackets, with a colon", STR_INIT("I could not:\n\n<a@b.example>: 550 no\n"), STR_INIT("H:a@b.example")},
	{"bare, alone", STR_INIT("Failed recipients:\n\na@b.example\nc@d.example\n"), STR_INIT("H:a@b.example H:c@d.example")},
	{"indented", STR_INIT("It failed.\n\n    a@b.example\n\tc@d.example\n"), STR_INIT("H:a@b.example H:c@d.example")},
	{"CRLF", STR_INIT("It failed.\r\n\r\n<a@b.example>:\r\n550 no\r\n"), STR_INIT("H:a@b.example")},
	{"CR", STR_INIT("It failed.\r\r<a@b.example>:\r550 no\r"), STR_INIT("H:a@b.example")},
	{"a local part alone", STR_INIT("<nobody>: unknown user\n"), STR_INIT("H:nobody")},
	{"bullets", STR_INIT("* a@b.example\n- <c@d.example>\n\xE2\x80\xA2 e@f.example\n"), STR_INIT("H:a@b.example H:c@d.example H:e@f.example")},
	{"in quotes", STR_INIT("'a@b.example' on 1/1/2024 10:00 AM\n    The recipient is unknown\n"), STR_INIT("H:a@b.example")},
	{"with a comment", STR_INIT("a@b.example (user not found)\n"), STR_INIT("H:a@b.example")},
	{"with a link of its own", STR_INIT("a@b.example<mailto:a@b.example>\n"), STR_INIT("H:a@b.example")},
	{"a display name that is an address", STR_INIT("a@b.example <c@d.example>: no\n"), STR_INIT("H:c@d.example")},
	{"no address behind it, but an @", STR_INIT("a@b.example<@exam\tMessage-ID:* <>: no\n"), STR_INIT("H:a@b.example")},
	{"English label", STR_INIT("Recipient: a@b.example\nReason: unknown\n"), STR_INIT("L:a@b.example")},
	{"name and address", STR_INIT("John Doe (a@b.example)\n"), STR_INIT("L:a@b.example")},
	{"at the end of a sentence", STR_INIT("Failed to deliver to 'a@b.example'\nno response\n\nFailed to deliver to 'c@d.example'\n"),
		STR_INIT("O:a@b.example O:c@d.example")},
	{"at the end of a sentence, behind its sender", STR_INIT("Unable to deliver your message from a@b.example\n"), STR_INIT("")},
	{"at the end of the next sentence", STR_INIT("It could not be delivered. Next is a@b.example\n"), STR_INIT("S:a@b.example")},
	{"several on a line", STR_INIT("It failed for:\na@b.example, <c@d.example>; e@f.example.\n"),
		STR_INIT("H:a@b.example H:c@d.example H:e@f.example")},
	{"several on a line, and words", STR_INIT("It failed for:\na@b.example, or c@d.example\n"), STR_INIT("H:a@b.example")},
	{"an answer cut behind its code", STR_INIT("<a@b.example>: host x said: 550 5.1.1\n<mx.c.example>: no such\n"), STR_INIT("H:a@b.example")},
	{"an answer cut behind its words", STR_INIT("<a@b.example>: host x said: no.\n<c@d.example>: no\n"),
		STR_INIT("H:a@b.example H:c@d.example")},
	{"a robot amid an answer", STR_INIT("<a@b.example>: spam. Complaints:\npostmaster@b.example (in reply)\n"), STR_INIT("H:a@b.example")},
	{"a local part in a list", STR_INIT("--- The following addresses had errors ---\nroot\n\nbye\n"), STR_INIT("H:root")},
	{"a pipe in a list", STR_INIT("--- The following addresses had errors ---\n\"|/bin/x -f\"\n"), STR_INIT("H:|/bin/x -f")},
	{"a word that is in no list", STR_INIT("--- The following addresses had errors ---\n\nroot\n\nbye\n"), STR_INIT("H:root")},
	{"a list in a line", STR_INIT("a@b.example, <c@d.example>; e@f.example: unknown\n"), STR_INIT("H:a@b.example H:c@d.example H:e@f.example")},
	{"a list behind a label", STR_INIT("Recipients: a@b.example, c@d.example\n"), STR_INIT("L:a@b.example L:c@d.example")},
	{"a list at the end of a sentence", STR_INIT("Could not be delivered to a@b.example, c@d.example\n"), STR_INIT("O:a@b.example O:c@d.example")},
	{"two addresses that are no list", STR_INIT("Could not be delivered to a@b.example, nor to c@d.example\n"), STR_INIT("O:c@d.example")},
	{"a local part and its failure", STR_INIT("It could not be delivered to:\n\tjsmith (user not found)\n"), STR_INIT("L:jsmith")},
	{"a local part and no failure", STR_INIT("It could not be delivered to:\n\tchapter (two)\n"), STR_INIT("")},
	{"a local part of 64 bytes", STR_INIT("It could not be delivered to:\n\tabcdefghabcdefghabcdefghabcdefghabcdefghabcdefghabcdefghabcdefgh (user not found)\n"), STR_INIT("L:abcdefghabcdefghabcdefghabcdefghabcdefghabcdefghabcdefghabcdefgh")},
	{"a local part of 65", STR_INIT("It could not be delivered to:\n\txabcdefghabcdefghabcdefghabcdefghabcdefghabcdefghabcdefghabcdefgh (user not found)\n"), STR_INIT("")},
	{"a sentence that was wrapped", STR_INIT("It failed, as you may see in what\na@b.example has written.\n"), STR_INIT("")},
	{"no recipient: whom to ask", STR_INIT("For help, write to postmaster@b.example.\n"), STR_INIT("")},
	{"no recipient: a link", STR_INIT("See <http://b.example/x>: it says more\n"), STR_INIT("")},
	{"a list's footer", STR_INIT("<a@b.example>: no\n\n_______________________________________________\nx list\nx@lists.example\n"),
		STR_INIT("H:a@b.example")},
	{"a rule of another length", STR_INIT("It failed:\n______________________________________________\n<a@b.example>: no\n"),
		STR_INIT("H:a@b.example")},
	{"a signature", STR_INIT("<a@b.example>: no\n\n-- \nInes\nc@d.example\n"), STR_INIT("H:a@b.example")},
	{"dashes without a blank", STR_INIT("It failed:\n--\n<a@b.example>: no\n"), STR_INIT("H:a@b.example")},
	{"no address", STR_INIT("Nothing was delivered @ all <>:\n"), STR_INIT("")},
	{"nothing", STR_INIT(""), STR_INIT("")},
};

static const struct returned_row {
	const char *name;
	struct str in, words, returned; /* both trimmed; "-": nothing was returned */
} returned_rows[] = {
	{"announced", STR_INIT("It failed.\n\n------ This is a copy of the message, including all the headers. ------\n\n"
		"Return-Path: <me@b.example>\nReceived: from x by y\nFrom: me@b.example\nTo: a@b.example\n\nhi\n"),
		STR_INIT("It failed."),
		STR_INIT("Return-Path: <me@b.example>\nReceived: from x by y\nFrom: me@b.example\nTo: a@b.example\n\nhi")},
	{"not announced", STR_INIT("It failed.\n\nReceived: from x by y\nMessage-ID: <1@b.example>\nFrom: me@b.example\nSubject: s\n\nhi\n"),
		STR_INIT("It failed."), STR_INIT("Received: from x by y\nMessage-ID: <1@b.example>\nFrom: me@b.example\nSubject: s\n\nhi")},
	{"CRLF", STR_INIT("Fehler.\r\n\r\nReceived: from x\r\n\tby y\r\nMessage-ID: <1@b.example>\r\nFrom: me@b.example\r\nSubject: s\r\n\r\nhi\r\n"),
		STR_INIT("Fehler."), STR_INIT("Received: from x\r\n\tby y\r\nMessage-ID: <1@b.example>\r\nFrom: me@b.example\r\nSubject: s\r\n\r\nhi")},
	{"none", STR_INIT("It failed.\nFrom: here on all is well\n"), STR_INIT("It failed.\nFrom: here on all is well"), STR_INIT("-")},
	{"a description of it is no copy", STR_INIT("From: me@b.example\nTo: a@b.example\nSubject: s\nDate: today\n\n<a@b.example>: no\n"),
		STR_INIT("From: me@b.example\nTo: a@b.example\nSubject: s\nDate: today\n\n<a@b.example>: no"), STR_INIT("-")},
};
/* clang-format on */

static void
test_named(struct arena *a, struct buf *out)
{
	struct prose p;
	for (size_t i = 0; i < sizeof named_rows / sizeof *named_rows; i++) {
		buf_clear(out);
		read_text(named_rows[i].in, a, &p);
		render(&p, out);
		if (!tap_ok(str_eq(buf_str(out), named_rows[i].want), "named: %s",
			    named_rows[i].name))
			tap_show("got", buf_str(out));
	}
}

/* clang-format off */
static const struct unwrap_row {
	const char *name;
	struct str in, want;
} unwrap_rows[] = {
	{"a dialogue", STR_INIT("talk: >>> RCPT TO:<a@b.example> <<< 550 no"), STR_INIT("talk:\n>>> RCPT TO:<a@b.example>\n<<< 550 no")},
	{"the rules of Sendmail", STR_INIT("x ----- Transcript of session ----- ... while talking to mx:"),
		STR_INIT("x\n----- Transcript of session -----\n... while talking to mx:")},
	{"the next recipient", STR_INIT("said: 550 no (in reply to RCPT TO command) <c@d.example>: host mx"),
		STR_INIT("said: 550 no (in reply to RCPT TO command)\n<c@d.example>: host mx")},
	{"the recipient in an answer", STR_INIT("said: 550 5.1.1 <a@b.example>: unknown"), STR_INIT("said: 550 5.1.1 <a@b.example>: unknown")},
	{"quotes", STR_INIT("a >>> 5 and <<< b"), STR_INIT("a >>> 5 and <<< b")},
	{"cut short", STR_INIT("a <<< 5"), STR_INIT("a <<< 5")},
	{"nothing", STR_INIT(""), STR_INIT("")},
};
/* clang-format on */

static const struct unwrap_row unlink_rows[] = {
	{"no link", STR_INIT("<a@b.example>: no"), STR_INIT("<a@b.example>: no")},
	{"behind it", STR_INIT("a@b.example<mailto:a@b.example>: no"), STR_INIT("a@b.example: no")},
	{"behind it, in other letters", STR_INIT("A@b.example <mailto:a@b.example> no"),
		STR_INIT("A@b.example no")},
	{"on the next line", STR_INIT("a@b.example\n<mailto:a@b.example>\nno"),
		STR_INIT("a@b.example\nno")},
	{"in round brackets", STR_INIT("a@b.example (mailto:a@b.example)"),
		STR_INIT("a@b.example")},
	{"with a subject", STR_INIT("a@b.example<mailto:a@b.example?subject=x>"),
		STR_INIT("a@b.example")},
	{"Markdown", STR_INIT("<[a@b.example](mailto:a@b.example)>: no"),
		STR_INIT("<a@b.example>: no")},
	{"with a label", STR_INIT("<mailto:a@b.example|a@b.example>: no"),
		STR_INIT("a@b.example: no")},
	{"behind another address", STR_INIT("c@d.example <mailto:a@b.example>"),
		STR_INIT("c@d.example <a@b.example>")},
	{"several", STR_INIT("x a@b<mailto:a@b> y c@d<mailto:c@d>"), STR_INIT("x a@b y c@d")},
	{"alone", STR_INIT("mailto:a@b.example"), STR_INIT("mailto:a@b.example")},
	{"no address", STR_INIT("<mailto:>x<mailto:y>"), STR_INIT("<mailto:>x<mailto:y>")},
	{"never closed", STR_INIT("a@b<mailto:a@b"), STR_INIT("a@b<mailto:a@b")},
	{"at the end", STR_INIT("a <mailto:"), STR_INIT("a <mailto:")},
};

static void
test_unlink(struct arena *a)
{
	for (size_t i = 0; i < sizeof unlink_rows / sizeof *unlink_rows; i++)
		tap_is_str(text_unlink(unlink_rows[i].in, a), unlink_rows[i].want, "unlink: %s",
			unlink_rows[i].name);
}

static void
test_names(void)
{
	tap_ok(text_is_from_name(STR("*From*")) && text_is_from_name(STR("Von")) &&
			text_is_from_name(STR("De\xC2\xA0")) &&
			text_is_from_name(STR("_L\xC3\xA4hett\xC3\xA4j\xC3\xA4_")),
		"names: of From");
	tap_ok(!text_is_from_name(STR("*")) && !text_is_from_name(STR("")) &&
			!text_is_from_name(STR("Form")),
		"names: not of From");
	tap_ok(text_is_to_name(STR("Adressaat")) && !text_is_to_name(STR("Empf\xC3\xA4nger")),
		"names: of To");
	tap_ok(text_is_subject_name(STR("*Betreff")) && !text_is_subject_name(STR("Betrag")),
		"names: of Subject");
}

static void
test_unwrap(struct arena *a)
{
	for (size_t i = 0; i < sizeof unwrap_rows / sizeof *unwrap_rows; i++)
		tap_is_str(text_unwrap(unwrap_rows[i].in, a), unwrap_rows[i].want, "unwrap: %s",
			unwrap_rows[i].name);
}

static void
test_returned(struct arena *a)
{
	struct prose p;
	for (size_t i = 0; i < sizeof returned_rows / sizeof *returned_rows; i++) {
		const struct returned_row *const row = &returned_rows[i];
		read_text(row->in, a, &p);
		tap_is_str(str_trim(p.all), row->words, "returned: words: %s", row->name);
		tap_is_str(str_is_set(p.returned) ? str_trim(p.returned) : STR("-"), row->returned,
			"returned: copy: %s", row->name);
	}
}

static void
test_words(struct arena *a)
{
	struct prose p;
	read_text(STR("I could not deliver this:\n\n"
		      "<a@b.example>: host mx.b.example said:\n    550 5.1.1 no such\n    user\n"
		      "\nIt will not be tried again.\n\n"
		      "<c@d.example> (expanded from: <list@me.example>): mailbox full\n"),
		a, &p);
	if (!tap_is_int(p.count, 2, "words: two blocks"))
		return;
	tap_is_str(str_trim(p.blocks[0].own),
		STR("host mx.b.example said:\n    550 5.1.1 no such\n    user"), "words: its own");
	tap_is_str(str_trim(p.blocks[0].after), STR("It will not be tried again."),
		"words: behind them");
	tap_ok(str_has(p.blocks[1].own, STR("mailbox full")) &&
			!str_has(p.blocks[0].own, STR("mailbox full")),
		"words: to each his own");
	read_text(STR("<a@b.example>\n    (expanded from: <list@me.example>)\n    no\n"), a, &p);
	tap_is_str(p.count == 1 ? p.blocks[0].original : STR_NONE, STR("list@me.example"),
		"words: expanded from");
	/* What is said behind a list is said of all in it; what is said under one is not. */
	read_text(STR("failed:\n\n  a@b.example\n  c@d.example\n\nReason: it is full.\n"), a, &p);
	if (tap_is_int(p.count, 2, "words: a list: two blocks"))
		tap_is_str(str_trim(p.blocks[0].own), STR("Reason: it is full."),
			"words: a list: said of the first too");
	read_text(STR("failed:\n\n  a@b.example\n  c@d.example\n    it is full\n"), a, &p);
	if (tap_is_int(p.count, 2, "words: one of a list: two blocks"))
		tap_is_str(str_trim(p.blocks[0].own), STR(""),
			"words: one of a list: not the other's");
	/* A list of the failed, and one of those still tried. */
	read_text(STR("Your message could not be delivered to:\n\na@b.example: 550 no\n\n"
		      "It will be retried for:\n\nc@d.example: 450 wait\n"),
		a, &p);
	if (tap_is_int(p.count, 2, "words: two lists: two blocks"))
		tap_ok(!p.blocks[0].is_delayed && p.blocks[1].is_delayed,
			"words: two lists: only the second is delayed");
	/* A line that only leads on is no answer: that is behind the blank line. */
	read_text(STR("was not delivered to:\n\n  <a@b.example>\n\nbecause:\n\n"
		      "  User a not listed\n\nRegards\n"),
		a, &p);
	if (tap_is_int(p.count, 1, "words: leading on: one block"))
		tap_is_str(str_trim(p.blocks[0].own), STR("because:\n\n  User a not listed"),
			"words: leading on: its words");
}

static void
test_dialogue(struct arena *a)
{
	struct prose p;
	read_text(STR("   ----- Transcript of session follows -----\r\n"
		      "... while talking to mx.b.example.:\r\n"
		      ">>> RCPT To:<a@b.example>\r\n"
		      "<<< 553-5.1.2 one\r\n"
		      "<<< 553 5.1.2 two\r\n"
		      ">>> DATA\r\n"
		      "<<< 503 5.0.0 need RCPT\r\n"),
		a, &p);
	if (!tap_is_int(p.exchange_count, 2, "dialogue: two exchanges"))
		return;
	tap_is_str(p.dialogue[0].host, STR("mx.b.example"), "dialogue: the host");
	tap_is_str(p.dialogue[0].command, STR("RCPT To:<a@b.example>"), "dialogue: the command");
	tap_ok(str_starts(p.dialogue[0].reply, STR("553-5.1.2 one")) &&
			str_has(p.dialogue[0].reply, STR("553 5.1.2 two")),
		"dialogue: all lines of the answer");
	tap_is_str(p.dialogue[1].command, STR("DATA"), "dialogue: the next command");
	tap_is_str(p.dialogue[1].reply, STR("503 5.0.0 need RCPT"), "dialogue: the next answer");
}

static void
test_fields(struct arena *a)
{
	struct prose p;
	read_text(STR("It failed.\n\nReporting-MTA: dns; mx.example\n\n"
		      "Final-Recipient: rfc822; a@b.example\nAction: failed\nStatus: 5.1.1\n"
		      "Diagnostic-Code: smtp; 550 no\n such user\n\nBye.\n"),
		a, &p);
	if (!tap_is_int(p.dsn.count, 1, "fields: in the text"))
		return;
	tap_is_str(p.dsn.recipients[0].final, STR("a@b.example"), "fields: the recipient");
	tap_is_str(p.dsn.recipients[0].diagnostic, STR("550 no\n such user"), "fields: folded");
	tap_is_str(p.dsn.reporting_mta, STR("dns; mx.example"), "fields: of the message");
	tap_ok(!str_has(p.dsn.recipients[0].diagnostic, STR("Bye")),
		"fields: a blank line ends them");
}

int
main(void)
{
	struct arena a;
	struct buf out;
	arena_init(&a, ARENA_LIMIT_BYTES);
	buf_init(&out, ARENA_LIMIT_BYTES);
	test_named(&a, &out);
	test_unwrap(&a);
	test_unlink(&a);
	test_names();
	test_returned(&a);
	test_words(&a);
	test_dialogue(&a);
	test_fields(&a);
	buf_fini(&out);
	arena_fini(&a);
	return tap_done();
}
