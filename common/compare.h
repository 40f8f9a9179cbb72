// compare.h: is what the GPU computed right?
// The test has the form !(error <= bound) and never error > bound: every comparison with NaN is false, so the second
// form lets a NaN pass. The bound is one number an element, from rounding theory, and comes with the reference.
#ifndef COMMON_COMPARE_H
#define COMMON_COMPARE_H

#include "shape.h"
#include <math.h>
#include <stdbool.h>

typedef struct {
    long worst;                 // the element with the largest error/bound; 0 where all are exact
    double got, expected;       // its values
    double error, bound, ratio; // |got - expected|, what is allowed, error/bound (0 where error is 0)
    long bad;                   // how many elements fail
} Comparison;

// Through how many roundings an error goes that may go through k of them: k for certain (Higham, Accuracy and Stability
// of Numerical Algorithms, section 3.1). For large k that is so wide that a lost term of a sum would pass. But
// roundings go up as often as down, and taken as independent they stay below 8·sqrt(k) in all but one case of 10^9
// (Higham and Mary, A New Approach to Probabilistic Rounding Error Analysis, 2019).
static inline double likely_roundings(double k)
{
    return fmin(k, 8 * sqrt(k));
}

// Infinities by themselves: inf is right only where inf is expected (inf - inf is NaN, and a bound that grows with the
// value is infinite there). A bound that is not finite allows nothing: it would allow everything.
static inline bool compare_holds(double got, double expected, double bound)
{
    if (isinf(got) || isinf(expected))
        return got == expected;
    return isfinite(bound) && fabs(got - expected) <= bound;
}

// error/bound in a form that can be ordered: what fails is above 1, NaN included, and an exact result is 0.
static inline double compare_ratio(double got, double expected, double bound)
{
    if (!compare_holds(got, expected, bound)) {
        double ratio = fabs(got - expected) / bound;
        return ratio > 1 ? ratio : INFINITY;
    }
    return got == expected ? 0 : fabs(got - expected) / bound;
}

// n elements of `type` against the reference. bound NULL: the values must be equal (integers).
static inline Comparison compare_values(ElementType type, const void *got, ElementType expected_type,
                                        const void *expected, const double *bound, long n)
{
    Comparison result = {0, 0, 0, 0, 0, 0, 0};
    for (long i = 0; i < n; ++i) {
        double x = type_value(type, got, i), y = type_value(expected_type, expected, i);
        double allowed = bound ? bound[i] : 0, ratio = compare_ratio(x, y, allowed);
        if (!(ratio <= 1))
            ++result.bad;
        if (i == 0 || ratio > result.ratio) {
            result.worst = i;
            result.got = isnan(x) ? NAN : x; // without a sign: "-nan" puzzles
            result.expected = y;
            result.error = x == y ? 0 : fabs(x - y);
            result.bound = allowed;
            result.ratio = ratio;
        }
    }
    return result;
}

static inline Comparison compare_f32(const float *got, const double *expected, const double *bound, long n)
{
    return compare_values(TYPE_F32, got, TYPE_F64, expected, bound, n);
}

static inline Comparison compare_f64(const double *got, const double *expected, const double *bound, long n)
{
    return compare_values(TYPE_F64, got, TYPE_F64, expected, bound, n);
}

static inline Comparison compare_i32(const int32_t *got, const int32_t *expected, long n)
{
    return compare_values(TYPE_I32, got, TYPE_I32, expected, NULL, n);
}

static inline Comparison compare_u8(const uint8_t *got, const uint8_t *expected, long n)
{
    return compare_values(TYPE_U8, got, TYPE_U8, expected, NULL, n);
}

#endif
