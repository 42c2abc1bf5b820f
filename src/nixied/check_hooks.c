/* check_hooks - does the script load, and is everything in it called? */
#include "nixied/check.h"
#include "nixied/hooks_conf.h"

void
check_hooks(const struct config *config, struct findings *f)
{
	const struct config_value *const v = &config->values[SETTING_hooks];
	const struct script_limits limits = hooks_conf_limits(config);
	char words[HOOKS_WORDS_MAX];
	struct buf text;
	if (v->text.len == 0)
		return;
	buf_init(&text, SCRIPT_BYTES_MAX);
	const char *const slash = strrchr(v->text.ptr, '/');
	struct script *const script =
		hooks_read(v->text.ptr, &text, words)
			? script_new(buf_str(&text), slash != NULL ? slash + 1 : v->text.ptr,
				  &limits, words)
			: NULL;
	if (script == NULL) {
		findings_add(f, FINDING_WRONG, v->line,
			"Mend the script; a server that runs keeps the one it has.", "hooks: %s",
			words);
	} else {
		const struct str unknown = script_unknown(script);
		if (str_is_set(unknown))
			findings_add(f, FINDING_WARNING, v->line,
				"The functions are on_connect, on_helo, on_mail, on_rcpt and "
				"on_message.",
				"hooks: nobody calls %.*s()", (int)str_head(unknown, 80).len,
				unknown.ptr);
		if (script_points(script) == 0)
			findings_add(f, FINDING_WARNING, v->line,
				"Write a function on_rcpt(s), or take the setting away.",
				"hooks: the script has no function that is called");
	}
	script_free(script);
	buf_fini(&text);
}
