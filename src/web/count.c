#include "web/count.h"

/* Upper bounds of the histogram, in microseconds and as they are written in seconds. */
static const struct {
	uint64_t micros;
	struct str seconds;
} bounds[COUNT_BUCKETS] = {
	{100, STR_INIT("0.0001")},
	{250, STR_INIT("0.00025")},
	{500, STR_INIT("0.0005")},
	{1000, STR_INIT("0.001")},
	{2500, STR_INIT("0.0025")},
	{5000, STR_INIT("0.005")},
	{10000, STR_INIT("0.01")},
	{50000, STR_INIT("0.05")},
	{250000, STR_INIT("0.25")},
	{1000000, STR_INIT("1")},
};

static void
add(atomic_uint_least64_t *counter, uint64_t n)
{
	atomic_fetch_add_explicit(counter, n, memory_order_relaxed);
}

static uint64_t
get(atomic_uint_least64_t *counter)
{
	return atomic_load_explicit(counter, memory_order_relaxed);
}

void
web_count(struct web *w, const struct web_response *res, const struct web_measure *measure)
{
	struct counters *const c = web_counters(w);
	const size_t route = res->route < COUNT_ROUTES_MAX ? res->route : COUNT_ROUTES_MAX;
	const size_t status = web_status_index(res->status);
	if (status < WEB_STATUSES)
		add(&c->answers[route][status], 1);
	if (res->problem >= 0)
		add(&c->problems[res->problem], 1);
	size_t bucket = 0;
	while (bucket < COUNT_BUCKETS && measure->micros > bounds[bucket].micros)
		bucket++;
	add(&c->buckets[bucket], 1);
	add(&c->micros, measure->micros);
	add(&c->bytes_in, measure->bytes_in);
	add(&c->bytes_out, measure->bytes_out);
}

void
web_count_connections(struct web *w, int change)
{
	struct counters *const c = web_counters(w);
	atomic_fetch_add_explicit(&c->connections, change, memory_order_relaxed);
	if (change > 0)
		add(&c->connections_total, (uint64_t)change);
}

void
count_report(struct web *w, const struct nixie_report_info *info)
{
	struct counters *const c = web_counters(w);
	add(&c->mails[info->kind], 1);
	for (size_t i = 0; i < info->outcome_count; i++) {
		const struct nixie_str name = info->outcomes[i].reason;
		const int reason = catalogue_reason_find((struct str){name.ptr, name.len});
		if (reason >= 0)
			add(&c->reasons[reason], 1);
	}
}

/* ---- writing ---- */

static void
begin(struct buf *out, struct str name, struct str type, struct str help)
{
	const struct str parts[] = {STR("# HELP "), name, STR(" "), help, STR("\n# TYPE "), name,
		STR(" "), type, STR("\n")};
	for (size_t i = 0; i < sizeof parts / sizeof *parts; i++)
		buf_add(out, parts[i]);
}

/* One line; label: absent for none. Labels are our own words and patterns, and need no escaping. */
static void
line(struct buf *out, struct str name, struct str label, struct str value, uint64_t n)
{
	buf_add(out, name);
	if (str_is_set(label)) {
		const struct str parts[] = {STR("{"), label, STR("=\""), value, STR("\"}")};
		for (size_t i = 0; i < sizeof parts / sizeof *parts; i++)
			buf_add(out, parts[i]);
	}
	buf_add_char(out, ' ');
	buf_add_number(out, (int64_t)n);
	buf_add_char(out, '\n');
}

static void
write_answers(struct counters *c, struct buf *out)
{
	const struct str name = STR("nixie_web_requests_total");
	begin(out, name, STR("counter"), STR("Requests, by route and status."));
	for (size_t r = 0; r <= COUNT_ROUTES_MAX; r++)
		for (size_t s = 0; s < WEB_STATUSES; s++) {
			const uint64_t n = get(&c->answers[r][s]);
			if (n == 0)
				continue;
			buf_add(out, name);
			buf_add(out, STR("{route=\""));
			buf_add(out, r < COUNT_ROUTES_MAX ? web_routes[r].pattern : STR("none"));
			buf_add(out, STR("\",status=\""));
			buf_add_number(out, web_statuses[s]);
			buf_add(out, STR("\"} "));
			buf_add_number(out, (int64_t)n);
			buf_add_char(out, '\n');
		}
}

/* Microseconds as seconds: "12.000345" */
static void
add_seconds(struct buf *out, uint64_t micros)
{
	buf_add_number(out, (int64_t)(micros / 1000000));
	buf_add_char(out, '.');
	for (uint64_t place = 100000; place > 0; place /= 10)
		buf_add_char(out, (char)('0' + micros / place % 10));
}

static void
write_histogram(struct counters *c, struct buf *out)
{
	uint64_t sum = 0;
	begin(out, STR("nixie_web_answer_seconds"), STR("histogram"),
		STR("Time to make an answer, once the request is there."));
	for (size_t i = 0; i <= COUNT_BUCKETS; i++) {
		sum += get(&c->buckets[i]);
		line(out, STR("nixie_web_answer_seconds_bucket"), STR("le"),
			i < COUNT_BUCKETS ? bounds[i].seconds : STR("+Inf"), sum);
	}
	buf_add(out, STR("nixie_web_answer_seconds_sum "));
	add_seconds(out, get(&c->micros));
	buf_add_char(out, '\n');
	line(out, STR("nixie_web_answer_seconds_count"), STR_NONE, STR_NONE, sum);
}

void
count_write(struct web *w, struct buf *out)
{
	struct counters *const c = web_counters(w);
	write_answers(c, out);
	begin(out, STR("nixie_web_problems_total"), STR("counter"),
		STR("Requests that were refused or failed, by the name of the problem."));
	for (int p = 0; p < PROBLEM__COUNT; p++)
		line(out, STR("nixie_web_problems_total"), STR("problem"),
			problem_name((enum problem)p), get(&c->problems[p]));
	write_histogram(c, out);
	begin(out, STR("nixie_web_received_bytes_total"), STR("counter"), STR("Bytes of bodies."));
	line(out, STR("nixie_web_received_bytes_total"), STR_NONE, STR_NONE, get(&c->bytes_in));
	begin(out, STR("nixie_web_sent_bytes_total"), STR("counter"),
		STR("Bytes of answers, without their headers."));
	line(out, STR("nixie_web_sent_bytes_total"), STR_NONE, STR_NONE, get(&c->bytes_out));
	begin(out, STR("nixie_web_connections_total"), STR("counter"), STR("Connections so far."));
	line(out, STR("nixie_web_connections_total"), STR_NONE, STR_NONE,
		get(&c->connections_total));
	begin(out, STR("nixie_web_connections"), STR("gauge"), STR("Connections at present."));
	line(out, STR("nixie_web_connections"), STR_NONE, STR_NONE,
		(uint64_t)atomic_load_explicit(&c->connections, memory_order_relaxed));
	begin(out, STR("nixie_mails_total"), STR("counter"), STR("What was read, by its kind."));
	for (int k = 0; k < COUNT_KINDS; k++)
		line(out, STR("nixie_mails_total"), STR("kind"),
			str_of(nixie_kind_name((enum nixie_kind)k)), get(&c->mails[k]));
	begin(out, STR("nixie_outcomes_total"), STR("counter"),
		STR("Recipients in what was read, by reason."));
	for (int r = 0; r < REASON__COUNT; r++)
		if (get(&c->reasons[r]) > 0)
			line(out, STR("nixie_outcomes_total"), STR("reason"),
				catalogue_text(catalogue_reasons[r].name), get(&c->reasons[r]));
}
