/* In which order the places of a report are believed, where they name its recipients. */
#include "judge/people_inside.h"

#include "judge/marks.h"

void
people_gather(const struct facts *f, bool is_failure, struct people *p)
{
	struct people_index ix = {0};
	*p = (struct people){0};
	for (size_t i = 0; i < f->prose.count; i++)
		if (f->prose.blocks[i].naming == NAMING_TO) {
			p->quoted_head = mark_quoted_head(f);
			if (str_is_within(f->prose.blocks[i].address, p->quoted_head))
				p->quoted_to = f->prose.blocks[i].address;
			break;
		}
	people_from_fields(f, p, &ix);
	if (p->count == 0)
		people_from_failed_field(f, p, &ix);
	if (p->count == 0 && is_failure)
		people_from_disposition(f, p, &ix);
	if (p->count == 0)
		people_from_prose(f, p, &ix, NAMING_LABEL);
	if (p->count == 0 && is_failure)
		people_from_dialogue(f, p, &ix);
	if (p->count == 0 && is_failure)
		people_from_prose(f, p, &ix, NAMING_SENTENCE);
	if (p->count == 0 && is_failure)
		people_from_subject(f, p, &ix);
	if (p->count == 0 && is_failure)
		people_from_list_header(f, p, &ix);
	if (p->count == 0 && is_failure)
		people_from_prose(f, p, &ix, NAMING_PASSING);
	if (p->count == 0 && is_failure)
		people_from_returned(f, p, &ix);
	/* A group without an address of use (a pipe, a path, nothing) belongs to the one whom the
	 * rest names. */
	if (p->count == 1 && p->list[0].dsn != NULL &&
		(p->list[0].recipient.len == 0 || people_is_command(p->list[0].recipient))) {
		struct people named = {0};
		struct people_index by_name = {0};
		people_from_failed_field(f, &named, &by_name);
		if (named.count == 0)
			people_from_prose(f, &named, &by_name, NAMING_SENTENCE);
		if (named.count == 0)
			people_from_returned(f, &named, &by_name);
		if (named.count > 0) {
			p->list[0].recipient = named.list[0].recipient;
			p->list[0].named_by = named.list[0].named_by;
			ix = (struct people_index){0};
		}
	}
	people_give_prose(f, p, &ix);
	people_note_fates(f, p, &ix);
	people_give_dialogue(f, p, &ix, is_failure);
	bool has_own = false;
	for (size_t i = 0; i < p->count; i++)
		has_own = has_own ||
			  (p->list[i].word_count > 0 && p->list[i].words[0].voice <= VOICE_OWN);
	for (size_t i = 0; i < p->count; i++) {
		p->list[i].is_one_of_many = p->count > 1 && has_own;
		if (!p->list[i].is_one_of_many && p->count <= 64)
			people_say(f, p, &p->list[i], f->prose.all,
				f->is_relined && p->count == 1 ? VOICE_OWN : VOICE_PROSE);
	}
}
