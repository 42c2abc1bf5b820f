/* settings - what of nixied.conf concerns deliveries, read once for each configuration */
#ifndef DELIVER_SETTINGS_H
#define DELIVER_SETTINGS_H

#include "base/arena.h"
#include "catalogue/catalogue.h"
#include "config/config.h"
#include "deliver/remote.h"
#include "report/retry.h"

/* Who takes mail for the mailboxes here. */
enum local_carrier { LOCAL_MAILDIR, LOCAL_LMTP, LOCAL_PIPE };

struct deliver_settings {
	struct str hostname, postmaster;
	struct str mail_folder; /* of the Maildirs */
	enum local_carrier local;
	struct remote_place lmtp; /* of LOCAL_LMTP */
	struct str command;       /* of LOCAL_PIPE, with its NUL behind it */
	unsigned pipe_timeout_s;
	unsigned max_deliveries;
	int64_t quota_grace_s;
	uint32_t reports_per_sender;
	enum lang lang;
	struct retry_settings retry;
};

/*
 * local_delivery_parse - "maildir", "lmtp:HOST:PORT", "lmtp:unix:/path", "pipe:COMMAND"
 *
 * Writes local, lmtp and command of *out, which point into the text or the arena.
 * Returns  what is wrong and what to write; absent when it is right
 */
struct str local_delivery_parse(struct str text, struct arena *a, struct deliver_settings *out);

/*
 * deliver_settings_read - of a configuration that was checked
 *
 * hostname  of this server: the setting's, or what the system calls itself
 * Returns   what is wrong with local_delivery, or absent. Texts of *out live in the configuration,
 *           in the arena, or are `hostname`
 */
struct str deliver_settings_read(const struct config *config, struct str hostname, struct arena *a,
	struct deliver_settings *out);

#endif
