/* names - the words of the public enums, as JSON, catalogue keys and manuals spell them */
#include "nixie.h"

#include "catalogue/catalogue.h"

#define NAME_OF(names, value)                                                                      \
	((size_t)(value) < sizeof(names) / sizeof *(names) ? (names)[value] : "unknown")

const char *
nixie_kind_name(enum nixie_kind kind)
{
	static const char *const names[] = {"ordinary", "failure", "delay", "success", "complaint",
		"auto_reply", "challenge", "receipt"};
	return NAME_OF(names, kind);
}

const char *
nixie_action_name(enum nixie_action action)
{
	static const char *const names[] = {
		"none", "failed", "delayed", "delivered", "relayed", "expanded"};
	return NAME_OF(names, action);
}

const char *
nixie_verdict_name(enum nixie_verdict verdict)
{
	static const char *const names[] = {"unknown", "hard", "soft", "block"};
	return NAME_OF(names, verdict);
}

const char *
nixie_said_name(enum nixie_said said)
{
	static const char *const names[] = {"nothing", "permanent", "temporary", "success"};
	return NAME_OF(names, said);
}

const char *
nixie_refuser_name(enum nixie_refuser refuser)
{
	static const char *const names[] = {"unknown", "own_server", "remote_server", "filter",
		"forwarder", "network", "dns", "sending_service"};
	return NAME_OF(names, refuser);
}

const char *
nixie_stage_name(enum nixie_stage stage)
{
	static const char *const names[] = {"none", "connect", "helo", "starttls", "auth", "mail",
		"rcpt", "data", "end_of_data"};
	return NAME_OF(names, stage);
}

const char *
nixie_reason_sisimai(struct nixie_str reason)
{
	const int i = catalogue_reason_find((struct str){reason.ptr, reason.len});
	return catalogue_text(catalogue_sisimai_reasons[i < 0 ? REASON_UNKNOWN : i]).ptr;
}

const char *
nixie_version(void)
{
	return NIXIE_VERSION;
}
