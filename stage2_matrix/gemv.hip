// gemv: y = A·x, a matrix of M x N times a vector: M dot products with the same x. y[i] = Σ A[i][j]·x[j], float32.
//
// Each element of A is used once, for two operations: as with vector_add, memory is the limit, and A must come in once
// and in whole pieces. What is new is the shape. Who works on a row - one thread, a warp, a block - decides how A is
// read, how many threads there are at all, and how much is left to add up at the end; and tall, wide and square
// matrices want different answers.
#ifndef STAGE2_GEMV_HIP
#define STAGE2_GEMV_HIP

#include <hip/hip_runtime.h>
#include "../common/compare.h"
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
// Where there are more rows than blocks (gemv_blocks) a block goes on to another row, and that needs no further barrier:
// behind the last one only part[0] is read, by the thread that will write it next.
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

static inline __device__ float gemv_quad(float4 a, float4 x)
{
    return a.x * x.x + a.y * x.y + (a.z * x.z + a.w * x.w);
}

// What one lane of `lanes` adds of a row times x. Where row and x begin at multiples of 16 bytes, in quads, two at a
// time: all four loads are under way before the first quad is used. Then the last quad, and behind it up to three
// single floats. In other rows it is single floats alone, which are read side by side just as well, with four times
// the instructions. (Quads from the first aligned element of such a row on would help A, but then those of x are not
// aligned, and single floats of x, four apart, cost more than the quads of A save.)
static inline __device__ float gemv_lane_part(const float *row, const float *x, int n, int lane, int lanes)
{
    int quads = ((size_t)row | (size_t)x) % sizeof(float4) == 0 ? n / 4 : 0, q = lane;
    const float4 *row4 = (const float4 *)row, *x4 = (const float4 *)x;
    float even = 0, odd = 0;
    for (; q + lanes < quads; q += 2 * lanes) {
        float4 a0 = row4[q], a1 = row4[q + lanes], x0 = x4[q], x1 = x4[q + lanes];
        even += gemv_quad(a0, x0);
        odd += gemv_quad(a1, x1);
    }
    if (q < quads)
        even += gemv_quad(row4[q], x4[q]);
    for (int j = 4 * quads + lane; j < n; j += lanes)
        odd += row[j] * x[j];
    return even + odd;
}

// The sum of what the lanes of a warp hold, in lane 0. All lanes have to come.
static inline __device__ float gemv_warp_sum(float part)
{
    warp_sync(); // the lanes come from loops of different lengths
    for (int distance = warpSize / 2; distance > 0; distance /= 2)
        part += __shfl_down(part, distance);
    return part;
}

// A warp a row, several rows a block. The parts meet in registers, by shuffles: no shared memory and no barrier, so
// that no warp waits for another. With fewer than 4 columns for each lane, the remaining lanes have nothing to do: with
// N = 3 that is 29 of 32. With few rows there are few warps, and block_shuffle brings more threads to the work.
__global__ void gemv_warp_per_row(const float *a, int lda, const float *x, float *y, int m, int n)
{
    int lane = threadIdx.x % warpSize, warps = blockDim.x / warpSize; // blockDim.x is a multiple of the warp
    // i is the same for all lanes of a warp: they leave the loop together, and the shuffles find all of them here.
    for (int i = blockIdx.x * warps + threadIdx.x / warpSize; i < m; i += gridDim.x * warps) {
        float sum = gemv_warp_sum(gemv_lane_part(a + (long)i * lda, x, n, lane, warpSize));
        if (lane == 0)
            y[i] = sum;
    }
}

// A block a row again, with what the warps have taught: quads, and two levels instead of a tree. Each warp adds its
// parts by shuffles, and leaves one number; after one barrier the first warp adds those. For few and long rows: it has
// as many threads for them as block_per_row, and hardly more to add up at the end than warp_per_row.
__global__ void gemv_block_shuffle(const float *a, int lda, const float *x, float *y, int m, int n)
{
    __shared__ float sums[GEMV_BLOCK_MOST / 32]; // of the warps; 32 lanes is the smallest warp there is
    int lane = threadIdx.x % warpSize, warp = threadIdx.x / warpSize, warps = blockDim.x / warpSize;
    for (int i = blockIdx.x; i < m; i += gridDim.x) {
        float sum = gemv_warp_sum(gemv_lane_part(a + (long)i * lda, x, n, threadIdx.x, blockDim.x));
        if (lane == 0)
            sums[warp] = sum;
        __syncthreads(); // the sums are complete
        if (warp == 0) {
            float total = gemv_warp_sum(lane < warps ? sums[lane] : 0);
            if (lane == 0)
                y[i] = total;
        }
        __syncthreads(); // nobody needs them any more
    }
}

// Blocks for m rows, and no more than 16384. AMD takes grids of less than 2^32 threads only, and no device has room for
// more than some thousands of blocks at a time: it is as well if they go on to further rows.
static inline int gemv_blocks(int m, int rows_a_block)
{
    int blocks = ceil_div(m, rows_a_block), most = 16384;
    return blocks < most ? blocks : most;
}

// Warps in a block of about so many threads: with --block 100 and a warp of 32 that is 3 whole ones.
static inline int gemv_warps(int block)
{
    int warps = block / device_warp_size();
    return warps < 1 ? 1 : warps;
}

// Reference in double, and the bound: a sum of n products, in whatever order, is off by at most u = 2^-24 of
// Σ|A[i][j]||x[j]| for each rounding on the way of a product (likely_roundings).
static inline void gemv_cpu(const float *a, int lda, const float *x, double *y, double *bound, int m, int n)
{
    double roundings = likely_roundings(n);
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
    int warps = gemv_warps(o->block), block = warps * device_warp_size();
    gemv_warp_per_row<<<gemv_blocks(o->m, warps), block>>>(o->a.data, o->lda, o->x.data, o->y.data, o->m, o->n);
}

static void block_shuffle(const void *operands)
{
    const Operands *o = (const Operands *)operands;
    int block = gemv_warps(o->block) * device_warp_size();
    gemv_block_shuffle<<<gemv_blocks(o->m, 1), block>>>(o->a.data, o->lda, o->x.data, o->y.data, o->m, o->n);
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
        {"block_shuffle", block_shuffle, "block_per_row with 16 bytes a load, shuffles in each warp, one barrier"},
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
