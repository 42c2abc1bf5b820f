/*
 * fuzz_spf - records and answers of strangers: each line is the answer to the next question
 *
 * An empty line is "no such name", "!" a DNS that fails; what follows the last one does not exist.
 * Holds always: it comes to an end within the limits of RFC 7208 s4.6.4; what is asked is no longer
 * than a name; an explanation is printable and fits; a record that is not read is a permerror.
 */
#include "check/spf.h"
#include "fuzz.h"

/* A record, up to 10 terms that ask, each with 10 names; the PTR and its names; an explanation. */
#define QUESTIONS_MAX (1 + SPF_LOOKUPS_MAX * (1 + SPF_NAMES_MAX) + 1 + SPF_NAMES_MAX + 1)

static void
answer_make(struct str line, const struct spf *spf, struct dns_answer *a, struct dns_record *r)
{
	static const unsigned char address[16] = {0x20, 1, 0xd, 0xb8, [15] = 1};
	*a = (struct dns_answer){.status = DNS_FOUND,
		.type = spf->ask.type,
		.name = spf->ask.name,
		.canonical = spf->ask.name,
		.records = r,
		.count = 1};
	*r = (struct dns_record){.data = line};
	if (line.len == 0 || str_eq(line, STR("!"))) {
		a->status = line.len == 0 ? DNS_NO_NAME : DNS_SERVFAIL;
		a->count = 0;
	} else if (spf->ask.type == DNS_A || spf->ask.type == DNS_AAAA) {
		r->data = (struct str){
			(const char *)address, spf->ask.type == DNS_A ? 4 : sizeof address};
	} else if (spf->ask.type != DNS_TXT) {
		r->data = str_head(line, DNS_NAME_BYTES_MAX);
	}
}

static void
check(struct str in, const char *ip, const char *sender)
{
	struct spf spf;
	struct spf_question q = {.sender = str_of(sender), .helo = STR("helo.example")};
	unsigned asked = 0;
	assert(ip_parse(str_of(ip), &q.ip));
	for (bool more = spf_begin(&spf, &q); more;) {
		struct dns_answer answer;
		struct dns_record record;
		struct str line;
		if (!str_line(&in, &line))
			line = STR("");
		assert(++asked <= QUESTIONS_MAX && spf.ask.name.len <= DNS_NAME_BYTES_MAX);
		answer_make(line, &spf, &answer, &record);
		more = spf_step(&spf, &answer);
	}
	assert(spf.result < SPF_RESULT_COUNT && spf_result_name(spf.result).len > 0);
	assert(spf.lookups <= SPF_LOOKUPS_MAX + 1 && spf.voids <= SPF_VOIDS_MAX + 1);
	assert(spf.explanation.len == 0 || spf.result == SPF_FAIL);
	assert(spf.explanation.len <= SPF_EXPLANATION_BYTES_MAX);
	for (size_t i = 0; i < spf.explanation.len; i++)
		assert(spf.explanation.ptr[i] >= ' ' && spf.explanation.ptr[i] <= '~');
	spf_fini(&spf);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const struct str in = fuzz_copy(data, size);
	check(in, "192.0.2.1", "user@sender.example");
	check(in, "2001:db8::1", "");
	free((void *)(uintptr_t)in.ptr);
	return 0;
}
