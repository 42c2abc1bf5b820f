/* settings - what of nixied.conf concerns deliveries */
#include "deliver/settings.h"

#define MAIL_FOLDER "/mail"

static struct str
text_of(const struct config *config, enum config_setting s)
{
	return config->values[s].text;
}

/* "host:24", "[::1]:24"; the colons of a bare IPv6 address are none of a port. */
static bool
host_and_port(struct str text, struct arena *a, struct remote_place *out)
{
	size_t colon = text.len;
	while (colon > 0 && text.ptr[colon - 1] != ':')
		colon--;
	if (colon < 2 || colon == text.len)
		return false;
	const struct str digits = str_from(text, colon);
	for (size_t i = 0; i < digits.len; i++)
		if (!ascii_is_digit((unsigned char)digits.ptr[i]))
			return false;
	const int64_t port = str_number(digits, 65535);
	out->host = arena_str(a, str_unwrap(str_head(text, colon - 1), '[', ']'));
	out->port = (unsigned)port;
	return port > 0 && out->host.len > 0;
}

struct str
local_delivery_parse(struct str text, struct arena *a, struct deliver_settings *out)
{
	if (str_eq(text, STR("maildir"))) {
		out->local = LOCAL_MAILDIR;
		return STR_NONE;
	}
	if (str_starts(text, STR("pipe:"))) {
		out->local = LOCAL_PIPE;
		out->command = arena_str(a, str_trim(str_from(text, 5)));
		return out->command.len > 0 ? STR_NONE : STR("pipe: needs a command behind it");
	}
	if (!str_starts(text, STR("lmtp:")))
		return STR("it must be maildir, lmtp:HOST:PORT, lmtp:unix:/PATH or pipe:COMMAND");
	const struct str where = str_from(text, 5);
	out->local = LOCAL_LMTP;
	out->lmtp = (struct remote_place){.is_lmtp = true};
	if (str_starts(where, STR("unix:/"))) {
		out->lmtp.host = arena_str(a, str_from(where, 5));
		return STR_NONE;
	}
	return host_and_port(where, a, &out->lmtp)
		       ? STR_NONE
		       : STR("lmtp: needs HOST:PORT or unix:/PATH behind it");
}

struct str
deliver_settings_read(const struct config *config, struct str hostname, struct arena *a,
	struct deliver_settings *out)
{
	const struct config_value *const v = config->values;
	*out = (struct deliver_settings){.hostname = hostname,
		.postmaster = text_of(config, SETTING_postmaster),
		.mail_folder = arena_join(
			a, text_of(config, SETTING_data_directory), STR(MAIL_FOLDER), STR_NONE),
		.pipe_timeout_s = (unsigned)v[SETTING_pipe_timeout].number,
		.max_deliveries = (unsigned)v[SETTING_max_deliveries].number,
		.quota_grace_s = v[SETTING_quota_grace].number,
		.reports_per_sender = (uint32_t)v[SETTING_reports_per_sender].number};
	if (out->postmaster.len == 0)
		out->postmaster = arena_join(a, STR("postmaster@"), out->hostname, STR_NONE);
	const struct str lang =
		config_value_text(SETTING_report_language, &v[SETTING_report_language], a);
	const int found = catalogue_lang_find(lang);
	out->lang = found < 0 ? LANG_EN : (enum lang)found;
#define X(name, standard) out->retry.name##_s = v[SETTING_##name].number;
	RETRY_SETTINGS(X)
#undef X
	return local_delivery_parse(text_of(config, SETTING_local_delivery), a, out);
}
