// Bitonic sort: 2^13 keys with a payload, one launch for every (stage, step) of the network, and
// the last steps of each stage, which stay within a block, in shared memory.
#include <hip/hip_runtime.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <numeric>
#include <vector>

#define HIP_CALL(cmd)                                                                         \
    do {                                                                                      \
        hipError_t error = (cmd);                                                             \
        if (error != hipSuccess) {                                                            \
            printf("FAILED: %s at %s:%d\n", hipGetErrorString(error), __FILE__, __LINE__);    \
            exit(EXIT_FAILURE);                                                               \
        }                                                                                     \
    } while (0)

constexpr unsigned BLOCK = 128;

typedef unsigned int uint;

__device__ inline void compare_exchange(uint &key_a, uint &value_a, uint &key_b, uint &value_b, bool ascending)
{
    if ((key_a > key_b) == ascending) {
        uint t = key_a;
        key_a = key_b;
        key_b = t;
        t = value_a;
        value_a = value_b;
        value_b = t;
    }
}

// One step of the network: thread i compares elements i and i ^ step.
__global__ void bitonic_global(uint *keys, uint *values, uint stage, uint step)
{
    uint i = hipBlockIdx_x * hipBlockDim_x + hipThreadIdx_x;
    uint partner = i ^ step;
    if (partner > i)
        compare_exchange(keys[i], values[i], keys[partner], values[partner], (i & stage) == 0);
}

// All steps below the block size, with one load and one store of each element.
__global__ void bitonic_shared(uint *keys, uint *values, uint stage, uint first_step)
{
    __shared__ uint s_key[BLOCK], s_value[BLOCK];
    uint tid = hipThreadIdx_x, i = hipBlockIdx_x * BLOCK + tid;
    s_key[tid] = keys[i];
    s_value[tid] = values[i];
    __syncthreads();
    for (uint step = first_step; step > 0; step >>= 1) {
        uint partner = tid ^ step;
        if (partner > tid)
            compare_exchange(s_key[tid], s_value[tid], s_key[partner], s_value[partner], (i & stage) == 0);
        __syncthreads();
    }
    keys[i] = s_key[tid];
    values[i] = s_value[tid];
}

int main(int argc, char *argv[])
{
    const uint n = argc > 1 ? 1u << atoi(argv[1]) : 1u << 13;
    std::vector<uint> keys(n), values(n);
    std::iota(values.begin(), values.end(), 0u);
    uint state = 12345;
    for (uint &k : keys) {
        state = state * 1664525u + 1013904223u;
        k = state >> 20;    // few distinct keys, so that equal ones occur
    }
    const std::vector<uint> original = keys;

    uint *d_keys = nullptr, *d_values = nullptr;
    HIP_CALL(hipMalloc(&d_keys, n * sizeof(uint)));
    HIP_CALL(hipMalloc(&d_values, n * sizeof(uint)));
    HIP_CALL(hipMemcpy(d_keys, keys.data(), n * sizeof(uint), hipMemcpyHostToDevice));
    HIP_CALL(hipMemcpy(d_values, values.data(), n * sizeof(uint), hipMemcpyHostToDevice));

    const dim3 grid(n / BLOCK), block(BLOCK);
    for (uint stage = 2; stage <= n; stage <<= 1) {
        uint step = stage >> 1;
        for (; step >= BLOCK; step >>= 1)
            hipLaunchKernelGGL(bitonic_global, grid, block, 0, 0, d_keys, d_values, stage, step);
        hipLaunchKernelGGL(bitonic_shared, grid, block, 0, hipStreamDefault, d_keys, d_values, stage, step);
    }
    HIP_CALL(hipGetLastError());
    HIP_CALL(hipDeviceSynchronize());
    HIP_CALL(hipMemcpy(keys.data(), d_keys, n * sizeof(uint), hipMemcpyDeviceToHost));
    HIP_CALL(hipMemcpy(values.data(), d_values, n * sizeof(uint), hipMemcpyDeviceToHost));
    HIP_CALL(hipFree(d_keys));
    HIP_CALL(hipFree(d_values));

    std::vector<uint> expected = original;
    std::sort(expected.begin(), expected.end());
    std::vector<char> seen(n, 0);
    for (uint i = 0; i < n; ++i) {
        if (keys[i] != expected[i]) {
            printf("FAILED: key %u is %u, expected %u\n", i, keys[i], expected[i]);
            return 1;
        }
        if (values[i] >= n || seen[values[i]] || original[values[i]] != keys[i]) {
            printf("FAILED: payload %u does not belong to its key\n", i);
            return 1;
        }
        seen[values[i]] = 1;
    }
    printf("PASSED\n");
    return 0;
}
