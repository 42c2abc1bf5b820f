#include "web/way.h"

#include "explain/explain.h"

enum station { YOU, OWN_SERVER, FILTER, REMOTE_SERVER, MAILBOX, STATION__COUNT };

enum state {
	PASSED,
	IF_ANY,
	REFUSED,
	UNREACHED,
	NOT_FOUND,
	WAITING,
	AHEAD,
	ARRIVED,
	PERHAPS,
	STATE__COUNT
};

static const struct {
	const char *word, *class;
} states[] = {
	[PASSED] = {"way.passed", "passed"},
	[IF_ANY] = {"way.if_any", "passed"},
	[REFUSED] = {"way.refused", "failed"},
	[UNREACHED] = {"way.unreached", "failed"},
	[NOT_FOUND] = {"way.not_found", "failed"},
	[WAITING] = {"way.waiting", "waiting"},
	[AHEAD] = {"way.ahead", "ahead"},
	[ARRIVED] = {"way.arrived", "passed"},
	[PERHAPS] = {"way.perhaps", "perhaps"},
};

/* Where it ended, by who said no. */
static const struct {
	enum station at;
	enum state state;
} ends[] = {
	[NIXIE_REFUSER_UNKNOWN] = {STATION__COUNT, PERHAPS},
	[NIXIE_REFUSER_OWN_SERVER] = {OWN_SERVER, REFUSED},
	[NIXIE_REFUSER_REMOTE_SERVER] = {REMOTE_SERVER, REFUSED},
	[NIXIE_REFUSER_FILTER] = {FILTER, REFUSED},
	[NIXIE_REFUSER_FORWARDER] = {MAILBOX, REFUSED},
	[NIXIE_REFUSER_NETWORK] = {REMOTE_SERVER, UNREACHED},
	[NIXIE_REFUSER_DNS] = {REMOTE_SERVER, NOT_FOUND},
	[NIXIE_REFUSER_SENDING_SERVICE] = {OWN_SERVER, REFUSED},
};

static const char *
station_word(enum station at, const struct nixie_outcome *o)
{
	static const char *const words[] = {
		"way.you", "way.own_server", "way.filter", "way.remote_server", "way.mailbox"};
	if (at == OWN_SERVER && o->refuser == NIXIE_REFUSER_SENDING_SERVICE)
		return "way.sending_service";
	if (at == MAILBOX && o->refuser == NIXIE_REFUSER_FORWARDER)
		return "way.forward";
	return words[at];
}

/* What a message passes on its way; that a filter stands there is not known unless it speaks. */
static enum state
passed(enum station at)
{
	return at == FILTER ? IF_ANY : PASSED;
}

static enum state
state_at(enum station at, const struct nixie_outcome *o)
{
	if (at == YOU)
		return PASSED;
	if (explain_is_through(o))
		return at != MAILBOX                         ? passed(at)
		       : o->action == NIXIE_ACTION_DELIVERED ? ARRIVED
							     : AHEAD;
	if (o->refuser == NIXIE_REFUSER_UNKNOWN)
		return at == MAILBOX ? AHEAD : PERHAPS;
	const enum station end = ends[o->refuser].at;
	if (at != end)
		return at < end ? passed(at) : AHEAD;
	const bool asks_to_wait =
		o->action == NIXIE_ACTION_DELAYED && ends[o->refuser].state == REFUSED;
	return asks_to_wait ? WAITING : ends[o->refuser].state;
}

static void
write_icon(struct out *out, enum station at)
{
	HTML(out, "<svg viewBox=\"0 0 24 24\" width=\"24\" height=\"24\" aria-hidden=\"true\">");
	switch (at) {
	case YOU:
		HTML(out, "<circle cx=\"12\" cy=\"8\" r=\"4\"/><path d=\"M4 21c0-5 4-7 8-7s8 2 8 "
			  "7\"/>");
		break;
	case FILTER:
		HTML(out, "<path d=\"M3 4h18l-7 9v7l-4-2v-5z\"/>");
		break;
	case MAILBOX:
		HTML(out, "<path d=\"M3 7h18v12H3zM3 7l9 7 9-7\"/>");
		break;
	default:
		HTML(out, "<path d=\"M4 4h16v7H4zM4 13h16v7H4zM7 7.5h.01M7 16.5h.01\"/>");
	}
	HTML(out, "</svg>");
}

void
way_write(struct site *s, const struct nixie_outcome *o, struct str caption)
{
	struct out *const out = &s->out;
	HTML(out, "<figure class=\"way\">\n<ol aria-label=\"");
	site_say(s, "way.title");
	HTML(out, "\">\n");
	for (int i = 0; i < STATION__COUNT; i++) {
		const enum state state = state_at((enum station)i, o);
		HTML(out, "<li class=\"");
		html_text(out, str_of(states[state].class));
		HTML(out, "\"><span class=\"dot\">");
		write_icon(out, (enum station)i);
		HTML(out, "</span><span class=\"place\">");
		site_say(s, station_word((enum station)i, o));
		HTML(out, "</span><span class=\"state\">");
		/* Where it started needs no word. */
		if (i != YOU)
			site_say(s, states[state].word);
		HTML(out, "</span></li>\n");
	}
	HTML(out, "</ol>\n");
	if (caption.len > 0) {
		HTML(out, "<figcaption>");
		html_text(out, caption);
		HTML(out, "</figcaption>\n");
	}
	HTML(out, "</figure>\n");
}
