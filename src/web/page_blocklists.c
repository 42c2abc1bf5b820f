/* GET /blocklists, GET /blocklists/{} - lists of senders, and how to get off them */
#include "web/pages.h"

#include "web/reference.h"

/* The lists in use first, then those that were shut down. */
static void
write_lists(struct site *s, bool is_dead)
{
	HTML(&s->out, "<ul class=\"list\">\n");
	for (size_t i = 0; i < CATALOGUE_BLOCKLISTS; i++) {
		const struct blocklist_row *const row = &catalogue_blocklists[i];
		const struct code_entry e = {ENTRY_BLOCKLIST, i, 0, STR_NONE};
		const struct entry_address at = entry_address(&e, s->arena);
		if (row->is_dead != is_dead)
			continue;
		HTML(&s->out, "<li>");
		site_link(s, at.folder, at.name, catalogue_text(row->name));
		HTML(&s->out, " <code>");
		html_text(&s->out, entry_pattern(catalogue_text(row->match), s->arena));
		HTML(&s->out, "</code>");
		if (row->removal.len > 0) {
			HTML(&s->out, "<span class=\"what\">");
			site_out_link(s, catalogue_text(row->removal));
			HTML(&s->out, "</span>");
		}
		HTML(&s->out, "</li>\n");
	}
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
