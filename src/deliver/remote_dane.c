/* What TLSA records mean: RFC 6698, 7672 s2. */
#include "deliver/remote_inside.h"

#include <stdio.h>

void
dane_name(unsigned port, const char *host, char out[static DANE_NAME_BYTES_MAX])
{
	snprintf(
		out, DANE_NAME_BYTES_MAX, "_%u._tcp.%.*s", port % 65536, HOST_NAME_BYTES_MAX, host);
}

const struct dane *
dane_read(const struct dns_answer *answer, struct arena *a)
{
	const bool is_failure = dns_is_failure(answer->status);
	/* What is not signed may be anybody's: as if it were not there. */
	if (!is_failure && (answer->status != DNS_FOUND || !answer->is_authentic))
		return NULL;
	static const struct dane no_memory = {
		.state = DANE_SILENT, .status = DNS_OVERLOADED}; /* NULL would mean: no policy */
	struct dane *const d = arena_alloc(a, 1, sizeof *d);
	if (d == NULL)
		return &no_memory;
	d->status = answer->status;
	d->state = is_failure ? DANE_SILENT : DANE_RECORDS;
	d->list = arena_alloc(a, answer->count + 1, sizeof *d->list);
	for (size_t i = 0; d->list != NULL && i < answer->count; i++) {
		const struct dns_record *const r = &answer->records[i];
		d->list[d->count++] = (struct stream_tlsa){.usage = r->usage,
			.selector = r->selector,
			.matching = r->matching,
			.data = arena_str(a, r->data)};
	}
	return arena_failed(a) ? &no_memory : d; /* half of them would be another policy */
}
