// Monte Carlo estimate of pi. Every thread owns a generator (a 64-bit LCG with a permuted output),
// the host runs the same ones, and the number of hits must be equal to the last one.
#include <hip/hip_runtime.h>
#include <math.h>
#include <stdint.h>
#include <stdio.h>

class Generator {
    uint64_t state;

public:
    __host__ __device__ explicit Generator(uint64_t seed) : state(seed * 0x9E3779B97F4A7C15ull + 1) { next(); }

    __host__ __device__ uint32_t next()
    {
        uint64_t s = state;
        state = s * 6364136223846793005ull + 1442695040888963407ull;
        uint32_t x = (uint32_t)(((s >> 18) ^ s) >> 27);
        uint32_t rotation = (uint32_t)(s >> 59);
        return (x >> rotation) | (x << ((32 - rotation) & 31));
    }
};

// 24-bit coordinates: x*x + y*y fits in 64 bits and the test for a hit is exact.
__host__ __device__ static inline bool hit(Generator &g)
{
    uint64_t x = g.next() >> 8, y = g.next() >> 8;
    return x * x + y * y < (1ull << 48);
}

template <unsigned int BlockSize>
__global__ void count_hits(unsigned long long *total, unsigned int samples, uint64_t seed)
{
    __shared__ unsigned int partial[BlockSize];
    unsigned int id = blockIdx.x * BlockSize + threadIdx.x;
    Generator g(seed + id);
    unsigned int hits = 0;
    for (unsigned int i = 0; i < samples; i++)
        hits += hit(g);
    partial[threadIdx.x] = hits;
    __syncthreads();
    for (unsigned int s = BlockSize / 2; s > 0; s >>= 1) {
        if (threadIdx.x < s)
            partial[threadIdx.x] += partial[threadIdx.x + s];
        __syncthreads();
    }
    if (threadIdx.x == 0)
        atomicAdd(total, (unsigned long long)partial[0]);
}

int main()
{
    const unsigned int blocks = 40, threads = 128, samples = 200;
    const uint64_t seed = 2024;
    unsigned long long *d_total, total = 0, expected = 0;
    if (hipMalloc(&d_total, sizeof *d_total) != hipSuccess || hipMemset(d_total, 0, sizeof *d_total) != hipSuccess) {
        printf("FAILED: no device memory\n");
        return 1;
    }
    count_hits<threads><<<blocks, threads>>>(d_total, samples, seed);
    hipError_t err = hipMemcpy(&total, d_total, sizeof total, hipMemcpyDeviceToHost);
    if (err != hipSuccess) {
        printf("FAILED: %s\n", hipGetErrorString(err));
        return 1;
    }
    (void)hipFree(d_total);

    for (unsigned int id = 0; id < blocks * threads; id++) {
        Generator g(seed + id);
        for (unsigned int i = 0; i < samples; i++)
            expected += hit(g);
    }
    const double n = (double)blocks * threads * samples, pi = 4.0 * total / n;
    printf("pi is about %.5f\n", pi);
    if (total != expected) {
        printf("FAILED: %llu hits, expected %llu\n", total, expected);
        return 1;
    }
    // five standard deviations of the estimate
    if (!(fabs(pi - M_PI) < 5 * sqrt(M_PI * (4 - M_PI) / n))) {
        printf("FAILED: the estimate is too far from pi\n");
        return 1;
    }
    printf("PASSED\n");
    return 0;
}
