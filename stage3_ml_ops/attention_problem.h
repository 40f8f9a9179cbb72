// attention_problem.h: O = softmax(Q K^T / sqrt(d)) V as one plain struct for all kernels, and the reference on the CPU
// with its error bound.
#ifndef STAGE3_ATTENTION_PROBLEM_H
#define STAGE3_ATTENTION_PROBLEM_H

#include <hip/hip_runtime.h>
#include "../common/compare.h"
#include "../common/device.h"
#include "../common/fail.h"
#include "../common/parallel.h"
#include <float.h>
#include <math.h>
#include <stdlib.h>

// Q and O are heads x n x d, K and V heads x m x d, all without gaps: n queries look at m keys, each of which stands for
// a value. What belongs to different heads (or samples of a batch) never meets.
typedef struct {
    int heads, n, m, d;
    bool causal; // query i is at the place of key m - n + i, and does not see the keys behind that; needs m >= n
    float scale; // 1 / sqrt(d)
    const float *q, *k, *v;
    float *o;
} Attention;

// How many keys query i sees: the first ones.
static inline HOST_DEVICE int attention_keys(Attention a, int i)
{
    return a.causal && i < a.n ? a.m - a.n + i + 1 : a.m;
}

// ---- reference ------------------------------------------------------------------------------------------------------

// How far expf may be off, in units in the last place: CUDA's table has 1 or 2 (against the correctly rounded result),
// glibc's vector functions, which the cpu backend uses, have 4.
#define ATTENTION_EXP_ULP 4.5

typedef struct {
    const Attention *a;         // with host pointers
    const float *k_turned;      // d x m of each head
    double *o, *bound;
} AttentionCpu;

static inline void attention_cpu_row(const AttentionCpu *job, long row, double *s, double *error)
{
    const Attention *a = job->a;
    const double u = 0.5 * FLT_EPSILON;
    int head = (int)(row / a->n), i = (int)(row % a->n), keys = attention_keys(*a, i);
    const float *q = a->q + row * a->d, *k = job->k_turned + (long)head * a->m * a->d;
    const float *v = a->v + (long)head * a->m * a->d;
    double *o = job->o + row * a->d, *bound = job->bound + row * a->d, scale = 1 / sqrt((double)a->d);
    for (int j = 0; j < keys; ++j)
        s[j] = error[j] = 0;
    for (int c = 0; c < a->d; ++c) {
        for (int j = 0; j < keys; ++j) {
            double product = scale * q[c] * k[(long)c * a->m + j];
            s[j] += product;
            error[j] += fabs(product);
        }
    }
    double largest = -INFINITY, most_error = 0, sum = 0, changes = 0;
    for (int j = 0; j < keys; ++j) {
        error[j] *= (likely_roundings(a->d) + 3) * u;
        most_error = fmax(most_error, error[j]);
    }
    for (int j = 0; j < keys; ++j) {
        changes += s[j] > largest - 2 * most_error;
        largest = fmax(largest, s[j]);
    }
    double roundings = likely_roundings(keys), rescaled = likely_roundings(changes);
    double factor_error = 2 * ATTENTION_EXP_ULP + 1;
    for (int j = 0; j < keys; ++j) {
        double x = s[j] - largest;
        error[j] = expm1(error[j] + u * fabs(x)) + factor_error * (rescaled + 1) * u;
        s[j] = exp(x);
        sum += s[j];
    }
    for (int c = 0; c < a->d; ++c)
        o[c] = bound[c] = 0;
    double moved = 0;
    for (int j = 0; j < keys; ++j) {
        s[j] /= sum;
        moved += s[j] * error[j];
        for (int c = 0; c < a->d; ++c)
            o[c] += s[j] * v[(long)j * a->d + c];
    }
    for (int j = 0; j < keys; ++j)
        for (int c = 0; c < a->d; ++c) {
            double value = v[(long)j * a->d + c];
            bound[c] += s[j] * (error[j] * fabs(value - o[c]) + (roundings + 2) * u * fabs(value));
        }
    for (int c = 0; c < a->d; ++c)
        bound[c] = (bound[c] + (roundings + 3) * u * fabs(o[c])) / (1 - moved) + keys * (double)FLT_MIN;
}

static inline void attention_cpu_rows(void *context, long first, long last)
{
    const AttentionCpu *job = (const AttentionCpu *)context;
    double *s = (double *)allocate((size_t)job->a->m, sizeof(double));
    double *error = (double *)allocate((size_t)job->a->m, sizeof(double));
    for (long row = first; row < last; ++row)
        attention_cpu_row(job, row, s, error);
    free(s);
    free(error);
}

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
