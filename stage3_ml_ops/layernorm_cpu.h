// layernorm_cpu.h: the reference of layernorm.hip, in double, and how far a float result may be off.
#ifndef STAGE3_LAYERNORM_CPU_H
#define STAGE3_LAYERNORM_CPU_H

#include "../common/compare.h"
#include <float.h>
#include <math.h>

// n columns; y has as many rows as x, mean and rstd an element for each.
typedef struct {
    const float *x, *gamma, *beta;
    double *y, *y_bound, *mean, *mean_bound, *rstd, *rstd_bound;
    int n;
    double epsilon;
} LayernormCpu;

// Rows first ... last - 1.
//
// mean: a sum of n numbers and a division; Welford's mean is one of them after every step, and none of those is larger
// than the largest |x|. So delta = r·u·max|x|, r the roundings (likely_roundings) and u = 2^-24.
//
// variance: the sum of squares of n deviations loses r·u of itself. A mean that is off by delta adds delta^2 to it in
// two passes. In Welford's way each d·(x - new mean) has been multiplied with means that were off, by up to delta each:
// 2·delta·Σ|d|, where Σ|d| <= n·sqrt(2·variance). (Chan, Golub and LeVeque, Algorithms for Computing the Sample
// Variance, The American Statistician 1983, have both: the error grows with mean/deviation in Welford's way, with its
// square times u in two passes - and with its square in one, which is what the bound must not and does not allow.)
//
// rstd: half the relative error of variance + epsilon, as long as that is small; and since no honest variance is below
// 0, rstd is never above 1/sqrt(epsilon). Four units for the division, the sum, the root and the reciprocal.
static inline void layernorm_cpu(const LayernormCpu *l, long first, long last)
{
    const double u = 0.5 * FLT_EPSILON, r = likely_roundings(l->n + 4.0);
    for (long i = first; i < last; ++i) {
        const float *row = l->x + i * l->n;
        double sum = 0, squares = 0, largest = 0;
        for (int j = 0; j < l->n; ++j) {
            sum += row[j];
            largest = fmax(largest, fabs(row[j]));
        }
        double mean = sum / l->n;
        for (int j = 0; j < l->n; ++j)
            squares += (row[j] - mean) * (row[j] - mean);
        double variance = squares / l->n, rstd = 1 / sqrt(variance + l->epsilon);
        double delta = r * u * largest;
        double lost = r * u * variance + (1 + r * u) * (3 * delta * sqrt(variance) + 2 * delta * delta);
        double least = fmax(variance - lost, 0) + l->epsilon;
        double above = 1 / sqrt(least) - rstd, below = rstd - 1 / sqrt(variance + lost + l->epsilon);
        double rstd_bound = fmax(above, below) + 4 * FLT_EPSILON * rstd;
        l->mean[i] = mean;
        l->mean_bound[i] = delta;
        l->rstd[i] = rstd;
        l->rstd_bound[i] = rstd_bound;
        for (int j = 0; j < l->n; ++j) {
            double d = row[j] - mean, product = l->gamma[j] * d * rstd, y = product + l->beta[j];
            double off = fabs(d) * rstd_bound + delta * (rstd + rstd_bound); // of d·rstd, by what came before
            double rounded = 3 * u * (fabs(product) + fabs(l->gamma[j]) * off) + u * fabs(y);
            l->y[i * l->n + j] = y;
            l->y_bound[i * l->n + j] = 1.001 * (fabs(l->gamma[j]) * off + rounded);
        }
    }
}

#endif
