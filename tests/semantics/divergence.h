// Device functions with warp operations, for divergence.hip: in another file, in lines before and after those of the
// kernel that calls them.
#ifndef DIVERGENCE_H
#define DIVERGENCE_H

#include <hip/hip_runtime.h>

__device__ inline int included_neighbour(int value)
{
    return __shfl_xor(value, 1);
}

template <class T> __device__ T included_warp_max(T value)
{
    for (int delta = warpSize / 2; delta > 0; delta /= 2) {
        T other = __shfl_xor(value, delta);
        value = other > value ? other : value;
    }
    return value;
}

struct IncludedVote {
    __device__ unsigned long long operator()(int vote) const { return __ballot(vote); }
};

// Line numbers far behind those of the kernels.
#line 5000
__device__ inline int included_late_neighbour(int value)
{
    return __shfl_xor(value, 2);
}

#endif
