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

#endif
