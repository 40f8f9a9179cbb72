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

// Both kernels cut C into parts of one block each and number these row by row, in one dimension of the grid: gridDim.y
// would end at 65535. The last block of a row or column is rarely full, hence the test.

// x counts rows. Neighbouring threads sit in different rows, so in each step a warp reads its elements of A lda floats
// apart, and writes C ldc floats apart. Memory comes in pieces of 32 bytes at least: the warp gets 32 (or 64) of them
// for each load and uses 4 bytes of each.
__global__ void gemm_naive_uncoalesced(Gemm g)
{
    int across = ceil_div(g.n, blockDim.y);
    int i = blockIdx.x / across * blockDim.x + threadIdx.x, j = blockIdx.x % across * blockDim.y + threadIdx.y;
    if (i >= g.m || j >= g.n)
        return;
    float sum = 0;
    for (int k = 0; k < g.k; ++k)
        sum += gemm_a(&g, i, k) * gemm_b(&g, k, j);
    gemm_write(&g, i, j, sum);
}

// x counts columns. Now neighbouring threads read neighbouring elements of B, which fall into few pieces and use them
// whole, and the same element of A, which is one load for all of them. This holds for B as it is: with op(B) = B^T they
// read B ldb floats apart, and this mapping is slow as well. What counts is the layout in memory, not the letter.
__global__ void gemm_naive_coalesced(Gemm g)
{
    int across = ceil_div(g.n, blockDim.x);
    int i = blockIdx.x / across * blockDim.y + threadIdx.y, j = blockIdx.x % across * blockDim.x + threadIdx.x;
    if (i >= g.m || j >= g.n)
        return;
    float sum = 0;
    for (int k = 0; k < g.k; ++k)
        sum += gemm_a(&g, i, k) * gemm_b(&g, k, j);
    gemm_write(&g, i, j, sum);
}

// A block of so many threads, or a few less: 32 in x, the others in y.
static inline dim3 gemm_naive_block(int block)
{
    int x = block < 32 ? block : 32;
    return dim3((unsigned)x, (unsigned)(block / x));
}

static inline void gemm_naive_uncoalesced_launch(const Gemm *g, int block_size)
{
    dim3 block = gemm_naive_block(block_size);
    long blocks = (long)ceil_div(g->m, (int)block.x) * ceil_div(g->n, (int)block.y);
    gemm_naive_uncoalesced<<<dim3((unsigned)blocks), block>>>(*g);
}

static inline void gemm_naive_coalesced_launch(const Gemm *g, int block_size)
{
    dim3 block = gemm_naive_block(block_size);
    long blocks = (long)ceil_div(g->m, (int)block.y) * ceil_div(g->n, (int)block.x);
    gemm_naive_coalesced<<<dim3((unsigned)blocks), block>>>(*g);
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
        {library_name(), gemm_library, "the vendor's library"},
    };
    int count = LENGTH(versions) - (library_name() ? 0 : 1);
    Program program = program_begin(argc, argv, "C = alpha op(A) op(B) + beta C, float32", options, LENGTH(options));
    program_versions(&program, versions, count);
    GemmOperands operands = gemm_operands(&program, &sizes);
    gemm_run(&program, versions, count, &operands);
    return program_end(&program);
}
#endif
#endif
