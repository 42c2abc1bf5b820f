/* From where to where a connection goes, as the system wants it. */
#include "deliver/remote_inside.h"

#include <sys/un.h>

/* The address to come from; 0: the system's choice. */
socklen_t
link_source_address(const struct link *l, bool is_v4, struct sockaddr_storage *out)
{
	const struct remote_place *const w = &l->place->where;
	const struct remote_settings *const set = &l->remote->settings;
	const struct str text =
		is_v4 ? (w->source_ipv4.len > 0 ? w->source_ipv4 : set->source_ipv4)
		      : (w->source_ipv6.len > 0 ? w->source_ipv6 : set->source_ipv6);
	struct ip ip;
	if (text.len == 0 || !ip_parse(text, &ip) || ip_is_v4(&ip) != is_v4)
		return 0;
	return stream_address(&ip, 0, out);
}

socklen_t
link_host_address(const struct link *l, const struct host *h, struct sockaddr_storage *out)
{
	if (h->is_path) {
		memset(out, 0, sizeof *out);
		struct sockaddr_un *const un = (struct sockaddr_un *)out;
		un->sun_family = AF_UNIX;
		const size_t n = strlen(h->name);
		if (n >= sizeof un->sun_path)
			return 0;
		memcpy(un->sun_path, h->name, n + 1);
		return sizeof *un;
	}
	return stream_address(&h->ip, place_port(l->remote, &l->place->where), out);
}
