// Sum of an array in one launch: every block writes its part, and the one that finishes last, found by an atomic
// counter after a __threadfence, adds the parts up in a fixed order. The counter wraps to 0 for the next launch.
#include <hip/hip_runtime.h>
#include <cstdio>
#include <cstdlib>

#define SAFE(call)                                                                 \
    do {                                                                           \
        hipError_t err = call;                                                     \
        if (err != hipSuccess) {                                                   \
            printf("FAILED: line %d: %s\n", __LINE__, hipGetErrorString(err));     \
            exit(EXIT_FAILURE);                                                    \
        }                                                                          \
    } while (0)

__device__ unsigned int retired = 0;

template <unsigned int blockSize>
__device__ void block_reduce(volatile double *sdata, double mine, unsigned int tid)
{
    sdata[tid] = mine;
    __syncthreads();
    if (blockSize >= 512) { if (tid < 256) { sdata[tid] = mine = mine + sdata[tid + 256]; } __syncthreads(); }
    if (blockSize >= 256) { if (tid < 128) { sdata[tid] = mine = mine + sdata[tid + 128]; } __syncthreads(); }
    if (blockSize >= 128) { if (tid <  64) { sdata[tid] = mine = mine + sdata[tid +  64]; } __syncthreads(); }
    for (unsigned int s = 32; s > 0; s >>= 1) {
        if (tid < s)
            sdata[tid] = mine = mine + sdata[tid + s];
        __syncthreads();
    }
}

template <unsigned int blockSize>
__global__ void sum_single_pass(const float *in, double *parts, double *result, unsigned int n)
{
    HIP_DYNAMIC_SHARED(double, sdata);
    __shared__ bool amLast;
    const unsigned int tid = threadIdx.x;

    double mine = 0;
    for (unsigned int i = blockIdx.x * blockSize + tid; i < n; i += blockSize * gridDim.x)
        mine += in[i];
    block_reduce<blockSize>(sdata, mine, tid);

    if (tid == 0) {
        parts[blockIdx.x] = sdata[0];
        __threadfence();    // the part must be visible before the count is
        unsigned int ticket = atomicInc(&retired, gridDim.x - 1);
        amLast = (ticket == gridDim.x - 1);
    }
    __syncthreads();
    if (amLast) {
        mine = 0;
        for (unsigned int i = tid; i < gridDim.x; i += blockSize)
            mine += *(const volatile double *)(parts + i);
        block_reduce<blockSize>(sdata, mine, tid);
        if (tid == 0)
            *result = sdata[0];
    }
}

static void launch(int threads, int blocks, const float *in, double *parts, double *result, unsigned int n)
{
    size_t shared = threads * sizeof(double);
    switch (threads) {
    case 512: sum_single_pass<512><<<blocks, threads, shared>>>(in, parts, result, n); break;
    case 256: sum_single_pass<256><<<blocks, threads, shared>>>(in, parts, result, n); break;
    case 128: sum_single_pass<128><<<blocks, threads, shared>>>(in, parts, result, n); break;
    case 64:  sum_single_pass<64><<<blocks, threads, shared>>>(in, parts, result, n); break;
    default:  printf("FAILED: %d threads\n", threads); exit(EXIT_FAILURE);
    }
    SAFE(hipGetLastError());
}

int main()
{
    const unsigned int n = 50001;
    float *h_in = new float[n], *d_in;
    double *d_parts, *d_result, expected = 0;
    for (unsigned int i = 0; i < n; i++) {
        h_in[i] = 0.125f * (float)((int)(i * 31 % 997) - 400);      // sums are exact in double
        expected += h_in[i];
    }
    SAFE(hipMalloc((void **)&d_in, n * sizeof(float)));
    SAFE(hipMalloc((void **)&d_parts, 300 * sizeof(double)));
    SAFE(hipMalloc((void **)&d_result, sizeof(double)));
    SAFE(hipMemcpy(d_in, h_in, n * sizeof(float), hipMemcpyHostToDevice));
    delete[] h_in;

    for (int threads = 64; threads <= 512; threads *= 2)
        for (int blocks : {1, 7, 20, 300}) {
            double sum = 0;
            if (threads * blocks > 40000)
                continue;
            SAFE(hipMemset(d_result, 0xff, sizeof(double)));
            launch(threads, blocks, d_in, d_parts, d_result, n);
            SAFE(hipMemcpy(&sum, d_result, sizeof(double), hipMemcpyDeviceToHost));
            if (!(sum == expected)) {
                printf("FAILED: %d x %d threads: %.17g, expected %.17g\n", blocks, threads, sum, expected);
                return 1;
            }
        }
    SAFE(hipFree(d_in));
    SAFE(hipFree(d_parts));
    SAFE(hipFree(d_result));
    printf("PASSED\n");
    return 0;
}
