/*
 * fuzz_address - addresses, IPs and host names in any bytes
 *
 * Holds always: what is found lies in the text and begins and ends in it where the next search goes
 * on; an address has an @ inside; an IP has only what an IP has; an address is the same as itself,
 * and sameness does not depend on the order.
 */
#include "fuzz.h"
#include "read/address.h"
#include "read/host.h"
#include "read/limits.h"

static void
check_addresses(struct str in)
{
	size_t at = 0;
	struct str before = STR_NONE, found;
	for (;;) {
		const size_t from = at;
		found = address_next(in, &at);
		assert(at >= from && at <= in.len);
		if (!str_is_set(found))
			break;
		assert(fuzz_lies_in(found, in) && found.len <= ADDRESS_BYTES_MAX);
		assert(found.ptr >= in.ptr + from && found.ptr + found.len <= in.ptr + at);
		const size_t sign = str_find_char(found, '@', 1);
		assert(sign != STR_NPOS && sign + 1 < found.len);
		assert(address_domain(found).len > 0);
		assert(address_same(found, found));
		assert(address_same(found, before) == address_same(before, found));
		(void)address_is_robot(found);
		before = found;
	}
	assert(at == in.len);
}

static void
check_ips(struct str in)
{
	size_t at = 0;
	for (struct str ip; str_is_set(ip = ip_next(in, &at));) {
		assert(fuzz_lies_in(ip, in) && ip.len >= 2 && ip.len <= 45);
		assert(ip.ptr + ip.len == in.ptr + at);
		for (size_t i = 0; i < ip.len; i++)
			assert(ascii_is_alnum((unsigned char)ip.ptr[i]) || ip.ptr[i] == '.' ||
				ip.ptr[i] == ':');
	}
	assert(at == in.len);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const struct str in = fuzz_copy(data, size);
	struct str type;
	check_addresses(in);
	check_ips(in);
	const struct str clean = address_clean(in);
	assert(str_is_set(clean) && fuzz_lies_in(clean, in) && clean.len <= ADDRESS_BYTES_MAX);
	const struct str typed = address_typed(in, &type);
	assert(fuzz_lies_in(typed, in) && fuzz_lies_in(type, in));
	const struct str host = host_clean(in);
	assert(fuzz_lies_in(host, in) && (!str_is_set(host) || host.len > 0));
	assert(!host_looks_real(host) || str_find_char(host, '.', 0) != STR_NPOS);
	free((void *)(uintptr_t)in.ptr);
	return 0;
}
