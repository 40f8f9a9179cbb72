// The row-wise operations of stage 3 as one writes them by hand in C: what the kernels of stage3_engine.hip are measured
// against. Matrices are rows x columns, row-major, without gaps.
#ifndef STAGE3_LOOPS_H
#define STAGE3_LOOPS_H

#ifdef __cplusplus
extern "C" {
#endif

// Each row of y is the softmax of that row of x.
void softmax_loop(const float *x, float *y, int rows, int columns);

// y = GELU(x + b), b added to each row.
void bias_gelu_loop(const float *x, const float *b, float *y, int rows, int columns);

// Each row of y is that of x with mean 0 and variance 1, times gamma, plus beta; its mean and 1/deviation are kept.
void layernorm_loop(const float *x, const float *gamma, const float *beta, float *y, float *mean, float *rstd, int rows,
                    int columns, float epsilon);

#ifdef __cplusplus
}
#endif

#endif
