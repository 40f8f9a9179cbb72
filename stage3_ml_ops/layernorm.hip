// layernorm: each row of X (M x N) is moved and stretched to mean 0 and variance 1, then scaled and shifted by column:
// Y[i][j] = gamma[j]·(X[i][j] - mean[i])·rstd[i] + beta[j], rstd = 1 / sqrt(variance + epsilon), float32. Mean and rstd
// are kept, for the way back needs them. (Ba, Kiros and Hinton, Layer Normalization, 2016.)
//
// Memory is the limit again: at best each number comes in once and goes out once. But the mean is known only when the
// row has been read, the variance only when it has been read with the mean known, and the result needs both. So who
// keeps the row meanwhile decides how often it is read. And the variance is where numbers get lost: the formula that
// needs one pass, E[x^2] - E[x]^2, is a difference of two almost equal numbers where the mean is large.
#ifndef STAGE3_LAYERNORM_HIP
#define STAGE3_LAYERNORM_HIP

#include <hip/hip_runtime.h>
#include "../common/device.h"
#include "../common/reduce.h"
#include "layernorm_cpu.h"
#include "layernorm_problem.h"
#include "layernorm_registers.h"
#include <math.h>

// The CPU's loops, one row a thread, in two passes for the statistics and a third one for the result. Neighbouring
// threads read n floats apart, and what a thread has read is long out of the cache when it comes again.
__global__ void layernorm_thread_per_row(Layernorm l)
{
    int i = blockIdx.x * blockDim.x + threadIdx.x;
    if (i >= l.m)
        return;
    const float *row = l.x + (long)i * l.n;
    float *to = l.y + (long)i * l.n;
    float sum = 0, squares = 0;
    for (int j = 0; j < l.n; ++j)
        sum += row[j];
    float mean = sum / l.n;
    for (int j = 0; j < l.n; ++j)
        squares += (row[j] - mean) * (row[j] - mean);
    float rstd = 1 / sqrtf(squares / l.n + l.epsilon);
    for (int j = 0; j < l.n; ++j)
        to[j] = layernorm_element(l, j, row[j], mean, rstd);
    layernorm_keep(l, i, mean, rstd);
}

// A warp a row: the lanes go side by side along the row, and their sums meet by shuffles, so that every lane knows the
// mean. The row is read three times still, but it is the warp's last few kilobytes: the second and the third time it
// comes from a cache, unless it is very long. Rows of fewer elements than a warp has lanes leave some of them idle.
//
// Blocks are warpSize x rows: x is the lane, y the warp. All warps of a block make the same rounds here, and one for
// which no row is left takes the last one once more and writes nothing. A GPU does not ask for that: a shuffle needs
// the lanes of its own warp only, and with a loop over the warp's own rows, i = blockIdx.x * blockDim.y + threadIdx.y
// and so on, a warp could go when it has no row left. The simulated GPU is four times as fast in this form (2051 x
// 2053, 2 cores), since the loop is the same for all threads of a block and goes outside.
__global__ void layernorm_warp_per_row(Layernorm l)
{
    for (int first = blockIdx.x * blockDim.y; first < l.m; first += gridDim.x * blockDim.y) {
        int own = first + threadIdx.y, i = own < l.m ? own : l.m - 1;
        const float *row = l.x + (long)i * l.n;
        float *to = l.y + (long)i * l.n;
        float sum = 0, squares = 0;
        for (int j = threadIdx.x; j < l.n; j += warpSize)
            sum += row[j];
        float mean = warp_sum(sum) / l.n;
        for (int j = threadIdx.x; j < l.n; j += warpSize)
            squares += (row[j] - mean) * (row[j] - mean);
        float rstd = 1 / sqrtf(warp_sum(squares) / l.n + l.epsilon);
        for (int j = threadIdx.x; j < l.n; j += warpSize)
            if (own < l.m)
                to[j] = layernorm_element(l, j, row[j], mean, rstd);
        if (own < l.m && threadIdx.x == 0)
            layernorm_keep(l, i, mean, rstd);
    }
}

// A warp a row by Welford's way (Note on a Method for Calculating Corrected Sums of Squares and Products, Technometrics
// 1962): mean and sum of squares are kept up to date with every element, in one pass, so that the row is read twice and
// not three times. It costs a division for each element, and each round waits for the one before. Each lane has the
// statistics of its share then, and they are merged by shuffles of three numbers (Chan, Golub and LeVeque, Updating
// Formulae and a Pairwise Algorithm for Computing Sample Variances, 1979); one or both may be of no element at all.
__global__ void layernorm_welford(Layernorm l)
{
    for (int first = blockIdx.x * blockDim.y; first < l.m; first += gridDim.x * blockDim.y) {
        int own = first + threadIdx.y, i = own < l.m ? own : l.m - 1;
        const float *row = l.x + (long)i * l.n;
        float *to = l.y + (long)i * l.n;
        float count = 0, mean = 0, squares = 0;
        for (int j = threadIdx.x; j < l.n; j += warpSize) {
            float x = row[j], d = x - mean;
            count += 1;
            mean += d / count;
            squares += d * (x - mean);
        }
        warp_sync(); // the lanes come from loops of different lengths
        for (int distance = warpSize / 2; distance > 0; distance /= 2) {
            float other_count = __shfl_xor(count, distance);
            float other_mean = __shfl_xor(mean, distance);
            float other_squares = __shfl_xor(squares, distance);
            float both = count + other_count, part = both > 0 ? other_count / both : 0, d = other_mean - mean;
            mean += d * part;
            squares += other_squares + d * d * count * part;
            count = both;
        }
        // A merged with B is not to the last bit what B merged with A is: all lanes take what lane 0 has.
        mean = __shfl(mean, 0);
        float rstd = 1 / sqrtf(__shfl(squares, 0) / l.n + l.epsilon);
        for (int j = threadIdx.x; j < l.n; j += warpSize)
            if (own < l.m)
                to[j] = layernorm_element(l, j, row[j], mean, rstd);
        if (own < l.m && threadIdx.x == 0)
            layernorm_keep(l, i, mean, rstd);
    }
}

// A block a row, which keeps it in shared memory on the way: read once, written once, two passes all the same. Each
// thread reads back only what it has put there itself, so that the row needs no barrier; block_sum has its own. The
// launch says how many floats there is room for, for a block that takes more than its row needs keeps others off the
// multiprocessor. What is beyond is read from memory again.
__global__ void layernorm_block_shared(Layernorm l, int room)
{
    extern __shared__ float kept[];
    __shared__ float sums[REDUCE_WARPS_MOST];
    for (int i = blockIdx.x; i < l.m; i += gridDim.x) {
        const float *row = l.x + (long)i * l.n;
        float *to = l.y + (long)i * l.n;
        float sum = 0, squares = 0;
        for (int j = threadIdx.x; j < l.n; j += blockDim.x) {
            float x = row[j];
            if (j < room)
                kept[j] = x;
            sum += x;
        }
        float mean = block_sum(sum, sums) / l.n;
        for (int j = threadIdx.x; j < l.n; j += blockDim.x) {
            float d = (j < room ? kept[j] : row[j]) - mean;
            squares += d * d;
        }
        float rstd = 1 / sqrtf(block_sum(squares, sums) / l.n + l.epsilon);
        for (int j = threadIdx.x; j < l.n; j += blockDim.x) {
            float x = j < room ? kept[j] : row[j];
            to[j] = layernorm_element(l, j, x, mean, rstd);
        }
        if (threadIdx.x == 0)
            layernorm_keep(l, i, mean, rstd);
    }
}

// What not to do, and no version of the table: one pass, variance = E[x^2] - E[x]^2. Both are about mean^2. With a mean
// of 1000 deviations E[x^2] is 10^6 variances, and its rounding error of some 10^-7 of that a tenth of what is looked
// for, and more. print_accuracy shows it.
__global__ void layernorm_one_pass(Layernorm l)
{
    int i = blockIdx.x * blockDim.x + threadIdx.x;
    if (i >= l.m)
        return;
    const float *row = l.x + (long)i * l.n;
    float *to = l.y + (long)i * l.n;
    float sum = 0, squares = 0;
    for (int j = 0; j < l.n; ++j) {
        sum += row[j];
        squares += row[j] * row[j];
    }
    float mean = sum / l.n, rstd = 1 / sqrtf(squares / l.n - mean * mean + l.epsilon);
    for (int j = 0; j < l.n; ++j)
        to[j] = layernorm_element(l, j, row[j], mean, rstd);
    layernorm_keep(l, i, mean, rstd);
}

enum { LAYERNORM_ROOM = 8192 }; // floats that layernorm_block_shared keeps at most: 32 KiB

static inline int layernorm_room(int n)
{
    return n < LAYERNORM_ROOM ? n : LAYERNORM_ROOM;
}

// The launches: about `block` threads a block.
static inline void layernorm_thread_per_row_launch(const Layernorm *l, int block)
{
    layernorm_thread_per_row<<<ceil_div(l->m, block), block>>>(*l);
}

static inline void layernorm_warp_per_row_launch(const Layernorm *l, int block)
{
    int warps = device_warps(block);
    layernorm_warp_per_row<<<grid_rows(ceil_div(l->m, warps)), dim3(device_warp_size(), warps)>>>(*l);
}

static inline void layernorm_welford_launch(const Layernorm *l, int block)
{
    int warps = device_warps(block);
    layernorm_welford<<<grid_rows(ceil_div(l->m, warps)), dim3(device_warp_size(), warps)>>>(*l);
}

static inline void layernorm_block_shared_launch(const Layernorm *l, int block)
{
    int room = layernorm_room(l->n), threads = device_warps(block) * device_warp_size();
    layernorm_block_shared<<<grid_rows(l->m), threads, room * sizeof(float)>>>(*l, room);
}

// For any m and n and any pointers: where registers cannot have the row, or X and Y begin at different places of a
// quad, another version does it.
static inline void layernorm_registers_launch(const Layernorm *l, int block)
{
    if (layernorm_fits_registers(l))
        layernorm_registers_fitting(l, block);
    else if (l->n > LAYERNORM_ROOM)
        layernorm_block_shared_launch(l, block);
    else
        layernorm_warp_per_row_launch(l, block);
}

#if __INCLUDE_LEVEL__ == 0 // the program; a later stage that includes this file skips it
#include "../common/parallel.h"
#include "../common/program.h"
#include "layernorm_checks.h"

typedef struct {
    Layernorm layer;
    int block;
} Operands;

static void thread_per_row(const void *operands)
{
    const Operands *o = (const Operands *)operands;
    layernorm_thread_per_row_launch(&o->layer, o->block);
}

static void warp_per_row(const void *operands)
{
    const Operands *o = (const Operands *)operands;
    layernorm_warp_per_row_launch(&o->layer, o->block);
}

static void welford(const void *operands)
{
    const Operands *o = (const Operands *)operands;
    layernorm_welford_launch(&o->layer, o->block);
}

static void block_shared(const void *operands)
{
    const Operands *o = (const Operands *)operands;
    layernorm_block_shared_launch(&o->layer, o->block);
}

static void registers(const void *operands)
{
    const Operands *o = (const Operands *)operands;
    layernorm_registers_launch(&o->layer, o->block);
}

static void reference_rows(void *context, long first, long last)
{
    layernorm_cpu((const LayernormCpu *)context, first, last);
}

// Uniform numbers, deviation 0.58, around means that differ from row to row: 0, 0, 10 and 1000.
static HostF32 make_x(int m, int n, uint64_t seed)
{
    static const float means[] = {0, 0, 10, 1000};
    HostF32 x = host_uniform((long)m * n, seed, -1, 1);
    for (long i = 0; i < m; ++i)
        for (long j = 0; j < n; ++j)
            x.data[i * n + j] += means[i % LENGTH(means)];
    return x;
}

int main(int argc, char **argv)
{
    int m = 2051, n = 2053;
    float epsilon = 1e-5f;
    // One float sum of so many terms of one sign is still as exact as the bound says; in rows of a million it is not,
    // for its roundings go in one direction (docs/training/numerical-stability.md, long sums).
    const int columns_most = 1 << 18;
    const Option options[] = {
        OPTION_INT_RANGE("M", &m, "rows of X and Y", 1, 2000000000),
        OPTION_INT_RANGE("N", &n, "columns of X and Y", 1, columns_most),
        OPTION_FLOAT_RANGE("epsilon", &epsilon, "added to the variance", 1e-30, 1e9),
    };
    const Version versions[] = {
        {"thread_per_row", thread_per_row, "two passes and one for the result, in each thread"},
        {"warp_per_row", warp_per_row, "the same, the lanes of a warp side by side, sums by shuffles"},
        {"welford", welford, "mean and variance in one pass, merged by shuffles"},
        {"block_shared", block_shared, "a block a row, which it keeps in shared memory"},
        {"registers", registers, "a block a row, which it keeps in registers, 16 bytes a load"},
    };
    Program program =
        program_begin(argc, argv, "Y = gamma (X - mean) / deviation + beta, float32", options, LENGTH(options));
    program_versions(&program, versions, LENGTH(versions));
    if ((double)m * n > 2000000000)
        fail(STATUS_USAGE, "M times N is at most 2000000000, not %.0f", (double)m * n);
    long count = (long)m * n;

    HostF32 x = make_x(m, n, program.seed), gamma = host_uniform(n, program.seed + 1, -2, 2);
    HostF32 beta = host_uniform(n, program.seed + 2, -1, 1);
    HostF64 y = host_f64(count), y_bound = host_f64(count), mean = host_f64(m), mean_bound = host_f64(m);
    HostF64 rstd = host_f64(m), rstd_bound = host_f64(m);
    LayernormCpu reference = {x.data,          gamma.data, beta.data,       y.data, y_bound.data, mean.data,
                              mean_bound.data, rstd.data,  rstd_bound.data, n,      epsilon};
    parallel_for(m, reference_rows, &reference);

    DeviceF32 d_y = device_f32(count), d_mean = device_f32(m), d_rstd = device_f32(m);
    Operands o = {{device_copy(x).data, device_copy(gamma).data, device_copy(beta).data, d_y.data, d_mean.data,
                   d_rstd.data, m, n, epsilon},
                  program.block};
    program_input(&program, "X", x, SHAPE(m, n));
    program_input(&program, "gamma", gamma, SHAPE(n));
    program_input(&program, "beta", beta, SHAPE(n));
    program_output(&program, "Y", d_y, SHAPE(m, n), y, y_bound);
    program_output(&program, "mean", d_mean, SHAPE(m), mean, mean_bound);
    program_output(&program, "rstd", d_rstd, SHAPE(m), rstd, rstd_bound);
    // What the loads and stores name: X and Y, and for each element of theirs one of gamma and one of beta.
    double elements = (double)count, others = 8.0 * ((double)n + m), again = 8.0 * m * (n - layernorm_room(n));
    bool fits = layernorm_fits_registers(&o.layer);
    program_work(&program, (Work){.flops = 0, .bytes = 8 * elements + others});
    program_bytes(&program, "asked for", "thread_per_row", 24 * elements + 8.0 * m);
    program_bytes(&program, "asked for", "warp_per_row", 24 * elements + 8.0 * m);
    program_bytes(&program, "asked for", "welford", 20 * elements + 8.0 * m);
    program_bytes(&program, "asked for", "block_shared", 16 * elements + again + 8.0 * m);
    program_bytes(&program, "asked for", "registers", 16 * elements + (fits ? 0 : again) + 8.0 * m);
    program_run(&program, versions, LENGTH(versions), &o);
    if (program_wants(&program, "registers"))
        expect_parts(&program, program.block);
    if (!program.version)
        print_accuracy(&program, epsilon);
    return program_end(&program);
}
#endif
#endif
