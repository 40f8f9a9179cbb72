// gemm_cpu_loops.h: C = A·B on a CPU, in float32, with nothing but C loops: the textbook's three, then one idea after
// the other. The arithmetic never changes, M·N·K multiplications and as many additions; what changes is the order, and
// with it how often a number is fetched, and from how far away. Matrices are row-major without gaps, A is m x k, B is
// k x n, C is m x n. C is only written: it may hold anything before.
#ifndef STAGE2_GEMM_CPU_LOOPS_H
#define STAGE2_GEMM_CPU_LOOPS_H

#include "../../common/host_device.h"
#include "../../common/unroll.h"
#include <string.h>

typedef struct {
    int m, n, k;
    const float *a, *b;
    float *c;
    int threads;                // for `threads` and what comes after it
    int mc, kc, nc;             // gemm_cpu_packed.h: the blocks that are copied, mc x kc of A and kc x nc of B
    float *packed_a, *packed_b; // gemm_cpu_packed.h: room for these copies
} Product;

static inline int least(int a, int b)
{
    return a < b ? a : b;
}

// ---- 1. the definition ----------------------------------------------------------------------------------------------
// One element of C after the other. The inner loop goes down a column of B: each step lands n floats further on, in
// another cache line, and one float of the line is used. And the sum is one chain of additions, each of which has to
// wait for the one before it: C promises their order, so the compiler may not use vectors here.
static void gemm_ijk(const Product *p)
{
    for (long i = 0; i < p->m; ++i) {
        for (long j = 0; j < p->n; ++j) {
            float sum = 0;
            for (long k = 0; k < p->k; ++k)
                sum += p->a[i * p->k + k] * p->b[k * p->n + j];
            p->c[i * p->n + j] = sum;
        }
    }
}

// ---- 2. the loops in another order ----------------------------------------------------------------------------------
// The inner loop walks along a row of B and a row of C. Whole cache lines are used, and the additions belong to
// different elements of C: nothing waits, and the compiler makes one vector instruction of many of them.
static void gemm_ikj(const Product *p)
{
    memset(p->c, 0, (size_t)p->m * (size_t)p->n * sizeof(float));
    for (long i = 0; i < p->m; ++i) {
        float *restrict c = p->c + i * p->n; // restrict: C overlaps nothing, or each store could change B
        for (long k = 0; k < p->k; ++k) {
            float a = p->a[i * p->k + k];
            const float *b = p->b + k * p->n;
            for (long j = 0; j < p->n; ++j)
                c[j] += a * b[j];
        }
    }
}

// ---- 3. blocks that stay in the cache -------------------------------------------------------------------------------
// ikj reads all of B once for each row of C. A block of B, 128 x 512 floats or 256 KiB, fits into the second-level
// cache, and all rows of A are done with it before the next block is looked at. The row of C that is worked on, 2 KiB,
// stays in the first level.
enum { BLOCK_K = 128, BLOCK_N = 512 };

static void gemm_blocked(const Product *p)
{
    memset(p->c, 0, (size_t)p->m * (size_t)p->n * sizeof(float));
    for (int k0 = 0; k0 < p->k; k0 += BLOCK_K) {
        int k1 = least(k0 + BLOCK_K, p->k);
        for (int j0 = 0; j0 < p->n; j0 += BLOCK_N) {
            int columns = least(BLOCK_N, p->n - j0);
            for (long i = 0; i < p->m; ++i) {
                float *restrict c = p->c + i * p->n + j0;
                for (long k = k0; k < k1; ++k) {
                    float a = p->a[i * p->k + k];
                    const float *b = p->b + k * p->n + j0;
                    for (int j = 0; j < columns; ++j)
                        c[j] += a * b[j];
                }
            }
        }
    }
}

// ---- 4. a tile of C in registers ------------------------------------------------------------------------------------
// So far each multiply-add loads b and c and stores c: three trips to the cache for two operations. Here 4 x 32
// elements of C stay in registers while k runs; each float of B that is loaded is used 4 times, each of A 32 times.
// The array becomes registers because the compiler can write all loops over it out. 32 and not 16 columns: GCC 12
// writes loops of up to 16 rounds out before it looks for vectors, then finds none, and the tile is 30 times slower.
enum { TILE_ROWS = 4, TILE_COLUMNS = 32 };

// c += a·b for one tile. Element (r, k) of a is a[r * a_row + k * a_step]: here A as it is, later a copy of it.
static inline void tile_4x32(int depth, const float *a, long a_row, long a_step, const float *b, long b_row,
                             float *restrict c, long c_row)
{
    float sum[TILE_ROWS][TILE_COLUMNS];
    for (int r = 0; r < TILE_ROWS; ++r)
        for (int j = 0; j < TILE_COLUMNS; ++j)
            sum[r][j] = c[r * c_row + j];
    for (int k = 0; k < depth; ++k) {
        UNROLL
        for (int r = 0; r < TILE_ROWS; ++r)
            for (int j = 0; j < TILE_COLUMNS; ++j)
                sum[r][j] += a[r * a_row + k * a_step] * b[k * b_row + j];
    }
    for (int r = 0; r < TILE_ROWS; ++r)
        for (int j = 0; j < TILE_COLUMNS; ++j)
            c[r * c_row + j] = sum[r][j];
}

// The same for what is left at the lower and right edge of C, fewer rows or columns than a tile.
static void tile_edge(int depth, const float *a, long a_row, const float *b, long b_row, float *restrict c, long c_row,
                      int rows, int columns)
{
    for (int r = 0; r < rows; ++r)
        for (int k = 0; k < depth; ++k)
            for (int j = 0; j < columns; ++j)
                c[r * c_row + j] += a[r * a_row + k] * b[k * b_row + j];
}

// Rows `first` to `last` - 1 of C, and the part k0, j0 ... of B: tile by tile, those below each other first, since they
// use the same 32 columns of B.
static void register_tile_block(const Product *p, int first, int last, int k0, int j0)
{
    int depth = least(BLOCK_K, p->k - k0), j1 = least(j0 + BLOCK_N, p->n);
    for (int j = j0; j < j1; j += TILE_COLUMNS) {
        for (int i = first; i < last; i += TILE_ROWS) {
            int rows = least(TILE_ROWS, last - i), columns = least(TILE_COLUMNS, j1 - j);
            const float *a = p->a + (long)i * p->k + k0, *b = p->b + (long)k0 * p->n + j;
            float *c = p->c + (long)i * p->n + j;
            if (rows == TILE_ROWS && columns == TILE_COLUMNS)
                tile_4x32(depth, a, p->k, 1, b, p->n, c, p->n);
            else
                tile_edge(depth, a, p->k, b, p->n, c, p->n, rows, columns);
        }
    }
}

static void register_tile_rows(const Product *p, int first, int last)
{
    memset(p->c + (long)first * p->n, 0, (size_t)(last - first) * (size_t)p->n * sizeof(float));
    for (int k0 = 0; k0 < p->k; k0 += BLOCK_K)
        for (int j0 = 0; j0 < p->n; j0 += BLOCK_N)
            register_tile_block(p, first, last, k0, j0);
}

static void gemm_register_tile(const Product *p)
{
    register_tile_rows(p, 0, p->m);
}

// ---- 5. all cores ---------------------------------------------------------------------------------------------------
// Each thread has rows of C for itself, a multiple of the tile's, so nobody waits for anybody. Only now: four times
// the threads of a slow program are four times the noise, and each step before this one was worth more.
static void gemm_threads(const Product *p)
{
    int share = ceil_div(ceil_div(p->m, p->threads), TILE_ROWS) * TILE_ROWS;
#pragma omp parallel for num_threads(p->threads) schedule(static, 1)
    for (int first = 0; first < p->m; first += share)
        register_tile_rows(p, first, least(first + share, p->m));
}

#endif
