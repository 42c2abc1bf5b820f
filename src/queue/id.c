/* id - the ids of messages, as people write them: Crockford's base 32 */
#include "queue/queue.h"

#define ID_DIGITS (QUEUE_ID_BYTES - 1)
#define DIGIT_BITS 5

static const char digits[] = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";

void
queue_id_text(uint64_t id, char to[QUEUE_ID_BYTES])
{
	for (int i = ID_DIGITS; i-- > 0; id >>= DIGIT_BITS)
		to[i] = digits[id & 31];
	to[ID_DIGITS] = '\0';
}

/* People read O for 0, and I or L for 1. */
static int
digit_of(int c)
{
	c = ascii_lower(c);
	if (c == 'o')
		return 0;
	if (c == 'i' || c == 'l')
		return 1;
	for (int i = 0; i < 32; i++)
		if (ascii_lower(digits[i]) == c)
			return i;
	return -1;
}

uint64_t
queue_id_parse(struct str text)
{
	if (text.len != ID_DIGITS)
		return 0;
	uint64_t id = 0;
	for (size_t i = 0; i < text.len; i++) {
		const int digit = digit_of((unsigned char)text.ptr[i]);
		if (digit < 0 || id >> (64 - DIGIT_BITS) != 0)
			return 0;
		id = id << DIGIT_BITS | (uint64_t)digit;
	}
	return id;
}
