/*
 * fuzz_origin - small texts of the checks: lists of the configuration, DMARC's records, authors of
 * From, fields of results
 *
 * Holds always: slices lie in the input; an organization is the end of its domain; what is written
 * of a stranger's words is one field.
 */
#include "check/author.h"
#include "check/authres.h"
#include "check/dmarc.h"
#include "check/lists.h"
#include "fuzz.h"

static void
check_lists(struct str in)
{
	static struct lists lists;
	struct str wrong = STR_NONE;
	if (!lists_parse(in, &lists, &wrong)) {
		assert(wrong.len > 0 && fuzz_lies_in(wrong, in));
		return;
	}
	assert(lists.count <= LISTS_MAX);
	for (size_t i = 0; i < lists.count; i++) {
		assert(lists.list[i].zone[0] != '\0' && lists.list[i].weight >= LIST_REFUSES &&
			lists.list[i].weight <= LIST_WEIGHT_MAX);
		char room[LIST_WORDS_BYTES_MAX + 1];
		const struct str words = list_words(&lists.list[i], in, room);
		assert(words.len > 0 && words.len <= LIST_WORDS_BYTES_MAX && fuzz_is_line(words));
	}
}

static void
check_dmarc(struct str in)
{
	struct dmarc_record record;
	struct dmarc_find f;
	if (dmarc_record_parse(in, &record))
		assert(record.policy != DMARC_NO_POLICY && record.percent <= 100);
	const struct str organization = dmarc_organization(in);
	assert(in.len == 0 || (fuzz_lies_in(organization, in) && str_ends_case(in, organization)));
	unsigned asked = 0;
	for (bool more = dmarc_find_begin(&f, in); more;) {
		const struct dns_record txt = {.data = in};
		const struct dns_answer answer = {
			.status = DNS_FOUND, .type = DNS_TXT, .records = &txt, .count = asked++};
		assert(asked <= 2 && f.ask.name.len <= DNS_NAME_BYTES_MAX);
		more = dmarc_find_step(&f, &answer);
	}
}

static void
check_authors(struct str in)
{
	struct str rest = in, domain;
	size_t left = rest.len + 1;
	while (author_next(&rest, &domain)) {
		assert(rest.len < left); /* it goes on */
		left = rest.len;
		assert(domain.len == 0 || fuzz_lies_in(domain, in));
	}
}

static void
check_results(struct str in)
{
	struct authres a;
	struct buf out;
	buf_init(&out, 1 << 24);
	authres_begin(&a, &out, STR("host.example"));
	authres_result(&a, STR("spf"), STR("fail"), in);
	authres_property(&a, STR("smtp.mailfrom"), in);
	authres_end(&a);
	assert(authres_is_of(buf_str(&out), STR("host.example")));
	/* Its own two line ends, and none of the stranger's. */
	size_t lines = 0;
	for (size_t i = 0; i < out.len; i++)
		lines += out.ptr[i] == '\n' || out.ptr[i] == '\r';
	assert(lines == 4);
	buf_fini(&out);
	authres_is_of(in, STR("host.example"));
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const struct str in = fuzz_copy(data, size);
	check_lists(in);
	check_dmarc(in);
	check_authors(in);
	check_results(in);
	free((void *)(uintptr_t)in.ptr);
	return 0;
}
