// Two kernels for tests/test_device_code.py: one with a loop that is easy to count, one that must spill. The excerpts
// beside this file are what nvcc 13.0 with nvdisasm 13.5, and hipcc 5.2 made of it, with blanks for tabs.
#include <hip/hip_runtime.h>

template <int BLOCK, bool SCALE>
__global__ void __launch_bounds__(BLOCK) sample_loop(const float4 *x, const float *y, float *out, int n)
{
    __shared__ __align__(16) float tile[4 * BLOCK];
    float sum = 0;
#pragma unroll 1
    for (int first = 0; first < n; first += BLOCK) {
        *(float4 *)&tile[4 * threadIdx.x] = x[first + threadIdx.x];
        __syncthreads();
#pragma unroll
        for (int k = 0; k < 8; ++k)
            sum = fmaf(tile[(threadIdx.x + k) % BLOCK], y[first + k], sum);
        __syncthreads();
    }
    out[threadIdx.x] = SCALE ? sum / (float)n : sum;
}

// 1024 threads leave each 64 registers (NVIDIA) or 128 (gfx90a); 160 numbers do not fit.
__global__ void __launch_bounds__(1024) sample_spills(float *p, int n)
{
    float a[160];
#pragma unroll
    for (int i = 0; i < 160; ++i)
        a[i] = p[i * 1024 + threadIdx.x];
#pragma unroll 1
    for (int step = 0; step < n; ++step) {
#pragma unroll
        for (int i = 0; i < 160; ++i)
            a[i] = fmaf(a[i], a[(i * 7 + 1) % 160], p[step]);
        __syncthreads();
    }
#pragma unroll
    for (int i = 0; i < 160; ++i)
        p[i * 1024 + threadIdx.x] = a[i];
}

static __global__ void sample_unbounded(float *p)
{
    p[threadIdx.x] = 1;
}

int main(void)
{
    sample_loop<128, false><<<1, 128>>>(NULL, NULL, NULL, 0);
    sample_unbounded<<<1, 64>>>(NULL);
    return 0;
}
