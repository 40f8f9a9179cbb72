// The other half: definitions of what main.hip declares.
#include "shared.h"

__device__ int calls;
__constant__ int offsets[4] = {1, 2, 3, 4};

static __device__ int hidden = 2;

static __global__ void same_name(int *out)
{
    out[threadIdx.x] = 20 + hidden;
}

__device__ int defined_elsewhere(int x)
{
    return 3 * x + 1;
}

// Every thread of the block adds its value.
__device__ int sum_with_barriers(int value, int *scratch)
{
    scratch[threadIdx.x] = value;
    __syncthreads();
    int sum = 0;
    for (unsigned i = 0; i < blockDim.x; ++i)
        sum += scratch[i];
    __syncthreads();
    return sum;
}

void launch_elsewhere(int *out, int n)
{
    same_name<<<1, n>>>(out);
    float *real = room<float>(8);
    template_in_both<<<1, 8>>>(real, 0.5f);
    EXPECT_RAN();
    EXPECT_EQ(real[7], 7.5f);
}
