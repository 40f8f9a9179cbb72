// Conversions between numbers with an explicit rounding: the suffix says to nearest, ties to even (rn),
// down (rd), up (ru) or towards zero (rz).
//
// Reals become integers as GPUs do it: too large values give the nearest integer that there is, NaN
// gives 0. A plain cast in C++ leaves both undefined, and on x86-64 gives the most negative integer.
#ifndef GPU_CONVERT_H
#define GPU_CONVERT_H

#include <cmath>
#include <limits>
#include <type_traits>

namespace gpu
{

enum class Round { nearest, down, up, zero };

// The whole number next to x. std::rint rounds to nearest unless the program changed the mode.
template <Round R, class Real> Real whole(Real x)
{
    if constexpr (R == Round::nearest)
        return std::rint(x);
    else if constexpr (R == Round::down)
        return std::floor(x);
    else if constexpr (R == Round::up)
        return std::ceil(x);
    else
        return std::trunc(x);
}

template <class Integer, Round R, class Real> Integer to_integer(Real x)
{
    using Limits = std::numeric_limits<Integer>;
    // One more than the largest integer: a power of two, exact in every real type; the largest itself is not.
    const Real end = 2 * (Real)(1ull << (Limits::digits - 1));
    Real y = whole<R>(x);
    if (y != y)
        return 0;
    if (y >= end)
        return Limits::max();
    if (y < (Real)Limits::min())
        return Limits::min();
    return (Integer)y;
}

// The cast of C++ rounds to nearest. If that went past the exact value on the wrong side, the
// neighbour on the other side is the answer. Exact must hold both values without rounding.
template <Round R, class Real, class Exact> Real round_to(Exact exact)
{
    Real y = (Real)exact;
    constexpr Real infinity = std::numeric_limits<Real>::infinity();
    if constexpr (R == Round::nearest)
        return y;
    bool down = R == Round::down || (R == Round::zero && exact > 0);
    bool up = R == Round::up || (R == Round::zero && exact < 0);
    if (down && (y == infinity ? exact < std::numeric_limits<Exact>::infinity() : (Exact)y > exact))
        return std::nextafter(y, -infinity);
    if (up && (y == -infinity ? exact > -std::numeric_limits<Exact>::infinity() : (Exact)y < exact))
        return std::nextafter(y, infinity);
    return y;
}

} // namespace gpu

#define GPU_TO_INTEGER(NAME, REAL, INTEGER)                                                                            \
    inline INTEGER NAME##_rn(REAL x)                                                                                   \
    {                                                                                                                  \
        return gpu::to_integer<INTEGER, gpu::Round::nearest>(x);                                                       \
    }                                                                                                                  \
    inline INTEGER NAME##_rd(REAL x)                                                                                   \
    {                                                                                                                  \
        return gpu::to_integer<INTEGER, gpu::Round::down>(x);                                                          \
    }                                                                                                                  \
    inline INTEGER NAME##_ru(REAL x)                                                                                   \
    {                                                                                                                  \
        return gpu::to_integer<INTEGER, gpu::Round::up>(x);                                                            \
    }                                                                                                                  \
    inline INTEGER NAME##_rz(REAL x)                                                                                   \
    {                                                                                                                  \
        return gpu::to_integer<INTEGER, gpu::Round::zero>(x);                                                          \
    }
GPU_TO_INTEGER(__float2int, float, int)
GPU_TO_INTEGER(__float2uint, float, unsigned)
GPU_TO_INTEGER(__float2ll, float, long long)
GPU_TO_INTEGER(__float2ull, float, unsigned long long)
GPU_TO_INTEGER(__double2int, double, int)
GPU_TO_INTEGER(__double2uint, double, unsigned)
GPU_TO_INTEGER(__double2ll, double, long long)
GPU_TO_INTEGER(__double2ull, double, unsigned long long)
#undef GPU_TO_INTEGER

// EXACT: a type that holds every FROM and every TO near it. No real type of C++ holds all 64-bit
// integers everywhere, so those go through 128-bit ones.
#define GPU_TO_REAL(NAME, FROM, TO, EXACT)                                                                             \
    inline TO NAME##_rn(FROM x)                                                                                        \
    {                                                                                                                  \
        return (TO)x;                                                                                                  \
    }                                                                                                                  \
    inline TO NAME##_rd(FROM x)                                                                                        \
    {                                                                                                                  \
        return gpu::round_to<gpu::Round::down, TO, EXACT>((EXACT)x);                                                   \
    }                                                                                                                  \
    inline TO NAME##_ru(FROM x)                                                                                        \
    {                                                                                                                  \
        return gpu::round_to<gpu::Round::up, TO, EXACT>((EXACT)x);                                                     \
    }                                                                                                                  \
    inline TO NAME##_rz(FROM x)                                                                                        \
    {                                                                                                                  \
        return gpu::round_to<gpu::Round::zero, TO, EXACT>((EXACT)x);                                                   \
    }
__extension__ typedef __int128 gpu_int128;
GPU_TO_REAL(__int2float, int, float, double)
GPU_TO_REAL(__uint2float, unsigned, float, double)
GPU_TO_REAL(__ll2float, long long, float, gpu_int128)
GPU_TO_REAL(__ull2float, unsigned long long, float, gpu_int128)
GPU_TO_REAL(__ll2double, long long, double, gpu_int128)
GPU_TO_REAL(__ull2double, unsigned long long, double, gpu_int128)
GPU_TO_REAL(__double2float, double, float, double)
#undef GPU_TO_REAL

// Always exact.
inline double __int2double_rn(int x)
{
    return x;
}

inline double __uint2double_rn(unsigned x)
{
    return x;
}

#endif
