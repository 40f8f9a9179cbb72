// random.h: random numbers that host and device agree on.
// Philox4x32-10 of Salmon, Moraes, Dror and Shaw, "Parallel random numbers: as easy as 1, 2, 3", SC 2011. It has no
// state: the i-th number of a stream is a function of (seed, i), ten rounds of multiplications and exclusive ors.
// So any thread computes any number without asking another, and a run gives the same data on every machine.
#ifndef COMMON_RANDOM_H
#define COMMON_RANDOM_H

#include "host_device.h"
#include <math.h>
#include <stdint.h>

typedef struct {
    uint32_t v[4];
} Philox4;

// Four random words for one 128-bit counter under a 64-bit key. Constants and rounds as in the paper, section 4.3.
static inline HOST_DEVICE Philox4 philox4x32_10(Philox4 counter, uint32_t key0, uint32_t key1)
{
    for (int round = 0; round < 10; ++round) {
        uint64_t product0 = (uint64_t)0xD2511F53u * counter.v[0];
        uint64_t product1 = (uint64_t)0xCD9E8D57u * counter.v[2];
        counter.v[0] = (uint32_t)(product1 >> 32) ^ counter.v[1] ^ key0;
        counter.v[1] = (uint32_t)product1;
        counter.v[2] = (uint32_t)(product0 >> 32) ^ counter.v[3] ^ key1;
        counter.v[3] = (uint32_t)product0;
        key0 += 0x9E3779B9u;
        key1 += 0xBB67AE85u;
    }
    return counter;
}

// The block of four words that holds numbers 4 block ... 4 block + 3 of stream `seed`.
static inline HOST_DEVICE Philox4 random_block(uint64_t seed, uint64_t block)
{
    Philox4 counter;
    counter.v[0] = (uint32_t)block;
    counter.v[1] = (uint32_t)(block >> 32);
    counter.v[2] = 0;
    counter.v[3] = 0;
    return philox4x32_10(counter, (uint32_t)seed, (uint32_t)(seed >> 32));
}

// Number i of stream `seed`, 32 random bits. Different seeds give independent streams.
static inline HOST_DEVICE uint32_t random_bits(uint64_t seed, uint64_t i)
{
    Philox4 block = random_block(seed, i / 4);
    return block.v[i % 4];
}

// Random bits to a float in [lo, hi), lo < hi. The bits count as a signed number around the middle of the range, so
// that a range around 0 also has small numbers with all their digits: multiples of 2^-24, the usual way, would make
// many sums exact that are not exact in real life. fmaf, because a compiler may or may not fuse a*b + c by itself:
// spelled out, host and device give the same bits. Where rounding reaches hi, the number is lo.
static inline HOST_DEVICE float uniform_from_bits(uint32_t bits, float lo, float hi)
{
    float middle = 0.5f * (lo + hi), step = (hi - lo) * (1.0f / 4294967296.0f);
    float x = fmaf((float)(int32_t)bits, step, middle);
    return x >= lo && x < hi ? x : lo;
}

static inline HOST_DEVICE float random_uniform(uint64_t seed, uint64_t i, float lo, float hi)
{
    return uniform_from_bits(random_bits(seed, i), lo, hi);
}

// Number i of a normal distribution with mean 0 and deviation 1, by Box and Muller's transform of the words 2i and
// 2i+1. logf and cosf differ by an ulp or so between host and devices, and so do these numbers.
static inline HOST_DEVICE float random_normal(uint64_t seed, uint64_t i)
{
    Philox4 block = random_block(seed, i / 2);
    uint32_t first = block.v[2 * (i % 2)], second = block.v[2 * (i % 2) + 1];
    float u = ((float)(first >> 8) + 1.0f) * (1.0f / 16777216.0f); // (0, 1]: the logarithm needs no zero
    float angle = (float)(second >> 8) * (6.2831853f / 16777216.0f);
    return sqrtf(-2.0f * logf(u)) * cosf(angle);
}

#endif
