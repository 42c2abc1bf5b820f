#include "read/notification.h"

#include "base/json_walk.h"
#include "read/address.h"

struct reader {
	struct facts *f;
	struct str type; /* "Bounce", "Complaint", "Delivery" */
	struct str delivery_reply, delivery_time;
	struct str enveloped;
	size_t group; /* the member of bouncedRecipients that the last recipient is, + 1 */
};

static struct dsn_recipient *
recipient_at(struct reader *r, size_t index)
{
	struct dsn *const d = &r->f->dsn;
	if (r->group == index + 1)
		return &d->recipients[d->count - 1];
	struct dsn_recipient *const to = dsn_add(d, r->f->arena);
	r->group = to != NULL ? index + 1 : 0;
	return to;
}

static void
add_delivered(struct reader *r, struct str address)
{
	r->group = 0;
	struct dsn_recipient *const to = recipient_at(r, r->f->dsn.count);
	if (to == NULL)
		return;
	to->final = address;
	to->action_text = STR("delivered");
}

static bool
is_named(const struct json_path *p, size_t level, struct str name)
{
	return level < p->depth && str_eq(p->name[level], name);
}

static void
bounce_value(struct reader *r, const struct json_path *p, struct str name, struct str value)
{
	if (p->depth == 2 && str_eq(name, STR("reportingMTA")))
		r->f->dsn.reporting_mta = value;
	if (p->depth == 2 && str_eq(name, STR("timestamp")))
		r->delivery_time = value;
	if (!is_named(p, 1, STR("bouncedRecipients")) || p->depth != 4)
		return;
	struct dsn_recipient *const to = recipient_at(r, p->index[2]);
	if (to == NULL)
		return;
	if (str_eq(name, STR("emailAddress")))
		to->final = value;
	else if (str_eq(name, STR("action")))
		to->action_text = value;
	else if (str_eq(name, STR("status")))
		to->status_text = value;
	else if (str_eq(name, STR("diagnosticCode")))
		to->diagnostic = value;
}

static void
mail_value(struct reader *r, const struct json_path *p, struct str name, struct str value)
{
	struct returned *const m = &r->f->returned;
	if (p->depth == 2 && str_eq(name, STR("source")))
		m->return_path = value;
	else if (p->depth == 2 && str_eq(name, STR("timestamp")))
		r->f->dsn.arrival_date = value;
	else if (!is_named(p, 1, STR("commonHeaders")))
		return;
	else if (p->depth == 3 && str_eq(name, STR("subject")))
		m->subject = value;
	else if (p->depth == 3 && str_eq(name, STR("messageId")))
		m->message_id = value;
	else if (p->depth == 3 && str_eq(name, STR("date")))
		m->date = value;
	else if (is_named(p, 2, STR("from")) && p->index[3] == 0)
		m->from = value;
	else if (is_named(p, 2, STR("to")) && p->index[3] == 0)
		m->to = value;
	m->is_there = true;
}

static void
complaint_value(struct reader *r, const struct json_path *p, struct str name, struct str value)
{
	struct feedback *const c = &r->f->feedback;
	c->is_there = true;
	if (str_eq(name, STR("complaintFeedbackType")))
		c->type = value;
	else if (str_eq(name, STR("userAgent")))
		c->user_agent = value;
	else if (str_eq(name, STR("arrivalDate")))
		c->arrival_date = value;
	else if (is_named(p, 1, STR("complainedRecipients")) && str_eq(name, STR("emailAddress")) &&
		 !str_is_set(c->original_rcpt_to))
		c->original_rcpt_to = value;
}

static void
delivery_value(struct reader *r, const struct json_path *p, struct str name, struct str value)
{
	if (is_named(p, 1, STR("recipients")))
		add_delivered(r, value);
	else if (str_eq(name, STR("smtpResponse")))
		r->delivery_reply = value;
	else if (str_eq(name, STR("reportingMTA")))
		r->f->dsn.reporting_mta = value;
	else if (str_eq(name, STR("timestamp")))
		r->delivery_time = value;
}

static void
on_value(void *to, const struct json_path *p, struct str value)
{
	struct reader *const r = to;
	const struct str name = p->name[p->depth - 1];
	if (p->depth == 1 &&
		(str_eq(name, STR("notificationType")) || str_eq(name, STR("eventType"))))
		r->type = value;
	else if (p->depth == 1 && str_eq(name, STR("Message"))) /* SNS puts it in a string */
		r->enveloped = value;
	else if (is_named(p, 0, STR("bounce")))
		bounce_value(r, p, name, value);
	else if (is_named(p, 0, STR("mail")))
		mail_value(r, p, name, value);
	else if (is_named(p, 0, STR("complaint")))
		complaint_value(r, p, name, value);
	else if (is_named(p, 0, STR("delivery")))
		delivery_value(r, p, name, value);
}

bool
notification_read(struct facts *f, struct str text)
{
	struct reader r = {.f = f};
	const struct str head = str_head(str_trim(text), 4096);
	if (!str_starts(head, STR("{")) ||
		(!str_has(head, STR("notificationType")) && !str_has(head, STR("eventType"))))
		return false;
	f->dsn = (struct dsn){0};
	if (!json_walk(str_trim(text), f->arena, on_value, &r))
		return false;
	if (!str_is_set(r.type) && str_is_set(r.enveloped))
		(void)json_walk(str_trim(r.enveloped), f->arena, on_value, &r);
	if (!str_is_set(r.type))
		return false;
	for (size_t i = 0; i < f->dsn.count; i++) {
		struct dsn_recipient *const to = &f->dsn.recipients[i];
		if (str_is_set(r.delivery_reply))
			to->diagnostic = r.delivery_reply;
		to->last_attempt = r.delivery_time;
	}
	dsn_finish(&f->dsn, f->arena);
	return true;
}
