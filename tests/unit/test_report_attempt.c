/* The timeline of attempts as text: whole, in order, bounded; and the words of what was found here.
 */
#include "report/attempt.h"
#include "tap.h"

static struct attempt
sample(int64_t n, struct str answer)
{
	return (struct attempt){.at_ms = 1795338843120 + n * 60000,
		.stage = NIXIE_STAGE_RCPT,
		.condition = ATTEMPT_ANSWERED,
		.host = STR("mx1.example.net"),
		.ip = STR("192.0.2.1"),
		.tls = STR("TLSv1.3 TLS_AES_256_GCM_SHA384"),
		.answer = answer};
}

static void
test_round(void)
{
	char first[ATTEMPTS_PACKED_BYTES_MAX], second[ATTEMPTS_PACKED_BYTES_MAX];
	struct arena a;
	struct attempt *list;
	struct attempt t = sample(0, STR("450-4.2.1 one\r\n450 4.2.1 a\\b\ttwo"));
	arena_init(&a, 1 << 20);
	size_t n = attempts_pack(STR(""), &t, first);
	struct attempt none = {.at_ms = 1,
		.condition = CONDITION_DNS_SILENT,
		.answer = STR("4.4.3 DNS gave no answer")};
	n = attempts_pack((struct str){first, n}, &none, second);
	tap_is_int(attempts_unpack((struct str){second, n}, &a, &list), 2, "two come back");
	tap_is_int(list[0].at_ms, t.at_ms, "when");
	tap_is_int(list[0].stage, t.stage, "at which step");
	tap_is_int(list[0].condition, ATTEMPT_ANSWERED, "it was an answer");
	tap_is_str(list[0].host, t.host, "who");
	tap_is_str(list[0].ip, t.ip, "its address");
	tap_is_str(list[0].tls, t.tls, "how encrypted");
	tap_is_str(list[0].answer, t.answer, "what was said, with its line ends");
	tap_is_int(list[1].condition, CONDITION_DNS_SILENT, "the second was found here");
	tap_ok(!str_is_set(list[1].host), "... and nobody was asked");
	arena_fini(&a);
}

/* The first and the newest stay, whatever they hold. */
static void
test_bounds(void)
{
	static char room[2][ATTEMPTS_PACKED_BYTES_MAX];
	static char long_answer[3 * ATTEMPT_ANSWER_BYTES_MAX];
	struct arena a;
	struct attempt *list;
	size_t n = 0, over = 0;
	arena_init(&a, 1 << 20);
	memset(long_answer, '\t', sizeof long_answer); /* each takes two bytes */
	for (int i = 0; i < 1000; i++) {
		struct attempt t = sample(i, (struct str){long_answer, sizeof long_answer});
		t.host = t.ip = t.tls = t.answer;
		n = attempts_pack((struct str){room[i % 2], n}, &t, room[(i + 1) % 2]);
		over += n > ATTEMPTS_PACKED_BYTES_MAX;
	}
	size_t count = attempts_unpack((struct str){room[0], n}, &a, &list);
	tap_is_int(over, 0, "never more than its room");
	tap_is_int(count, 1, "the longest possible: the newest fits");
	tap_is_int(list[0].at_ms, sample(999, STR("")).at_ms, "... and is that one");
	tap_is_int(list[0].answer.len, ATTEMPT_ANSWER_BYTES_MAX, "each text cut at its limit");
	memset(long_answer, 'x', sizeof long_answer);
	n = 0;
	for (int i = 0; i < 10; i++) {
		const struct attempt t = sample(i, (struct str){long_answer, sizeof long_answer});
		n = attempts_pack((struct str){room[i % 2], n}, &t, room[(i + 1) % 2]);
	}
	count = attempts_unpack((struct str){room[0], n}, &a, &list);
	tap_is_int(count, 3, "long ones: three fit");
	tap_is_int(list[0].at_ms, sample(0, STR("")).at_ms, "the first stays");
	tap_is_int(list[2].at_ms, sample(9, STR("")).at_ms, "and the newest");
	n = 0;
	for (int i = 0; i < 200; i++) {
		struct attempt t = {.at_ms = i, .condition = ATTEMPT_ANSWERED, .answer = STR("4")};
		n = attempts_pack((struct str){room[i % 2], n}, &t, room[(i + 1) % 2]);
	}
	count = attempts_unpack((struct str){room[0], n}, &a, &list);
	tap_is_int(count, ATTEMPTS_MAX, "short ones: as many as are unpacked");
	tap_is_int(list[0].at_ms, 0, "... with the first");
	arena_fini(&a);
}

static void
test_rubbish(void)
{
	static const char *const rubbish[] = {"", "\n", "x", "a\tb\tc\n", "1\t9\t-\th\ti\tt\ta\n",
		"1\t2\t-\th\ti\tt", "99999999999999999999\t1\t-\t\t\t\t\n"};
	char room[ATTEMPTS_PACKED_BYTES_MAX];
	struct arena a;
	arena_init(&a, 1 << 20);
	for (size_t i = 0; i < sizeof rubbish / sizeof *rubbish; i++) {
		struct attempt *list;
		const struct attempt t = sample(0, STR("450 no"));
		tap_is_int(attempts_unpack(str_of(rubbish[i]), &a, &list), 0, "rubbish %zu", i);
		const size_t n = attempts_pack(str_of(rubbish[i]), &t, room);
		tap_is_int(attempts_unpack((struct str){room, n}, &a, &list), 1,
			"... and one behind it");
	}
	arena_fini(&a);
}

static void
test_words(void)
{
	struct arena a;
	arena_init(&a, 1 << 20);
	const struct attempt_blanks b = {.host = STR("mx.b.example"),
		.ip = STR("192.0.2.1"),
		.seconds = 30,
		.text = STR("a\r\nb")};
	tap_is_str(attempt_words(CONDITION_PEER_DOES_NOT_ANSWER, &b, &a),
		STR("4.4.1 Connection timed out: 30 s, and no answer of mx.b.example [192.0.2.1]"),
		"filled");
	tap_is_str(attempt_words(CONDITION_PEER_TLS_FAILS, &b, &a),
		STR("4.7.5 TLS handshake with mx.b.example [192.0.2.1] failed: a  b"),
		"a line end in a fact ends no line");
	tap_is_str(attempt_words(CONDITION_DNS_SILENT, &b, &a),
		STR("4.4.3 DNS gave no answer about -: temporary lookup failure"),
		"what is not known");
	size_t braces = 0;
	for (int c = 0; c < CONDITION__COUNT; c++) {
		const struct str words = attempt_words((enum condition)c, &b, &a);
		braces += words.len == 0 || str_find_char(words, '{', 0) != STR_NPOS;
	}
	tap_is_int(braces, 0, "every condition can be said");
	arena_fini(&a);
}

int
main(void)
{
	test_round();
	test_bounds();
	test_rubbish();
	test_words();
	return tap_done();
}
