/*
 * message - a DNS message as an answer: RFC 1035 s4, bytes of strangers
 *
 * CNAMEs are followed inside the message, as recursive servers send them. Names are compared
 * without regard to case; a byte in a name that no name of a host has, a dot inside a label above
 * all, becomes "?", so that no label can pass for two.
 *
 * Any thread, distinct objects. Pure.
 */
#ifndef DNS_MESSAGE_H
#define DNS_MESSAGE_H

#include "dns/resolver.h"

#define DNS_MESSAGE_BYTES_MAX 65535
#define DNS_TEXT_BYTES_MAX (2 * DNS_MESSAGE_BYTES_MAX) /* names are compressed in the message */

/* Its slices point into `room`. */
struct dns_message {
	struct dns_answer answer; /* `name` is the caller's */
	struct dns_record records[DNS_RECORDS_MAX];
	size_t room_used;
	char room[DNS_TEXT_BYTES_MAX];
};

/*
 * dns_message_read - the answer to that question
 *
 * name      as dns_name_parse() gives it
 * out       answer written in any case; what cannot be read is DNS_BROKEN. ttl_s is bounded as
 *           resolver.h says
 *
 * O(bytes * DNS_CNAMES_MAX)
 */
void dns_message_read(
	struct str message, enum dns_type type, struct str name, struct dns_message *out);

#endif
