// gemm_quad_kernels.h: the last three steps of gemm_blocked, made of the parts in gemm_quads.h. A block computes BM x
// BN elements of C in steps of BK, a thread TM x TN of them; WIDTH is how many floats a thread loads at a time from
// global memory.
#ifndef STAGE2_GEMM_QUAD_KERNELS_H
#define STAGE2_GEMM_QUAD_KERNELS_H

#include "gemm_quads.h"

// The second number of __launch_bounds__: how many blocks of 256 threads a multiprocessor shall hold at least, so that
// one multiplies while the other waits at its barrier. Two leave each thread 128 registers. That is enough for 64 sums,
// but not for 128 of them, nor for the addresses of so many single floats, and then a block has the multiprocessor to
// itself. (hipcc takes the number for warps a scheduler; 2 leave at least 128 registers there, too.)
#define GEMM_BLOCKS(TM, TN, WIDTH) ((TM) * (TN) <= 64 && (WIDTH) == 4 ? 2 : 1)

// Quads everywhere: the same bytes with a quarter of the load instructions, which compete with the multiply-adds for
// the issue slots. For the quads of A its tile is stored transposed, tile[k][row].
template <int BM, int BN, int BK, int TM, int TN, int WIDTH>
__global__ void __launch_bounds__(BM / TM * (BN / TN), GEMM_BLOCKS(TM, TN, WIDTH)) gemm_float4(Gemm g)
{
    __shared__ __align__(16) float a_tile[BK * (BM + GEMM_PADDING)];
    __shared__ __align__(16) float b_tile[BK * (BN + GEMM_PADDING)];
    GemmShare<BM, BK, BM / TM *(BN / TN), WIDTH> a;
    GemmShare<BN, BK, BM / TM *(BN / TN), WIDTH> b;
    GemmPlain plain;
    int thread = threadIdx.x, tiles_across = ceil_div(g.n, BN), steps = ceil_div(g.k, BK);
    int i0 = blockIdx.x / tiles_across * BM, j0 = blockIdx.x % tiles_across * BN;
    int i = thread / (BN / TN) * TM, j = thread % (BN / TN) * TN;
    float sum[TM][TN] = {{0}};
    gemm_open(&a, g.a, g.lda, !g.trans_a, i0, g.m, g.k, thread);
    gemm_open(&b, g.b, g.ldb, g.trans_b, j0, g.n, g.k, thread);
    for (int step = 0; step < steps; ++step) {
        gemm_fetch(&a);
        gemm_fetch(&b);
        gemm_stash(a_tile, &a);
        gemm_stash(b_tile, &b);
        __syncthreads();
        gemm_multiply<BM, BN, BK>(sum, a_tile + i, b_tile + j, 4, GemmColumns<TN>::GROUP);
        __syncthreads();
    }
    gemm_write_sums(&g, &plain, sum, i0 + i, j0 + j, 4, GemmColumns<TN>::GROUP);
}

// Two pairs of tiles. While the threads multiply one, the next is already on its way from global memory into registers,
// and nobody waits for that any more; then it goes into the other pair. One barrier in each step instead of two: the
// pair that is written was last read before the barrier of the step before.
template <int BM, int BN, int BK, int TM, int TN, int WIDTH>
__global__ void __launch_bounds__(BM / TM * (BN / TN), GEMM_BLOCKS(TM, TN, WIDTH)) gemm_double_buffer(Gemm g)
{
    __shared__ __align__(16) float a_tile[2][BK * (BM + GEMM_PADDING)];
    __shared__ __align__(16) float b_tile[2][BK * (BN + GEMM_PADDING)];
    GemmShare<BM, BK, BM / TM *(BN / TN), WIDTH> a;
    GemmShare<BN, BK, BM / TM *(BN / TN), WIDTH> b;
    GemmPlain plain;
    int thread = threadIdx.x, tiles_across = ceil_div(g.n, BN), steps = ceil_div(g.k, BK), now = 0;
    int i0 = blockIdx.x / tiles_across * BM, j0 = blockIdx.x % tiles_across * BN;
    int i = thread / (BN / TN) * TM, j = thread % (BN / TN) * TN;
    float sum[TM][TN] = {{0}};
    gemm_open(&a, g.a, g.lda, !g.trans_a, i0, g.m, g.k, thread);
    gemm_open(&b, g.b, g.ldb, g.trans_b, j0, g.n, g.k, thread);
    gemm_fetch(&a);
    gemm_fetch(&b);
    gemm_stash(a_tile[0], &a);
    gemm_stash(b_tile[0], &b);
    __syncthreads();
    for (int step = 1; step < steps; ++step) {
        gemm_fetch(&a);
        gemm_fetch(&b);
        gemm_multiply<BM, BN, BK>(sum, a_tile[now] + i, b_tile[now] + j, 4, GemmColumns<TN>::GROUP);
        now = 1 - now;
        gemm_stash(a_tile[now], &a);
        gemm_stash(b_tile[now], &b);
        __syncthreads();
    }
    gemm_multiply<BM, BN, BK>(sum, a_tile[now] + i, b_tile[now] + j, 4, GemmColumns<TN>::GROUP);
    gemm_write_sums(&g, &plain, sum, i0 + i, j0 + j, 4, GemmColumns<TN>::GROUP);
}

// Which threads of a block work side by side. So far they sat in rows of BN / TN: of 128 x 128 elements, 8 x 8 a
// thread, a warp of 32 covered 16 x 128, and needed 16 + 128 different numbers in each step. Here the threads of a warp
// form a rectangle, LANES_ACROSS wide and as high as the warp is large: 32 x 64 elements, and 32 + 64 numbers for as
// many products. And the quads of a thread are spread over its warp's part of C, so that the eight lanes of a row read
// eight quads side by side, 32 floats from as many banks of shared memory. (8 x 8 elements in one piece have the lanes
// read quads that lie two apart, and half of them in the same banks as the other half.)
//
// The size of a warp is asked for, because it is 32 or 64. Nothing depends on it but the speed: this is only a way to
// number the threads, and no lane speaks to another.
enum { LANES_ACROSS = 8 };

typedef struct {
    int i, j, rows_apart; // first row and column in the block's part of C; from one quad of rows to the next
} GemmPlace;

template <int BM, int BN, int TM, int TN> static inline __device__ GemmPlace gemm_place(int thread)
{
    int warp_size = warpSize < BM / TM * (BN / TN) ? warpSize : BM / TM * (BN / TN);
    int warp = thread / warp_size, lane = thread % warp_size, lanes_down = warp_size / LANES_ACROSS;
    int warps_across = BN / TN / LANES_ACROSS;
    GemmPlace place;
    place.i = warp / warps_across * lanes_down * TM + lane / LANES_ACROSS * 4;
    place.j = warp % warps_across * LANES_ACROSS * TN + lane % LANES_ACROSS * GemmColumns<TN>::GROUP;
    place.rows_apart = lanes_down * 4;
    return place;
}

// Last of the ladder, and the one for later stages: see gemm_epilogue for the second argument.
template <int BM, int BN, int BK, int TM, int TN, int WIDTH, class Epilogue>
__global__ void __launch_bounds__(BM / TM * (BN / TN), GEMM_BLOCKS(TM, TN, WIDTH))
    gemm_warp_tile(Gemm g, Epilogue epilogue)
{
    __shared__ __align__(16) float a_tile[2][BK * (BM + GEMM_PADDING)];
    __shared__ __align__(16) float b_tile[2][BK * (BN + GEMM_PADDING)];
    enum { APART = LANES_ACROSS * GemmColumns<TN>::GROUP }; // from group to group of columns
    GemmShare<BM, BK, BM / TM *(BN / TN), WIDTH> a;
    GemmShare<BN, BK, BM / TM *(BN / TN), WIDTH> b;
    int thread = threadIdx.x, tiles_across = ceil_div(g.n, BN), steps = ceil_div(g.k, BK), now = 0;
    int i0 = blockIdx.x / tiles_across * BM, j0 = blockIdx.x % tiles_across * BN;
    GemmPlace at = gemm_place<BM, BN, TM, TN>(thread);
    float sum[TM][TN] = {{0}};
    gemm_open(&a, g.a, g.lda, !g.trans_a, i0, g.m, g.k, thread);
    gemm_open(&b, g.b, g.ldb, g.trans_b, j0, g.n, g.k, thread);
    gemm_fetch(&a);
    gemm_fetch(&b);
    gemm_stash(a_tile[0], &a);
    gemm_stash(b_tile[0], &b);
    __syncthreads();
    for (int step = 1; step < steps; ++step) {
        gemm_fetch(&a);
        gemm_fetch(&b);
        gemm_multiply<BM, BN, BK>(sum, a_tile[now] + at.i, b_tile[now] + at.j, at.rows_apart, APART);
        now = 1 - now;
        gemm_stash(a_tile[now], &a);
        gemm_stash(b_tile[now], &b);
        __syncthreads();
    }
    gemm_multiply<BM, BN, BK>(sum, a_tile[now] + at.i, b_tile[now] + at.j, at.rows_apart, APART);
    gemm_write_sums(&g, &epilogue, sum, i0 + at.i, j0 + at.j, at.rows_apart, APART);
}

#endif
