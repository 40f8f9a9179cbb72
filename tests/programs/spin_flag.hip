// Waiting without a barrier: one wavefront of a block spins on a shared flag that another sets, and a scan in one
// pass in which each block spins until the one before it has published its sum. Blocks number themselves by a
// counter, so that the one that is awaited has always started.
#include <hip/hip_runtime.h>
#include <cstdio>
#include <vector>

#define OK(call)                                                            \
    {                                                                       \
        hipError_t e = call;                                                \
        if (e != hipSuccess) {                                              \
            printf("FAILED: %s: %s\n", #call, hipGetErrorString(e));        \
            return 1;                                                       \
        }                                                                   \
    }

// blockDim.x is 128: the first 64 threads consume, thread 64 produces.
__global__ void hand_over(int *out, int rounds)
{
    __shared__ volatile int box, ready;
    __shared__ int taken;
    if (threadIdx.x == 0) {
        ready = 0;
        taken = 0;
    }
    __syncthreads();
    if (threadIdx.x == 64) {
        for (int r = 1; r <= rounds; r++) {
            while (atomicAdd(&taken, 0) != 64 * (r - 1)) {
                // the consumers still read the last one
            }
            box = r * r + blockIdx.x;
            __threadfence_block();
            ready = r;
        }
    } else if (threadIdx.x < 64) {
        int sum = 0;
        for (int r = 1; r <= rounds; r++) {
            while (ready < r) {
            }
            __threadfence_block();
            sum += box;
            __threadfence_block();
            atomicAdd(&taken, 1);
        }
        out[blockIdx.x * 64 + threadIdx.x] = sum;
    }
}

__global__ void chained_scan(const int *in, int *out, int n, unsigned int *ticket, volatile int *published,
                             volatile int *sum_before)
{
    __shared__ unsigned int id;
    __shared__ int s[128], base;
    if (threadIdx.x == 0)
        id = atomicAdd(ticket, 1u);
    __syncthreads();
    const int i = id * blockDim.x + threadIdx.x, t = threadIdx.x;
    s[t] = i < n ? in[i] : 0;
    __syncthreads();
    for (int d = 1; d < blockDim.x; d *= 2) {
        int left = t >= d ? s[t - d] : 0;
        __syncthreads();
        s[t] += left;
        __syncthreads();
    }
    if (t == blockDim.x - 1) {
        if (id > 0)
            while (!published[id])
                ;
        __threadfence();
        base = id > 0 ? sum_before[id] : 0;
        sum_before[id + 1] = base + s[t];
        __threadfence();
        published[id + 1] = 1;
    }
    __syncthreads();
    if (i < n)
        out[i] = base + s[t];
}

int main()
{
    const int blocks = 3, rounds = 10;
    int *d_out;
    std::vector<int> out(blocks * 64);
    OK(hipMalloc(&d_out, out.size() * sizeof(int)));
    hand_over<<<blocks, 128>>>(d_out, rounds);
    OK(hipGetLastError());
    OK(hipMemcpy(out.data(), d_out, out.size() * sizeof(int), hipMemcpyDeviceToHost));
    OK(hipFree(d_out));
    for (size_t i = 0; i < out.size(); i++) {
        int want = rounds * (rounds + 1) * (2 * rounds + 1) / 6 + rounds * int(i / 64);
        if (out[i] != want) {
            printf("FAILED: consumer %zu has %d, expected %d\n", i, out[i], want);
            return 1;
        }
    }

    const int n = 9999, parts = (n + 127) / 128;
    std::vector<int> in(n), sums(n);
    for (int i = 0; i < n; i++)
        in[i] = i % 19 - 7;
    int *d_in, *d_sums, *d_state;
    OK(hipMalloc(&d_in, n * sizeof(int)));
    OK(hipMalloc(&d_sums, n * sizeof(int)));
    OK(hipMalloc(&d_state, (1 + 2 * (parts + 1)) * sizeof(int)));
    OK(hipMemset(d_state, 0, (1 + 2 * (parts + 1)) * sizeof(int)));
    OK(hipMemcpy(d_in, in.data(), n * sizeof(int), hipMemcpyHostToDevice));
    chained_scan<<<parts, 128>>>(d_in, d_sums, n, (unsigned int *)d_state, d_state + 1, d_state + 2 + parts);
    OK(hipGetLastError());
    OK(hipMemcpy(sums.data(), d_sums, n * sizeof(int), hipMemcpyDeviceToHost));
    int sum = 0;
    for (int i = 0; i < n; i++) {
        sum += in[i];
        if (sums[i] != sum) {
            printf("FAILED: prefix %d is %d, expected %d\n", i, sums[i], sum);
            return 1;
        }
    }
    OK(hipFree(d_in));
    OK(hipFree(d_sums));
    OK(hipFree(d_state));
    printf("PASSED\n");
    return 0;
}
