/* listener_settings - what nixied.conf says of a listener, as the session reads it */
#ifndef RECEIVE_LISTENER_SETTINGS_H
#define RECEIVE_LISTENER_SETTINGS_H

#include "config/config.h"
#include "smtp/settings.h"

/*
 * listener_settings - the settings of one listener
 *
 * out   its texts lie where those of the configuration do, which must outlive it. `host` is the
 *       setting `hostname`, and so empty where the system's name counts: the caller's to fill
 *
 * AUTH is offered where it is asked for: on a submission listener, with require_auth, and where the
 * listener itself says auth_mechanisms. STARTTLS is offered where there is a certificate. XCLIENT
 * is never: it is a matter of who the client is (session_peer.may_xclient).
 */
void listener_settings(const struct config *config, const struct config_listener *listener,
	struct smtp_settings *out);

/* listener_takes_nothing - it only says that this host takes no mail: kind = none */
bool listener_takes_nothing(const struct config_listener *listener);

/* How a listener speaks TLS, by setting `tls`; the order is that of its choices. */
enum listener_tls { TLS_OFFERED, TLS_REQUIRED, TLS_IMMEDIATE, TLS_OFF };

static inline enum listener_tls
listener_tls(const struct config_listener *listener)
{
	return (enum listener_tls)listener->values[SETTING_tls].number;
}

#endif
