/* round - has a message been here before, on its way round? */
#include "deliver/round.h"

#include "read/header.h"

/* Names in the order of the way, the newest last. */
struct way {
	struct str names[LOOP_PATH_NAMES_MAX];
	size_t count, left_out;
};

static void
way_add(struct way *w, struct str name)
{
	if (w->count < LOOP_PATH_NAMES_MAX)
		w->names[w->count++] = name;
	else
		w->left_out++;
}

static struct str
way_text(const struct way *w, struct arena *a)
{
	struct str s = STR("");
	for (size_t i = 0; i < w->count; i++) {
		/* What is left out is left out before the last: that is where it closes. */
		if (i + 1 == w->count && w->left_out > 0)
			s = arena_join(a, s, STR("... -> "), STR_NONE);
		s = arena_join(a, s, w->names[i], i + 1 < w->count ? STR(" -> ") : STR(""));
	}
	return s;
}

/* "from a by b with ESMTP ...": b. */
static struct str
received_by(struct str value)
{
	struct str rest = value;
	for (struct str word = str_word(&rest); word.len > 0; word = str_word(&rest))
		if (str_eq_case(word, STR("by"))) {
			struct str name = str_word(&rest);
			const size_t end = str_find_char(name, ';', 0);
			return end == STR_NPOS ? name : str_head(name, end);
		}
	return STR_NONE;
}

/* Each delivery puts its Delivered-To in front, so the first is the newest. */
static struct str
by_mailbox(const struct header *h, struct str mailbox, struct arena *a)
{
	const struct str name = STR("Delivered-To");
	size_t found = STR_NPOS;
	for (size_t i = 0; i < h->count && found == STR_NPOS; i++)
		if (str_eq_case(h->fields[i].name, name) &&
			str_eq_case(str_unwrap(h->fields[i].value, '<', '>'), mailbox))
			found = i;
	if (found == STR_NPOS)
		return STR_NONE;
	struct way w = {0};
	for (size_t i = found + 1; i-- > 0;)
		if (str_eq_case(h->fields[i].name, name))
			way_add(&w, str_unwrap(h->fields[i].value, '<', '>'));
	if (w.left_out > 0) {
		w.names[LOOP_PATH_NAMES_MAX - 1] = mailbox;
		w.left_out++;
	} else {
		way_add(&w, mailbox);
	}
	return way_text(&w, a);
}

/* Our last two passes, and who had it in between. */
static struct str
by_passes(const struct header *h, struct str hostname, struct arena *a)
{
	struct str names[LOOP_PATH_NAMES_MAX];
	size_t count = 0, passes = 0, shown_passes = 0;
	for (size_t i = 0; i < h->count; i++) {
		if (!str_eq_case(h->fields[i].name, STR("Received")))
			continue;
		const struct str by = received_by(h->fields[i].value);
		const bool is_ours = str_eq_case(by, hostname);
		passes += is_ours;
		/* The newest come first: keep them up to our second pass. */
		if (shown_passes < 2 && count < LOOP_PATH_NAMES_MAX && by.len > 0 && passes > 0) {
			names[count++] = by;
			shown_passes += is_ours;
		}
	}
	if (passes <= LOOP_PASSES_MAX)
		return STR_NONE;
	struct way w = {0};
	while (count > 0)
		way_add(&w, names[--count]);
	return way_text(&w, a);
}

struct str
round_find(struct str head, struct str hostname, struct str mailbox, struct arena *a)
{
	struct header h;
	if (!header_parse(head, a, &h))
		return STR_NONE;
	struct str path = STR_NONE;
	if (str_is_set(mailbox))
		path = by_mailbox(&h, mailbox, a);
	return str_is_set(path) ? path : by_passes(&h, hostname, a);
}
