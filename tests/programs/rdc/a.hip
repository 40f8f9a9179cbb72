// The kernel. What it calls and counts in lives in b.hip.
#include <hip/hip_runtime.h>
#include "shared.h"

extern __device__ unsigned match_count;
extern __device__ unsigned mix(unsigned value);
__device__ unsigned block_sum(unsigned value, unsigned *scratch);

static __device__ unsigned finish(unsigned h) { return h ^ (h >> 15); }

__global__ void hash_kernel(unsigned *hashes, int n)
{
    __shared__ unsigned scratch[96];
    const int i = blockIdx.x * blockDim.x + threadIdx.x;
    unsigned match = 0;
    if (i < n) {
        unsigned h = finish(mix(i));
        hashes[i] = h;
        match = (h & 15) == 0;
    }
    unsigned in_block = block_sum(match, scratch);      // has barriers inside
    if (threadIdx.x == 0)
        atomicAdd(&match_count, in_block);
}

hipError_t launch_hashes(unsigned *d_hashes, int n)
{
    hipLaunchKernelGGL(hash_kernel, dim3((n + 95) / 96), dim3(96), 0, 0, d_hashes, n);
    return hipGetLastError();
}
