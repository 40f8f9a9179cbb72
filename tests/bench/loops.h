// Loops as one writes them by hand in C with OpenMP: what the kernels of cpu_engine.hip are measured against.
#ifndef LOOPS_H
#define LOOPS_H

#ifdef __cplusplus
extern "C" {
#endif

// c = a + b, n elements.
void vector_add_loop(const float *a, const float *b, float *c, int n);

// C = A·B, n x n, n a multiple of 16; blocks of 16 columns held in registers while k runs.
void gemm_loop(const float *A, const float *B, float *C, int n);

#ifdef __cplusplus
}
#endif

#endif
