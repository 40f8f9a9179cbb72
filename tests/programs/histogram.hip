// Histogram of bytes with 256 bins: atomics in shared memory, first one histogram a block, then
// one a group of 64 threads in a two-dimensional shared array, with uchar4 loads.
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <hip/hip_runtime.h>

#define BINS 256
#define THREADS 256
#define GROUPS (THREADS / 64)

static void check(hipError_t status, const char *what)
{
    if (status == hipSuccess)
        return;
    printf("FAILED: %s: %s (%s)\n", what, hipGetErrorString(status), hipGetErrorName(status));
    exit(1);
}

__global__ void histogram_block(const unsigned char *data, unsigned int n, unsigned int *bins)
{
    static __shared__ unsigned int local[BINS];
    local[threadIdx.x] = 0;
    __syncthreads();
    unsigned int stride = blockDim.x * gridDim.x;
    for (unsigned int i = blockIdx.x * blockDim.x + threadIdx.x; i < n; i += stride)
        atomicAdd(&local[data[i]], 1);
    __syncthreads();
    if (local[threadIdx.x] != 0)
        atomicAdd(bins + threadIdx.x, local[threadIdx.x]);
}

__global__ void histogram_groups(const uchar4 *data, unsigned int n4, unsigned int *bins)
{
    __shared__ unsigned int local[GROUPS][BINS];
    for (int i = threadIdx.x; i < GROUPS * BINS; i += blockDim.x)
        local[i / BINS][i % BINS] = 0;
    __syncthreads();

    unsigned int *mine = local[threadIdx.x / 64];
    for (unsigned int i = blockIdx.x * blockDim.x + threadIdx.x; i < n4; i += blockDim.x * gridDim.x) {
        const uchar4 c = data[i];
        atomicAdd(&mine[c.x], 1u);
        atomicAdd(&mine[c.y], 1u);
        atomicAdd(&mine[c.z], 1u);
        atomicAdd(&mine[c.w], 1u);
    }
    __syncthreads();

    for (int b = threadIdx.x; b < BINS; b += blockDim.x) {
        unsigned int sum = 0;
        for (int g = 0; g < GROUPS; g++)
            sum += local[g][b];
        atomicAdd(&bins[b], sum);
    }
}

static int compare(const char *name, const unsigned int *got, const unsigned int *want)
{
    for (int b = 0; b < BINS; b++) {
        if (got[b] != want[b]) {
            printf("FAILED: %s: bin %d holds %u, expected %u\n", name, b, got[b], want[b]);
            return 0;
        }
    }
    return 1;
}

int main(void)
{
    const unsigned int n = 200000;      /* a multiple of 4, not of the grid */
    unsigned char *h_data = (unsigned char *)malloc(n), *d_data;
    unsigned int h_bins[BINS], expected[BINS] = {0}, *d_bins;

    srand(7);
    for (unsigned int i = 0; i < n; i++) {
        /* the product of two random bytes favours small values: some bins are busy, some empty */
        h_data[i] = (unsigned char)(((rand() >> 7) & 255) * ((rand() >> 7) & 255) >> 8);
        expected[h_data[i]]++;
    }

    check(hipMalloc((void **)&d_data, n), "hipMalloc");
    check(hipMalloc((void **)&d_bins, sizeof(h_bins)), "hipMalloc");
    check(hipMemcpy(d_data, h_data, n, hipMemcpyHostToDevice), "copy to device");

    check(hipMemset(d_bins, 0, sizeof(h_bins)), "hipMemset");
    histogram_block<<<12, THREADS>>>(d_data, n, d_bins);
    check(hipGetLastError(), "histogram_block");
    check(hipMemcpy(h_bins, d_bins, sizeof(h_bins), hipMemcpyDeviceToHost), "copy to host");
    int ok = compare("histogram_block", h_bins, expected);

    check(hipMemset(d_bins, 0, sizeof(h_bins)), "hipMemset");
    histogram_groups<<<dim3(5), dim3(THREADS), 0, 0>>>((const uchar4 *)d_data, n / 4, d_bins);
    check(hipGetLastError(), "histogram_groups");
    check(hipMemcpy(h_bins, d_bins, sizeof(h_bins), hipMemcpyDeviceToHost), "copy to host");
    ok = ok && compare("histogram_groups", h_bins, expected);

    hipFree(d_data);
    hipFree(d_bins);
    free(h_data);
    if (!ok)
        return 1;
    puts("PASSED");
    return 0;
}
