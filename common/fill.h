// fill.h: host arrays of random numbers. Element i is number i of the stream `seed` (random.h), so that a kernel can
// make the same array by itself.
#ifndef COMMON_FILL_H
#define COMMON_FILL_H

#include "buffer.h"
#include "random.h"

// n floats in [lo, hi).
static inline HostF32 host_uniform(long n, uint64_t seed, float lo, float hi)
{
    HostF32 host = host_f32(n);
    for (long block = 0; 4 * block < n; ++block) {
        Philox4 bits = random_block(seed, (uint64_t)block);
        for (long i = 4 * block; i < 4 * block + 4 && i < n; ++i)
            host.data[i] = uniform_from_bits(bits.v[i % 4], lo, hi);
    }
    return host;
}

// n floats of a normal distribution.
static inline HostF32 host_normal(long n, uint64_t seed, float mean, float deviation)
{
    HostF32 host = host_f32(n);
    for (long i = 0; i < n; ++i)
        host.data[i] = mean + deviation * random_normal(seed, (uint64_t)i);
    return host;
}

#endif
