#include "web/entry.h"

struct str
entry_slug(struct str name, struct arena *a)
{
	char *const room = arena_bytes(a, name.len + 1);
	size_t n = 0;
	if (room == NULL)
		return STR("");
	for (size_t i = 0; i < name.len; i++) {
		const unsigned char c = (unsigned char)name.ptr[i];
		if (ascii_is_alnum(c) || c >= 128)
			room[n++] = (char)ascii_lower(c);
		else if (n > 0 && room[n - 1] != '-')
			room[n++] = '-';
	}
	while (n > 0 && room[n - 1] == '-')
		n--;
	return (struct str){room, n};
}

struct str
entry_pattern(struct str pattern, struct arena *a)
{
	static const struct str gap = STR_INIT("\xE2\x80\xA6");
	char *const room = arena_bytes(a, pattern.len * gap.len + 1);
	size_t n = 0;
	if (room == NULL)
		return STR("");
	for (size_t i = 0; i < pattern.len; i++) {
		const char c = pattern.ptr[i], next = i + 1 < pattern.len ? pattern.ptr[i + 1] : 0;
		if (c == '\\' && (next == '*' || next == '%')) {
			room[n++] = next;
			i++;
		} else if (c == '%' && next == 'd') {
			room[n++] = '#';
			i++;
		} else if (c == '*') {
			memcpy(room + n, gap.ptr, gap.len);
			n += gap.len;
		} else {
			room[n++] = c;
		}
	}
	return (struct str){room, n};
}

static struct str
reply_name(unsigned code, struct arena *a)
{
	char room[STR_DIGITS_MAX];
	return arena_str(a, str_digits(code, room));
}

/* "X.1.1" as 5.1.1, when class 5 was asked for, or the code is for no one class: it is the one that
 * people meet. */
static struct str
enhanced_name(const struct enhanced_row *r, unsigned class, struct arena *a)
{
	const struct str said = catalogue_text(r->said);
	const struct str code = catalogue_text(r->code);
	if (class == 0)
		class = str_eq(said, STR("temporary")) ? 4 : str_eq(said, STR("success")) ? 2 : 5;
	const char digit = (char)('0' + class);
	return arena_join(a, (struct str){&digit, 1}, str_from(code, 1), STR_NONE);
}

struct entry_address
entry_address(const struct code_entry *e, struct arena *a)
{
	switch (e->kind) {
	case ENTRY_CONDITION:
		return (struct entry_address){
			STR("/conditions/"), catalogue_text(catalogue_conditions[e->row].id)};
	case ENTRY_REPLY:
		return (struct entry_address){
			STR("/reply-codes/"), reply_name(catalogue_replies[e->row].code, a)};
	case ENTRY_ENHANCED:
		return (struct entry_address){STR("/enhanced-codes/"),
			enhanced_name(&catalogue_enhanced[e->row], e->class, a)};
	case ENTRY_REASON:
		return (struct entry_address){
			STR("/reasons/"), catalogue_text(catalogue_reasons[e->row].name)};
	case ENTRY_BLOCKLIST: {
		/* "blocklist:zen.spamhaus.org": unique, and fit for an address. */
		const struct str id = catalogue_text(catalogue_blocklists[e->row].id);
		return (struct entry_address){
			STR("/blocklists/"), str_from(id, sizeof "blocklist:" - 1)};
	}
	case ENTRY_PROVIDER_CODE:
		return (struct entry_address){STR("/providers/"),
			entry_slug(catalogue_text(catalogue_provider_codes[e->row].provider), a)};
	case ENTRY_CLIENT_ERROR:
		return (struct entry_address){STR("/client-errors/"),
			catalogue_text(catalogue_client_errors[e->row].code)};
	case ENTRY_DIGIT:
		break;
	}
	return (struct entry_address){STR("/reply-codes"), STR_NONE};
}

static bool
is_named(const struct code_fact *f, const char *name)
{
	return f->name != NULL && str_eq(str_of(f->name), str_of(name));
}

static void
write_fact(struct site *s, const struct code_fact *f, const char *kind)
{
	if (is_named(f, "reason"))
		site_link(s, STR("/reasons/"), f->value, f->text);
	else if (is_named(f, "link"))
		site_out_link(s, f->text);
	else if (is_named(f, "match") && str_eq(str_of(kind), STR("provider_code")))
		html_text(&s->out, entry_pattern(f->text, s->arena));
	else
		html_text(&s->out, f->text);
}

void
entry_facts(struct site *s, const struct code_view *v)
{
	site_paragraph(s, v->meaning);
	HTML(&s->out, "<table class=\"facts\">\n");
	for (size_t i = 0; i < v->count; i++) {
		if (v->facts[i].label == NULL || v->facts[i].text.len == 0)
			continue;
		HTML(&s->out, "<tr><th scope=\"row\">");
		site_say(s, v->facts[i].label);
		HTML(&s->out, "</th><td>");
		write_fact(s, &v->facts[i], v->kind);
		HTML(&s->out, "</td></tr>\n");
	}
	HTML(&s->out, "</table>\n");
}

void
entry_write(struct site *s, const struct code_entry *e)
{
	struct code_view v;
	const struct entry_address at = entry_address(e, s->arena);
	code_view(e, s->lang, s->arena, &v);
	HTML(&s->out, "<section class=\"entry\">\n<h3>");
	site_link(s, at.folder, at.name, v.title);
	HTML(&s->out, "</h3>\n");
	entry_facts(s, &v);
	HTML(&s->out, "</section>\n");
}
