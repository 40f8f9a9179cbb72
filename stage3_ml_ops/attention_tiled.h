// attention_tiled.h: the last step of the ladder: both products of attention_flash.h in register tiles, with the loop
// of stage 2's gemm (gemm_quads.h), and the softmax between them in the same registers.
//
// A thread has TM x 8 scores and then TM x WIDTH/8 sums of O: each number from shared memory is used 4 to 32 times.
// The scores turn into weights where they are, pass through shared memory once, to become the left factor of the second
// product, and are gone.
#ifndef STAGE3_ATTENTION_TILED_H
#define STAGE3_ATTENTION_TILED_H

#include "../stage2_matrix/gemm_quads.h"
#include "attention_problem.h"

enum {
    TILED_ACROSS = 8,                          // threads side by side: they share the queries, and part the keys
    TILED_DOWN = 8,                            // and one below the other
    TILED_THREADS = TILED_ACROSS * TILED_DOWN, // 64
    TILED_KEYS = 64,                           // of a tile: as many as threads, and 8 for each of those side by side
    TILED_STEPS = 16,                          // columns of Q and K, or values, that are in shared memory at a time
    TILED_APART = 4 * TILED_ACROSS,            // from one quad of a thread's rows to the next
};

// A thread's columns, COUNT of them, come in groups (GemmColumns): thread x has the x-th of each row of groups. Column
// e:
template <int COUNT> static inline __device__ int tiled_column(int x, int e)
{
    enum { GROUP = GemmColumns<COUNT>::GROUP };
    return e / GROUP * GROUP * TILED_ACROSS + x * GROUP + e % GROUP;
}

// Where a thread sits: bits 0, 3 and 4 of its number count across, bits 1, 2 and 5 down. The threads of a row are lanes
// of one warp, of 32 or 64, and meet by shuffles. And of eight lanes in sequence, which access shared memory together
// where a quad each is meant, two are side by side and four one below the other: that is what it takes to write the
// weights, turned round, into 32 different banks (rows of 64 + 4 floats, four of them from one thread to its
// neighbour).
static inline __device__ int tiled_across(int thread)
{
    return thread % 2 + thread / 8 % 4 * 2;
}

static inline __device__ int tiled_down(int thread)
{
    return thread / 2 % 4 + thread / 32 * 4;
}

static inline __device__ float tiled_row_max(float value)
{
    value = fmaxf(value, __shfl_xor(value, 1));
    value = fmaxf(value, __shfl_xor(value, 8));
    return fmaxf(value, __shfl_xor(value, 16));
}

static inline __device__ float tiled_row_sum(float value)
{
    value += __shfl_xor(value, 1);
    value += __shfl_xor(value, 8);
    return value + __shfl_xor(value, 16);
}

// Elements c ... c + 3 of a row of d floats, zeros behind its end. `vector`: all quads are aligned, and whole
// (tiled_has_quads).
static inline __device__ float4 tiled_quad(bool vector, const float *row, int c, int d)
{
    if (vector && c < d)
        return *(const float4 *)&row[c];
    return make_float4(c < d ? row[c] : 0, c + 1 < d ? row[c + 1] : 0, c + 2 < d ? row[c + 2] : 0,
                       c + 3 < d ? row[c + 3] : 0);
}

// A thread's row of Q or K, TILED_STEPS columns of it from c0 on, into a tile [column][row]; zeros where nothing is.
// Threads side by side write side by side. (What they read is not: 16 bytes from each of 32 rows. But the next loads of
// the same thread take what is left of those pieces of memory, out of the first-level cache.)
template <int STRIDE>
static inline __device__ void tiled_turn(float *tile, bool vector, const float *row, bool exists, int c0, int d)
{
    for (int c = 0; c < TILED_STEPS; c += 4) {
        float4 quad = make_float4(0, 0, 0, 0);
        if (exists)
            quad = tiled_quad(vector, row, c0 + c, d);
        tile[c * STRIDE] = quad.x;
        tile[(c + 1) * STRIDE] = quad.y;
        tile[(c + 2) * STRIDE] = quad.z;
        tile[(c + 3) * STRIDE] = quad.w;
    }
}

template <int WIDTH, int TM> __global__ void __launch_bounds__(TILED_THREADS) attention_tiled(Attention a, bool vector)
{
    constexpr int ROWS = TM * TILED_DOWN, TN = TILED_KEYS / TILED_ACROSS, TD = WIDTH / TILED_ACROSS;
    constexpr int LEFT = ROWS + GEMM_PADDING, RIGHT = TILED_KEYS + GEMM_PADDING, VALUES = WIDTH + GEMM_PADDING;
    __shared__ __align__(16) float left[TILED_KEYS * LEFT];                                // of Q; then the weights
    __shared__ __align__(16) float right[TILED_STEPS * (RIGHT > VALUES ? RIGHT : VALUES)]; // of K; then of V
    int thread = threadIdx.x, x = tiled_across(thread), y = tiled_down(thread), tiles = ceil_div(a.n, ROWS);
    // With the causal mask the last queries have the most to do: they go first, so that nobody waits for them at the
    // end.
    int head = blockIdx.x / tiles, i0 = (tiles - 1 - blockIdx.x % tiles) * ROWS;
    const float *q = a.q + (long)head * a.n * a.d, *k = a.k + (long)head * a.m * a.d, *v = a.v + (long)head * a.m * a.d;
    float *out = a.o + (long)head * a.n * a.d;
    int rows = a.n - i0 < ROWS ? a.n - i0 : ROWS;
    int seen_by_first = attention_keys(a, i0), keys = attention_keys(a, i0 + rows - 1); // by the last one: the most
    float o[TM][TD] = {{0}}, largest[TM], sum[TM];
    for (int r = 0; r < TM; ++r) {
        largest[r] = -INFINITY;
        sum[r] = 0;
    }
    for (int j0 = 0; j0 < keys; j0 += TILED_KEYS) {
        float s[TM][TN] = {{0}};
        for (int c0 = 0; c0 < a.d; c0 += TILED_STEPS) {
            __syncthreads(); // nobody needs what is in shared memory any more
            if (thread < ROWS)
                tiled_turn<LEFT>(left + thread, vector, q + (long)(i0 + thread) * a.d, thread < rows, c0, a.d);
            tiled_turn<RIGHT>(right + thread, vector, k + (long)(j0 + thread) * a.d, j0 + thread < keys, c0, a.d);
            __syncthreads();
            gemm_multiply<ROWS, TILED_KEYS, TILED_STEPS>(s, left + 4 * y, right + tiled_column<TN>(x, 0), TILED_APART,
                                                         tiled_column<TN>(TILED_ACROSS, 0));
        }
        // Element e of s[r] belongs to key j0 + tiled_column(x, e), row r to query i0 + 4 y + r (+ 28 from r = 4 on).
        if (j0 + TILED_KEYS > seen_by_first) {
            for (int r = 0; r < TM; ++r) {
                int sees = attention_keys(a, i0 + r / 4 * TILED_APART + 4 * y + r % 4) - j0;
                for (int e = 0; e < TN; ++e)
                    s[r][e] = tiled_column<TN>(x, e) < sees ? s[r][e] : -INFINITY;
            }
        }
        float most[TM];
        for (int r = 0; r < TM; ++r) {
            most[r] = largest[r];
            for (int e = 0; e < TN; ++e) {
                s[r][e] *= a.scale;
                most[r] = s[r][e] > most[r] ? s[r][e] : most[r];
            }
        }
        for (int r = 0; r < TM; ++r)
            most[r] = tiled_row_max(most[r]);
        for (int r = 0; r < TM; ++r) {
            float rescale = expf(largest[r] - most[r]);
            largest[r] = most[r];
            sum[r] *= rescale;
            for (int e = 0; e < TN; ++e)
                s[r][e] = expf(s[r][e] - most[r]);
            for (int e = 0; e < TN; ++e)
                sum[r] += s[r][e];
            // Up to 32 rounds: no compiler unrolls that unasked.
            UNROLL
            for (int c = 0; c < TD; ++c)
                o[r][c] *= rescale;
        }
        __syncthreads(); // nobody needs Q and K any more
        for (int e = 0; e < TN; ++e)
            for (int p = 0; p < TM; p += 4)
                *(float4 *)&left[tiled_column<TN>(x, e) * LEFT + p * TILED_ACROSS + 4 * y] =
                    make_float4(s[p][e], s[p + 1][e], s[p + 2][e], s[p + 3][e]);
        for (int p0 = 0; p0 < TILED_KEYS && j0 + p0 < keys; p0 += TILED_STEPS) {
            __syncthreads(); // nobody needs K, or the values before, any more
            for (int e = thread; e < TILED_STEPS * WIDTH / 4; e += TILED_THREADS) {
                int j = e / (WIDTH / 4), c = e % (WIDTH / 4) * 4;
                float4 quad = make_float4(0, 0, 0, 0);
                if (j0 + p0 + j < keys)
                    quad = tiled_quad(vector, v + (long)(j0 + p0 + j) * a.d, c, a.d);
                *(float4 *)&right[j * VALUES + c] = quad;
            }
            __syncthreads();
            gemm_multiply<ROWS, WIDTH, TILED_STEPS>(o, left + p0 * LEFT + 4 * y, right + tiled_column<TD>(x, 0),
                                                    TILED_APART, tiled_column<TD>(TILED_ACROSS, 0));
        }
    }
    for (int r = 0; r < TM; ++r)
        sum[r] = tiled_row_sum(sum[r]);
    UNROLL
    for (int r = 0; r < TM; ++r) {
        int i = i0 + r / 4 * TILED_APART + 4 * y + r % 4;
        UNROLL
        for (int c = 0; c < TD; ++c) {
            int column = tiled_column<TD>(x, c);
            if (i < a.n && column < a.d)
                out[(long)i * a.d + column] = o[r][c] / sum[r];
        }
    }
}

// Do all rows of Q, K and V begin at multiples of 16 bytes? Parts of larger arrays may begin anywhere.
static inline bool tiled_has_quads(const Attention *a)
{
    return a->d % 4 == 0 && ((size_t)a->q | (size_t)a->k | (size_t)a->v) % 16 == 0;
}

template <int WIDTH, int TM> static inline void attention_tiled_width(const Attention *a)
{
    long blocks = (long)a->heads * ceil_div(a->n, TM * TILED_DOWN);
    attention_tiled<WIDTH, TM><<<dim3((unsigned)blocks), TILED_THREADS>>>(*a, tiled_has_quads(a));
}

static inline void attention_tiled_launch(const Attention *a)
{
    if (a->d <= 32)
        attention_tiled_width<32, 4>(a);
    else if (a->d <= 64)
        attention_tiled_width<64, 8>(a);
    else if (a->d <= 128)
        attention_tiled_width<128, 4>(a);
    else
        attention_tiled_width<256, 4>(a);
}

#endif
