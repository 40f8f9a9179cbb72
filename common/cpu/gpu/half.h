// half: a number in 16 bits, 1 for the sign, 5 for the exponent, 10 for the fraction (IEEE 754
// binary16). About three decimal digits, up to 65504, in half the memory of a float.
//
// The arithmetic is done in float and rounded back. That gives the same bits as arithmetic in half
// itself: a float has more than twice as many digits, so rounding twice never shows for + - * / sqrt.
#ifndef GPU_HALF_H
#define GPU_HALF_H

#include <cmath>
#include <cstdint>
#include <type_traits>

#include "bits.h"
#include "convert.h"

namespace gpu
{

// float to half, to nearest, ties to even. Written so that a loop over it vectorises: all cases are
// computed and one is chosen.
inline uint16_t half_from_float(float x)
{
    uint32_t bits = reinterpret<uint32_t>(x), magnitude = bits & 0x7fffffffu, sign = bits >> 16 & 0x8000u;
    // A normal number: the exponent changes its bias from 127 to 15, and 13 bits of the fraction are
    // rounded away. A carry out of the fraction moves into the exponent, which is just right.
    uint32_t normal = (magnitude - (112u << 23) + 0xfffu + (magnitude >> 13 & 1)) >> 13;
    // Below 2^-14 halves lie 2^-24 apart, as the floats do from 0.5 on: adding 0.5 rounds to that grid.
    float shifted = reinterpret<float>(magnitude) + 0.5f;
    uint32_t tiny = reinterpret<uint32_t>(shifted) - 0x3f000000u;
    uint32_t quiet_nan = 0x7e00u | (magnitude >> 13 & 0x3ffu);

    uint32_t half = magnitude < 0x38800000u ? tiny : normal; // 2^-14
    half = magnitude >= 0x477ff000u ? 0x7c00u : half;        // 65520 and above round to infinity
    half = magnitude > 0x7f800000u ? quiet_nan : half;
    return (uint16_t)(sign | half);
}

// half to float; always exact. The multiplication moves the bias of the exponent from 15 to 127, and
// makes a half's denormal a normal float.
inline float float_from_half(uint16_t half)
{
    uint32_t magnitude = (uint32_t)(half & 0x7fff) << 13, sign = (uint32_t)(half & 0x8000) << 16;
    uint32_t bits = reinterpret<uint32_t>(reinterpret<float>(magnitude) * 0x1p112f);
    bits = magnitude >= 0x0f800000u ? magnitude | 0x7f800000u : bits; // infinity and NaN
    bits = magnitude > 0x0f800000u ? bits | 0x00400000u : bits;       // a NaN becomes quiet
    return reinterpret<float>(sign | bits);
}

// double to half with any rounding. Every float and every int that does not overflow is a double.
template <Round R> uint16_t half_from_double(double x)
{
    const uint16_t sign = std::signbit(x) ? 0x8000 : 0, infinity = 0x7c00, largest = 0x7bff;
    if (std::isnan(x))
        return sign | 0x7e00;
    if (std::isinf(x))
        return sign | infinity;
    // Halves near x are the multiples of 2^(exponent - 10).
    int exponent = std::fabs(x) < 0x1p-14 ? -14 : std::ilogb(x);
    double multiple = std::fabs(whole<R>(std::ldexp(x, 10 - exponent)));
    if (exponent > 15 || (exponent == 15 && multiple == 2048)) {
        bool away = R == Round::nearest || R == (sign ? Round::down : Round::up);
        return sign | (away ? infinity : largest);
    }
    return (uint16_t)(sign | (((exponent + 15) << 10) + (int)multiple - 1024));
}

} // namespace gpu

struct __half_raw {
    unsigned short x;
};

// Converts by itself from and to every number. So `h * 2.0f` is ambiguous (as half or as float?), here
// as with hipcc: write `h * half(2.0f)` or `(float)h * 2.0f`.
struct __half {
    unsigned short __x; // the bits

    __half() = default;
    __half(const __half_raw &raw) : __x(raw.x) {}

    template <class T, std::enable_if_t<std::is_arithmetic<T>::value, int> = 0> __half(T value)
    {
        if constexpr (std::is_same<T, float>::value)
            __x = gpu::half_from_float(value);
        else
            __x = gpu::half_from_double<gpu::Round::nearest>((double)value);
    }

    template <class T, std::enable_if_t<std::is_arithmetic<T>::value, int> = 0> operator T() const
    {
        float value = gpu::float_from_half(__x);
        if constexpr (std::is_same<T, bool>::value)
            return value != 0;
        else if constexpr (std::is_integral<T>::value)
            return gpu::to_integer<T, gpu::Round::zero>(value);
        else
            return (T)value;
    }

    operator __half_raw() const { return {__x}; }

    friend __half operator+(__half a, __half b) { return (float)a + (float)b; }
    friend __half operator-(__half a, __half b) { return (float)a - (float)b; }
    friend __half operator*(__half a, __half b) { return (float)a * (float)b; }
    friend __half operator/(__half a, __half b) { return (float)a / (float)b; }
    friend bool operator==(__half a, __half b) { return (float)a == (float)b; }
    friend bool operator!=(__half a, __half b) { return (float)a != (float)b; }
    friend bool operator<(__half a, __half b) { return (float)a < (float)b; }
    friend bool operator>(__half a, __half b) { return (float)a > (float)b; }
    friend bool operator<=(__half a, __half b) { return (float)a <= (float)b; }
    friend bool operator>=(__half a, __half b) { return (float)a >= (float)b; }

    __half operator+() const { return *this; }
    __half operator-() const { return __half_raw{(unsigned short)(__x ^ 0x8000)}; }
    __half &operator+=(__half b) { return *this = *this + b; }
    __half &operator-=(__half b) { return *this = *this - b; }
    __half &operator*=(__half b) { return *this = *this * b; }
    __half &operator/=(__half b) { return *this = *this / b; }
    __half &operator++() { return *this += __half(1); }
    __half &operator--() { return *this -= __half(1); }

    __half operator++(int)
    {
        __half before = *this;
        ++*this;
        return before;
    }

    __half operator--(int)
    {
        __half before = *this;
        --*this;
        return before;
    }
};

typedef __half half;

#endif
