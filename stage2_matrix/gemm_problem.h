// gemm_problem.h: C = alpha·op(A)·op(B) + beta·C as one plain struct, which every gemm kernel of this stage takes as
// its only argument, and the reference on the CPU. Matrices are row-major, and op(X) is X or its transpose: a layer of
// a network needs Y = X·W^T on the way forward (NT), dX = dY·W (NN) and dW = dY^T·X (TN) on the way back, and it would
// be a waste to transpose anything in memory for that.
#ifndef STAGE2_GEMM_PROBLEM_H
#define STAGE2_GEMM_PROBLEM_H

#include <hip/hip_runtime.h>
#include "../common/compare.h"
#include "../common/device.h"
#include "../common/fail.h"
#include "../common/parallel.h"
#include <float.h>
#include <math.h>
#include <stdlib.h>

typedef struct {
    int m, n, k;           // op(A) is m x k, op(B) is k x n, C is m x n
    bool trans_a, trans_b; // true: A is stored as k x m, B as n x k
    const float *a, *b;
    float *c;
    int lda, ldb, ldc; // floats in memory from one row to the next; what lies between rows is not touched
    float alpha, beta; // beta = 0: C is written without being read, even if it holds NaN
} Gemm;

// Element (i, k) of op(A). Offsets are long: a matrix may well have more than 2^31 elements.
static inline HOST_DEVICE float gemm_a(const Gemm *g, int i, int k)
{
    return g->trans_a ? g->a[(long)k * g->lda + i] : g->a[(long)i * g->lda + k];
}

// Element (k, j) of op(B).
static inline HOST_DEVICE float gemm_b(const Gemm *g, int k, int j)
{
    return g->trans_b ? g->b[(long)j * g->ldb + k] : g->b[(long)k * g->ldb + j];
}

// Writes element (i, j) of C, when the sum over k is known. A product 0·C would let a NaN through.
static inline HOST_DEVICE void gemm_write(const Gemm *g, int i, int j, float sum)
{
    float *c = &g->c[(long)i * g->ldc + j];
    *c = g->beta == 0 ? g->alpha * sum : g->alpha * sum + g->beta * *c;
}

// ---- reference ------------------------------------------------------------------------------------------------------

// Rounding errors are proportional to size = |alpha|·Σ|a||b| + |beta·c|, whatever the order of the sum. With u = 2^-24,
// half a unit in the last place, each of the k products passes through at most k roundings (its own, or none with a
// fused multiply-add, and those of the additions), then come alpha, beta and their sum: |error| <= (k + 3)·u·size to
// first order in u; likely_roundings says why a smaller number than k will do.
static inline double gemm_bound_f32(int k)
{
    return (likely_roundings(k) + 3) * 0.5 * FLT_EPSILON;
}

enum { GEMM_CPU_ROWS = 4, GEMM_CPU_COLUMNS = 128 }; // of C at a time: their sums stay in the first-level cache

typedef struct {
    const Gemm *g;
    const float *b; // op(B), k x n without gaps: columns of a transposed B would lie ldb floats apart
    double *c, *size;
} GemmCpu;

static inline void gemm_cpu_part(const GemmCpu *job, int i0, int j0, int rows, int columns)
{
    const Gemm *g = job->g;
    double sum[GEMM_CPU_ROWS][GEMM_CPU_COLUMNS] = {{0}}, size[GEMM_CPU_ROWS][GEMM_CPU_COLUMNS] = {{0}};
    for (int k = 0; k < g->k; ++k) {
        const float *b = job->b + (long)k * g->n + j0;
        for (int r = 0; r < rows; ++r) {
            double a = gemm_a(g, i0 + r, k);
            for (int j = 0; j < columns; ++j) {
                double product = a * b[j]; // exact: 24 bits times 24 bits fit a double
                sum[r][j] += product;
                size[r][j] += fabs(product);
            }
        }
    }
    for (int r = 0; r < rows; ++r) {
        for (int j = 0; j < columns; ++j) {
            long at = (long)(i0 + r) * g->ldc + j0 + j;
            double old = g->beta == 0 ? 0 : (double)g->beta * g->c[at];
            job->c[at] = (double)g->alpha * sum[r][j] + old;
            job->size[at] = fabs((double)g->alpha) * size[r][j] + fabs(old);
        }
    }
}

// Groups first ... last - 1 of GEMM_CPU_ROWS rows.
static inline void gemm_cpu_groups(void *context, long first, long last)
{
    const GemmCpu *job = (const GemmCpu *)context;
    const Gemm *g = job->g;
    for (long group = first; group < last; ++group) {
        int i0 = (int)(group * GEMM_CPU_ROWS), rows = g->m - i0 < GEMM_CPU_ROWS ? g->m - i0 : GEMM_CPU_ROWS;
        for (long j0 = 0; j0 < g->n; j0 += GEMM_CPU_COLUMNS) {
            int columns = g->n - j0 < GEMM_CPU_COLUMNS ? (int)(g->n - j0) : GEMM_CPU_COLUMNS;
            gemm_cpu_part(job, i0, (int)j0, rows, columns);
        }
    }
}

// The reference, in double. g's pointers are host pointers here, and g->c (read where beta is not 0) is left as it is:
// c and size receive m rows of n numbers, ldc apart like C itself; size is what gemm_bound_f32 is multiplied with.
static inline void gemm_cpu(const Gemm *g, double *c, double *size)
{
    float *packed = (float *)allocate((size_t)g->k * (size_t)g->n, sizeof(float));
    for (long j0 = 0; j0 < g->n; j0 += 16) // 16 at a time, so that a transposed B is read in whole cache lines
        for (int k = 0; k < g->k; ++k)
            for (long j = j0; j < j0 + 16 && j < g->n; ++j)
                packed[(long)k * g->n + j] = gemm_b(g, k, (int)j);
    GemmCpu job = {g, packed, c, size};
    int groups = ceil_div(g->m, GEMM_CPU_ROWS);
    if ((double)g->m * g->n * g->k < 1e8)
        gemm_cpu_groups(&job, 0, groups); // not worth starting threads
    else
        parallel_for(groups, gemm_cpu_groups, &job);
    free(packed);
}

#endif
