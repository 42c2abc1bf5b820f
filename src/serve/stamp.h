/* stamp - the present as text, for fields of HTTP and for the log */
#ifndef SERVE_STAMP_H
#define SERVE_STAMP_H

#include "base/str.h"

#define STAMP_BYTES 30

/* stamp_http - "Thu, 01 Jan 2026 00:00:00 GMT" (RFC 9110 s5.6.7), in `room` */
struct str stamp_http(char room[static STAMP_BYTES]);

/* stamp_log - "2026-01-01T00:00:00Z" (RFC 3339), in `room` */
struct str stamp_log(char room[static STAMP_BYTES]);

#endif
