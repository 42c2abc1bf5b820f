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

bool
hooks_conf_load(struct hooks *h, const struct config *config, char words[static HOOKS_WORDS_MAX])
{
	const struct script_limits limits = hooks_conf_limits(config);
	const struct str path = config->values[SETTING_hooks].text;
	if (h == NULL && path.len > 0)
		snprintf(words, HOOKS_WORDS_MAX,
			"the server was started without a script: start it again to have one");
	return h == NULL ? path.len == 0
			 : hooks_load(h, path.len > 0 ? path.ptr : "", &limits,
				   config->values[SETTING_hook_timeout].number * 1000, words);
}
