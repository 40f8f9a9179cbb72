// layernorm_registers.h: layernorm with a block a row that keeps the row in registers. Each number comes in once, in
// quads of 16 bytes, and goes out once; a thread has all its loads under way before it needs the first of them, and the
// two passes of the statistics are additions only. Shared memory holds no more than the sums of the warps.
//
// A register has no address, so how many quads a thread keeps is a constant of the kernel, and the loops over them are
// written out: 1, 2, 4 or 8 quads. The launch takes the kernel and the number of threads that the row needs.
#ifndef STAGE3_LAYERNORM_REGISTERS_H
#define STAGE3_LAYERNORM_REGISTERS_H

#include "../common/reduce.h"
#include "../common/unroll.h"
#include "layernorm_problem.h"

// The most that a thread keeps, and the threads of a block at most: 1024 of them would leave each 64 registers, and on
// a gfx906 some of the quads would be in memory.
enum { LAYERNORM_QUADS = 8, LAYERNORM_THREADS = 512 };

static inline __device__ float layernorm_square(float x, float mean)
{
    return (x - mean) * (x - mean);
}

static inline __device__ float layernorm_quad_squares(float4 a, float mean)
{
    return (layernorm_square(a.x, mean) + layernorm_square(a.y, mean)) +
           (layernorm_square(a.z, mean) + layernorm_square(a.w, mean));
}

// Four elements of Y from column j on. gamma and beta begin where they like, too: where their quads are those of the
// row, as in every row if n is a multiple of 4, a load brings four of them.
static inline __device__ float4 layernorm_quad(Layernorm l, int j, float4 a, float mean, float rstd)
{
    const float *g = l.gamma + j, *b = l.beta + j;
    float4 gamma, beta;
    if (((size_t)g | (size_t)b) % sizeof(float4) == 0) {
        gamma = *(const float4 *)g;
        beta = *(const float4 *)b;
    } else {
        gamma = make_float4(g[0], g[1], g[2], g[3]);
        beta = make_float4(b[0], b[1], b[2], b[3]);
    }
    return make_float4(
        layernorm_value(gamma.x, a.x, mean, rstd, beta.x), layernorm_value(gamma.y, a.y, mean, rstd, beta.y),
        layernorm_value(gamma.z, a.z, mean, rstd, beta.z), layernorm_value(gamma.w, a.w, mean, rstd, beta.w));
}

// A row begins anywhere, and quads begin at multiples of 16 bytes: up to three floats before the first quad and up to
// three behind the last one are left for six threads, one for each. x and y begin alike, so what fits one fits the
// other. The 2 has nvcc see to it that two blocks fit a multiprocessor: while one waits for its sums, the other one
// loads.
template <int QUADS> __global__ void __launch_bounds__(LAYERNORM_THREADS, 2) layernorm_registers(Layernorm l)
{
    __shared__ float sums[REDUCE_WARPS_MOST];
    for (int i = blockIdx.x; i < l.m; i += gridDim.x) {
        const float *row = l.x + (long)i * l.n;
        float *to = l.y + (long)i * l.n;
        int misplaced = (size_t)row / sizeof(float) % 4, head = misplaced ? 4 - misplaced : 0;
        head = head < l.n ? head : l.n;
        int quads = (l.n - head) / 4, singles = l.n - 4 * quads;
        int t = threadIdx.x, single = t < head ? t : t + 4 * quads;
        const float4 *row4 = (const float4 *)(row + head);
        float4 *to4 = (float4 *)(to + head), kept[QUADS];

        UNROLL
        for (int k = 0; k < QUADS; ++k) {
            int q = t + k * blockDim.x;
            kept[k] = make_float4(0, 0, 0, 0);
            if (q < quads)
                kept[k] = row4[q];
        }
        float alone = t < singles ? row[single] : 0, sum = alone, squares = 0;
        UNROLL
        for (int k = 0; k < QUADS; ++k)
            sum += (kept[k].x + kept[k].y) + (kept[k].z + kept[k].w);
        float mean = block_sum(sum, sums) / l.n;

        if (t < singles)
            squares = layernorm_square(alone, mean);
        UNROLL
        for (int k = 0; k < QUADS; ++k) {
            int q = t + k * blockDim.x;
            if (q < quads)
                squares += layernorm_quad_squares(kept[k], mean);
        }
        float rstd = 1 / sqrtf(block_sum(squares, sums) / l.n + l.epsilon);

        UNROLL
        for (int k = 0; k < QUADS; ++k) {
            int q = t + k * blockDim.x;
            if (q < quads)
                to4[q] = layernorm_quad(l, head + 4 * q, kept[k], mean, rstd);
        }
        if (t < singles)
            to[single] = layernorm_element(l, single, alone, mean, rstd);
        if (t == 0)
            layernorm_keep(l, i, mean, rstd);
    }
}

// Threads for a row of n columns: whole warps, four quads for each thread; eight where the block would have more than
// `block` threads then; and where that is not enough, either, a larger block.
static inline int layernorm_registers_threads(int n, int block)
{
    int warp = device_warp_size(), quads = n / 4;
    int most = device_warps(block < LAYERNORM_THREADS ? block : LAYERNORM_THREADS) * warp;
    int few = ceil_div(quads, LAYERNORM_QUADS * warp) * warp, many = ceil_div(quads, LAYERNORM_QUADS / 2 * warp) * warp;
    int threads = many <= most ? many : few > most ? few : most;
    return threads < warp ? warp : threads;
}

// Whether the kernel can have it: x and y begin alike within a quad, and a block can keep a row, 16384 columns.
static inline bool layernorm_fits_registers(const Layernorm *l)
{
    return (size_t)l->x % sizeof(float4) == (size_t)l->y % sizeof(float4) &&
           l->n / 4 <= LAYERNORM_QUADS * LAYERNORM_THREADS;
}

static inline void layernorm_registers_fitting(const Layernorm *l, int block)
{
    int threads = layernorm_registers_threads(l->n, block), blocks = grid_rows(l->m);
    int each = ceil_div(l->n / 4, threads);
    if (each <= 1)
        layernorm_registers<1><<<blocks, threads>>>(*l);
    else if (each <= 2)
        layernorm_registers<2><<<blocks, threads>>>(*l);
    else if (each <= 4)
        layernorm_registers<4><<<blocks, threads>>>(*l);
    else
        layernorm_registers<8><<<blocks, threads>>>(*l);
}

#endif
