// The row-wise operations of stage 3 as one writes them by hand in C: what the kernels of stage3_engine.hip are measured
// against. Matrices are rows x columns, row-major, without gaps.
#ifndef STAGE3_LOOPS_H
#define STAGE3_LOOPS_H

#ifdef __cplusplus
extern "C" {
#endif

// Each row of y is the softmax of that row of x.
void softmax_loop(const float *x, float *y, int rows, int columns);

#ifdef __cplusplus
}
#endif

#endif
