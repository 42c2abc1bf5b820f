/*
 * fuzz_sign_key - a file that should hold a private key
 *
 * Holds always: it is a key that signs, of a size that verifiers take, whose record is that key's;
 * or there is a reason why not.
 */
#include "fuzz.h"
#include "sign/keys.h"
#include "sign/record.h"

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const struct str in = fuzz_copy(data, size);
	struct str wrong = STR_NONE;
	EVP_PKEY *const key = sign_key_parse(in, &wrong);
	if (key == NULL) {
		assert(wrong.len > 0);
	} else {
		struct buf record;
		buf_init(&record, SIGN_RECORD_BYTES_MAX);
		assert(in.len <= SIGN_KEY_BYTES_MAX);
		assert(sign_record(key, &record));
		assert(sign_record_matches(key, buf_str(&record), &wrong));
		buf_fini(&record);
	}
	EVP_PKEY_free(key);
	free((void *)(uintptr_t)in.ptr);
	return 0;
}
