// Templates of all kinds: kernel<T, N>, functors, device lambdas, specialisation, a kernel with a parameter pack,
// a static member of a class template that launches, and both forms of launch for them.
#include <hip/hip_runtime.h>
#include <cstdio>
#include <cstdlib>
#include <type_traits>
#include <vector>

namespace gpu {

void check(hipError_t e, const char *file, int line)
{
    if (e == hipSuccess)
        return;
    std::printf("FAILED: %s:%d: %s\n", file, line, hipGetErrorString(e));
    std::exit(1);
}
#define CHECK(e) gpu::check((e), __FILE__, __LINE__)

template <class T>
struct Vector {     // owns device memory, cannot be copied
    T *data;
    size_t size;
    explicit Vector(const std::vector<T> &h) : size(h.size())
    {
        CHECK(hipMalloc(&data, size * sizeof(T)));
        CHECK(hipMemcpy(data, h.data(), size * sizeof(T), hipMemcpyHostToDevice));
    }
    Vector(const Vector &) = delete;
    ~Vector() { (void)hipFree(data); }
    std::vector<T> host() const
    {
        std::vector<T> h(size);
        CHECK(hipMemcpy(h.data(), data, size * sizeof(T), hipMemcpyDeviceToHost));
        return h;
    }
};

// A polynomial with N coefficients known at compile time, each thread N elements.
template <typename T, int N>
__global__ void polynomial(const T *x, T *y, size_t n, T first)
{
    T c[N];
    c[0] = first;
    for (int i = 1; i < N; i++)
        c[i] = c[i - 1] + T(1);
    for (size_t i = (blockIdx.x * blockDim.x + threadIdx.x) * N, end = i + N; i < end && i < n; i++) {
        T sum = 0;
#pragma unroll
        for (int k = N - 1; k >= 0; k--)
            sum = sum * x[i] + c[k];
        y[i] = sum;
    }
}

template <typename F>
__global__ void for_each_index(int n, F f)
{
    for (int i = blockIdx.x * blockDim.x + threadIdx.x; i < n; i += gridDim.x * blockDim.x)
        f(i);
}

template <typename T>
struct Largest {
    __host__ __device__ T operator()(T a, T b) const { return a > b ? a : b; }
    static constexpr T neutral() { return T(-1000); }
};
template <typename T>
struct Product {
    __host__ __device__ T operator()(T a, T b) const { return a * b; }
    static constexpr T neutral() { return T(1); }
};
template <>
struct Product<bool> {  // a product of truth values
    __host__ __device__ bool operator()(bool a, bool b) const { return a && b; }
    static constexpr bool neutral() { return true; }
};

template <unsigned Threads, template <class> class Op, class T>
__global__ void reduce(const T *in, int n, T *out, Op<T> op = {})
{
    __shared__ T partial[Threads];
    T mine = Op<T>::neutral();
    for (unsigned i = threadIdx.x; i < n; i += Threads)
        mine = op(mine, in[i]);
    partial[threadIdx.x] = mine;
    for (unsigned half = Threads / 2; half; half /= 2) {
        __syncthreads();
        if (threadIdx.x < half)
            partial[threadIdx.x] = op(partial[threadIdx.x], partial[threadIdx.x + half]);
    }
    if (!threadIdx.x)
        *out = partial[0];
}

template <template <class> class Op, class T>
struct Reducer {
    static T run(const std::vector<T> &h)
    {
        Vector<T> in(h), out(std::vector<T>(1, T()));
        reduce<128, Op><<<1, 128>>>(in.data, (int)in.size, out.data, Op<T>{});
        CHECK(hipGetLastError());
        return out.host()[0];
    }
};
template <template <class> class Op>
struct Reducer<Op, bool> {      // vector<bool> has no data()
    static bool run(const std::vector<bool> &h)
    {
        Vector<int> in(std::vector<int>(h.begin(), h.end()));
        return Reducer<Op, int>::run(in.host()) != 0;
    }
};

template <typename... Ts>
__global__ void sum_of_all(double *out, Ts... values)
{
    const double all[] = {double(values)...};
    *out = 0;
    for (double v : all)
        *out += v;
}

} // namespace gpu

template <typename T>
int poly_errors()
{
    std::vector<T> x(1000), zero(1000, T(0));
    for (int i = 0; i < 1000; i++)
        x[i] = T(i % 9 - 4);
    gpu::Vector<T> d_x(x), d_y(zero), d_z(zero);
    gpu::polynomial<T, 4><<<8, 32>>>(d_x.data, d_y.data, 1000, T(2));
    hipLaunchKernelGGL((gpu::polynomial<T, 3>), dim3(6), dim3(64), 0, 0, d_x.data, d_z.data, x.size(), T(-1));
    CHECK(hipDeviceSynchronize());
    std::vector<T> y = d_y.host(), z = d_z.host();
    int errors = 0;
    for (int i = 0; i < 1000; i++) {
        T v = x[i];
        errors += y[i] != T(2 + 3 * v + 4 * v * v + 5 * v * v * v) || z[i] != T(-1 + v * v);
    }
    return errors;
}

int main()
{
    int bad = poly_errors<float>() + poly_errors<int>() + poly_errors<double>() + poly_errors<short>();
    if (bad) {
        std::printf("FAILED: %d values of the polynomials\n", bad);
        return 1;
    }

    const int n = 777, shift = 5;
    gpu::Vector<int> v(std::vector<int>(n, 1));
    int *p = v.data;
    gpu::for_each_index<<<3, 64>>>(n, [=] __device__(int i) { p[i] += i * shift; });
    auto square = [p] __host__ __device__(int i) { p[i] *= p[i]; };
    hipLaunchKernelGGL(HIP_KERNEL_NAME(gpu::for_each_index<decltype(square)>), 2, 100, 0, 0, n, square);
    std::vector<int> h = v.host();
    for (int i = 0; i < n; i++)
        if (h[i] != (1 + i * shift) * (1 + i * shift)) {
            std::printf("FAILED: lambda at %d: %d\n", i, h[i]);
            return 1;
        }

    std::vector<float> f(500, 1.0f);
    f[3] = -2, f[444] = 4, f[499] = 0.5f;
    std::vector<bool> all(300, true), some(300, true);
    some[299] = false;
    if (gpu::Reducer<gpu::Largest, float>::run(f) != 4 || gpu::Reducer<gpu::Product, float>::run(f) != -4 ||
        !gpu::Reducer<gpu::Product, bool>::run(all) || gpu::Reducer<gpu::Product, bool>::run(some)) {
        std::printf("FAILED: reduction\n");
        return 1;
    }

    gpu::Vector<double> total(std::vector<double>(1, 0));
    gpu::sum_of_all<<<1, 1>>>(total.data, 1, 2.5f, 'a', 10ull, -0.25);
    if (total.host()[0] != 1 + 2.5 + 'a' + 10 - 0.25) {
        std::printf("FAILED: parameter pack\n");
        return 1;
    }
    std::printf("PASSED\n");
}
