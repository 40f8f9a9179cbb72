// text.h: printing into an array of characters. Like snprintf, but a text that is too long is cut off on purpose:
// compilers warn wherever snprintf could cut, and here that is what is wanted.
#ifndef COMMON_TEXT_H
#define COMMON_TEXT_H

#include "posix.h"
#include <stdarg.h>
#include <stdio.h>

// Lets the compiler check the arguments against the format, which is parameter number `which`.
#if defined(__GNUC__)
#define PRINTF_LIKE(which, first) __attribute__((format(printf, which, first)))
#else
#define PRINTF_LIKE(which, first)
#endif

// Writes at most room - 1 characters and a zero; returns how many characters there are now. room >= 1.
PRINTF_LIKE(3, 4) static inline size_t text_format(char *text, size_t room, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    int wanted = vsnprintf(text, room, format, arguments);
    va_end(arguments);
    if (wanted < 0) {
        text[0] = '\0';
        return 0;
    }
    return (size_t)wanted < room ? (size_t)wanted : room - 1;
}

#endif
