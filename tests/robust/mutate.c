#include "mutate.h"

#include "read/header.h"

#define SPANS_MAX 4096

/* What damage is done to: lines, fields or parts of a mail, as they follow one another. */
struct spans {
	struct str list[SPANS_MAX]; /* the last has all the rest */
	size_t count;
};

static size_t
one_of(struct random *r, const size_t *choices, size_t n)
{
	return choices[random_below(r, n)];
}
#define ONE_OF(r, ...)                                                                             \
	one_of((r), (const size_t[]){__VA_ARGS__},                                                 \
		sizeof((const size_t[]){__VA_ARGS__}) / sizeof(size_t))

static void
add_span(struct spans *s, struct str span)
{
	if (s->count < SPANS_MAX)
		s->list[s->count++] = span;
	else
		s->list[SPANS_MAX - 1] =
			str_between(s->list[SPANS_MAX - 1].ptr, span.ptr + span.len);
}

/* Each line with its end. */
static void
find_lines(struct str mail, struct spans *s)
{
	struct str rest = mail, line;
	s->count = 0;
	while (str_line(&rest, &line))
		add_span(s, str_between(line.ptr, mail.ptr + mail.len - rest.len));
	if (s->count == 0)
		add_span(s, mail);
}

/* Header fields, whole, and what is between them: is_field tells which. */
static void
find_fields(struct str mail, struct spans *s, bool *is_field)
{
	static struct spans lines;
	struct str name, value;
	find_lines(mail, &lines);
	s->count = 0;
	for (size_t i = 0; i < lines.count; i++) {
		const struct str line = lines.list[i];
		const bool goes_on =
			s->count > 0 && line.len > 0 && (line.ptr[0] == ' ' || line.ptr[0] == '\t');
		if (goes_on) {
			struct str *const last = &s->list[s->count - 1];
			*last = str_between(last->ptr, line.ptr + line.len);
			continue;
		}
		add_span(s, line);
		is_field[s->count - 1] = field_split(line, &name, &value);
	}
}

static bool
is_boundary(struct str line)
{
	return str_starts(line, STR("--")) && line.len > 2 && (unsigned char)line.ptr[2] > ' ';
}

/* From one boundary line to the next, or, where there is none, from blank line to blank line. */
static void
find_parts(struct str mail, struct spans *s)
{
	static struct spans lines;
	bool has_boundary = false;
	find_lines(mail, &lines);
	for (size_t i = 0; i < lines.count; i++)
		has_boundary = has_boundary || is_boundary(lines.list[i]);
	s->count = 0;
	for (size_t i = 0; i < lines.count; i++) {
		const struct str line = lines.list[i];
		const bool begins = has_boundary ? is_boundary(line) : str_trim(line).len == 0;
		if (begins || s->count == 0)
			add_span(s, line);
		else
			s->list[s->count - 1] =
				str_between(s->list[s->count - 1].ptr, line.ptr + line.len);
	}
}

static struct spans spans;
static bool is_field[SPANS_MAX];

static void
add_spans(struct buf *out)
{
	for (size_t i = 0; i < spans.count; i++)
		buf_add(out, spans.list[i]);
}

static void
cut(struct random *r, struct str mail, struct str other, struct buf *out)
{
	(void)other;
	const size_t at = random_below(r, mail.len + 1);
	buf_add(out, random_below(r, 10) < 7 ? str_head(mail, at) : str_from(mail, at));
}

static void
drop_line(struct random *r, struct str mail, struct str other, struct buf *out)
{
	(void)other;
	find_lines(mail, &spans);
	for (size_t n = ONE_OF(r, 1, 1, 2, 5); n > 0; n--)
		spans.list[random_below(r, spans.count)] = STR("");
	add_spans(out);
}

static void
double_line(struct random *r, struct str mail, struct str other, struct buf *out)
{
	(void)other;
	find_lines(mail, &spans);
	const size_t at = random_below(r, spans.count);
	const struct str again = spans.list[random_below(r, spans.count)];
	const size_t times = ONE_OF(r, 1, 2, 40);
	for (size_t i = 0; i < spans.count; i++) {
		for (size_t n = 0; i == at && n < times; n++)
			buf_add(out, again);
		buf_add(out, spans.list[i]);
	}
}

static void
swap_lines(struct random *r, struct str mail, struct str other, struct buf *out)
{
	(void)other;
	find_lines(mail, &spans);
	for (size_t n = ONE_OF(r, 1, 3, 10); n > 0; n--) {
		struct str *const a = &spans.list[random_below(r, spans.count)];
		struct str *const b = &spans.list[random_below(r, spans.count)];
		const struct str was = *a;
		*a = *b;
		*b = was;
	}
	add_spans(out);
}

static void
change_bytes(struct random *r, struct str mail, struct str other, struct buf *out)
{
	(void)other;
	buf_add(out, mail);
	for (size_t n = ONE_OF(r, 1, 4, 30); n > 0 && out->len > 0; n--)
		out->ptr[random_below(r, out->len)] = (char)random_below(r, 256);
}

static void
put_nasty(struct random *r, struct str mail, struct str other, struct buf *out)
{
	static const struct str nasty[] = {STR_INIT("\0"), STR_INIT("\xFF"), STR_INIT("\xC3"),
		STR_INIT("\x80"), STR_INIT("\x1B$B"), STR_INIT("\r"), STR_INIT("\n\n"),
		STR_INIT("="), STR_INIT("=?utf-8?Q?"), STR_INIT("?="), STR_INIT("--"),
		STR_INIT(":"), STR_INIT(";"), STR_INIT("<"), STR_INIT(">"), STR_INIT("@"),
		STR_INIT("\""), STR_INIT("("), STR_INIT("["), STR_INIT("]"), STR_INIT("\t"),
		STR_INIT("%"), STR_INIT("\xEF\xBB\xBF"), STR_INIT("550 5.1.1 "), STR_INIT("550-"),
		STR_INIT("4."), STR_INIT("<<< "), STR_INIT(">>> RCPT TO:<"), STR_INIT("In:  "),
		STR_INIT("Final-Recipient: "), STR_INIT("Status: "), STR_INIT("&#x110000;"),
		STR_INIT("<!--"), STR_INIT("\xF0\x9F\x92\xA9"), STR_INIT("\xE2\x80\xAE"),
		STR_INIT("{rcpt}"), STR_INIT("99999999999999999999"), STR_INIT("-")};
	(void)other;
	size_t from = 0;
	for (size_t n = ONE_OF(r, 1, 3, 10); n > 0; n--) {
		const size_t at = from + random_below(r, mail.len - from + 1);
		buf_add(out, str_between(mail.ptr + from, mail.ptr + at));
		const struct str what = nasty[random_below(r, sizeof nasty / sizeof *nasty)];
		for (size_t times = ONE_OF(r, 1, 1, 1, 300); times > 0; times--)
			buf_add(out, what);
		from = at + ONE_OF(r, 0, 0, 1, 20);
		from = from < mail.len ? from : mail.len;
	}
	buf_add(out, str_from(mail, from));
}

/* A field of the mail, or STR_NPOS when it has none. */
static size_t
some_field(struct random *r)
{
	for (int tries = 0; tries < 200; tries++) {
		const size_t at = random_below(r, spans.count);
		if (is_field[at])
			return at;
	}
	return STR_NPOS;
}

static void
lose_field(struct random *r, struct str mail, struct str other, struct buf *out)
{
	(void)other;
	find_fields(mail, &spans, is_field);
	for (size_t n = ONE_OF(r, 1, 2, 6); n > 0; n--) {
		const size_t at = some_field(r);
		if (at != STR_NPOS)
			spans.list[at] = STR("");
	}
	add_spans(out);
}

static void
empty_field(struct random *r, struct str mail, struct str other, struct buf *out)
{
	static const struct str values[] = {STR_INIT(""), STR_INIT(" "), STR_INIT(" ;"),
		STR_INIT(" <>"), STR_INIT(" \xFF\xFE"),
		STR_INIT(" x;x;x;x;x;x;x;x;x;x;x;x;x;x;x;")};
	(void)other;
	find_fields(mail, &spans, is_field);
	const size_t at = some_field(r);
	for (size_t i = 0; i < spans.count; i++) {
		if (i != at) {
			buf_add(out, spans.list[i]);
			continue;
		}
		buf_add(out, str_head(spans.list[i], str_find_char(spans.list[i], ':', 0) + 1));
		buf_add(out, values[random_below(r, sizeof values / sizeof *values)]);
		buf_add_char(out, '\n');
	}
}

static void
break_boundary(struct random *r, struct str mail, struct str other, struct buf *out)
{
	(void)other;
	find_lines(mail, &spans);
	for (size_t i = 0; i < spans.count; i++) {
		const struct str line = str_trim_end(spans.list[i]);
		if (!is_boundary(line) || random_below(r, 3) > 0) {
			buf_add(out, spans.list[i]);
			continue;
		}
		switch (random_below(r, 6)) {
		case 0: /* none */
			continue;
		case 1:
			buf_add(out, line);
			buf_add(out, STR("--"));
			break;
		case 2:
			buf_add(out, str_head(line, line.len - 1));
			break;
		case 3:
			buf_add(out, line);
			buf_add(out, STR(" x"));
			break;
		case 4:
			buf_add(out, str_from(line, 2));
			break;
		default:
			buf_add(out, line);
			buf_add_char(out, '\n');
			buf_add(out, line);
		}
		buf_add_char(out, '\n');
	}
}

static void
reorder_parts(struct random *r, struct str mail, struct str other, struct buf *out)
{
	(void)other;
	find_parts(mail, &spans);
	for (size_t i = spans.count; i > 2; i--) { /* the header stays */
		const size_t k = 1 + random_below(r, i - 1);
		const struct str was = spans.list[i - 1];
		spans.list[i - 1] = spans.list[k];
		spans.list[k] = was;
	}
	add_spans(out);
}

static void
other_line_ends(struct random *r, struct str mail, struct str other, struct buf *out)
{
	static const struct str ends[] = {STR_INIT("\n"), STR_INIT("\r\n"), STR_INIT("\r"),
		STR_INIT("\r\r\n"), STR_INIT("\n\r"), STR_INIT("\n\n"), STR_INIT("\r\r"),
		STR_INIT(" "), STR_INIT("")};
	const size_t kinds = sizeof ends / sizeof *ends;
	struct str rest = mail, line;
	(void)other;
	const size_t which = random_below(r, kinds + 1);
	/* Some programs have only the text, or all but the head. */
	const size_t from = ONE_OF(r, 0, 0, random_below(r, mail.len + 1));
	while (str_line(&rest, &line)) {
		const bool is_before = (size_t)(line.ptr - mail.ptr) < from;
		buf_add(out, line);
		buf_add(out, ends[is_before ? 0 : which < kinds ? which : random_below(r, 3)]);
	}
}

/* Each byte as two, of UTF-16 or of nothing known; zero bytes here and there; each line behind the
 * marks of a quotation. */
static void
store_otherwise(struct random *r, struct str mail, struct str other, struct buf *out)
{
	const size_t how = random_below(r, 5);
	(void)other;
	if (how < 2)
		buf_add(out, how == 0 ? STR("\xFF\xFE") : STR("\xFE\xFF"));
	for (size_t i = 0; i < mail.len; i++) {
		if (how == 1)
			buf_add_char(out, '\0');
		if (how == 4 && (i == 0 || mail.ptr[i - 1] == '\n'))
			buf_add(out, STR("> "));
		buf_add_char(out, mail.ptr[i]);
		if (how == 0 || how == 2 || (how == 3 && random_below(r, 40) == 0))
			buf_add_char(out, '\0');
	}
}

/* Another mail's header in front, or what some program says of the mail. */
static void
put_before(struct random *r, struct str mail, struct str other, struct buf *out)
{
	static const struct str heads[] = {STR_INIT("From: a@example.org\nSubject: Fwd: x\n\n"),
		STR_INIT("-----Original Message-----\nFrom: mailer-daemon@example.org\n\n"),
		STR_INIT("\xE5\xB7\xAE\xE5\x87\xBA\xE4\xBA\xBA: b@example.org\n"),
		STR_INIT("torn value\n\tof a field\n"), STR_INIT("Fwd\n\n> From: a@example.org\n")};
	if (random_below(r, 4) == 0)
		buf_add(out, str_head(other, random_below(r, other.len + 1)));
	else
		buf_add(out, heads[random_below(r, sizeof heads / sizeof *heads)]);
	buf_add(out, mail);
}

static void
splice(struct random *r, struct str mail, struct str other, struct buf *out)
{
	buf_add(out, str_head(mail, random_below(r, mail.len + 1)));
	buf_add(out, str_from(other, random_below(r, other.len + 1)));
}

/* The mail, returned or forwarded in a part of another. */
static void
nest(struct random *r, struct str mail, struct str other, struct buf *out)
{
	static const struct str types[] = {STR_INIT("message/rfc822"), STR_INIT("text/plain"),
		STR_INIT("message/delivery-status"), STR_INIT("multipart/report"),
		STR_INIT("text/html"), STR_INIT("text/rfc822-headers")};
	buf_add(out, STR("From: a@example.org\nSubject: Fwd\nMIME-Version: 1.0\n"
			 "Content-Type: multipart/mixed; boundary=x\n\n--x\nContent-Type: "));
	buf_add(out, types[random_below(r, sizeof types / sizeof *types)]);
	buf_add(out, STR("\n\n"));
	buf_add(out, mail);
	buf_add(out, STR("\n--x\n\n"));
	buf_add(out, other);
	buf_add(out, STR("\n--x--\n"));
}

const struct mutation_kind mutation_kinds[MUTATION_KINDS] = {
	{"cut off", cut},
	{"lines dropped", drop_line},
	{"a line doubled", double_line},
	{"lines swapped", swap_lines},
	{"bytes changed", change_bytes},
	{"nasty bytes put in", put_nasty},
	{"header fields lost", lose_field},
	{"a header field emptied", empty_field},
	{"boundaries broken", break_boundary},
	{"parts in another order", reorder_parts},
	{"other line ends", other_line_ends},
	{"stored otherwise", store_otherwise},
	{"something put before", put_before},
	{"two mails spliced", splice},
	{"a mail in another", nest},
};
