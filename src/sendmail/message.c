/* message - the header as it is to travel, and whom it names */
#include "sendmail/sendmail.h"

enum field_use {
	USE_TO = 1,    /* names recipients */
	USE_AGAIN = 2, /* of a message that is sent again */
	USE_HIDDEN = 4 /* does not travel */
};

static const struct known {
	struct str name;
	unsigned use;
	enum { IS_NOTHING, IS_FROM, IS_DATE, IS_ID } is;
} known[] = {
	{STR_INIT("To"), USE_TO, IS_NOTHING},
	{STR_INIT("Cc"), USE_TO, IS_NOTHING},
	{STR_INIT("Bcc"), USE_TO | USE_HIDDEN, IS_NOTHING},
	{STR_INIT("Resent-To"), USE_TO | USE_AGAIN, IS_NOTHING},
	{STR_INIT("Resent-Cc"), USE_TO | USE_AGAIN, IS_NOTHING},
	{STR_INIT("Resent-Bcc"), USE_TO | USE_AGAIN | USE_HIDDEN, IS_NOTHING},
	{STR_INIT("From"), 0, IS_FROM},
	{STR_INIT("Date"), 0, IS_DATE},
	{STR_INIT("Message-ID"), 0, IS_ID},
};

static const struct known *
known_find(struct str name)
{
	for (size_t i = 0; i < sizeof known / sizeof *known; i++)
		if (str_eq_case(name, known[i].name))
			return &known[i];
	return NULL;
}

/* The name of a field, when the line begins one: RFC 5322 s2.2. */
static struct str
field_name(struct str line)
{
	size_t n = 0;
	while (n < line.len && line.ptr[n] > ' ' && line.ptr[n] < 127 && line.ptr[n] != ':')
		n++;
	size_t colon = n;
	while (colon < line.len && (line.ptr[colon] == ' ' || line.ptr[colon] == '\t'))
		colon++; /* obsolete, and still seen */
	return n > 0 && colon < line.len && line.ptr[colon] == ':' ? str_head(line, n) : STR_NONE;
}

/* The next field with the lines that go on; absent when what comes is none. */
static struct str
field_next(struct str *rest, struct str *name)
{
	struct str after = *rest, line;
	if (!str_line(&after, &line) || !str_is_set(*name = field_name(line)))
		return STR_NONE;
	struct str ahead = after, more;
	while (str_line(&ahead, &more) && more.len > 0 &&
		(more.ptr[0] == ' ' || more.ptr[0] == '\t'))
		after = ahead;
	const size_t len = str_is_set(after) ? (size_t)(after.ptr - rest->ptr) : rest->len;
	const struct str field = str_head(*rest, len);
	*rest = str_from(*rest, len);
	return field;
}

static struct str
value_of(struct str field)
{
	str_cut(&field, ':');
	return str_trim(field);
}

static void
add_line(struct buf *out, struct str name, struct str value)
{
	buf_add(out, name);
	buf_add(out, STR(": "));
	buf_add(out, value);
	buf_add(out, STR("\r\n"));
}

/* A From field of who calls. */
static void
add_from(struct buf *out, const struct message_facts *facts)
{
	const struct str sender = facts->sender;
	buf_add(out, STR("From: "));
	if (facts->full_name.len > 0) {
		buf_add_char(out, '"');
		for (size_t i = 0; i < facts->full_name.len; i++) {
			const char c = facts->full_name.ptr[i];
			if (c == '"' || c == '\\')
				buf_add_char(out, '\\');
			buf_add_char(out, (unsigned char)c < ' ' ? ' ' : c);
		}
		buf_add(out, STR("\" "));
	}
	buf_add_char(out, '<');
	buf_add(out, sender.len > 0 ? sender : STR("MAILER-DAEMON"));
	if (sender.len == 0) {
		buf_add_char(out, '@');
		buf_add(out, facts->host);
	}
	buf_add(out, STR(">\r\n"));
}

void
message_complete(
	struct str in, const struct message_facts *facts, struct recipients *r, struct buf *out)
{
	struct str rest = in, name, field, line;
	bool has[IS_ID + 1] = {false}, is_again = false;
	/* "From john Sun Nov 22 ..." is the line of a mailbox, and no field. */
	if (str_starts(rest, STR("From ")))
		str_line(&rest, &line);
	const struct str begin = rest;
	while (str_is_set(field_next(&rest, &name))) {
		const struct known *const k = known_find(name);
		is_again |= k != NULL && (k->use & USE_AGAIN) != 0;
		if (k != NULL)
			has[k->is] = true;
	}
	if (!has[IS_FROM])
		add_from(out, facts);
	if (!has[IS_DATE])
		add_line(out, STR("Date"), facts->date);
	if (!has[IS_ID])
		add_line(out, STR("Message-ID"), arena_join(r->a, STR("<"), facts->id, STR(">")));
	rest = begin;
	while (str_is_set(field = field_next(&rest, &name))) {
		const struct known *const k = known_find(name);
		if (k != NULL && (k->use & USE_TO) != 0 && facts->reads_recipients &&
			((k->use & USE_AGAIN) != 0) == is_again)
			recipients_add(r, value_of(field));
		/* Who is hidden stays so, whoever said that to whom it goes. */
		if (k == NULL || (k->use & USE_HIDDEN) == 0)
			buf_add(out, field);
	}
	/* Text without a header, or a header that nothing ends. */
	const bool has_end = str_starts(rest, STR("\n")) || str_starts(rest, STR("\r\n"));
	if (!has_end && out->len > 0 && out->ptr[out->len - 1] != '\n')
		buf_add(out, STR("\r\n"));
	if (!has_end)
		buf_add(out, STR("\r\n"));
	buf_add(out, rest);
}
