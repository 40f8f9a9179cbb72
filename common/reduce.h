// reduce.h: the sum and the maximum over the threads of a warp or of a block, the same in every thread that takes part.
// stage1_vector/dot.hip builds such a reduction step by step; this is its last form, for kernels that need it on the
// way.
//
// Blocks are one-dimensional, and whole warps: blockDim.x is a multiple of warpSize. All lanes of the warp, all threads
// of the block come. For blocks as for warps the order of the additions is fixed: the same bits in every run.
#ifndef COMMON_REDUCE_H
#define COMMON_REDUCE_H

#include "device.h"
#include <math.h>
#ifdef __cplusplus // kernels are C++

// A lane adds what the lane `distance` away holds, which does the same: after log2(warpSize) rounds all hold the sum of
// all, and the same bits, for a + b is b + a.
static inline __device__ float warp_sum(float value)
{
    warp_sync(); // the lanes may come from loops of different lengths
    for (int distance = warpSize / 2; distance > 0; distance /= 2)
        value += __shfl_xor(value, distance);
    return value;
}

// fmaxf prefers a number to a NaN: a NaN has to show elsewhere, in a sum say.
static inline __device__ float warp_max(float value)
{
    warp_sync();
    for (int distance = warpSize / 2; distance > 0; distance /= 2)
        value = fmaxf(value, __shfl_xor(value, distance));
    return value;
}

enum { REDUCE_WARPS_MOST = 32 }; // of a block: 1024 threads are 32 warps of 32, or 16 of 64

// Each warp leaves its sum in `sums`, REDUCE_WARPS_MOST floats of shared memory, and then each adds up all of them, so
// that nothing has to be sent round. There are never more warps in a block than lanes in a warp. The first barrier is
// for callers who come again with the same memory: whoever is still reading what was there before is waited for.
static inline __device__ float block_sum(float value, float *sums)
{
    int lane = threadIdx.x % warpSize, warps = blockDim.x / warpSize;
    value = warp_sum(value);
    __syncthreads();
    if (lane == 0)
        sums[threadIdx.x / warpSize] = value;
    __syncthreads();
    return warp_sum(lane < warps ? sums[lane] : 0);
}

static inline __device__ float block_max(float value, float *largest)
{
    int lane = threadIdx.x % warpSize, warps = blockDim.x / warpSize;
    value = warp_max(value);
    __syncthreads();
    if (lane == 0)
        largest[threadIdx.x / warpSize] = value;
    __syncthreads();
    return warp_max(lane < warps ? largest[lane] : -INFINITY);
}

#endif
#endif
