// gemm_register.h: the first two steps of gemm_blocked: a thread computes several elements of C and keeps their sums in
// registers. A number that has come from shared memory is then used several times before it is dropped, and registers
// are the only memory that is as fast as the multipliers.
#ifndef STAGE2_GEMM_REGISTER_H
#define STAGE2_GEMM_REGISTER_H

#include "gemm_problem.h"

// Fills a tile: rows i0 ... of op(A), columns k0 ...; THREADS threads, one element at a time, in the order in which the
// elements lie in memory, so that neighbouring threads load neighbours. Outside the matrix: zero.
template <int BM, int BK, int THREADS>
static inline __device__ void gemm_load_a(float (*tile)[BK], const Gemm *g, int i0, int k0, int thread)
{
    static_assert(BM * BK % THREADS == 0, "every thread loads equally many elements");
    for (int turn = 0; turn < BM * BK / THREADS; ++turn) {
        int e = turn * THREADS + thread;
        int i = g->trans_a ? e % BM : e / BK, k = g->trans_a ? e / BM : e % BK;
        tile[i][k] = i0 + i < g->m && k0 + k < g->k ? gemm_a(g, i0 + i, k0 + k) : 0;
    }
}

// The same for rows k0 ... and columns j0 ... of op(B).
template <int BN, int BK, int THREADS>
static inline __device__ void gemm_load_b(float (*tile)[BN], const Gemm *g, int k0, int j0, int thread)
{
    static_assert(BN * BK % THREADS == 0, "every thread loads equally many elements");
    for (int turn = 0; turn < BN * BK / THREADS; ++turn) {
        int e = turn * THREADS + thread;
        int j = g->trans_b ? e / BK : e % BN, k = g->trans_b ? e % BK : e / BN;
        tile[k][j] = j0 + j < g->n && k0 + k < g->k ? gemm_b(g, k0 + k, j0 + j) : 0;
    }
}

// A block computes BM x BN elements of C in steps of BK, a thread TM of them, one below the other. An element of B,
// once loaded, is used TM times: per multiply-add 1 + 1/TM loads from shared memory instead of 2.
template <int BM, int BN, int BK, int TM> __global__ void __launch_bounds__(BM / TM * BN) gemm_register_1d(Gemm g)
{
    __shared__ float a_tile[BM][BK], b_tile[BK][BN];
    int tiles_across = ceil_div(g.n, BN);
    int i0 = blockIdx.x / tiles_across * BM, j0 = blockIdx.x % tiles_across * BN; // the block's part of C
    int thread = threadIdx.x, i = thread / BN * TM, j = thread % BN;              // the thread's part of that
    float sum[TM] = {0};
    for (int k0 = 0; k0 < g.k; k0 += BK) {
        gemm_load_a<BM, BK, BM / TM * BN>(a_tile, &g, i0, k0, thread);
        gemm_load_b<BN, BK, BM / TM * BN>(b_tile, &g, k0, j0, thread);
        __syncthreads();
        for (int k = 0; k < BK; ++k) {
            float b = b_tile[k][j];
            for (int r = 0; r < TM; ++r)
                sum[r] += a_tile[i + r][k] * b;
        }
        __syncthreads();
    }
    for (int r = 0; r < TM; ++r)
        if (i0 + i + r < g.m && j0 + j < g.n)
            gemm_write(&g, i0 + i + r, j0 + j, sum[r]);
}

// A thread computes TM x TN elements: an outer product in every step. TM + TN loads serve TM·TN multiply-adds: with 8 x
// 8 that is a quarter of a load each. It is the same argument as for tiles in shared memory, one level further up.
template <int BM, int BN, int BK, int TM, int TN>
__global__ void __launch_bounds__(BM / TM * (BN / TN)) gemm_register_2d(Gemm g)
{
    __shared__ float a_tile[BM][BK], b_tile[BK][BN];
    int tiles_across = ceil_div(g.n, BN);
    int i0 = blockIdx.x / tiles_across * BM, j0 = blockIdx.x % tiles_across * BN;
    int thread = threadIdx.x, i = thread / (BN / TN) * TM, j = thread % (BN / TN) * TN;
    float sum[TM][TN] = {{0}};
    for (int k0 = 0; k0 < g.k; k0 += BK) {
        gemm_load_a<BM, BK, BM / TM *(BN / TN)>(a_tile, &g, i0, k0, thread);
        gemm_load_b<BN, BK, BM / TM *(BN / TN)>(b_tile, &g, k0, j0, thread);
        __syncthreads();
        for (int k = 0; k < BK; ++k) {
            float a[TM], b[TN];
            for (int r = 0; r < TM; ++r)
                a[r] = a_tile[i + r][k];
            for (int s = 0; s < TN; ++s)
                b[s] = b_tile[k][j + s];
            for (int r = 0; r < TM; ++r)
                for (int s = 0; s < TN; ++s)
                    sum[r][s] += a[r] * b[s];
        }
        __syncthreads();
    }
    for (int r = 0; r < TM; ++r)
        for (int s = 0; s < TN; ++s)
            if (i0 + i + r < g.m && j0 + j + s < g.n)
                gemm_write(&g, i0 + i + r, j0 + j + s, sum[r][s]);
}

#endif
