/* script_powers - what a script can do: the functions that it may call */
#include "hooks/script_inside.h"

#include <stdio.h>

struct str
script_words(lua_State *lua, int at, char *room, size_t bytes)
{
	size_t len = 0;
	const char *const text = lua_tolstring(lua, at, &len);
	struct str s = str_head_text((struct str){text, text != NULL ? len : 0}, bytes);
	for (size_t i = 0; i < s.len; i++) {
		const unsigned char c = (unsigned char)s.ptr[i];
		room[i] = c < ' ' || c == 127 ? ' ' : (char)c;
	}
	return (struct str){room, s.len};
}

static struct script *
script_calling(lua_State *lua, const char *function)
{
	struct script *const s = script_of(lua);
	if (!s->is_calling)
		luaL_error(lua, "%s() is for functions on_..., not for the script around them",
			function);
	return s;
}

static int
end_with(lua_State *lua, struct script *s, enum hook_act act)
{
	s->result.act = act;
	lua_pushlightuserdata(lua, &script_end_key);
	return lua_error(lua);
}

/* refuse(), refuse(words), refuse(code, words): a code of 400 to 499 defers. */
static int
do_refuse(lua_State *lua)
{
	struct script *const s = script_calling(lua, "refuse");
	const bool has_code = lua_type(lua, 1) == LUA_TNUMBER;
	const lua_Integer code = has_code ? luaL_checkinteger(lua, 1) : 554;
	if (code < 400 || code > 599)
		return luaL_error(lua, "refuse() wants a code of 400 to 599");
	const struct str words = script_words(lua, has_code ? 2 : 1, s->words, sizeof s->words);
	s->result.words = words.len > 0 ? words : STR_NONE;
	return end_with(lua, s, code < 500 ? HOOK_DEFER : HOOK_REFUSE);
}

static int
do_defer(lua_State *lua)
{
	struct script *const s = script_calling(lua, "defer");
	const struct str words = script_words(lua, 1, s->words, sizeof s->words);
	s->result.words = words.len > 0 ? words : STR_NONE;
	return end_with(lua, s, HOOK_DEFER);
}

static bool
is_name(struct str s)
{
	for (size_t i = 0; i < s.len; i++)
		if (!ascii_is_alnum((unsigned char)s.ptr[i]) && s.ptr[i] != '-' && s.ptr[i] != '_')
			return false;
	return s.len > 0;
}

/* discard(name): a message that nobody gets is given up under a name, and counted. */
static int
do_discard(lua_State *lua)
{
	struct script *const s = script_calling(lua, "discard");
	if (s->point != HOOK_MESSAGE)
		return luaL_error(lua, "discard() is for on_message: before, refuse()");
	s->result.words = script_words(lua, 1, s->words, sizeof s->words);
	if (!is_name(s->result.words))
		return luaL_error(lua, "discard() wants the name of a rule: letters, digits, - _");
	return end_with(lua, s, HOOK_DISCARD);
}

/* tag(name, value): a header field. */
static int
do_tag(lua_State *lua)
{
	struct script *const s = script_calling(lua, "tag");
	char name[80], value[HOOK_WORDS_BYTES_MAX];
	const struct str n = script_words(lua, 1, name, sizeof name);
	const struct str v = script_words(lua, 2, value, sizeof value);
	const size_t used = s->result.tags.len;
	if (s->point < HOOK_MAIL)
		return luaL_error(lua, "tag() wants a message: on_mail, on_rcpt or on_message");
	if (!is_name(n))
		return luaL_error(lua, "tag() wants the name of a header field, and its value");
	if (used + n.len + v.len + 4 > sizeof s->tags)
		return luaL_error(lua, "tag(): more than %d bytes of header", (int)sizeof s->tags);
	const int len = snprintf(s->tags + used, sizeof s->tags - used, "%.*s: %.*s\r", (int)n.len,
		n.ptr, (int)v.len, v.ptr);
	s->tags[used + (size_t)len] = '\n';
	s->result.tags = (struct str){s->tags, used + (size_t)len + 1};
	return 0;
}

static int
do_redirect(lua_State *lua)
{
	struct script *const s = script_calling(lua, "redirect");
	if (s->point < HOOK_RCPT)
		return luaL_error(lua, "redirect() is for on_rcpt and on_message");
	s->result.redirect = script_words(lua, 1, s->redirect, sizeof s->redirect);
	if (!str_has(s->result.redirect, STR("@")))
		return luaL_error(lua, "redirect() wants an address");
	return 0;
}

/* score(points, why): added to that of the checks. */
static int
do_score(lua_State *lua)
{
	struct script *const s = script_calling(lua, "score");
	const lua_Integer points = luaL_checkinteger(lua, 1);
	if (points < 0 || points > HOOK_SCORE_MAX - (lua_Integer)s->result.score)
		return luaL_error(lua, "score() wants a number of 0 to %d", HOOK_SCORE_MAX);
	s->result.score += (unsigned)points;
	if (lua_isstring(lua, 2))
		s->result.score_words = script_words(lua, 2, s->score_words, sizeof s->score_words);
	return 0;
}

static int
do_log(lua_State *lua)
{
	struct script *const s = script_calling(lua, "log");
	s->result.log = script_words(lua, 1, s->log, sizeof s->log);
	return 0;
}

/* header(s, name): the value of its first field of that name, or nil. */
static int
do_header(lua_State *lua)
{
	size_t len = 0;
	luaL_checktype(lua, 1, LUA_TTABLE);
	const char *const ptr = luaL_checklstring(lua, 2, &len);
	const struct str wanted = {ptr, len};
	lua_getfield(lua, 1, "headers");
	for (lua_Integer i = 1; lua_istable(lua, 3) && lua_rawgeti(lua, 3, i) == LUA_TTABLE; i++) {
		lua_getfield(lua, -1, "name");
		if (str_eq_case(str_of(lua_tostring(lua, -1)), wanted)) {
			lua_getfield(lua, -2, "value");
			return 1;
		}
		lua_settop(lua, 3);
	}
	lua_pushnil(lua);
	return 1;
}

const struct luaL_Reg script_powers[] = {{"refuse", do_refuse}, {"defer", do_defer},
	{"discard", do_discard}, {"tag", do_tag}, {"redirect", do_redirect}, {"score", do_score},
	{"log", do_log}, {"header", do_header}, {NULL, NULL}};
