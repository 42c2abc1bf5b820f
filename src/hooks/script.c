/* script - a Lua script that may say no */
#include "hooks/script_inside.h"

#include <lualib.h>
#include <stdio.h>
#include <stdlib.h>

#define STEP 1000 /* instructions between two looks at the count */

/* Where the script is found from inside Lua: an address is its key. */
static char script_key;
char script_end_key;

static void *
allocate(void *script, void *block, size_t before, size_t after)
{
	struct script *const s = script;
	const size_t was = block != NULL ? before : 0;
	if (after == 0) {
		s->used_bytes -= was;
		free(block);
		return NULL;
	}
	if (after > was && after - was > s->limits.memory_bytes - s->used_bytes) {
		s->is_spent = true;
		return NULL;
	}
	void *const now = realloc(block, after);
	if (now != NULL)
		s->used_bytes = s->used_bytes - was + after;
	return now;
}

struct script *
script_of(lua_State *lua)
{
	lua_rawgetp(lua, LUA_REGISTRYINDEX, &script_key);
	struct script *const s = lua_touserdata(lua, -1);
	lua_pop(lua, 1);
	return s;
}

static void
on_count(lua_State *lua, lua_Debug *where)
{
	struct script *const s = script_of(lua);
	(void)where;
	if (s->left < STEP)
		luaL_error(lua, "more instructions than the %d that it may have",
			(int)s->limits.instructions);
	s->left -= STEP;
}

static void
count_begin(struct script *s)
{
	s->left = s->limits.instructions;
	s->is_spent = false;
	lua_sethook(s->lua, on_count, LUA_MASKCOUNT, STEP);
}

/* ---- what a script sees */

/* What is left of Lua's own: nothing that loads code, catches errors, or reaches out of the state.
 * Metatables are left out for their __gc, which would run where nobody counts. */
static const char *const kept[] = {
	"assert", "error", "ipairs", "next", "pairs", "select", "tonumber", "tostring", "type"};
static const struct {
	const char *name;
	lua_CFunction open;
	const char *without[4];
} libraries[] = {{"string", luaopen_string, {"dump"}}, {"table", luaopen_table, {NULL}},
	{"math", luaopen_math, {"random", "randomseed"}}, {"utf8", luaopen_utf8, {NULL}}};

/* A global is set: while the script is loaded it may be. */
static int
on_global(lua_State *lua)
{
	if (!script_of(lua)->is_loading)
		return luaL_error(lua, "a global cannot be set in a function on_...: say local %s",
			lua_tostring(lua, 2));
	lua_settop(lua, 3);
	lua_rawset(lua, lua_upvalueindex(1));
	return 0;
}

/* The table of globals, on the stack; and the one that stands in front of it, which stays empty, so
 * that nothing is ever set without on_global(). */
static void
globals_make(lua_State *lua)
{
	lua_newtable(lua);
	luaL_requiref(lua, "_G", luaopen_base, 0);
	for (size_t i = 0; i < sizeof kept / sizeof *kept; i++) {
		lua_getfield(lua, -1, kept[i]);
		lua_setfield(lua, -3, kept[i]);
	}
	lua_pop(lua, 1);
	for (size_t i = 0; i < sizeof libraries / sizeof *libraries; i++) {
		luaL_requiref(lua, libraries[i].name, libraries[i].open, 0);
		for (size_t k = 0; k < 4 && libraries[i].without[k] != NULL; k++) {
			lua_pushnil(lua);
			lua_setfield(lua, -2, libraries[i].without[k]);
		}
		lua_setfield(lua, -2, libraries[i].name);
	}
	luaL_setfuncs(lua, script_powers, 0);
	lua_newtable(lua);
	lua_newtable(lua);
	lua_pushvalue(lua, -3);
	lua_setfield(lua, -2, "__index");
	lua_pushvalue(lua, -3);
	lua_pushcclosure(lua, on_global, 1);
	lua_setfield(lua, -2, "__newindex");
	lua_setmetatable(lua, -2);
}

/* The text and its name are on the stack; leaves the globals in the registry. */
static int
load(lua_State *lua)
{
	struct script *const s = script_of(lua);
	const struct str *const text = lua_touserdata(lua, 1);
	const char *const name = lua_touserdata(lua, 2);
	globals_make(lua);
	lua_pushvalue(lua, -2);
	lua_rawsetp(lua, LUA_REGISTRYINDEX, s);
	if (luaL_loadbufferx(lua, text->ptr, text->len, name, "t") != LUA_OK)
		return lua_error(lua);
	lua_pushvalue(lua, -2);
	lua_setupvalue(lua, -2, 1); /* _ENV */
	lua_call(lua, 0, 0);
	lua_rawgetp(lua, LUA_REGISTRYINDEX, s);
	for (int p = 0; p < HOOK_POINT_COUNT; p++) {
		if (lua_getfield(lua, -1, hook_name((enum hook_point)p).ptr) == LUA_TFUNCTION)
			s->points |= 1u << p;
		lua_pop(lua, 1);
	}
	return 0;
}

/* ---- a call */

static void
set_text(lua_State *lua, const char *name, struct str value)
{
	if (!str_is_set(value))
		return;
	lua_pushlstring(lua, value.ptr, value.len);
	lua_setfield(lua, -2, name);
}

/* The list of that name in the table on top, on the stack; made when it is not there. */
static void
list_get(lua_State *lua, struct str name)
{
	lua_pushlstring(lua, name.ptr, name.len);
	if (lua_rawget(lua, -2) == LUA_TTABLE)
		return;
	lua_pop(lua, 1);
	lua_newtable(lua);
	lua_pushlstring(lua, name.ptr, name.len);
	lua_pushvalue(lua, -2);
	lua_rawset(lua, -4);
}

static void
fact_set(lua_State *lua, const struct fact *f)
{
	switch (f->kind) {
	case FACT_TEXT:
	case FACT_NUMBER:
		lua_pushlstring(lua, f->text[0].ptr, f->text[0].len);
		if (f->kind == FACT_NUMBER)
			lua_pushinteger(lua, f->number);
		else
			lua_pushlstring(lua, f->text[1].ptr, f->text[1].len);
		lua_rawset(lua, -3);
		return;
	case FACT_ITEM:
		list_get(lua, f->text[0]);
		lua_pushlstring(lua, f->text[1].ptr, f->text[1].len);
		break;
	case FACT_HEADER:
		list_get(lua, STR("headers"));
		lua_newtable(lua);
		set_text(lua, "name", f->text[0]);
		set_text(lua, "value", f->text[1]);
		break;
	case FACT_CHECK:
		list_get(lua, STR("checks"));
		lua_newtable(lua);
		set_text(lua, "name", f->text[0]);
		set_text(lua, "result", f->text[1]);
		set_text(lua, "words", f->text[3]);
		lua_pushinteger(lua, f->number);
		lua_setfield(lua, -2, "score");
		break;
	}
	lua_rawseti(lua, -2, (lua_Integer)lua_rawlen(lua, -2) + 1);
	lua_pop(lua, 1);
}

static int
call(lua_State *lua)
{
	struct script *const s = script_of(lua);
	struct fact f;
	lua_rawgetp(lua, LUA_REGISTRYINDEX, s);
	lua_getfield(lua, -1, hook_name(s->point).ptr);
	lua_newtable(lua);
	list_get(lua, STR("headers"));
	lua_pop(lua, 1);
	list_get(lua, STR("checks"));
	lua_pop(lua, 1);
	list_get(lua, STR("recipients"));
	lua_pop(lua, 1);
	while (fact_next(&s->facts, &f))
		fact_set(lua, &f);
	lua_call(lua, 1, 0);
	return 0;
}

/* The error on top as words. */
static struct str
error_words(lua_State *lua, char *room, size_t bytes)
{
	/* A number would be made a string, which takes memory that nobody guards here. */
	const struct str words =
		lua_type(lua, -1) == LUA_TSTRING ? script_words(lua, -1, room, bytes) : STR_NONE;
	return words.len > 0 ? words : STR("it failed, and said nothing");
}

void
script_call(struct script *s, enum hook_point p, struct str facts, struct hook_result *out)
{
	s->result = (struct hook_result){.act = HOOK_PASS};
	s->point = p;
	s->facts = facts;
	s->is_calling = true;
	count_begin(s);
	lua_settop(s->lua, 0);
	lua_pushcfunction(s->lua, call);
	if (lua_pcall(s->lua, 0, 0, 0) != LUA_OK && lua_touserdata(s->lua, -1) != &script_end_key)
		s->result = (struct hook_result){.act = HOOK_FAILED,
			.words = error_words(s->lua, s->words, sizeof s->words)};
	s->is_calling = false;
	*out = s->result;
}

/* ---- the whole */

struct script *
script_new(struct str text, const char *name, const struct script_limits *limits,
	char words[static HOOK_WORDS_BYTES_MAX])
{
	char chunk[128];
	struct script *const s = calloc(1, sizeof *s);
	if (s == NULL) {
		snprintf(words, HOOK_WORDS_BYTES_MAX, "no memory");
		return NULL;
	}
	s->limits = *limits;
	snprintf(chunk, sizeof chunk, "@%s", name);
	s->lua = lua_newstate(allocate, s);
	if (s->lua == NULL) {
		snprintf(words, HOOK_WORDS_BYTES_MAX, "no memory");
		free(s);
		return NULL;
	}
	lua_pushlightuserdata(s->lua, s);
	lua_rawsetp(s->lua, LUA_REGISTRYINDEX, &script_key);
	s->is_loading = true;
	count_begin(s);
	lua_pushcfunction(s->lua, load);
	lua_pushlightuserdata(s->lua, &text);
	lua_pushlightuserdata(s->lua, chunk);
	const bool ok = lua_pcall(s->lua, 2, 0, 0) == LUA_OK;
	s->is_loading = false;
	if (ok)
		return s;
	const struct str why = error_words(s->lua, s->words, sizeof s->words);
	snprintf(words, HOOK_WORDS_BYTES_MAX, "%.*s", (int)why.len, why.ptr);
	script_free(s);
	return NULL;
}

void
script_free(struct script *s)
{
	if (s == NULL)
		return;
	lua_sethook(s->lua, NULL, 0, 0);
	lua_close(s->lua);
	free(s);
}

unsigned
script_points(const struct script *s)
{
	return s->points;
}

struct str
script_unknown(struct script *s)
{
	struct str found = STR_NONE;
	lua_settop(s->lua, 0);
	lua_rawgetp(s->lua, LUA_REGISTRYINDEX, s);
	lua_pushnil(s->lua);
	while (!str_is_set(found) && lua_next(s->lua, 1) != 0) {
		const struct str name = lua_type(s->lua, 2) == LUA_TSTRING
						? str_of(lua_tostring(s->lua, 2))
						: STR("");
		bool is_known = !str_starts(name, STR("on_"));
		for (int p = 0; p < HOOK_POINT_COUNT; p++)
			is_known |= str_eq(name, hook_name((enum hook_point)p));
		if (!is_known)
			found = name;
		lua_settop(s->lua, 2);
	}
	return found;
}

bool
script_is_spent(const struct script *s)
{
	return s->is_spent;
}
