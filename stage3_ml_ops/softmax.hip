// softmax: each row of a matrix becomes positive numbers that add up to 1. y[i][j] = e^x[i][j] / Σ e^x[i][k], float32;
// or its logarithm, y[i][j] = x[i][j] - ln Σ e^x[i][k] (--log). It ends every classifier, and attention has one for
// every row of its matrix.
//
// As it stands in the formula it fails: e^89 is infinity in float32, and inf/inf is NaN. Numerator and denominator are
// divided by e^max, which changes nothing and makes all exponents 0 at most: nothing overflows, and the sum is at least
// 1. The price is one more pass over the row, since the maximum has to be known first. Memory is the limit once more
// (4 bytes in, 4 out, one e^x between them), and the ladder is about how often a row is walked along, and by whom.
#ifndef STAGE3_SOFTMAX_HIP
#define STAGE3_SOFTMAX_HIP

#include <hip/hip_runtime.h>
#include "../common/compare.h"
#include "../common/device.h"
#include "../common/reduce.h"
#include <float.h>
#include <math.h>

// x and y are row-major without gaps. In a row with +infinity or NaN, and in one of -infinity alone, nothing has a
// meaning, and all of it becomes NaN, in every version: inf - inf, or 0/0. A single -infinity is a 0 in the result.

// What is left to do to e^(x - max), or to x - max, when the sum is known.
static inline __device__ float softmax_scale(float sum, bool logarithm)
{
    return logarithm ? logf(sum) : 1 / sum;
}

// (x - max) - ln Σ, and not x - (max + ln Σ): for a max of 10^8 the sum of the two would be max again.
static inline __device__ float softmax_log(float x, float largest, float scale)
{
    return x - largest - scale;
}

// The loops of the CPU, one row a thread, in three passes: the maximum; e^(x - max) and their sum; the division. The
// second pass leaves its results in y, so that each e^x is computed once. Neighbouring threads are `columns` floats
// apart: the warp's loads are scattered, as in gemv_thread_per_row, and it is five times along the row (twice x, three
// times y; for the logarithm, which needs x again and no e^x, three times x and once y). It pays for very short rows.
__global__ void softmax_thread_per_row(const float *x, float *y, int rows, int columns, bool logarithm)
{
    int i = blockIdx.x * blockDim.x + threadIdx.x;
    if (i >= rows)
        return;
    const float *row = x + (long)i * columns;
    float *out = y + (long)i * columns;
    float largest = -INFINITY, sum = 0;
    for (int j = 0; j < columns; ++j)
        largest = fmaxf(largest, row[j]);
    for (int j = 0; j < columns; ++j) {
        float e = expf(row[j] - largest);
        sum += e;
        if (!logarithm)
            out[j] = e;
    }
    float scale = softmax_scale(sum, logarithm);
    for (int j = 0; j < columns; ++j)
        out[j] = logarithm ? softmax_log(row[j], largest, scale) : out[j] * scale;
}

// A block a row, its threads side by side: every access is coalesced. Now maximum and sum are reductions over the
// block, through shared memory, with barriers: the threads need both before they can go on, and not only one of them,
// which is why block_max and block_sum give the result to all. A thread reads of y only what it wrote itself.
__global__ void softmax_block_per_row(const float *x, float *y, int rows, int columns, bool logarithm)
{
    __shared__ float parts[REDUCE_WARPS_MOST];
    for (int i = blockIdx.x; i < rows; i += gridDim.x) {
        const float *row = x + (long)i * columns;
        float *out = y + (long)i * columns;
        float largest = -INFINITY, sum = 0;
        for (int j = threadIdx.x; j < columns; j += blockDim.x)
            largest = fmaxf(largest, row[j]);
        largest = block_max(largest, parts);
        for (int j = threadIdx.x; j < columns; j += blockDim.x) {
            float e = expf(row[j] - largest);
            sum += e;
            if (!logarithm)
                out[j] = e;
        }
        sum = block_sum(sum, parts);
        float scale = softmax_scale(sum, logarithm);
        for (int j = threadIdx.x; j < columns; j += blockDim.x)
            out[j] = logarithm ? softmax_log(row[j], largest, scale) : out[j] * scale;
    }
}

// A warp a row: both reductions by shuffles, no barrier, and no warp waits for another. blockDim is (warpSize, rows of
// a block): threads are numbered along x first, so each y is one warp, and the whole warp leaves at `return`.
__global__ void softmax_warp_per_row(const float *x, float *y, int rows, int columns, bool logarithm)
{
    int i = blockIdx.x * blockDim.y + threadIdx.y;
    if (i >= rows)
        return;
    const float *row = x + (long)i * columns;
    float *out = y + (long)i * columns;
    float largest = -INFINITY, sum = 0;
    for (int j = threadIdx.x; j < columns; j += warpSize)
        largest = fmaxf(largest, row[j]);
    largest = warp_max(largest);
    for (int j = threadIdx.x; j < columns; j += warpSize) {
        float e = expf(row[j] - largest);
        sum += e;
        if (!logarithm)
            out[j] = e;
    }
    sum = warp_sum(sum);
    float scale = softmax_scale(sum, logarithm);
    for (int j = threadIdx.x; j < columns; j += warpSize)
        out[j] = logarithm ? softmax_log(row[j], largest, scale) : out[j] * scale;
}

// One more value, or four, for a thread that knows the largest so far and the sum of e^(x - largest) so far. If the
// largest changes, all that was added was too large by the same factor, and the sum is multiplied by it: maximum and
// sum in one pass (Milakov and Gimelshein, Online normalizer calculation for softmax, 2018). There is no branch in it:
// where nothing changes the factor is e^0 = 1.
static inline __device__ void softmax_take(float a, float *largest, float *sum)
{
    float most = fmaxf(*largest, a);
    *sum = *sum * expf(*largest - most) + expf(a - most);
    *largest = most;
}

static inline __device__ void softmax_take_quad(float4 a, float *largest, float *sum)
{
    float most = fmaxf(*largest, fmaxf(fmaxf(a.x, a.y), fmaxf(a.z, a.w)));
    float added = (expf(a.x - most) + expf(a.y - most)) + (expf(a.z - most) + expf(a.w - most));
    *sum = *sum * expf(*largest - most) + added;
    *largest = most;
}

static inline __device__ float softmax_value(float x, float largest, float scale, bool logarithm)
{
    return logarithm ? softmax_log(x, largest, scale) : expf(x - largest) * scale;
}

static inline __device__ float4 softmax_quad(float4 a, float largest, float scale, bool logarithm)
{
    return make_float4(softmax_value(a.x, largest, scale, logarithm), softmax_value(a.y, largest, scale, logarithm),
                       softmax_value(a.z, largest, scale, logarithm), softmax_value(a.w, largest, scale, logarithm));
}

// Twice along x and once along y instead of five times, in quads: a quarter of the instructions. It computes each e^x
// twice, and a fifth one for every four: it pays where e^x costs less than memory, as on a GPU.
//
// A row begins anywhere, and quads begin at multiples of 16 bytes: up to three floats before the first quad and up to
// three behind the last one are left for six threads. x and y begin alike (softmax_online_launch sees to it), so what
// fits one fits the other.
//
// `largest` begins with the smallest finite number: -infinity minus -infinity would be NaN in a thread whose first
// column is masked out.
__global__ void softmax_online(const float *x, float *y, int rows, int columns, bool logarithm)
{
    __shared__ float parts[REDUCE_WARPS_MOST];
    for (int i = blockIdx.x; i < rows; i += gridDim.x) {
        const float *row = x + (long)i * columns;
        float *out = y + (long)i * columns;
        int misplaced = (size_t)row / sizeof(float) % 4, head = misplaced ? 4 - misplaced : 0;
        head = head < columns ? head : columns;
        int quads = (columns - head) / 4, singles = columns - 4 * quads;
        // No block has fewer than 32 threads, and there are six singles at most.
        int t = threadIdx.x, single = t < head ? t : t + 4 * quads;
        const float4 *row4 = (const float4 *)(row + head);
        float4 *out4 = (float4 *)(out + head);

        float largest = -FLT_MAX, sum = 0;
        for (int q = threadIdx.x; q < quads; q += blockDim.x)
            softmax_take_quad(row4[q], &largest, &sum);
        if (t < singles)
            softmax_take(row[single], &largest, &sum);
        float most = block_max(largest, parts);
        sum = block_sum(sum * expf(largest - most), parts);

        float scale = softmax_scale(sum, logarithm);
        for (int q = threadIdx.x; q < quads; q += blockDim.x)
            out4[q] = softmax_quad(row4[q], most, scale, logarithm);
        if (t < singles)
            out[single] = softmax_value(row[single], most, scale, logarithm);
    }
}

// ---- how they are launched: for later stages, and for the program below

// Threads for one row of so many columns: whole warps, `block` threads at most, and two quads or more for each.
static inline int softmax_threads(int columns, int block)
{
    int warp = device_warp_size(), wanted = ceil_div(columns, 8 * warp), most = device_warps(block);
    return (wanted < most ? wanted : most) * warp;
}

// x and y are rows x columns floats in device memory; y may be x. `block` is how many threads a block has at most.
static inline void softmax_thread_per_row_launch(const float *x, float *y, int rows, int columns, bool logarithm,
                                                 int block)
{
    softmax_thread_per_row<<<ceil_div(rows, block), block>>>(x, y, rows, columns, logarithm);
}

static inline void softmax_block_per_row_launch(const float *x, float *y, int rows, int columns, bool logarithm,
                                                int block)
{
    int threads = device_warps(block) * device_warp_size();
    softmax_block_per_row<<<grid_rows(rows), threads>>>(x, y, rows, columns, logarithm);
}

// It has no loop over further rows, and grids are of less than 2^32 threads on AMD: 67 million rows at most.
static inline void softmax_warp_per_row_launch(const float *x, float *y, int rows, int columns, bool logarithm,
                                               int block)
{
    int warps = device_warps(block);
    softmax_warp_per_row<<<ceil_div(rows, warps), dim3(device_warp_size(), warps)>>>(x, y, rows, columns, logarithm);
}

// Quads need x and y to be equally far from a multiple of 16 bytes, which parts of larger arrays may not be.
static inline void softmax_online_launch(const float *x, float *y, int rows, int columns, bool logarithm, int block)
{
    if ((size_t)x % 16 != (size_t)y % 16)
        softmax_block_per_row_launch(x, y, rows, columns, logarithm, block);
    else
        softmax_online<<<grid_rows(rows), softmax_threads(columns, block)>>>(x, y, rows, columns, logarithm);
}

#include "softmax_cpu.h"

#if __INCLUDE_LEVEL__ == 0 // the program; a later stage that includes this file skips it
#include "../common/library_softmax.h"
#include "../common/parallel.h"
#include "../common/program.h"

typedef struct {
    DeviceF32 x, y; // rows x columns
    int rows, columns, block;
    bool logarithm;
} Operands;

static void thread_per_row(const void *operands)
{
    const Operands *o = (const Operands *)operands;
    softmax_thread_per_row_launch(o->x.data, o->y.data, o->rows, o->columns, o->logarithm, o->block);
}

static void block_per_row(const void *operands)
{
    const Operands *o = (const Operands *)operands;
    softmax_block_per_row_launch(o->x.data, o->y.data, o->rows, o->columns, o->logarithm, o->block);
}

static void warp_per_row(const void *operands)
{
    const Operands *o = (const Operands *)operands;
    softmax_warp_per_row_launch(o->x.data, o->y.data, o->rows, o->columns, o->logarithm, o->block);
}

static void online(const void *operands)
{
    const Operands *o = (const Operands *)operands;
    softmax_online_launch(o->x.data, o->y.data, o->rows, o->columns, o->logarithm, o->block);
}

static void library(const void *operands)
{
    const Operands *o = (const Operands *)operands;
    library_softmax(o->rows, o->columns, o->x.data, o->y.data, o->logarithm);
}

// Eight kinds of rows in turn, after a first one of plain numbers; each is the end of some careless formula.
static void make_row(float *row, int i, int columns, bool logarithm)
{
    for (int j = 0; j < columns; ++j)
        switch (i % 8) {
        case 1: // one large and one small element: e^80 is finite, and its square is not
            row[j] = j == columns / 3 ? 80 : j == columns / 2 ? -80 : row[j];
            break;
        case 2: // far from 0 on either side: without the maximum inf/inf, or 0/0
            row[j] += 10000;
            break;
        case 3:
            row[j] -= 10000;
            break;
        case 4: // it climbs: the largest so far changes again and again
            row[j] = 0.01f * row[j] + 160.0f * j / columns - 80;
            break;
        case 5: // all alike
            row[j] = row[0];
            break;
        case 6: // huge, alone or twice
            row[j] = j == columns / 4 || j == columns - 1 ? 1e38f : row[j];
            break;
        case 7: // masked out, as attention does it (the logarithm of 0 is no number to compare)
            row[j] = j % 3 == 1 && !logarithm ? -INFINITY : row[j];
            break;
        }
}

static HostF32 make_x(int rows, int columns, uint64_t seed, bool logarithm)
{
    HostF32 x = host_uniform((long)rows * columns, seed, -6, 6);
    for (int i = 0; i < rows; ++i)
        make_row(x.data + (long)i * columns, i, columns, logarithm);
    return x;
}

typedef struct {
    HostF32 x;
    HostF64 y, bound;
    int columns;
    bool logarithm;
} Reference;

static void reference_rows(void *context, long first, long last)
{
    const Reference *r = (const Reference *)context;
    for (long at = first * r->columns; at < last * r->columns; at += r->columns)
        softmax_row_cpu(r->x.data + at, r->y.data + at, r->bound.data + at, r->columns, r->logarithm);
}

// Rows without a meaning have to be NaN from end to end: an error must stay visible. The checker cannot say that, for
// to it NaN is always wrong.
static void expect_nan(Program *program, const Operands *all, const Version *version)
{
    enum { ROWS = 5, COLUMNS = 39 }; // rows that begin at any place between multiples of 16 bytes
    static const float special[ROWS] = {INFINITY, INFINITY, NAN, NAN, -INFINITY};
    static const int at[ROWS] = {0, COLUMNS - 1, 17, COLUMNS - 1, -1};
    HostF32 x = host_uniform(ROWS * COLUMNS, 1, -6, 6), y = host_f32(ROWS * COLUMNS);
    for (int i = 0; i < ROWS * COLUMNS; ++i)
        if (at[i / COLUMNS] < 0 || at[i / COLUMNS] == i % COLUMNS)
            x.data[i] = special[i / COLUMNS];
    Operands o = *all;
    o.rows = ROWS;
    o.columns = COLUMNS;
    o.x = device_copy(x);
    o.y = device_copy(y);
    version->launch(&o);
    HIP_CHECK_LAUNCH();
    download(y, o.y);
    for (int i = 0; i < ROWS * COLUMNS; ++i)
        if (!program_expect(program, isnan(y.data[i]), "%s: y[%d,%d] is %g, in a row with %g it has to be NaN",
                            version->name, i / COLUMNS, i % COLUMNS, y.data[i], special[i / COLUMNS]))
            break;
}

int main(int argc, char **argv)
{
    int rows = 2051, columns = 1003;
    bool logarithm = false;
    // One float sum of so many terms of one sign is still as exact as the bound says; from about twice as many on it is
    // not, for its roundings go in one direction (docs/training/numerical-stability.md, long sums).
    const int columns_most = 1 << 18;
    const Option options[] = {
        // warp_per_row has up to 64 threads a row, and AMD takes grids of less than 2^32 threads
        OPTION_INT_RANGE("rows", &rows, "rows, each with a softmax of its own", 1, 67000000),
        OPTION_INT_RANGE("columns", &columns, "columns", 1, columns_most),
        OPTION_FLAG("log", &logarithm, "the logarithm of the softmax"),
    };
    const Version versions[] = {
        {"thread_per_row", thread_per_row, "three passes along the row in each thread"},
        {"block_per_row", block_per_row, "the threads of a block side by side, maximum and sum in shared memory"},
        {"warp_per_row", warp_per_row, "the lanes of a warp side by side, maximum and sum by shuffles"},
        {"online", online, "maximum and sum in one pass, 16 bytes a load, e^x computed again at the end"},
        {library_dnn_name(), library, "the vendor's library"},
    };
    int count = LENGTH(versions) - (library_dnn_name() ? 0 : 1);
    Program program = program_begin(argc, argv, "y = softmax(x) by rows, float32", options, LENGTH(options));
    program_versions(&program, versions, count);

    long n = (long)rows * columns;
    HostF32 x = make_x(rows, columns, program.seed, logarithm);
    Reference reference = {x, host_f64(n), host_f64(n), columns, logarithm};
    parallel_for(rows, reference_rows, &reference);

    Operands operands = {device_copy(x), device_f32(n), rows, columns, program.block, logarithm};
    program_input(&program, "x", x, SHAPE(rows, columns));
    program_output(&program, "y", operands.y, SHAPE(rows, columns), reference.y, reference.bound);
    program_work(&program, (Work){.flops = 0, .bytes = 8.0 * n});
    if (library_dnn_name())
        program_library(&program, library_dnn_name());
    program_run(&program, versions, count, &operands);
    for (int i = 0; i < LENGTH(versions) - 1; ++i)
        if (program_wants(&program, versions[i].name))
            expect_nan(&program, &operands, &versions[i]);
    return program_end(&program);
}
#endif
#endif
