#include "read/letter.h"
#include "tap.h"

/* What a letter says, as "F" fails, "D" is delayed, "E" has ended, "A" away, "O" other, "P" a
 * person's, and the reason. */
static void
render(const struct letter *l, struct str *out, char *room)
{
	size_t n = 0;
	static const char letters[] = "FDEAOP";
	const bool said[] = {
		l->fails, l->is_delayed, l->has_ended, l->is_away, l->is_other, l->is_persons};
	for (size_t i = 0; i < sizeof said; i++)
		if (said[i])
			room[n++] = letters[i];
	if (l->rule != LETTER_NO_RULE) {
		const uint8_t reason = catalogue_letter_rules[l->rule].reason;
		const struct str name = catalogue_text(catalogue_reasons[reason].name);
		room[n++] = ' ';
		memcpy(room + n, name.ptr, name.len);
		n += name.len;
	}
	*out = (struct str){room, n};
}

/* clang-format off */
static const struct letter_row {
	const char *name;
	struct str in, want;
} rows[] = {
	{"mail, not, handing over", STR_INIT("The hub was not able to hand your message over."), STR_INIT("F")},
	{"each alone says nothing", STR_INIT("Your message. Not today. We hand over the keys."), STR_INIT("")},
	{"words of an address say nothing", STR_INIT("Your message to not.deliver@box.full.example"), STR_INIT("")},
	{"nor do those of a link", STR_INIT("Your message: https://example.org/not/delivered"), STR_INIT("")},
	{"a word and not a part of it", STR_INIT("The massage was notable and handsome, message board."), STR_INIT("")},
	{"a stem goes on", STR_INIT("Ihre Nachrichten wurden nicht weitergereicht."), STR_INIT("F")},
	{"without accents", STR_INIT("Votre message n'a pas ete transmis."), STR_INIT("F")},
	{"with accents", STR_INIT("Votre message n\xE2\x80\x99" "a pas \xC3\xA9t\xC3\xA9 transmis."), STR_INIT("F")},
	{"an address that nobody has", STR_INIT("There is nobody called a@b.example here."), STR_INIT("F user_unknown")},
	{"a sentence goes on in the next line", STR_INIT("The message that you sent us at noon today was\nnot delivered"), STR_INIT("F")},
	{"a short line is one of a list", STR_INIT("Your message\nnot delivered"), STR_INIT("")},
	{"not yet", STR_INIT("Your mail has not been handed over yet."), STR_INIT("FD")},
	{"it goes on", STR_INIT("We keep trying until Friday."), STR_INIT("D")},
	{"what stands before the comma negates nothing behind it", STR_INIT("It is not lost, we try again every hour."), STR_INIT("D")},
	{"no more tries", STR_INIT("No further attempts will be made."), STR_INIT("E")},
	{"asked of the reader", STR_INIT("Please try again later."), STR_INIT("")},
	{"of two reasons that of the earlier rule", STR_INIT("The address is unknown. It had a virus."), STR_INIT(" virus")},
	{"a mailbox that is full", STR_INIT("Das Fach ist voll."), STR_INIT(" mailbox_full")},
	{"a script without blanks", STR_INIT("\xE9\x82\xAE\xE4\xBB\xB6\xE8\xA2\xAB\xE9\x80\x80\xE5\x9B\x9E\xE3\x80\x82"), STR_INIT("F")},
	{"somebody is away", STR_INIT("I am on leave; mail is not forwarded."), STR_INIT("FAP")},
	{"a click is asked for", STR_INIT("Click here, or your message is not delivered."), STR_INIT("FO")},
	{"a word of two languages, in the one", STR_INIT("Schr\xC3\xA1nka p\xC5\x99\xC3\xADjemce je pln\xC3\xA1."), STR_INIT(" mailbox_full")},
	{"... and in the other", STR_INIT("Je suis absent et je lirai votre message \xC3\xA0 mon retour."), STR_INIT("FAP")},
	{"a letter in two languages", STR_INIT("Your message was not delivered. Ihre Nachricht wurde nicht zugestellt, wir versuchen es weiter."), STR_INIT("FD")},
	{"nothing", STR_INIT(""), STR_INIT("")},
};
/* clang-format on */

static void
test_rows(void)
{
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		struct letter l;
		struct str got;
		char room[128];
		letter_read(rows[i].in, &l);
		render(&l, &got, room);
		tap_is_str(got, rows[i].want, "%s", rows[i].name);
	}
}

/* `pad` bytes of a word that says nothing, then the words that do. */
static bool
fails_behind(size_t pad, struct str words)
{
	static char text[LETTER_BYTES_MAX * 2];
	for (size_t i = 0; i < pad; i++)
		text[i] = i % 64 == 63 ? '.' : i % 64 == 0 ? ' ' : 'x';
	memcpy(text + pad, words.ptr, words.len);
	struct letter l;
	letter_read((struct str){text, pad + words.len}, &l);
	return l.fails;
}

static void
test_limits(void)
{
	const struct str words = STR(". mail not sent");
	tap_ok(fails_behind(LETTER_BYTES_MAX - words.len, words), "the last words that are read");
	tap_ok(!fails_behind(LETTER_BYTES_MAX - words.len + 1, words), "one byte more");

	static char text[LETTER_SENTENCE_MAX + 16];
	uint64_t classes;
	memset(text, 'x', sizeof text);
	struct str rest = {text, LETTER_SENTENCE_MAX};
	tap_ok(letter_sentence(&rest, UINT32_MAX, &classes).len == LETTER_SENTENCE_MAX &&
			rest.len == 0,
		"the longest sentence");
	rest = (struct str){text, LETTER_SENTENCE_MAX + 1};
	tap_ok(letter_sentence(&rest, UINT32_MAX, &classes).len == LETTER_SENTENCE_MAX &&
			rest.len == 1,
		"a longer one is cut");
	for (size_t i = 0; i + 2 < sizeof text; i += 3)
		memcpy(text + i, "\xE3\x81\x82", 3);
	rest = (struct str){text, LETTER_SENTENCE_MAX + 2};
	tap_ok(letter_sentence(&rest, UINT32_MAX, &classes).len % 3 == 0, "... between characters");
	memset(text, '\x80', sizeof text);
	size_t left = LETTER_SENTENCE_MAX + 8;
	rest = (struct str){text, left};
	while (str_is_set(letter_sentence(&rest, UINT32_MAX, &classes)) && rest.len < left)
		left = rest.len;
	tap_ok(rest.len == 0, "bytes that are no characters come to an end");
}

static void
test_report(void)
{
	struct letter l;
	letter_read(STR("The account a@b.example will be closed."), &l);
	tap_ok(letter_is_report(&l) && !l.speaks_of_mail, "no word of mail");
	letter_read(STR("Your mail came back. The account a@b.example was closed."), &l);
	tap_ok(letter_is_report(&l) && !letter_is_delay(&l) && l.speaks_of_mail,
		"a report of a failure");
	letter_read(STR("About your mail: the server is not reachable."), &l);
	tap_ok(letter_is_report(&l) && letter_is_delay(&l), "a reason that passes by itself");
	letter_read(STR("About your mail: the server is not reachable. We gave up."), &l);
	tap_ok(letter_is_report(&l) && !letter_is_delay(&l), "... and it has ended");
}

/* Each word is found at its place, alone and behind another. */
static void
test_words(void)
{
	for (size_t i = 0; i < CATALOGUE_LETTER_WORDS; i++) {
		const struct letter_word_row *const row = &catalogue_letter_words[i];
		const struct str word = catalogue_text(row->word);
		const uint64_t class = UINT64_C(1) << row->class;
		char text[LETTER_SENTENCE_MAX];
		const int n = snprintf(text, sizeof text, "qq %s, qq", word.ptr);
		if ((letter_classes(word, row->langs) & class) == 0 ||
			(letter_classes((struct str){text, (size_t)n}, row->langs) & class) == 0)
			tap_ok(false, "\"%s\" is found", word.ptr);
	}
	tap_ok(letter_classes(STR("qqqq zzz xyzzy"), UINT32_MAX) == 0, "other words have no class");
	tap_ok(letter_classes(STR("a@b.example"), 0) == UINT64_C(1) << LETTER_ADDRESS,
		"an address has its own");
}

/* Which sentences tell, in their order. */
static void
test_telling(void)
{
	struct arena a;
	struct letter l;
	struct letter_sentences telling = {.list = NULL};
	arena_init(&a, 1 << 16);
	letter_read_telling(
		STR("Your mail was not sent. Good day. We keep trying. Bye."), &a, &l, &telling);
	tap_ok(telling.count == 2, "two sentences of four tell");
	tap_is_str(telling.list[0], STR("Your mail was not sent."), "of a failure");
	tap_is_str(telling.list[1], STR("We keep trying."), "and of a delay");
	arena_fini(&a);
}

int
main(void)
{
	test_words();
	test_telling();
	test_report();
	test_rows();
	test_limits();
	return tap_done();
}
