/*
 * script - a Lua script that may say no: loaded, called, and kept within its limits
 *
 * Lua 5.4 in a state of its own. A script sees what is told to it and the functions of
 * doc/hooks.md: no files, no processes, no clock, no way to load more code, none to catch the error
 * that ends it. Instructions are counted (a hook of Lua's), memory is counted (an allocator of
 * ours). What a function of Lua's library does in C alone, a pattern that takes for ever, cannot be
 * ended from here: that is the runner's (hooks/runner.h), which is a process for that reason.
 *
 * Threads: one for each script.
 */
#ifndef HOOKS_SCRIPT_H
#define HOOKS_SCRIPT_H

#include "hooks/frame.h"

#define SCRIPT_BYTES_MAX ((size_t)100 << 10) /* of its text */

struct script_limits {
	uint64_t instructions; /* of one call, and of loading */
	size_t memory_bytes;
};

struct script;

/*
 * script_new - the text is compiled and run once, which defines its functions
 *
 * name      as it stands in messages: "hooks.lua"
 * words     on failure: "hooks.lua:12: syntax error near 'end'"
 * Returns   NULL on failure
 */
struct script *script_new(struct str text, const char *name, const struct script_limits *limits,
	char words[static HOOK_WORDS_BYTES_MAX]);
void script_free(struct script *s); /* NULL is harmless */

/* script_points - a bit for each enum hook_point that it has a function for */
unsigned script_points(const struct script *s);

/* script_unknown - the name of a function on_... that nobody calls; absent: there is none. Good
 * until the next call */
struct str script_unknown(struct script *s);

/* script_call - *out points into the script, until the next call; a script that fails gives
 * HOOK_FAILED with the line */
void script_call(struct script *s, enum hook_point p, struct str facts, struct hook_result *out);

/* script_is_spent - it came to its limit of memory: better a new one */
bool script_is_spent(const struct script *s);

#endif
