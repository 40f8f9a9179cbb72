// Memory: allocation and its failures, copies of every kind and their failures, pitched copies and fills, pinned and
// managed memory, what is known of a pointer, and the memory that is left.
#include "expect.h"
#include <cstdint>

__global__ void add_one(int *data, int n)
{
    int i = blockIdx.x * blockDim.x + threadIdx.x;
    if (i < n)
        data[i] += 1;
}

__global__ void mark_rows(char *data, size_t pitch, int width, int height)
{
    int x = threadIdx.x, y = blockIdx.x;
    if (x < width && y < height)
        data[y * pitch + x] = (char)(x + 10 * y);
}

static void check_allocation()
{
    void *p = (void *)1, *q = nullptr;
    EXPECT_OK(hipMalloc(&p, 0));
    EXPECT(p == nullptr);
    EXPECT_ERROR(hipMalloc((void **)nullptr, 16), hipErrorInvalidValue);
    p = (void *)1;
    EXPECT_ERROR(hipMalloc(&p, (size_t)1 << 60), hipErrorOutOfMemory);
    EXPECT_ERROR(hipMalloc(&p, (size_t)-1), hipErrorOutOfMemory);
    EXPECT_ERROR(hipMallocManaged(&p, (size_t)1 << 60), hipErrorOutOfMemory);
    EXPECT_ERROR(hipHostMalloc(&p, (size_t)1 << 60, 0), hipErrorOutOfMemory);
    size_t pitch = 0;
    EXPECT_ERROR(hipMallocPitch(&p, &pitch, (size_t)1 << 40, (size_t)1 << 40), hipErrorOutOfMemory);
    for (size_t bytes : {1, 3, 255, 256, 257, 1000000}) { // every address is good for every type
        EXPECT_OK(hipMalloc(&p, bytes));
        EXPECT_OK(hipMalloc(&q, bytes));
        EXPECT((uintptr_t)p % 256 == 0 && (uintptr_t)q % 256 == 0 && p != q);
        EXPECT_OK(hipMemset(p, 1, bytes));
        EXPECT_OK(hipMemset(q, 2, bytes));
        char first = 0, last = 0;
        EXPECT_OK(hipMemcpy(&first, p, 1, hipMemcpyDeviceToHost));
        EXPECT_OK(hipMemcpy(&last, (char *)p + bytes - 1, 1, hipMemcpyDeviceToHost));
        EXPECT(first == 1 && last == 1);
        EXPECT_OK(hipFree(p));
        EXPECT_OK(hipFree(q));
    }
    EXPECT_OK(hipFree(nullptr));
    EXPECT_ERROR(hipFree(p), hipErrorInvalidValue); // twice
    EXPECT_OK(hipMalloc(&p, 1000));
    EXPECT_ERROR(hipFree((char *)p + 16), hipErrorInvalidValue); // not where it begins
    int on_the_stack = 0;
    EXPECT_ERROR(hipFree(&on_the_stack), hipErrorInvalidValue);
    EXPECT_ERROR(hipHostFree(p), hipErrorInvalidValue); // device memory
    EXPECT_OK(hipFree(p));
    EXPECT_OK(hipHostFree(nullptr));
    EXPECT_OK(hipHostMalloc(&p, 100, hipHostMallocDefault));
    EXPECT_OK(hipHostFree(p));
    EXPECT_ERROR(hipHostFree(p), hipErrorInvalidValue);
}

static void check_left()
{
    size_t before = 0, during = 0, after = 0, total = 0, same = 0;
    const size_t bytes = (size_t)64 << 20;
    void *p;
    EXPECT_OK(hipMemGetInfo(&before, &total));
    EXPECT(before > 0 && before <= total);
    EXPECT_OK(hipMalloc(&p, bytes));
    EXPECT_OK(hipMemGetInfo(&during, &same));
    EXPECT_OK(hipFree(p));
    EXPECT_OK(hipMemGetInfo(&after, &same));
    EXPECT_EQ(same, total);
    EXPECT(before - during >= bytes && before - during < bytes + ((size_t)4 << 20));
    EXPECT_EQ(after, before);
    EXPECT_ERROR(hipMemGetInfo(nullptr, &total), hipErrorInvalidValue);
    hipDeviceProp_t properties;
    EXPECT_OK(hipGetDeviceProperties(&properties, 0));
    EXPECT_EQ(properties.totalGlobalMem, total);
    EXPECT_ERROR(hipMalloc(&p, total + 1), hipErrorOutOfMemory);
}

static void check_copies()
{
    const int n = 1000;
    const size_t bytes = n * sizeof(int);
    int *a, *b, *pinned, *managed;
    std::vector<int> in(n), out(n);
    for (int i = 0; i < n; ++i)
        in[i] = 3 * i;
    EXPECT_OK(hipMalloc(&a, bytes));
    EXPECT_OK(hipMalloc(&b, bytes));
    EXPECT_OK(hipHostMalloc(&pinned, bytes));
    EXPECT_OK(hipMallocManaged(&managed, bytes));
    EXPECT_OK(hipMemcpy(a, in.data(), bytes, hipMemcpyHostToDevice));
    EXPECT_OK(hipMemcpy(b, a, bytes, hipMemcpyDeviceToDevice));
    EXPECT_OK(hipMemcpy(pinned, b, bytes, hipMemcpyDefault));
    EXPECT_OK(hipMemcpy(managed, pinned, bytes, hipMemcpyDefault));
    add_one<<<8, 128>>>(managed, n);
    EXPECT_RAN();
    EXPECT_OK(hipMemcpy(out.data(), managed, bytes, hipMemcpyDeviceToHost));
    for (int i = 0; i < n; ++i)
        EXPECT_AT(i, out[i], 3 * i + 1);
    add_one<<<8, 128>>>(pinned, n); // kernels reach pinned memory
    EXPECT_RAN();
    EXPECT_EQ(pinned[n - 1], 3 * (n - 1) + 1);
    EXPECT_OK(hipMemcpy(out.data(), in.data(), bytes, hipMemcpyHostToHost));
    EXPECT(out == in);
    EXPECT_OK(hipMemcpyAsync(a + 10, in.data(), 40, hipMemcpyHostToDevice, 0)); // a part
    EXPECT_OK(hipMemcpy(out.data(), a, bytes, hipMemcpyDeviceToHost));
    EXPECT_EQ(out[9], 27);
    EXPECT_EQ(out[10], 0);
    EXPECT_EQ(out[19], 27);
    EXPECT_EQ(out[20], 60);
    EXPECT_OK(hipMemset(a, 0x11, 8));
    EXPECT_OK(hipMemsetAsync(a + 2, 0xff, 4, 0));
    EXPECT_OK(hipMemcpy(out.data(), a, 16, hipMemcpyDeviceToHost));
    EXPECT_EQ(out[1], 0x11111111);
    EXPECT_EQ(out[2], -1);
    EXPECT_EQ(out[3], 9);
    EXPECT_OK(hipMemsetD32(a, 0x12345678, 3));
    EXPECT_OK(hipMemcpy(out.data(), a, 16, hipMemcpyDeviceToHost));
    EXPECT(out[0] == 0x12345678 && out[2] == 0x12345678 && out[3] == 9);

    // What must not be copied. Nothing is changed by a copy that fails.
    EXPECT_ERROR(hipMemcpy(a, nullptr, 4, hipMemcpyHostToDevice), hipErrorInvalidValue);
    EXPECT_ERROR(hipMemcpy(nullptr, a, 4, hipMemcpyDeviceToHost), hipErrorInvalidValue);
    EXPECT_OK(hipMemcpy(a, nullptr, 0, hipMemcpyHostToDevice));
    EXPECT_ERROR(hipMemcpy(a, in.data(), 4, (hipMemcpyKind)17), hipErrorInvalidMemcpyDirection);
    EXPECT_ERROR(hipMemcpy(a, in.data(), bytes + 1, hipMemcpyHostToDevice), hipErrorInvalidValue);
    EXPECT_ERROR(hipMemcpy(out.data(), a + 1, bytes, hipMemcpyDeviceToHost), hipErrorInvalidValue);
    EXPECT_ERROR(hipMemcpy(b, a + n - 1, 8, hipMemcpyDeviceToDevice), hipErrorInvalidValue);
    EXPECT_ERROR(hipMemcpy(b + n, a, 4, hipMemcpyDeviceToDevice), hipErrorInvalidValue);
    EXPECT_ERROR(hipMemcpy(managed, a, bytes + 4, hipMemcpyDefault), hipErrorInvalidValue);
    EXPECT_ERROR(hipMemcpy(a, in.data(), (size_t)-4, hipMemcpyHostToDevice), hipErrorInvalidValue);
    EXPECT_ERROR(hipMemset(a, 0, bytes + 1), hipErrorInvalidValue);
    EXPECT_ERROR(hipMemset(nullptr, 0, 4), hipErrorInvalidValue);
    EXPECT_ERROR(hipMemset(in.data(), 0, 4), hipErrorInvalidValue);
    // The wrong kind: host memory where the device's belongs, and the other way round.
    EXPECT_ERROR(hipMemcpy(out.data(), in.data(), 4, hipMemcpyHostToDevice), hipErrorInvalidValue);
    EXPECT_ERROR(hipMemcpy(out.data(), in.data(), 4, hipMemcpyDeviceToDevice), hipErrorInvalidValue);
    EXPECT_ERROR(hipMemcpy(b, a, 4, hipMemcpyHostToDevice), hipErrorInvalidMemcpyDirection);
    EXPECT_ERROR(hipMemcpy(b, a, 4, hipMemcpyDeviceToHost), hipErrorInvalidMemcpyDirection);
    EXPECT_OK(hipFree(b));
    EXPECT_ERROR(hipMemcpy(b, in.data(), 4, hipMemcpyHostToDevice), hipErrorInvalidValue); // freed
    EXPECT_ERROR(hipMemcpy(out.data(), b, 4, hipMemcpyDeviceToHost), hipErrorInvalidValue);
    EXPECT_ERROR(hipMemcpy(out.data(), b, 4, hipMemcpyDefault), hipErrorInvalidValue);
    EXPECT_ERROR(hipMemset(b, 0, 4), hipErrorInvalidValue);
    EXPECT_EQ(in[1], 3);
    EXPECT_OK(hipFree(a));
    EXPECT_OK(hipFree(managed));
    EXPECT_OK(hipHostFree(pinned));
}

static void check_pitched()
{
    const int width = 300, height = 7;
    size_t pitch = 0;
    char *device;
    EXPECT_OK(hipMallocPitch(&device, &pitch, width, height));
    EXPECT(pitch >= width && pitch % 64 == 0);
    EXPECT_OK(hipMemset2D(device, pitch, 0x55, pitch, height));
    mark_rows<<<height, 320>>>(device, pitch, width, height);
    EXPECT_RAN();
    std::vector<char> out(350 * height, 9);
    EXPECT_OK(hipMemcpy2D(out.data(), 350, device, pitch, width, height, hipMemcpyDeviceToHost));
    for (int y = 0; y < height; ++y)
        for (int x = 0; x < 350; ++x)
            EXPECT_AT(x, out[350 * y + x], x < width ? (char)(x + 10 * y) : 9);
    EXPECT_OK(hipMemset2D(device + 1, pitch, 7, 10, 3)); // a box of 10 by 3
    EXPECT_OK(hipMemcpy2D(out.data(), 350, device, pitch, width, height, hipMemcpyDeviceToHost));
    for (int y = 0; y < height; ++y)
        for (int x = 0; x < 20; ++x)
            EXPECT_AT(x, out[350 * y + x], x >= 1 && x < 11 && y < 3 ? 7 : (char)(x + 10 * y));
    for (int i = 0; i < 350 * height; ++i)
        out[i] = (char)i;
    EXPECT_OK(hipMemcpy2DAsync(device, pitch, out.data() + 5, 350, 20, height, hipMemcpyHostToDevice, 0));
    std::vector<char> back(20 * height);
    EXPECT_OK(hipMemcpy2D(back.data(), 20, device, pitch, 20, height, hipMemcpyDefault));
    for (int i = 0; i < 20 * height; ++i)
        EXPECT_AT(i, back[i], (char)(350 * (i / 20) + 5 + i % 20));
    EXPECT_ERROR(hipMemcpy2D(out.data(), 350, device, pitch, 351, height, hipMemcpyDeviceToHost),
                 hipErrorInvalidPitchValue);
    EXPECT_ERROR(hipMemcpy2D(out.data(), pitch + 1, device, pitch, pitch + 1, height, hipMemcpyDeviceToHost),
                 hipErrorInvalidPitchValue);
    EXPECT_ERROR(hipMemset2D(device, pitch, 0, pitch + 1, 2), hipErrorInvalidValue);
    EXPECT_ERROR(hipMemset2D(device, pitch, 0, width, height + 1), hipErrorInvalidValue);
    EXPECT_ERROR(hipMemcpy2D(out.data(), 350, device, pitch, 300, height + 1, hipMemcpyDeviceToHost),
                 hipErrorInvalidValue);
    EXPECT_ERROR(hipMemcpy2D(nullptr, 350, device, pitch, 300, height, hipMemcpyDeviceToHost), hipErrorInvalidValue);
    EXPECT_OK(hipMemcpy2D(out.data(), 350, device, pitch, 0, height, hipMemcpyDeviceToHost));
    EXPECT_OK(hipMemcpy2D(out.data(), 350, device, pitch, 300, 0, hipMemcpyDeviceToHost));
    EXPECT_OK(hipFree(device));
}

static void check_pointers()
{
    int *device, *pinned, *managed, here[4] = {1, 2, 3, 4};
    EXPECT_OK(hipMalloc(&device, 400));
    EXPECT_OK(hipHostMalloc(&pinned, 400, hipHostMallocPortable));
    EXPECT_OK(hipMallocManaged(&managed, 400));
    hipPointerAttribute_t a;
    EXPECT_OK(hipPointerGetAttributes(&a, device + 5));
    EXPECT(a.type == hipMemoryTypeDevice && a.device == 0 && a.devicePointer == device + 5 && !a.isManaged);
    EXPECT_OK(hipPointerGetAttributes(&a, pinned));
    EXPECT(a.type == hipMemoryTypeHost && a.hostPointer == pinned && a.devicePointer == pinned && !a.isManaged);
    EXPECT_OK(hipPointerGetAttributes(&a, managed));
    EXPECT(a.isManaged && a.devicePointer == managed && a.hostPointer == managed);
    EXPECT_ERROR(hipPointerGetAttributes(&a, here), hipErrorInvalidValue);
    EXPECT_ERROR(hipPointerGetAttributes(nullptr, device), hipErrorInvalidValue);
    int *seen_by_device = nullptr;
    EXPECT_OK(hipHostGetDevicePointer((void **)&seen_by_device, pinned, 0));
    *pinned = 5;
    add_one<<<1, 1>>>(seen_by_device, 1);
    EXPECT_RAN();
    EXPECT_EQ(*pinned, 6);
    EXPECT_ERROR(hipHostGetDevicePointer((void **)&seen_by_device, here, 0), hipErrorInvalidValue);
    unsigned flags = 0;
    EXPECT_OK(hipHostGetFlags(&flags, pinned));
    EXPECT(flags & hipHostMallocPortable);

    // The program's own memory, made known to the device.
    EXPECT_OK(hipHostRegister(here, sizeof here, hipHostRegisterDefault));
    EXPECT_ERROR(hipHostRegister(here, sizeof here, hipHostRegisterDefault), hipErrorHostMemoryAlreadyRegistered);
    EXPECT_OK(hipHostGetDevicePointer((void **)&seen_by_device, here, 0));
    add_one<<<1, 4>>>(seen_by_device, 4);
    EXPECT_RAN();
    EXPECT(here[0] == 2 && here[3] == 5);
    EXPECT_OK(hipHostUnregister(here));
    EXPECT_ERROR(hipHostUnregister(here), hipErrorHostMemoryNotRegistered);

    hipDeviceptr_t base = nullptr;
    size_t bytes = 0;
    EXPECT_OK(hipMemGetAddressRange(&base, &bytes, device + 7));
    EXPECT(base == device && bytes == 400);
    EXPECT_OK(hipMemPrefetchAsync(managed, 400, 0, 0));
    EXPECT_OK(hipMemAdvise(managed, 400, hipMemAdviseSetReadMostly, 0));
    EXPECT_ERROR(hipMemAdvise(device, 400, hipMemAdviseSetReadMostly, 0), hipErrorInvalidValue);
    EXPECT_ERROR(hipMemPrefetchAsync(managed, 404, 0, 0), hipErrorInvalidValue);
    EXPECT_OK(hipFree(device));
    EXPECT_OK(hipFree(managed));
    EXPECT_OK(hipHostFree(pinned));
}

static void check_pools()
{
    hipStream_t stream;
    int *p = nullptr, value = 41;
    EXPECT_OK(hipStreamCreate(&stream));
    EXPECT_OK(hipMallocAsync((void **)&p, 4000, stream));
    EXPECT_OK(hipMemcpyAsync(p, &value, sizeof value, hipMemcpyHostToDevice, stream));
    add_one<<<1, 1, 0, stream>>>(p, 1);
    EXPECT_OK(hipMemcpyAsync(&value, p, sizeof value, hipMemcpyDeviceToHost, stream));
    EXPECT_OK(hipFreeAsync(p, stream));
    EXPECT_OK(hipStreamSynchronize(stream));
    EXPECT_EQ(value, 42);
    hipMemPool_t pool;
    unsigned long long threshold = 1 << 20, back = 0;
    EXPECT_OK(hipDeviceGetDefaultMemPool(&pool, 0));
    EXPECT_OK(hipMemPoolSetAttribute(pool, hipMemPoolAttrReleaseThreshold, &threshold));
    EXPECT_OK(hipMemPoolGetAttribute(pool, hipMemPoolAttrReleaseThreshold, &back));
    EXPECT_EQ(back, threshold);
    EXPECT_OK(hipMallocFromPoolAsync((void **)&p, 100, pool, stream));
    EXPECT_OK(hipFreeAsync(p, stream));
    EXPECT_ERROR(hipFreeAsync(p, stream), hipErrorInvalidValue);
    EXPECT_OK(hipMemPoolTrimTo(pool, 0));
    EXPECT_OK(hipStreamDestroy(stream));
}

int main()
{
    check_allocation();
    check_left();
    check_copies();
    check_pitched();
    check_pointers();
    check_pools();
    return expect_result();
}
