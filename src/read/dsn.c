#include "read/dsn.h"

#include <stddef.h>

#include "base/decode.h"
#include "read/address.h"
#include "read/header.h"
#include "read/limits.h"

#define VALUE_BYTES_MAX 60    /* of a line with one address, one word or one host */
#define REPEATED_BYTES_MAX 80 /* between a value and the same again: a name and a line end */

/* Where the fields of a notification go. A field that begins a recipient when it comes a second
 * time is a KEY. */
enum { OF_MESSAGE = 1, OF_RECIPIENT = 2, KEY = 4, ADDRESS = 8, OURS = 16 };

static const struct dsn_field {
	struct str name;
	unsigned flags;
	size_t offset;
} fields[] = {
	{STR_INIT("Final-Recipient"), OF_RECIPIENT | KEY | ADDRESS,
		offsetof(struct dsn_recipient, final)},
	{STR_INIT("Original-Recipient"), OF_RECIPIENT | KEY | ADDRESS,
		offsetof(struct dsn_recipient, original)},
	{STR_INIT("X-Actual-Recipient"), OF_RECIPIENT | ADDRESS,
		offsetof(struct dsn_recipient, actual)},
	{STR_INIT("Action"), OF_RECIPIENT | KEY, offsetof(struct dsn_recipient, action_text)},
	{STR_INIT("Status"), OF_RECIPIENT | KEY, offsetof(struct dsn_recipient, status_text)},
	{STR_INIT("Remote-MTA"), OF_RECIPIENT, offsetof(struct dsn_recipient, remote_mta)},
	{STR_INIT("Remote-Recipient"), OF_RECIPIENT, offsetof(struct dsn_recipient, actual)},
	{STR_INIT("Diagnostic-Code"), OF_RECIPIENT, offsetof(struct dsn_recipient, diagnostic)},
	{STR_INIT("Last-Attempt-Date"), OF_RECIPIENT, offsetof(struct dsn_recipient, last_attempt)},
	{STR_INIT("Will-Retry-Until"), OF_RECIPIENT,
		offsetof(struct dsn_recipient, will_retry_until)},
	{STR_INIT("X-Nixie-Command"), OF_RECIPIENT, offsetof(struct dsn_recipient, command)},
	{STR_INIT("X-Notes"), OF_RECIPIENT, offsetof(struct dsn_recipient, more)},
	{STR_INIT("X-Supplementary-Info"), OF_RECIPIENT, offsetof(struct dsn_recipient, more)},
	{STR_INIT("X-Mimecast-Bounce-Reason"), OF_RECIPIENT, offsetof(struct dsn_recipient, more)},
	{STR_INIT("Failure-Reason"), OF_RECIPIENT, offsetof(struct dsn_recipient, more)},
	/* MX of VMS, which is older than the RFC. */
	{STR_INIT("Error-For"), OF_RECIPIENT | KEY | ADDRESS,
		offsetof(struct dsn_recipient, final)},
	{STR_INIT("Error-Text"), OF_RECIPIENT, offsetof(struct dsn_recipient, diagnostic)},
	{STR_INIT("Reporting-MTA"), OF_MESSAGE, offsetof(struct dsn, reporting_mta)},
	{STR_INIT("Received-From-MTA"), OF_MESSAGE, offsetof(struct dsn, received_from_mta)},
	{STR_INIT("Arrival-Date"), OF_MESSAGE, offsetof(struct dsn, arrival_date)},
	{STR_INIT("Original-Envelope-Id"), OF_MESSAGE, offsetof(struct dsn, envelope_id)},
	{STR_INIT("X-Postfix-Sender"), OF_MESSAGE, offsetof(struct dsn, envelope_from)},
	{STR_INIT("X-Nixie-Sender"), OF_MESSAGE, offsetof(struct dsn, envelope_from)},
	{STR_INIT("X-Nixie-Sender-Place"), OF_MESSAGE, offsetof(struct dsn, sender_place)},
	{STR_INIT("X-Original-Sender"), OF_MESSAGE, offsetof(struct dsn, envelope_from)},
	{STR_INIT("X-Symantec-Messaging-Gateway-Sender"), OF_MESSAGE,
		offsetof(struct dsn, envelope_from)},
	{STR_INIT("X-Postfix-Queue-ID"), OF_MESSAGE, offsetof(struct dsn, queue_id)},
	{STR_INIT("X-Nixie-Queue-ID"), OF_MESSAGE | OURS, offsetof(struct dsn, queue_id)},
	/* What was never in a queue has that reference alone. */
	{STR_INIT("X-Nixie-Session"), OF_MESSAGE | OURS, offsetof(struct dsn, queue_id)},
};

static const struct dsn_field *
field_find(struct str name)
{
	for (size_t i = 0; i < sizeof fields / sizeof *fields; i++)
		if (str_eq_case(name, fields[i].name))
			return &fields[i];
	return NULL;
}

enum nixie_action
action_parse(struct str text)
{
	static const struct {
		struct str word;
		enum nixie_action action;
	} words[] = {
		{STR_INIT("fail"), NIXIE_ACTION_FAILED},
		{STR_INIT("delay"), NIXIE_ACTION_DELAYED},
		{STR_INIT("deliverable"), NIXIE_ACTION_NONE},
		{STR_INIT("delivered"), NIXIE_ACTION_DELIVERED},
		{STR_INIT("relayed"), NIXIE_ACTION_RELAYED},
		{STR_INIT("transferred"), NIXIE_ACTION_RELAYED},
		{STR_INIT("expanded"), NIXIE_ACTION_EXPANDED},
		{STR_INIT("deferred"), NIXIE_ACTION_DELAYED},
		{STR_INIT("expired"), NIXIE_ACTION_FAILED},
		{STR_INIT("hard"), NIXIE_ACTION_FAILED},
		{STR_INIT("bounce"), NIXIE_ACTION_FAILED},
		{STR_INIT("reject"), NIXIE_ACTION_FAILED},
	};
	text = str_trim(text);
	for (size_t i = 0; i < sizeof words / sizeof *words; i++)
		if (str_starts_case(text, words[i].word))
			return words[i].action;
	return NIXIE_ACTION_NONE;
}

struct dsn_recipient *
dsn_add(struct dsn *d, struct arena *a)
{
	d->is_many = d->is_many || d->count == RECIPIENTS_MAX;
	if (d->count == RECIPIENTS_MAX)
		return NULL;
	struct dsn_recipient *const list =
		arena_more(a, d->recipients, d->count, &d->room, sizeof *list);
	if (list == NULL)
		return NULL;
	d->recipients = list;
	list[d->count] = (struct dsn_recipient){0};
	return &list[d->count++];
}

/* Where in `value` another field of a notification begins: pasted text often has several in one
 * line. */
static size_t
next_field(struct str value)
{
	for (size_t colon = 0; (colon = str_find_char(value, ':', colon)) != STR_NPOS; colon++) {
		size_t from = colon;
		while (from > 0 && (ascii_is_alpha((unsigned char)value.ptr[from - 1]) ||
					   value.ptr[from - 1] == '-'))
			from--;
		const struct str name = {value.ptr + from, colon - from};
		if (from > 0 && ascii_is_space((unsigned char)value.ptr[from - 1]) &&
			name.len >= 6 && field_find(name) != NULL)
			return from;
	}
	return STR_NPOS;
}

static size_t
indent_of(struct str line)
{
	size_t n = 0;
	while (n < line.len && (line.ptr[n] == ' ' || line.ptr[n] == '\t'))
		n++;
	return n;
}

/* A field that stands no deeper than the one before it, where all of them are indented. */
static bool
is_field_beside(struct str line, const struct dsn *d)
{
	struct str name, value;
	return indent_of(line) <= d->indent && field_split(str_trim(line), &name, &value) &&
	       field_find(name) != NULL;
}

/* Does the field just read come again? Something has written every line twice. */
static bool
is_repeated(const struct dsn *d, struct str value)
{
	if (d->last == NULL || value.len == 0 ||
		(size_t)(value.ptr - d->last->ptr) > value.len + REPEATED_BYTES_MAX)
		return false;
	/* The one may be folded, and the other not. */
	return str_eq(*d->last, value) ||
	       (d->last_is_address &&
		       str_eq_case(address_typed(*d->last, NULL), address_typed(value, NULL)));
}

/* "Status: 5.0.0" and right behind it "Status: 5.7.26": the one that says more. */
static bool
is_said_better(const struct dsn *d, const struct str *slot, struct str value)
{
	struct status old, new;
	return d->last == slot && status_parse(str_trim(*slot), &old) > 0 &&
	       status_parse(value, &new) > 0 && status_is_vague(old) && !status_is_vague(new);
}

static bool
read_one(struct str line, struct arena *a, struct dsn *d)
{
	if (str_is_blank(line)) {
		d->in_group = false;
		d->last = NULL;
		return false;
	}
	if (field_continues(line) && d->last != NULL && !is_field_beside(line, d)) {
		*d->last = str_between(d->last->ptr, line.ptr + line.len);
		return true;
	}
	struct str name, value;
	/* Indented fields are met in text; quoted ones in forwards. */
	struct str bare = str_trim(line);
	while (str_starts(bare, STR(">")) || str_starts(bare, STR("*")))
		bare = str_trim(str_from(bare, 1));
	const bool is_field = field_split(bare, &name, &value);
	/* "*Action:* failed" was bold. */
	if (is_field && str_starts(value, STR("*")))
		value = str_trim(str_from(value, 1));
	const struct dsn_field *const f = is_field ? field_find(name) : NULL;
	if (f == NULL) {
		/* Another field of this group; or the rest of a value that was wrapped without
		 * indent. */
		if (is_field && (d->in_group || d->has_message_fields) &&
			str_starts_case(name, STR("X-"))) {
			d->last = NULL;
			return true;
		}
		if (!is_field && d->last != NULL && !d->last_is_address) {
			*d->last = str_between(d->last->ptr, line.ptr + line.len);
			return true;
		}
		d->last = NULL;
		return false;
	}
	d->indent = indent_of(line);
	if (f->flags & OF_MESSAGE) {
		struct str *const slot = (struct str *)(void *)((char *)d + f->offset);
		d->has_message_fields = true;
		d->is_explained = d->is_explained || (f->flags & OURS) != 0;
		d->last_is_address = (f->flags & ADDRESS) != 0;
		if (!str_is_set(*slot)) {
			*slot = value;
			d->last = slot;
		} else {
			d->last = NULL;
		}
		return true;
	}
	const uint16_t bit = (uint16_t)(1u << (f - fields));
	/* "Status:" and "Action:" alone are common words; they begin a group only among other
	 * fields. */
	if (!d->in_group && f->offset != offsetof(struct dsn_recipient, final) &&
		f->offset != offsetof(struct dsn_recipient, original) &&
		f->offset != offsetof(struct dsn_recipient, diagnostic) && d->count == 0 &&
		!d->has_message_fields)
		return false;
	struct dsn_recipient *r = d->in_group && d->count > 0 ? &d->recipients[d->count - 1] : NULL;
	if (r != NULL && (r->seen & bit) && is_repeated(d, value))
		return true;
	if (r != NULL && f->offset == offsetof(struct dsn_recipient, status_text) &&
		is_said_better(d, &r->status_text, value)) {
		r->status_text = value;
		return true;
	}
	if (r == NULL || ((f->flags & KEY) && (r->seen & bit)))
		r = dsn_add(d, a);
	if (r == NULL) {
		d->in_group = false;
		d->last = NULL;
		return true;
	}
	d->in_group = true;
	r->seen |= bit;
	struct str *const slot = (struct str *)(void *)((char *)r + f->offset);
	/* Of several diagnostics the last is the remote's own, or repeats it; of other fields the
	 * first counts. */
	if (str_is_set(*slot) && slot->len > 0 &&
		f->offset != offsetof(struct dsn_recipient, diagnostic)) {
		d->last = NULL;
		return true;
	}
	*slot = value;
	d->last = slot;
	d->last_is_address = (f->flags & ADDRESS) != 0;
	return true;
}

/* In a report's own part only what no such value is as long as may be several fields. */
static bool
may_be_several(struct str line)
{
	const struct str bare = line.len > VALUE_BYTES_MAX ? str_trim(line) : STR("");
	return str_starts_case(bare, STR("Final-Recipient")) ||
	       str_starts_case(bare, STR("Original-Recipient")) ||
	       str_starts_case(bare, STR("Action")) || str_starts_case(bare, STR("Reporting-MTA"));
}

bool
dsn_line(struct str line, struct arena *a, struct dsn *d)
{
	const bool splits = d->splits_lines || may_be_several(line);
	for (bool was_field = false;; was_field = true) {
		const size_t colon = splits ? str_find_char(line, ':', 0) : STR_NPOS;
		const size_t second =
			colon == STR_NPOS ? STR_NPOS : next_field(str_from(line, colon + 1));
		if (second == STR_NPOS)
			return read_one(line, a, d) || was_field;
		if (!read_one(str_head(line, colon + 1 + second), a, d))
			return was_field;
		line = str_from(line, colon + 1 + second);
	}
}

void
dsn_parse(struct str in, struct arena *a, struct dsn *d)
{
	struct str line;
	while (str_line(&in, &line))
		(void)dsn_line(line, a, d);
	d->last = NULL;
	d->in_group = false;
}

/* "smtp; 550 ..." -> the type and the text; a text without a type stays whole. */
static void
split_type(struct str *type, struct str *text)
{
	const size_t semicolon = str_find_char(str_head(*text, 40), ';', 0);
	if (semicolon == STR_NPOS)
		return;
	const struct str head = str_trim(str_head(*text, semicolon));
	for (size_t i = 0; i < head.len; i++)
		if (!ascii_is_alnum((unsigned char)head.ptr[i]) && head.ptr[i] != '-' &&
			head.ptr[i] != '_')
			return;
	/* "550;5.1.1 ..." is no type. */
	if (head.len == 0 || ascii_is_digit((unsigned char)head.ptr[0]))
		return;
	*type = head;
	*text = str_trim(str_from(*text, semicolon + 1));
}

/* RFC 5322 s2.2.3: without the line ends that folding put in. */
static struct str
unfolded(struct str s, struct arena *a)
{
	if (str_find_char(s, '\n', 0) == STR_NPOS)
		return s;
	char *const room = arena_bytes(a, s.len);
	size_t n = 0;
	for (size_t i = 0; room != NULL && i < s.len; i++)
		if (s.ptr[i] != '\r' && s.ptr[i] != '\n')
			room[n++] = s.ptr[i];
	return room == NULL ? s : (struct str){room, n};
}

/* RFC 6533 s3: an address of the type utf-8 where only ASCII may stand. */
static struct str
finish_address(struct str value, struct str *type, struct arena *a)
{
	struct str own = STR_NONE;
	const struct str address = address_typed(value, &own);
	if (type != NULL)
		*type = own;
	if (str_eq_case(own, STR("unknown")) && str_eq_case(address, STR("unknown")))
		return STR(""); /* refused before it was named, and the field must be there */
	return str_eq_case(own, STR("utf-8")) ? decode_unitext(address, a) : address;
}

static void
finish_recipient(struct dsn_recipient *r, bool is_explained, struct arena *a)
{
	r->final = finish_address(r->final, &r->final_type, a);
	r->original = finish_address(r->original, NULL, a);
	r->actual = address_typed(r->actual, NULL);
	r->action = action_parse(r->action_text);
	split_type(&r->diagnostic_type, &r->diagnostic);
	if (str_has(r->diagnostic, STR("=?")))
		r->diagnostic = decode_words(r->diagnostic, a);
	else if (is_explained) /* one line of a server's, folded for the mail alone */
		r->diagnostic = unfolded(r->diagnostic, a);
	struct str status = str_trim(r->status_text);
	struct str type = STR_NONE;
	split_type(&type, &status);
	size_t at = 0, found;
	if (status_parse(status, &r->status) == 0) {
		r->status = status_next(status, &at, &found);
		const int64_t code = str_number(status, 999);
		if (r->status.class == 0 && code >= 400 && code < 600)
			r->status_reply = (unsigned)code;
	}
}

/* Does the group `r` go on with the one before it, because a blank line came between their fields?
 * It has none that the other has, and names nobody; or the other names somebody and no more, and
 * not both in the same field. */
static bool
goes_on(const struct dsn_recipient *before, const struct dsn_recipient *r)
{
	if ((before->seen & r->seen) != 0)
		return false;
	if (r->final.len == 0 && r->original.len == 0 && r->actual.len == 0)
		return true;
	return before->action_text.len == 0 && before->status_text.len == 0 &&
	       (before->final.len > 0) != (r->final.len > 0);
}

static void
complete(struct dsn_recipient *before, const struct dsn_recipient *r)
{
	for (size_t i = 0; i < sizeof fields / sizeof *fields; i++) {
		struct str *const to = (struct str *)(void *)((char *)before + fields[i].offset);
		if ((fields[i].flags & OF_RECIPIENT) && !str_is_set(*to))
			*to = *(const struct str *)(const void *)((const char *)r +
								  fields[i].offset);
	}
	before->seen |= r->seen;
}

/* Groups whose fields blank lines took apart. */
static void
join_groups(struct dsn *d)
{
	size_t kept = 0;
	for (size_t i = 0; i < d->count; i++) {
		if (kept > 0 && goes_on(&d->recipients[kept - 1], &d->recipients[i]))
			complete(&d->recipients[kept - 1], &d->recipients[i]);
		else
			d->recipients[kept++] = d->recipients[i];
	}
	d->count = kept;
}

void
dsn_finish(struct dsn *d, struct arena *a)
{
	size_t kept = 0;
	join_groups(d);
	for (size_t i = 0; i < d->count; i++) {
		struct dsn_recipient *const r = &d->recipients[i];
		finish_recipient(r, d->is_explained, a);
		if (r->final.len == 0 && r->original.len == 0 && r->actual.len == 0 &&
			r->action == NIXIE_ACTION_NONE && r->status.class == 0 &&
			r->diagnostic.len == 0)
			continue;
		d->recipients[kept++] = *r;
	}
	d->count = kept;
}
