// gemm_cpu_packed.h: what is left to squeeze out of a CPU: panels copied into the order in which they are used, a
// kernel that is written in vectors, prefetching. The scheme is that of Goto and van de Geijn, "Anatomy of
// high-performance matrix multiplication", ACM TOMS 34 (3), 2008, with the five loops around a small kernel as in Van
// Zee and van de Geijn, "BLIS: a framework for rapidly instantiating BLAS functionality", ACM TOMS 41 (3), 2015.
#ifndef STAGE2_GEMM_CPU_PACKED_H
#define STAGE2_GEMM_CPU_PACKED_H

#include "gemm_cpu_loops.h"
#include <omp.h>
#include <stdbool.h>

// ---- vectors --------------------------------------------------------------------------------------------------------
// GCC's and clang's own vector types: sums and products of them are single instructions. The tile has as many rows as
// registers allow: ROWS x VECTORS sums, VECTORS of B and one of A, out of 32 registers with AVX-512 and NEON (which are
// short, so their tile is smaller than it could be), 16 with AVX2 and SSE.
#if defined(__AVX512F__)
enum { LANES = 16, ROWS = 14, VECTORS = 2 };
#elif defined(__AVX2__)
enum { LANES = 8, ROWS = 6, VECTORS = 2 };
#else
enum { LANES = 4, ROWS = 6, VECTORS = 2 };
#endif
enum { COLUMNS = LANES * VECTORS };

typedef float Vector __attribute__((vector_size(4 * LANES)));
// The same anywhere in memory: a row of C starts where it starts. may_alias: it is used to read and write floats.
typedef float VectorAnywhere __attribute__((vector_size(4 * LANES), aligned(4), may_alias));

// ---- 6. packing -----------------------------------------------------------------------------------------------------
// `rows` x `depth` of A, in strips of `tile` rows. A strip lies in memory column by column, just as the kernel reads
// it, and is filled up with zeros.
static void pack_a(int rows, int depth, const float *a, long lda, int tile, float *packed)
{
    if (rows % tile)
        memset(packed + (long)(rows / tile * tile) * depth, 0, (size_t)tile * (size_t)depth * sizeof(float));
    for (int i = 0; i < rows; ++i) {
        float *to = packed + (long)(i / tile * tile) * depth + i % tile;
        for (int k = 0; k < depth; ++k)
            to[(long)k * tile] = a[i * lda + k];
    }
}

// One row of a block of B, cut into strips of `tile` columns, the last one filled up with zeros. In a strip, row follows
// row; `packed` is where this row lies in the first strip, and the next strip is `depth` rows further on.
static void pack_b_row(int depth, int columns, const float *b, int tile, float *packed)
{
    for (int j = 0; j < columns; j += tile, packed += (long)tile * depth) {
        int there = least(tile, columns - j);
        memcpy(packed, b + j, (size_t)there * sizeof(float));
        memset(packed + there, 0, (size_t)(tile - there) * sizeof(float));
    }
}

// The kernel that does one tile of C from two strips. add: C += A·B, otherwise C = A·B.
typedef void (*TileKernel)(int depth, const float *a, const float *b, float *c, long ldc, bool add);

enum { TILE_MOST = 1024 }; // floats of the largest tile

// One tile at an edge of C: done whole, beside C, and then the part of it that exists is taken over.
static void tile_part(TileKernel kernel, int tile_columns, int depth, const float *a, const float *b, float *c,
                      long ldc, int rows, int columns, bool add)
{
    float whole[TILE_MOST];
    kernel(depth, a, b, whole, tile_columns, false);
    for (int r = 0; r < rows; ++r)
        for (int j = 0; j < columns; ++j)
            c[r * ldc + j] = whole[r * tile_columns + j] + (add ? c[r * ldc + j] : 0);
}

// The two inner loops: `rows` x `columns` of C from packed blocks. All strips of A, in the second-level cache, go by
// one strip of B, which stays in the first level or close to it.
static void packed_block(TileKernel kernel, int tile_rows, int tile_columns, int depth, const float *a, const float *b,
                         float *c, long ldc, int rows, int columns, bool add)
{
    for (int j = 0; j < columns; j += tile_columns) {
        for (int i = 0; i < rows; i += tile_rows) {
            const float *strip_a = a + (long)i * depth, *strip_b = b + (long)j * depth;
            float *tile = c + i * ldc + j;
            if (i + tile_rows <= rows && j + tile_columns <= columns)
                kernel(depth, strip_a, strip_b, tile, ldc, add);
            else
                tile_part(kernel, tile_columns, depth, strip_a, strip_b, tile, ldc, least(tile_rows, rows - i),
                          least(tile_columns, columns - j), add);
        }
    }
}

// Rows of A in one block: at most p->mc, and such that each thread gets the same number of equal blocks.
static int rows_per_block(const Product *p, int tile_rows)
{
    int blocks = ceil_div(ceil_div(p->m, p->mc), p->threads) * p->threads;
    return ceil_div(ceil_div(p->m, blocks), tile_rows) * tile_rows;
}

// Floats of room for the copies. A strip that is filled up has at most ROWS or TILE_ROWS, COLUMNS or TILE_COLUMNS
// rows or columns more than the block.
static size_t packed_a_room(const Product *p)
{
    return (size_t)(least(p->mc, p->m) + ROWS + TILE_ROWS) * (size_t)least(p->kc, p->k); // of each thread
}

static size_t packed_b_room(const Product *p)
{
    return (size_t)(least(p->nc, p->n) + COLUMNS + TILE_COLUMNS) * (size_t)least(p->kc, p->k);
}

// The three outer loops: nc columns of B, kc rows of them, mc rows of A. All threads copy the block of B together and
// wait for each other (the end of an `omp for`); then each takes blocks of A and copies them for itself.
static void gemm_packed_with(const Product *p, TileKernel kernel, int tile_rows, int tile_columns)
{
    int mc = rows_per_block(p, tile_rows);
#pragma omp parallel num_threads(p->threads)
    for (int j0 = 0; j0 < p->n; j0 += p->nc) {
        int columns = least(p->nc, p->n - j0);
        for (int k0 = 0; k0 < p->k; k0 += p->kc) {
            int depth = least(p->kc, p->k - k0);
#pragma omp for
            for (int k = 0; k < depth; ++k)
                pack_b_row(depth, columns, p->b + (long)(k0 + k) * p->n + j0, tile_columns,
                           p->packed_b + (long)k * tile_columns);
#pragma omp for schedule(dynamic)
            for (int i0 = 0; i0 < p->m; i0 += mc) {
                int rows = least(mc, p->m - i0);
                float *packed_a = p->packed_a + (size_t)omp_get_thread_num() * packed_a_room(p);
                pack_a(rows, depth, p->a + (long)i0 * p->k + k0, p->k, tile_rows, packed_a);
                packed_block(kernel, tile_rows, tile_columns, depth, packed_a, p->packed_b, p->c + (long)i0 * p->n + j0,
                             p->n, rows, columns, k0 > 0);
            }
        }
    }
}

// The same 4 x 32 loops as in register_tile, on packed strips.
static void kernel_loops(int depth, const float *a, const float *b, float *c, long ldc, bool add)
{
    for (int r = 0; r < TILE_ROWS && !add; ++r)
        memset(c + r * ldc, 0, TILE_COLUMNS * sizeof(float));
    tile_4x32(depth, a, 1, TILE_ROWS, b, TILE_COLUMNS, c, ldc);
}

static void gemm_packed(const Product *p)
{
    gemm_packed_with(p, kernel_loops, TILE_ROWS, TILE_COLUMNS);
}

// ---- 7. the kernel in vectors ---------------------------------------------------------------------------------------
// One step of k: VECTORS loads of B, ROWS floats of A, each spread over a vector, and ROWS x VECTORS multiply-adds.
// The sums depend on nobody but themselves: with 4 cycles until a sum is ready and 2 a cycle, 8 of them are enough to
// keep the units busy. The others are there to use what is loaded more often. `prefetch` is a constant where this is
// called, so the tests of it cost nothing.
static inline __attribute__((always_inline)) void vector_tile(int depth, const float *a, const float *b, float *c,
                                                              long ldc, bool add, bool prefetch)
{
    Vector sum[ROWS][VECTORS] = {{{0}}};
    if (prefetch) // C is needed when the sums are ready: fetch it now, for writing
        for (int r = 0; r < ROWS; ++r)
            for (int j = 0; j < COLUMNS; j += 16)
                __builtin_prefetch(c + r * ldc + j, 1);
    for (int k = 0; k < depth; ++k, a += ROWS, b += COLUMNS) {
        Vector row[VECTORS];
        UNROLL
        for (int v = 0; v < VECTORS; ++v)
            row[v] = *(const VectorAnywhere *)(b + v * LANES);
        if (prefetch) // the strip of A that comes 16 steps later, from the second-level cache
            __builtin_prefetch(a + 16 * ROWS);
        UNROLL
        for (int r = 0; r < ROWS; ++r) {
            UNROLL
            for (int v = 0; v < VECTORS; ++v)
                sum[r][v] += a[r] * row[v];
        }
    }
    UNROLL
    for (int r = 0; r < ROWS; ++r) {
        UNROLL
        for (int v = 0; v < VECTORS; ++v) {
            VectorAnywhere *to = (VectorAnywhere *)(c + r * ldc + v * LANES);
            if (add)
                sum[r][v] += *to;
            *to = sum[r][v];
        }
    }
}

static void kernel_vectors(int depth, const float *a, const float *b, float *c, long ldc, bool add)
{
    vector_tile(depth, a, b, c, ldc, add, false);
}

static void gemm_vector_kernel(const Product *p)
{
    gemm_packed_with(p, kernel_vectors, ROWS, COLUMNS);
}

// ---- 8. prefetching -------------------------------------------------------------------------------------------------
static void kernel_prefetch(int depth, const float *a, const float *b, float *c, long ldc, bool add)
{
    vector_tile(depth, a, b, c, ldc, add, true);
}

static void gemm_prefetch(const Product *p)
{
    gemm_packed_with(p, kernel_prefetch, ROWS, COLUMNS);
}

// ---- the roof -------------------------------------------------------------------------------------------------------
// Multiply-adds on registers alone, as many sums at a time as in the kernel. Returns the operations done; `step` and
// `scale` come from outside, so that the compiler cannot work the result out.
static double multiply_adds(int rounds, int threads, float scale, float step, float *sink)
{
    float total = 0;
#pragma omp parallel num_threads(threads) reduction(+ : total)
    {
        Vector sum[ROWS][VECTORS], s = (Vector){0} + step, all = {0};
        for (int r = 0; r < ROWS; ++r) // all different, or the compiler computes one and copies it
            for (int v = 0; v < VECTORS; ++v)
                sum[r][v] = s * (float)(r * VECTORS + v);
        for (int i = 0; i < rounds; ++i) {
            UNROLL
            for (int r = 0; r < ROWS; ++r) {
                UNROLL
                for (int v = 0; v < VECTORS; ++v)
                    sum[r][v] = sum[r][v] * scale + s;
            }
        }
        for (int r = 0; r < ROWS; ++r)
            for (int v = 0; v < VECTORS; ++v)
                all += sum[r][v];
        for (int lane = 0; lane < LANES; ++lane)
            total += all[lane];
    }
    *sink = total;
    return 2.0 * ROWS * COLUMNS * rounds * threads;
}

#endif
