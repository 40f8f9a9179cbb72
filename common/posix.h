// posix.h: asks the C library for its POSIX functions (a monotonic clock, lstat, fdopen).
// With -std=c11 the C library hides them until this macro is set, and it looks at the macro only once: at the first
// system header. So every header of this folder includes this file before anything else.
#ifndef COMMON_POSIX_H
#define COMMON_POSIX_H

#if !defined(__cplusplus) && !defined(_POSIX_C_SOURCE) && !defined(_GNU_SOURCE)
#define _POSIX_C_SOURCE 200809L
#endif

#include <limits.h>

// Without this message an undeclared function would be guessed to return int, and crash where it returns a pointer.
#if !defined(__cplusplus) && defined(__GLIBC__) && !defined(__USE_XOPEN2K8)
#error "include common/*.h before the C library's headers, or compile with -std=gnu11"
#endif

#endif
