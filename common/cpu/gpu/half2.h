// half2: two halves in one 32-bit word. On a GPU one instruction works on both, which doubles the
// speed of half arithmetic; so kernels in half are written in half2.
#ifndef GPU_HALF2_H
#define GPU_HALF2_H

#include "../hip/hip_vector_types.h"
#include "half_functions.h"

struct __half2_raw {
    unsigned short x, y;
};

struct __attribute__((aligned(4))) __half2 {
    __half x, y; // x is the low half of the word

    __half2() = default;
    __half2(const __half &x_, const __half &y_) : x(x_), y(y_) {}
    __half2(const __half2_raw &raw) : x(__half_raw{raw.x}), y(__half_raw{raw.y}) {}
    operator __half2_raw() const { return {x.__x, y.__x}; }

    friend __half2 operator+(__half2 a, __half2 b) { return {a.x + b.x, a.y + b.y}; }
    friend __half2 operator-(__half2 a, __half2 b) { return {a.x - b.x, a.y - b.y}; }
    friend __half2 operator*(__half2 a, __half2 b) { return {a.x * b.x, a.y * b.y}; }
    friend __half2 operator/(__half2 a, __half2 b) { return {a.x / b.x, a.y / b.y}; }
    friend bool operator==(__half2 a, __half2 b) { return a.x == b.x && a.y == b.y; }
    friend bool operator!=(__half2 a, __half2 b) { return !(a == b); }
    // True if it holds for both elements.
    friend bool operator<(__half2 a, __half2 b) { return a.x < b.x && a.y < b.y; }
    friend bool operator>(__half2 a, __half2 b) { return a.x > b.x && a.y > b.y; }
    friend bool operator<=(__half2 a, __half2 b) { return a.x <= b.x && a.y <= b.y; }
    friend bool operator>=(__half2 a, __half2 b) { return a.x >= b.x && a.y >= b.y; }

    __half2 operator+() const { return *this; }
    __half2 operator-() const { return {-x, -y}; }
    __half2 &operator+=(__half2 b) { return *this = *this + b; }
    __half2 &operator-=(__half2 b) { return *this = *this - b; }
    __half2 &operator*=(__half2 b) { return *this = *this * b; }
    __half2 &operator/=(__half2 b) { return *this = *this / b; }
    __half2 &operator++() { return *this += __half2(1, 1); }
    __half2 &operator--() { return *this -= __half2(1, 1); }

    __half2 operator++(int)
    {
        __half2 before = *this;
        ++*this;
        return before;
    }

    __half2 operator--(int)
    {
        __half2 before = *this;
        --*this;
        return before;
    }
};

typedef __half2 half2;

// Putting together and taking apart.
inline __half2 make_half2(__half x, __half y)
{
    return {x, y};
}

inline __half2 __halves2half2(__half x, __half y)
{
    return {x, y};
}

inline __half2 __half2half2(__half x)
{
    return {x, x};
}

inline __half2 __float2half2_rn(float x)
{
    return {x, x};
}

inline __half2 __floats2half2_rn(float x, float y)
{
    return {x, y};
}

inline __half2 __float22half2_rn(float2 v)
{
    return {v.x, v.y};
}

inline float2 __half22float2(__half2 a)
{
    return make_float2(a.x, a.y);
}

inline __half __low2half(__half2 a)
{
    return a.x;
}

inline __half __high2half(__half2 a)
{
    return a.y;
}

inline float __low2float(__half2 a)
{
    return a.x;
}

inline float __high2float(__half2 a)
{
    return a.y;
}

inline __half2 __low2half2(__half2 a)
{
    return {a.x, a.x};
}

inline __half2 __high2half2(__half2 a)
{
    return {a.y, a.y};
}

inline __half2 __lows2half2(__half2 a, __half2 b)
{
    return {a.x, b.x};
}

inline __half2 __highs2half2(__half2 a, __half2 b)
{
    return {a.y, b.y};
}

inline __half2 __lowhigh2highlow(__half2 a)
{
    return {a.y, a.x};
}

// The functions on one half, for both elements.
#define GPU_HALF2_1(NAME, SCALAR)                                                                                      \
    inline __half2 NAME(__half2 a)                                                                                     \
    {                                                                                                                  \
        return {SCALAR(a.x), SCALAR(a.y)};                                                                             \
    }
#define GPU_HALF2_2(NAME, SCALAR)                                                                                      \
    inline __half2 NAME(__half2 a, __half2 b)                                                                          \
    {                                                                                                                  \
        return {SCALAR(a.x, b.x), SCALAR(a.y, b.y)};                                                                   \
    }
#define GPU_HALF2_3(NAME, SCALAR)                                                                                      \
    inline __half2 NAME(__half2 a, __half2 b, __half2 c)                                                               \
    {                                                                                                                  \
        return {SCALAR(a.x, b.x, c.x), SCALAR(a.y, b.y, c.y)};                                                         \
    }
GPU_HALF2_2(__hadd2, __hadd)
GPU_HALF2_2(__hsub2, __hsub)
GPU_HALF2_2(__hmul2, __hmul)
GPU_HALF2_2(__h2div, __hdiv)
GPU_HALF2_2(__hmax2, __hmax)
GPU_HALF2_2(__hmin2, __hmin)
GPU_HALF2_3(__hfma2, __hfma)
GPU_HALF2_2(__hadd2_sat, __hadd_sat)
GPU_HALF2_2(__hsub2_sat, __hsub_sat)
GPU_HALF2_2(__hmul2_sat, __hmul_sat)
GPU_HALF2_3(__hfma2_sat, __hfma_sat)
GPU_HALF2_1(__hneg2, __hneg)
GPU_HALF2_1(__habs2, __habs)
GPU_HALF2_1(__hisnan2, __hisnan) // 1 or 0 for each
GPU_HALF2_1(__hisinf2, __hisinf)
GPU_HALF2_1(h2ceil, hceil)
GPU_HALF2_1(h2floor, hfloor)
GPU_HALF2_1(h2rint, hrint)
GPU_HALF2_1(h2trunc, htrunc)
GPU_HALF2_1(h2sqrt, hsqrt)
GPU_HALF2_1(h2rsqrt, hrsqrt)
GPU_HALF2_1(h2rcp, hrcp)
GPU_HALF2_1(h2sin, hsin)
GPU_HALF2_1(h2cos, hcos)
GPU_HALF2_1(h2exp, hexp)
GPU_HALF2_1(h2exp2, hexp2)
GPU_HALF2_1(h2exp10, hexp10)
GPU_HALF2_1(h2log, hlog)
GPU_HALF2_1(h2log2, hlog2)
GPU_HALF2_1(h2log10, hlog10)
#undef GPU_HALF2_1
#undef GPU_HALF2_3

// Comparisons: 1 or 0 for each element, or (with b) whether it holds for both.
#define GPU_HALF2_COMPARE(NAME)                                                                                        \
    GPU_HALF2_2(__h##NAME##2, __h##NAME)                                                                               \
    inline bool __hb##NAME##2(__half2 a, __half2 b)                                                                    \
    {                                                                                                                  \
        return __h##NAME(a.x, b.x) && __h##NAME(a.y, b.y);                                                             \
    }
GPU_HALF2_COMPARE(eq)
GPU_HALF2_COMPARE(ne)
GPU_HALF2_COMPARE(lt)
GPU_HALF2_COMPARE(le)
GPU_HALF2_COMPARE(gt)
GPU_HALF2_COMPARE(ge)
GPU_HALF2_COMPARE(equ)
GPU_HALF2_COMPARE(neu)
GPU_HALF2_COMPARE(ltu)
GPU_HALF2_COMPARE(leu)
GPU_HALF2_COMPARE(gtu)
GPU_HALF2_COMPARE(geu)
#undef GPU_HALF2_COMPARE
#undef GPU_HALF2_2

inline __half2 __ldca(const __half2 *address)
{
    return *address;
}

inline __half2 __ldcg(const __half2 *address)
{
    return *address;
}

inline __half2 __ldcs(const __half2 *address)
{
    return *address;
}

// a.x * b.x + a.y * b.y + c, in float; limited to [0, 1] if `saturate`.
inline float amd_mixed_dot(__half2 a, __half2 b, float c, bool saturate)
{
    float sum = (float)a.x * (float)b.x + (float)a.y * (float)b.y + c;
    return saturate ? __saturatef(sum) : sum;
}

#endif
