// The built-in vector types: sizes and alignments as the manuals list them, make_ functions, arithmetic, and vectors in
// arrays, arguments, shared memory and behind casts.
#include "expect.h"

template <class V, class T> void check_layout(const char *name, size_t elements, size_t alignment)
{
    expect_note(sizeof(V) == elements * sizeof(T), __FILE__, __LINE__, std::string("sizeof ") + name);
    expect_note(alignof(V) == alignment, __FILE__, __LINE__, std::string("alignof ") + name);
    expect_note(std::is_trivially_copyable<V>::value, __FILE__, __LINE__, std::string(name) + " is not plain");
}

// Vectors of two and four are aligned to their size, as far as 16 bytes, so that one instruction loads them.
#define CHECK_TYPE(NAME, T)                                                                                            \
    do {                                                                                                               \
        check_layout<NAME##1, T>(#NAME "1", 1, sizeof(T));                                                             \
        check_layout<NAME##2, T>(#NAME "2", 2, 2 * sizeof(T));                                                         \
        check_layout<NAME##3, T>(#NAME "3", 3, sizeof(T));                                                             \
        check_layout<NAME##4, T>(#NAME "4", 4, sizeof(T) == 8 ? alignof(NAME##4) : 4 * sizeof(T));                     \
        EXPECT(alignof(NAME##4) >= 16 || alignof(NAME##4) == 4 * sizeof(T));                                           \
        NAME##1 one = make_##NAME##1((T)1);                                                                            \
        NAME##2 two = make_##NAME##2((T)1, (T)2);                                                                      \
        NAME##3 three = make_##NAME##3((T)1, (T)2, (T)3);                                                              \
        NAME##4 four = make_##NAME##4((T)1, (T)2, (T)3, (T)4);                                                         \
        EXPECT(one.x == 1 && two.x == 1 && two.y == 2);                                                                \
        EXPECT(three.x == 1 && three.y == 2 && three.z == 3);                                                          \
        EXPECT(four.x == 1 && four.y == 2 && four.z == 3 && four.w == 4);                                              \
    } while (0)

struct Mixed {
    char head;
    float4 body;
    float3 small;
    double2 tail;
};

__global__ void arithmetic(const float4 *a, const int4 *i, float4 *out, int4 *whole)
{
    float4 x = a[0], y = a[1];
    out[0] = x + y;
    out[1] = x - y;
    out[2] = x * y;
    out[3] = x / y;
    out[4] = x * 2.0f;
    out[5] = 2.0f * x;
    out[6] = -x;
    float4 z = x;
    z += y;
    z -= make_float4(1, 1, 1, 1);
    z *= 2.0f;
    out[7] = z;
    int4 p = i[0], q = i[1];
    whole[0] = p + q;
    whole[1] = p % q;
    whole[2] = p & q;
    whole[3] = p << make_int4(1, 1, 1, 1);
    whole[4] = make_int4(p == q, p == p, p != q, x == x);
}

__global__ void pass_around(float3 by_value, Mixed mixed, float *flat, const float2 *pairs, float *out)
{
    __shared__ float2 tile[64];
    int t = threadIdx.x;
    tile[t] = pairs[t];
    __syncthreads();
    float2 other = tile[63 - t];
    float4 loaded = reinterpret_cast<const float4 *>(flat)[t];
    float2 halves = ((const float2 *)flat)[2 * t + 1];
    out[t] = by_value.x + by_value.y + by_value.z + other.x - other.y + loaded.x + loaded.w + halves.x + mixed.body.z +
             mixed.small.y + (float)mixed.tail.y + mixed.head;
    *((float4 *)flat + t) = make_float4(loaded.w, loaded.z, loaded.y, loaded.x);
}

__global__ void widths(const char4 *c, const uchar4 *u, const short2 *s, const ushort4 *us, const double2 *d,
                       const longlong2 *l, const uint3 *ui, double *out)
{
    int t = threadIdx.x;
    char4 a = c[t];
    uchar4 b = u[t];
    out[8 * t] = a.x + a.y + a.z + a.w;
    out[8 * t + 1] = b.x + b.y + b.z + b.w;
    out[8 * t + 2] = s[t].x * s[t].y;
    out[8 * t + 3] = us[t].w;
    out[8 * t + 4] = d[t].x * d[t].y;
    out[8 * t + 5] = (double)(l[t].x + l[t].y);
    out[8 * t + 6] = ui[t].z;
    out[8 * t + 7] = (double)(size_t)&c[t] - (double)(size_t)c;
}

static bool same(float4 v, float x, float y, float z, float w)
{
    return v.x == x && v.y == y && v.z == z && v.w == w;
}

static bool same(int4 v, int x, int y, int z, int w)
{
    return v.x == x && v.y == y && v.z == z && v.w == w;
}

static void check_arithmetic()
{
    float4 *a = room<float4>(2), *out = room<float4>(8);
    int4 *i = room<int4>(2), *whole = room<int4>(5);
    a[0] = make_float4(1, 2, 3, 4), a[1] = make_float4(8, 4, 2, 1);
    i[0] = make_int4(9, 8, 7, -6), i[1] = make_int4(4, 3, 2, 4);
    arithmetic<<<1, 1>>>(a, i, out, whole);
    EXPECT_RAN();
    EXPECT(same(out[0], 9, 6, 5, 5));
    EXPECT(same(out[1], -7, -2, 1, 3));
    EXPECT(same(out[2], 8, 8, 6, 4));
    EXPECT(same(out[3], 0.125f, 0.5f, 1.5f, 4));
    EXPECT(same(out[4], 2, 4, 6, 8));
    EXPECT(same(out[5], 2, 4, 6, 8));
    EXPECT(same(out[6], -1, -2, -3, -4));
    EXPECT(same(out[7], 16, 10, 8, 8));
    EXPECT(same(whole[0], 13, 11, 9, -2));
    EXPECT(same(whole[1], 1, 2, 1, -2));
    EXPECT(same(whole[2], 9 & 4, 8 & 3, 7 & 2, -6 & 4));
    EXPECT(same(whole[3], 18, 16, 14, -12));
    EXPECT(same(whole[4], 0, 1, 1, 1));
}

int main()
{
    CHECK_TYPE(char, signed char);
    CHECK_TYPE(uchar, unsigned char);
    CHECK_TYPE(short, short);
    CHECK_TYPE(ushort, unsigned short);
    CHECK_TYPE(int, int);
    CHECK_TYPE(uint, unsigned);
    CHECK_TYPE(long, long);
    CHECK_TYPE(ulong, unsigned long);
    CHECK_TYPE(longlong, long long);
    CHECK_TYPE(ulonglong, unsigned long long);
    CHECK_TYPE(float, float);
    CHECK_TYPE(double, double);
    check_arithmetic();

    dim3 none, two(4, 5), braces = {7, 8, 9}, from_vector(make_uint3(1, 2, 3)), number = 6;
    EXPECT(none.x == 1 && none.y == 1 && none.z == 1);
    EXPECT(two.x == 4 && two.y == 5 && two.z == 1);
    EXPECT(braces.x == 7 && braces.y == 8 && braces.z == 9);
    EXPECT(from_vector.y == 2 && number.x == 6 && number.z == 1);

    const int n = 64;
    float *flat = room<float>(4 * n), *out = room<float>(n);
    float2 *pairs = room<float2>(n);
    for (int i = 0; i < 4 * n; ++i)
        flat[i] = (float)i;
    for (int t = 0; t < n; ++t)
        pairs[t] = make_float2(3.0f * t, 1.0f * t);
    Mixed mixed = {'a', make_float4(1, 2, 3, 4), make_float3(5, 6, 7), make_double2(8, 9)};
    pass_around<<<1, n>>>(make_float3(10, 20, 30), mixed, flat, pairs, out);
    EXPECT_RAN();
    for (int t = 0; t < n; ++t) {
        EXPECT_AT(t, out[t], 60.0f + 2 * (63 - t) + 4 * t + (4 * t + 3) + (4 * t + 2) + 3 + 6 + 9 + 'a');
        EXPECT_AT(t, flat[4 * t], 4 * t + 3.0f);
        EXPECT_AT(t, flat[4 * t + 3], 4.0f * t);
    }

    char4 *c = room<char4>(n);
    uchar4 *u = room<uchar4>(n);
    short2 *s = room<short2>(n);
    ushort4 *us = room<ushort4>(n);
    double2 *d = room<double2>(n);
    longlong2 *l = room<longlong2>(n);
    uint3 *ui = room<uint3>(n);
    double *sums = room<double>(8 * n);
    for (int t = 0; t < n; ++t) {
        c[t] = make_char4((signed char)-t, 1, 2, -128);
        u[t] = make_uchar4((unsigned char)(200 + t), 255, 255, 1);
        s[t] = make_short2((short)-t, 300);
        us[t] = make_ushort4(1, 2, 3, (unsigned short)(65535 - t));
        d[t] = make_double2(t, 0.5);
        l[t] = make_longlong2(1ll << 40, t);
        ui[t] = make_uint3(1, 2, 4000000000u + t);
    }
    widths<<<1, n>>>(c, u, s, us, d, l, ui, sums);
    EXPECT_RAN();
    for (int t = 0; t < n; ++t) {
        const double expected[] = {-t - 125.0,       200.0 + t % 56 + 511 - (t >= 56 ? 200 : 0),
                                   -300.0 * t,       65535.0 - t,
                                   t * 0.5,          1099511627776.0 + t,
                                   4000000000.0 + t, 4.0 * t};
        for (int i = 0; i < 8; ++i)
            EXPECT_AT(t, sums[8 * t + i], expected[i]);
    }
    return expect_result();
}
