// Streams and events: work in order, waiting across streams, times, callbacks, priorities, and handles that are wrong.
#include "expect.h"
#include <chrono>
#include <thread>

__global__ void times_two_plus(int *value, int add)
{
    *value = *value * 2 + add;
}

__global__ void busy(float *out, int rounds)
{
    float x = threadIdx.x;
    for (int i = 0; i < rounds; ++i)
        x = x * 0.999f + 1;
    out[blockIdx.x * blockDim.x + threadIdx.x] = x;
}

static void check_order()
{
    hipStream_t a, b;
    hipEvent_t event;
    int *value, *host, start = 1;
    EXPECT_OK(hipStreamCreate(&a));
    EXPECT_OK(hipStreamCreateWithFlags(&b, hipStreamNonBlocking));
    EXPECT_OK(hipEventCreate(&event));
    EXPECT_OK(hipMalloc(&value, sizeof(int)));
    EXPECT_OK(hipHostMalloc(&host, sizeof(int)));
    EXPECT_OK(hipMemcpyAsync(value, &start, sizeof start, hipMemcpyHostToDevice, a));
    for (int i = 0; i < 5; ++i)
        times_two_plus<<<1, 1, 0, a>>>(value, i); // 1 2 5 12 27 58
    EXPECT_OK(hipEventRecord(event, a));
    EXPECT_OK(hipStreamWaitEvent(b, event, 0));
    times_two_plus<<<1, 1, 0, b>>>(value, 100); // only after all of a's
    EXPECT_OK(hipMemcpyAsync(host, value, sizeof *host, hipMemcpyDeviceToHost, b));
    EXPECT_OK(hipStreamSynchronize(b));
    EXPECT_EQ(*host, 58 * 2 + 100);
    EXPECT_OK(hipStreamQuery(a));
    EXPECT_OK(hipStreamQuery(b));
    EXPECT_OK(hipEventQuery(event));
    EXPECT_OK(hipDeviceSynchronize());
    EXPECT_OK(hipStreamQuery(0));
    EXPECT_OK(hipStreamSynchronize(0));
    times_two_plus<<<1, 1, 0, hipStreamPerThread>>>(value, 0);
    EXPECT_OK(hipStreamSynchronize(hipStreamPerThread));
    times_two_plus<<<1, 1, 0, hipStreamDefault>>>(value, 1);
    EXPECT_OK(hipMemcpy(host, value, sizeof *host, hipMemcpyDeviceToHost));
    EXPECT_EQ(*host, 216 * 4 + 1);
    unsigned flags = 77;
    EXPECT_OK(hipStreamGetFlags(b, &flags));
    EXPECT_EQ(flags, (unsigned)hipStreamNonBlocking);
    EXPECT_OK(hipStreamGetFlags(a, &flags));
    EXPECT_EQ(flags, (unsigned)hipStreamDefault);
    EXPECT_OK(hipEventDestroy(event));
    EXPECT_OK(hipStreamDestroy(a));
    EXPECT_OK(hipStreamDestroy(b));
    EXPECT_OK(hipFree(value));
    EXPECT_OK(hipHostFree(host));
}

static void check_times()
{
    hipEvent_t start, middle, stop, untimed, never;
    float *out = room<float>(64 * 64), ms = -1, first = -1, second = -1;
    EXPECT_OK(hipEventCreate(&start));
    EXPECT_OK(hipEventCreateWithFlags(&middle, hipEventBlockingSync));
    EXPECT_OK(hipEventCreate(&stop));
    EXPECT_OK(hipEventCreate(&never));
    EXPECT_OK(hipEventCreateWithFlags(&untimed, hipEventDisableTiming));
    busy<<<64, 64>>>(out, 10); // the first launch is slow for reasons of its own
    EXPECT_RAN();

    auto before = std::chrono::steady_clock::now();
    EXPECT_OK(hipEventRecord(start, 0));
    busy<<<64, 64>>>(out, 500);
    EXPECT_OK(hipEventRecord(middle));
    busy<<<64, 64>>>(out, 20000);
    EXPECT_OK(hipEventRecord(stop, nullptr));
    EXPECT_OK(hipEventSynchronize(stop));
    double wall = std::chrono::duration<double, std::milli>(std::chrono::steady_clock::now() - before).count();
    EXPECT_OK(hipEventElapsedTime(&ms, start, stop));
    EXPECT_OK(hipEventElapsedTime(&first, start, middle));
    EXPECT_OK(hipEventElapsedTime(&second, middle, stop));
    EXPECT(ms > 0 && ms <= wall + 0.01);
    EXPECT(first > 0 && second > first); // forty times the work
    EXPECT(first + second <= ms * 1.001 + 0.001 && first + second >= ms * 0.999 - 0.001);
    EXPECT_OK(hipEventElapsedTime(&ms, stop, start)); // backwards is negative
    EXPECT(ms < 0);
    EXPECT_OK(hipEventElapsedTime(&ms, start, start));
    EXPECT_EQ(ms, 0.0f);

    EXPECT_OK(hipEventRecord(start)); // a second time: now it is later than `stop`
    EXPECT_OK(hipEventElapsedTime(&ms, stop, start));
    EXPECT(ms >= 0);
    EXPECT_ERROR(hipEventElapsedTime(&ms, start, never), hipErrorInvalidHandle);
    EXPECT_OK(hipEventRecord(untimed));
    EXPECT_ERROR(hipEventElapsedTime(&ms, start, untimed), hipErrorInvalidHandle);
    EXPECT_ERROR(hipEventElapsedTime(nullptr, start, stop), hipErrorInvalidValue);
    EXPECT_OK(hipEventQuery(never)); // an event that nobody recorded is done
    EXPECT_OK(hipEventSynchronize(never));
    for (hipEvent_t event : {start, middle, stop, untimed, never})
        EXPECT_OK(hipEventDestroy(event));
}

struct Called {
    int times;
    hipStream_t stream;
    hipError_t status;
    int seen;
    int *value;
};

static void on_stream(hipStream_t stream, hipError_t status, void *data)
{
    Called *called = (Called *)data;
    ++called->times;
    called->stream = stream;
    called->status = status;
    called->seen = *called->value;
}

static void on_host(void *data)
{
    Called *called = (Called *)data;
    ++called->times;
    called->seen = *called->value;
}

static void check_callbacks()
{
    hipStream_t stream;
    int *value = room<int>(1);
    Called first = {0, nullptr, hipErrorUnknown, 0, value}, second = {0, nullptr, hipErrorUnknown, 0, value};
    EXPECT_OK(hipStreamCreate(&stream));
    *value = 1;
    times_two_plus<<<1, 1, 0, stream>>>(value, 5);
    EXPECT_OK(hipStreamAddCallback(stream, on_stream, &first, 0));
    times_two_plus<<<1, 1, 0, stream>>>(value, 1);
    EXPECT_OK(hipLaunchHostFunc(stream, on_host, &second));
    times_two_plus<<<1, 1, 0, stream>>>(value, 0);
    EXPECT_OK(hipStreamSynchronize(stream));
    EXPECT(first.times == 1 && first.stream == stream && first.status == hipSuccess && first.seen == 7);
    EXPECT(second.times == 1 && second.seen == 15);
    EXPECT_EQ(*value, 30);
    EXPECT_ERROR(hipStreamAddCallback(stream, nullptr, nullptr, 0), hipErrorInvalidValue);
    EXPECT_ERROR(hipStreamAddCallback(stream, on_stream, &first, 1), hipErrorInvalidValue);
    EXPECT_OK(hipStreamDestroy(stream));
}

static void check_handles()
{
    hipStream_t stream, gone;
    hipEvent_t event, dead;
    int *value = room<int>(1), local = 3;
    EXPECT_OK(hipStreamCreate(&stream));
    EXPECT_OK(hipStreamCreate(&gone));
    EXPECT_OK(hipStreamDestroy(gone));
    EXPECT_OK(hipEventCreate(&event));
    EXPECT_OK(hipEventCreate(&dead));
    EXPECT_OK(hipEventDestroy(dead));
    EXPECT_ERROR(hipStreamCreate(nullptr), hipErrorInvalidValue);
    EXPECT_ERROR(hipEventCreate(nullptr), hipErrorInvalidValue);
    EXPECT_ERROR(hipStreamCreateWithFlags(&gone, 0x40), hipErrorInvalidValue);
    EXPECT_ERROR(hipEventCreateWithFlags(&dead, 0x400), hipErrorInvalidValue);
    EXPECT_OK(hipStreamCreate(&gone));
    EXPECT_OK(hipStreamDestroy(gone));
    EXPECT_OK(hipEventCreate(&dead));
    EXPECT_OK(hipEventDestroy(dead));
    EXPECT_ERROR(hipStreamDestroy(gone), hipErrorInvalidHandle);
    EXPECT_ERROR(hipStreamSynchronize(gone), hipErrorInvalidHandle);
    EXPECT_ERROR(hipStreamQuery(gone), hipErrorInvalidHandle);
    EXPECT_ERROR(hipStreamWaitEvent(gone, event, 0), hipErrorInvalidHandle);
    EXPECT_ERROR(hipStreamWaitEvent(stream, dead, 0), hipErrorInvalidHandle);
    EXPECT_ERROR(hipMemcpyAsync(value, &local, sizeof local, hipMemcpyHostToDevice, gone), hipErrorInvalidHandle);
    EXPECT_ERROR(hipMemsetAsync(value, 0, sizeof local, gone), hipErrorInvalidHandle);
    EXPECT_ERROR(hipEventRecord(dead, stream), hipErrorInvalidHandle);
    EXPECT_ERROR(hipEventRecord(event, gone), hipErrorInvalidHandle);
    EXPECT_ERROR(hipEventQuery(dead), hipErrorInvalidHandle);
    EXPECT_ERROR(hipEventSynchronize(dead), hipErrorInvalidHandle);
    EXPECT_ERROR(hipEventDestroy(dead), hipErrorInvalidHandle);
    EXPECT_ERROR(hipEventDestroy(nullptr), hipErrorInvalidHandle);
    EXPECT_ERROR(hipEventRecord(nullptr, stream), hipErrorInvalidHandle);
    float ms;
    EXPECT_ERROR(hipEventElapsedTime(&ms, event, dead), hipErrorInvalidHandle);
    times_two_plus<<<1, 1, 0, gone>>>(value, 1);
    EXPECT_STATUS(hipGetLastError(), hipErrorInvalidHandle);
    EXPECT_EQ(*value, 0);
    EXPECT_OK(hipStreamWaitEvent(stream, event, 0)); // never recorded: nothing to wait for
    EXPECT_OK(hipEventDestroy(event));
    EXPECT_OK(hipStreamDestroy(stream));
}

int main()
{
    check_order();
    check_times();
    check_callbacks();
    check_handles();

    int least = 99, greatest = 99, priority = 99;
    hipStream_t urgent;
    EXPECT_OK(hipDeviceGetStreamPriorityRange(&least, &greatest));
    EXPECT(least >= greatest); // a lower number is more urgent
    EXPECT_OK(hipStreamCreateWithPriority(&urgent, hipStreamNonBlocking, greatest));
    EXPECT_OK(hipStreamGetPriority(urgent, &priority));
    EXPECT_EQ(priority, greatest);
    EXPECT_OK(hipStreamDestroy(urgent));
    return expect_result();
}
