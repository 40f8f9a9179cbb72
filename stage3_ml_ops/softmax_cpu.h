// softmax_cpu.h: the reference of softmax.hip, in double, and how far a float result may be off.
#ifndef STAGE3_SOFTMAX_CPU_H
#define STAGE3_SOFTMAX_CPU_H

#include "../common/compare.h"
#include <float.h>
#include <math.h>
#include <stdbool.h>

#define SOFTMAX_EXP 9 // how far expf may be off, in units of 2^-24: ACTIVATION_ULP in stage1_vector/activations_cpu.h

// What the reference knows of a row: its maximum, Σ e^(x - max), and the relative error of a float sum, in u = 2^-24.
typedef struct {
    double largest, sum, sum_error;
} SoftmaxRow;

// d = x - max is rounded, by u|d|, and e^d takes that over as a relative error, to which expf adds its own. The sum has
// those of its terms, weighted, and one rounding for every addition. The online form rescales its sum once a round: a
// product and one more expf each time; the exponents of these factors add up to |d| again. It has 32 lanes or more, and
// four columns a round for each.
static inline SoftmaxRow softmax_row_sum_cpu(const float *x, int columns)
{
    SoftmaxRow row = {-INFINITY, 0, 0};
    double moved = 0, rounds = 2 + columns / 128.0;
    for (int j = 0; j < columns; ++j)
        row.largest = fmax(row.largest, x[j]);
    for (int j = 0; j < columns; ++j) {
        double d = x[j] - row.largest, e = exp(d);
        row.sum += e;
        moved += e > 0 ? e * fabs(d) : 0; // 0·inf is NaN
    }
    row.sum_error = SOFTMAX_EXP + moved / row.sum + likely_roundings(columns) + //
                    (SOFTMAX_EXP + 1) * likely_roundings(rounds);
    return row;
}

// One row in double, and its bound. To the errors of e^d and of the sum come a division and a product, or a logarithm
// (with expf's error) and a difference. Results below the smallest normal number may be flushed to 0.
static inline void softmax_row_cpu(const float *x, double *y, double *bound, int columns, bool logarithm)
{
    SoftmaxRow row = softmax_row_sum_cpu(x, columns);
    for (int j = 0; j < columns; ++j) {
        double d = x[j] - row.largest, e = exp(d), units;
        y[j] = logarithm ? d - log(row.sum) : e / row.sum;
        if (logarithm)
            units = fabs(d) + row.sum_error + SOFTMAX_EXP * log(row.sum) + fabs(y[j]);
        else
            units = e > 0 ? (SOFTMAX_EXP + fabs(d) + row.sum_error + 2) * y[j] : 0;
        bound[j] = 1.001 * 0.5 * FLT_EPSILON * units + FLT_MIN;
    }
}

#endif
