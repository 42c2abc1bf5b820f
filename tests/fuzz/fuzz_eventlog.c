/* fuzz_eventlog - any line is read or refused; any values are written as one line, and read again
 * as what they were */
#include "eventlog/line.h"
#include "fuzz.h"

/* What is written of `value` in logfmt is all of it, or a beginning and the mark. */
static void
check_value(struct str got, struct str value)
{
	if (str_eq(got, value))
		return;
	assert(got.len >= 3 && value.len > got.len - 3);
	assert(memcmp(got.ptr + got.len - 3, "...", 3) == 0);
	assert(memcmp(got.ptr, value.ptr, got.len - 3) == 0);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const struct str in = fuzz_copy(data, size);
	struct arena a;
	struct eventlog_line line;
	arena_init(&a, FUZZ_ARENA_BYTES);
	if (eventlog_read(in, &a, &line))
		assert(line.time_ms >= 0 && line.event < LOG_EVENT_COUNT);

	/* The input as values: a NUL parts them. */
	struct eventlog_field fields[8];
	size_t count = 0;
	struct str rest = in;
	while (count < 8 && str_is_set(rest)) {
		fields[count] = (struct eventlog_field){
			(enum eventlog_name)(count * 5 % FIELD_COUNT), str_cut(&rest, '\0')};
		count++;
	}
	for (int format = EVENTLOG_LOGFMT; format <= EVENTLOG_JSON; format++) {
		char room[EVENTLOG_LINE_BYTES_MAX];
		const size_t len = eventlog_format_line((enum eventlog_format)format, 1700000000123,
			LOG_REFUSED, fields, count, room);
		const struct str written = {room, len - 1};
		assert(len <= EVENTLOG_LINE_BYTES_MAX && room[len - 1] == '\n');
		assert(fuzz_is_line(written));
		assert(eventlog_read(written, &a, &line));
		assert(line.time_ms == 1700000000123 && line.event == LOG_REFUSED);
		for (int f = 0; f < FIELD_COUNT; f++) {
			size_t i = 0;
			while (i < count && (int)fields[i].name != f)
				i++;
			/* No value makes a field that was not given. */
			if (i == count)
				assert(!str_is_set(line.field[f]));
			else if (str_is_set(line.field[f]) && format == EVENTLOG_LOGFMT)
				check_value(line.field[f], fields[i].value);
			else if (str_is_set(line.field[f]) && utf8_valid(fields[i].value))
				check_value(line.field[f], fields[i].value);
		}
	}
	arena_fini(&a);
	free((void *)(uintptr_t)in.ptr);
	return 0;
}
