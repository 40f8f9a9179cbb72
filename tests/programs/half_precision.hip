// Half precision: conversions of every finite pattern against the host's own bit arithmetic, axpy and a dot product
// in half and half2, chosen so that each result is exact in 11 bits, and comparisons.
#include <hip/hip_runtime.h>
#include <hip/hip_fp16.h>
#include <cmath>
#include <cstdio>
#include <cstring>
#include <vector>

#define HIP_CHECK(command)                                                            \
    {                                                                                 \
        hipError_t status = command;                                                  \
        if (status != hipSuccess) {                                                   \
            printf("FAILED: line %d: %s\n", __LINE__, hipGetErrorString(status));     \
            return 1;                                                                 \
        }                                                                             \
    }

// in: all 16-bit patterns; there and back through float must not change them
__global__ void widen(const unsigned short *bits, float *wide, unsigned short *back)
{
    int i = blockIdx.x * blockDim.x + threadIdx.x;
    half h = __ushort_as_half(bits[i]);
    wide[i] = __half2float(h);
    back[i] = __half_as_ushort(__float2half(wide[i]));
}

__global__ void narrow(const float *x, half *y, int n)
{
    int i = blockIdx.x * blockDim.x + threadIdx.x;
    if (i < n)
        y[i] = __float2half(x[i]);
}

__global__ void axpy(half a, const half *x, half *y, int n)
{
    int i = blockIdx.x * blockDim.x + threadIdx.x;
    if (i < n)
        y[i] = a * x[i] + y[i];
}

__global__ void axpy2(half2 a, const half2 *x, half2 *y, int pairs)
{
    for (int i = threadIdx.x; i < pairs; i += blockDim.x)
        y[i] = __hfma2(a, x[i], y[i]);
}

__global__ void dot_and_count(const half2 *x, const half2 *y, int pairs, float *dot, int *greater)
{
    half2 sum = __float2half2_rn(0.0f);
    for (int i = threadIdx.x; i < pairs; i += blockDim.x) {
        sum = __hadd2(sum, __hmul2(x[i], y[i]));
        if (__hgt(__low2half(x[i]), __low2half(y[i])))
            atomicAdd(greater, 1);
        if (__hgt(__high2half(x[i]), __high2half(y[i])))
            atomicAdd(greater, 1);
    }
    float2 f = __half22float2(sum);
    atomicAdd(dot, f.x + f.y);
}

// The value of a half, from its definition.
static float half_value(unsigned bits)
{
    int sign = bits >> 15, exponent = bits >> 10 & 31, fraction = bits & 1023;
    float v = exponent ? std::ldexp(1024.0f + fraction, exponent - 25) : std::ldexp((float)fraction, -24);
    return sign ? -v : v;
}

// The half nearest to a finite positive float, ties to even: by counting in units of its last place.
static unsigned nearest_half(float x)
{
    int e;
    std::frexp(x, &e);
    int unit = e - 11 > -24 ? e - 11 : -24;
    float q = std::nearbyint(std::ldexp(x, -unit));     // the default mode rounds ties to even
    float v = std::ldexp(q, unit);
    if (v >= 65536.0f)
        return 0x7c00;
    unsigned lo = 0, hi = 0x7c00;       // positive halves are ordered as their bits
    while (lo < hi) {
        unsigned middle = (lo + hi) / 2;
        if (half_value(middle) < v)
            lo = middle + 1;
        else
            hi = middle;
    }
    return lo;
}

int main()
{
    std::vector<unsigned short> bits(65536), back(65536);
    std::vector<float> wide(65536);
    for (int i = 0; i < 65536; i++)
        bits[i] = i;
    unsigned short *d_bits, *d_back;
    float *d_wide;
    HIP_CHECK(hipMalloc(&d_bits, 131072));
    HIP_CHECK(hipMalloc(&d_back, 131072));
    HIP_CHECK(hipMalloc(&d_wide, 262144));
    HIP_CHECK(hipMemcpy(d_bits, bits.data(), 131072, hipMemcpyHostToDevice));
    widen<<<256, 256>>>(d_bits, d_wide, d_back);
    HIP_CHECK(hipMemcpy(back.data(), d_back, 131072, hipMemcpyDeviceToHost));
    HIP_CHECK(hipMemcpy(wide.data(), d_wide, 262144, hipMemcpyDeviceToHost));
    for (int i = 0; i < 65536; i++) {
        bool finite = (i >> 10 & 31) != 31;
        if (finite && (wide[i] != half_value(i) || back[i] != i)) {
            printf("FAILED: pattern %04x became %g and %04x\n", i, wide[i], back[i]);
            return 1;
        }
    }

    const int n = 4096;
    std::vector<float> x(n);
    std::vector<half> y(n);
    for (int i = 0; i < n; i++)
        x[i] = std::ldexp(1.0f + (i * 37 % 4096) / 4096.0f, i % 42 - 26);   // 12 bits: many ties, subnormals
    half *d_half;
    HIP_CHECK(hipMalloc((void **)&d_half, n * sizeof(half)));
    HIP_CHECK(hipMemcpy(d_wide, x.data(), n * sizeof(float), hipMemcpyHostToDevice));
    narrow<<<n / 128, 128>>>(d_wide, d_half, n);
    HIP_CHECK(hipMemcpy(y.data(), d_half, n * sizeof(half), hipMemcpyDeviceToHost));
    for (int i = 0; i < n; i++) {
        unsigned short got;
        memcpy(&got, &y[i], 2);
        if (got != nearest_half(x[i])) {
            printf("FAILED: %.9g became %04x, nearest is %04x\n", x[i], got, nearest_half(x[i]));
            return 1;
        }
    }

    const int m = 512;
    std::vector<half> a(m), b(m);
    for (int i = 0; i < m; i++) {
        a[i] = __float2half((i % 9 - 4) * 0.25f);
        b[i] = __float2half((i % 5 - 2) * 0.5f);
    }
    half *d_a, *d_b;
    int greater = 0, *d_greater, expected_greater = 0;
    float dot = 0, expected_dot = 0;
    HIP_CHECK(hipMalloc(&d_a, m * sizeof(half)));
    HIP_CHECK(hipMalloc(&d_b, m * sizeof(half)));
    HIP_CHECK(hipMalloc(&d_greater, sizeof(int)));
    HIP_CHECK(hipMemcpy(d_a, a.data(), m * sizeof(half), hipMemcpyHostToDevice));
    HIP_CHECK(hipMemcpy(d_b, b.data(), m * sizeof(half), hipMemcpyHostToDevice));
    HIP_CHECK(hipMemset(d_wide, 0, sizeof(float)));
    HIP_CHECK(hipMemset(d_greater, 0, sizeof(int)));
    axpy<<<(m + 63) / 64, 64>>>(__float2half(2.0f), d_a, d_b, m);
    axpy2<<<1, 64>>>(__floats2half2_rn(0.5f, -1.0f), (half2 *)d_a, (half2 *)d_b, m / 2);
    dot_and_count<<<1, 64>>>((const half2 *)d_a, (const half2 *)d_b, m / 2, d_wide, d_greater);
    HIP_CHECK(hipMemcpy(b.data(), d_b, m * sizeof(half), hipMemcpyDeviceToHost));
    HIP_CHECK(hipMemcpy(&dot, d_wide, sizeof(float), hipMemcpyDeviceToHost));
    HIP_CHECK(hipMemcpy(&greater, d_greater, sizeof(int), hipMemcpyDeviceToHost));
    for (int i = 0; i < m; i++) {
        float ai = (i % 9 - 4) * 0.25f, bi = (i % 5 - 2) * 0.5f + (i % 2 ? 1.0f : 2.5f) * ai;
        expected_dot += ai * bi;
        expected_greater += ai > bi;
        if (__half2float(b[i]) != bi) {
            printf("FAILED: axpy %d: %g, expected %g\n", i, __half2float(b[i]), bi);
            return 1;
        }
    }
    if (dot != expected_dot || greater != expected_greater) {
        printf("FAILED: dot %g (%g), greater %d (%d)\n", dot, expected_dot, greater, expected_greater);
        return 1;
    }
    for (void *p : {(void *)d_bits, (void *)d_back, (void *)d_wide, (void *)d_half, (void *)d_a, (void *)d_b,
                    (void *)d_greater})
        HIP_CHECK(hipFree(p));
    printf("PASSED\n");
    return 0;
}
