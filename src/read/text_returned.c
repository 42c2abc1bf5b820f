/*
 * text_returned - where the copy of a message begins in the prose of a report
 *
 * Either with a header, which is known by its fields, or behind a line of its own that
 * announces it. Nothing that stands in the copy says anything about the failure, so the
 * place counts.
 */
#include "read/text.h"

#include "base/line.h"

#include "read/address.h"
#include "read/header.h"
#include "read/signs.h"

#define DESCRIPTION_LINES_MAX 12   /* of a message that is described and not returned */
#define ANNOUNCEMENT_BYTES_MAX 160 /* of a line that announces the copy of a message */
#define HEAD_LINES_MAX 8           /* of a forwarded mail, below the line that announces it */
#define HEAD_LABEL_MAX 48          /* bytes of "From:" in any language */
#define ANNOUNCEMENT_LEAD_MAX 24   /* before the words that do: "The headers of the ..." */

bool
text_is_message_field(struct str name)
{
	static const struct str names[] = {STR_INIT("Received"), STR_INIT("Return-Path"),
		STR_INIT("Message-ID"), STR_INIT("Date"), STR_INIT("From"), STR_INIT("To"),
		STR_INIT("Subject"), STR_INIT("MIME-Version"), STR_INIT("Content-Type"),
		STR_INIT("Delivered-To"), STR_INIT("Sender"), STR_INIT("Reply-To"),
		STR_INIT("DKIM-Signature"), STR_INIT("Authentication-Results"),
		STR_INIT("X-Originating-IP"), STR_INIT("X-Mailer"),
		STR_INIT("Content-Transfer-Encoding"), STR_INIT("X-Received"),
		STR_INIT("DomainKey-Signature"), STR_INIT("Received-SPF"), STR_INIT("X-Sender"),
		STR_INIT("Cc"), STR_INIT("List-Id"), STR_INIT("In-Reply-To"),
		STR_INIT("References"), STR_INIT("Precedence")};
	return str_is_among(name, names, sizeof names / sizeof *names);
}

static bool
may_begin_field(char c)
{
	static const char letters[] = "rmdftsxcalip";
	uint32_t set = 0;
	for (size_t i = 0; i < sizeof letters - 1; i++)
		set |= UINT32_C(1) << (letters[i] - 'a');
	return ascii_is_alpha((unsigned char)c) && (set >> ((c | 32) - 'a') & 1) != 0;
}

static bool
is_description_field(struct str name)
{
	return str_eq_case(name, STR("Date")) || str_eq_case(name, STR("From")) ||
	       str_eq_case(name, STR("To")) || str_eq_case(name, STR("Subject"));
}

/* "This report relates to a message with these fields: Message-ID ... Date ... To ...": the report
 * goes on behind them. */
static bool
is_report_below(struct str rest)
{
	struct str line, hit;
	bool is_below = false;
	for (int lines = 0; lines < DESCRIPTION_LINES_MAX && str_line(&rest, &line); lines++) {
		const struct str bare = str_trim(line);
		if (is_below && bare.len > 0)
			return sign_in(bare, SIGN_FAILURE, &hit) || sign_in(bare, SIGN_DELAY, &hit);
		is_below = bare.len == 0;
	}
	return false;
}

bool
text_begins_header(struct str rest)
{
	const struct str here = rest;
	struct str line, name, value;
	bool is_described = true;
	int known = 0, transport = 0, lines = 0;
	while ((known < 3 || transport == 0) && lines++ < 40 && str_line(&rest, &line)) {
		if (lines > 1 && field_continues(line))
			continue;
		if (!field_split(line, &name, &value))
			break;
		if (!text_is_message_field(name)) {
			if (!str_starts_case(name, STR("X-")) &&
				!str_starts_case(name, STR("ARC-")) && known == 0)
				return false;
			continue;
		}
		known++;
		is_described = is_described &&
			       (str_eq_case(name, STR("Message-ID")) || is_description_field(name));
		transport += str_eq_case(name, STR("Received")) ||
			     str_eq_case(name, STR("Return-Path")) ||
			     str_eq_case(name, STR("Message-ID")) ||
			     str_eq_case(name, STR("MIME-Version")) ||
			     str_eq_case(name, STR("DKIM-Signature")) ||
			     str_eq_case(name, STR("X-Originating-IP"));
	}
	/* "Return-Path: <x>" and then text that says the rest was cut is a returned message too. */
	return ((known >= 3 && transport > 0) || (known >= 2 && transport >= 2)) &&
	       !(is_described && is_report_below(here));
}

/* Does this line announce a copy of the message? It begins with such words (behind dashes and the
 * like) and says little more; "delete your own text from the attached returned message" is no
 * announcement. */
static bool
announces_copy(struct str line)
{
	const size_t whole = line.len;
	while (line.len > 0 && strchr("-=*#_<> \t.:+~", line.ptr[0]) != NULL && line.ptr[0] != '\0')
		line = str_from(line, 1);
	const char last = line.len > 0 ? line.ptr[line.len - 1] : '\0';
	if (line.len == whole && last != ':' && last != '.' && last != '-' && last != '=')
		return false;
	struct str hit;
	return line.len > 3 && sign_in(line, SIGN_RETURNED_FOLLOWS, &hit) &&
	       hit.ptr - line.ptr <= ANNOUNCEMENT_LEAD_MAX &&
	       line.len - (size_t)(hit.ptr + hit.len - line.ptr) < 60;
}

/* Is this the head of a server's mail, so that what somebody forwards below it is the report? */
static bool
begins_report(struct str rest)
{
	struct str line, name;
	for (int lines = 0; lines < HEAD_LINES_MAX && str_line(&rest, &line); lines++) {
		size_t at = str_find_char(str_head(line, HEAD_LABEL_MAX), ':', 0);
		if (at == STR_NPOS)
			continue;
		name = str_trim(str_head(line, at));
		if (text_is_from_name(name))
			return address_is_robot(address_next(line, &at));
	}
	return false;
}

size_t
text_header_at(struct str text, size_t *ends)
{
	struct str rest = text, line;
	size_t last_words = 0; /* the end of the last line of the report's own words */
	size_t before_last = 0;
	struct str last_line = STR_NONE;
	for (;;) {
		const struct str here = rest;
		const size_t at = text.len - here.len;
		if (!line_next(&rest, &line))
			return STR_NPOS;
		const struct str bare = str_trim(line);
		if (bare.len == 0)
			continue;
		if (may_begin_field(line.ptr[0]) && text_begins_header(here)) {
			/* The line that announces the copy belongs to neither. */
			const bool is_announcement =
				str_is_set(last_line) && last_line.len < 120 &&
				(last_line.ptr[0] == '-' || last_line.ptr[0] == '=' ||
					last_line.ptr[0] == '*' || announces_copy(last_line));
			*ends = is_announcement ? before_last : last_words;
			return at;
		}
		before_last = last_words;
		last_words = text.len - rest.len;
		last_line = bare;
	}
}

size_t
text_announced_at(struct str text, const struct text_lines *lines, size_t *ends)
{
	const struct text_line *last = NULL; /* of the report's own words */
	for (size_t i = 0; i < lines->count; i++) {
		const struct text_line *const l = &lines->list[i];
		const struct str bare = str_trim(l->raw);
		if (bare.len == 0)
			continue;
		if (((l->signs >> SIGN_RETURNED_FOLLOWS) & 1) != 0 &&
			bare.len < ANNOUNCEMENT_BYTES_MAX && announces_copy(bare)) {
			struct str line, rest = str_between(l->raw.ptr, text.ptr + text.len);
			*ends = last == NULL ? 0 : (size_t)(last[1].raw.ptr - text.ptr);
			(void)str_line(&rest, &line);
			if (!begins_report(rest))
				return text.len - rest.len;
		}
		last = l;
	}
	return STR_NPOS;
}
