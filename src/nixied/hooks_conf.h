/* hooks_conf - the operator's script, as the configuration has it */
#ifndef NIXIED_HOOKS_CONF_H
#define NIXIED_HOOKS_CONF_H

#include "hooks/hooks.h"
#include "nixied/nixied.h"

/* hooks_conf_open - the processes, when the configuration names a script; before there are threads.
 * False after a complaint; *out is NULL when there is none */
bool hooks_conf_open(const struct config *config, struct hooks **out);

/* hooks_conf_load - the script, at a reload: hooks_load() */
enum hooks_load hooks_conf_load(struct hooks *h, const struct config *config, hooks_loaded *done,
	void *to, char words[static HOOKS_WORDS_MAX]);
/* hooks_conf_load_now - likewise, behind hooks_listen() and before the loop runs; false, and words
 */
bool hooks_conf_load_now(
	struct hooks *h, const struct config *config, char words[static HOOKS_WORDS_MAX]);

/* hooks_conf_limits - what it may have */
struct script_limits hooks_conf_limits(const struct config *config);

#endif
