// Integer intrinsics: counting, reversing, wide products, bytes, reinterpretation, conversions with a rounding, __ldg,
// and the clocks. Expected values by plain loops and 128-bit or long double arithmetic on the host.
#include "expect.h"
#include <cmath>

static const int words = 64;

struct Bits32 {
    int popc, clz, ffs, hadd, rhadd, mulhi, mul24;
    unsigned brev, umulhi, umul24, sad, usad, uhadd, urhadd, perm, left, right;
    float as_float;
    int as_int;
    unsigned as_uint;
};

struct Bits64 {
    int popc, clz, ffs, hi, lo;
    unsigned long long brev, umulhi;
    long long mulhi, as_longlong;
    double as_double, hiloint;
};

__global__ void bits32(const unsigned *a, const unsigned *b, Bits32 *out)
{
    int i = threadIdx.x;
    unsigned x = a[i], y = b[i];
    Bits32 r;
    r.popc = __popc(x);
    r.clz = __clz((int)x);
    r.ffs = __ffs((int)x);
    r.brev = __brev(x);
    r.hadd = __hadd((int)x, (int)y);
    r.rhadd = __rhadd((int)x, (int)y);
    r.uhadd = __uhadd(x, y);
    r.urhadd = __urhadd(x, y);
    r.mulhi = __mulhi((int)x, (int)y);
    r.umulhi = __umulhi(x, y);
    r.mul24 = __mul24((int)x, (int)y);
    r.umul24 = __umul24(x, y);
    r.sad = __sad((int)x, (int)y, 7u);
    r.usad = __usad(x, y, 7u);
    r.perm = __byte_perm(x, y, 0x6172);
    r.left = __funnelshift_l(x, y, i % 37);
    r.right = __funnelshift_r(x, y, i % 37);
    r.as_float = __uint_as_float(x);
    r.as_int = __float_as_int(__int_as_float((int)x & 0x7f7fffff));
    r.as_uint = __float_as_uint(__uint_as_float(y & 0x7f7fffff));
    out[i] = r;
}

__global__ void bits64(const unsigned long long *a, const unsigned long long *b, Bits64 *out)
{
    int i = threadIdx.x;
    unsigned long long x = a[i], y = b[i];
    Bits64 r;
    r.popc = __popcll(x);
    r.clz = __clzll((long long)x);
    r.ffs = __ffsll((long long)x);
    r.brev = __brevll(x);
    r.umulhi = __umul64hi(x, y);
    r.mulhi = __mul64hi((long long)x, (long long)y);
    r.as_double = __longlong_as_double((long long)(x & 0x7fefffffffffffffull));
    r.as_longlong = __double_as_longlong(r.as_double);
    r.hi = __double2hiint(r.as_double);
    r.lo = __double2loint(r.as_double);
    r.hiloint = __hiloint2double(r.hi, r.lo);
    out[i] = r;
}

struct Converted {
    int to_int[4];
    unsigned to_uint[4];
    long long to_ll[4];
    unsigned long long to_ull[4];
    int wide_int[4];
    float to_float[4];
};

__global__ void convert_reals(const double *in, Converted *out)
{
    double x = in[threadIdx.x];
    float f = (float)x;
    Converted &r = out[threadIdx.x];
    r.to_int[0] = __float2int_rn(f), r.to_int[1] = __float2int_rd(f);
    r.to_int[2] = __float2int_ru(f), r.to_int[3] = __float2int_rz(f);
    r.to_uint[0] = __float2uint_rn(f), r.to_uint[1] = __float2uint_rd(f);
    r.to_uint[2] = __float2uint_ru(f), r.to_uint[3] = __float2uint_rz(f);
    r.to_ll[0] = __double2ll_rn(x), r.to_ll[1] = __double2ll_rd(x);
    r.to_ll[2] = __double2ll_ru(x), r.to_ll[3] = __double2ll_rz(x);
    r.to_ull[0] = __double2ull_rn(x), r.to_ull[1] = __double2ull_rd(x);
    r.to_ull[2] = __double2ull_ru(x), r.to_ull[3] = __double2ull_rz(x);
    r.wide_int[0] = __double2int_rn(x), r.wide_int[1] = __double2int_rd(x);
    r.wide_int[2] = __double2int_ru(x), r.wide_int[3] = __double2int_rz(x);
    r.to_float[0] = __double2float_rn(x), r.to_float[1] = __double2float_rd(x);
    r.to_float[2] = __double2float_ru(x), r.to_float[3] = __double2float_rz(x);
}

__global__ void convert_integers(const long long *in, float *out, double *wide)
{
    long long x = in[threadIdx.x];
    float *mine = out + 8 * threadIdx.x;
    mine[0] = __int2float_rn((int)x), mine[1] = __int2float_rd((int)x);
    mine[2] = __int2float_ru((int)x), mine[3] = __int2float_rz((int)x);
    mine[4] = __uint2float_rn((unsigned)x), mine[5] = __uint2float_rz((unsigned)x);
    mine[6] = __ll2float_rn(x), mine[7] = __ull2float_rn((unsigned long long)x);
    wide[4 * threadIdx.x] = __ll2double_rn(x);
    wide[4 * threadIdx.x + 1] = __ull2double_rn((unsigned long long)x);
    wide[4 * threadIdx.x + 2] = __int2double_rn((int)x);
    wide[4 * threadIdx.x + 3] = __uint2double_rn((unsigned)x);
}

__global__ void read_only_loads(const int *i, const float4 *v, const double *d, const unsigned char *c, float *out)
{
    int t = threadIdx.x;
    float4 four = __ldg(&v[t]);
    out[t] = __ldg(&i[t]) + four.x + 2 * four.y + 3 * four.z + 4 * four.w + (float)__ldg(d + t) + __ldg(&c[t]);
}

__global__ void clocks(long long *out)
{
    long long first = clock64(), wall = wall_clock64();
    float x = threadIdx.x;
    for (int i = 0; i < 2000; ++i)
        x = x * 0.5f + 1;
    long long second = clock64();
    __threadfence();
    __threadfence_block();
    __threadfence_system();
    out[4 * threadIdx.x] = second - first;
    out[4 * threadIdx.x + 1] = clock64() - second;
    out[4 * threadIdx.x + 2] = wall_clock64() - wall;
    out[4 * threadIdx.x + 3] = x == 2.0f;
}

static unsigned random_word(unsigned long long *state)
{
    *state = *state * 6364136223846793005ull + 1442695040888963407ull;
    return (unsigned)(*state >> 32);
}

static int ones(unsigned long long x)
{
    int count = 0;
    for (; x; x >>= 1)
        count += (int)(x & 1);
    return count;
}

// Index of the highest and lowest bit that is set; -1 for none.
static int highest(unsigned long long x)
{
    int i = -1;
    for (; x; x >>= 1)
        ++i;
    return i;
}

static int lowest(unsigned long long x)
{
    for (int i = 0; i < 64; ++i)
        if (x >> i & 1)
            return i;
    return -1;
}

static unsigned long long reversed(unsigned long long x, int bits)
{
    unsigned long long y = 0;
    for (int i = 0; i < bits; ++i)
        y |= (x >> i & 1) << (bits - 1 - i);
    return y;
}

static void check32(unsigned long long *state)
{
    const unsigned corner[] = {0, 1, 2, 0x80000000u, 0xffffffffu, 0x7fffffffu, 0x00800000u, 0x00ffffffu, 0xff000001u};
    unsigned *a = room<unsigned>(words), *b = room<unsigned>(words);
    Bits32 *out = room<Bits32>(words);
    for (int i = 0; i < words; ++i) {
        a[i] = i < 9 ? corner[i] : random_word(state) >> i % 32;
        b[i] = i < 9 ? corner[8 - i] : random_word(state);
    }
    bits32<<<1, words>>>(a, b, out);
    EXPECT_RAN();
    for (int i = 0; i < words; ++i) {
        const Bits32 &r = out[i];
        unsigned x = a[i], y = b[i];
        long long sx = (int)x, sy = (int)y;
        unsigned long long both = (unsigned long long)y << 32 | x;
        EXPECT_AT(i, r.popc, ones(x));
        EXPECT_AT(i, r.clz, 31 - highest(x));
        EXPECT_AT(i, r.ffs, lowest(x) + 1);
        EXPECT_AT(i, r.brev, (unsigned)reversed(x, 32));
        EXPECT_AT(i, r.hadd, (int)((sx + sy) >> 1));
        EXPECT_AT(i, r.rhadd, (int)((sx + sy + 1) >> 1));
        EXPECT_AT(i, r.uhadd, (unsigned)(((unsigned long long)x + y) >> 1));
        EXPECT_AT(i, r.urhadd, (unsigned)(((unsigned long long)x + y + 1) >> 1));
        EXPECT_AT(i, r.mulhi, (int)(sx * sy >> 32));
        EXPECT_AT(i, r.umulhi, (unsigned)((unsigned long long)x * y >> 32));
        EXPECT_AT(i, r.mul24, (int)(((long long)((int)(x << 8) >> 8) * ((int)(y << 8) >> 8)) & 0xffffffff));
        EXPECT_AT(i, r.umul24, (unsigned)((unsigned long long)(x & 0xffffff) * (y & 0xffffff)));
        EXPECT_AT(i, r.sad, (unsigned)((sx > sy ? sx - sy : sy - sx) + 7));
        EXPECT_AT(i, r.usad, (x > y ? x - y : y - x) + 7);
        // Selector 0x6172: byte 0 is byte 2 of x, byte 1 is byte 3 of y, byte 2 is byte 1 of x, byte 3 is byte 2 of y.
        EXPECT_AT(i, r.perm, (x >> 16 & 0xff) | (y >> 24) << 8 | (x >> 8 & 0xff) << 16 | (y >> 16 & 0xff) << 24);
        EXPECT_AT(i, r.left, (unsigned)(both << (i % 37 & 31) >> 32));
        EXPECT_AT(i, r.right, (unsigned)(both >> (i % 37 & 31)));
        float f;
        memcpy(&f, &x, 4);
        EXPECT_AT(i, memcmp(&r.as_float, &f, 4) == 0 || f != f, true);
        EXPECT_AT(i, r.as_int, (int)x & 0x7f7fffff);
        EXPECT_AT(i, r.as_uint, y & 0x7f7fffff);
    }
}

static void check64(unsigned long long *state)
{
    unsigned long long *a = room<unsigned long long>(words), *b = room<unsigned long long>(words);
    Bits64 *out = room<Bits64>(words);
    for (int i = 0; i < words; ++i) {
        a[i] = ((unsigned long long)random_word(state) << 32 | random_word(state)) >> i;
        b[i] = (unsigned long long)random_word(state) << 32 | random_word(state);
    }
    a[0] = 0, a[1] = ~0ull, a[2] = 1ull << 63, a[3] = 1ull << 32, a[4] = 1;
    b[1] = ~0ull, b[2] = ~0ull, b[3] = 1ull << 63;
    bits64<<<1, words>>>(a, b, out);
    EXPECT_RAN();
    for (int i = 0; i < words; ++i) {
        const Bits64 &r = out[i];
        EXPECT_AT(i, r.popc, ones(a[i]));
        EXPECT_AT(i, r.clz, 63 - highest(a[i]));
        EXPECT_AT(i, r.ffs, lowest(a[i]) + 1);
        EXPECT_AT(i, r.brev, reversed(a[i], 64));
        __extension__ typedef __int128 Wide;
        __extension__ typedef unsigned __int128 UnsignedWide;
        EXPECT_AT(i, r.umulhi, (unsigned long long)((UnsignedWide)a[i] * b[i] >> 64));
        EXPECT_AT(i, r.mulhi, (long long)((Wide)(long long)a[i] * (long long)b[i] >> 64));
        unsigned long long bits = a[i] & 0x7fefffffffffffffull;
        EXPECT_AT(i, memcmp(&r.as_double, &bits, 8), 0);
        EXPECT_AT(i, (unsigned long long)r.as_longlong, bits);
        EXPECT_AT(i, r.hi, (int)(bits >> 32));
        EXPECT_AT(i, r.lo, (int)bits);
        EXPECT_AT(i, memcmp(&r.hiloint, &bits, 8), 0);
    }
}

// Real to integer: rounded as asked; what is too large gives the nearest integer that there is.
static long double rounded(long double x, int mode)
{
    return mode == 0 ? rintl(x) : mode == 1 ? floorl(x) : mode == 2 ? ceill(x) : truncl(x);
}

static long double clamped(long double x, long double low, long double high)
{
    return x < low ? low : x > high ? high : x;
}

static void check_conversions()
{
    const double reals[] = {0.0,          0.5,         1.5,           2.5,     -0.5,           -1.5,
                            -2.5,         0.49999999,  1e-30,         3.7,     -3.7,           8e9,
                            -8e9,         1e25,        -1e25,         1.0 / 3, -2.0 / 3,       16777217.0,
                            2147483647.5, -1.0,        4294967295.75, 1e18,    12345678901.25, 0.1,
                            -0.1,         1 + 0x1p-30, -1 - 0x1p-30,  1e300,   -1e300,         1e-300};
    const int n = sizeof reals / sizeof *reals;
    double *in = room<double>(n);
    Converted *out = room<Converted>(n);
    memcpy(in, reals, sizeof reals);
    convert_reals<<<1, n>>>(in, out);
    EXPECT_RAN();
    for (int i = 0; i < n; ++i)
        for (int mode = 0; mode < 4; ++mode) {
            long double f = (float)in[i], d = in[i];
            EXPECT_AT(i, out[i].to_int[mode], (int)clamped(rounded(f, mode), -2147483648.0L, 2147483647.0L));
            EXPECT_AT(i, out[i].to_uint[mode], (unsigned)clamped(rounded(f, mode), 0, 4294967295.0L));
            EXPECT_AT(i, out[i].wide_int[mode], (int)clamped(rounded(d, mode), -2147483648.0L, 2147483647.0L));
            EXPECT_AT(i, out[i].to_ll[mode], (long long)clamped(rounded(d, mode), -0x1p63L, 0x1p63L - 1));
            EXPECT_AT(i, out[i].to_ull[mode], (unsigned long long)clamped(rounded(d, mode), 0, 0x1p64L - 1));
            float near = out[i].to_float[mode];
            bool toward_low = mode == 1 || (mode == 3 && d > 0), toward_high = mode == 2 || (mode == 3 && d < 0);
            if (mode == 0)
                EXPECT_AT(i, near, (float)in[i]);
            if (toward_low)
                EXPECT_AT(i, near <= d && nextafterf(near, INFINITY) > d, true);
            if (toward_high)
                EXPECT_AT(i, near >= d && nextafterf(near, -INFINITY) < d, true);
        }

    const long long integers[] = {0,
                                  1,
                                  -1,
                                  16777217,
                                  -16777217,
                                  33554433,
                                  2147483647,
                                  -2147483647 - 1,
                                  123456789,
                                  -987654321,
                                  1ll << 62,
                                  0x7fffffffffffffffll,
                                  -0x7fffffffffffffffll,
                                  0xffffffffll,
                                  (1ll << 53) + 1,
                                  (1ll << 24) + 1};
    const int m = sizeof integers / sizeof *integers;
    long long *whole = room<long long>(m);
    float *narrow = room<float>(8 * m);
    double *wide = room<double>(4 * m);
    memcpy(whole, integers, sizeof integers);
    convert_integers<<<1, m>>>(whole, narrow, wide);
    EXPECT_RAN();
    for (int i = 0; i < m; ++i) {
        const float *mine = narrow + 8 * i;
        int x = (int)integers[i];
        unsigned u = (unsigned)integers[i];
        EXPECT_AT(i, mine[0], (float)x);
        EXPECT_AT(i, mine[1] <= (double)x && nextafterf(mine[1], INFINITY) > (double)x, true);
        EXPECT_AT(i, mine[2] >= (double)x && nextafterf(mine[2], -INFINITY) < (double)x, true);
        EXPECT_AT(i, mine[3], x >= 0 ? mine[1] : mine[2]);
        EXPECT_AT(i, mine[4], (float)u);
        EXPECT_AT(i, mine[5] <= (double)u && nextafterf(mine[5], INFINITY) > (double)u, true);
        EXPECT_AT(i, mine[6], (float)integers[i]);
        EXPECT_AT(i, mine[7], (float)(unsigned long long)integers[i]);
        EXPECT_AT(i, wide[4 * i], (double)integers[i]);
        EXPECT_AT(i, wide[4 * i + 1], (double)(unsigned long long)integers[i]);
        EXPECT_AT(i, wide[4 * i + 2], (double)x);
        EXPECT_AT(i, wide[4 * i + 3], (double)u);
    }
    // NaN becomes 0.
    in[0] = NAN;
    convert_reals<<<1, 1>>>(in, out);
    EXPECT_RAN();
    for (int mode = 0; mode < 4; ++mode) {
        EXPECT_AT(mode, out[0].to_int[mode], 0);
        EXPECT_AT(mode, out[0].to_uint[mode], 0u);
        EXPECT_AT(mode, out[0].to_float[mode] != out[0].to_float[mode], true);
    }
}

int main()
{
    unsigned long long state = 42;
    check32(&state);
    check64(&state);
    check_conversions();

    int *i = room<int>(64);
    float4 *v = room<float4>(64);
    double *d = room<double>(64);
    unsigned char *c = room<unsigned char>(64);
    float *sum = room<float>(64);
    for (int t = 0; t < 64; ++t)
        i[t] = t, v[t] = make_float4(t, 1, 2, 3), d[t] = 0.5, c[t] = (unsigned char)(200 - t);
    read_only_loads<<<1, 64>>>(i, v, d, c, sum);
    EXPECT_RAN();
    for (int t = 0; t < 64; ++t)
        EXPECT_AT(t, sum[t], 2 * t + 20 + 0.5f + 200 - t);

    long long *ticks = room<long long>(4 * 64);
    clocks<<<1, 64>>>(ticks);
    EXPECT_RAN();
    long long all = 0;
    for (int t = 0; t < 64; ++t) {
        EXPECT_AT(t, ticks[4 * t] >= 0, true);
        EXPECT_AT(t, ticks[4 * t + 1] >= 0, true);
        EXPECT_AT(t, ticks[4 * t + 2] >= 0, true);
        EXPECT_AT(t, ticks[4 * t + 3], 1);
        all += ticks[4 * t];
    }
    EXPECT(all > 0);
    return expect_result();
}
