// Kernels in their many forms: templates, overloads, lambdas and structs as arguments, conversions of arguments,
// kernels by pointer, hipLaunchKernel and hipLaunchKernelGGL, __launch_bounds__, attributes and occupancy.
#include "expect.h"

template <class T> __global__ void scale(T *data, T factor, int n)
{
    int i = blockIdx.x * blockDim.x + threadIdx.x;
    if (i < n)
        data[i] *= factor;
}

template <int N, bool Reverse = false, class T = int> __global__ void copy_row(const T *in, T *out)
{
    __shared__ T row[N];
    row[threadIdx.x] = in[threadIdx.x];
    __syncthreads();
    out[threadIdx.x] = Reverse ? row[N - 1 - threadIdx.x] : row[threadIdx.x];
}

template <> __global__ void scale<double>(double *data, double factor, int n) // a case of its own
{
    int i = threadIdx.x;
    if (i < n)
        data[i] = data[i] * factor + 1;
}

template <class F> __global__ void for_each_index(int n, F f)
{
    int i = blockIdx.x * blockDim.x + threadIdx.x;
    if (i < n)
        f(i);
}

template <class... Parts> __global__ void sum_of(double *out, Parts... parts)
{
    double sum = 0;
    for (double part : {(double)parts...})
        sum += part;
    *out = sum;
}

__global__ void overloaded(int *out, int x)
{
    *out = x;
}
__global__ void overloaded(int *out, double x)
{
    *out = (int)(100 * x);
}

struct Matrix {
    float data[2][3];
    int rows;
    __host__ __device__ float trace() const { return data[0][0] + data[1][1]; }
};

__global__ void by_value(float *out, Matrix m, const float *none, long wide, float real, bool yes, char letter,
                         unsigned long long big)
{
    m.data[0][0] += 1; // a copy: the caller's stays as it is
    *out = m.trace() + m.rows + (none == nullptr) + wide + real + yes + (letter == 'x') + (float)(big >> 40);
}

__global__ void changes_its_parameters(float *data, int n, int stride)
{
    data += threadIdx.x * stride;
    n -= threadIdx.x % 2;
    for (; n > 0; --n)
        *data++ = (float)n;
}

__global__ void __launch_bounds__(128) bounded(int *out)
{
    out[threadIdx.x] = blockDim.x;
}
__global__ __launch_bounds__(64, 2) void bounded_twice(int *out)
{
    out[threadIdx.x] = blockDim.x;
}
__global__ void with_shared(float *out)
{
    __shared__ float tile[32][33];
    tile[threadIdx.x][0] = 1;
    __syncthreads();
    *out = tile[0][0];
}

struct Functor {
    int *out;
    int add;
    __device__ void operator()(int i) const { out[i] = i + add; }
};

class Runner
{
  public:
    explicit Runner(int *where) : out(where) {}
    void go(int n)
    {
        int *target = out;
        for_each_index<<<(n + 63) / 64, 64>>>(n, [=] __device__(int i) { target[i] = 3 * i; });
    }

  private:
    int *out;
};

static void check_templates()
{
    const int n = 100;
    int *ints = room<int>(n), *out = room<int>(n);
    float *floats = room<float>(n);
    double *doubles = room<double>(n), *sum = room<double>(1);
    for (int i = 0; i < n; ++i)
        ints[i] = i, floats[i] = i, doubles[i] = i;
    scale<<<2, 64>>>(ints, 3, n);
    scale<float><<<dim3(2), dim3(64)>>>(floats, 2, n); // int converts to float
    scale<double><<<1, 128>>>(doubles, 2.0, n);
    EXPECT_RAN();
    for (int i = 0; i < n; ++i) {
        EXPECT_AT(i, ints[i], 3 * i);
        EXPECT_AT(i, floats[i], 2.0f * i);
        EXPECT_AT(i, doubles[i], 2.0 * i + 1);
    }
    copy_row<50><<<1, 50>>>(ints, out);
    copy_row<40, true><<<1, 40>>>(ints + 50, out + 50);
    EXPECT_RAN();
    for (int i = 0; i < 50; ++i)
        EXPECT_AT(i, out[i], 3 * i);
    for (int i = 0; i < 40; ++i)
        EXPECT_AT(i, out[50 + i], 3 * (89 - i));
    sum_of<<<1, 1>>>(sum, 1, 2.5f, 3.25, 4u, (char)5);
    EXPECT_RAN();
    EXPECT_EQ(*sum, 15.75);

    int captured = 1000;
    for_each_index<<<2, 64>>>(n, Functor{out, 7});
    EXPECT_RAN();
    EXPECT_EQ(out[99], 106);
    for_each_index<<<2, 64>>>(n, [=] __device__(int i) { out[i] = captured - i; });
    EXPECT_RAN();
    for (int i = 0; i < n; ++i)
        EXPECT_AT(i, out[i], 1000 - i);
    Runner(out).go(n);
    EXPECT_RAN();
    EXPECT_EQ(out[99], 297);
    overloaded<<<1, 1>>>(out, 7);
    EXPECT_RAN();
    EXPECT_EQ(*out, 7);
    overloaded<<<1, 1>>>(out, 0.5);
    EXPECT_RAN();
    EXPECT_EQ(*out, 50);
}

static void check_arguments()
{
    float *out = room<float>(64);
    Matrix m = {{{1, 2, 3}, {4, 5, 6}}, 2};
    by_value<<<1, 1>>>(out, m, 0, 7, 2, true, 'x', 5ull << 40);
    EXPECT_RAN();
    EXPECT_EQ(*out, 7.0f + 2 + 1 + 7 + 2 + 1 + 1 + 5);
    EXPECT_EQ(m.data[0][0], 1.0f);
    by_value<<<dim3{1, 1}, dim3{1, 1, 1}>>>(out, {{{0, 0, 0}, {0, 0, 0}}, 1}, NULL, 'a', 1.9f, 2, 'y', 1);
    EXPECT_RAN();
    EXPECT_EQ(*out, 1.0f + 1 + 1 + 97 + 1.9f + 1);
    changes_its_parameters<<<1, 8>>>(out, 4, 8);
    EXPECT_RAN();
    for (int t = 0; t < 8; ++t)
        for (int i = 0; i < 4 - t % 2; ++i)
            EXPECT_AT(t, out[8 * t + i], (float)(4 - t % 2 - i));
    int evaluated = 0;
    overloaded<<<(++evaluated, 1), 1>>>((int *)out, evaluated + 10); // each expression once
    EXPECT_RAN();
    EXPECT_EQ(evaluated, 1);
    EXPECT_EQ(*(int *)out, 11);
}

static void check_pointers()
{
    const int n = 100;
    int *data = room<int>(n), factor = 5, count = n;
    for (int i = 0; i < n; ++i)
        data[i] = i;
    void (*kernel)(int *, int, int) = scale<int>;
    kernel<<<2, 64>>>(data, 2, n);
    EXPECT_RAN();
    EXPECT_EQ(data[99], 198);
    void *arguments[] = {&data, &factor, &count};
    EXPECT_OK(hipLaunchKernel((const void *)kernel, dim3(2), dim3(64), arguments, 0, 0));
    EXPECT_OK(hipLaunchKernel(reinterpret_cast<const void *>(&scale<int>), dim3(2), dim3(64), arguments, 0, nullptr));
    EXPECT_RAN();
    EXPECT_EQ(data[99], 198 * 25);
    hipLaunchKernelGGL(scale<int>, dim3(2), dim3(64), 0, 0, data, 1, n);
    hipLaunchKernelGGL(HIP_KERNEL_NAME(copy_row<64, true>), 1, 64, 0, 0, data, data);
    hipLaunchKernelGGL((copy_row<64, true, int>), dim3(1, 1, 1), dim3(64), 0, nullptr, data, data);
    EXPECT_RAN();
    EXPECT_EQ(data[63], 63 * 50);
    EXPECT_ERROR(hipLaunchKernel((const void *)&factor, dim3(1), dim3(1), arguments, 0, 0),
                 hipErrorInvalidDeviceFunction);
    EXPECT_ERROR(hipLaunchKernel(nullptr, dim3(1), dim3(1), arguments, 0, 0), hipErrorInvalidDeviceFunction);
    EXPECT_ERROR(hipLaunchKernel((const void *)kernel, dim3(1), dim3(2000), arguments, 0, 0),
                 hipErrorInvalidConfiguration);

    void (*table[])(int *) = {bounded, bounded_twice};
    for (auto one : table) {
        one<<<1, 64>>>(data);
        EXPECT_RAN();
        EXPECT_EQ(data[63], 64);
    }
}

static void check_attributes()
{
    hipFuncAttributes a = {};
    EXPECT_OK(hipFuncGetAttributes(&a, (const void *)bounded));
    EXPECT_EQ(a.maxThreadsPerBlock, 128);
    EXPECT_EQ(a.sharedSizeBytes, (size_t)0);
    EXPECT_OK(hipFuncGetAttributes(&a, (const void *)bounded_twice));
    EXPECT_EQ(a.maxThreadsPerBlock, 64);
    EXPECT_OK(hipFuncGetAttributes(&a, (const void *)with_shared));
    EXPECT_EQ(a.maxThreadsPerBlock, 1024);
    EXPECT_EQ(a.sharedSizeBytes, 32 * 33 * sizeof(float));
    EXPECT_OK(hipFuncGetAttributes(&a, reinterpret_cast<const void *>(&copy_row<50>)));
    EXPECT_EQ(a.sharedSizeBytes, 50 * sizeof(int));
    int x = 0;
    EXPECT_ERROR(hipFuncGetAttributes(&a, (const void *)&x), hipErrorInvalidDeviceFunction);
    EXPECT_ERROR(hipFuncGetAttributes(nullptr, (const void *)bounded), hipErrorInvalidValue);
    EXPECT_OK(hipFuncSetAttribute((const void *)with_shared, hipFuncAttributeMaxDynamicSharedMemorySize, 16384));
    EXPECT_OK(hipFuncSetAttribute((const void *)with_shared, hipFuncAttributePreferredSharedMemoryCarveout, 50));
    EXPECT_ERROR(hipFuncSetAttribute((const void *)with_shared, hipFuncAttributeMaxDynamicSharedMemorySize, 1 << 20),
                 hipErrorInvalidValue);
    EXPECT_ERROR(hipFuncSetAttribute((const void *)&x, hipFuncAttributeMaxDynamicSharedMemorySize, 1024),
                 hipErrorInvalidDeviceFunction);
    EXPECT_OK(hipFuncSetCacheConfig((const void *)with_shared, hipFuncCachePreferShared));
}

// How many blocks fit: never more threads or shared memory than a multiprocessor has, and at least as many as go in.
static void check_occupancy()
{
    hipDeviceProp_t p;
    EXPECT_OK(hipGetDeviceProperties(&p, 0));
    int before = 1 << 20;
    for (int block : {32, 64, 128, 256, 512, 1024}) {
        int blocks = -1;
        EXPECT_OK(hipOccupancyMaxActiveBlocksPerMultiprocessor(&blocks, with_shared, block, 0));
        EXPECT(blocks >= 1 && blocks <= before);
        EXPECT(blocks * block <= p.maxThreadsPerMultiProcessor);
        EXPECT(blocks * 32 * 33 * sizeof(float) <= p.maxSharedMemoryPerMultiProcessor);
        before = blocks;
    }
    int plain = 0, heavy = 0, too_heavy = -1;
    EXPECT_OK(hipOccupancyMaxActiveBlocksPerMultiprocessor(&plain, bounded, 128, 0));
    EXPECT_OK(hipOccupancyMaxActiveBlocksPerMultiprocessor(&heavy, bounded, 128, p.sharedMemPerBlock / 2 + 1));
    EXPECT_OK(hipOccupancyMaxActiveBlocksPerMultiprocessor(&too_heavy, bounded, 128, p.sharedMemPerBlock * 4));
    EXPECT(plain > heavy);
    EXPECT_EQ(heavy, (int)(p.maxSharedMemoryPerMultiProcessor / (p.sharedMemPerBlock / 2 + 1)));
    EXPECT_EQ(too_heavy, 0);
    int grid = 0, block = 0;
    EXPECT_OK(hipOccupancyMaxPotentialBlockSize(&grid, &block, bounded, 0, 0));
    EXPECT(block >= warp_size() && block <= 128 && grid >= 1);
    EXPECT_OK(hipOccupancyMaxPotentialBlockSize(&grid, &block, with_shared, 0, 200));
    EXPECT(block >= 1 && block <= 200 && grid >= 1);
    int *out = room<int>(1024);
    EXPECT_OK(hipOccupancyMaxPotentialBlockSize(&grid, &block, bounded_twice));
    bounded_twice<<<grid, block>>>(out); // what it proposes can be started
    EXPECT_RAN();
    EXPECT_ERROR(hipOccupancyMaxActiveBlocksPerMultiprocessor(nullptr, bounded, 128, 0), hipErrorInvalidValue);
    int x = 0;
    EXPECT_ERROR(hipOccupancyMaxActiveBlocksPerMultiprocessor(&x, (const void *)&x, 128, 0),
                 hipErrorInvalidDeviceFunction);
}

int main()
{
    check_templates();
    check_arguments();
    check_pointers();
    check_attributes();
    check_occupancy();
    return expect_result();
}
