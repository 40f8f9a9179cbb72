// Loops as one writes them by hand in C with OpenMP: what the kernels of cpu_engine.hip are measured against. Each does
// the work of a kernel in the order that suits a CPU; matrices are n x n, row-major, n a multiple of 32.
#ifndef LOOPS_H
#define LOOPS_H

#ifdef __cplusplus
extern "C" {
#endif

// c = a + b, n elements.
void vector_add_loop(const float *a, const float *b, float *c, int n);

// y = alpha x + y, n elements.
void axpy_loop(float alpha, const float *x, float *y, int n);

// The sum of x[i] y[i].
float dot_loop(const float *x, const float *y, int n);

// The same in the order of dot_shared: a tree for each block of 256 or 1024 elements, of which n is a multiple, and an
// atomic addition. dot_loop has one order less to keep, so it shows what the kernel's way costs, and this one what the
// simulated GPU does.
float dot_tree_loop(const float *x, const float *y, int n, int block);

// B = A^T, in blocks of 32 x 32.
void transpose_loop(const float *A, float *B, int n);

// C = A·B without tiles of A and B, as gemm_naive has it: strips of 32 columns held in registers while k runs.
void gemm_loop(const float *A, const float *B, float *C, int n);

// C = A·B by tiles, as gemm_tiled has it: tile is 16 or 32.
void gemm_tile_loop(const float *A, const float *B, float *C, int n, int tile);

#ifdef __cplusplus
}
#endif

#endif
