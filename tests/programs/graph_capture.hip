// A graph: copies, kernels and a memset captured from two streams (fork and join by events), instantiated once and
// launched many times with new input in the same host buffer.
#include <hip/hip_runtime.h>
#include <cstdio>
#include <cstdlib>
#include <vector>

#define CHK(call)                                                                       \
    do {                                                                                \
        hipError_t e = call;                                                            \
        if (e != hipSuccess) {                                                          \
            std::printf("FAILED: %s: %s\n", #call, hipGetErrorString(e));               \
            std::exit(1);                                                               \
        }                                                                               \
    } while (0)

__global__ void square(const int *in, int *out, int n)
{
    int i = blockIdx.x * blockDim.x + threadIdx.x;
    if (i < n)
        out[i] = in[i] * in[i];
}

__global__ void add_index(const int *in, int *out, int n)
{
    int i = blockIdx.x * blockDim.x + threadIdx.x;
    if (i < n)
        out[i] = in[i] + i;
}

__global__ void combine(const int *a, const int *b, int n, int *launches, unsigned long long *sum)
{
    __shared__ unsigned long long block_sum;
    if (threadIdx.x == 0)
        block_sum = 0;
    __syncthreads();
    int i = blockIdx.x * blockDim.x + threadIdx.x;
    if (i < n)
        atomicAdd(&block_sum, (unsigned long long)(a[i] + b[i]));
    __syncthreads();
    if (threadIdx.x == 0) {
        atomicAdd(sum, block_sum);
        if (blockIdx.x == 0)
            ++*launches;
    }
}

int main()
{
    const int n = 1500, threads = 128, blocks = (n + threads - 1) / threads, rounds = 5;
    int *h_in, *d_in, *d_a, *d_b, *d_launches, launches = -1;
    unsigned long long *d_sum, *h_sum;
    CHK(hipHostMalloc(&h_in, n * sizeof(int)));
    CHK(hipHostMalloc(&h_sum, sizeof *h_sum));
    CHK(hipMalloc(&d_in, n * sizeof(int)));
    CHK(hipMalloc(&d_a, n * sizeof(int)));
    CHK(hipMalloc(&d_b, n * sizeof(int)));
    CHK(hipMalloc(&d_launches, sizeof(int)));
    CHK(hipMalloc(&d_sum, sizeof *d_sum));
    CHK(hipMemset(d_launches, 0, sizeof(int)));
    for (int i = 0; i < n; i++)
        h_in[i] = 30000;        // must not be seen: nothing runs while the stream is being captured
    *h_sum = 12345;

    hipStream_t main_stream, side_stream;
    hipEvent_t fork, join;
    CHK(hipStreamCreate(&main_stream));
    CHK(hipStreamCreate(&side_stream));
    CHK(hipEventCreate(&fork));
    CHK(hipEventCreate(&join));

    hipGraph_t graph;
    hipGraphExec_t exec;
    CHK(hipStreamBeginCapture(main_stream, hipStreamCaptureModeGlobal));
    CHK(hipMemcpyAsync(d_in, h_in, n * sizeof(int), hipMemcpyHostToDevice, main_stream));
    CHK(hipMemsetAsync(d_sum, 0, sizeof *d_sum, main_stream));
    CHK(hipEventRecord(fork, main_stream));
    CHK(hipStreamWaitEvent(side_stream, fork, 0));
    square<<<blocks, threads, 0, main_stream>>>(d_in, d_a, n);
    add_index<<<blocks, threads, 0, side_stream>>>(d_in, d_b, n);
    CHK(hipEventRecord(join, side_stream));
    CHK(hipStreamWaitEvent(main_stream, join, 0));
    combine<<<blocks, threads, 0, main_stream>>>(d_a, d_b, n, d_launches, d_sum);
    CHK(hipMemcpyAsync(h_sum, d_sum, sizeof *h_sum, hipMemcpyDeviceToHost, main_stream));
    CHK(hipStreamEndCapture(main_stream, &graph));
    CHK(hipGraphInstantiate(&exec, graph, NULL, NULL, 0));
    CHK(hipGraphDestroy(graph));

    CHK(hipMemcpy(&launches, d_launches, sizeof(int), hipMemcpyDeviceToHost));
    if (launches != 0 || *h_sum != 12345) {
        std::printf("FAILED: work ran while it was captured\n");
        return 1;
    }
    for (int round = 1; round <= rounds; round++) {
        unsigned long long expected = 0;
        for (int i = 0; i < n; i++) {
            h_in[i] = (i * round) % 100;
            expected += h_in[i] * h_in[i] + h_in[i] + i;
        }
        CHK(hipGraphLaunch(exec, main_stream));
        CHK(hipStreamSynchronize(main_stream));
        if (*h_sum != expected) {
            std::printf("FAILED: round %d: %llu, expected %llu\n", round, *h_sum, expected);
            return 1;
        }
    }
    CHK(hipMemcpy(&launches, d_launches, sizeof(int), hipMemcpyDeviceToHost));
    if (launches != rounds) {
        std::printf("FAILED: the graph ran %d times, not %d\n", launches, rounds);
        return 1;
    }

    CHK(hipGraphExecDestroy(exec));
    CHK(hipEventDestroy(fork));
    CHK(hipEventDestroy(join));
    CHK(hipStreamDestroy(main_stream));
    CHK(hipStreamDestroy(side_stream));
    CHK(hipHostFree(h_in));
    CHK(hipHostFree(h_sum));
    for (int *p : {d_in, d_a, d_b, d_launches})
        CHK(hipFree(p));
    CHK(hipFree(d_sum));
    std::printf("PASSED\n");
    return 0;
}
