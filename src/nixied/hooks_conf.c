#include "nixied/hooks_conf.h"

#include <stdio.h>

struct script_limits
hooks_conf_limits(const struct config *config)
{
	return (struct script_limits){
		.instructions = (uint64_t)config->values[SETTING_hook_instructions].number,
		.memory_bytes = (size_t)config->values[SETTING_hook_memory].number};
}

bool
hooks_conf_open(const struct config *config, struct hooks **out)
{
	*out = NULL;
	if (config->values[SETTING_hooks].text.len == 0)
		return true;
	*out = hooks_new();
	if (*out == NULL)
		complain("hooks", "the system gives no process for the script");
	return *out != NULL;
}

enum hooks_load
hooks_conf_load(struct hooks *h, const struct config *config, hooks_loaded *done, void *to,
	char words[static HOOKS_WORDS_MAX])
{
	const struct str path = config->values[SETTING_hooks].text;
	const struct hooks_script script = {.path = path.len > 0 ? path.ptr : "",
		.limits = hooks_conf_limits(config),
		.timeout_ms = config->values[SETTING_hook_timeout].number * 1000};
	if (h != NULL)
		return hooks_load(h, &script, done, to, words);
	if (path.len == 0)
		return HOOKS_LOAD_DONE;
	snprintf(words, HOOKS_WORDS_MAX,
		"the server was started without a script: start it again to have one");
	return HOOKS_LOAD_FAILED;
}

struct outcome {
	bool is_ok;
	char *words;
};

static void
on_loaded(void *to, bool is_ok, const char *words)
{
	struct outcome *const o = to;
	o->is_ok = is_ok;
	snprintf(o->words, HOOKS_WORDS_MAX, "%s", words);
}

bool
hooks_conf_load_now(
	struct hooks *h, const struct config *config, char words[static HOOKS_WORDS_MAX])
{
	struct outcome o = {.words = words};
	const enum hooks_load state = hooks_conf_load(h, config, on_loaded, &o, words);
	if (state == HOOKS_LOAD_OPEN)
		hooks_load_wait(h);
	return state == HOOKS_LOAD_OPEN ? o.is_ok : state == HOOKS_LOAD_DONE;
}
