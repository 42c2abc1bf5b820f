/*
 * host - addresses and names of the Internet's hosts, as reports and servers write them
 *
 * Any thread: all functions are pure, and their slices are of what they are given.
 */
#ifndef READ_HOST_H
#define READ_HOST_H

#include "base/str.h"

/* ip_next - the next IPv4 or IPv6 address in running text, at or after *at, as address_next() finds
 * those of people */
struct str ip_next(struct str text, size_t *at);

/* host_clean - the host name of "dns; mx.example.org (192.0.2.1)" and kin; absent when there is
 * none */
struct str host_clean(struct str value);

/* host_looks_real - has a dot and only letters, digits, '-', '_' and dots */
bool host_looks_real(struct str host);

#endif
