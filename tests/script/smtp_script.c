/*
 * smtp_script - runs dialogues on the machine, each whole, byte by byte, in random pieces and
 * pipelined: the replies must be the same
 *
 * usage: smtp_script FOLDER [NAME]
 *
 * A script is a list of lines:
 *   # ...             a comment
 *   set NAME VALUE    a setting (the table below), before the dialogue
 *   peer WORD...      secure, proxy, xclient, ip=192.0.2.1
 *   on EVENT WHAT ANSWER   what the caller answers when the event's text is WHAT ("*" any): accept,
 *                     pass, or a condition with facts: C35 list=dnsbl.example text=spam
 *   mode once         only in writes as they stand: the dialogue depends on them
 *   mode unpipelined  not pipelined: the client may not
 *   C: text           a line of the client, its CRLF added
 *   C> text           bytes of the client: \r \n \0 \\ \xHH, and \{600*a} for 600 times "a"
 *   S: text           a line of the server
 *   E: text           an event, in this order, others between them
 *   E! text           an event that does not come
 *   early text        bytes that come before the greeting
 *   tls               the handshake
 *   expire            the deadline passes
 *   close CONDITION   the caller ends the session
 * Escapes are the same in S. In E, the text of a body has its line ends as \r and \n, two letters
 * each.
 */
#include "drive.h"
#include "escape.h"
#include "tap.h"

#include <dirent.h>

#define LINES_MAX 400
#define RULES_MAX 40
#define REFERENCE STR("7Q2F")

struct rule {
	struct str event, what, answer;
};

struct script {
	const char *name;
	struct str lines[LINES_MAX];
	size_t count;
	struct rule rules[RULES_MAX];
	size_t rule_count;
	struct smtp_settings settings;
	struct session_peer peer;
	bool is_once, is_unpipelined;
};

enum manner { WHOLE, BYTES, PIECES, PIPELINED };

/* ---- settings ------------------------------------------------------------------------------- */

enum type { BOOL, U32, I64, UNSIGNED, ENUM };

#define FIELD(type, name)                                                                          \
	{                                                                                          \
		STR_INIT(#name), type, offsetof(struct smtp_settings, name)                        \
	}
static const struct {
	struct str name;
	enum type type;
	size_t at;
} fields[] = {
	FIELD(BOOL, has_marks),
	FIELD(BOOL, auth_in_clear),
	FIELD(BOOL, needs_tls),
	FIELD(BOOL, lacks_tls),
	FIELD(BOOL, needs_auth),
	FIELD(BOOL, strict_helo),
	FIELD(BOOL, strict_pipelining),
	FIELD(BOOL, tolerates_early_talk),
	FIELD(BOOL, accepts_bare_paths),
	FIELD(BOOL, accepts_local_paths),
	FIELD(BOOL, refuses_null_sender),
	FIELD(UNSIGNED, asks),
	FIELD(UNSIGNED, mechanisms),
	FIELD(ENUM, style),
	FIELD(ENUM, bare),
	FIELD(ENUM, nul),
	FIELD(U32, text_line_bytes_max),
	FIELD(I64, message_bytes_max),
	FIELD(I64, message_bytes_drop),
	FIELD(U32, unterminated_bytes_max),
	FIELD(U32, recipients_max),
	FIELD(U32, messages_max),
	FIELD(U32, errors_max),
	FIELD(U32, unknown_max),
	FIELD(U32, idle_commands_max),
	FIELD(U32, login_failures_max),
	FIELD(U32, data_rate_min),
	FIELD(U32, data_grace_ms),
};

static const struct {
	struct str word;
	int64_t value;
} words[] = {
	{STR_INIT("yes"), 1},
	{STR_INIT("no"), 0},
	{STR_INIT("modern"), REPLY_MODERN},
	{STR_INIT("documented"), REPLY_DOCUMENTED},
	{STR_INIT("refuse"), BARE_REFUSE},
	{STR_INIT("normalise"), BARE_NORMALISE},
	{STR_INIT("strip"), NUL_STRIP},
	{STR_INIT("keep"), NUL_KEEP},
};

static void
die(const struct script *s, const char *why, struct str line)
{
	printf("Bail out! %s: %s: %.*s\n", s->name, why, (int)line.len, line.ptr);
	exit(2);
}

/* "+AUTH -DSN" */
static void
offers_set(struct script *s, struct str value)
{
	static const struct str keywords[] = {
#define X(id, keyword, rfc) STR_INIT(keyword),
		EXTENSIONS(X)
#undef X
	};
	for (struct str word; (word = str_word(&value)).len > 0;) {
		unsigned i = 0;
		while (i < EXTENSION__COUNT && !str_eq(keywords[i], str_from(word, 1)))
			i++;
		if (i == EXTENSION__COUNT)
			die(s, "no such extension", word);
		if (word.ptr[0] == '+')
			s->settings.offers |= 1u << i;
		else
			s->settings.offers &= ~(1u << i);
	}
}

static void
setting_set(struct script *s, struct str name, struct str value)
{
	int64_t n = str_number(value, INT64_MAX);
	if (str_eq(name, STR("offers"))) {
		offers_set(s, value);
		return;
	}
	if (str_eq(name, STR("kind"))) {
		settings_init(&s->settings,
			str_eq(value, STR("lmtp"))         ? LISTENER_LMTP
			: str_eq(value, STR("submission")) ? LISTENER_SUBMISSION
							   : LISTENER_MX,
			STR("mx.here.example"));
		return;
	}
	for (size_t i = 0; i < sizeof words / sizeof *words; i++)
		if (str_eq(value, words[i].word))
			n = words[i].value;
	for (size_t i = 0; i < sizeof fields / sizeof *fields; i++) {
		char *const at = (char *)&s->settings + fields[i].at;
		if (!str_eq(name, fields[i].name))
			continue;
		if (n < 0)
			die(s, "no value", value);
		if (fields[i].type == BOOL)
			*(bool *)at = n != 0;
		else if (fields[i].type == I64)
			memcpy(at, &n, sizeof n);
		else
			memcpy(at, &(uint32_t){(uint32_t)n}, sizeof(uint32_t));
		return;
	}
	die(s, "no such setting", name);
}

static void
peer_set(struct script *s, struct str value)
{
	for (struct str word; (word = str_word(&value)).len > 0;)
		if (str_eq(word, STR("secure")))
			s->peer.is_secure = true;
		else if (str_eq(word, STR("proxy")))
			s->peer.sends_proxy = true;
		else if (str_eq(word, STR("xclient")))
			s->peer.may_xclient = true;
		else if (!str_starts(word, STR("ip=")) ||
			 !endpoint_parse(str_from(word, 3), &s->peer.client))
			die(s, "no such peer", word);
}

/* ---- answers -------------------------------------------------------------------------------- */

static const char *const event_names[] = {[EVENT_CONNECT] = "connect",
	[EVENT_HELLO] = "hello",
	[EVENT_MAIL] = "mail",
	[EVENT_RCPT] = "rcpt",
	[EVENT_DATA] = "data",
	[EVENT_END] = "end",
	[EVENT_LOGIN] = "login",
	[EVENT_SCRAM] = "scram",
	[EVENT_SIGNED_IN] = "signed-in"};

static void
fact_set(const struct script *s, struct facts *f, struct str word)
{
	struct str value = word;
	const struct str name = str_cut(&value, '=');
#define X(field)                                                                                   \
	if (str_eq(name, STR(#field))) {                                                           \
		f->field = value;                                                                  \
		return;                                                                            \
	}
	FACT_TEXTS(X)
#undef X
#define X(field)                                                                                   \
	if (str_eq(name, STR(#field))) {                                                           \
		f->field = str_number(value, INT64_MAX);                                           \
		return;                                                                            \
	}
	FACT_NUMBERS(X)
#undef X
	die(s, "no such fact", word);
}

static void
answer_parse(const struct script *s, struct str text, struct smtp_answer *answer)
{
	const struct str word = str_word(&text);
	const int c = catalogue_condition_find(word);
	answer->verdict = str_eq(word, STR("accept")) ? ANSWER_ACCEPT
			  : str_eq(word, STR("pass")) ? ANSWER_PASS
						      : ANSWER_REFUSE;
	if (answer->verdict == ANSWER_REFUSE && c < 0)
		die(s, "no such condition", word);
	answer->condition = c < 0 ? 0 : (enum condition)c;
	for (struct str fact; (fact = str_word(&text)).len > 0;) {
		/* The last fact may have blanks. */
		if (str_starts(fact, STR("text="))) {
			fact = str_between(fact.ptr, text.ptr + text.len);
			text = STR("");
		}
		fact_set(s, &answer->facts, fact);
	}
}

/* What the caller says when no rule does: mail for here.example, joe's password is "secret". */
static void
answer_default(struct drive *d, struct smtp_answer *answer)
{
	static struct scram_secret secret; /* of the tests: the same each time */
	const struct smtp_event *const e = &d->event;
	const bool is_joe = str_eq(e->user, STR("joe"));
	switch (e->kind) {
	case EVENT_RCPT:
		if (str_eq_case(e->path.domain, STR("here.example")) ||
			path_is_postmaster(&e->path))
			answer->verdict = ANSWER_ACCEPT;
		break;
	case EVENT_END:
		answer->verdict = ANSWER_ACCEPT;
		answer->facts.id = STR("Q1");
		break;
	case EVENT_LOGIN:
		answer->verdict = is_joe && str_eq(e->password, STR("secret")) ? ANSWER_ACCEPT
									       : ANSWER_REFUSE;
		answer->condition = CONDITION_WRONG_PASSWORD;
		break;
	case EVENT_SCRAM:
		assert(scram_derive(STR("secret"), STR("saltsalt"), 4096, &secret));
		secret.is_nobody = !is_joe;
		answer->verdict = ANSWER_ACCEPT;
		answer->secret = &secret;
		answer->nonce = STR("servernonce");
		break;
	default:
		break;
	}
}

static void
answer_give(struct drive *d, struct smtp_answer *answer)
{
	const struct script *const s = d->of;
	const struct smtp_event *const e = &d->event;
	char room[PATH_PRINT_BYTES_MAX], number[STR_DIGITS_MAX];
	struct str what = STR("");
	if (e->kind == EVENT_MAIL || e->kind == EVENT_RCPT)
		what = drive_mailbox(&e->path, room);
	else if (e->kind == EVENT_HELLO)
		what = e->text;
	else if (e->kind == EVENT_END)
		what = str_digits(e->recipient, number);
	else if (e->kind >= EVENT_LOGIN)
		what = e->user;
	answer_default(d, answer);
	for (size_t i = 0; i < s->rule_count; i++) {
		const struct rule *const r = &s->rules[i];
		if (str_eq(r->event, str_of(event_names[e->kind])) &&
			(str_eq(r->what, STR("*")) || str_eq(r->what, what))) {
			answer_parse(s, r->answer, answer);
			return;
		}
	}
}

/* ---- reading -------------------------------------------------------------------------------- */

static void
unescape(const struct script *s, struct str text, struct buf *to)
{
	if (!escape_undo(text, to))
		die(s, "no repetition", text);
}

/* A line that is no dialogue; false when it is. */
static bool
heading_read(struct script *s, struct str line)
{
	struct str rest = line;
	const struct str word = str_word(&rest);
	if (str_eq(word, STR("set"))) {
		const struct str name = str_word(&rest);
		setting_set(s, name, str_trim(rest));
	} else if (str_eq(word, STR("peer"))) {
		peer_set(s, rest);
	} else if (str_eq(word, STR("mode"))) {
		s->is_once |= str_eq(str_trim(rest), STR("once"));
		s->is_unpipelined |= str_eq(str_trim(rest), STR("unpipelined"));
	} else if (str_eq(word, STR("on"))) {
		struct rule *const r = &s->rules[s->rule_count++];
		if (s->rule_count > RULES_MAX)
			die(s, "too many rules", line);
		r->event = str_word(&rest);
		r->what = str_word(&rest);
		r->answer = str_trim(rest);
	} else {
		return false;
	}
	return true;
}

static void
script_read(struct script *s, const char *path, struct str text)
{
	struct str line;
	*s = (struct script){.name = path, .peer = {.reference = REFERENCE}};
	endpoint_parse(STR("192.0.2.1"), &s->peer.client);
	settings_init(&s->settings, LISTENER_MX, STR("mx.here.example"));
	while (str_line(&text, &line)) {
		if (line.len == 0 || line.ptr[0] == '#' || heading_read(s, line))
			continue;
		if (s->count == LINES_MAX)
			die(s, "too many lines", line);
		s->lines[s->count++] = line;
	}
}

/* ---- running -------------------------------------------------------------------------------- */

struct run {
	struct drive drive;
	enum manner manner;
	uint32_t random;
	struct buf waiting; /* of the client, not written yet: PIPELINED */
};

static uint32_t
random_next(struct run *r)
{
	r->random = r->random * 1664525u + 1013904223u;
	return r->random >> 16;
}

static void
feed(struct run *r, struct str bytes)
{
	if (r->manner == WHOLE || r->manner == PIPELINED) {
		drive_feed(&r->drive, bytes);
		return;
	}
	while (bytes.len > 0) {
		const size_t n = r->manner == BYTES ? 1 : 1 + random_next(r) % 40;
		drive_feed(&r->drive, str_head(bytes, n));
		bytes = str_from(bytes, n);
	}
}

static void
waiting_feed(struct run *r)
{
	if (r->waiting.len > 0)
		feed(r, buf_str(&r->waiting));
	buf_clear(&r->waiting);
}

/* Must the client wait for the answer to this? */
static bool
ends_group(struct str line)
{
	static const struct str verbs[] = {STR_INIT("EHLO"), STR_INIT("HELO"), STR_INIT("LHLO"),
		STR_INIT("DATA"), STR_INIT("STARTTLS"), STR_INIT("AUTH"), STR_INIT("XCLIENT"),
		STR_INIT("PROXY")};
	const struct str word = str_word(&line);
	for (size_t i = 0; i < sizeof verbs / sizeof *verbs; i++)
		if (str_eq_case(word, verbs[i]))
			return true;
	return false;
}

static void
client_says(struct run *r, struct str bytes)
{
	if (r->manner != PIPELINED) {
		feed(r, bytes);
		return;
	}
	buf_add(&r->waiting, bytes);
	if (ends_group(bytes))
		waiting_feed(r);
}

static void
line_play(struct run *r, const struct script *s, struct str line, struct buf *bytes)
{
	struct reply_buffer *const out = &r->drive.out;
	buf_clear(bytes);
	if (str_starts(line, STR("C:")) || str_starts(line, STR("C>"))) {
		unescape(s, str_from(line, 3), bytes);
		if (line.ptr[1] == ':')
			buf_add(bytes, STR("\r\n"));
		client_says(r, buf_str(bytes));
		return;
	}
	if (str_starts(line, STR("S:")) || str_starts(line, STR("E")))
		return;
	waiting_feed(r);
	if (str_eq(line, STR("tls"))) {
		if (!r->drive.wants_tls)
			die(s, "no handshake is wanted", line);
		session_secured(&r->drive.session, r->drive.now_ms);
	} else if (str_eq(line, STR("expire"))) {
		r->drive.now_ms = session_deadline(&r->drive.session) - 1;
		session_expire(&r->drive.session, out, r->drive.now_ms);
		if (out->len > 0)
			die(s, "too early", line);
		session_expire(&r->drive.session, out, ++r->drive.now_ms);
	} else if (str_starts(line, STR("close "))) {
		const int c = catalogue_condition_find(str_from(line, 6));
		session_close(&r->drive.session, out, (enum condition)c, NULL);
	} else if (!str_starts(line, STR("early "))) {
		die(s, "no such line", line);
	}
	drive_run(&r->drive);
}

/* What the server must say, in all. */
static void
wanted_read(const struct script *s, struct buf *to)
{
	for (size_t i = 0; i < s->count; i++)
		if (str_starts(s->lines[i], STR("S:"))) {
			unescape(s, str_from(s->lines[i], 3), to);
			buf_add(to, STR("\r\n"));
		}
}

/* The first event that should be there and is not, or should not and is; absent = none. */
static struct str
event_missed(const struct script *s, struct str told)
{
	struct str rest = told;
	for (size_t i = 0; i < s->count; i++) {
		const struct str line = s->lines[i];
		struct str event, all = told;
		bool found = false;
		if (str_starts(line, STR("E:")))
			while (!found && str_line(&rest, &event))
				found = str_eq(event, str_from(line, 3));
		else if (str_starts(line, STR("E!")))
			for (found = true; str_line(&all, &event);)
				found = found && !str_eq(event, str_from(line, 3));
		else
			continue;
		if (!found)
			return line;
	}
	return STR_NONE;
}

static void
play(const struct script *s, enum manner manner, uint32_t seed, bool later, const char *how)
{
	struct run r = {.manner = manner, .random = seed};
	struct buf bytes, wanted;
	struct str early = STR_NONE;
	buf_init(&r.waiting, DRIVE_BYTES_MAX);
	buf_init(&bytes, DRIVE_BYTES_MAX);
	buf_init(&wanted, DRIVE_BYTES_MAX);
	r.drive.answer = answer_give;
	r.drive.of = (void *)(uintptr_t)s;
	r.drive.answers_later = later;
	r.drive.is_tight = seed % 2 == 0;
	r.drive.now_ms = 1000;
	drive_init(&r.drive, &s->settings, &s->peer);
	for (size_t i = 0; i < s->count; i++)
		if (str_starts(s->lines[i], STR("early ")))
			early = str_from(s->lines[i], 6);
	unescape(s, early, &bytes);
	drive_feed(&r.drive, buf_str(&bytes));
	for (size_t i = 0; i < s->count; i++)
		line_play(&r, s, s->lines[i], &bytes);
	waiting_feed(&r);
	wanted_read(s, &wanted);
	tap_is_str(buf_str(&r.drive.sent), buf_str(&wanted), "%s %s: replies", s->name, how);
	const struct str missed = event_missed(s, buf_str(&r.drive.told));
	if (!tap_ok(!str_is_set(missed), "%s %s: events", s->name, how)) {
		tap_show("missed", missed);
		tap_show("of", buf_str(&r.drive.told));
	}
	tap_ok(r.drive.in_bytes_most < SESSION_IN_BYTES_MIN, "%s %s: little waits", s->name, how);
	drive_fini(&r.drive);
	buf_fini(&r.waiting);
	buf_fini(&bytes);
	buf_fini(&wanted);
}

static bool
file_read(const char *path, struct buf *to)
{
	char room[4096];
	size_t n;
	FILE *const f = fopen(path, "rb");
	if (f == NULL)
		return false;
	while ((n = fread(room, 1, sizeof room, f)) > 0)
		buf_add(to, (struct str){room, n});
	fclose(f);
	return true;
}

static void
play_all(const struct script *s)
{
	char how[32];
	play(s, WHOLE, 1, false, "whole");
	play(s, WHOLE, 2, true, "answered later");
	if (s->is_once)
		return;
	play(s, BYTES, 3, false, "byte by byte");
	play(s, BYTES, 4, true, "byte by byte, answered later");
	for (uint32_t seed = 5; seed < 15; seed++) {
		snprintf(how, sizeof how, "in pieces %u", seed);
		play(s, PIECES, seed, seed % 3 == 0, how);
	}
	if (s->is_unpipelined)
		return;
	play(s, PIPELINED, 1, false, "pipelined");
	play(s, PIPELINED, 2, true, "pipelined, answered later");
}

static int
is_script(const struct dirent *entry)
{
	return str_ends_case(str_of(entry->d_name), STR(".smtp"));
}

int
main(int argc, char **argv)
{
	static struct script script;
	struct dirent **entries;
	const char *const folder = argc > 1 ? argv[1] : ".";
	const int n = scandir(folder, &entries, is_script, alphasort);
	for (int i = 0; i < n; i++) {
		char path[1024];
		struct buf text;
		const char *const name = entries[i]->d_name;
		buf_init(&text, DRIVE_BYTES_MAX);
		snprintf(path, sizeof path, "%s/%s", folder, name);
		if ((argc < 3 || strcmp(argv[2], name) == 0) &&
			tap_ok(file_read(path, &text), "%s", name)) {
			script_read(&script, name, buf_str(&text));
			play_all(&script);
		}
		buf_fini(&text);
		free(entries[i]);
	}
	if (n >= 0)
		free(entries);
	return tap_done();
}
