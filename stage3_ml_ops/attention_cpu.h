// attention_cpu.h: the reference of attention.hip, in double, and how far a float result may be off.
#ifndef STAGE3_ATTENTION_CPU_H
#define STAGE3_ATTENTION_CPU_H

#include "../common/compare.h"
#include "../common/fail.h"
#include "../common/parallel.h"
#include "attention_problem.h"
#include <float.h>
#include <math.h>
#include <stdlib.h>

// How far expf may be off, in units in the last place: CUDA's table of mathematical functions has 1 or 2, against the
// correctly rounded result, which is half a unit off itself; glibc's vector function, on the cpu backend, 4.
#define ATTENTION_EXP_ULP 4.5

// The bound, with u = 2^-24 and R(k) = likely_roundings(k), to first order in all errors but those in exponents.
//
// 1. A score s = Σ q·k / sqrt(d) goes through the d roundings of a sum, and three more for the factor 1/sqrt(d), its
//    rounding and the product with it: it is off by at most t = (R(d) + 3)·u·Σ|q·k| / sqrt(d).
// 2. A weight w = e^(s - max): the difference is rounded, u·|s - max|, and what the exponent is off by is, for the
//    weight, a factor: e^(t + u·|s - max|) - 1. Then expf's own error, 2·ATTENTION_EXP_ULP·u. Which number is taken off
//    as `max` does not matter: it cancels in numerator and denominator. For the same reason the factor e^(old - new) of
//    online softmax, of which there is one for each new maximum, brings its error to the weights before it: expf's, and
//    one rounding for the product. (The roundings of old - new add up to no more than the u·|s - max| that is counted.)
//    There are no more of them than keys whose score exceeds all scores before, by no less than what both are off.
//    Together a weight is off by e, relatively.
// 3. O = Σ w·v / Σ w. If weight j changes by a factor 1 + e, O moves by p·e·(v - O) with p = w / Σ w, and not by
//    p·e·v: what changes all weights alike changes nothing. Σ p·e·|v - O|, over 1 - Σ p·e for what is not first order.
// 4. The sums: R(keys) roundings in Σ w·v, and one for each product, u·(R(keys) + 2)·Σ p·|v|; the same in Σ w, and
//    two for the division, u·(R(keys) + 3)·|O|.
// 5. Weights below FLT_MIN may be rounded to 0: FLT_MIN each, with |v| <= 1 and Σ w >= 1.
typedef struct {
    const Attention *a;    // with host pointers
    const float *k_turned; // d x m for each head: then neighbours in memory are neighbouring keys
    double *o, *bound;
} AttentionCpu;

// Step 1: the scores of a row and how far they may be off.
static inline void attention_cpu_scores(const AttentionCpu *job, long row, int keys, double *s, double *off)
{
    const Attention *a = job->a;
    const float *q = a->q + row * a->d, *k = job->k_turned + row / a->n * a->m * a->d;
    double scale = 1 / sqrt((double)a->d), factor = (likely_roundings(a->d) + 3) * 0.5 * FLT_EPSILON;
    for (int j = 0; j < keys; ++j)
        s[j] = off[j] = 0;
    for (long c = 0; c < a->d; ++c) {
        for (int j = 0; j < keys; ++j) {
            double product = scale * q[c] * k[c * a->m + j];
            s[j] += product;
            off[j] += factor * fabs(product);
        }
    }
}

// Step 2: s becomes p, and off becomes e.
static inline void attention_cpu_weights(int keys, double *s, double *off)
{
    const double u = 0.5 * FLT_EPSILON, exp_error = 2 * ATTENTION_EXP_ULP * u;
    double largest = -INFINITY, most_off = 0, sum = 0;
    int maxima = 0;
    for (int j = 0; j < keys; ++j)
        most_off = fmax(most_off, off[j]);
    for (int j = 0; j < keys; ++j) {
        maxima += s[j] > largest - 2 * most_off;
        largest = fmax(largest, s[j]);
    }
    for (int j = 0; j < keys; ++j) {
        double x = s[j] - largest;
        off[j] = expm1(off[j] + u * fabs(x)) + exp_error + likely_roundings(maxima) * (exp_error + u);
        s[j] = exp(x);
        sum += s[j];
    }
    for (int j = 0; j < keys; ++j)
        s[j] /= sum;
}

// Steps 3 to 5, with p and e of all keys.
static inline void attention_cpu_mean(const AttentionCpu *job, long row, int keys, const double *p, const double *e)
{
    const Attention *a = job->a;
    const double u = 0.5 * FLT_EPSILON, roundings = likely_roundings(keys);
    const float *v = a->v + row / a->n * a->m * a->d;
    double *o = job->o + row * a->d, *bound = job->bound + row * a->d, moved = 0;
    for (int c = 0; c < a->d; ++c)
        o[c] = bound[c] = 0;
    for (int j = 0; j < keys; ++j, v += a->d) {
        moved += p[j] * e[j];
        for (int c = 0; c < a->d; ++c)
            o[c] += p[j] * v[c];
    }
    v = a->v + row / a->n * a->m * a->d;
    for (int j = 0; j < keys; ++j, v += a->d)
        for (int c = 0; c < a->d; ++c)
            bound[c] += p[j] * (e[j] * fabs(v[c] - o[c]) + (roundings + 2) * u * fabs((double)v[c]));
    for (int c = 0; c < a->d; ++c)
        bound[c] = (bound[c] + (roundings + 3) * u * fabs(o[c])) / (1 - moved) + keys * (double)FLT_MIN;
}

static inline void attention_cpu_rows(void *context, long first, long last)
{
    const AttentionCpu *job = (const AttentionCpu *)context;
    double *s = (double *)allocate((size_t)job->a->m, sizeof(double));
    double *off = (double *)allocate((size_t)job->a->m, sizeof(double));
    for (long row = first; row < last; ++row) {
        int keys = attention_keys(*job->a, (int)(row % job->a->n));
        attention_cpu_scores(job, row, keys, s, off);
        attention_cpu_weights(keys, s, off);
        attention_cpu_mean(job, row, keys, s, off);
    }
    free(s);
    free(off);
}

// a's pointers are host pointers here; o and bound receive heads x n x d numbers.
static inline void attention_cpu(const Attention *a, double *o, double *bound)
{
    float *turned = (float *)allocate((size_t)a->heads * (size_t)a->m * (size_t)a->d, sizeof(float));
    for (long head = 0; head < a->heads; ++head)
        for (long j = 0; j < a->m; ++j)
            for (long c = 0; c < a->d; ++c)
                turned[(head * a->d + c) * a->m + j] = a->k[(head * a->m + j) * a->d + c];
    AttentionCpu job = {a, turned, o, bound};
    parallel_for((long)a->heads * a->n, attention_cpu_rows, &job);
    free(turned);
}

#endif
