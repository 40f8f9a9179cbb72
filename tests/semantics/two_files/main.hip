// A program of two translation units: kernels that call device functions of the other file, variables of the other
// file, the same static names in both.
#include "shared.h"

static __device__ int hidden = 1;

static __global__ void same_name(int *out)
{
    out[threadIdx.x] = 10 + hidden;
}

__global__ void across(int *out)
{
    __shared__ int scratch[256];
    int t = threadIdx.x;
    int sum = sum_with_barriers(t, scratch);
    out[t] = defined_elsewhere(t) + 1000 * sum + in_both(7) + offsets[t % 4];
    atomicAdd(&calls, 1);
}

int main()
{
    int *out = room<int>(256), numbers[4] = {0, 0, 0, 5000000};
    same_name<<<1, 64>>>(out);
    EXPECT_RAN();
    EXPECT_EQ(out[63], 11);
    launch_elsewhere(out, 64); // runs its own same_name
    EXPECT_RAN();
    EXPECT_EQ(out[63], 22);
    EXPECT_OK(hipMemcpyToSymbol(offsets, numbers, sizeof numbers));
    for (int n : {1, 32, 100, 256}) {
        across<<<1, n>>>(out);
        EXPECT_RAN();
        for (int t = 0; t < n; ++t)
            EXPECT_AT(t, out[t], 3 * t + 1 + 1000 * (n * (n - 1) / 2) + 7 + (t % 4 == 3 ? 5000000 : 0));
    }
    int value = 0;
    EXPECT_OK(hipMemcpyFromSymbol(&value, calls, sizeof value));
    EXPECT_EQ(value, 1 + 32 + 100 + 256);
    template_in_both<<<1, 10>>>(out, 5);
    EXPECT_RAN();
    EXPECT_EQ(out[9], 14);
    return expect_result();
}
