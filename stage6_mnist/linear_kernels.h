// linear_kernels.h: the kernels of mnist_linear: scores, residuals and loss; gradient; step. What they compute and why
// it is interesting stands in mnist_linear.hip.
#ifndef STAGE6_LINEAR_KERNELS_H
#define STAGE6_LINEAR_KERNELS_H

#include <hip/hip_runtime.h>
#include "../common/device.h"
#include "../common/unroll.h"
#include "mnist_data.h"

// X is stored with ldx floats from one row to the next: 785 rounded up to a multiple of 8 (792). Every row then starts
// at a multiple of 32 bytes, which float4 loads need (16 would do) and which is also the piece in which memory is
// fetched; the price is 1 % more bytes. The columns beyond 785 are zero, so that a quad needs no test of its own.
static inline int linear_ldx(int features)
{
    return 8 * ceil_div(features, 8);
}

// ---- naive: one thread a sample, then one thread a weight -----------------------------------------------------------

// Thread i computes the ten scores of sample i, its residuals, and its part of the loss. Neighbouring threads read
// addresses 3168 bytes apart: every load of a warp asks for as many pieces of memory as it has threads, and uses 4
// bytes of each 32.
__global__ void linear_forward_naive(const float *X, int ldx, const float *W, const uint8_t *labels, float *R,
                                     float *loss_parts, int n, int features)
{
    int i = blockIdx.x * blockDim.x + threadIdx.x;
    if (i >= n)
        return;
    float y[CLASSES] = {0};
    for (int j = 0; j < features; ++j) {
        float x = X[(size_t)i * ldx + j];
        for (int c = 0; c < CLASSES; ++c)
            y[c] += x * W[j * CLASSES + c];
    }
    float loss = 0;
    int label = labels[i];
    for (int c = 0; c < CLASSES; ++c) {
        float r = y[c] - (label == c);
        R[i * CLASSES + c] = r;
        loss += r * r;
    }
    loss_parts[i] = loss;
}

// One weight a thread: G[j][c] = scale * sum over the samples of X[i][j] R[i][c]. 7850 weights are 31 blocks: most of
// a large GPU has nothing to do while these add up 60,000 products each, one after the other.
__global__ void linear_gradient_naive(const float *X, int ldx, const float *R, float *G, int n, int features,
                                      float scale)
{
    int weight = blockIdx.x * blockDim.x + threadIdx.x;
    if (weight >= features * CLASSES)
        return;
    int j = weight / CLASSES, c = weight % CLASSES;
    float sum = 0;
    for (int i = 0; i < n; ++i)
        sum += X[(size_t)i * ldx + j] * R[i * CLASSES + c];
    G[weight] = scale * sum;
}

__global__ void linear_update_naive(const float *G, float *W, int count, float lr)
{
    int weight = blockIdx.x * blockDim.x + threadIdx.x;
    if (weight < count)
        W[weight] -= lr * G[weight];
}

// ---- both: the loss from its parts ----------------------------------------------------------------------------------

// Sums `count` numbers and divides by n, in one block of LOSS_THREADS threads. Always in the same order, so the loss
// of a run is the same to the last bit when it is run again; atomicAdd on a float would add in the order of arrival.
enum { LOSS_THREADS = 256 }; // a power of two
__global__ void linear_loss_total(const float *loss_parts, int count, float *loss, int n)
{
    __shared__ float sums[LOSS_THREADS];
    int t = threadIdx.x;
    float sum = 0;
    for (int i = t; i < count; i += LOSS_THREADS)
        sum += loss_parts[i];
    sums[t] = sum;
    for (int half = LOSS_THREADS / 2; half > 0; half /= 2) {
        __syncthreads();
        if (t < half)
            sums[t] += sums[t + half];
    }
    if (t == 0)
        *loss = sums[0] / (float)n;
}

// ---- tiled: X in wide pieces, each read once a product --------------------------------------------------------------

// A row of ten classes takes up 16 floats in shared memory: each begins at a multiple of 16 bytes, and 16 threads bring
// one in. And on the simulated GPU, where 16 floats are a register of the CPU, all of them are computed with: six sums
// that nobody reads, but one instruction where ten floats would need several.
enum { CLASS_PITCH = 16, CLASS_SLOTS = LOAD_FLOATS > CLASSES ? LOAD_FLOATS : CLASSES };

// What a thread of `threads` brings in of rows [count][CLASSES], from row `first` on; zero outside. It looks after one
// class, and COUNT rows.
template <int COUNT>
static __device__ inline void linear_load_rows(float (&next)[COUNT], const float *rows, int first, int count, int t,
                                               int threads)
{
    int c = t % CLASS_PITCH, row = first + t / CLASS_PITCH, apart = threads / CLASS_PITCH;
    UNROLL
    for (int p = 0; p < COUNT; ++p)
        next[p] = c < CLASSES && row + p * apart < count ? rows[(row + p * apart) * CLASSES + c] : 0;
}

// acc[c] += x * w[c]: ten independent multiply-adds for one x that is in a register.
static __device__ inline void linear_add_row(float *acc, float x, const float *w)
{
    UNROLL_VECTOR
    for (int c = 0; c < CLASS_SLOTS; ++c)
        acc[c] += x * w[c];
}

// Forward: a block computes FORWARD_SAMPLES samples, in steps of FORWARD_FEATURES columns that go through shared
// memory. Reading and computing want different threads side by side: eight threads read one row's 128 bytes (four whole
// pieces of memory), but neighbours compute different samples, so that all of them need the same weights, which shared
// memory hands to a whole warp at once. A row is one quad longer in shared memory than it needs to be: with 9 quads,
// an odd number, eight threads that read eight rows hit all 32 banks, with 8 they would all hit the same four.
//
// A thread holds a register tile: FORWARD_ROWS samples x 10 classes. A quad of X for each of two samples and 40 weights
// give 80 multiply-adds; one sample a thread would need the weights anew for every 40. There are four times as many
// threads as that takes: each of four groups does a quarter of a step's columns, and their sums meet at the end.
enum {
    FORWARD_SAMPLES = 64,
    FORWARD_QUADS = 8, // columns of a step, in quads
    FORWARD_FEATURES = 4 * FORWARD_QUADS,
    FORWARD_LANES = 32, // threads of a group
    FORWARD_GROUPS = 4,
    FORWARD_THREADS = FORWARD_LANES * FORWARD_GROUPS,
    FORWARD_ROWS = FORWARD_SAMPLES / FORWARD_LANES,                     // samples a thread
    FORWARD_LOADS = FORWARD_SAMPLES * FORWARD_QUADS / FORWARD_THREADS,  // quads of X that a thread fetches a step
    FORWARD_WEIGHTS = FORWARD_FEATURES * CLASS_PITCH / FORWARD_THREADS, // and numbers of W
};

// Steps through the columns with two buffers (ping-pong): while the threads compute from one, the next step's quads
// are on their way from memory into registers, and are put into the other. So the wait for memory is spent computing,
// and one barrier a step is enough: nobody writes into the buffer that someone may still be reading.
__global__ void __launch_bounds__(FORWARD_THREADS)
    linear_forward_tiled(const float *X, int ldx, const float *W, const uint8_t *labels, float *R, float *loss_parts,
                         int n, int features)
{
    __shared__ float4 Xs[2][FORWARD_SAMPLES][FORWARD_QUADS + 1];
    __shared__ __align__(16) float Ws[2][FORWARD_WEIGHTS * FORWARD_THREADS];
    int t = threadIdx.x, lane = t % FORWARD_LANES, group = t / FORWARD_LANES;
    int first = blockIdx.x * FORWARD_SAMPLES, column = t % FORWARD_QUADS, row = t / FORWARD_QUADS;
    float acc[FORWARD_ROWS][CLASS_SLOTS] = {{0}}, w_next[FORWARD_WEIGHTS];
    float4 x_next[FORWARD_LOADS];
    int steps = ceil_div(features, FORWARD_FEATURES);

    for (int step = -1; step < steps; ++step) {
        int j = (step + 1) * FORWARD_FEATURES, next = (step + 1) % 2;
        if (j < features) {
            for (int p = 0; p < FORWARD_LOADS; ++p) {
                int i = first + row + p * (FORWARD_THREADS / FORWARD_QUADS), k = j + 4 * column;
                x_next[p] = i < n && k < ldx ? *(const float4 *)(X + (size_t)i * ldx + k) : make_float4(0, 0, 0, 0);
            }
            linear_load_rows(w_next, W, j, features, t, FORWARD_THREADS);
        }
        if (step >= 0) {
            UNROLL_STEPS
            for (int q = 0; q < FORWARD_QUADS / FORWARD_GROUPS; ++q) {
                int quad = group * (FORWARD_QUADS / FORWARD_GROUPS) + q;
                const float *w = &Ws[step % 2][4 * quad * CLASS_PITCH];
                for (int s = 0; s < FORWARD_ROWS; ++s) {
                    float4 x = Xs[step % 2][lane + s * FORWARD_LANES][quad];
                    linear_add_row(acc[s], x.x, w);
                    linear_add_row(acc[s], x.y, w + CLASS_PITCH);
                    linear_add_row(acc[s], x.z, w + 2 * CLASS_PITCH);
                    linear_add_row(acc[s], x.w, w + 3 * CLASS_PITCH);
                }
            }
        }
        if (j < features) {
            for (int p = 0; p < FORWARD_LOADS; ++p)
                Xs[next][row + p * (FORWARD_THREADS / FORWARD_QUADS)][column] = x_next[p];
            for (int p = 0; p < FORWARD_WEIGHTS; ++p)
                Ws[next][t + p * FORWARD_THREADS] = w_next[p];
        }
        __syncthreads();
    }

    // The groups' sums, in the memory that X no longer needs; samples side by side, so that no bank is hit twice.
    float *sums = (float *)Xs;
    for (int s = 0; s < FORWARD_ROWS; ++s)
        for (int c = 0; c < CLASSES; ++c)
            sums[(group * CLASSES + c) * FORWARD_SAMPLES + lane + s * FORWARD_LANES] = acc[s][c];
    __syncthreads();
    float *losses = (float *)Ws, loss = 0;
    int i = first + t;
    if (t < FORWARD_SAMPLES && i < n) {
        int label = labels[i];
        for (int c = 0; c < CLASSES; ++c) {
            float y = 0;
            for (int g = 0; g < FORWARD_GROUPS; ++g)
                y += sums[(g * CLASSES + c) * FORWARD_SAMPLES + t];
            float r = y - (label == c);
            R[i * CLASSES + c] = r;
            loss += r * r;
        }
    }
    if (t < FORWARD_SAMPLES)
        losses[t] = loss;
    for (int half = FORWARD_SAMPLES / 2; half > 0; half /= 2) {
        __syncthreads();
        if (t < half)
            losses[t] += losses[t + half];
    }
    if (t == 0)
        loss_parts[blockIdx.x] = losses[0];
}

// Gradient: a thread holds four columns of X x 10 classes, 40 sums, and walks down the samples of its slice. Each of
// its quads of X serves those 40 sums and no other thread's, so X goes straight into registers, neighbours reading
// neighbouring quads; through shared memory it would only take a detour. What all threads share is R: a tile of it is
// brought in while the one before is used. X is fetched eight samples ahead, and those sums hide the wait.
//
// 785 columns are but one block. So the samples are cut into slices, one for each block, enough to fill the device, and
// every slice leaves its own sums behind in P [slices][10][ldx]; the update adds them up in a fixed order. A block for
// every few samples would be simpler, but P would grow until it costs more to write and read than X. Two blocks shall
// fit a multiprocessor: 128 registers a thread, for registers are given out to four warps at a time.
enum {
    GRADIENT_THREADS = 224, // 7 warps of 32, for 198 quads of 785 columns
    GRADIENT_SAMPLES = 32,  // rows of R in a tile
    GRADIENT_AHEAD = 8,     // rows of X in flight; a slice begins at a multiple of it
    GRADIENT_RESIDUALS = (GRADIENT_SAMPLES * CLASS_PITCH + GRADIENT_THREADS - 1) / GRADIENT_THREADS, // a thread, a tile
};

__global__ void __launch_bounds__(GRADIENT_THREADS, 2)
    linear_gradient_tiled(const float *X, int ldx, const float *R, float *P, int n, int slice_samples)
{
    __shared__ __align__(16) float Rs[2][GRADIENT_RESIDUALS * GRADIENT_THREADS];
    int t = threadIdx.x, quad = blockIdx.x * GRADIENT_THREADS + t;
    int first = blockIdx.y * slice_samples, last = min(n, first + slice_samples);
    bool active = 4 * quad < ldx;
    const float4 *x_column = (const float4 *)X + (active ? quad : 0);
    size_t stride = ldx / 4;
    float acc[4][CLASS_SLOTS] = {{0}}, r_next[GRADIENT_RESIDUALS];
    float4 x[GRADIENT_AHEAD], x_next[GRADIENT_AHEAD];
    for (int a = 0; a < GRADIENT_AHEAD; ++a)
        x_next[a] = x_column[min(first + a, last - 1) * stride];
    linear_load_rows(r_next, R, first, last, t, GRADIENT_THREADS);
    for (int p = 0; p < GRADIENT_RESIDUALS; ++p)
        Rs[0][t + p * GRADIENT_THREADS] = r_next[p];
    __syncthreads();

    for (int tile = first, now = 0; tile < last; tile += GRADIENT_SAMPLES, now = 1 - now) {
        linear_load_rows(r_next, R, tile + GRADIENT_SAMPLES, last, t, GRADIENT_THREADS);
        int count = min(last - tile, (int)GRADIENT_SAMPLES);
        for (int s = 0; active && s < count; s += GRADIENT_AHEAD) {
            // Beyond the slice the last row is read again: its residuals there are zero.
            for (int a = 0; a < GRADIENT_AHEAD; ++a) {
                x[a] = x_next[a];
                x_next[a] = x_column[min(tile + s + GRADIENT_AHEAD + a, last - 1) * stride];
            }
            for (int a = 0; a < GRADIENT_AHEAD; ++a) {
                const float *r = &Rs[now][(s + a) * CLASS_PITCH];
                linear_add_row(acc[0], x[a].x, r);
                linear_add_row(acc[1], x[a].y, r);
                linear_add_row(acc[2], x[a].z, r);
                linear_add_row(acc[3], x[a].w, r);
            }
        }
        for (int p = 0; p < GRADIENT_RESIDUALS; ++p)
            Rs[1 - now][t + p * GRADIENT_THREADS] = r_next[p];
        __syncthreads();
    }
    if (active)
        for (int c = 0; c < CLASSES; ++c)
            *(float4 *)(P + ((size_t)blockIdx.y * CLASSES + c) * ldx + 4 * quad) =
                make_float4(acc[0][c], acc[1][c], acc[2][c], acc[3][c]);
}

// Adds up the slices, scales, and takes the step: everything that is left to do for a weight, in one kernel. A block
// has UPDATE_COLUMNS x UPDATE_ROWS threads for UPDATE_COLUMNS features of one class; a thread takes every
// UPDATE_ROWS-th slice, because hundreds of loads one after the other would be one long wait.
enum { UPDATE_COLUMNS = 32, UPDATE_ROWS = 8 };
__global__ void __launch_bounds__(UPDATE_COLUMNS *UPDATE_ROWS)
    linear_update_tiled(const float *P, int slices, int ldx, float *G, float *W, int features, float scale, float lr)
{
    __shared__ float sums[UPDATE_ROWS][UPDATE_COLUMNS];
    int j = blockIdx.x * UPDATE_COLUMNS + threadIdx.x, c = blockIdx.y;
    float sum = 0;
    for (int s = threadIdx.y; s < slices && j < features; s += UPDATE_ROWS)
        sum += P[((size_t)s * CLASSES + c) * ldx + j];
    sums[threadIdx.y][threadIdx.x] = sum;
    __syncthreads();
    if (threadIdx.y == 0 && j < features) {
        for (int row = 1; row < UPDATE_ROWS; ++row)
            sum += sums[row][threadIdx.x];
        float g = scale * sum;
        G[j * CLASSES + c] = g;
        W[j * CLASSES + c] -= lr * g;
    }
}

#endif
