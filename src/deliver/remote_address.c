/* From where to where a connection goes, as the system wants it. */
#include "deliver/remote_inside.h"

#include <arpa/inet.h>
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
	memset(out, 0, sizeof *out);
	if (is_v4) {
		struct sockaddr_in *const in = (struct sockaddr_in *)out;
		in->sin_family = AF_INET;
		memcpy(&in->sin_addr, ip.bytes + 12, 4);
		return sizeof *in;
	}
	struct sockaddr_in6 *const in6 = (struct sockaddr_in6 *)out;
	in6->sin6_family = AF_INET6;
	memcpy(&in6->sin6_addr, ip.bytes, 16);
	return sizeof *in6;
}

socklen_t
link_host_address(const struct link *l, const struct host *h, struct sockaddr_storage *out)
{
	const in_port_t port = htons((uint16_t)place_port(l->remote, &l->place->where));
	memset(out, 0, sizeof *out);
	if (h->is_path) {
		struct sockaddr_un *const un = (struct sockaddr_un *)out;
		un->sun_family = AF_UNIX;
		const size_t n = strlen(h->name);
		if (n >= sizeof un->sun_path)
			return 0;
		memcpy(un->sun_path, h->name, n + 1);
		return sizeof *un;
	}
	if (ip_is_v4(&h->ip)) {
		struct sockaddr_in *const in = (struct sockaddr_in *)out;
		in->sin_family = AF_INET;
		in->sin_port = port;
		memcpy(&in->sin_addr, h->ip.bytes + 12, 4);
		return sizeof *in;
	}
	struct sockaddr_in6 *const in6 = (struct sockaddr_in6 *)out;
	in6->sin6_family = AF_INET6;
	in6->sin6_port = port;
	memcpy(&in6->sin6_addr, h->ip.bytes, 16);
	return sizeof *in6;
}
