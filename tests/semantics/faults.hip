// Kernels that go wrong, one kind a run: `faults KIND`. The launch fails with an error that stays until
// hipDeviceReset(); stderr gets one line about kernel, block and thread, which the test reads.
#include "expect.h"
#include <cassert>

__global__ void broken_assert(int *data)
{
    int i = blockIdx.x * blockDim.x + threadIdx.x;
    assert(i >= 0); // holds
    assert(data[i] == 0 && "data must be zero");
    data[i] = 1;
}

__device__ int checked(int x)
{
    assert(x != 37);
    return x + 1;
}

__global__ void assert_in_function(int *data)
{
    data[threadIdx.x] = checked(threadIdx.x);
    __syncthreads();
}

__global__ void null_pointer(int *data)
{
    if (threadIdx.x == 3)
        data[threadIdx.x] = 1;
    __syncthreads();
}

__global__ void wild_pointer(int *data, long offset)
{
    data[offset + threadIdx.x] = 1;
}

__global__ void divide(int *data, int by)
{
    data[threadIdx.x] = 100 / (by - (int)threadIdx.x);
}

__device__ __noinline__ int endless(int depth, volatile int *data)
{
    volatile int here[64];
    here[depth % 64] = depth;
    data[0] = depth;
    return depth < 1000000 ? endless(depth + 1, data) + here[(depth + 1) % 64] : 0;
}

__global__ void overflow(int *data)
{
    __activemask(); // so that fibres run it
    if (threadIdx.x == 5)
        data[1] = endless(0, data);
}

__global__ void trap(int *data)
{
    if (threadIdx.x == 9)
        __trap();
    data[threadIdx.x] = 1;
}

__global__ void trap_at_once()
{
    __trap();
}

// Lane 0 names lane 1, which never comes.
__global__ void impossible_mask(int *data)
{
    int t = threadIdx.x;
    if (t == 0)
        data[0] = __shfl_sync(3ull, t, 1);
    __syncthreads();
}

__global__ void bad_width(int *data)
{
    data[threadIdx.x] = __shfl((int)threadIdx.x, 0, 128);
}

// Not a fault, and yet no end: thread 0 waits for what nobody writes, without anything that gives others a turn.
__global__ void spin_for_ever(volatile int *data)
{
    while (data[0] == 0) {
    }
}

__global__ void good(int *data)
{
    data[threadIdx.x] = 42;
}

__global__ void deep_stack(int *out)
{
    volatile int big[48 * 256]; // 48 KiB
    for (int i = 0; i < 48 * 256; ++i)
        big[i] = i + (int)threadIdx.x;
    __syncthreads();
    int sum = 0;
    for (int i = 0; i < 48 * 256; i += 997)
        sum += big[i];
    out[threadIdx.x] = sum + big[48 * 256 - 1];
}

__global__ void deeper_stack(int *out)
{
    volatile char big[200 << 10];
    for (int i = 0; i < (200 << 10); i += 512)
        big[i] = (char)(i / 512 + threadIdx.x);
    __syncthreads();
    out[threadIdx.x] = big[512 * 3];
}

// After a fault: every call gives it again, nothing runs, and only a reset helps.
static void expect_sticky(hipError_t expected)
{
    EXPECT_STATUS(hipPeekAtLastError(), expected);
    EXPECT_STATUS(hipGetLastError(), expected);
    EXPECT_STATUS(hipGetLastError(), expected); // it does not go away
    EXPECT_STATUS(hipDeviceSynchronize(), expected);
    void *p = nullptr;
    int value = 0;
    EXPECT_STATUS(hipMalloc(&p, 16), expected);
    EXPECT_STATUS(hipMemcpy(&value, &value, 4, hipMemcpyHostToHost), expected);
    hipEvent_t event;
    hipStream_t stream;
    EXPECT_STATUS(hipEventCreate(&event), expected);
    EXPECT_STATUS(hipStreamCreate(&stream), expected);
    EXPECT_STATUS(hipStreamSynchronize(0), expected);
    good<<<1, 1>>>((int *)nullptr); // is not even started
    EXPECT_STATUS(hipGetLastError(), expected);

    EXPECT_OK(hipDeviceReset());
    EXPECT_OK(hipGetLastError());
    int *data;
    EXPECT_OK(hipMalloc(&data, 64 * sizeof(int)));
    good<<<1, 64>>>(data);
    EXPECT_RAN();
    EXPECT_OK(hipMemcpy(&value, data + 63, sizeof value, hipMemcpyDeviceToHost));
    EXPECT_EQ(value, 42);
    EXPECT_OK(hipFree(data));
}

static void check_big_stacks(int *data)
{
    deep_stack<<<3, 64>>>(data);
    EXPECT_RAN();
    int steps = 0, sum = 0;
    for (int i = 0; i < 48 * 256; i += 997, ++steps)
        sum += i;
    for (int t = 0; t < 64; ++t)
        EXPECT_AT(t, data[t], sum + steps * t + 48 * 256 - 1 + t);
    // More than a thread has, until it is asked for.
    EXPECT_OK(hipDeviceSetLimit(hipLimitStackSize, 300 << 10));
    deeper_stack<<<2, 40>>>(data);
    EXPECT_RAN();
    for (int t = 0; t < 40; ++t)
        EXPECT_AT(t, data[t], 3 + t);
    size_t left = 0;
    EXPECT_OK(hipDeviceGetLimit(&left, hipLimitStackSize));
    EXPECT(left >= (300 << 10));
}

int main(int argc, char **argv)
{
    const std::string kind = argc > 1 ? argv[1] : "";
    int *data = room<int>(4096);
    if (kind == "assert") {
        data[70] = 1; // block 2, thread 6
        broken_assert<<<4, 32>>>(data);
        expect_sticky(hipErrorAssert);
    } else if (kind == "assert_in_function") {
        assert_in_function<<<1, 64>>>(data);
        expect_sticky(hipErrorAssert);
    } else if (kind == "null") {
        null_pointer<<<1, 32>>>(nullptr);
        expect_sticky(hipErrorIllegalAddress);
    } else if (kind == "wild") {
        wild_pointer<<<2, 32>>>(data, -(1l << 40));
        expect_sticky(hipErrorIllegalAddress);
    } else if (kind == "divide") {
        divide<<<1, 32>>>(data, 4);
        expect_sticky(hipErrorLaunchFailure);
    } else if (kind == "overflow") {
        overflow<<<1, 32>>>(data);
        expect_sticky(hipErrorLaunchFailure);
    } else if (kind == "trap") {
        trap<<<1, 32>>>(data);
        expect_sticky(hipErrorLaunchFailure);
    } else if (kind == "mask") {
        impossible_mask<<<1, 32>>>(data);
        expect_sticky(hipErrorLaunchTimeOut);
    } else if (kind == "width") {
        bad_width<<<1, 32>>>(data);
        expect_sticky(hipErrorInvalidValue);
    } else if (kind == "many") { // blocks on several OS threads fail at the same time
        data[0] = 1;
        for (int i = 0; i < 4096; ++i)
            data[i] = 1;
        broken_assert<<<64, 64>>>(data);
        expect_sticky(hipErrorAssert);
    } else if (kind == "again") { // a second fault after the reset is told like the first
        null_pointer<<<1, 32>>>(nullptr);
        expect_sticky(hipErrorIllegalAddress);
        trap_at_once<<<1, 32>>>();
        expect_sticky(hipErrorLaunchFailure);
    } else if (kind == "spin") {
        spin_for_ever<<<1, 1>>>(data);
        EXPECT_RAN();
    } else if (kind == "stack") {
        check_big_stacks(data);
    } else if (kind == "deeper") { // without asking
        deeper_stack<<<1, 32>>>(data);
        expect_sticky(hipErrorLaunchFailure);
    } else if (kind == "host_assert") { // in host code assert() is what it always was
        assert(data == nullptr);
    } else if (kind == "host_fault") { // and so is a bad access
        *(volatile int *)nullptr = 1;
    } else if (kind == "barrier") { // for CPU_ENGINE=loop
        null_pointer<<<1, 32>>>(data);
        EXPECT_STATUS(hipGetLastError(), hipErrorNotSupported);
        EXPECT_OK(hipDeviceSynchronize());
    } else if (kind == "good") {
        good<<<1, 64>>>(data);
        EXPECT_RAN();
        EXPECT_EQ(data[63], 42);
    } else {
        printf("unknown kind\n");
        return 2;
    }
    return expect_result();
}
