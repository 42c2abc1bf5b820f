/*
 * owned - what comes back to the owner of a list, read for the log: which member, and why
 *
 * RFC 3461 s5.2.7.4 has whoever keeps a list handle its bounces. A person does, and `nixied why`
 * and the digest tell that person's server what they were about. It is read when all of it is
 * there, and told when it is durable: nobody is told of what was refused.
 */
#include "nixie.h"
#include "receive/inside.h"

#define MEMBERS_TOLD_MAX 20 /* of one bounce: a line in the log for each */

/* One of those that a bounce tells of; texts in the mail's arena. */
struct returned_member {
	struct str to, target; /* whom the list knows, and where its mail went from there */
	struct str action, status, reason, reply, peer;
};

static struct str
text_of(struct mail *m, struct nixie_str s)
{
	return s.len > 0 ? arena_str(&m->arena, (struct str){s.ptr, s.len}) : STR_NONE;
}

static void
take_outcome(struct mail *m, const struct nixie_outcome *o)
{
	struct returned_member *const one = &m->returned.members[m->returned.member_count++];
	const struct str known = text_of(m, o->original_recipient);
	const struct str final = text_of(m, o->recipient);
	const bool is_known = str_is_set(known);
	*one = (struct returned_member){.to = is_known ? known : final,
		.target = is_known && !str_eq_case(known, final) ? final : STR_NONE,
		.action = str_of(nixie_action_name(o->action)),
		.status = text_of(m, o->status),
		.reason = text_of(m, o->reason),
		.reply = text_of(m, o->diagnostic),
		.peer = text_of(m, o->remote_mta)};
}

void
mail_read_owned(struct mail *m)
{
	struct returned *const r = &m->returned;
	const struct str text = buf_str(&r->text);
	if (!str_is_set(r->list))
		return;
	struct nixie_report *const report = nixie_report_new();
	r->members = arena_alloc(&m->arena, MEMBERS_TOLD_MAX, sizeof *r->members);
	if (report != NULL && r->members != NULL &&
		nixie_read(report, text.ptr, text.len, NIXIE_INPUT_ANY) == NIXIE_OK) {
		const struct nixie_report_info *const info = nixie_report_info(report);
		const bool is_bounce =
			info->kind == NIXIE_KIND_FAILURE || info->kind == NIXIE_KIND_DELAY;
		r->kind = str_of(nixie_kind_name(info->kind));
		r->about = text_of(m, info->original.message_id);
		for (size_t i = 0;
			is_bounce && i < info->outcome_count && r->member_count < MEMBERS_TOLD_MAX;
			i++)
			take_outcome(m, &info->outcomes[i]);
	}
	nixie_report_free(report);
}

static void
tell(const struct mail *m, const struct returned_member *one)
{
	const struct returned *const r = &m->returned;
	const bool is_known = one->reason.len > 0 && !str_eq(one->reason, STR("unknown"));
	EVENTLOG(m->receive->parts.log, clock_wall_ms(), LOG_RETURNED, {FIELD_SESSION, m->session},
		{FIELD_ID, str_of(m->id)}, {FIELD_TO, one->to}, {FIELD_LIST, r->list},
		{FIELD_TARGET, one->target}, {FIELD_RESULT, one->action},
		{FIELD_STATUS, one->status}, {FIELD_REASON, is_known ? one->reason : STR_NONE},
		{FIELD_PEER, one->peer}, {FIELD_MESSAGE_ID, r->about}, {FIELD_REPLY, one->reply});
}

void
mail_owned_told(const struct mail *m)
{
	const struct returned *const r = &m->returned;
	const struct returned_member nobody = {.to = STR_NONE,
		.target = STR_NONE,
		.action = r->kind,
		.status = STR_NONE,
		.reason = STR_NONE,
		.reply = STR_NONE,
		.peer = STR_NONE};
	if (!str_is_set(r->list))
		return;
	for (size_t i = 0; i < r->member_count; i++)
		tell(m, &r->members[i]);
	if (r->member_count == 0) /* an answer of somebody on holiday, or what nobody can read */
		tell(m, &nobody);
}
