/* message - a DNS message as an answer */
#include "dns/message.h"

#define HEADER_BYTES 12
#define TYPE_CNAME 5
#define TYPE_SOA 6
#define CLASS_IN 1
#define POINTERS_MAX 128 /* in one name: each jumps backwards, but a chain may be long */
#define WIRE_NAME_BYTES_MAX 255

enum rcode { RCODE_OK = 0, RCODE_SERVFAIL = 2, RCODE_NXDOMAIN = 3, RCODE_REFUSED = 5 };

struct reader {
	struct str all;
	size_t at;
	bool is_broken;
};

/* The fixed part of a record (RFC 1035 s4.1.3), and where its data stand. */
struct wire_record {
	size_t owner, data, bytes;
	unsigned type, class;
	uint32_t ttl_s;
};

static unsigned
byte_at(const struct reader *r, size_t at)
{
	return (unsigned char)r->all.ptr[at];
}

static unsigned
take_16(struct reader *r)
{
	if (r->is_broken || r->all.len - r->at < 2) {
		r->is_broken = true;
		return 0;
	}
	r->at += 2;
	return byte_at(r, r->at - 2) << 8 | byte_at(r, r->at - 1);
}

static uint32_t
take_32(struct reader *r)
{
	const uint32_t high = take_16(r);
	return high << 16 | take_16(r);
}

static char
name_byte(unsigned c)
{
	return c <= ' ' || c >= 127 || c == '.' || c == '\\' ? '?' : (char)ascii_lower((int)c);
}

/*
 * The name at `at`, in lower case with dots between; room NULL only skips it. *end is where the
 * record goes on. False when it is none.
 */
static bool
name_read(
	const struct reader *r, size_t at, char room[WIRE_NAME_BYTES_MAX], size_t *len, size_t *end)
{
	size_t used = 0, after = 0, wire = 1;
	for (unsigned pointers = 0;;) {
		if (at >= r->all.len)
			return false;
		const unsigned c = byte_at(r, at);
		if (c >= 0xC0) {
			if (at + 1 >= r->all.len || ++pointers > POINTERS_MAX)
				return false;
			const size_t to = (c & 0x3F) << 8 | byte_at(r, at + 1);
			if (after == 0)
				after = at + 2;
			if (to >= at) /* only backwards: no loop */
				return false;
			at = to;
			continue;
		}
		if (c > 63 || at + 1 + c > r->all.len)
			return false;
		if (c == 0) {
			*end = after != 0 ? after : at + 1;
			*len = used;
			return true;
		}
		wire += c + 1;
		if (wire > WIRE_NAME_BYTES_MAX)
			return false;
		if (used > 0)
			room[used++] = '.';
		for (unsigned i = 1; i <= c; i++)
			room[used++] = name_byte(byte_at(r, at + i));
		at += 1 + c;
	}
}

static bool
name_is(const struct reader *r, size_t at, struct str name)
{
	char room[WIRE_NAME_BYTES_MAX];
	size_t len, end;
	return name_read(r, at, room, &len, &end) && str_eq((struct str){room, len}, name);
}

static bool
record_next(struct reader *r, struct wire_record *out)
{
	char room[WIRE_NAME_BYTES_MAX];
	size_t len;
	out->owner = r->at;
	if (r->is_broken || !name_read(r, r->at, room, &len, &r->at)) {
		r->is_broken = true;
		return false;
	}
	out->type = take_16(r);
	out->class = take_16(r);
	out->ttl_s = take_32(r);
	if (out->ttl_s > INT32_MAX) /* RFC 2181 s8 */
		out->ttl_s = 0;
	out->bytes = take_16(r);
	out->data = r->at;
	if (r->is_broken || out->bytes > r->all.len - r->at) {
		r->is_broken = true;
		return false;
	}
	r->at += out->bytes;
	return true;
}

/* Room for `len` bytes in *out; NULL when there is none left. */
static char *
keep(struct dns_message *out, size_t len)
{
	if (len > sizeof out->room - out->room_used)
		return NULL;
	char *const to = out->room + out->room_used;
	out->room_used += len;
	return to;
}

static bool
keep_str(struct dns_message *out, struct str s, struct str *kept)
{
	char *const to = keep(out, s.len);
	if (to == NULL)
		return false;
	if (s.len > 0)
		memcpy(to, s.ptr, s.len);
	*kept = (struct str){to, s.len};
	return true;
}

static bool
keep_name(
	const struct reader *r, size_t at, size_t limit, struct dns_message *out, struct str *kept)
{
	char room[WIRE_NAME_BYTES_MAX];
	size_t len, end;
	return name_read(r, at, room, &len, &end) && end <= limit &&
	       keep_str(out, (struct str){room, len}, kept);
}

static bool
keep_strings(struct str data, struct dns_message *out, struct str *kept)
{
	char *const to = keep(out, data.len);
	size_t used = 0;
	while (to != NULL && data.len > 0) {
		const size_t len = (unsigned char)data.ptr[0];
		if (len > data.len - 1)
			return false;
		memcpy(to + used, data.ptr + 1, len);
		used += len;
		data = str_from(data, 1 + len);
	}
	*kept = (struct str){to, used};
	return to != NULL;
}

/* The data of one record; false when they are not what their type wants. */
static bool
record_read(const struct reader *r, const struct wire_record *w, enum dns_type type,
	struct dns_message *out, struct dns_record *record)
{
	const struct str data = {r->all.ptr + w->data, w->bytes};
	const size_t limit = w->data + w->bytes;
	*record = (struct dns_record){0};
	switch (type) {
	case DNS_A:
		return data.len == 4 && keep_str(out, data, &record->data);
	case DNS_AAAA:
		return data.len == 16 && keep_str(out, data, &record->data);
	case DNS_PTR:
		return keep_name(r, w->data, limit, out, &record->data);
	case DNS_MX:
		if (data.len < 3)
			return false;
		record->preference = (uint16_t)(byte_at(r, w->data) << 8 | byte_at(r, w->data + 1));
		return keep_name(r, w->data + 2, limit, out, &record->data);
	case DNS_TXT:
		return keep_strings(data, out, &record->data);
	case DNS_TLSA:
		if (data.len < 4)
			return false;
		record->usage = (uint8_t)data.ptr[0];
		record->selector = (uint8_t)data.ptr[1];
		record->matching = (uint8_t)data.ptr[2];
		return keep_str(out, str_from(data, 3), &record->data);
	}
	return false;
}

static uint32_t
least(uint32_t a, uint32_t b)
{
	return a < b ? a : b;
}

/* Follows one CNAME of `*name` among the answers; false when there is none. */
static bool
cname_step(struct reader r, unsigned answers, struct str *name, struct dns_message *out)
{
	struct wire_record w;
	for (unsigned i = 0; i < answers && record_next(&r, &w); i++) {
		if (w.type != TYPE_CNAME || w.class != CLASS_IN || !name_is(&r, w.owner, *name))
			continue;
		if (!keep_name(&r, w.data, w.data + w.bytes, out, name))
			return false;
		out->answer.ttl_s = least(out->answer.ttl_s, w.ttl_s);
		return true;
	}
	return false;
}

static void
records_collect(struct reader *r, unsigned answers, enum dns_type type, struct dns_message *out)
{
	struct dns_answer *const answer = &out->answer;
	struct wire_record w;
	for (unsigned i = 0; i < answers && record_next(r, &w); i++) {
		if (w.type != type || w.class != CLASS_IN ||
			!name_is(r, w.owner, answer->canonical))
			continue;
		if (answer->count == DNS_RECORDS_MAX) {
			answer->is_cut = true;
			continue;
		}
		if (!record_read(r, &w, type, out, &out->records[answer->count])) {
			r->is_broken = true;
			return;
		}
		answer->count++;
		answer->ttl_s = least(answer->ttl_s, w.ttl_s);
	}
}

/* RFC 2308 s5: how long it may be believed that there is nothing. */
static uint32_t
negative_ttl(struct reader *r, unsigned authorities)
{
	struct wire_record w;
	for (unsigned i = 0; i < authorities && record_next(r, &w); i++) {
		if (w.type != TYPE_SOA || w.bytes < 20)
			continue;
		struct reader minimum = {r->all, w.data + w.bytes - 4, false};
		return least(w.ttl_s, take_32(&minimum));
	}
	return DNS_NEGATIVE_TTL_S;
}

static enum dns_status
status_of(unsigned rcode)
{
	switch (rcode) {
	case RCODE_OK:
		return DNS_FOUND;
	case RCODE_SERVFAIL:
		return DNS_SERVFAIL;
	case RCODE_NXDOMAIN:
		return DNS_NO_NAME;
	case RCODE_REFUSED:
		return DNS_REFUSED;
	default:
		return DNS_BROKEN;
	}
}

static enum dns_status
message_read(struct reader *r, enum dns_type type, struct dns_message *out)
{
	struct dns_answer *const answer = &out->answer;
	take_16(r); /* the id: c-ares has compared it */
	const unsigned flags = take_16(r), questions = take_16(r), answers = take_16(r),
		       authorities = take_16(r);
	take_16(r);
	if (r->is_broken || (flags & 0x8000) == 0)
		return DNS_BROKEN;
	const enum dns_status status = status_of(flags & 15);
	answer->is_authentic = (flags & 0x20) != 0;
	if (dns_is_failure(status))
		return status;
	char room[WIRE_NAME_BYTES_MAX];
	size_t len;
	if (questions != 1 || !name_is(r, r->at, answer->name) ||
		!name_read(r, r->at, room, &len, &r->at) || take_16(r) != type ||
		take_16(r) != CLASS_IN)
		return DNS_BROKEN;
	answer->ttl_s = DNS_TTL_S_MAX;
	for (unsigned i = 0; cname_step(*r, answers, &answer->canonical, out); i++) {
		if (i == DNS_CNAMES_MAX)
			return DNS_BROKEN;
		answer->has_cname = true;
	}
	records_collect(r, answers, type, out);
	if (r->is_broken)
		return DNS_BROKEN;
	if (answer->count > 0) /* also with NXDOMAIN, which contradicts itself */
		return DNS_FOUND;
	answer->ttl_s = least(answer->ttl_s, negative_ttl(r, authorities));
	return status == DNS_FOUND ? DNS_NO_DATA : status;
}

void
dns_message_read(struct str message, enum dns_type type, struct str name, struct dns_message *out)
{
	struct reader r = {message, 0, false};
	struct dns_answer *const answer = &out->answer;
	out->room_used = 0;
	*answer = (struct dns_answer){.type = type, .name = name, .canonical = name};
	answer->records = out->records;
	answer->status = message_read(&r, type, out);
	if (answer->status != DNS_FOUND)
		answer->count = 0;
	if (dns_is_failure(answer->status))
		*answer = (struct dns_answer){.status = answer->status,
			.type = type,
			.name = name,
			.canonical = name,
			.ttl_s = DNS_FAILURE_TTL_S};
	else if (answer->status != DNS_FOUND)
		answer->ttl_s = least(answer->ttl_s, DNS_NEGATIVE_TTL_S_MAX);
	if (answer->ttl_s < DNS_TTL_S_MIN)
		answer->ttl_s = DNS_TTL_S_MIN;
	answer->ttl_s = least(answer->ttl_s, DNS_TTL_S_MAX);
}
