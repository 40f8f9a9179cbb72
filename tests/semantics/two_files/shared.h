// What both translation units know of each other.
#ifndef SHARED_H
#define SHARED_H

#include "../expect.h"

extern __device__ int calls;
extern __constant__ int offsets[4];
__device__ int defined_elsewhere(int x);
__device__ int sum_with_barriers(int value, int *scratch);
void launch_elsewhere(int *out, int n);

// In both files, like any inline function; each file has its own kernel of this name below.
__device__ inline int in_both(int x)
{
    __shared__ int box;
    if (threadIdx.x == 0)
        box = x;
    __syncthreads();
    int value = box;
    __syncthreads();
    return value;
}

template <class T> __global__ void template_in_both(T *out, T value)
{
    out[threadIdx.x] = value + (T)threadIdx.x;
}

#endif
