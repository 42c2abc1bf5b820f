/* milter_say - what a milter is told of a message, and the macros before it */
#include "filter/milter_inside.h"

#include "smtp/field.h"

/* ---- macros */

/* What Postfix sends when nothing else was asked for (MILTER_README), and who the client is: rspamd
 * wants to have that, and at MAIL it may be known better than at connect. */
static const struct {
	char letter;
	struct str macros;
} steps[] = {
	/* in the order of SMFIM_* */
	{'C', STR_INIT("j {daemon_name} {daemon_addr} v _ {client_addr} {client_name} {client_ptr} "
		       "{client_resolve}")},
	{'H', STR_INIT("{tls_version} {cipher} {cipher_bits} {cert_subject} {cert_issuer}")},
	{'M', STR_INIT("i {auth_type} {auth_authen} {auth_author} {client_addr} {client_name} "
		       "{client_ptr} {client_resolve} {mail_addr} {mail_host} {mail_mailer}")},
	{'R', STR_INIT("i {rcpt_addr} {rcpt_host} {rcpt_mailer}")},
	{'T', STR_INIT("i")},
	{'E', STR_INIT("i")},
	{'N', STR_INIT("i")},
};

static struct str
host_of(struct str address)
{
	const size_t at = str_find_char(address, '@', 0);
	return at == STR_NPOS ? STR_NONE : str_from(address, at + 1);
}

/* Its value; absent: not known, and not sent. "_" is put together by the caller. */
static struct str
macro_value(const struct filter_facts *f, struct str name)
{
	const struct {
		struct str name, value;
	} values[] = {
		{STR("j"), f->host},
		{STR("{daemon_name}"), f->host},
		{STR("v"), STR("Nixie")},
		{STR("i"), f->id},
		{STR("{tls_version}"), f->tls_version},
		{STR("{cipher}"), f->tls_cipher},
		{STR("{auth_type}"), str_is_set(f->user) ? f->mechanism : STR_NONE},
		{STR("{auth_authen}"), f->user},
		{STR("{mail_addr}"), f->sender},
		{STR("{mail_host}"), host_of(f->sender)},
		{STR("{mail_mailer}"), STR("smtp")},
		{STR("{rcpt_addr}"), f->rcpt},
		{STR("{rcpt_host}"), host_of(f->rcpt)},
		{STR("{rcpt_mailer}"), STR("smtp")},
		{STR("{client_addr}"), f->ip},
		{STR("{client_name}"),
			str_is_set(f->client_name) ? f->client_name : STR("unknown")},
		{STR("{client_ptr}"), str_is_set(f->client_ptr) ? f->client_ptr : STR("unknown")},
		{STR("{client_resolve}"), f->client_resolve},
	};
	for (size_t i = 0; i < sizeof values / sizeof *values; i++)
		if (str_eq(name, values[i].name))
			return values[i].value;
	return STR_NONE;
}

static void
put_macros(const struct milter *t, size_t step, struct buf *out)
{
	const struct filter_facts *const f = t->m.question.facts;
	struct str names =
		t->macros[step][0] != '\0' ? str_of(t->macros[step]) : steps[step].macros;
	struct packet p = packet_begin(out, 'D');
	packet_bytes(&p, (struct str){&steps[step].letter, 1});
	const size_t before = out->len;
	for (struct str name = str_word(&names); name.len > 0; name = str_word(&names)) {
		if (str_eq(name, STR("_")) && str_is_set(f->ip)) {
			packet_text(&p, name);
			buf_add(out, str_is_set(f->client_name) ? f->client_name : STR("unknown"));
			buf_add(out, STR(" ["));
			buf_add(out, f->ip);
			packet_text(&p, STR("]"));
			continue;
		}
		const struct str value = macro_value(f, name);
		if (!str_is_set(value))
			continue;
		packet_text(&p, name);
		packet_text(&p, value);
	}
	if (out->len == before) { /* none is known */
		out->len = p.at;
		return;
	}
	packet_end(&p);
}

/* ---- steps */

static void
say_offer(struct buf *out)
{
	struct packet p = packet_begin(out, 'O');
	packet_number(&p, MILTER_VERSION);
	packet_number(&p, MILTER_ACTIONS);
	packet_number(&p, MILTER_STEPS);
	packet_end(&p);
}

static void
say_connect(const struct filter_facts *f, struct buf *out)
{
	struct packet p = packet_begin(out, 'C');
	const char port[2] = {(char)(f->port >> 8), (char)f->port};
	if (str_is_set(f->client_name)) {
		packet_text(&p, f->client_name);
	} else {
		buf_add_char(out, '[');
		buf_add(out, f->ip);
		packet_text(&p, STR("]"));
	}
	if (str_is_set(f->ip)) {
		packet_bytes(&p, f->is_v6 ? STR("6") : STR("4"));
		packet_bytes(&p, (struct str){port, sizeof port});
		packet_text(&p, f->ip);
	} else {
		packet_bytes(&p, STR("U"));
	}
	packet_end(&p);
}

static void
say_path(char letter, struct str address, struct buf *out)
{
	struct packet p = packet_begin(out, letter);
	buf_add_char(out, '<');
	buf_add(out, address);
	packet_text(&p, STR(">"));
	packet_end(&p);
}

static void
say_word(char letter, struct str word, struct buf *out)
{
	struct packet p = packet_begin(out, letter);
	if (str_is_set(word))
		packet_text(&p, word);
	packet_end(&p);
}

/* The next field. A folded value has LF between its lines, as milters know them. */
static bool
say_field(struct milter *t, struct buf *out)
{
	struct str field;
	if (!smtp_field_next(&t->header, &field))
		return false;
	struct str value = smtp_field_value(field);
	if (!(t->steps & MILTER_LEADING_SPACE) && str_starts(value, STR(" ")))
		value = str_from(value, 1);
	struct packet p = packet_begin(out, 'L');
	packet_text(&p, smtp_field_name(field));
	for (size_t i = 0; i < value.len; i++)
		if (value.ptr[i] != '\r' && value.ptr[i] != '\0')
			buf_add_char(out, value.ptr[i]);
	buf_add_char(out, '\0');
	packet_end(&p);
	return true;
}

bool
milter_say(struct milter *t, struct buf *out)
{
	const struct filter_facts *const f = t->m.question.facts;
	switch (t->step) {
	case MILTER_NEGOTIATE:
		say_offer(out);
		return true;
	case MILTER_CONNECT:
		put_macros(t, 0, out);
		say_connect(f, out);
		return true;
	case MILTER_HELO:
		if (!str_is_set(f->helo))
			return false;
		put_macros(t, 1, out);
		say_word('H', f->helo, out);
		return true;
	case MILTER_MAIL:
		put_macros(t, 2, out);
		say_path('M', f->sender, out);
		return true;
	case MILTER_RCPT:
		put_macros(t, 3, out);
		say_path('R', f->rcpt, out);
		return true;
	case MILTER_DATA:
		put_macros(t, 4, out);
		say_word('T', STR_NONE, out);
		return true;
	case MILTER_HEADER:
		return say_field(t, out);
	case MILTER_EOH:
		put_macros(t, 6, out);
		say_word('N', STR_NONE, out);
		return true;
	case MILTER_EOM:
		put_macros(t, 5, out);
		say_word('E', STR_NONE, out);
		return true;
	case MILTER_AT_REST:
	case MILTER_BODY:
		break;
	}
	return false;
}
