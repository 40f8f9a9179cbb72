// guard.h: catches kernels that write beside their arrays.
// Every device buffer is allocated with room before and after, filled with a known pattern. A write there breaks the
// pattern, which is looked at after every version. hipMalloc rounds sizes up, so without guards a write one past the
// end usually goes unnoticed. Under KERNELS_SANITIZE there are no guards: there every access is watched, and a guard
// zone would be memory that one may touch.
#ifndef COMMON_GUARD_H
#define COMMON_GUARD_H

#include "check.h"
#include <stdbool.h>

#ifdef KERNELS_SANITIZE
enum { GUARD_BYTES = 0 };
#else
enum { GUARD_BYTES = 4096 }; // a multiple of 256, which keeps hipMalloc's alignment
#endif

// The byte at position i of a zone: not constant, so that a kernel which copies guard bytes around is caught too.
static inline unsigned char guard_pattern(int i)
{
    return (unsigned char)(0xA5 ^ (37 * i));
}

// (Re)fills the zones around an array of `bytes` bytes.
static inline void guard_fill(void *data, size_t bytes)
{
#ifndef KERNELS_SANITIZE
    unsigned char zone[GUARD_BYTES];
    for (int i = 0; i < GUARD_BYTES; ++i)
        zone[i] = guard_pattern(i);
    HIP_CHECK(hipMemcpy((char *)data - GUARD_BYTES, zone, GUARD_BYTES, hipMemcpyHostToDevice));
    HIP_CHECK(hipMemcpy((char *)data + bytes, zone, GUARD_BYTES, hipMemcpyHostToDevice));
#else
    (void)data, (void)bytes;
#endif
}

// `bytes` bytes on the device between two guard zones; not initialised. Exit status 3 where there is no memory.
static inline void *guard_malloc(size_t bytes)
{
    char *base = NULL;
    size_t all = bytes + 2 * GUARD_BYTES;
    hipError_t error = hipMalloc((void **)&base, all ? all : 1);
    if (error != hipSuccess)
        fail(STATUS_FAILED, "%zu bytes on the device: %s: %s", bytes, hipGetErrorName(error), hipGetErrorString(error));
    guard_fill(base + GUARD_BYTES, bytes);
    return base + GUARD_BYTES;
}

static inline void guard_free(void *data)
{
    HIP_CHECK(hipFree((char *)data - GUARD_BYTES));
}

// Waits for the device and looks at both zones of an array of `bytes` bytes. True where they are whole; otherwise
// *where is the offset in bytes, from the array's start, of the first byte that changed: below 0 or at least `bytes`.
static inline bool guard_whole(const void *data, size_t bytes, long *where)
{
#ifndef KERNELS_SANITIZE
    unsigned char zone[GUARD_BYTES];
    const char *start[2] = {(const char *)data - GUARD_BYTES, (const char *)data + bytes};
    for (int side = 0; side < 2; ++side) {
        HIP_CHECK(hipMemcpy(zone, start[side], GUARD_BYTES, hipMemcpyDeviceToHost));
        for (int i = 0; i < GUARD_BYTES; ++i) {
            if (zone[i] != guard_pattern(i)) {
                *where = (long)(start[side] - (const char *)data) + i;
                return false;
            }
        }
    }
#else
    (void)data, (void)bytes, (void)where;
#endif
    return true;
}

#endif
