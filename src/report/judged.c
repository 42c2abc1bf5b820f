#include "report/judged.h"

#include "base/charset.h"
#include "base/shown.h"
#include "judge/judge_reply.h"

#define STATUS_CONFIDENCE_MIN 50 /* percent: below it a reason is a guess, and no status */

/* One line, of characters that may be shown. */
static struct str
cleaned(struct str s, struct arena *a)
{
	char *const room = arena_bytes(a, s.len);
	size_t n = 0, bytes;
	bool was_blank = true;
	if (room == NULL)
		return STR("");
	for (; s.len > 0; s = str_from(s, bytes)) {
		const uint32_t cp = utf8_next(s, &bytes);
		const bool is_blank = cp == ' ' || !is_shown(cp);
		if (!is_blank) {
			memcpy(room + n, s.ptr, bytes);
			n += bytes;
		} else if (!was_blank) {
			room[n++] = ' ';
		}
		was_blank = is_blank;
	}
	return str_trim_end((struct str){room, n});
}

static struct str
marked(struct str words, enum condition c, struct str about, struct arena *a)
{
	const struct str id = catalogue_text(catalogue_conditions[c].id);
	if (about.len == 0)
		return words;
	words = arena_join(a, words, STR(" ("), id);
	return arena_join(a, arena_join(a, words, STR(" "), about), STR(")"), STR(""));
}

struct str
judged_diagnostic(const struct judged_case *c, struct arena *a)
{
	if (c->attempt == NULL)
		return STR("");
	const struct attempt *const t = c->attempt;
	const struct str raw = str_head(t->answer, DIAGNOSTIC_SENT_BYTES_MAX);
	const struct str utf8 = charset_to_utf8(CHARSET_UNKNOWN, raw, a);
	const struct str line =
		str_head_text(cleaned(reply_join(str_trim(utf8), a), a), DIAGNOSTIC_SENT_BYTES_MAX);
	return judged_is_answer(t) ? line : marked(line, t->condition, c->about, a);
}

struct str
judged_command(const struct attempt *attempt)
{
	static const struct str commands[] = {
		[NIXIE_STAGE_CONNECT] = STR_INIT("CONNECT"),
		[NIXIE_STAGE_HELO] = STR_INIT("EHLO"),
		[NIXIE_STAGE_STARTTLS] = STR_INIT("STARTTLS"),
		[NIXIE_STAGE_AUTH] = STR_INIT("AUTH"),
		[NIXIE_STAGE_MAIL] = STR_INIT("MAIL"),
		[NIXIE_STAGE_RCPT] = STR_INIT("RCPT"),
		[NIXIE_STAGE_DATA] = STR_INIT("DATA"),
		[NIXIE_STAGE_END_OF_DATA] = STR_INIT("END-OF-DATA"),
	};
	if (attempt == NULL || (size_t)attempt->stage >= sizeof commands / sizeof *commands)
		return STR_NONE;
	return commands[attempt->stage];
}

/* What was found here has its status in front of its words. */
static bool
status_found_here(const struct attempt *attempt, struct status *out)
{
	struct str words = attempt != NULL ? attempt->answer : STR("");
	return attempt != NULL && !judged_is_answer(attempt) &&
	       status_parse(str_word(&words), out) && (out->class == 4 || out->class == 5);
}

struct status
judged_status(const struct judged_case *c, const struct nixie_outcome *o)
{
	const struct str text = {o->status.ptr, o->status.len};
	struct status own = {.class = 0};
	(void)status_parse(text, &own);
	if (c->action == NIXIE_ACTION_FAILED && c->is_expired)
		return (struct status){4, 4, 7};
	if (status_found_here(c->attempt, &own))
		return own;
	if (own.class != 0 &&
		(o->status_origin == NIXIE_ORIGIN_STATED || o->confidence >= STATUS_CONFIDENCE_MIN))
		return own;
	if (c->action == NIXIE_ACTION_FAILED)
		return (struct status){o->said == NIXIE_SAID_TEMPORARY ? 4 : 5, 0, 0};
	return (struct status){c->action == NIXIE_ACTION_DELAYED ? 4 : 2, 0, 0};
}

void
judged_outcome(const struct judged_case *c, struct arena *a, struct nixie_outcome *out)
{
	const bool is_answer = judged_is_answer(c->attempt);
	const struct str text = judged_diagnostic(c, a);
	judge_reply(
		&(struct reply_case){.input = text,
			.text = text,
			.recipient = c->rcpt,
			.original = c->original,
			.forwarded_from = c->original,
			.sender = c->sender,
			.sender_place = c->is_sender_elsewhere ? STR(SENDER_ELSEWHERE) : STR_NONE,
			.ours = c->hostname,
			.host = is_answer ? c->attempt->host : STR_NONE,
			.ip = is_answer && c->attempt->ip.len > 0 ? c->attempt->ip : STR_NONE,
			.command = judged_command(c->attempt),
			.status = c->status,
			.action = c->action,
			.is_expired = c->is_expired,
			.is_refusal_here = c->is_own},
		a, out);
}
