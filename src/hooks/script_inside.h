/* script_inside - what the files of a script share */
#ifndef HOOKS_SCRIPT_INSIDE_H
#define HOOKS_SCRIPT_INSIDE_H

#include "hooks/script.h"

#include <lauxlib.h>
#include <lua.h>

struct script {
	lua_State *lua;
	struct script_limits limits;
	size_t used_bytes;
	uint64_t left; /* instructions */
	unsigned points;
	bool is_loading, is_calling, is_spent;
	enum hook_point point;
	struct str facts; /* of the call */
	struct hook_result result;
	char words[HOOK_WORDS_BYTES_MAX], redirect[HOOK_WORDS_BYTES_MAX],
		score_words[HOOK_WORDS_BYTES_MAX], log[HOOK_WORDS_BYTES_MAX],
		tags[HOOK_TAGS_BYTES_MAX];
};

/* Its address is thrown by refuse() and its like, which are no error. */
extern char script_end_key;

/* script_of - the script that a state of Lua is run for */
struct script *script_of(lua_State *lua);

/* script_words - a text on the stack as words for people: one line, printable; in `room` */
struct str script_words(lua_State *lua, int at, char *room, size_t bytes);

/* What is set in front of every script, up to the row without a name. */
extern const struct luaL_Reg script_powers[];

#endif
