// Special functions that HIP has and the C library lacks: inverse error functions, the normal
// distribution, the scaled complementary error function, modified Bessel functions.
//
// All are computed in double. Formulas by number: Abramowitz and Stegun, Handbook of Mathematical
// Functions (1964).
#ifndef GPU_MATH_SPECIAL_H
#define GPU_MATH_SPECIAL_H

#include <math.h>

// x with erfc(x) = y, for 0 < y < 2. For y above 1/2, where erfc loses x, by way of erf.
inline double erfinv(double z) noexcept;

inline double erfcinv(double y) noexcept
{
    if (!(y >= 0 && y <= 2))
        return nan("");
    if (y > 0.5)
        return erfinv(1 - y); // exact up to y = 2, and both ends of erfinv come back here with y <= 1/2
    if (y == 0)
        return INFINITY;
    // 26.2.23, within 4.5e-4. Each step of Halley's method then triples the digits.
    double t = sqrt(-2 * log(y / 2));
    double x = t - (2.515517 + t * (0.802853 + t * 0.010328)) / (1 + t * (1.432788 + t * (0.189269 + t * 0.001308)));
    x *= 0.70710678118654752440; // from the normal distribution to erfc: 1 / sqrt(2)
    for (int step = 0; step < 3; ++step) {
        double newton = (erfc(x) - y) / (-1.12837916709551257390 * exp(-x * x)); // 2 / sqrt(pi)
        x -= newton / (1 + x * newton);
    }
    return x;
}

// x with erf(x) = z, for -1 < z < 1.
inline double erfinv(double z) noexcept
{
    if (!(fabs(z) <= 1))
        return nan("");
    if (z > 0.5)
        return erfcinv(1 - z);
    if (z < -0.5)
        return -erfcinv(1 + z);
    // The first two terms of the series, within 1e-3 of the result, and Halley's method again.
    double x = 0.88622692545275801365 * z * (1 + 0.26179938779914943654 * z * z);
    for (int step = 0; step < 3; ++step) {
        double newton = (erf(x) - z) / (1.12837916709551257390 * exp(-x * x));
        x -= newton / (1 + x * newton);
    }
    return x;
}

// Normal distribution: the probability of a value below x, and the value below which p lies.
inline double normcdf(double x) noexcept
{
    const double root = 0.70710678118654752440,
                 rest_of_root = -4.83364665672645672553e-17; // sqrt(1/2), to twice the digits
    double y = -root * x;
    if (!(fabs(x) < 40)) // 0, 1 or NaN
        return 0.5 * erfc(y);
    // erfc multiplies the relative error of its argument by twice its square, so what y has lost is put back.
    double rest = fma(-root, x, -y) - rest_of_root * x;
    return 0.5 * (erfc(y) - 1.12837916709551257390 * exp(-y * y) * rest); // 2 / sqrt(pi)
}

inline double normcdfinv(double p) noexcept
{
    return -1.41421356237309504880 * erfcinv(2 * p);
}

// exp(x^2) erfc(x): falls like 1/x, where erfc alone is long 0.
inline double erfcx(double x) noexcept
{
    if (x < 25) {
        double square = x * x, rest = fma(x, x, -square); // x^2 to twice the digits: exp magnifies its error
        double scale = exp(square);
        return isinf(scale) ? scale : scale * (1 + rest) * erfc(x);
    }
    // 7.1.23. The first term left out is below 3e-17 of the result.
    double u = 1 / (2 * x * x);
    return 0.56418958354775628695 / x * (1 - u * (1 - 3 * u * (1 - 5 * u * (1 - 7 * u * (1 - 9 * u * (1 - 11 * u))))));
}

// Modified Bessel functions of the first kind, by their power series 9.6.10. All terms are positive,
// so nothing cancels, and it serves for every x; the number of terms grows like |x|.
inline double cyl_bessel_i0(double x) noexcept
{
    double quarter = x * x / 4, term = 1, sum = 1;
    for (int k = 1; term > 1e-17 * sum; ++k) {
        term *= quarter / k / k;
        sum += term;
    }
    return sum;
}

inline double cyl_bessel_i1(double x) noexcept
{
    double quarter = x * x / 4, term = x / 2, sum = term;
    for (int k = 1; fabs(term) > 1e-17 * fabs(sum); ++k) {
        term *= quarter / k / (k + 1);
        sum += term;
    }
    return sum;
}

inline float erfinvf(float x) noexcept
{
    return (float)erfinv((double)x);
}

inline float erfcinvf(float x) noexcept
{
    return (float)erfcinv((double)x);
}

inline float erfcxf(float x) noexcept
{
    return (float)erfcx((double)x);
}

inline float normcdff(float x) noexcept
{
    return (float)normcdf((double)x);
}

inline float normcdfinvf(float x) noexcept
{
    return (float)normcdfinv((double)x);
}

inline float cyl_bessel_i0f(float x) noexcept
{
    return (float)cyl_bessel_i0((double)x);
}

inline float cyl_bessel_i1f(float x) noexcept
{
    return (float)cyl_bessel_i1((double)x);
}

#endif
