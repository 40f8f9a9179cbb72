// layernorm: each row of X (M x N) is moved and stretched to mean 0 and variance 1, then scaled and shifted by column:
// Y[i][j] = gamma[j]·(X[i][j] - mean[i])·rstd[i] + beta[j], rstd = 1 / sqrt(variance + epsilon), float32. Mean and rstd are
// kept, for the way back needs them. (Ba, Kiros and Hinton, Layer Normalization, 2016.)
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
#include <math.h>

// The arrays of one layer: X and Y are m x n, row-major, gamma and beta have n elements, mean and rstd m.
typedef struct {
    const float *x, *gamma, *beta;
    float *y, *mean, *rstd;
    int m, n;
    float epsilon;
} Layernorm;

// One element of Y.
static inline __device__ float layernorm_element(Layernorm l, int j, float x, float mean, float rstd)
{
    return l.gamma[j] * ((x - mean) * rstd) + l.beta[j];
}

static inline __device__ void layernorm_keep(Layernorm l, int i, float mean, float rstd)
{
    l.mean[i] = mean;
    l.rstd[i] = rstd;
}

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
// Blocks are warpSize x rows: x is the lane, y the warp. All threads of a block make the same rounds, for there are
// shuffles in them: a warp for which no row is left takes the last one once more, and writes nothing.
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
// thread reads back only what it has put there itself, so that the row needs no barrier; block_sum has its own. The launch
// says how many floats there is room for, for a block that takes more than its row needs keeps others off the
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

// What not to do, and no version of the table: one pass, variance = E[x^2] - E[x]^2. Both are about mean^2, and each is
// right to a few units of its last place: with a mean of 1000 deviations that is a millionth of what is taken away, and
// as much as what is left. print_accuracy shows it.
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

#if __INCLUDE_LEVEL__ == 0 // the program; a later stage that includes this file skips it
#include "../common/parallel.h"
#include "../common/program.h"

typedef struct {
    Layernorm layer;
    int block;
} Operands;

static void thread_per_row(const void *operands)
{
    const Operands *o = (const Operands *)operands;
    layernorm_thread_per_row<<<ceil_div(o->layer.m, o->block), o->block>>>(o->layer);
}

static void warp_per_row(const void *operands)
{
    const Operands *o = (const Operands *)operands;
    int warps = device_warps(o->block);
    layernorm_warp_per_row<<<grid_rows(ceil_div(o->layer.m, warps)), dim3(device_warp_size(), warps)>>>(o->layer);
}

static void welford(const void *operands)
{
    const Operands *o = (const Operands *)operands;
    int warps = device_warps(o->block);
    layernorm_welford<<<grid_rows(ceil_div(o->layer.m, warps)), dim3(device_warp_size(), warps)>>>(o->layer);
}

static void block_shared(const void *operands)
{
    const Operands *o = (const Operands *)operands;
    int room = layernorm_room(o->layer.n), block = device_warps(o->block) * device_warp_size();
    layernorm_block_shared<<<grid_rows(o->layer.m), block, room * sizeof(float)>>>(o->layer, room);
}

static void one_pass(const void *operands)
{
    const Operands *o = (const Operands *)operands;
    layernorm_one_pass<<<ceil_div(o->layer.m, o->block), o->block>>>(o->layer);
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

// What print_accuracy compares: ways to compute the variance, and means of rows whose deviation is 0.58.
enum { WAYS = 4, MEANS = 5, ROWS = 64, COLUMNS = 1000 };

typedef struct {
    const char *name;
    Launch launch;
} Way;

// The relative error of variance + epsilon, the worst of all rows; NaN where one is.
static double worst_variance(HostF32 got, HostF64 rstd)
{
    double worst = 0;
    for (long i = 0; i < got.n; ++i) {
        double ratio = rstd.data[i] / got.data[i], error = fabs(ratio * ratio - 1);
        worst = error <= worst ? worst : error; // in this form a NaN stays
    }
    return worst;
}

// What each way of computing the variance loses: it is what the bound is about.
static void print_accuracy(Program *program, const Operands *all)
{
    static const Way ways[WAYS] = {{"two_passes_thread", thread_per_row},
                                   {"two_passes_warp", warp_per_row},
                                   {"welford", welford},
                                   {"one_pass", one_pass}};
    static const float means[MEANS] = {0, 10, 100, 1000, 10000};
    static char keys[MEANS][WAYS][40];
    HostF32 noise = host_uniform(ROWS * COLUMNS, program->seed, -1, 1), x = host_f32(noise.n), ones = host_f32(COLUMNS);
    HostF64 y = host_f64(noise.n), mean = host_f64(ROWS), rstd = host_f64(ROWS), bound = host_f64(noise.n);
    LayernormCpu cpu = {x.data,     ones.data, ones.data,  y.data,  bound.data,        mean.data,
                        bound.data, rstd.data, bound.data, COLUMNS, all->layer.epsilon};
    DeviceF32 d_x = device_f32(x.n), d_ones = device_copy(ones), d_y = device_f32(x.n);
    DeviceF32 d_mean = device_f32(ROWS), d_rstd = device_f32(ROWS);
    HostF32 got = host_f32(ROWS);
    Operands o = {
        {d_x.data, d_ones.data, d_ones.data, d_y.data, d_mean.data, d_rstd.data, ROWS, COLUMNS, all->layer.epsilon},
        all->block};
    Table table;
    memset(&table, 0, sizeof table);
    table.rows = 1 + MEANS;
    table.columns = 1 + WAYS;
    text_format(table.cell[0][0], TABLE_CELL, "mean");
    for (int k = 0; k < MEANS; ++k) {
        for (long i = 0; i < x.n; ++i)
            x.data[i] = means[k] + noise.data[i];
        layernorm_cpu(&cpu, 0, ROWS);
        upload(d_x, x);
        text_format(table.cell[k + 1][0], TABLE_CELL, "%g", means[k]);
        for (int way = 0; way < WAYS; ++way) {
            ways[way].launch(&o);
            HIP_CHECK_LAUNCH();
            download(got, d_rstd);
            double worst = worst_variance(got, rstd);
            text_format(table.cell[0][way + 1], TABLE_CELL, "%s", ways[way].name);
            text_format(table.cell[k + 1][way + 1], TABLE_CELL, isnan(worst) ? "nan" : "%.1e", worst);
            text_format(keys[k][way], sizeof keys[k][way], "%s_%g", ways[way].name, means[k]);
            program_result(program, keys[k][way], worst);
        }
    }
    printf("\nrelative error of the variance, the worst of %d rows of %d elements, deviation 0.58:\n", ROWS, COLUMNS);
    table_print(&table);
}

int main(int argc, char **argv)
{
    int m = 2051, n = 2053;
    float epsilon = 1e-5f;
    const Option options[] = {
        OPTION_INT_RANGE("M", &m, "rows of X and Y", 1, 2000000000),
        OPTION_INT_RANGE("N", &n, "columns of X and Y", 1, 2000000000),
        OPTION_FLOAT_RANGE("epsilon", &epsilon, "added to the variance", 1e-30, 1e9),
    };
    const Version versions[] = {
        {"thread_per_row", thread_per_row, "two passes and one for the result, in each thread"},
        {"warp_per_row", warp_per_row, "the same, the lanes of a warp side by side, sums by shuffles"},
        {"welford", welford, "mean and variance in one pass, merged by shuffles"},
        {"block_shared", block_shared, "a block a row, which it keeps in shared memory"},
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
    double elements = (double)count, others = 8.0 * ((double)n + m);
    program_work(&program, (Work){.flops = 0, .bytes = 8 * elements + others});
    program_bytes(&program, "asked for", "thread_per_row", 16 * elements + others);
    program_bytes(&program, "asked for", "warp_per_row", 16 * elements + others);
    program_bytes(&program, "asked for", "welford", 12 * elements + others);
    double again = 8.0 * m * (n - layernorm_room(n));
    program_bytes(&program, "asked for", "block_shared", 8 * elements + again + others);
    program_run(&program, versions, LENGTH(versions), &o);
    if (!program.version)
        print_accuracy(&program, &o);
    return program_end(&program);
}
#endif
#endif
