/*
 * fuzz_smtp_path - paths, hosts and parameters of the envelope
 *
 * Holds always: slices lie in the input; consumed <= length; a path that is accepted prints as one
 * that is accepted again, prints the same, and names the same local part; a null path prints
 * nothing; xtext decoded and encoded again means the same.
 */
#include "fuzz.h"
#include "smtp/param.h"
#include "smtp/path.h"
#include "smtp/xtext.h"

static void
check_path(struct str in, unsigned may)
{
	struct path p, back;
	char room[PATH_PRINT_BYTES_MAX], again[PATH_PRINT_BYTES_MAX];
	char local[PATH_PRINT_BYTES_MAX], local_again[PATH_PRINT_BYTES_MAX];
	size_t used = 0, length = 0;
	const enum path_fault fault = path_parse(in, may, &p, &used);
	assert(fault < PATH__COUNT && (fault == PATH_NONE || path_fault_words(fault).len > 0));
	if (fault != PATH_NONE)
		return;
	assert(used <= in.len && (used == in.len || in.ptr[used] == ' ' || in.ptr[used] == '\t'));
	assert(fuzz_lies_in(p.route, in) && fuzz_lies_in(p.local, in) &&
		fuzz_lies_in(p.domain, in));
	assert(!p.has_utf8 || (may & PATH_MAY_HAVE_UTF8));
	const struct str printed = {room, path_print(&p, room)};
	assert(printed.len <= sizeof room && utf8_valid(printed) && fuzz_is_line(printed));
	assert((printed.len == 0) == path_is_null(&p));
	if (printed.len == 0 || printed.len > PATH_MAILBOX_BYTES_MAX)
		return;
	assert(path_parse(printed, PATH_MAY_BE_BARE | PATH_MAY_BE_LOCAL | PATH_MAY_HAVE_UTF8, &back,
		       &length) == PATH_NONE);
	assert(length == printed.len && back.kind == p.kind && str_eq(back.domain, p.domain));
	assert(str_eq((struct str){again, path_print(&back, again)}, printed));
	assert(str_eq((struct str){local, path_local(&p, local)},
		(struct str){local_again, path_local(&back, local_again)}));
	if (str_is_set(p.domain))
		assert(host_parse(p.domain, NULL) == p.kind);
}

static void
check_params(struct str in, unsigned offered)
{
	struct mail_params m;
	struct rcpt_params r;
	struct str at = STR_NONE;
	if (mail_params_parse(in, offered, &m, &at) != PARAM_NONE)
		assert(at.len > 0);
	else
		assert(fuzz_lies_in(m.auth, in) && fuzz_lies_in(m.envid, in) &&
			m.size_bytes >= -1 && xtext_is_valid(m.envid));
	if (rcpt_params_parse(in, offered, &r, &at) != PARAM_NONE)
		assert(at.len > 0);
	else
		assert(fuzz_lies_in(r.orcpt, in) && fuzz_lies_in(r.orcpt_type, in) &&
			r.notify < 16);
	assert(offered != 0 || in.len == 0 || at.len > 0 || str_trim(in).len == 0);
}

static void
check_xtext(struct str in)
{
	if (!xtext_is_valid(in))
		return;
	char *const plain = malloc(in.len + 1), *const coded = malloc(3 * in.len + 1),
		    *const again = malloc(3 * in.len + 1);
	const struct str bytes = {plain, xtext_decode(in, plain)};
	const struct str code = {coded, xtext_encode(bytes, coded)};
	assert(bytes.len <= in.len && xtext_is_valid(code));
	assert(str_eq((struct str){again, xtext_decode(code, again)}, bytes));
	free(plain);
	free(coded);
	free(again);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const struct str in = fuzz_copy(data, size);
	check_path(in, 0);
	check_path(in, PATH_MAY_BE_NULL | PATH_MAY_HAVE_UTF8);
	check_path(in, PATH_MAY_BE_BARE | PATH_MAY_BE_LOCAL | PATH_MAY_HAVE_UTF8);
	check_params(in, ~0u);
	check_params(in, 0);
	check_xtext(in);
	free((void *)(uintptr_t)in.ptr);
	return 0;
}
