/*
 * sinks - where the library's output goes in tests: into a buffer, or nowhere
 */
#ifndef TESTS_SINKS_H
#define TESTS_SINKS_H

#include "base/buf.h"

/* to_buf - a sink that keeps all, in the struct buf `to` */
static inline bool
to_buf(void *to, const char *bytes, size_t len)
{
	buf_add(to, (struct str){bytes, len});
	return true;
}

/* refuse - a sink that takes nothing; counts how often it was asked in the int `to`, unless NULL */
static inline bool
refuse(void *to, const char *bytes, size_t len)
{
	(void)bytes;
	(void)len;
	if (to != NULL)
		(*(int *)to)++;
	return false;
}

#endif
