#include "judge/retry_after.h"

#include "catalogue/names.h"

#define TEXT_BYTES_MAX 2048 /* of an answer, that are looked at */

/* ":05:00" behind an hour: the seconds of "00:05:00"; -1 when it is no such time. */
static int64_t
clock_seconds(struct str rest, int64_t hours)
{
	if (rest.len < 6 || rest.ptr[0] != ':' || rest.ptr[3] != ':' ||
		(rest.len > 6 && ascii_is_alnum((unsigned char)rest.ptr[6])))
		return -1;
	const int64_t minutes = str_number(str_head(str_from(rest, 1), 2), 59);
	const int64_t seconds = str_number(str_head(str_from(rest, 4), 2), 59);
	return minutes < 0 || seconds < 0 || hours > 99 ? -1
							: hours * 3600 + minutes * 60 + seconds;
}

int64_t
retry_after(struct str text)
{
	static const struct {
		enum known_name name;
		int64_t seconds;
	} units[] = {
		{KNOWN_SECOND_UNIT, 1},
		{KNOWN_MINUTE_UNIT, 60},
		{KNOWN_HOUR_UNIT, 3600},
		{KNOWN_DAY_UNIT, 86400},
	};
	text = str_head(text, TEXT_BYTES_MAX);
	for (size_t i = 1; i < text.len; i++) {
		if (!ascii_is_digit((unsigned char)text.ptr[i]) ||
			ascii_is_alnum((unsigned char)text.ptr[i - 1]) || text.ptr[i - 1] == '.' ||
			text.ptr[i - 1] == ':')
			continue;
		const struct str before = str_trim_end(str_head(text, i));
		const int64_t n = str_number(str_from(text, i), 1000000);
		while (i < text.len && ascii_is_digit((unsigned char)text.ptr[i]))
			i++;
		if (n < 0)
			continue;
		const bool has_cue = str_is_set(catalogue_name_at_end(KNOWN_WAIT_CUE, before));
		const int64_t clock = has_cue ? clock_seconds(str_from(text, i), n) : -1;
		if (clock >= 0)
			return clock > 0 ? clock : -1;
		const struct str unit = str_trim(str_from(text, i));
		if (has_cue && unit.len > 0 && ascii_lower((unsigned char)unit.ptr[0]) == 's' &&
			(unit.len == 1 || !ascii_is_alpha((unsigned char)unit.ptr[1])))
			return n > 0 ? n : -1;
		for (size_t k = 0; has_cue && k < sizeof units / sizeof *units; k++)
			if (n > 0 && catalogue_is_named(units[k].name, unit))
				return n * units[k].seconds;
	}
	return -1;
}
