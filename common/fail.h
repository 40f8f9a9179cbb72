// fail.h: how every program of this tree ends when it cannot go on: one line on stderr that says what to do, and
// an exit status that a script can tell apart.
#ifndef COMMON_FAIL_H
#define COMMON_FAIL_H

#include "text.h"
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#if defined(__GNUC__)
#define NO_RETURN __attribute__((noreturn))
#else
#define NO_RETURN
#endif

enum {
    STATUS_OK = 0,     // all checks hold
    STATUS_CHECK = 1,  // a result is wrong
    STATUS_USAGE = 2,  // wrong options or arguments
    STATUS_FAILED = 3, // the GPU or a file failed
};

// The name in front of every message; fail_program("vector_add") sets it, fail_program(NULL) only reads it.
static inline const char *fail_program(const char *name)
{
    static const char *program = NULL;
    if (name)
        program = name;
    return program;
}

// Prints "PROGRAM: message" and a line end on stderr, in one go, so that lines of two programs do not mix.
static inline void fail_print(const char *format, va_list arguments)
{
    char message[1024];
    vsnprintf(message, sizeof message, format, arguments);
    fflush(stdout);
    if (fail_program(NULL))
        fprintf(stderr, "%s: %s\n", fail_program(NULL), message);
    else
        fprintf(stderr, "%s\n", message);
}

PRINTF_LIKE(1, 2) static inline void complain(const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    fail_print(format, arguments);
    va_end(arguments);
}

// Prints the message as complain() does and ends the program. exit() and not _exit(): what is registered with
// atexit() still runs, which removes files that were not finished (file.h).
PRINTF_LIKE(2, 3) NO_RETURN static inline void fail(int status, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    fail_print(format, arguments);
    va_end(arguments);
    exit(status);
}

// `count` elements of `size` bytes, zeroed; ends the program where there is no memory.
static inline void *allocate(size_t count, size_t size)
{
    void *memory = calloc(count ? count : 1, size ? size : 1);
    if (!memory)
        fail(STATUS_FAILED, "out of host memory: %zu elements of %zu bytes; choose smaller sizes", count, size);
    return memory;
}

// What was printed must have arrived: a full disk behind `program > file` is a failure, not a success.
static inline void stdout_check(void)
{
    if (fflush(stdout) != 0 || ferror(stdout))
        fail(STATUS_FAILED, "standard output cannot be written: %s", strerror(errno));
}

#endif
