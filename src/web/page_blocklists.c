/* GET /blocklists, GET /blocklists/{} - lists of senders, and how to get off them */
#include "web/pages.h"

#include "web/reference.h"

/* A list has several rows: its zones, its name in sentences, its links. The same text stands at the
 * same place in the pool. */
static bool
is_first_of_name(size_t row)
{
	for (size_t i = 0; i < row; i++)
		if (catalogue_blocklists[i].name.at == catalogue_blocklists[row].name.at)
			return false;
	return true;
}

static void
write_names(struct site *s, size_t first)
{
	for (size_t i = first; i < CATALOGUE_BLOCKLISTS; i++) {
		if (catalogue_blocklists[i].name.at != catalogue_blocklists[first].name.at)
			continue;
		const struct code_entry e = {ENTRY_BLOCKLIST, i, 0, STR_NONE};
		const struct entry_address at = entry_address(&e, s->arena);
		const struct str match =
			entry_pattern(catalogue_text(catalogue_blocklists[i].match), s->arena);
		HTML(&s->out, " <code>");
		if (i == first) /* the name is its link */
			html_text(&s->out, match);
		else
			site_link(s, at.folder, at.name, match);
		HTML(&s->out, "</code>");
	}
}

static void
write_list(struct site *s, size_t i)
{
	const struct blocklist_row *const row = &catalogue_blocklists[i];
	const struct advice_row *const advice = catalogue_advice(s->lang, row->advice);
	const struct code_entry e = {ENTRY_BLOCKLIST, i, 0, STR_NONE};
	const struct entry_address at = entry_address(&e, s->arena);
	HTML(&s->out, "<li>");
	site_link(s, at.folder, at.name, catalogue_text(row->name));
	write_names(s, i);
	/* Of a list that was shut down, the heading says all there is. */
	if (advice != NULL && advice->meaning.len > 0 && !row->is_dead) {
		HTML(&s->out, "<span class=\"what\">");
		html_text(&s->out, catalogue_text(advice->meaning));
		HTML(&s->out, "</span>");
	}
	if (row->removal.len > 0) {
		HTML(&s->out, "<span class=\"what\">");
		site_out_link(s, catalogue_text(row->removal));
		HTML(&s->out, "</span>");
	}
	HTML(&s->out, "</li>\n");
}

/* The lists in use first, then those that were shut down. */
static void
write_lists(struct site *s, bool is_dead)
{
	HTML(&s->out, "<ul class=\"list\">\n");
	for (size_t i = 0; i < CATALOGUE_BLOCKLISTS; i++)
		if (catalogue_blocklists[i].is_dead == is_dead && is_first_of_name(i))
			write_list(s, i);
	HTML(&s->out, "</ul>\n");
}

void
page_blocklists(const struct web_call *call, struct web_response *res)
{
	struct site s;
	reference_open(&s, call, res, &reference_blocklists);
	write_lists(&s, false);
	HTML(&s.out, "<h2 id=\"dead\">");
	site_say(&s, "ref.dead");
	HTML(&s.out, "</h2>\n");
	site_paragraph(&s, site_word(&s, "note.dead_list"));
	write_lists(&s, true);
	reference_close(&s);
}

void
page_blocklist(const struct web_call *call, struct web_response *res)
{
	for (size_t i = 0; i < CATALOGUE_BLOCKLISTS; i++) {
		struct site s;
		const struct code_entry e = {ENTRY_BLOCKLIST, i, 0, STR_NONE};
		if (!str_eq(entry_address(&e, call->arena).name, call->rest))
			continue;
		reference_entry(&s, call, res, &reference_blocklists, &e, "ref.blocklist_title");
		if (catalogue_blocklists[i].is_dead)
			site_paragraph(&s, site_word(&s, "note.dead_list"));
		reference_close(&s);
		return;
	}
	site_not_found(call, res);
}
