// Functions on one half: conversions with explicit rounding, arithmetic, comparisons, math.
#ifndef GPU_HALF_FUNCTIONS_H
#define GPU_HALF_FUNCTIONS_H

#include "half.h"
#include "math.h"

inline __half __ushort_as_half(unsigned short bits)
{
    return __half_raw{bits};
}

inline __half __short_as_half(short bits)
{
    return __half_raw{(unsigned short)bits};
}

inline unsigned short __half_as_ushort(__half x)
{
    return x.__x;
}

inline short __half_as_short(__half x)
{
    return (short)x.__x;
}

inline __half __float2half(float x)
{
    return x;
}

inline float __half2float(__half x)
{
    return x;
}

// To half and back; rn, rd, ru, rz: to nearest, down, up, towards zero.
#define GPU_TO_HALF(NAME, FROM)                                                                                        \
    inline __half NAME##_rn(FROM x)                                                                                    \
    {                                                                                                                  \
        return __half_raw{gpu::half_from_double<gpu::Round::nearest>((double)x)};                                      \
    }                                                                                                                  \
    inline __half NAME##_rd(FROM x)                                                                                    \
    {                                                                                                                  \
        return __half_raw{gpu::half_from_double<gpu::Round::down>((double)x)};                                         \
    }                                                                                                                  \
    inline __half NAME##_ru(FROM x)                                                                                    \
    {                                                                                                                  \
        return __half_raw{gpu::half_from_double<gpu::Round::up>((double)x)};                                           \
    }                                                                                                                  \
    inline __half NAME##_rz(FROM x)                                                                                    \
    {                                                                                                                  \
        return __half_raw{gpu::half_from_double<gpu::Round::zero>((double)x)};                                         \
    }
GPU_TO_HALF(__float2half, float)
GPU_TO_HALF(__short2half, short)
GPU_TO_HALF(__ushort2half, unsigned short)
GPU_TO_HALF(__int2half, int)
GPU_TO_HALF(__uint2half, unsigned)
GPU_TO_HALF(__ll2half, long long)
GPU_TO_HALF(__ull2half, unsigned long long)
#undef GPU_TO_HALF

#define GPU_FROM_HALF(NAME, TO)                                                                                        \
    inline TO NAME##_rn(__half x)                                                                                      \
    {                                                                                                                  \
        return gpu::to_integer<TO, gpu::Round::nearest>((float)x);                                                     \
    }                                                                                                                  \
    inline TO NAME##_rd(__half x)                                                                                      \
    {                                                                                                                  \
        return gpu::to_integer<TO, gpu::Round::down>((float)x);                                                        \
    }                                                                                                                  \
    inline TO NAME##_ru(__half x)                                                                                      \
    {                                                                                                                  \
        return gpu::to_integer<TO, gpu::Round::up>((float)x);                                                          \
    }                                                                                                                  \
    inline TO NAME##_rz(__half x)                                                                                      \
    {                                                                                                                  \
        return gpu::to_integer<TO, gpu::Round::zero>((float)x);                                                        \
    }
GPU_FROM_HALF(__half2short, short)
GPU_FROM_HALF(__half2ushort, unsigned short)
GPU_FROM_HALF(__half2int, int)
GPU_FROM_HALF(__half2uint, unsigned)
GPU_FROM_HALF(__half2ll, long long)
GPU_FROM_HALF(__half2ull, unsigned long long)
#undef GPU_FROM_HALF

namespace gpu
{
inline __half saturated(__half x)
{
    return __saturatef(x);
}
} // namespace gpu

inline __half __hadd(__half a, __half b)
{
    return a + b;
}

inline __half __hsub(__half a, __half b)
{
    return a - b;
}

inline __half __hmul(__half a, __half b)
{
    return a * b;
}

inline __half __hdiv(__half a, __half b)
{
    return a / b;
}

inline __half __hneg(__half a)
{
    return -a;
}

inline __half __habs(__half a)
{
    return __half_raw{(unsigned short)(a.__x & 0x7fff)};
}

// a * b + c, rounded once. In double the product is exact, and the sum is exact too or so lopsided that
// its rounding cannot decide the second one.
inline __half __hfma(__half a, __half b, __half c)
{
    return (double)a * (double)b + (double)c;
}

// The same, limited to [0, 1].
inline __half __hadd_sat(__half a, __half b)
{
    return gpu::saturated(a + b);
}

inline __half __hsub_sat(__half a, __half b)
{
    return gpu::saturated(a - b);
}

inline __half __hmul_sat(__half a, __half b)
{
    return gpu::saturated(a * b);
}

inline __half __hfma_sat(__half a, __half b, __half c)
{
    return gpu::saturated(__hfma(a, b, c));
}

inline bool __hisnan(__half a)
{
    return (a.__x & 0x7fff) > 0x7c00;
}

inline bool __hisinf(__half a)
{
    return (a.__x & 0x7fff) == 0x7c00;
}

// A NaN loses against a number.
inline __half __hmax(__half a, __half b)
{
    return __hisnan(b) || a > b ? a : b;
}

inline __half __hmin(__half a, __half b)
{
    return __hisnan(b) || a < b ? a : b;
}

// Each comparison, and its form with u that is true as well where an operand is NaN.
#define GPU_HALF_COMPARE(NAME, OP)                                                                                     \
    inline bool __h##NAME(__half a, __half b)                                                                          \
    {                                                                                                                  \
        return a OP b;                                                                                                 \
    }                                                                                                                  \
    inline bool __h##NAME##u(__half a, __half b)                                                                       \
    {                                                                                                                  \
        return __hisnan(a) || __hisnan(b) || a OP b;                                                                   \
    }
GPU_HALF_COMPARE(eq, ==)
GPU_HALF_COMPARE(ne, !=)
GPU_HALF_COMPARE(lt, <)
GPU_HALF_COMPARE(le, <=)
GPU_HALF_COMPARE(gt, >)
GPU_HALF_COMPARE(ge, >=)
#undef GPU_HALF_COMPARE

// Math, computed in float.
inline __half hceil(__half x)
{
    return ceilf(x);
}

inline __half hfloor(__half x)
{
    return floorf(x);
}

inline __half hrint(__half x)
{
    return rintf(x);
}

inline __half htrunc(__half x)
{
    return truncf(x);
}

inline __half hsqrt(__half x)
{
    return sqrtf(x);
}

inline __half hrsqrt(__half x)
{
    return __frsqrt_rn(x);
}

inline __half hrcp(__half x)
{
    return 1 / (float)x;
}

inline __half hsin(__half x)
{
    return sinf(x);
}

inline __half hcos(__half x)
{
    return cosf(x);
}

inline __half hexp(__half x)
{
    return expf(x);
}

inline __half hexp2(__half x)
{
    return exp2f(x);
}

inline __half hexp10(__half x)
{
    return exp10f(x);
}

inline __half hlog(__half x)
{
    return logf(x);
}

inline __half hlog2(__half x)
{
    return log2f(x);
}

inline __half hlog10(__half x)
{
    return log10f(x);
}

// Loads with a wish for a cache that is not there.
inline __half __ldca(const __half *address)
{
    return *address;
}

inline __half __ldcg(const __half *address)
{
    return *address;
}

inline __half __ldcs(const __half *address)
{
    return *address;
}

#endif
