// Sum of n floats: one block, dynamic shared memory declared inside the kernel.
#pragma once
#include "common.h"

__device__ __inline__ float plus(float a, float b) { return a + b; }

__global__ void reduce_block(const float *in, int n, float *out)
{
    extern __shared__ float partial[];
    float mine = 0;
    for (int i = threadIdx.x; i < n; i += REDUCE_BLOCK)
        mine = plus(mine, in[i]);
    partial[threadIdx.x] = mine;
    __syncthreads();
    for (int half = REDUCE_BLOCK >> 1; half > 0; half >>= 1) {
        if (threadIdx.x < half)
            partial[threadIdx.x] = plus(partial[threadIdx.x], partial[threadIdx.x + half]);
        __syncthreads();
    }
    if (threadIdx.x == 0)
        *out = partial[0];
}

inline float reduce_launch(const float *d_in, int n)
{
    float *d_out, sum = NAN;
    MUST(hipMalloc(&d_out, sizeof(float)));
    hipLaunchKernelGGL(reduce_block, dim3(1), dim3(REDUCE_BLOCK), REDUCE_BLOCK * sizeof(float), 0, d_in, n, d_out);
    MUST(hipMemcpy(&sum, d_out, sizeof(float), hipMemcpyDeviceToHost));
    MUST(hipFree(d_out));
    return sum;
}
