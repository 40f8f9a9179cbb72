// Device functions and variables that a.hip uses, and the host's access to the variables.
#include <hip/hip_runtime.h>
#include "shared.h"

__device__ unsigned match_count = 0;
__constant__ unsigned salt_value;

static __device__ unsigned finish(unsigned h) { return h * 2654435761u; }   // not the one of a.hip

__device__ unsigned mix(unsigned value) { return finish((value ^ salt_value) + 0x9e3779b9u); }

__device__ unsigned block_sum(unsigned value, unsigned *scratch)
{
    scratch[threadIdx.x] = value;
    __syncthreads();
    unsigned sum = 0;
    if (threadIdx.x == 0)
        for (unsigned t = 0; t < blockDim.x; t++)
            sum += scratch[t];
    __syncthreads();
    return sum;
}

hipError_t set_salt(unsigned salt)
{
    return hipMemcpyToSymbol(HIP_SYMBOL(salt_value), &salt, sizeof salt);
}

hipError_t read_matches(unsigned *matches)
{
    return hipMemcpyFromSymbol(matches, HIP_SYMBOL(match_count), sizeof *matches);
}
