#include "nixied/log_options.h"

#include <stdio.h>

#include "cli/moment.h"
#include "nixied/nixied.h"
#include "nixied/options.h"
#include "queue/queue.h"

bool
log_moment_take(const char *command, const char *option, const char *text, bool is_end, int64_t *ms)
{
	struct moment m;
	if (!moment_parse(text, is_end, &m))
		return option_fault(
			command, option, "wants a time: 2026-11-01, yesterday, 2h, 7d ...");
	*ms = m.point * 1000 + (is_end ? 999 : 0);
	return true;
}

bool
log_take(const char *command, struct logs *logs, const char *path, int *code)
{
	char error[LOGS_ERROR_BYTES];
	if (logs_add(logs, path, error))
		return true;
	fprintf(stderr, "nixied %s: %s\n", command, error);
	if (strcmp(command, "why") == 0 && queue_id_parse(str_of(path)) != 0)
		fprintf(stderr, "A message is asked for with  --id %s\n", path);
	*code = EXIT_TROUBLE;
	return false;
}
