// Streams: work in chunks over several streams with priorities, page-locked host memory, events
// that are timed and awaited, and one stream that waits for all others before it sums up.
#include <hip/hip_runtime.h>
#include <algorithm>
#include <cstdio>
#include <cstdlib>

#define HIP_ASSERT(x)                                                                          \
    do {                                                                                       \
        hipError_t result_ = (x);                                                              \
        if (result_ != hipSuccess) {                                                           \
            printf("FAILED: %s returned %s\n", #x, hipGetErrorString(result_));                \
            exit(1);                                                                            \
        }                                                                                      \
    } while (false)

enum { CHUNKS = 4, CHUNK = 3000, N = CHUNKS * CHUNK };

__global__ void collatz_length(const int *start, int *length, int n)
{
    int i = threadIdx.x + blockIdx.x * blockDim.x;
    if (i < n) {
        unsigned v = start[i];
        int steps = 0;
        while (v != 1) {
            v = v % 2 ? 3 * v + 1 : v / 2;
            ++steps;
        }
        length[i] = steps;
    }
}

__global__ void longest(const int *length, int n, int *best)
{
    for (int i = threadIdx.x; i < n; i += blockDim.x)
        atomicMax(best, length[i]);
}

static int collatz_host(unsigned v)
{
    int steps = 0;
    for (; v != 1; ++steps)
        v = v % 2 ? 3 * v + 1 : v / 2;
    return steps;
}

int main()
{
    int *h_start, *h_length, *d_start, *d_length, *d_best, best = -1;
    HIP_ASSERT(hipHostMalloc((void **)&h_start, N * sizeof(int), hipHostMallocDefault));
    HIP_ASSERT(hipHostMalloc((void **)&h_length, N * sizeof(int)));
    HIP_ASSERT(hipMalloc((void **)&d_start, N * sizeof(int)));
    HIP_ASSERT(hipMalloc((void **)&d_length, N * sizeof(int)));
    HIP_ASSERT(hipMalloc((void **)&d_best, sizeof(int)));
    for (int i = 0; i < N; i++) {
        h_start[i] = 1 + i;
        h_length[i] = -1;
    }

    int least = 0, greatest = 0;
    HIP_ASSERT(hipDeviceGetStreamPriorityRange(&least, &greatest));
    if (greatest > least) {     // a smaller number is a higher priority
        printf("FAILED: priorities from %d to %d\n", least, greatest);
        return 1;
    }
    hipStream_t streams[CHUNKS], summary;
    hipEvent_t done[CHUNKS], begin, end;
    for (int c = 0; c < CHUNKS; c++) {
        if (c % 2)
            HIP_ASSERT(hipStreamCreateWithPriority(&streams[c], hipStreamNonBlocking, c == 1 ? greatest : least));
        else
            HIP_ASSERT(hipStreamCreate(&streams[c]));
        HIP_ASSERT(hipEventCreateWithFlags(&done[c], hipEventDisableTiming));
    }
    HIP_ASSERT(hipStreamCreateWithFlags(&summary, hipStreamNonBlocking));
    HIP_ASSERT(hipEventCreate(&begin));
    HIP_ASSERT(hipEventCreate(&end));

    HIP_ASSERT(hipEventRecord(begin, summary));
    HIP_ASSERT(hipMemsetAsync(d_best, 0, sizeof(int), summary));
    for (int c = 0; c < CHUNKS; c++) {
        const int first = c * CHUNK;
        HIP_ASSERT(hipMemcpyAsync(d_start + first, h_start + first, CHUNK * sizeof(int), hipMemcpyHostToDevice,
                                  streams[c]));
        collatz_length<<<(CHUNK + 127) / 128, 128, 0, streams[c]>>>(d_start + first, d_length + first, CHUNK);
        HIP_ASSERT(hipEventRecord(done[c], streams[c]));
        HIP_ASSERT(hipMemcpyAsync(h_length + first, d_length + first, CHUNK * sizeof(int), hipMemcpyDeviceToHost,
                                  streams[c]));
        HIP_ASSERT(hipStreamWaitEvent(summary, done[c], 0));
    }
    hipLaunchKernelGGL(longest, dim3(1), dim3(256), 0, summary, d_length, N, d_best);
    HIP_ASSERT(hipMemcpyAsync(&best, d_best, sizeof(int), hipMemcpyDeviceToHost, summary));
    HIP_ASSERT(hipEventRecord(end, summary));

    HIP_ASSERT(hipEventSynchronize(end));
    hipError_t query = hipEventQuery(end);
    if (query != hipSuccess) {
        printf("FAILED: the event is not complete after its wait: %s\n", hipGetErrorName(query));
        return 1;
    }
    float ms = -1;
    HIP_ASSERT(hipEventElapsedTime(&ms, begin, end));
    int expected_best = 0;
    for (int i = 0; i < N; i++)
        expected_best = std::max(expected_best, collatz_host(1 + i));
    printf("longest sequence below %d: %d steps, %f ms\n", N, best, ms);
    if (best != expected_best || !(ms >= 0)) {
        printf("FAILED: expected %d steps\n", expected_best);
        return 1;
    }

    for (int c = CHUNKS - 1; c >= 0; c--) {
        HIP_ASSERT(hipStreamSynchronize(streams[c]));
        HIP_ASSERT(hipStreamQuery(streams[c]));
        for (int i = c * CHUNK; i < (c + 1) * CHUNK; i++)
            if (h_length[i] != collatz_host(1 + i)) {
                printf("FAILED: chunk %d, start %d: %d steps\n", c, 1 + i, h_length[i]);
                return 1;
            }
        HIP_ASSERT(hipStreamDestroy(streams[c]));
        HIP_ASSERT(hipEventDestroy(done[c]));
    }
    HIP_ASSERT(hipStreamDestroy(summary));
    HIP_ASSERT(hipEventDestroy(begin));
    HIP_ASSERT(hipEventDestroy(end));
    HIP_ASSERT(hipHostFree(h_start));
    HIP_ASSERT(hipHostFree(h_length));
    HIP_ASSERT(hipFree(d_start));
    HIP_ASSERT(hipFree(d_length));
    HIP_ASSERT(hipFree(d_best));
    printf("PASSED\n");
    return 0;
}
