/* write - sinks into the body of a response */
#ifndef WEB_WRITE_H
#define WEB_WRITE_H

#include "base/buf.h"

/* buf_sink - a sink (out_sink, nixie_sink) that keeps all in the struct buf `to` */
static inline bool
buf_sink(void *to, const char *bytes, size_t len)
{
	buf_add(to, (struct str){bytes, len});
	return !buf_failed(to);
}

#endif
