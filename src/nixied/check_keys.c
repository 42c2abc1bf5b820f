/* check_keys - may the server read the keys that mail is signed with? */
#include "nixied/check.h"

#include "sign/keys.h"

#include <stdio.h>

void
check_keys(const struct conf *conf, struct findings *f)
{
	const struct config_value *const v = conf->config.values;
	const struct str stated = v[SETTING_dkim_keys].text;
	char folder[FOLDER_PATH_MAX], words[SIGN_KEYS_WORDS_MAX];
	if (v[SETTING_dkim_sign].number == 0)
		return;
	if (stated.len > 0)
		snprintf(folder, sizeof folder, "%.*s", (int)stated.len, stated.ptr);
	else if (!conf_path(conf, SIGN_KEYS_FOLDER, folder))
		return;
	struct sign_keys *const keys = sign_keys_load(folder, words);
	if (keys == NULL)
		findings_add(f, FINDING_WRONG, v[SETTING_dkim_keys].line,
			"mend it: with a key at fault the server does not start", "dkim_keys: %s",
			words);
	else if (keys->count == 0)
		findings_add(f, FINDING_NOTE, v[SETTING_dkim_keys].line,
			"`nixied dkim make DOMAIN` makes one",
			"no domain has a key: mail goes out unsigned");
	else
		findings_add(f, FINDING_GOOD, v[SETTING_dkim_keys].line, "",
			"keys that sign mail: %zu; `nixied dkim check` asks the DNS for them",
			keys->count);
	sign_keys_release(keys);
}
