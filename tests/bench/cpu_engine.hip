// How fast the simulated GPU runs kernels, beside the same work written as loops in C with OpenMP. Both are timed in
// turn, in one run, since the machine's speed changes from minute to minute more than the two differ.
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <hip/hip_runtime.h>
#include "../../common/buffer.h"
#include "../../common/check.h"
#include "../../common/fill.h"
#include "../../common/timer.h"
#include "../../stage1_vector/vector_add.hip"
#include "loops.h"

// The textbook kernel with one tile of A and one of B in shared memory: two barriers for every TILE products.
template <int TILE> __global__ void gemm_tile(const float *A, const float *B, float *C, int n)
{
    __shared__ float tile_of_A[TILE][TILE];
    __shared__ float tile_of_B[TILE][TILE];
    int row = blockIdx.y * TILE + threadIdx.y, column = blockIdx.x * TILE + threadIdx.x;
    float sum = 0;
    for (int k = 0; k < n; k += TILE) {
        tile_of_A[threadIdx.y][threadIdx.x] = A[row * n + k + threadIdx.x];
        tile_of_B[threadIdx.y][threadIdx.x] = B[(k + threadIdx.y) * n + column];
        __syncthreads();
        for (int i = 0; i < TILE; ++i)
            sum += tile_of_A[threadIdx.y][i] * tile_of_B[i][threadIdx.x];
        __syncthreads();
    }
    C[row * n + column] = sum;
}

// Each thread computes EACH x EACH elements in registers: more work between two barriers. Every STEP columns of A and rows
// of B are brought to shared memory by (TILE / EACH)² threads.
template <int TILE, int STEP, int EACH>
__global__ void gemm_register_tile(const float *A, const float *B, float *C, int n)
{
    __shared__ float tile_of_A[STEP][TILE]; // transposed, so that the inner loops read both along a row
    __shared__ float tile_of_B[STEP][TILE];
    const int threads = (TILE / EACH) * (TILE / EACH);
    int rank = threadIdx.y * blockDim.x + threadIdx.x;
    int row = blockIdx.y * TILE, column = blockIdx.x * TILE;
    float sum[EACH][EACH] = {};
    for (int k = 0; k < n; k += STEP) {
        for (int i = rank; i < TILE * STEP; i += threads) {
            tile_of_A[i % STEP][i / STEP] = A[(row + i / STEP) * n + k + i % STEP];
            tile_of_B[i / TILE][i % TILE] = B[(k + i / TILE) * n + column + i % TILE];
        }
        __syncthreads();
        for (int i = 0; i < STEP; ++i)
            for (int r = 0; r < EACH; ++r)
                for (int c = 0; c < EACH; ++c)
                    sum[r][c] += tile_of_A[i][threadIdx.y * EACH + r] * tile_of_B[i][threadIdx.x * EACH + c];
        __syncthreads();
    }
    for (int r = 0; r < EACH; ++r)
        for (int c = 0; c < EACH; ++c)
            C[(row + threadIdx.y * EACH + r) * n + column + threadIdx.x * EACH + c] = sum[r][c];
}

// Barriers and shuffles with next to nothing between them: what a switch of fibres costs.
__global__ void only_barriers(int rounds)
{
    for (int i = 0; i < rounds; ++i)
        __syncthreads();
}

__global__ void only_shuffles(float *out, int rounds)
{
    float value = threadIdx.x;
    for (int i = 0; i < rounds; ++i)
        value += __shfl_down(value, 1);
    out[blockIdx.x * blockDim.x + threadIdx.x] = value;
}

typedef struct {
    const float *a, *b;
    float *c;
    int n;
} Work3;

static void add_loop(const Work3 *w)
{
    vector_add_loop(w->a, w->b, w->c, w->n);
}
static void add_kernel(const Work3 *w)
{
    vector_add_per_thread<<<ceil_div(w->n, 256), 256>>>(w->a, w->b, w->c, w->n);
}
static void add_strided(const Work3 *w)
{
    vector_add_grid_stride<<<8 * device_multiprocessors(), 256>>>(w->a, w->b, w->c, w->n);
}
static void add_float4(const Work3 *w)
{
    vector_add_float4<<<ceil_div(w->n, 4 * 256), 256>>>(w->a, w->b, w->c, w->n);
}
static void gemm_by_loop(const Work3 *w)
{
    gemm_loop(w->a, w->b, w->c, w->n);
}
static void gemm_16(const Work3 *w)
{
    gemm_tile<16><<<dim3(w->n / 16, w->n / 16), dim3(16, 16)>>>(w->a, w->b, w->c, w->n);
}
static void gemm_32(const Work3 *w)
{
    gemm_tile<32><<<dim3(w->n / 32, w->n / 32), dim3(32, 32)>>>(w->a, w->b, w->c, w->n);
}
static void gemm_64(const Work3 *w)
{
    gemm_register_tile<64, 16, 8><<<dim3(w->n / 64, w->n / 64), dim3(8, 8)>>>(w->a, w->b, w->c, w->n);
}
static void gemm_128(const Work3 *w)
{
    gemm_register_tile<128, 32, 8><<<dim3(w->n / 128, w->n / 128), dim3(16, 16)>>>(w->a, w->b, w->c, w->n);
}
static void barriers(const Work3 *w)
{
    only_barriers<<<w->n / 256, 256>>>(100);
}
static void shuffles(const Work3 *w)
{
    only_shuffles<<<w->n / 256, 256>>>(w->c, 100);
}
static void launch_of_nothing(const Work3 *)
{
    only_barriers<<<1, 1>>>(0);
}

typedef struct {
    const char *name;
    void (*run)(const Work3 *);
    Work3 work;
    double amount; // bytes, operations, or events in one run
    const char *unit;
    double scale; // amount / time is shown in units of this
    double seconds[101];
} Row;

static int compare_doubles(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

static double median(double *values, int n)
{
    qsort(values, (size_t)n, sizeof values[0], compare_doubles);
    return values[n / 2];
}

// The kernel must have computed the loop's result, or its time means nothing.
static void require_equal(const char *what, DeviceF32 got, DeviceF32 expected, float tolerance)
{
    HostF32 g = host_copy(got), e = host_copy(expected);
    for (long i = 0; i < g.n; ++i)
        if (!(fabsf(g.data[i] - e.data[i]) <= tolerance))
            fail(STATUS_CHECK, "%s: element %ld is %g, by the loop %g", what, i, g.data[i], e.data[i]);
}

int main(int argc, char **argv)
{
    int repeats = argc > 1 ? atoi(argv[1]) : 15;
    if (argc > 2 || repeats < 1 || repeats > 101)
        fail(STATUS_USAGE, "usage: cpu_engine [REPEATS], 1 to 101");
    const int n = 1 << 24, order = 512, threads = 1 << 14;
    DeviceF32 a = device_copy(host_uniform(n, 1, -1, 1)), b = device_copy(host_uniform(n, 2, -1, 1));
    DeviceF32 c = device_f32(n), d = device_f32(n);
    Work3 add = {a.data, b.data, c.data, n}, product = {a.data, b.data, c.data, order},
          many = {a.data, b.data, c.data, threads};
    double bytes = 12.0 * n, flops = 2.0 * order * order * order, switches = 100.0 * threads;
    Row rows[] = {
        {"vector add, C loop with OpenMP", add_loop, add, bytes, "GB/s", 1e9, {}},
        {"vector add, per_thread", add_kernel, add, bytes, "GB/s", 1e9, {}},
        {"vector add, grid_stride", add_strided, add, bytes, "GB/s", 1e9, {}},
        {"vector add, float4", add_float4, add, bytes, "GB/s", 1e9, {}},
        {"gemm 512, C loop with OpenMP", gemm_by_loop, product, flops, "GFLOP/s", 1e9, {}},
        {"gemm 512, tile 16, fibres", gemm_16, product, flops, "GFLOP/s", 1e9, {}},
        {"gemm 512, tile 32, fibres", gemm_32, product, flops, "GFLOP/s", 1e9, {}},
        {"gemm 512, register tile 64, fibres", gemm_64, product, flops, "GFLOP/s", 1e9, {}},
        {"gemm 512, register tile 128, fibres", gemm_128, product, flops, "GFLOP/s", 1e9, {}},
        {"barrier, a thread", barriers, many, switches, "million/s", 1e6, {}},
        {"shuffle, a thread", shuffles, many, switches, "million/s", 1e6, {}},
        {"launch of nothing", launch_of_nothing, many, 1, "thousand/s", 1e3, {}},
    };
    const int count = LENGTH(rows);

    vector_add_loop(a.data, b.data, d.data, n);
    for (int i = 1; i < 4; ++i) {
        HIP_CHECK(hipMemset(c.data, 0xFF, n * sizeof(float)));
        rows[i].run(&add);
        HIP_CHECK_LAUNCH();
        require_equal(rows[i].name, c, d, 0);
    }
    DeviceF32 square = device_slice(c, 0, (long)order * order), expected = device_slice(d, 0, (long)order * order);
    gemm_loop(a.data, b.data, d.data, order);
    for (int i = 5; i < 9; ++i) {
        HIP_CHECK(hipMemset(c.data, 0xFF, n * sizeof(float)));
        rows[i].run(&product);
        HIP_CHECK_LAUNCH();
        require_equal(rows[i].name, square, expected, 1e-3f);
    }

    for (int r = -1; r < repeats; ++r) // the first round warms up
        for (int i = 0; i < count; ++i) {
            double start = host_seconds();
            rows[i].run(&rows[i].work);
            HIP_CHECK(hipDeviceSynchronize());
            if (r >= 0)
                rows[i].seconds[r] = host_seconds() - start;
        }

    printf("simulated GPU, %s, median of %d rounds\n\n", device_summary(), repeats);
    printf("%-36s %12s %14s %12s\n", "", "time", "rate", "loop / this");
    double loop = 0;
    for (int i = 0; i < count; ++i) {
        double seconds = median(rows[i].seconds, repeats);
        bool is_loop = strstr(rows[i].name, "C loop") != NULL, has_loop = i < 9;
        if (is_loop)
            loop = seconds;
        printf("%-36s %9.3f ms %7.2f ", rows[i].name, seconds * 1e3, rows[i].amount / seconds / rows[i].scale);
        if (has_loop)
            printf("%-10s%8.2f", rows[i].unit, loop / seconds);
        else
            printf("%s", rows[i].unit);
        printf("\n");
    }
    buffers_free_all();
    return 0;
}
