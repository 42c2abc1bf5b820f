/* check_keys - may the server read the keys that mail and return paths are signed with? */
#include "nixied/check.h"

#include "net/clock.h"
#include "sign/keys.h"
#include "sign/return_path.h"

#include <stdio.h>

static void
check_return_paths(const struct conf *conf, struct findings *f)
{
	const struct config_value *const v = &conf->config.values[SETTING_sign_return_paths];
	char path[FOLDER_PATH_MAX], words[RETURN_PATH_WORDS_MAX] = "not enough memory";
	if (!conf_path(conf, RETURN_PATH_FILE, path))
		return;
	struct return_paths *const p = return_paths_new(path, false);
	if (p == NULL || !return_paths_configure(p, &conf->config, clock_wall_ms(), words))
		findings_add(f, FINDING_WRONG, v->line,
			"mend it: as it is the server does not start", "sign_return_paths: %s",
			words);
	else if (v->number != 0)
		findings_add(f, FINDING_GOOD, v->line,
			"who also sends by other servers belongs into unsigned_senders",
			"return paths are signed; bounces without a signature are %s",
			return_paths_is_judging(p, clock_wall_ms())
				? "judged"
				: "judged when return_path_lifetime is over");
	return_paths_free(p);
}

void
check_keys(const struct conf *conf, struct findings *f)
{
	const struct config_value *const v = conf->config.values;
	const struct str stated = v[SETTING_dkim_keys].text;
	char folder[FOLDER_PATH_MAX], words[SIGN_KEYS_WORDS_MAX];
	check_return_paths(conf, f);
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
