// conv2d_implicit.h: the product of im2col without the matrix. A tile of it is gathered from x straight into shared
// memory, when a block needs it: what im2col writes to memory and gemm reads back never exists.
#ifndef STAGE3_CONV2D_IMPLICIT_H
#define STAGE3_CONV2D_IMPLICIT_H

#include "../common/unroll.h"
#include "conv2d_problem.h"

// Row d of the matrix of windows holds element (c, r, s) of each window. Which one that is takes divisions, which no
// GPU has an instruction for, but it is the same for all windows: so a few threads find out for the whole block, a step
// ahead, and not every thread for every element.
typedef struct {
    int channel, r, s; // channel: floats from the beginning of an image
} Conv2dTap;

static inline __device__ Conv2dTap conv2d_tap(const Conv2d *g, int d)
{
    Conv2dTap tap;
    bool exists = d < conv2d_depth(g); // the last step may reach beyond the end
    int c = exists ? d / (g->r * g->s) : 0, in_channel = exists ? d % (g->r * g->s) : 0;
    tap.channel = c * g->h * g->w;
    tap.r = exists ? in_channel / g->s : (int)CONV2D_OUTSIDE;
    tap.s = in_channel % g->s;
    return tap;
}

// Pixel j of thread x, in the block's tile.
template <int ACROSS> static inline __device__ int conv2d_column(int x, int j)
{
    return j / 4 * 4 * ACROSS + 4 * x + j % 4;
}

// A block computes BM filters' values of BN pixels, in steps of BK products; a thread TM x TN of them, as in stage 2's
// gemm_register_2d. A block has BN threads, and each gathers one column of the tile of windows, so that it has to find
// its window only once: BM = TM·TN follows. A thread's pixels come in quads, and those of neighbouring threads side by
// side: then eight threads that load their quads at the same time find them in 32 different banks of shared memory.
template <int BM, int BN, int BK, int TM, int TN> __global__ void __launch_bounds__(BN) conv2d_implicit_gemm(Conv2d g)
{
    enum { ACROSS = BN / TN, FILTER_ROW = BM + 4 }; // + 4: fewer threads meet in a bank when they write a column
    static_assert(BM == TM * TN, "a block has BN threads");
    __shared__ __align__(16) float filter_tile[BK][FILTER_ROW];
    __shared__ __align__(16) float x_tile[BK][BN];
    __shared__ Conv2dTap taps[2][BK];
    int depth = conv2d_depth(&g), blocks_down = ceil_div(g.k, BM), now = 0;
    int k0 = blockIdx.x % blocks_down * BM, j0 = blockIdx.x / blocks_down * BN;
    int x = threadIdx.x, y = threadIdx.y, thread = y * ACROSS + x;
    Conv2dWindow window = conv2d_window(&g, j0 + thread);
    float sum[TM][TN] = {{0}};
    if (thread < BK)
        taps[0][thread] = conv2d_tap(&g, thread);
    __syncthreads();
    for (int d0 = 0; d0 < depth; d0 += BK) {
        if (thread < BK)
            taps[1 - now][thread] = conv2d_tap(&g, d0 + BK + thread);
        UNROLL
        for (int d = 0; d < BK; ++d)
            x_tile[d][thread] = conv2d_element(&g, &window, taps[now][d].channel, taps[now][d].r, taps[now][d].s);
        for (int e = thread; e < BM * BK; e += BN) { // neighbouring threads load neighbours of a filter
            int i = e / BK, d = e % BK;
            filter_tile[d][i] = k0 + i < g.k && d0 + d < depth ? g.filter[(long)(k0 + i) * depth + d0 + d] : 0;
        }
        now = 1 - now;
        __syncthreads(); // the tiles are complete
        UNROLL_STEPS
        for (int d = 0; d < BK; ++d) {
            float a[TM], b[TN];
            UNROLL
            for (int i = 0; i < TM; ++i)
                a[i] = filter_tile[d][y * TM + i];
            UNROLL
            for (int j = 0; j < TN; ++j)
                b[j] = x_tile[d][conv2d_column<ACROSS>(x, j)];
            UNROLL
            for (int i = 0; i < TM; ++i) {
                UNROLL
                for (int j = 0; j < TN; ++j)
                    sum[i][j] += a[i] * b[j];
            }
        }
        __syncthreads(); // nobody needs them any more
    }
    int pixels = conv2d_pixels(&g), k_first = k0 + y * TM;
    UNROLL
    for (int j = 0; j < TN; ++j) {
        int pixel = j0 + conv2d_column<ACROSS>(x, j), image = pixel / pixels;
        float *out = g.y + ((long)image * g.k + k_first) * pixels + pixel % pixels;
        UNROLL
        for (int i = 0; i < TM; ++i)
            if (image < g.n && k_first + i < g.k)
                out[(long)i * pixels] = g.bias ? sum[i][j] + g.bias[k_first + i] : sum[i][j];
    }
}

template <int BM, int BN, int BK, int TM, int TN> static inline void conv2d_implicit_tile(const Conv2d *g)
{
    long blocks = (long)ceil_div(g->k, BM) * ceil_div(g->n * conv2d_pixels(g), BN);
    conv2d_implicit_gemm<BM, BN, BK, TM, TN><<<dim3((unsigned)blocks), dim3(BN / TN, TN)>>>(*g);
}

// The smallest tile that holds all filters, or 64 of them at a time.
static inline void conv2d_implicit_launch(const Conv2d *g)
{
    if (g->k <= 16)
        conv2d_implicit_tile<16, 128, 8, 2, 8>(g);
    else if (g->k <= 32)
        conv2d_implicit_tile<32, 128, 8, 4, 8>(g);
    else
        conv2d_implicit_tile<64, 128, 8, 8, 8>(g);
}

#endif
