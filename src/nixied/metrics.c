/* metrics - the counters as text */
#include "nixied/metrics.h"

#include "catalogue/catalogue.h"

#include <stddef.h>

enum kind { COUNTER, GAUGE };

static void
begin(struct buf *out, const char *name, enum kind kind, const char *help)
{
	const char *const parts[] = {"# HELP ", name, " ", help, "\n# TYPE ", name,
		kind == COUNTER ? " counter\n" : " gauge\n"};
	for (size_t i = 0; i < sizeof parts / sizeof *parts; i++)
		buf_add(out, str_of(parts[i]));
}

/* Labels are words of our own tables, and need no escaping. */
static void
line(struct buf *out, const char *name, const char *label, struct str value, uint64_t n)
{
	buf_add(out, str_of(name));
	if (label != NULL) {
		const struct str parts[] = {STR("{"), str_of(label), STR("=\""), value, STR("\"}")};
		for (size_t i = 0; i < sizeof parts / sizeof *parts; i++)
			buf_add(out, parts[i]);
	}
	buf_add_char(out, ' ');
	buf_add_number(out, (int64_t)n);
	buf_add_char(out, '\n');
}

struct plain {
	const char *name;
	enum kind kind;
	const char *help;
	size_t offset; /* of a uint64_t in the counts */
};

static void
write_plain(struct buf *out, const struct plain *rows, size_t count, const void *counts)
{
	for (size_t i = 0; i < count; i++) {
		uint64_t n;
		memcpy(&n, (const char *)counts + rows[i].offset, sizeof n);
		begin(out, rows[i].name, rows[i].kind, rows[i].help);
		line(out, rows[i].name, NULL, STR_NONE, n);
	}
}

#define OF_RECEIVE(member) offsetof(struct receive_counts, member)
static const struct plain of_receive[] = {
	{"nixied_sessions_total", COUNTER, "Connections of clients.", OF_RECEIVE(sessions)},
	{"nixied_sessions", GAUGE, "Connections that are open.", OF_RECEIVE(open)},
	{"nixied_sessions_refused_total", COUNTER, "Connections that were too many.",
		OF_RECEIVE(refused_sessions)},
	{"nixied_tls_sessions_total", COUNTER, "Handshakes that were done.", OF_RECEIVE(tls)},
	{"nixied_tls_failures_total", COUNTER, "Handshakes that failed.", OF_RECEIVE(tls_failed)},
	{"nixied_logins_total", COUNTER, "Clients that signed in.", OF_RECEIVE(logins)},
	{"nixied_login_failures_total", COUNTER, "Logins that failed.", OF_RECEIVE(logins_failed)},
	{"nixied_messages_accepted_total", COUNTER, "Messages that were answered with 250.",
		OF_RECEIVE(messages)},
	{"nixied_recipients_accepted_total", COUNTER, "Recipients of those.",
		OF_RECEIVE(recipients)},
	{"nixied_bytes_accepted_total", COUNTER, "Bytes of those.", OF_RECEIVE(bytes)},
};

#define OF_DELIVER(member) offsetof(struct deliver_counts, member)
static const struct plain of_deliver[] = {
	{"nixied_deliveries_under_way", GAUGE, "Recipients that are being tried.",
		OF_DELIVER(under_way)},
	{"nixied_deliveries_in_line", GAUGE, "Recipients that are due, and wait for a place.",
		OF_DELIVER(in_line)},
	{"nixied_delivery_attempts_total", COUNTER, "Attempts to deliver to a recipient.",
		OF_DELIVER(attempts)},
	{"nixied_delivered_total", COUNTER, "Recipients that were reached here.",
		OF_DELIVER(delivered)},
	{"nixied_relayed_total", COUNTER, "Recipients that another server took.",
		OF_DELIVER(relayed)},
	{"nixied_deferred_total", COUNTER, "Attempts that are made again.", OF_DELIVER(deferred)},
	{"nixied_bounced_total", COUNTER, "Recipients that were given up.", OF_DELIVER(bounced)},
	{"nixied_expanded_total", COUNTER, "Lists that have a message, for their members.",
		OF_DELIVER(expanded)},
	{"nixied_discarded_total", COUNTER, "Recipients given up without a report.",
		OF_DELIVER(discarded)},
	{"nixied_reports_total", COUNTER, "Reports of failure that were queued.",
		OF_DELIVER(reports)},
	{"nixied_delay_notices_total", COUNTER, "Notices of delay that were queued.",
		OF_DELIVER(delay_notices)},
};

#define OF_HOOKS(member) offsetof(struct hooks_counts, member)
static const struct plain of_hooks[] = {
	{"nixied_hook_calls_total", COUNTER, "Questions to the operator's script.",
		OF_HOOKS(calls)},
	{"nixied_hook_failures_total", COUNTER, "Those that it did not answer.",
		OF_HOOKS(failures)},
};

#define OF_POLICIES(member) offsetof(struct sts_counts, member)
static const struct plain of_policies[] = {
	{"nixied_mta_sts_policies", GAUGE, "Policies of domains (MTA-STS) that stand.",
		OF_POLICIES(policies)},
	{"nixied_mta_sts_fetches_total", COUNTER, "Policies that were fetched.",
		OF_POLICIES(fetched)},
	{"nixied_mta_sts_fetch_failures_total", COUNTER, "Policies that could not be had.",
		OF_POLICIES(fetches_failed)},
};

static void
write_refusals(struct buf *out, const struct receive_counts *counts)
{
	static const char name[] = "nixied_refusals_total";
	begin(out, name, COUNTER,
		"Refusals, by the condition that decided: nixie code explains it.");
	for (size_t c = 0; c < CONDITION__COUNT; c++)
		if (counts->refused[c] > 0)
			line(out, name, "condition", catalogue_text(catalogue_conditions[c].id),
				counts->refused[c]);
}

#define OF_FILTER(member) offsetof(struct filter_counts, member)
static const struct plain of_filters[] = {
	{"nixied_filter_questions_total", COUNTER, "Questions to filters.", OF_FILTER(asked)},
	{"nixied_filter_failures_total", COUNTER, "Questions that a filter did not answer.",
		OF_FILTER(failed)},
	{"nixied_filter_outages_total", COUNTER, "Times that a filter went down.",
		OF_FILTER(outages)},
	{"nixied_filters_down", GAUGE, "Filters that do not answer.", OF_FILTER(down)},
	{"nixied_filter_refused_total", COUNTER, "Answers that refuse.",
		OF_FILTER(verdicts[FILTER_REFUSE])},
	{"nixied_filter_deferred_total", COUNTER, "Answers that defer.",
		OF_FILTER(verdicts[FILTER_DEFER])},
};

static void
write_filters(struct buf *out, const struct filters *filters)
{
	for (size_t i = 0; i < sizeof of_filters / sizeof *of_filters; i++) {
		begin(out, of_filters[i].name, of_filters[i].kind, of_filters[i].help);
		for (enum filter_kind kind = 0; kind < KIND_COUNT; kind++) {
			const struct filter_counts *const counts = filters_counts(filters, kind);
			uint64_t n;
			memcpy(&n, (const char *)counts + of_filters[i].offset, sizeof n);
			line(out, of_filters[i].name, "filter", filter_kind_name(kind), n);
		}
	}
}

static void
write_queue(struct buf *out, const struct queue_counts *counts)
{
	static const char finished[] = "nixied_recipients_finished_total";
	begin(out, "nixied_queue_messages", GAUGE, "Messages in the queue.");
	line(out, "nixied_queue_messages", NULL, STR_NONE, counts->here);
	begin(out, "nixied_queue_recipients", GAUGE, "Recipients that are not final, by state.");
	line(out, "nixied_queue_recipients", "state",
		str_of(recipient_state_name(RECIPIENT_WAITING)), counts->waiting);
	line(out, "nixied_queue_recipients", "state", str_of(recipient_state_name(RECIPIENT_HELD)),
		counts->held);
	/* Since the queue was made, not since the start: it is kept on disk. */
	begin(out, finished, COUNTER, "Recipients by what became of them.");
	for (int s = 0; s < RECIPIENT_STATE_COUNT; s++)
		if (recipient_is_final((enum recipient_state)s))
			line(out, finished, "state",
				str_of(recipient_state_name((enum recipient_state)s)),
				counts->final[s]);
}

static void
write_census_row(
	struct buf *out, const char *name, enum census_kind kind, const struct census_row *row)
{
	for (enum census_outcome how = 0; how < CENSUS_OUTCOMES; how++) {
		const struct str parts[] = {str_of(name), STR("{"), census_kind_name(kind),
			STR("=\""), row->key, STR("\",outcome=\""), census_outcome_name(how),
			STR("\"} ")};
		if (row->n[how] == 0)
			continue;
		for (size_t i = 0; i < sizeof parts / sizeof *parts; i++)
			buf_add(out, parts[i]);
		buf_add_number(out, (int64_t)row->n[how]);
		buf_add_char(out, '\n');
	}
}

static void
write_census(struct buf *out, const struct census *census)
{
	static const struct {
		const char *name, *help;
	} kinds[CENSUS_KINDS] = {
		[CENSUS_DESTINATION] = {"nixied_outcomes_by_destination_total",
			"What became of recipients, by their domain."},
		[CENSUS_REASON] = {"nixied_outcomes_by_reason_total",
			"Of those who were not reached, by reason: nixie code explains it."},
		[CENSUS_PROVIDER] = {"nixied_outcomes_by_provider_total",
			"What became of recipients, by the provider whose server answered."},
	};
	for (enum census_kind kind = 0; kind < CENSUS_KINDS; kind++) {
		begin(out, kinds[kind].name, COUNTER, kinds[kind].help);
		for (size_t i = 0; i < census->count[kind]; i++)
			write_census_row(out, kinds[kind].name, kind, &census->rows[kind][i]);
	}
}

static void
write_dns(struct buf *out, const struct dns_counts *counts)
{
	static const struct plain rows[] = {
		{"nixied_dns_queries_total", COUNTER, "Questions that went to DNS servers.",
			offsetof(struct dns_counts, sent)},
		{"nixied_dns_failures_total", COUNTER, "Questions that had no answer.",
			offsetof(struct dns_counts, failed)},
	};
	write_plain(out, rows, sizeof rows / sizeof *rows, counts);
	begin(out, "nixied_dns_silent", GAUGE, "1 when no question has an answer.");
	line(out, "nixied_dns_silent", NULL, STR_NONE, counts->is_silent);
}

void
metrics_write(const struct metrics_facts *facts, struct buf *out)
{
	begin(out, "nixied_start_time_seconds", GAUGE, "When the server began, since 1970.");
	line(out, "nixied_start_time_seconds", NULL, STR_NONE, (uint64_t)facts->started_s);
	begin(out, "nixied_log_lost_total", COUNTER, "Lines of the log that could not be written.");
	line(out, "nixied_log_lost_total", NULL, STR_NONE, facts->log_lost);
	if (facts->receive != NULL) {
		write_plain(
			out, of_receive, sizeof of_receive / sizeof *of_receive, facts->receive);
		write_refusals(out, facts->receive);
	}
	if (facts->filters != NULL)
		write_filters(out, facts->filters);
	if (facts->queue != NULL)
		write_queue(out, facts->queue);
	if (facts->hooks != NULL)
		write_plain(out, of_hooks, sizeof of_hooks / sizeof *of_hooks, facts->hooks);
	if (facts->policies != NULL)
		write_plain(out, of_policies, sizeof of_policies / sizeof *of_policies,
			facts->policies);
	if (facts->census != NULL)
		write_census(out, facts->census);
	if (facts->dns != NULL)
		write_dns(out, facts->dns);
	if (facts->deliver != NULL)
		write_plain(
			out, of_deliver, sizeof of_deliver / sizeof *of_deliver, facts->deliver);
}
