/*
 * written - what MemorySanitizer must be told of libraries that were not built with it: OpenSSL,
 * libidn2, libunistring
 *
 * Nothing of it is left in any other build.
 */
#ifndef BASE_WRITTEN_H
#define BASE_WRITTEN_H

#if defined(__has_feature)
#if __has_feature(memory_sanitizer)
#include <sanitizer/msan_interface.h>
/* WAS_WRITTEN - these bytes have a value */
#define WAS_WRITTEN(ptr, len) __msan_unpoison(ptr, len)
/* FOREIGN_BEGIN, FOREIGN_END - what is handed to libc in between is not looked at */
#define FOREIGN_BEGIN() __msan_scoped_disable_interceptor_checks()
#define FOREIGN_END() __msan_scoped_enable_interceptor_checks()
#endif
#endif
#ifndef WAS_WRITTEN
#define WAS_WRITTEN(ptr, len) ((void)0)
#define FOREIGN_BEGIN() ((void)0)
#define FOREIGN_END() ((void)0)
#endif

#endif
