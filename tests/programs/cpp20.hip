// C++20 around and inside kernels: concepts, abbreviated templates, designated initialisers, spans, ranges, numbers,
// bit_cast, consteval tables, and the defaulted three-way comparison.
// build: -std=c++20 cpp20.hip
#include <hip/hip_runtime.h>
#include <algorithm>
#include <array>
#include <bit>
#include <compare>
#include <concepts>
#include <cstdint>
#include <cstdio>
#include <memory>
#include <numbers>
#include <numeric>
#include <span>
#include <stdexcept>
#include <string>
#include <vector>

void check(hipError_t status, unsigned line = __builtin_LINE())
{
    if (status != hipSuccess)
        throw std::runtime_error("line " + std::to_string(line) + ": " + hipGetErrorString(status));
}

template <typename T>
concept Number = std::integral<T> || std::floating_point<T>;

template <Number T>
auto to_device(std::span<const T> host)
{
    T *raw = nullptr;
    check(hipMalloc(&raw, host.size_bytes()));
    auto release = [](T *p) { (void)hipFree(p); };
    std::unique_ptr<T, decltype(release)> owner(raw);
    check(hipMemcpy(raw, host.data(), host.size_bytes(), hipMemcpyHostToDevice));
    return owner;
}

struct Version {
    int major, minor;
    auto operator<=>(const Version &) const = default;
};

struct Options {
    int n = 1;
    float gain = 1.0f;
    std::uint32_t mask = 0;
};

consteval std::array<int, 16> squares()
{
    std::array<int, 16> table{};
    for (int i = 0; i < 16; i++)
        table[i] = i * i;
    return table;
}

// Options by value, a callable that takes any number.
template <Number T, typename F>
    requires std::invocable<F, T>
__global__ void map(const T *in, T *out, Options options, F f)
{
    if (const unsigned i = blockIdx.x * blockDim.x + threadIdx.x; i < (unsigned)options.n) [[likely]]
        out[i] = static_cast<T>(f(in[i]) * static_cast<T>(options.gain));
}

__global__ void scramble(std::uint32_t *bits, const float *x, Options options)
{
    const unsigned i = blockIdx.x * blockDim.x + threadIdx.x;
    constexpr auto table = squares();
    if (i < (unsigned)options.n)
        bits[i] = (__float_as_uint(x[i]) ^ options.mask) + table[i % 16];
}

int run()
{
    const int n = 1000;
    std::vector<float> x(n), y(n);
    std::ranges::generate(x, [i = 0]() mutable { return std::numbers::pi_v<float> * i++; });
    auto d_x = to_device(std::span<const float>(x)), d_y = to_device(std::span<const float>(y));

    auto twice = [] __host__ __device__(Number auto v) { return v + v; };
    map<<<(n + 127) / 128, 128>>>(d_x.get(), d_y.get(), Options{.n = n, .gain = 0.5f}, twice);
    check(hipGetLastError());
    check(hipMemcpy(y.data(), d_y.get(), n * sizeof(float), hipMemcpyDeviceToHost));
    if (!std::ranges::equal(x, y))      // twice a half
        throw std::runtime_error("map of floats");

    std::vector<std::int64_t> whole(n), result(n);
    std::iota(whole.begin(), whole.end(), -500);
    auto d_whole = to_device(std::span<const std::int64_t>(whole));
    map<<<n / 100, 100>>>(d_whole.get(), d_whole.get(), {.n = n, .gain = 3}, twice);
    check(hipMemcpy(result.data(), d_whole.get(), n * sizeof(std::int64_t), hipMemcpyDeviceToHost));
    if (!std::ranges::equal(result, whole, {}, {}, [](auto v) { return 6 * v; }))
        throw std::runtime_error("map of integers");

    std::vector<std::uint32_t> bits(n);
    auto d_bits = to_device(std::span<const std::uint32_t>(bits));
    scramble<<<8, 128>>>(d_bits.get(), d_x.get(), Options{.n = n, .mask = 0x55aa55aa});
    check(hipMemcpy(bits.data(), d_bits.get(), n * sizeof(std::uint32_t), hipMemcpyDeviceToHost));
    for (int i = 0; auto b : bits) {
        if (b != (std::bit_cast<std::uint32_t>(x[i]) ^ 0x55aa55aau) + squares()[i % 16])
            throw std::runtime_error("bits of element " + std::to_string(i));
        i++;
    }
    if (Version v{5, 2}; v < Version{5, 1} || v >= Version{6, 0})
        throw std::runtime_error("comparison");
    return 0;
}

int main()
try {
    int status = run();
    std::puts("PASSED");
    return status;
} catch (const std::exception &e) {
    std::printf("FAILED: %s\n", e.what());
    return 1;
}
