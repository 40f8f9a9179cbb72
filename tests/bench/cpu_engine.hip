// Kernels of stages 1 and 2 on the simulated GPU beside the same work written as loops in C with OpenMP (measure.h).
#include "../../stage1_vector/axpy.hip"
#include "../../stage1_vector/dot.hip"
#include "../../stage1_vector/vector_add.hip"
#include "../../stage2_matrix/gemm_naive.hip"
#include "../../stage2_matrix/gemm_tiled.hip"
#include "../../stage2_matrix/transpose.hip"
#include "loops.h"
#include "measure.h"

// Barriers and shuffles with next to nothing between them: what one of them costs a thread.
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

enum { BLOCK = 256 };

static void add_loop(const Operands *o)
{
    vector_add_loop(o->a, o->b, o->d, o->n);
}
static void add_kernel(const Operands *o)
{
    vector_add_per_thread<<<ceil_div(o->n, BLOCK), BLOCK>>>(o->a, o->b, o->c, o->n);
}
static void add_strided(const Operands *o)
{
    vector_add_grid_stride<<<8 * device_multiprocessors(), BLOCK>>>(o->a, o->b, o->c, o->n);
}
static void add_float4(const Operands *o)
{
    vector_add_float4<<<ceil_div(o->n, 4 * BLOCK), BLOCK>>>(o->a, o->b, o->c, o->n);
}
static void axpy_by_loop(const Operands *o)
{
    axpy_loop(0.5f, o->a, o->d, o->n);
}
static void axpy_kernel(const Operands *o)
{
    axpy_per_thread<<<ceil_div(o->n, BLOCK), BLOCK>>>(0.5f, o->a, o->c, o->n);
}
static void dot_by_loop(const Operands *o)
{
    *o->d = dot_loop(o->a, o->b, o->n);
}
template <int THREADS> static void dot_by_tree(const Operands *o)
{
    *o->d = dot_tree_loop(o->a, o->b, o->n, THREADS);
}
template <int THREADS> static void dot_by_shared(const Operands *o)
{
    HIP_CHECK(hipMemsetAsync(o->c, 0, sizeof(float), 0));
    dot_shared<<<ceil_div(o->n, THREADS), THREADS>>>(o->a, o->b, o->c, o->n);
}
static void dot_by_shuffle(const Operands *o)
{
    HIP_CHECK(hipMemsetAsync(o->c, 0, sizeof(float), 0));
    dot_shuffle<<<ceil_div(o->n, BLOCK), BLOCK>>>(o->a, o->b, o->c, o->n);
}
static void transpose_by_loop(const Operands *o)
{
    transpose_loop(o->a, o->d, o->n);
}
static void transpose_padded(const Operands *o)
{
    dim3 block(TRANSPOSE_TILE, TRANSPOSE_TILE);
    transpose_tile<1><<<transpose_grid(o->n, o->n), block>>>(o->a, o->c, o->n, o->n);
}
static void transpose_by_rows(const Operands *o)
{
    transpose_launch(o->a, o->c, o->n, o->n);
}

static Gemm gemm_of(const Operands *o)
{
    return (Gemm){o->n, o->n, o->n, false, false, o->a, o->b, o->c, o->n, o->n, o->n, 1, 0};
}
static void gemm_by_loop(const Operands *o)
{
    gemm_loop(o->a, o->b, o->d, o->n);
}
static void gemm_by_naive(const Operands *o)
{
    Gemm g = gemm_of(o);
    gemm_naive_coalesced_launch(&g, BLOCK);
}
template <int TILE> static void tile_loop(const Operands *o)
{
    gemm_tile_loop(o->a, o->b, o->d, o->n, TILE);
}
template <int TILE> static void tile_kernel(const Operands *o)
{
    Gemm g = gemm_of(o);
    gemm_tiled_launch<TILE>(&g);
}

static void barriers(const Operands *o)
{
    only_barriers<<<o->n / BLOCK, BLOCK>>>(100);
}
static void shuffles(const Operands *o)
{
    only_shuffles<<<o->n / BLOCK, BLOCK>>>(o->c, 100);
}
static void launch_of_nothing(const Operands *)
{
    only_barriers<<<1, 1>>>(0);
}

int main(int argc, char **argv)
{
    const int n = 1 << 24, order = 1024, side = 4096, threads = 1 << 14;
    const double flops = 2.0 * order * order * order, switches = 100.0 * threads;
    const long square = (long)order * order, whole = (long)side * side;
    const Row rows[] = {
        {"vector_add per_thread", add_loop, add_kernel, 1, n, n, 12.0 * n, "GB/s", 0},
        {"vector_add grid_stride", add_loop, add_strided, 1, n, n, 12.0 * n, "GB/s", 0},
        {"vector_add float4", add_loop, add_float4, 1, n, n, 12.0 * n, "GB/s", 0},
        {"axpy per_thread", axpy_by_loop, axpy_kernel, 1, n, n, 12.0 * n, "GB/s", 1e-6f},
        {"dot shared, 256 threads", dot_by_tree<256>, dot_by_shared<256>, 1, n, 1, 8.0 * n, "GB/s", 4},
        {"dot shared, 1024 threads", dot_by_tree<1024>, dot_by_shared<1024>, 1, n, 1, 8.0 * n, "GB/s", 4},
        {"dot shared, 256 (loop: a sum)", dot_by_loop, dot_by_shared<256>, 1, n, 1, 8.0 * n, "GB/s", 4},
        {"dot shared, 1024 (loop: a sum)", dot_by_loop, dot_by_shared<1024>, 1, n, 1, 8.0 * n, "GB/s", 4},
        {"dot shuffle (loop: a sum)", dot_by_loop, dot_by_shuffle, 1, n, 1, 8.0 * n, "GB/s", 4},
        {"transpose padded", transpose_by_loop, transpose_padded, 1, side, whole, 8.0 * side * side, "GB/s", 0},
        {"transpose rows", transpose_by_loop, transpose_by_rows, 1, side, whole, 8.0 * side * side, "GB/s", 0},
        {"gemm_naive coalesced", gemm_by_loop, gemm_by_naive, 1, order, square, flops, "GFLOP/s", 1e-3f},
        {"gemm_tiled tile_16", tile_loop<16>, tile_kernel<16>, 1, order, square, flops, "GFLOP/s", 1e-3f},
        {"gemm_tiled tile_32", tile_loop<32>, tile_kernel<32>, 1, order, square, flops, "GFLOP/s", 1e-3f},
        {"a barrier of a thread", NULL, barriers, 1, threads, 0, switches, "events", 0},
        {"a shuffle of a thread", NULL, shuffles, 1, threads, 0, switches, "events", 0},
        {"a launch of nothing", NULL, launch_of_nothing, 1, threads, 0, 1, "events", 0},
    };
    return measure_rows(argc, argv, rows, LENGTH(rows), n);
}
