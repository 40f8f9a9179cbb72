// host_device.h: functions that the host and kernels share: the mark for them, which a plain C or C++ compiler does not
// know, and the one that every launch and most kernels need.
#ifndef COMMON_HOST_DEVICE_H
#define COMMON_HOST_DEVICE_H

#include "posix.h"

#if defined(__cplusplus) && (defined(__HIPCC__) || defined(__CUDACC__))
#include <hip/hip_runtime.h>
#define HOST_DEVICE __host__ __device__
#else
#define HOST_DEVICE
#endif

// How many groups of d cover n things: the number of blocks for n threads. n >= 0, d >= 1; (n + d - 1) / d would
// overflow for n near INT_MAX.
static inline HOST_DEVICE int ceil_div(int n, int d)
{
    return n / d + (n % d != 0);
}

static inline HOST_DEVICE long ceil_div_long(long n, long d)
{
    return n / d + (n % d != 0);
}

#endif
