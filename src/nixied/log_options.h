/* log_options - what the commands that read the log take alike */
#ifndef NIXIED_LOG_OPTIONS_H
#define NIXIED_LOG_OPTIONS_H

#include "nixied/logs.h"

/* log_moment_take - the value of --since or --until (is_end); false after a complaint */
bool log_moment_take(
	const char *command, const char *option, const char *text, bool is_end, int64_t *ms);

/* log_take - the value of --log, or an operand; false after a complaint, and *code */
bool log_take(const char *command, struct logs *logs, const char *path, int *code);

#endif
