/*
 * client_script - runs dialogues on the client's machine, each whole, byte by byte, in random
 * pieces and in the smallest buffers: what it says and tells must be the same
 *
 * usage: client_script FOLDER [NAME]
 *
 * A script is a list of lines; bytes are written as in smtp_script.c (escape.h):
 *   # ...             a comment
 *   set NAME VALUE    a setting: host, user, password, nonce; tls opportunistic|off|required;
 *                     avoid KEYWORD; lmtp, knows_self, auth_in_clear, secure, stays yes
 *   mail PATH WORD... a message: 8bit utf8 requiretls full hdrs size=N envid=X
 *   rcpt PATH WORD... a recipient of it: notify=N orcpt=X; many=N: so many, "1PATH", "2PATH" ...
 *   text BYTES        a piece of its text; none: "Subject: x", a blank line, "hello"
 *   S: text           a line of the server, its CRLF added
 *   S> text           bytes of the server
 *   C: text           a line of the client
 *   C> text           bytes of the client
 *   tls, tls fails    the handshake
 *   lost              the server closes
 *   cancel            the caller gives up
 *   expire            the deadline passes; a millisecond before it nothing happens
 *   E: text           what is told, all of it, in this order: "result N VERDICT CAUSE STAGE REPLY",
 *                     "done", "failed CAUSE STAGE REPLY", "tls", "close"
 * At each S: the client must have said all that stands before it, and no more.
 */
#include "client_drive.h"
#include "escape.h"
#include "tap.h"

#include <dirent.h>

#define LINES_MAX 800

struct script {
	const char *name;
	struct str lines[LINES_MAX];
	size_t count;
	struct client_settings settings;
	bool is_secure, stays;
	struct client_mail mails[CLIENT_DRIVE_MESSAGES_MAX];
	size_t mail_count;
	struct buf text; /* paths and pieces lie here */
};

enum manner { WHOLE, BYTES, PIECES, TIGHT, MANNER_COUNT };

static void
die(const struct script *s, const char *why, struct str line)
{
	printf("Bail out! %s: %s: %.*s\n", s->name, why, (int)line.len, line.ptr);
	exit(2);
}

/* Bytes in memory that stays where it is. */
static struct str
kept(struct script *s, struct str text)
{
	const size_t from = s->text.len;
	if (!escape_undo(text, &s->text))
		die(s, "no repetition", text);
	return str_from(buf_str(&s->text), from);
}

/* ---- headings ------------------------------------------------------------------------------- */

static unsigned
extension_of(const struct script *s, struct str word)
{
	static const struct str keywords[] = {
#define X(id, keyword, rfc) STR_INIT(keyword),
		EXTENSIONS(X)
#undef X
	};
	for (unsigned i = 0; i < EXTENSION__COUNT; i++)
		if (str_eq(keywords[i], word))
			return 1u << i;
	die(s, "no such extension", word);
	return 0;
}

static void
setting_set(struct script *s, struct str name, struct str value)
{
	struct client_settings *const set = &s->settings;
	const struct {
		struct str name;
		struct str *text;
		bool *flag;
	} fields[] = {
		{STR("host"), &set->host, NULL},
		{STR("user"), &set->user, NULL},
		{STR("password"), &set->password, NULL},
		{STR("nonce"), &set->nonce, NULL},
		{STR("lmtp"), NULL, &set->is_lmtp},
		{STR("knows_self"), NULL, &set->knows_self},
		{STR("auth_in_clear"), NULL, &set->auth_in_clear},
		{STR("secure"), NULL, &s->is_secure},
		{STR("stays"), NULL, &s->stays},
	};
	if (str_eq(name, STR("avoid"))) {
		set->avoids |= extension_of(s, value);
		return;
	}
	if (str_eq(name, STR("tls"))) {
		set->tls = str_eq(value, STR("off"))        ? CLIENT_TLS_OFF
			   : str_eq(value, STR("required")) ? CLIENT_TLS_REQUIRED
							    : CLIENT_TLS_OPPORTUNISTIC;
		return;
	}
	for (size_t i = 0; i < sizeof fields / sizeof *fields; i++)
		if (str_eq(fields[i].name, name)) {
			if (fields[i].text != NULL)
				*fields[i].text = kept(s, value);
			else
				*fields[i].flag = str_eq(value, STR("yes"));
			return;
		}
	die(s, "no such setting", name);
}

static void
mail_add(struct script *s, struct str rest)
{
	if (s->mail_count == CLIENT_DRIVE_MESSAGES_MAX)
		die(s, "too many messages", rest);
	struct client_envelope *const e = &s->mails[s->mail_count++].envelope;
	*e = (struct client_envelope){.path = kept(s, str_unwrap(str_word(&rest), '<', '>'))};
	for (struct str word; (word = str_word(&rest)).len > 0;) {
		e->is_8bit |= str_eq(word, STR("8bit"));
		e->is_utf8 |= str_eq(word, STR("utf8"));
		e->requires_tls |= str_eq(word, STR("requiretls"));
		e->is_ret_full |= str_eq(word, STR("full"));
		e->is_ret_headers |= str_eq(word, STR("hdrs"));
		if (str_starts(word, STR("size=")))
			e->size_bytes = str_number(str_from(word, 5), INT64_MAX);
		if (str_starts(word, STR("envid=")))
			e->envelope_id = kept(s, str_from(word, 6));
	}
}

static void
rcpt_add(struct script *s, struct str rest)
{
	struct client_mail *const m = &s->mails[s->mail_count - 1];
	const struct str path = str_word(&rest);
	struct client_recipient r = {.path = STR_NONE};
	int64_t many = 1;
	char digits[STR_DIGITS_MAX];
	for (struct str word; (word = str_word(&rest)).len > 0;) {
		if (str_starts(word, STR("notify=")))
			r.notify = (unsigned)str_number(str_from(word, 7), 15);
		if (str_starts(word, STR("orcpt=")))
			r.original = kept(s, str_from(word, 6));
		if (str_starts(word, STR("many=")))
			many = str_number(str_from(word, 5), CLIENT_DRIVE_RECIPIENTS_MAX);
	}
	for (int64_t i = 1; i <= many; i++) {
		const size_t from = s->text.len;
		if (many > 1)
			kept(s, str_digits(i, digits));
		kept(s, str_unwrap(path, '<', '>'));
		r.path = str_from(buf_str(&s->text), from);
		assert(m->envelope.recipient_count < CLIENT_DRIVE_RECIPIENTS_MAX);
		m->recipients[m->envelope.recipient_count++] = r;
	}
}

/* A line that is no dialogue; false when it is. */
static bool
heading_read(struct script *s, struct str line)
{
	struct str rest = line;
	const struct str word = str_word(&rest);
	rest = str_from(rest, 1);
	if (str_eq(word, STR("set"))) {
		const struct str name = str_word(&rest);
		setting_set(s, name, str_trim(rest));
	} else if (str_eq(word, STR("mail"))) {
		mail_add(s, rest);
	} else if (str_eq(word, STR("rcpt"))) {
		rcpt_add(s, rest);
	} else if (str_eq(word, STR("text"))) {
		struct client_mail *const m = &s->mails[s->mail_count - 1];
		m->pieces[m->piece_count++] = kept(s, rest);
	} else {
		return false;
	}
	return true;
}

static void
script_read(struct script *s, const char *path, struct str text)
{
	struct str line;
	*s = (struct script){.name = path, .settings = {.host = STR_INIT("me.example")}};
	buf_init(&s->text, (size_t)1 << 22);
	assert(buf_reserve(&s->text, (size_t)1 << 21) != NULL); /* so that it never moves */
	while (str_line(&text, &line)) {
		if (line.len == 0 || line.ptr[0] == '#' || heading_read(s, line))
			continue;
		if (s->count == LINES_MAX)
			die(s, "too many lines", line);
		s->lines[s->count++] = line;
	}
	for (size_t i = 0; i < s->mail_count; i++) {
		struct client_mail *const m = &s->mails[i];
		m->envelope.recipients = m->recipients;
		if (m->piece_count == 0)
			m->pieces[m->piece_count++] = STR("Subject: x\r\n\r\nhello\r\n");
	}
}

/* ---- running -------------------------------------------------------------------------------- */

struct run {
	struct client_drive drive;
	enum manner manner;
	uint32_t random;
	struct buf bytes, wanted_sent, wanted_told;
};

static void
feed(struct run *r, struct str bytes)
{
	if (r->manner == WHOLE || r->manner == TIGHT) {
		client_drive_feed(&r->drive, bytes);
		return;
	}
	while (bytes.len > 0) {
		r->random = r->random * 1664525u + 1013904223u;
		const size_t n = r->manner == BYTES ? 1 : 1 + (r->random >> 16) % 40;
		client_drive_feed(&r->drive, str_head(bytes, n));
		bytes = str_from(bytes, n);
	}
}

/* Consecutive lines of the server come together. */
static void
server_speaks(struct run *r)
{
	if (r->bytes.len > 0)
		feed(r, buf_str(&r->bytes));
	buf_clear(&r->bytes);
}

static bool
same(const struct script *s, const struct run *r, const char *what, struct str is,
	struct str wanted)
{
	static const char *const manners[] = {"whole", "byte by byte", "in pieces", "tight"};
	if (str_eq(is, wanted))
		return true;
	size_t at = 0;
	while (at < is.len && at < wanted.len && is.ptr[at] == wanted.ptr[at])
		at++;
	const size_t from = at > 60 ? at - 60 : 0;
	printf("# %s, %s: %s differs at %zu\n", s->name, manners[r->manner], what, at);
	tap_show("is", str_head(str_from(is, from), 240));
	tap_show("wanted", str_head(str_from(wanted, from), 240));
	return false;
}

/* What is neither said nor told: things that happen. */
static void
happen(const struct script *s, struct run *r, struct str line)
{
	struct client_drive *const d = &r->drive;
	if (str_eq(line, STR("tls"))) {
		assert(d->wants_tls);
		client_secured(&d->client, d->now_ms);
	} else if (str_eq(line, STR("tls fails"))) {
		assert(d->wants_tls);
		client_insecure(&d->client);
	} else if (str_eq(line, STR("lost"))) {
		client_lost(&d->client, CAUSE_LOST);
	} else if (str_eq(line, STR("cancel"))) {
		client_lost(&d->client, CAUSE_CANCELLED);
	} else if (str_eq(line, STR("expire"))) {
		const int64_t deadline = client_deadline(&d->client);
		const size_t told = d->told.len;
		client_expire(&d->client, deadline - 1);
		client_drive_run(d);
		assert(d->told.len == told);
		d->now_ms = deadline;
		client_expire(&d->client, d->now_ms);
	} else {
		die(s, "no such line", line);
	}
	d->wants_tls = false;
	client_drive_run(d);
}

static bool
line_run(const struct script *s, struct run *r, struct str line)
{
	const struct str rest = str_from(line, 3);
	const bool is_line = line.len > 1 && line.ptr[1] == ':';
	const bool is_dialogue = is_line || (line.len > 1 && line.ptr[1] == '>');
	const char who = line.ptr[0];
	if (is_dialogue && who == 'S') {
		if (r->bytes.len == 0 &&
			!same(s, r, "said", buf_str(&r->drive.sent), buf_str(&r->wanted_sent)))
			return false;
		assert(escape_undo(rest, &r->bytes));
		if (is_line)
			buf_add(&r->bytes, STR("\r\n"));
		return true;
	}
	if (is_dialogue && who == 'C') {
		server_speaks(r);
		assert(escape_undo(rest, &r->wanted_sent));
		if (is_line)
			buf_add(&r->wanted_sent, STR("\r\n"));
	} else if (is_dialogue && who == 'E') {
		buf_add(&r->wanted_told, rest);
		buf_add_char(&r->wanted_told, '\n');
	} else {
		server_speaks(r);
		happen(s, r, line);
	}
	return true;
}

static bool
run(struct script *s, enum manner manner, uint32_t random)
{
	static struct run r;
	memset(&r, 0, sizeof r);
	r.manner = manner;
	r.random = random;
	r.drive.mails = s->mails;
	r.drive.mail_count = s->mail_count;
	r.drive.stays = s->stays;
	r.drive.is_tight = manner == TIGHT;
	/* Chunks are as large as what is given at a time; lines are not. */
	const bool has_chunks = s->settings.avoids == 0;
	r.drive.text_bytes_max = has_chunks || manner == WHOLE ? 0 : manner == BYTES ? 1 : 7;
	buf_init(&r.bytes, CLIENT_DRIVE_BYTES_MAX);
	buf_init(&r.wanted_sent, CLIENT_DRIVE_BYTES_MAX);
	buf_init(&r.wanted_told, CLIENT_DRIVE_BYTES_MAX);
	client_drive_init(&r.drive, &s->settings, s->is_secure);
	client_drive_run(&r.drive);
	bool ok = true;
	for (size_t i = 0; ok && i < s->count; i++)
		ok = line_run(s, &r, s->lines[i]);
	if (ok)
		server_speaks(&r);
	ok = ok && same(s, &r, "said", buf_str(&r.drive.sent), buf_str(&r.wanted_sent)) &&
	     same(s, &r, "told", buf_str(&r.drive.told), buf_str(&r.wanted_told));
	client_drive_fini(&r.drive);
	buf_fini(&r.bytes);
	buf_fini(&r.wanted_sent);
	buf_fini(&r.wanted_told);
	return ok;
}

static void
script_run(const char *folder, const char *name)
{
	static struct script s;
	char path[1024];
	struct buf text;
	snprintf(path, sizeof path, "%s/%s", folder, name);
	FILE *const f = fopen(path, "rb");
	assert(f != NULL);
	buf_init(&text, (size_t)1 << 20);
	for (int c; (c = getc(f)) != EOF;)
		buf_add_char(&text, (char)c);
	fclose(f);
	script_read(&s, name, buf_str(&text));
	bool ok = true;
	for (uint32_t i = 0; ok && i < MANNER_COUNT + 10; i++)
		ok = run(&s, i < MANNER_COUNT ? (enum manner)i : PIECES, i);
	tap_ok(ok, "%s", name);
	buf_fini(&text);
	buf_fini(&s.text);
}

static int
by_name(const struct dirent **a, const struct dirent **b)
{
	return strcmp((*a)->d_name, (*b)->d_name);
}

static int
is_script(const struct dirent *e)
{
	return str_ends_case(str_of(e->d_name), STR(".client"));
}

int
main(int argc, char **argv)
{
	struct dirent **list;
	if (argc < 2)
		return 2;
	if (argc > 2) {
		script_run(argv[1], argv[2]);
		return tap_done();
	}
	const int n = scandir(argv[1], &list, is_script, by_name);
	assert(n > 0);
	for (int i = 0; i < n; i++) {
		script_run(argv[1], list[i]->d_name);
		free(list[i]);
	}
	free(list);
	return tap_done();
}
