// attention_flash.h: attention without the matrix of scores: tiles of keys, and a softmax that is computed on the way.
//
// A softmax needs the largest score of its row and the sum over the row before it can give one weight. Online softmax
// keeps both for the keys seen so far (Milakov and Gimelshein, Online normalizer calculation for softmax, 2018): when a
// tile brings a larger maximum, what was summed up under the old one is multiplied by e^(old - new), and is as if it
// had been computed with the new one from the start. The weighted sum of the values can be carried along in the same
// way, and nothing of size N x M has to exist (Dao, Fu, Ermon, Rudra and Ré, FlashAttention, 2022).
#ifndef STAGE3_ATTENTION_FLASH_H
#define STAGE3_ATTENTION_FLASH_H

#include "../common/device.h"
#include "../common/unroll.h"
#include "attention_problem.h"
#include <math.h>

enum {
    FLASH_ACROSS = 4, // threads that share a query: neighbours in a warp
    FLASH_KEYS = 32,  // of a tile
    FLASH_THREADS = 128,
};

// Queries of a block: they and a tile of keys have to fit into 48 KiB together.
#define FLASH_QUERIES(WIDTH) ((WIDTH) <= 128 ? 32 : 8)

// A number from each of the threads that share a query: the largest, the sum. Distances of 1 and 2 stay among them.
static inline __device__ float flash_max(float value)
{
    value = fmaxf(value, __shfl_xor(value, 1));
    return fmaxf(value, __shfl_xor(value, 2));
}

static inline __device__ float flash_sum(float value)
{
    value += __shfl_xor(value, 1);
    return value + __shfl_xor(value, 2);
}

// A thread has TD of the columns of O, in groups: quads on a device, more on a CPU (LOAD_FLOATS). The groups of the
// threads that share a query lie side by side, so that what they read together is in different banks of shared memory,
// and what they store is in one piece. With TD columns in sequence for each thread, 16 or more apart, they would meet
// in two banks.
template <int TD> struct FlashColumns {
    enum { GROUP = TD < LOAD_FLOATS ? TD : LOAD_FLOATS, APART = GROUP * FLASH_ACROSS };
};

// Four threads a query. Of a tile of 32 keys each has 8 scores, and of the query's row of O a quarter of the columns.
// The kernel is compiled for rows of WIDTH floats, and what lies behind the d that there are is zero.
template <int WIDTH> __global__ void __launch_bounds__(FLASH_THREADS) attention_flash(Attention a)
{
    constexpr int QUERIES = FLASH_QUERIES(WIDTH), THREADS = QUERIES * FLASH_ACROSS;
    constexpr int TN = FLASH_KEYS / FLASH_ACROSS, TD = WIDTH / FLASH_ACROSS, STRIDE = FLASH_KEYS + 1;
    constexpr int GROUP = FlashColumns<TD>::GROUP, APART = FlashColumns<TD>::APART; // from a thread's group to its next
    __shared__ float q_tile[WIDTH][QUERIES + 1]; // of Q, turned round: [column][query]
    __shared__ float tile[(WIDTH + 1) * STRIDE]; // of K, turned round: [column][key]; then of V: [key][column]
    __shared__ float weight[QUERIES][STRIDE];
    int thread = threadIdx.x, x = thread % FLASH_ACROSS, y = thread / FLASH_ACROSS, tiles = ceil_div(a.n, QUERIES);
    int head = blockIdx.x / tiles, i0 = blockIdx.x % tiles * QUERIES, rows = a.n - i0 < QUERIES ? a.n - i0 : QUERIES;
    const float *q = a.q + ((long)head * a.n + i0) * a.d;
    const float *k = a.k + (long)head * a.m * a.d, *v = a.v + (long)head * a.m * a.d;
    float *out = a.o + ((long)head * a.n + i0) * a.d;
    // The block's last query sees the most keys.
    int keys = attention_keys(a, i0 + rows - 1), sees = attention_keys(a, i0 + y);
    float o[TD] = {0}, largest = -INFINITY, sum = 0; // the largest score so far; the sum of this thread's weights
    for (int e = thread; e < QUERIES * WIDTH; e += THREADS) {
        int r = e / WIDTH, c = e % WIDTH;
        q_tile[c][r] = r < rows && c < a.d ? q[(long)r * a.d + c] * a.scale : 0;
    }
    for (int j0 = 0; j0 < keys; j0 += FLASH_KEYS) {
        for (int e = thread; e < FLASH_KEYS * WIDTH; e += THREADS) {
            int j = e / WIDTH, c = e % WIDTH;
            tile[c * STRIDE + j] = j0 + j < keys && c < a.d ? k[(long)(j0 + j) * a.d + c] : 0;
        }
        __syncthreads(); // Q and K are there
        float s[TN] = {0}, most = largest;
        for (int c = 0; c < a.d; ++c)
            for (int e = 0; e < TN; ++e)
                s[e] += q_tile[c][y] * tile[c * STRIDE + x * TN + e];
        for (int e = 0; e < TN; ++e) {
            s[e] = j0 + x * TN + e < sees ? s[e] : -INFINITY; // e^-inf = 0
            most = s[e] > most ? s[e] : most;
        }
        most = flash_max(most);
        // What was added up so far was e^(score - largest) and becomes e^(score - most).
        float rescale = expf(largest - most);
        largest = most;
        sum *= rescale;
        for (int e = 0; e < TN; ++e)
            s[e] = expf(s[e] - most);
        for (int e = 0; e < TN; ++e) {
            sum += s[e];
            weight[y][x * TN + e] = s[e];
        }
        for (int c = 0; c < TD; ++c)
            o[c] *= rescale;
        __syncthreads(); // the weights are there, and nobody needs K any more
        for (int e = thread; e < FLASH_KEYS * WIDTH; e += THREADS) {
            int j = e / WIDTH, c = e % WIDTH;
            tile[j * (WIDTH + 1) + c] = j0 + j < keys && c < a.d ? v[(long)(j0 + j) * a.d + c] : 0;
        }
        __syncthreads(); // V is there
        for (int j = 0; j < FLASH_KEYS && j0 + j < keys; ++j)
            for (int g = 0; g < TD / GROUP; ++g)
                for (int c = 0; c < GROUP; ++c)
                    o[g * GROUP + c] += weight[y][j] * tile[j * (WIDTH + 1) + g * APART + x * GROUP + c];
        __syncthreads(); // nobody needs V any more
    }
    sum = flash_sum(sum);
    for (int c = 0; c < TD; ++c) {
        int column = c / GROUP * APART + x * GROUP + c % GROUP;
        if (y < rows && column < a.d)
            out[(long)y * a.d + column] = o[c] / sum;
    }
}

template <int WIDTH> static inline void attention_flash_width(const Attention *a)
{
    long blocks = (long)a->heads * ceil_div(a->n, FLASH_QUERIES(WIDTH));
    attention_flash<WIDTH><<<dim3((unsigned)blocks), FLASH_QUERIES(WIDTH) * FLASH_ACROSS>>>(*a);
}

static inline void attention_flash_launch(const Attention *a)
{
    if (a->d <= 32)
        attention_flash_width<32>(a);
    else if (a->d <= 64)
        attention_flash_width<64>(a);
    else if (a->d <= 128)
        attention_flash_width<128>(a);
    else
        attention_flash_width<256>(a);
}

#endif
