// Single operations, each rounded once to nearest: __fadd_rn and its like. What they are for: unlike
// * and +, two of them are never merged into a fused multiply-add, which rounds only once for both.
#ifndef GPU_MATH_ROUNDED_H
#define GPU_MATH_ROUNDED_H

#include <math.h>

namespace gpu
{
template <class Real> Real rounded(Real x)
{
#if defined(__clang__)
    return x; // the pragma below does it
#else
    return __builtin_assoc_barrier(x);
#endif
}
} // namespace gpu

#if defined(__clang__)
#define GPU_NOT_FUSED _Pragma("clang fp contract(off)")
#else
#define GPU_NOT_FUSED
#endif
#define GPU_ROUNDED(NAME, REAL, EXPRESSION)                                                                            \
    inline REAL NAME(REAL x, REAL y) noexcept                                                                          \
    {                                                                                                                  \
        GPU_NOT_FUSED                                                                                                  \
        return gpu::rounded<REAL>(EXPRESSION);                                                                         \
    }
GPU_ROUNDED(__fadd_rn, float, x + y)
GPU_ROUNDED(__fsub_rn, float, x - y)
GPU_ROUNDED(__fmul_rn, float, x *y)
GPU_ROUNDED(__fdiv_rn, float, x / y)
GPU_ROUNDED(__dadd_rn, double, x + y)
GPU_ROUNDED(__dsub_rn, double, x - y)
GPU_ROUNDED(__dmul_rn, double, x *y)
GPU_ROUNDED(__ddiv_rn, double, x / y)
#undef GPU_ROUNDED
#undef GPU_NOT_FUSED

inline float __fmaf_rn(float x, float y, float z) noexcept
{
    return fmaf(x, y, z);
}

inline double __fma_rn(double x, double y, double z) noexcept
{
    return fma(x, y, z);
}

inline float __fsqrt_rn(float x) noexcept
{
    return sqrtf(x);
}

inline double __dsqrt_rn(double x) noexcept
{
    return sqrt(x);
}

inline float __frcp_rn(float x) noexcept
{
    return 1 / x;
}

inline double __drcp_rn(double x) noexcept
{
    return 1 / x;
}

inline float __frsqrt_rn(float x) noexcept
{
    return (float)(1 / sqrt((double)x));
}

#endif
