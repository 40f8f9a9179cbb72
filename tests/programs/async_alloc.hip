// Stream-ordered allocation, where the device has memory pools: a buffer is allocated, used and freed in a stream; a
// host function is called between two kernels; the default pool is trimmed at the end.
#include <hip/hip_runtime.h>
#include <cstdio>
#include <cstdlib>
#include <vector>

#define HIP_ERRCHK(call)                                                              \
    do {                                                                              \
        hipError_t err = (call);                                                      \
        if (err != hipSuccess) {                                                      \
            printf("FAILED: %s: %s\n", #call, hipGetErrorString(err));                \
            exit(1);                                                                  \
        }                                                                             \
    } while (0)

__global__ void powers(unsigned *out, unsigned base, int n)
{
    int i = blockIdx.x * blockDim.x + threadIdx.x;
    if (i < n) {
        unsigned p = 1;
        for (int k = 0; k < i % 32; k++)
            p *= base;
        out[i] = p;
    }
}

__global__ void gather_sums(const unsigned *in, unsigned *out, int n)
{
    int i = blockIdx.x * blockDim.x + threadIdx.x;
    if (i < n)
        out[i] += in[i] + in[n - 1 - i];
}

static void note(hipStream_t, hipError_t status, void *data)
{
    if (status == hipSuccess)
        ++*(int *)data;
}

int main()
{
    int pools = 0, calls = 0;
    HIP_ERRCHK(hipDeviceGetAttribute(&pools, hipDeviceAttributeMemoryPoolsSupported, 0));
    const int n = 700, rounds = 4;
    unsigned *d_sum;
    std::vector<unsigned> sum(n, 0), expected(n, 0);
    hipStream_t stream;
    HIP_ERRCHK(hipStreamCreate(&stream));
    HIP_ERRCHK(hipMalloc(&d_sum, n * sizeof(unsigned)));
    HIP_ERRCHK(hipMemsetAsync(d_sum, 0, n * sizeof(unsigned), stream));
    for (int round = 0; round < rounds; round++) {
        unsigned *d_tmp;
        if (pools)
            HIP_ERRCHK(hipMallocAsync((void **)&d_tmp, n * sizeof(unsigned), stream));
        else
            HIP_ERRCHK(hipMalloc(&d_tmp, n * sizeof(unsigned)));
        powers<<<(n + 63) / 64, 64, 0, stream>>>(d_tmp, round + 2, n);
        HIP_ERRCHK(hipStreamAddCallback(stream, note, &calls, 0));
        gather_sums<<<(n + 63) / 64, 64, 0, stream>>>(d_tmp, d_sum, n);
        if (pools)
            HIP_ERRCHK(hipFreeAsync(d_tmp, stream));
        else
            HIP_ERRCHK(hipFree(d_tmp));

        std::vector<unsigned> p(n, 1);
        for (int i = 0; i < n; i++)
            for (int k = 0; k < i % 32; k++)
                p[i] *= round + 2;
        for (int i = 0; i < n; i++)
            expected[i] += p[i] + p[n - 1 - i];
    }
    HIP_ERRCHK(hipMemcpyAsync(sum.data(), d_sum, n * sizeof(unsigned), hipMemcpyDeviceToHost, stream));
    HIP_ERRCHK(hipStreamSynchronize(stream));
    if (pools) {
        hipMemPool_t pool;
        HIP_ERRCHK(hipDeviceGetDefaultMemPool(&pool, 0));
        HIP_ERRCHK(hipMemPoolTrimTo(pool, 0));
    }
    HIP_ERRCHK(hipFree(d_sum));
    HIP_ERRCHK(hipStreamDestroy(stream));
    if (calls != rounds) {
        printf("FAILED: the host function was called %d times\n", calls);
        return 1;
    }
    for (int i = 0; i < n; i++)
        if (sum[i] != expected[i]) {
            printf("FAILED: element %d is %u, expected %u\n", i, sum[i], expected[i]);
            return 1;
        }
    printf("PASSED\n");
    return 0;
}
