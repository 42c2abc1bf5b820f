/* log - the public library: logs of mail servers, line by line */
#include <stdlib.h>

#include "base/charset.h"
#include "explain/log_json.h"
#include "explain/page.h"
#include "judge/judge_reply.h"
#include "read/log_senders.h"
#include "read/mtalog.h"

#define LINE_ARENA_BYTES ((size_t)16 << 20) /* for one line of at most LOG_LINE_BYTES_MAX */
#define WORDS_ARENA_BYTES ((size_t)4 << 20)

struct nixie_log {
	struct arena arena; /* of the last line */
	struct log_clock clock;
	struct journal journal;
	struct log_senders senders;
	struct logline line; /* the last one, and what is still to be said of it */
	struct log_entry entry;
};

struct nixie_log *
nixie_log_new(int year)
{
	struct nixie_log *const log = calloc(1, sizeof *log);
	if (log == NULL)
		return NULL;
	arena_init(&log->arena, LINE_ARENA_BYTES);
	journal_init(&log->journal);
	log->clock.year = year;
	return log;
}

void
nixie_log_free(struct nixie_log *log)
{
	if (log == NULL)
		return;
	arena_fini(&log->arena);
	journal_fini(&log->journal);
	log_senders_fini(&log->senders);
	free(log);
}

void
nixie_log_year(struct nixie_log *log, int year)
{
	log->clock = (struct log_clock){.year = year};
}

static struct nixie_str
out(struct str s)
{
	return (struct nixie_str){s.ptr, s.len};
}

static struct str
absent_if_empty(struct str s)
{
	return s.len > 0 ? s : STR_NONE;
}

/* One recipient of the entry at hand as an event. */
static enum nixie_rc
make_event(struct nixie_log *log, struct nixie_log_event *event)
{
	const struct logline *const l = &log->line;
	const struct log_entry *const e = &log->entry;
	const bool is_refusal = e->what == LOG_REFUSAL;
	struct str sender = e->sender;
	if (!str_is_set(sender) && str_is_set(e->queue_id))
		sender = log_senders_find(&log->senders, l->host, e->queue_id);
	/* The table's own copy may go with the next line. */
	if (str_is_set(sender))
		sender = arena_str(&log->arena, sender);
	const struct reply_case c = {.input = l->message,
		.text = e->text,
		.recipient = e->recipient,
		.original = e->original,
		.sender = sender,
		.ours = l->host,
		.host = e->host,
		.ip = e->ip,
		.command = e->command,
		.status = e->status,
		.action = e->action,
		.is_expired = e->is_expired,
		.is_refusal_here = is_refusal};
	struct nixie_log_event made = {.time_s = l->time_s,
		.has_zone = l->has_zone,
		.time = out(time_text(l->time_s, l->has_zone, &log->arena)),
		.host = out(absent_if_empty(l->host)),
		.program = out(absent_if_empty(l->program)),
		.generator = out(str_of(e->generator)),
		.queue_id = out(absent_if_empty(e->queue_id)),
		.sender = out(sender),
		.direction = is_refusal ? NIXIE_DIRECTION_INCOMING : NIXIE_DIRECTION_OUTGOING};
	if (is_refusal) {
		made.client = out(absent_if_empty(e->host));
		made.client_ip = out(absent_if_empty(e->ip));
	}
	judge_reply(&c, &log->arena, &made.outcome);
	if (arena_failed(&log->arena))
		return log->arena.is_at_limit ? NIXIE_LIMIT : NIXIE_NOMEM;
	*event = made;
	return NIXIE_OK;
}

static enum nixie_rc
read_line(struct nixie_log *log, struct nixie_log_event *event)
{
	struct logline *const l = &log->line;
	l->message = charset_to_utf8(CHARSET_UNKNOWN, l->message, &log->arena);
	l->bare = charset_to_utf8(CHARSET_UNKNOWN, l->bare, &log->arena);
	l->host = charset_to_utf8(CHARSET_UNKNOWN, l->host, &log->arena);
	l->program = charset_to_utf8(CHARSET_UNKNOWN, l->program, &log->arena);
	log_entry_read(l, &log->entry);
	switch (log->entry.what) {
	case LOG_NOTHING:
		return NIXIE_ABSENT;
	case LOG_SENDER:
		log_senders_put(&log->senders, l->host, log->entry.queue_id, log->entry.sender);
		return NIXIE_ABSENT;
	case LOG_DONE:
		log_senders_drop(&log->senders, l->host, log->entry.queue_id);
		return NIXIE_ABSENT;
	case LOG_DELIVERY:
	case LOG_EXPIRED:
	case LOG_REFUSAL:
		break;
	}
	return make_event(log, event);
}

enum nixie_rc
nixie_log_line(struct nixie_log *log, const void *bytes, size_t len, struct nixie_log_event *event)
{
	struct str line = {bytes != NULL ? bytes : "", bytes != NULL ? len : 0};
	arena_reset(&log->arena);
	log->entry = (struct log_entry){.what = LOG_NOTHING};
	switch (journal_line(&log->journal, line, &log->line)) {
	case JOURNAL_GOES_ON:
		return NIXIE_ABSENT;
	case JOURNAL_ENTRY:
		return read_line(log, event);
	case JOURNAL_NOT_MINE:
		break;
	}
	if (line.len > 0 && line.ptr[line.len - 1] == '\r')
		line.len--;
	logline_parse(line, &log->clock, &log->arena, &log->line);
	return read_line(log, event);
}

enum nixie_rc
nixie_log_more(struct nixie_log *log, struct nixie_log_event *event)
{
	if (log->entry.what == LOG_NOTHING || !log_entry_more(&log->entry))
		return NIXIE_ABSENT;
	return make_event(log, event);
}

enum nixie_rc
nixie_log_end(struct nixie_log *log, struct nixie_log_event *event)
{
	arena_reset(&log->arena);
	log->entry = (struct log_entry){.what = LOG_NOTHING};
	if (journal_end(&log->journal, &log->line) != JOURNAL_ENTRY)
		return NIXIE_ABSENT;
	return read_line(log, event);
}

const char *
nixie_direction_name(enum nixie_direction direction)
{
	return direction == NIXIE_DIRECTION_OUTGOING   ? "outgoing"
	       : direction == NIXIE_DIRECTION_INCOMING ? "incoming"
						       : "unknown";
}

static enum lang
lang_of(const struct nixie_style *style)
{
	const int lang = style->lang != NULL ? catalogue_lang_find(str_of(style->lang)) : -1;
	return lang < 0 ? LANG_EN : (enum lang)lang;
}

enum nixie_rc
nixie_log_json(const struct nixie_log_event *event, const struct nixie_style *style,
	nixie_sink *sink, void *to)
{
	struct arena a;
	struct out o;
	arena_init(&a, WORDS_ARENA_BYTES);
	out_init(&o, sink, to);
	const bool is_whole = log_json(event, style, lang_of(style), &a, &o);
	const bool was_taken = out_finish(&o);
	const bool had_memory = is_whole && !arena_failed(&a);
	arena_fini(&a);
	return !was_taken ? NIXIE_SINK : !had_memory ? NIXIE_NOMEM : NIXIE_OK;
}

static void
copy_steps(const struct steps *from, struct nixie_steps *to)
{
	_Static_assert(STEPS_MAX == NIXIE_STEPS_MAX, "the public struct holds what is made");
	to->count = from->count;
	for (size_t i = 0; i < from->count; i++)
		to->list[i] = out(from->list[i]);
}

enum nixie_rc
nixie_log_advice(struct nixie_log *log, const struct nixie_log_event *event,
	const struct nixie_style *style, struct nixie_advice *advice)
{
	struct nixie_report_info info;
	struct explanation e;
	log_info(event, &info);
	explain_outcome(&info, &event->outcome, lang_of(style), &log->arena, &e);
	if (arena_failed(&log->arena))
		return log->arena.is_at_limit ? NIXIE_LIMIT : NIXIE_NOMEM;
	*advice = (struct nixie_advice){.key = out(e.key),
		.headline = out(e.headline),
		.happened = out(e.happened),
		.why = out(e.why)};
	copy_steps(&e.sender, &advice->sender);
	copy_steps(&e.sending_admin, &advice->sending_admin);
	copy_steps(&e.receiving_admin, &advice->receiving_admin);
	return NIXIE_OK;
}

struct nixie_str
nixie_sentence(const struct nixie_style *style, struct nixie_str key)
{
	return out(catalogue_sentence(lang_of(style), (struct str){key.ptr, key.len}));
}

enum nixie_rc
nixie_paragraph(const struct nixie_style *style, enum nixie_paint paint, unsigned indent,
	struct nixie_str lead, struct nixie_str text, nixie_sink *sink, void *to)
{
	_Static_assert(NIXIE_PAINT_FAINT == (int)PAINT_FAINT, "the same paints");
	struct out o;
	out_init(&o, sink, to);
	struct page page = {&o, style->columns, style->colour};
	page_text(&page, indent, (struct str){lead.ptr, lead.len}, (struct str){text.ptr, text.len},
		(enum paint)paint);
	return out_finish(&o) ? NIXIE_OK : NIXIE_SINK;
}
