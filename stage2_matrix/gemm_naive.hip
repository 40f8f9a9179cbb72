// gemm_naive: C = alpha·op(A)·op(B) + beta·C, one thread an element of C: the three loops of the textbook, with the two
// outer ones handed to the grid.
//
// 2·M·N·K operations on M·K + K·N + M·N numbers: there is so much arithmetic for each number that a good kernel is
// limited by the multipliers. This one is not. Every product here loads both its factors, so it waits for memory, and
// what it waits for depends on a choice that looks like a matter of taste: does threadIdx.x count rows of C or columns?
#ifndef STAGE2_GEMM_NAIVE_HIP
#define STAGE2_GEMM_NAIVE_HIP

#include <hip/hip_runtime.h>
#include "gemm_problem.h"

// Element (i, j) of C.
static inline __device__ void gemm_naive_element(const Gemm *g, int i, int j)
{
    float sum = 0;
    for (int k = 0; k < g->k; ++k)
        sum += gemm_a(g, i, k) * gemm_b(g, k, j);
    gemm_write(g, i, j, sum);
}

// x counts rows. Neighbouring threads sit in different rows, so in each step a warp reads its elements of A lda floats
// apart, and writes C ldc floats apart. Memory comes in pieces of 32 bytes at least: the warp gets 32 (or 64) of them
// for each load and uses 4 bytes of each.
__global__ void gemm_naive_uncoalesced(Gemm g)
{
    int i = blockIdx.x * blockDim.x + threadIdx.x;
    if (i >= g.m)
        return;
    // gridDim.y cannot be more than 65535: for more columns than that the grid walks on.
    for (int j = blockIdx.y * blockDim.y + threadIdx.y; j < g.n; j += gridDim.y * blockDim.y)
        gemm_naive_element(&g, i, j);
}

// x counts columns. Now neighbouring threads read neighbouring elements of B, which fall into few pieces and use them
// whole, and the same element of A, which is one load for all of them. This holds for B as it is: with op(B) = B^T they
// read B ldb floats apart, and this mapping is slow as well. What counts is the layout in memory, not the letter.
__global__ void gemm_naive_coalesced(Gemm g)
{
    int j = blockIdx.x * blockDim.x + threadIdx.x;
    if (j >= g.n)
        return;
    for (int i = blockIdx.y * blockDim.y + threadIdx.y; i < g.m; i += gridDim.y * blockDim.y)
        gemm_naive_element(&g, i, j);
}

// A block of so many threads, or a few less: 32 in x, the others in y.
static inline dim3 gemm_naive_block(int block)
{
    int x = block < 32 ? block : 32;
    return dim3((unsigned)x, (unsigned)(block / x));
}

static inline dim3 gemm_naive_grid(int x, int y, dim3 block)
{
    int rows = ceil_div(y, (int)block.y);
    return dim3((unsigned)ceil_div(x, (int)block.x), (unsigned)(rows < 65535 ? rows : 65535));
}

static inline void gemm_naive_uncoalesced_launch(const Gemm *g, int block_size)
{
    dim3 block = gemm_naive_block(block_size);
    gemm_naive_uncoalesced<<<gemm_naive_grid(g->m, g->n, block), block>>>(*g);
}

static inline void gemm_naive_coalesced_launch(const Gemm *g, int block_size)
{
    dim3 block = gemm_naive_block(block_size);
    gemm_naive_coalesced<<<gemm_naive_grid(g->n, g->m, block), block>>>(*g);
}

#if __INCLUDE_LEVEL__ == 0 // the program; a later stage that includes this file skips it
#include "gemm_program.h"

static void uncoalesced(const void *operands)
{
    const GemmOperands *o = (const GemmOperands *)operands;
    gemm_naive_uncoalesced_launch(&o->g, o->block);
}

static void coalesced(const void *operands)
{
    const GemmOperands *o = (const GemmOperands *)operands;
    gemm_naive_coalesced_launch(&o->g, o->block);
}

int main(int argc, char **argv)
{
    GemmOptions sizes = {511, 516, 500, 0, false, false, 1, 0};
    const Option options[] = {GEMM_OPTIONS(sizes)};
    const Version versions[] = {
        {"uncoalesced", uncoalesced, "threadIdx.x counts rows of C"},
        {"coalesced", coalesced, "threadIdx.x counts columns of C"},
        {library_gemm_name(), gemm_library, "the vendor's library"},
    };
    int count = LENGTH(versions) - (library_gemm_name() ? 0 : 1);
    Program program = program_begin(argc, argv, "C = alpha op(A) op(B) + beta C, float32", options, LENGTH(options));
    program_versions(&program, versions, count);
    GemmOperands operands = gemm_operands(&program, &sizes);
    gemm_run(&program, versions, count, &operands);
    return program_end(&program);
}
#endif
#endif
