// Several host threads at once: launches, copies, allocations and streams, each thread with its own last error and its
// own launch configuration.
#include "expect.h"
#include <atomic>
#include <thread>

__device__ int total;

__global__ void accumulate(int *data, int n, int add)
{
    __shared__ int count;
    if (threadIdx.x == 0)
        count = 0;
    __syncthreads();
    int i = blockIdx.x * blockDim.x + threadIdx.x;
    if (i < n) {
        data[i] += add;
        atomicAdd(&count, 1);
    }
    __syncthreads();
    if (threadIdx.x == 0)
        atomicAdd(&total, count);
}

__global__ void plain(int *data, int n)
{
    int i = blockIdx.x * blockDim.x + threadIdx.x;
    if (i < n)
        data[i] *= 2;
}

static std::atomic<int> wrong{0};

static void good(hipError_t error)
{
    if (error != hipSuccess)
        ++wrong;
}

static void work(int number, int rounds)
{
    const int n = 500 + 37 * number;
    std::vector<int> host(n);
    hipStream_t stream;
    good(hipStreamCreate(&stream));
    for (int round = 0; round < rounds; ++round) {
        int *data;
        good(hipMalloc(&data, n * sizeof(int)));
        good(hipMemsetAsync(data, 0, n * sizeof(int), stream));
        accumulate<<<(n + 63) / 64, 64, 0, stream>>>(data, n, number + 1);
        plain<<<(n + 127) / 128, 128, 0, stream>>>(data, n);
        good(hipGetLastError());
        good(hipMemcpyAsync(host.data(), data, n * sizeof(int), hipMemcpyDeviceToHost, stream));
        good(hipStreamSynchronize(stream));
        for (int i = 0; i < n; ++i)
            if (host[i] != 2 * (number + 1))
                ++wrong;
        if (number % 2) { // errors stay with the thread that made them
            plain<<<1, 5000>>>(data, n);
            if (hipGetLastError() != hipErrorInvalidConfiguration)
                ++wrong;
        } else if (hipPeekAtLastError() != hipSuccess) {
            ++wrong;
        }
        good(hipFree(data));
    }
    good(hipStreamDestroy(stream));
}

int main()
{
    const int threads = 6, rounds = 40;
    std::vector<std::thread> all;
    for (int i = 0; i < threads; ++i)
        all.emplace_back(work, i, rounds);
    int expected = 0;
    for (int i = 0; i < threads; ++i) {
        all[i].join();
        expected += rounds * (500 + 37 * i);
    }
    EXPECT_EQ(wrong.load(), 0);
    int value = 0;
    EXPECT_OK(hipMemcpyFromSymbol(&value, total, sizeof value));
    EXPECT_EQ(value, expected);
    EXPECT_OK(hipGetLastError());
    return expect_result();
}
