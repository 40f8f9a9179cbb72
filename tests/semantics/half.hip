// half and half2: conversions of all 65536 halves, rounding of floats at every tie and on both sides of it, the
// directed roundings, arithmetic against exact results, comparisons with NaN, and the packed forms.
#include "expect.h"
#include <hip/hip_fp16.h>
#include <cmath>

static const int halves = 65536;

__device__ unsigned short bits_of(__half h)
{
    return __half_as_ushort(h);
}
__device__ __half half_of(unsigned short bits)
{
    return __ushort_as_half(bits);
}

// The number that the bits stand for, by the definition of the format.
static double value_of(unsigned short bits)
{
    int exponent = bits >> 10 & 31, fraction = bits & 1023;
    double magnitude = exponent == 0 ? ldexp(fraction, -24) : ldexp(1024 + fraction, exponent - 25);
    if (exponent == 31)
        magnitude = fraction ? NAN : INFINITY;
    return bits & 0x8000 ? -magnitude : magnitude;
}

static bool is_nan(unsigned short bits)
{
    return (bits & 0x7fff) > 0x7c00;
}

// The bits of the half nearest to x, ties to the even one: by bisection over the halves, which are ordered as their
// bits.
static unsigned short nearest_half(long double x)
{
    if (x != x)
        return 0x7e00;
    long double magnitude = fabsl(x);
    int low = 0, high = 0x7c00; // value_of(0x7c00) counts as 65536 here
    while (high - low > 1) {
        int middle = (low + high) / 2;
        (value_of((unsigned short)middle) <= magnitude ? low : high) = middle;
    }
    long double below = value_of((unsigned short)low),
                above = high == 0x7c00 ? 65536.0L : value_of((unsigned short)high);
    bool up = magnitude - below > above - magnitude || (magnitude - below == above - magnitude && low % 2);
    if (magnitude >= 65536)
        up = true;
    return (unsigned short)((up ? high : low) | (std::signbit(x) ? 0x8000 : 0));
}

__global__ void to_float(float *out, unsigned short *back)
{
    int i = blockIdx.x * blockDim.x + threadIdx.x;
    __half h = half_of((unsigned short)i);
    out[i] = __half2float(h);
    back[i] = bits_of(__float2half(out[i]));
}

// forms: 0 to nearest, 1 down, 2 up, 3 to zero.
__global__ void from_float(const float *in, unsigned short *out, int n)
{
    int i = blockIdx.x * blockDim.x + threadIdx.x;
    if (i >= n)
        return;
    out[4 * i] = bits_of(__float2half_rn(in[i]));
    out[4 * i + 1] = bits_of(__float2half_rd(in[i]));
    out[4 * i + 2] = bits_of(__float2half_ru(in[i]));
    out[4 * i + 3] = bits_of(__float2half_rz(in[i]));
}

__global__ void arithmetic(const unsigned short *a, const unsigned short *b, const unsigned short *c,
                           unsigned short *out, int n)
{
    int i = blockIdx.x * blockDim.x + threadIdx.x;
    if (i >= n)
        return;
    __half x = half_of(a[i]), y = half_of(b[i]), z = half_of(c[i]);
    unsigned short *mine = out + 8 * i;
    mine[0] = bits_of(__hadd(x, y));
    mine[1] = bits_of(__hsub(x, y));
    mine[2] = bits_of(__hmul(x, y));
    mine[3] = bits_of(__hdiv(x, y));
    mine[4] = bits_of(__hfma(x, y, z));
    mine[5] = bits_of(__hneg(x));
    mine[6] = bits_of(hsqrt(__habs(x)));
    mine[7] = (unsigned short)(__heq(x, y) | __hne(x, y) << 1 | __hlt(x, y) << 2 | __hle(x, y) << 3 | __hgt(x, y) << 4 |
                               __hge(x, y) << 5 | __hisnan(x) << 6 | (__hisinf(x) != 0) << 7);
}

__global__ void packed(const unsigned short *a, const unsigned short *b, float *out)
{
    int i = threadIdx.x;
    __half2 x = __halves2half2(half_of(a[2 * i]), half_of(a[2 * i + 1]));
    __half2 y = __floats2half2_rn(__half2float(half_of(b[2 * i])), __half2float(half_of(b[2 * i + 1])));
    float *mine = out + 24 * i;
    float2 sum = __half22float2(__hadd2(x, y)), product = __half22float2(__hmul2(x, y));
    mine[0] = sum.x, mine[1] = sum.y, mine[2] = product.x, mine[3] = product.y;
    mine[4] = __low2float(__hsub2(x, y)), mine[5] = __high2float(__hsub2(x, y));
    mine[6] = __low2float(__hfma2(x, y, x)), mine[7] = __high2float(__hfma2(x, y, x));
    mine[8] = __half2float(__low2half(x)), mine[9] = __half2float(__high2half(x));
    mine[10] = __low2float(__lowhigh2highlow(x)), mine[11] = __high2float(__lowhigh2highlow(x));
    mine[12] = __low2float(__high2half2(x)), mine[13] = __high2float(__low2half2(x));
    mine[14] = __low2float(__heq2(x, y)), mine[15] = __high2float(__hlt2(x, y));
    mine[16] = __hbeq2(x, x), mine[17] = __hbeq2(x, y);
    mine[18] = __low2float(__half2half2(half_of(a[2 * i]))), mine[19] = __high2float(__float2half2_rn(1.5f));
    mine[20] = __low2float(__lows2half2(x, y)), mine[21] = __high2float(__highs2half2(x, y));
    mine[22] = __low2float(__h2div(x, y)), mine[23] = __high2float(__hneg2(x));
}

__global__ void integers_and_operators(float *out, int *whole)
{
    __half a = __float2half(2.5f), b = __float2half(-1.25f);
    out[0] = __half2float(a + b);
    out[1] = __half2float(a - b);
    out[2] = __half2float(a * b);
    out[3] = __half2float(a / b);
    out[4] = __half2float(-a);
    a += b;
    out[5] = __half2float(a);
    out[6] = (a > b) + 2 * (a < b) + 4 * (a == a) + 8 * (a != b);
    out[7] = __half2float(__int2half_rn(2049)); // halfway between 2048 and 2050
    out[8] = __half2float(__int2half_rn(100000));
    out[9] = __half2float(__uint2half_rn(7u));
    whole[0] = __half2int_rn(__float2half(2.5f));
    whole[1] = __half2int_rz(__float2half(-2.75f));
    whole[2] = __half2int_rd(__float2half(-2.25f));
    whole[3] = __half2int_ru(__float2half(2.25f));
    whole[4] = (int)__half2uint_rz(__float2half(65504.0f));
    whole[5] = sizeof(__half) * 10 + sizeof(__half2) + alignof(__half2) * 100;
    out[10] = __half2float(hexp(__float2half(1.0f)));
    out[11] = __half2float(hlog(__float2half(10.0f)));
    out[12] = __half2float(hsin(__float2half(1.0f)));
    out[13] = __half2float(hcos(__float2half(1.0f)));
    out[14] = __half2float(hrcp(__float2half(3.0f)));
    out[15] = __half2float(hrsqrt(__float2half(2.0f)));
    out[16] = __half2float(hfloor(__float2half(-2.5f)));
    out[17] = __half2float(hceil(__float2half(-2.5f)));
    out[18] = __half2float(hrint(__float2half(2.5f)));
    out[19] = __half2float(htrunc(__float2half(-2.5f)));
    out[20] = __half2float(hexp2(__float2half(-3.0f)));
    out[21] = __half2float(hlog2(__float2half(8.0f)));
}

// half in shared memory, and through shuffles.
__global__ void reduce(const __half *in, float *out)
{
    __shared__ __half tile[256];
    int t = threadIdx.x;
    tile[t] = in[t];
    __syncthreads();
    for (int stride = blockDim.x / 2; stride > 0; stride /= 2) {
        if (t < stride)
            tile[t] = __hadd(tile[t], tile[t + stride]);
        __syncthreads();
    }
    if (t == 0)
        *out = __half2float(tile[0]);
}

static void check_conversions()
{
    float *values = room<float>(halves);
    unsigned short *back = room<unsigned short>(halves);
    to_float<<<halves / 256, 256>>>(values, back);
    EXPECT_RAN();
    for (int i = 0; i < halves; ++i) {
        double expected = value_of((unsigned short)i);
        if (is_nan((unsigned short)i)) {
            EXPECT_AT(i, values[i] != values[i] && is_nan(back[i]), true);
            continue;
        }
        EXPECT_AT(i, values[i] == expected && std::signbit(values[i]) == std::signbit(expected), true);
        EXPECT_AT(i, (int)back[i], i);
    }

    // Between two neighbours: the tie, just below it, just above it, and a quarter of the way; then large and tiny
    // ones.
    std::vector<float> list;
    for (int i = 0; i < 0x7c00; ++i) {
        double below = value_of((unsigned short)i), above = i == 0x7bff ? 65536 : value_of((unsigned short)(i + 1));
        float tie = (float)((below + above) / 2);
        for (float x : {tie, nextafterf(tie, 0), nextafterf(tie, INFINITY), (float)(below + (above - below) / 4)})
            list.push_back(i % 2 ? x : -x);
    }
    for (float x :
         {65504.0f, 65519.99f, 65520.0f, 1e6f, 3e38f, INFINITY, 0.0f, 1e-8f, 2.98e-8f, 2.9802322e-8f, 2.99e-8f, 1e-40f})
        for (float sign : {1.0f, -1.0f})
            list.push_back(sign * x);
    const int n = (int)list.size();
    float *in = room<float>(n);
    unsigned short *out = room<unsigned short>(4 * (size_t)n);
    memcpy(in, list.data(), n * sizeof(float));
    from_float<<<(n + 255) / 256, 256>>>(in, out, n);
    EXPECT_RAN();
    for (int i = 0; i < n; ++i) {
        unsigned short nearest = nearest_half(in[i]);
        EXPECT_AT(i, (int)out[4 * i], (int)nearest);
        // Directed: the half itself if exact, else the neighbour on the named side.
        for (int form = 1; form < 4; ++form) {
            double got = value_of(out[4 * i + form]), x = in[i];
            bool down = form == 1 || (form == 3 && x > 0), same_sign = std::signbit(got) == std::signbit(x);
            double other = value_of((unsigned short)(out[4 * i + form] + (down == (x >= 0) ? 1 : -1)));
            bool exact = got == x, tight = down ? got < x && other > x : got > x && other < x;
            if (got == 0 && x != 0) // zero's neighbour on the other side is the smallest number of the other sign
                tight = fabs(x) < 0x1p-24 && (form == 3 || (form == 1) == (x > 0));
            if (std::isinf(got) && !exact)
                tight = fabs(x) > 65504 && form != 3 && (form == 1) == (x < 0);
            if (fabs(got) == 65504 && fabs(x) > 65504)
                tight = form == 3 || (form == 1) == (x > 0);
            EXPECT_AT(form, same_sign && (exact || tight), true);
        }
    }
}

static void check_arithmetic()
{
    const int n = 20000;
    unsigned short *a = room<unsigned short>(n), *b = room<unsigned short>(n), *c = room<unsigned short>(n),
                   *out = room<unsigned short>(8 * n);
    unsigned long long state = 1;
    for (int i = 0; i < n; ++i) {
        unsigned short *three[] = {a, b, c};
        for (unsigned short *one : three) {
            state = state * 6364136223846793005ull + 1442695040888963407ull;
            one[i] = (unsigned short)(state >> 40);
        }
        if (i % 2) // about the same size, so that sums do not only copy the larger one
            b[i] = (unsigned short)((b[i] & 0x83ff) | (a[i] & 0x7c00));
    }
    // 1.0009765625 + (1 + 2^-10) * 2^-11 (1 - 2^-10) lies just below a tie: rounding it twice would round it up.
    a[0] = 0x3c01, b[0] = 0x0ffe, c[0] = 0x3c01;
    b[0] = nearest_half(ldexp(1 - ldexp(1, -10), -11));
    arithmetic<<<(n + 127) / 128, 128>>>(a, b, c, out, n);
    EXPECT_RAN();
    for (int i = 0; i < n; ++i) {
        long double x = value_of(a[i]), y = value_of(b[i]), z = value_of(c[i]);
        const unsigned short exact[] = {nearest_half(x + y),          nearest_half(x - y),
                                        nearest_half(x * y),          nearest_half(x / y),
                                        nearest_half(x * y + z),      (unsigned short)(a[i] ^ 0x8000),
                                        nearest_half(sqrtl(fabsl(x)))};
        for (int f = 0; f < 7; ++f)
            EXPECT_AT(f, is_nan(exact[f]) ? is_nan(out[8 * i + f]) : out[8 * i + f] == exact[f], true);
        int flags = (x == y) | (x != y && x == x && y == y) << 1 | (x < y) << 2 | (x <= y) << 3 | (x > y) << 4 |
                    (x >= y) << 5 | is_nan(a[i]) << 6 | ((a[i] & 0x7fff) == 0x7c00) << 7;
        if (is_nan(a[i]) || is_nan(b[i])) // HIP and CUDA disagree whether a NaN is "not equal"
            EXPECT_AT(i, out[8 * i + 7] & ~2, flags & ~2);
        else
            EXPECT_AT(i, (int)out[8 * i + 7], flags);
    }
}

static void check_packed()
{
    const int n = 64;
    unsigned short *a = room<unsigned short>(2 * n), *b = room<unsigned short>(2 * n);
    float *out = room<float>(24 * n);
    for (int i = 0; i < 2 * n; ++i) {
        a[i] = nearest_half(0.37L * i - 20);
        b[i] = i % 5 ? nearest_half(3.3L - 0.11L * i) : a[i];
    }
    packed<<<1, n>>>(a, b, out);
    EXPECT_RAN();
    for (int i = 0; i < n; ++i) {
        const float *mine = out + 24 * i;
        long double x = value_of(a[2 * i]), y = value_of(a[2 * i + 1]), u = value_of(b[2 * i]),
                    v = value_of(b[2 * i + 1]);
        const double exact[] = {value_of(nearest_half(x + u)),
                                value_of(nearest_half(y + v)),
                                value_of(nearest_half(x * u)),
                                value_of(nearest_half(y * v)),
                                value_of(nearest_half(x - u)),
                                value_of(nearest_half(y - v)),
                                value_of(nearest_half(x * u + x)),
                                value_of(nearest_half(y * v + y)),
                                (double)x,
                                (double)y,
                                (double)y,
                                (double)x,
                                (double)y,
                                (double)x,
                                (double)(x == u),
                                (double)(y < v),
                                1,
                                (double)(x == u && y == v),
                                (double)x,
                                1.5,
                                (double)x,
                                (double)v,
                                value_of(nearest_half(x / u)),
                                (double)-y};
        for (int f = 0; f < 24; ++f)
            EXPECT_AT(f, (double)mine[f], exact[f]);
    }
}

int main()
{
    check_conversions();
    check_arithmetic();
    check_packed();

    float *out = room<float>(22);
    int *whole = room<int>(6);
    integers_and_operators<<<1, 1>>>(out, whole);
    EXPECT_RAN();
    const double exact[] = {1.25, 3.75, -3.125, -2, -2.5, 1.25, 13, 2048, INFINITY, 7};
    for (int i = 0; i < 10; ++i)
        EXPECT_AT(i, (double)out[i], exact[i]);
    const int integers[] = {2, -2, -3, 3, 65504, 424};
    for (int i = 0; i < 6; ++i)
        EXPECT_AT(i, whole[i], integers[i]);
    const double close[] = {exp(1.0), log(10.0), sin(1.0), cos(1.0), 1 / 3.0, sqrt(0.5)};
    for (int i = 0; i < 6; ++i) // two units of eleven binary digits
        EXPECT_AT(i, fabs(out[10 + i] - close[i]) <= 2 * fabs(close[i]) / 1024, true);
    const double whole_numbers[] = {-3, -2, 2, -2, 0.125, 3};
    for (int i = 0; i < 6; ++i)
        EXPECT_AT(i, (double)out[16 + i], whole_numbers[i]);

    __half *in = room<__half>(256);
    for (int i = 0; i < 256; ++i)
        in[i] = __float2half((float)(i % 5) - 1); // the host converts as well
    reduce<<<1, 256>>>(in, out);
    EXPECT_RAN();
    EXPECT_EQ(out[0], 254.0f); // 51 times -1 + 0 + 1 + 2 + 3, and -1: small whole numbers, exact
    return expect_result();
}
