#include "report/guard.h"

#include "read/address.h"
#include "read/header.h"

#define GUARD_HEADER_BYTES_MAX (64u << 10) /* of a message that are looked at */
#define GUARD_ARENA_BYTES (1u << 20)

/* ---- what the header says of itself */

/* The value of a field without its parameters and comments: "auto-replied; x" */
static struct str
field_word(const struct header *h, struct str name)
{
	struct str value = str_trim(header_find(h, name));
	size_t n = 0;
	while (n < value.len && !ascii_is_space((unsigned char)value.ptr[n]) &&
		value.ptr[n] != ';' && value.ptr[n] != '(')
		n++;
	return str_head(value, n);
}

static bool
read_header(struct str original, struct arena *a, struct header *h)
{
	arena_init(a, GUARD_ARENA_BYTES);
	return header_parse(str_head(original, GUARD_HEADER_BYTES_MAX), a, h);
}

bool
header_is_automatic(struct str original)
{
	struct arena a;
	struct header h;
	bool is_automatic = false;
	if (read_header(original, &a, &h)) {
		const struct str submitted = field_word(&h, STR("Auto-Submitted"));
		const struct str precedence = field_word(&h, STR("Precedence"));
		is_automatic = (submitted.len > 0 && !str_eq_case(submitted, STR("no"))) ||
			       str_eq_case(precedence, STR("junk")) ||
			       str_eq_case(precedence, STR("auto_reply"));
	}
	arena_fini(&a);
	return is_automatic;
}

/* Fields that lists put in, RFC 2369 and 2919, and older ones. */
static bool
has_list_fields(const struct header *h)
{
	static const struct str fields[] = {STR_INIT("List-Id"), STR_INIT("List-Post"),
		STR_INIT("List-Unsubscribe"), STR_INIT("List-Help"), STR_INIT("Mailing-List"),
		STR_INIT("X-Mailing-List"), STR_INIT("X-Loop")};
	for (size_t i = 0; i < sizeof fields / sizeof *fields; i++)
		if (header_has(h, fields[i]))
			return true;
	const struct str precedence = field_word(h, STR("Precedence"));
	return str_eq_case(precedence, STR("list")) || str_eq_case(precedence, STR("bulk"));
}

bool
header_is_list(struct str original)
{
	struct arena a;
	struct header h;
	const bool is_list = read_header(original, &a, &h) && has_list_fields(&h);
	arena_fini(&a);
	return is_list;
}

/*
 * Does a report to the reverse-path of a list's mail reach people who did not send it?
 *
 * A list that is well kept sends from an address of its own for bounces, which no field of the
 * header shows; it has to be told, or it writes to the dead for ever. When the reverse-path is the
 * author, or the address to which one posts, the list forwards and does not send: a report would go
 * to somebody who wrote to a list, or to all its members.
 */
static bool
list_forwards(struct str original, struct str sender)
{
	static const struct str fields[] = {
		STR_INIT("From"), STR_INIT("Sender"), STR_INIT("List-Post"), STR_INIT("To")};
	struct arena a;
	struct header h;
	bool is_shown = false;
	if (read_header(original, &a, &h) && has_list_fields(&h))
		for (size_t i = 0; i < sizeof fields / sizeof *fields && !is_shown; i++) {
			const struct str value =
				str_unwrap(str_trim(header_find(&h, fields[i])), '<', '>');
			is_shown = sender.len > 0 && str_has_case(value, sender);
		}
	arena_fini(&a);
	return is_shown;
}

/* ---- where it goes */

static enum report_way
way(enum report_way to, struct str *rule, struct str name)
{
	*rule = name;
	return to;
}

static bool
is_wanted(const struct guard_facts *f)
{
	switch (f->action) {
	case NIXIE_ACTION_FAILED:
		return f->notify == 0 || (f->notify & REPORT_NOTIFY_FAILURE) != 0;
	case NIXIE_ACTION_DELAYED:
		return f->notify == 0 || (f->notify & REPORT_NOTIFY_DELAY) != 0;
	default: /* what went well is told to those who asked */
		return (f->notify & REPORT_NOTIFY_SUCCESS) != 0;
	}
}

enum report_way
report_route(const struct guard_facts *f, struct str *rule)
{
	const bool is_failure = f->action == NIXIE_ACTION_FAILED;
	if ((f->notify & REPORT_NOTIFY_NEVER) != 0)
		return way(REPORT_NONE, rule, STR("rule:notify-never"));
	if (f->is_report && is_failure && f->is_courtesy)
		return way(REPORT_NONE, rule, STR("rule:nothing-failed"));
	if (f->is_report && is_failure)
		return f->is_double ? way(REPORT_NONE, rule, STR("rule:double-bounce"))
				    : way(REPORT_TO_POSTMASTER, rule, STR("rule:double-bounce"));
	if (f->sender.len == 0)
		return way(REPORT_NONE, rule, STR("rule:null-sender"));
	if (!is_wanted(f))
		return way(REPORT_NONE, rule, STR("rule:notify"));
	if (f->action == NIXIE_ACTION_DELAYED && f->is_repeated_delay)
		return way(REPORT_NONE, rule, STR("rule:told-already"));
	if (!f->is_authenticated && f->failed_spf)
		return way(REPORT_NONE, rule, STR("rule:spf-failed"));
	/* Whoever said NOTIFY knows what comes back. */
	if (f->notify == 0 && header_is_automatic(f->original))
		return way(REPORT_NONE, rule, STR("rule:automatic"));
	if (f->notify == 0 &&
		((!is_failure && header_is_list(f->original)) ||
			(!f->is_authenticated && list_forwards(f->original, f->sender))))
		return way(REPORT_NONE, rule, STR("rule:list"));
	if (f->most > 0 && f->sent_lately >= f->most)
		return is_failure ? way(REPORT_IN_DIGEST, rule, STR("rule:too-many-reports"))
				  : way(REPORT_NONE, rule, STR("rule:too-many-reports"));
	return way(REPORT_TO_SENDER, rule, STR("rule:report"));
}
