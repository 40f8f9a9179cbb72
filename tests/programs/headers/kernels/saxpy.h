// y += a x, with the launch in the header as well.
#pragma once
#include "../common.h"

static __global__ void saxpy(int n, float a, const float *x, float *y)
{
    int i = blockIdx.x * blockDim.x + threadIdx.x;
    if (i < n)
        y[i] = a * x[i] + y[i];
}

static inline void saxpy_launch(int n, float a, const float *x, float *y)
{
    const int threads = 256;
    saxpy<<<(n + threads - 1) / threads,
            threads>>>(n,
                       a, x, y);
    MUST(hipGetLastError());
}
