// Math functions of device code that the C library does not have, or has under another name.
//
// sinf, exp, fmaf and the rest come from <math.h>. The fast versions with two underscores trade digits
// for speed on a GPU; the simulated GPU has no faster hardware for them and gives the full precision,
// so a program that needs the difference to hide an error will show the error on a device first.
// All functions are noexcept, since newer C libraries declare some of the names, and that way.
#ifndef GPU_MATH_H
#define GPU_MATH_H

#include <cmath>
#include <math.h>
#include <stdlib.h>
#include <type_traits>
#include <utility>

#include "libmvec.h"
#include "math_rounded.h"
#include "math_special.h"

// max and min over any two numbers, in the type that holds both; an integer meeting a real is compared
// in double. A template over two types ranks below std::max and below a program's own max, so that
// neither becomes ambiguous.
namespace gpu
{
// A number as arithmetic sees it: a constant of an enum counts as the integer that it stands for.
template <class A, bool is_enum = std::is_enum<A>::value> struct NumberOf {
    using type = A;
};
template <class A> struct NumberOf<A, true> {
    using type = decltype(+std::declval<A>());
};
template <class A> using Number = typename NumberOf<A>::type;
template <class A>
constexpr bool is_number = std::is_arithmetic<A>::value ||
                           (std::is_enum<A>::value && std::is_convertible<A, int>::value);
template <class A, class B>
using Larger = std::conditional_t<std::is_integral<Number<A>>::value != std::is_integral<Number<B>>::value, double,
                                  std::common_type_t<Number<A>, Number<B>>>;
template <class A, class B> using IfNumbers = std::enable_if_t<is_number<A> && is_number<B>, int>;
} // namespace gpu

template <class A, class B, gpu::IfNumbers<A, B> = 0> constexpr gpu::Larger<A, B> max(A a, B b)
{
    gpu::Larger<A, B> x = a, y = b;
    return y != y || x > y ? x : y; // a NaN loses, as in fmax
}

template <class A, class B, gpu::IfNumbers<A, B> = 0> constexpr gpu::Larger<A, B> min(A a, B b)
{
    gpu::Larger<A, B> x = a, y = b;
    return y != y || x < y ? x : y;
}

// Division and roots.
inline double rsqrt(double x) noexcept
{
    return 1 / sqrt(x);
}

inline float rsqrtf(float x) noexcept
{
    return 1 / sqrtf(x);
}

inline double rcbrt(double x) noexcept
{
    return 1 / cbrt(x);
}

inline float rcbrtf(float x) noexcept
{
    return 1 / cbrtf(x);
}

inline double rhypot(double x, double y) noexcept
{
    return 1 / hypot(x, y);
}

inline float rhypotf(float x, float y) noexcept
{
    return 1 / hypotf(x, y);
}

inline float fdividef(float x, float y) noexcept
{
    return x / y;
}

inline double powi(double x, int n) noexcept
{
    return pow(x, n);
}

inline float powif(float x, int n) noexcept
{
    return (float)pow((double)x, n);
}

// Euclidean lengths and their reciprocals. Squares of floats fit into double; those of doubles may
// overflow, so these are scaled by the largest element.
inline double norm(int n, const double *a) noexcept
{
    double largest = 0, sum = 0;
    for (int i = 0; i < n; ++i)
        largest = fmax(largest, fabs(a[i]));
    if (largest == 0 || isinf(largest))
        return largest;
    for (int i = 0; i < n; ++i)
        sum += (a[i] / largest) * (a[i] / largest);
    return largest * sqrt(sum);
}

inline float normf(int n, const float *a) noexcept
{
    double sum = 0;
    for (int i = 0; i < n; ++i)
        sum += (double)a[i] * a[i];
    return (float)sqrt(sum);
}

inline double norm3d(double x, double y, double z) noexcept
{
    const double a[] = {x, y, z};
    return norm(3, a);
}

inline double norm4d(double x, double y, double z, double w) noexcept
{
    const double a[] = {x, y, z, w};
    return norm(4, a);
}

inline float norm3df(float x, float y, float z) noexcept
{
    return (float)sqrt((double)x * x + (double)y * y + (double)z * z);
}

inline float norm4df(float x, float y, float z, float w) noexcept
{
    return (float)sqrt((double)x * x + (double)y * y + (double)z * z + (double)w * w);
}

inline double rnorm(int n, const double *a) noexcept
{
    return 1 / norm(n, a);
}

inline float rnormf(int n, const float *a) noexcept
{
    return 1 / normf(n, a);
}

inline double rnorm3d(double x, double y, double z) noexcept
{
    return 1 / norm3d(x, y, z);
}

inline float rnorm3df(float x, float y, float z) noexcept
{
    return 1 / norm3df(x, y, z);
}

inline double rnorm4d(double x, double y, double z, double w) noexcept
{
    return 1 / norm4d(x, y, z, w);
}

inline float rnorm4df(float x, float y, float z, float w) noexcept
{
    return 1 / norm4df(x, y, z, w);
}

// sin(pi x) and cos(pi x). The argument is reduced before it meets pi, which no double holds exactly:
// so sinpi is exactly 0 at whole numbers, however large.
inline double sinpi(double x) noexcept
{
    double r = remainder(x, 2); // exact, in [-1, 1]
    if (r == 0 || fabs(r) == 1)
        return copysign(0.0, x);
    if (fabs(r) > 0.5)
        r = copysign(1.0, r) - r; // exact as well
    return sin(3.14159265358979323846 * r);
}

inline double cospi(double x) noexcept
{
    double r = fabs(remainder(x, 2));
    if (r == 0.5)
        return 0;
    if (r < 0.25)
        return cos(3.14159265358979323846 * r);
    if (r > 0.75)
        return -cos(3.14159265358979323846 * (1 - r));
    return sin(3.14159265358979323846 * (0.5 - r)); // small where cosine is small: no digits are lost
}

inline float sinpif(float x) noexcept
{
    return (float)sinpi((double)x);
}

inline float cospif(float x) noexcept
{
    return (float)cospi((double)x);
}

inline void sincospi(double x, double *sine, double *cosine) noexcept
{
    *sine = sinpi(x);
    *cosine = cospi(x);
}

inline void sincospif(float x, float *sine, float *cosine) noexcept
{
    *sine = sinpif(x);
    *cosine = cospif(x);
}

// macOS has these three only under other names; the C libraries of Linux have them.
#ifdef __APPLE__
inline double exp10(double x) noexcept
{
    return pow(10, x);
}

inline float exp10f(float x) noexcept
{
    return powf(10, x);
}

inline void sincos(double x, double *sine, double *cosine) noexcept
{
    *sine = sin(x);
    *cosine = cos(x);
}

inline void sincosf(float x, float *sine, float *cosine) noexcept
{
    *sine = sinf(x);
    *cosine = cosf(x);
}
#endif

// The fast versions.
inline float __expf(float x) noexcept
{
    return expf(x);
}

inline float __logf(float x) noexcept
{
    return logf(x);
}

inline float __log2f(float x) noexcept
{
    return log2f(x);
}

inline float __log10f(float x) noexcept
{
    return log10f(x);
}

inline float __powf(float x, float y) noexcept
{
    return powf(x, y);
}

inline float __sinf(float x) noexcept
{
    return sinf(x);
}

inline float __cosf(float x) noexcept
{
    return cosf(x);
}

inline float __tanf(float x) noexcept
{
    return tanf(x);
}

inline float __fdividef(float x, float y) noexcept
{
    return x / y;
}
#ifndef __APPLE__ // whose <math.h> has functions of these names
inline float __exp10f(float x) noexcept
{
    return exp10f(x);
}

inline void __sincosf(float x, float *sine, float *cosine) noexcept
{
    *sine = sinf(x);
    *cosine = cosf(x);
}
#endif

// Into [0, 1]; NaN becomes 0.
inline float __saturatef(float x) noexcept
{
    return x > 0 ? x < 1 ? x : 1.0f : 0.0f;
}

// As for the functions of the C library: the plain name takes floats, and integers as double.
#define GPU_OVERLOAD(NAME)                                                                                             \
    inline float NAME(float x) noexcept                                                                                \
    {                                                                                                                  \
        return NAME##f(x);                                                                                             \
    }                                                                                                                  \
    template <class T, std::enable_if_t<std::is_integral<T>::value, int> = 0> double NAME(T x) noexcept                \
    {                                                                                                                  \
        return NAME((double)x);                                                                                        \
    }
GPU_OVERLOAD(rsqrt)
GPU_OVERLOAD(rcbrt)
GPU_OVERLOAD(sinpi)
GPU_OVERLOAD(cospi)
GPU_OVERLOAD(exp10)
GPU_OVERLOAD(erfinv)
GPU_OVERLOAD(erfcinv)
GPU_OVERLOAD(erfcx)
GPU_OVERLOAD(normcdf)
GPU_OVERLOAD(normcdfinv)
GPU_OVERLOAD(cyl_bessel_i0)
GPU_OVERLOAD(cyl_bessel_i1)
#undef GPU_OVERLOAD

#endif
