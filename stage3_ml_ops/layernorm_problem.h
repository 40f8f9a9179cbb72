// layernorm_problem.h: what the kernels of layernorm.hip are given, and what all of them do with one element.
#ifndef STAGE3_LAYERNORM_PROBLEM_H
#define STAGE3_LAYERNORM_PROBLEM_H

#include "../common/device.h"

// The arrays of one layer: X and Y are m x n, row-major, gamma and beta have n elements, mean and rstd m.
typedef struct {
    const float *x, *gamma, *beta;
    float *y, *mean, *rstd;
    int m, n;
    float epsilon;
} Layernorm;

// One element of Y.
static inline __device__ float layernorm_value(float gamma, float x, float mean, float rstd, float beta)
{
    return gamma * ((x - mean) * rstd) + beta;
}

// The same for column j.
static inline __device__ float layernorm_element(Layernorm l, int j, float x, float mean, float rstd)
{
    return layernorm_value(l.gamma[j], x, mean, rstd, l.beta[j]);
}

static inline __device__ void layernorm_keep(Layernorm l, int i, float mean, float rstd)
{
    l.mean[i] = mean;
    l.rstd[i] = rstd;
}

#endif
