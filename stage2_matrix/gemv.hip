// gemv: y = A·x, a matrix of M x N times a vector: M dot products with the same x. y[i] = Σ A[i][j]·x[j], float32.
//
// Each element of A is used once, for two operations: as with vector_add, memory is the limit, and A must come in once
// and in whole pieces. What is new is the shape. Who works on a row - one thread, a warp, a block - decides how A is
// read, how many threads there are at all, and how much is left to add up at the end; and tall, wide and square
// matrices want different answers.
#ifndef STAGE2_GEMV_HIP
#define STAGE2_GEMV_HIP

#include <hip/hip_runtime.h>
#include "../common/device.h"
#include <float.h>
#include <math.h>

// A is row-major, lda floats from one row to the next (lda >= n; what lies behind a row is not touched).

// The loop over the rows, turned inside out. Nothing to add up at the end, and all threads read the same x[j], which is
// one load for the warp. But neighbouring threads read A lda floats apart: 32 pieces of memory for 32 floats. The rest
// of each piece is wanted in the next seven rounds, if the caches can hold 32 bytes for every thread until then. With
// few rows there are few threads, and most of the device has nothing to do. It pays where rows are very short.
__global__ void gemv_thread_per_row(const float *a, int lda, const float *x, float *y, int m, int n)
{
    int i = blockIdx.x * blockDim.x + threadIdx.x;
    if (i >= m)
        return;
    const float *row = a + (long)i * lda;
    float sum = 0;
    for (int j = 0; j < n; ++j)
        sum += row[j] * x[j];
    y[i] = sum;
}

enum { GEMV_BLOCK_MOST = 1024 }; // threads of a block: no device takes more

// A block a row: its threads walk along the row side by side, so that a warp reads whole pieces of memory, and each has
// a part of the sum. The parts are added in shared memory, in a tree: the upper half of them is added to the lower half
// until one is left, with a barrier after each step. The middle one of an odd number waits for the next step. That is
// worth it for long rows; for 100 columns most of 256 threads have nothing to add, and wait at nine barriers for it.
//
// Where there are more rows than blocks (gemv_blocks) a block goes on to another row. The next part[t] is written by
// the thread that was the last one to read it, so that this needs no further barrier.
__global__ void gemv_block_per_row(const float *a, int lda, const float *x, float *y, int m, int n)
{
    __shared__ float part[GEMV_BLOCK_MOST];
    int t = threadIdx.x;
    for (int i = blockIdx.x; i < m; i += gridDim.x) {
        const float *row = a + (long)i * lda;
        float sum = 0;
        for (int j = t; j < n; j += blockDim.x)
            sum += row[j] * x[j];
        part[t] = sum;
        __syncthreads();
        for (int count = blockDim.x; count > 1;) {
            int half = (count + 1) / 2;
            if (t + half < count)
                part[t] += part[t + half];
            __syncthreads();
            count = half;
        }
        if (t == 0)
            y[i] = part[0];
    }
}

// What one lane of `lanes` adds of a row times x: quads of 16 bytes where both begin at a multiple of 16, and single
// floats behind the last whole quad; in other rows single floats alone, which are read side by side just as well, with
// four times the instructions. (One could go in single floats up to the first aligned element of the row; but then the
// quads of x are not aligned, and reading those in pieces costs more than the quads of A save.)
static inline __device__ float gemv_lane_part(const float *row, const float *x, int n, int lane, int lanes)
{
    float sum = 0;
    int first = 0;
    if (((size_t)row | (size_t)x) % sizeof(float4) == 0) {
        const float4 *row4 = (const float4 *)row, *x4 = (const float4 *)x;
        for (int q = lane; q < n / 4; q += lanes) {
            float4 r = row4[q], v = x4[q];
            sum += r.x * v.x + r.y * v.y + (r.z * v.z + r.w * v.w);
        }
        first = n / 4 * 4;
    }
    for (int j = first + lane; j < n; j += lanes)
        sum += row[j] * x[j];
    return sum;
}

// A warp a row, several rows a block. The parts meet in registers, by shuffles: no shared memory and no barrier, so
// that no warp waits for another. With fewer than 4 columns for each lane, the remaining lanes have nothing to do: with
// N = 3 that is 29 of 32. With few rows there are few warps: then a block a row brings more threads to the work.
__global__ void gemv_warp_per_row(const float *a, int lda, const float *x, float *y, int m, int n)
{
    int lane = threadIdx.x % warpSize, warps = blockDim.x / warpSize; // blockDim.x is a multiple of the warp
    // i is the same for all lanes of a warp: they leave the loop together, and the shuffles find all of them here.
    for (int i = blockIdx.x * warps + threadIdx.x / warpSize; i < m; i += gridDim.x * warps) {
        float sum = gemv_lane_part(a + (long)i * lda, x, n, lane, warpSize);
        warp_sync(); // the lanes come from loops of different lengths
        for (int distance = warpSize / 2; distance > 0; distance /= 2)
            sum += __shfl_down(sum, distance);
        if (lane == 0)
            y[i] = sum;
    }
}

// Blocks for m rows. A grid may have 2^31 - 1 of them, but on AMD fewer than 2^32 threads: enough is enough.
static inline int gemv_blocks(int m, int rows_a_block)
{
    int blocks = ceil_div(m, rows_a_block), most = 1 << 20;
    return blocks < most ? blocks : most;
}

// Whole warps: with --block 100 and a warp of 32 there are 3 of them in a block.
static inline void gemv_warp_per_row_launch(const float *a, int lda, const float *x, float *y, int m, int n, int block)
{
    int warp = device_warp_size(), rows = block < warp ? 1 : block / warp;
    gemv_warp_per_row<<<gemv_blocks(m, rows), rows * warp>>>(a, lda, x, y, m, n);
}

// Reference in double, and the bound. A sum of n products with unit roundoff u = 2^-24, in whatever order, is off by at
// most n·u·Σ|A[i][j]||x[j]| (Higham, Accuracy and Stability of Numerical Algorithms, section 3.1). That is the worst
// case, in which all roundings go the same way, and for long rows so wide that a lost element would pass. Taken as
// independent, roundings stay below 8·sqrt(n)·u·Σ|A[i][j]||x[j]| in all but one case of 10^9 (Higham and Mary, A New
// Approach to Probabilistic Rounding Error Analysis, 2019).
static inline void gemv_cpu(const float *a, int lda, const float *x, double *y, double *bound, int m, int n)
{
    double roundings = fmin(n, 8 * sqrt(n));
    for (long i = 0; i < m; ++i) {
        double sum = 0, size = 0;
        for (int j = 0; j < n; ++j) {
            double product = (double)a[i * lda + j] * x[j]; // exact: 24 bits times 24 bits fit a double
            sum += product;
            size += fabs(product);
        }
        y[i] = sum;
        bound[i] = roundings * 0.5 * FLT_EPSILON * size;
    }
}

#if __INCLUDE_LEVEL__ == 0 // the program; a later stage that includes this file skips it
#include "../common/library_gemv.h"
#include "../common/program.h"

typedef struct {
    DeviceF32 a, x, y; // m rows of lda floats, n, m
    int m, n, lda, block;
} Operands;

static void thread_per_row(const void *operands)
{
    const Operands *o = (const Operands *)operands;
    gemv_thread_per_row<<<ceil_div(o->m, o->block), o->block>>>(o->a.data, o->lda, o->x.data, o->y.data, o->m, o->n);
}

static void block_per_row(const void *operands)
{
    const Operands *o = (const Operands *)operands;
    gemv_block_per_row<<<gemv_blocks(o->m, 1), o->block>>>(o->a.data, o->lda, o->x.data, o->y.data, o->m, o->n);
}

static void warp_per_row(const void *operands)
{
    const Operands *o = (const Operands *)operands;
    gemv_warp_per_row_launch(o->a.data, o->lda, o->x.data, o->y.data, o->m, o->n, o->block);
}

static void library(const void *operands)
{
    const Operands *o = (const Operands *)operands;
    library_gemv(o->m, o->n, o->a.data, o->lda, o->x.data, o->y.data);
}

int main(int argc, char **argv)
{
    int m = 4099, n = 4097, pad = 3;
    // Indices are int and run up to a block beyond the sizes: the limits leave room for that below 2^31.
    const Option options[] = {
        OPTION_INT_RANGE("M", &m, "rows of A", 1, 2000000000),
        OPTION_INT_RANGE("N", &n, "columns of A", 1, 2000000000),
        OPTION_INT_RANGE("pad", &pad, "unused floats after each row of A; quads need N + pad to be a multiple of 4", 0,
                         100000),
    };
    const Version versions[] = {
        {"thread_per_row", thread_per_row, "a loop over the columns in each thread"},
        {"block_per_row", block_per_row, "the threads of a block side by side in a row, sums in shared memory"},
        {"warp_per_row", warp_per_row, "the lanes of a warp side by side, 16 bytes a load, sums by shuffles"},
        {library_name(), library, "the vendor's library"},
    };
    int count = LENGTH(versions) - (library_name() ? 0 : 1);
    Program program = program_begin(argc, argv, "y = A x, float32", options, LENGTH(options));
    program_versions(&program, versions, count);

    int lda = n + pad;
    HostF32 a = host_uniform((long)m * lda, program.seed, -1, 1), x = host_uniform(n, program.seed + 1, -1, 1);
    for (long i = 0; i < m; ++i)
        for (long j = n; j < lda; ++j)
            a.data[i * lda + j] = NAN; // whatever a kernel computes from what lies behind a row will show
    HostF64 expected = host_f64(m), bound = host_f64(m);
    gemv_cpu(a.data, lda, x.data, expected.data, bound.data, m, n);

    Operands operands = {device_copy(a), device_copy(x), device_f32(m), m, n, lda, program.block};
    program_input(&program, "A", a, SHAPE(m, lda));
    program_input(&program, "x", x, SHAPE(n));
    program_output(&program, "y", operands.y, SHAPE(m), expected, bound);
    program_work(&program, (Work){.flops = 2.0 * m * n, .bytes = 4.0 * ((double)m * n + n + m)});
    if (library_name())
        program_library(&program, library_name());
    program_run(&program, versions, count, &operands);
    return program_end(&program);
}
#endif
#endif
