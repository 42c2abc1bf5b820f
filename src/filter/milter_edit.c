/* milter_edit - what a milter wants changed, at the end of the message */
#include "filter/milter_inside.h"

#include <limits.h>

static const struct change {
	uint32_t action;
	enum edit_kind kind;
	char letter;
	bool has_index, has_name;
} changes[] = {
	{MILTER_ADD_HEADERS, EDIT_ADD, 'h', false, true},
	{MILTER_ADD_HEADERS | MILTER_CHANGE_HEADERS, EDIT_INSERT, 'i', true, true},
	{MILTER_CHANGE_HEADERS, EDIT_CHANGE, 'm', true, true},
	{MILTER_ADD_RCPT, EDIT_ADD_RCPT, '+', false, false},
	{MILTER_ADD_RCPT_PARAMETERS, EDIT_ADD_RCPT, '2', false, false},
	{MILTER_DELETE_RCPT, EDIT_DELETE_RCPT, '-', false, false},
	{MILTER_CHANGE_FROM, EDIT_SENDER, 'e', false, false},
	{MILTER_QUARANTINE, EDIT_HOLD, 'q', false, false},
};

static const struct change *
change_find(char letter)
{
	for (size_t i = 0; i < sizeof changes / sizeof *changes; i++)
		if (changes[i].letter == letter)
			return &changes[i];
	return NULL;
}

static enum machine_wants
make_change(struct milter *t, const struct change *c, struct str rest)
{
	struct machine *const m = &t->m;
	struct str name = STR_NONE, value;
	uint32_t index = 0;
	enum edit_kind kind = c->kind;
	if ((c->has_index && !packet_take_number(&rest, &index)) || index > INT_MAX ||
		(c->has_name && !packet_take_text(&rest, &name)) ||
		!packet_take_text(&rest, &value))
		return machine_broken(m, "its answer '%c' breaks off", c->letter);
	if (kind == EDIT_CHANGE && value.len == 0)
		kind = EDIT_DELETE;
	if (!c->has_name && c->kind != EDIT_HOLD)
		value = str_unwrap(str_trim(value), '<', '>');
	if (c->kind == EDIT_HOLD)
		value = machine_keep(&m->question, value, FILTER_WORDS_BYTES_MAX);
	if (c->kind == EDIT_HOLD && !str_is_set(value))
		value = STR("quarantine");
	/* Without an index (0) one that is changed is the first, and one that goes is each. */
	if (kind == EDIT_CHANGE && index == 0)
		index = 1;
	if (!edit_add(&m->answer.edits, m->question.arena, kind, (int)index, name, value))
		t->has_bad_edit = true;
	return MACHINE_READ;
}

enum machine_wants
milter_take_edit(struct milter *t, char letter, struct str rest)
{
	const struct change *const c = change_find(letter);
	if (c == NULL && letter != 'b')
		return machine_broken(&t->m, "its answer is not known: '%c'", letter);
	if ((t->actions & (c != NULL ? c->action : MILTER_CHANGE_BODY)) == 0)
		return machine_broken(&t->m, "it changes what it did not ask for: '%c'", letter);
	if (c != NULL)
		return make_change(t, c, rest);
	t->has_new_body = true;
	buf_add(&t->body, rest);
	t->has_bad_edit |= buf_failed(&t->body);
	return MACHINE_READ;
}
