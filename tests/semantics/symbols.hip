// __device__ and __constant__ variables: initial values, copies to and from them at offsets, their addresses and sizes,
// and what goes wrong: bytes beyond the end, and things that are no such variable.
#include "expect.h"

struct Pair {
    int a;
    double b;
};

__device__ int plain;
__device__ int initialised = 42;
__device__ float table[16] = {0.5f, 1.5f, 2.5f};
__device__ Pair pairs[3];
__device__ double grid[2][3];
__device__ unsigned long long ticks = 0x123456789abcdef0ull;
__device__ int *pointer_on_device;
static __device__ int of_this_file = 7;
__constant__ float weights[9];
__constant__ int limits[4] = {10, 20, 30, 40};
__constant__ Pair settings = {5, 2.5};
__constant__ char text[] = "constant text";
__device__ volatile int flag;
__managed__ int shared_with_host = 11;
__device__ const int fixed[3] = {3, 1, 4};

namespace nested
{
__device__ int inside = 99;
__constant__ int inside_constant;
} // namespace nested

template <class T> __device__ T twice_constant(T x)
{
    return x * (T)limits[0];
}

__global__ void read_all(double *out)
{
    out[0] = plain;
    out[1] = initialised;
    out[2] = table[0] + table[1] + table[2] + table[15];
    out[3] = pairs[1].a + pairs[1].b;
    out[4] = grid[1][2];
    out[5] = (double)(ticks & 0xffff);
    out[6] = of_this_file;
    out[7] = weights[4] + weights[8];
    out[8] = limits[0] + limits[3];
    out[9] = settings.a * settings.b;
    out[10] = text[9] == 't' && text[13] == 0;
    out[11] = nested::inside + nested::inside_constant;
    out[12] = twice_constant(1.5);
    out[13] = shared_with_host;
    out[14] = fixed[0] * 100 + fixed[1] * 10 + fixed[2];
}

__global__ void write_all()
{
    int t = threadIdx.x;
    if (t == 0) {
        plain = 5;
        pairs[2].a = 6;
        pairs[2].b = 7.5;
        flag = 1;
        shared_with_host = 12;
        nested::inside = 100;
        pointer_on_device = &initialised;
    }
    if (t < 16)
        table[t] = t * 2.0f;
    atomicAdd(&of_this_file, 1);
}

__global__ void follow_pointer(int *out)
{
    *out = *pointer_on_device + 1;
}

static void check_values()
{
    double *out = room<double>(15);
    read_all<<<1, 1>>>(out);
    EXPECT_RAN();
    const double first[] = {0, 42, 4.5, 0, 0, 0xdef0, 7, 0, 50, 12.5, 1, 99, 15, 11, 314};
    for (int i = 0; i < 15; ++i)
        EXPECT_AT(i, out[i], first[i]);

    int five = 3;
    float row[9] = {1, 2, 3, 4, 5, 6, 7, 8, 9};
    Pair pair = {8, 0.25};
    double corner = 6.5;
    EXPECT_OK(hipMemcpyToSymbol(plain, &five, sizeof five));
    EXPECT_OK(hipMemcpyToSymbol(HIP_SYMBOL(weights), row, sizeof row));
    EXPECT_OK(
        hipMemcpyToSymbol(weights, row, 2 * sizeof(float), 7 * sizeof(float), hipMemcpyHostToDevice)); // the last two
    EXPECT_OK(hipMemcpyToSymbol(HIP_SYMBOL(pairs), &pair, sizeof pair, sizeof pair));
    EXPECT_OK(hipMemcpyToSymbol(grid, &corner, sizeof corner, 5 * sizeof corner));
    EXPECT_OK(hipMemcpyToSymbol(limits, &five, sizeof five, 3 * sizeof five));
    EXPECT_OK(hipMemcpyToSymbol(nested::inside_constant, &five, sizeof five));
    EXPECT_OK(hipMemcpyToSymbol(settings, &pair, sizeof pair, 0, hipMemcpyDefault));
    shared_with_host = 13;
    read_all<<<1, 1>>>(out);
    EXPECT_RAN();
    const double second[] = {3, 42, 4.5, 8.25, 6.5, 0xdef0, 7, 7, 13, 2, 1, 102, 15, 13, 314};
    for (int i = 0; i < 15; ++i)
        EXPECT_AT(i, out[i], second[i]);

    write_all<<<1, 32>>>();
    EXPECT_RAN();
    int whole = 0;
    float back[16];
    EXPECT_OK(hipMemcpyFromSymbol(&whole, plain, sizeof whole));
    EXPECT_EQ(whole, 5);
    EXPECT_OK(hipMemcpyFromSymbol(&whole, HIP_SYMBOL(of_this_file), sizeof whole));
    EXPECT_EQ(whole, 39);
    EXPECT_OK(hipMemcpyFromSymbol(back, table, sizeof back));
    for (int i = 0; i < 16; ++i)
        EXPECT_AT(i, back[i], 2.0f * i);
    EXPECT_OK(hipMemcpyFromSymbol(back, table, 2 * sizeof(float), 3 * sizeof(float)));
    EXPECT_EQ(back[0], 6.0f);
    EXPECT_EQ(back[1], 8.0f);
    EXPECT_EQ(back[2], 4.0f); // not touched
    EXPECT_OK(hipMemcpyFromSymbol(&pair, pairs, sizeof pair, 2 * sizeof pair));
    EXPECT_EQ(pair.a, 6);
    EXPECT_EQ(pair.b, 7.5);
    EXPECT_EQ(shared_with_host, 12);
    int *one = room<int>(1);
    follow_pointer<<<1, 1>>>(one);
    EXPECT_RAN();
    EXPECT_EQ(*one, 43);
}

static void check_addresses()
{
    void *address = nullptr;
    size_t bytes = 0;
    EXPECT_OK(hipGetSymbolAddress(&address, HIP_SYMBOL(table)));
    EXPECT_OK(hipGetSymbolSize(&bytes, HIP_SYMBOL(table)));
    EXPECT_EQ(bytes, 16 * sizeof(float));
    EXPECT_OK(hipGetSymbolSize(&bytes, pairs));
    EXPECT_EQ(bytes, 3 * sizeof(Pair));
    EXPECT_OK(hipGetSymbolSize(&bytes, text));
    EXPECT_EQ(bytes, sizeof "constant text");
    EXPECT_OK(hipGetSymbolSize(&bytes, grid));
    EXPECT_EQ(bytes, 6 * sizeof(double));
    // The address works like memory from hipMalloc.
    float fours[16], back[16];
    for (float &four : fours)
        four = 4;
    EXPECT_OK(hipMemcpy(address, fours, sizeof fours, hipMemcpyHostToDevice));
    EXPECT_OK(hipMemcpyFromSymbol(back, table, sizeof back));
    EXPECT_EQ(memcmp(back, fours, sizeof back), 0);
    EXPECT_OK(hipMemset(address, 0, sizeof fours));
    EXPECT_OK(hipMemcpy(back, address, sizeof back, hipMemcpyDeviceToHost));
    EXPECT_EQ(back[15], 0.0f);
    EXPECT_ERROR(hipMemset(address, 0, sizeof fours + 1), hipErrorInvalidValue);
    EXPECT_ERROR(hipMemcpy(back, (char *)address + 4, sizeof back, hipMemcpyDeviceToHost), hipErrorInvalidValue);

    // A device variable that is a pointer is a symbol like any other: its own bytes are meant.
    int *device_memory, *read_back = nullptr;
    EXPECT_OK(hipMalloc(&device_memory, sizeof(int)));
    EXPECT_OK(hipMemcpyToSymbol(pointer_on_device, &device_memory, sizeof device_memory));
    EXPECT_OK(hipMemcpyFromSymbol(&read_back, pointer_on_device, sizeof read_back));
    EXPECT_EQ(read_back, device_memory);
    int *from_device;
    EXPECT_OK(hipGetSymbolAddress((void **)&from_device, initialised));
    EXPECT_OK(hipMemcpy(device_memory, from_device, sizeof(int), hipMemcpyDeviceToDevice));
    int value = 0;
    EXPECT_OK(hipMemcpyFromSymbol(device_memory, plain, sizeof(int), 0, hipMemcpyDeviceToDevice));
    EXPECT_OK(hipMemcpy(&value, device_memory, sizeof value, hipMemcpyDeviceToHost));
    EXPECT_EQ(value, 5);
    EXPECT_OK(hipFree(device_memory));
}

static void check_errors()
{
    int here = 1, buffer[64] = {};
    EXPECT_ERROR(hipMemcpyToSymbol(plain, buffer, sizeof(int) + 1), hipErrorInvalidValue);
    EXPECT_ERROR(hipMemcpyToSymbol(table, buffer, 16 * sizeof(float), sizeof(float)), hipErrorInvalidValue);
    EXPECT_ERROR(hipMemcpyToSymbol(table, buffer, 1, 16 * sizeof(float)), hipErrorInvalidValue);
    EXPECT_ERROR(hipMemcpyToSymbol(table, buffer, 4, (size_t)-4), hipErrorInvalidValue); // an offset that wraps around
    EXPECT_ERROR(hipMemcpyFromSymbol(buffer, table, 17 * sizeof(float)), hipErrorInvalidValue);
    EXPECT_ERROR(hipMemcpyFromSymbol(buffer, limits, 8, 12), hipErrorInvalidValue);
    EXPECT_ERROR(hipMemcpyToSymbol(plain, nullptr, sizeof(int)), hipErrorInvalidValue);
    EXPECT_ERROR(hipMemcpyFromSymbol(nullptr, plain, sizeof(int)), hipErrorInvalidValue);
    EXPECT_ERROR(hipMemcpyToSymbol(here, buffer, sizeof(int)), hipErrorInvalidSymbol);
    EXPECT_ERROR(hipMemcpyFromSymbol(buffer, here, sizeof(int)), hipErrorInvalidSymbol);
    void *address = &here;
    size_t bytes = 0;
    EXPECT_ERROR(hipGetSymbolAddress(&address, here), hipErrorInvalidSymbol);
    EXPECT_ERROR(hipGetSymbolSize(&bytes, here), hipErrorInvalidSymbol);
    EXPECT_ERROR(hipGetSymbolAddress(nullptr, plain), hipErrorInvalidValue);
    EXPECT_ERROR(hipMemcpyToSymbol(plain, buffer, sizeof(int), 0, hipMemcpyDeviceToHost),
                 hipErrorInvalidMemcpyDirection);
    EXPECT_ERROR(hipMemcpyFromSymbol(buffer, plain, sizeof(int), 0, hipMemcpyHostToDevice),
                 hipErrorInvalidMemcpyDirection);
    EXPECT_OK(hipMemcpyToSymbol(plain, buffer, 0)); // nothing to do
    EXPECT_EQ(here, 1);
}

int main()
{
    check_values();
    check_addresses();
    check_errors();

    hipStream_t stream;
    int value = 77, back = 0;
    EXPECT_OK(hipStreamCreate(&stream));
    EXPECT_OK(hipMemcpyToSymbolAsync(plain, &value, sizeof value, 0, hipMemcpyHostToDevice, stream));
    EXPECT_OK(hipMemcpyFromSymbolAsync(&back, plain, sizeof back, 0, hipMemcpyDeviceToHost, stream));
    EXPECT_OK(hipStreamSynchronize(stream));
    EXPECT_EQ(back, 77);
    EXPECT_OK(hipStreamDestroy(stream));
    return expect_result();
}
