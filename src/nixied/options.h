/* options - what every subcommand takes */
#ifndef NIXIED_OPTIONS_H
#define NIXIED_OPTIONS_H

#include <stdbool.h>

/*
 * options_conf - a command that takes -c FILE and operands, nothing else
 *
 * usage    printed for --help (to stdout) and, with the fault, for a mistake (to stderr)
 * path     NULL when -c is not given
 * first    index in argv of the first operand
 * Returns  true to go on; false when the command is to end with *code
 */
bool options_conf(
	int argc, char **argv, const char *usage, const char **path, int *first, int *code);

/* option_fault - "nixied COMMAND: WHAT: WHY", and where the usage is; gives false */
bool option_fault(const char *command, const char *what, const char *why);

/* option_form - the value of -o; false after a complaint */
bool option_form(const char *command, const char *value, bool *is_json);

#endif
