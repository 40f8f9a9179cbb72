// Kernels of stage 3 on the simulated GPU beside the same work written as loops in C with OpenMP (measure.h). A further
// operation needs a loop in stage3_loops.c, two functions here that call the loop and the kernel, and a line in main.
#include "../../stage3_ml_ops/bias_activation.hip"
#include "../../stage3_ml_ops/layernorm.hip"
#include "../../stage3_ml_ops/softmax.hip"
#include "measure.h"
#include "stage3_loops.h"

enum { BLOCK = 256 };

static void softmax_by_loop(const Operands *o)
{
    softmax_loop(o->a, o->d, o->rows, o->n);
}
static void softmax_by_threads(const Operands *o)
{
    softmax_thread_per_row_launch(o->a, o->c, o->rows, o->n, false, BLOCK);
}
static void softmax_by_blocks(const Operands *o)
{
    softmax_block_per_row_launch(o->a, o->c, o->rows, o->n, false, BLOCK);
}
static void softmax_by_warps(const Operands *o)
{
    softmax_warp_per_row_launch(o->a, o->c, o->rows, o->n, false, BLOCK);
}
static void softmax_by_online(const Operands *o)
{
    softmax_online_launch(o->a, o->c, o->rows, o->n, false, BLOCK);
}

static void bias_gelu_by_loop(const Operands *o)
{
    bias_gelu_loop(o->a, o->b, o->d, o->rows, o->n);
}
static void bias_gelu_fused(const Operands *o)
{
    bias_activation_columns<ACTIVATION_GELU>
        <<<bias_grid(o->rows, o->n, 1, BLOCK), BLOCK>>>(o->a, o->b, o->c, o->rows, o->n);
}

// gamma and beta are the first rows of b; mean and rstd lie behind the matrix.
static const float epsilon = 1e-5f;

static Layernorm layernorm_of(const Operands *o)
{
    float *behind = o->c + (long)o->rows * o->n;
    return (Layernorm){o->a, o->b, o->b + o->n, o->c, behind, behind + o->rows, o->rows, o->n, epsilon};
}
static void layernorm_by_loop(const Operands *o)
{
    float *behind = o->d + (long)o->rows * o->n;
    layernorm_loop(o->a, o->b, o->b + o->n, o->d, behind, behind + o->rows, o->rows, o->n, epsilon);
}
static void layernorm_by_threads(const Operands *o)
{
    Layernorm layer = layernorm_of(o);
    layernorm_thread_per_row_launch(&layer, BLOCK);
}
static void layernorm_by_warps(const Operands *o)
{
    Layernorm layer = layernorm_of(o);
    layernorm_warp_per_row_launch(&layer, BLOCK);
}

int main(int argc, char **argv)
{
    const long most = 1 << 24; // floats of an array: 64 MiB
    const int rows = 16384, short_row = 1003, fewer = 4096, long_row = 4096;
    const long short_all = (long)rows * short_row, long_all = (long)fewer * long_row;
    const Row table[] = {
        {"softmax thread_per_row, 1003 columns", softmax_by_loop, softmax_by_threads, rows, short_row, short_all,
         8.0 * short_all, "GB/s", 1e-6f},
        {"softmax block_per_row, 1003 columns", softmax_by_loop, softmax_by_blocks, rows, short_row, short_all,
         8.0 * short_all, "GB/s", 1e-6f},
        {"softmax warp_per_row, 1003 columns", softmax_by_loop, softmax_by_warps, rows, short_row, short_all,
         8.0 * short_all, "GB/s", 1e-6f},
        {"softmax warp_per_row, 4096 columns", softmax_by_loop, softmax_by_warps, fewer, long_row, long_all,
         8.0 * long_all, "GB/s", 1e-6f},
        {"softmax online, 4096 columns", softmax_by_loop, softmax_by_online, fewer, long_row, long_all, 8.0 * long_all,
         "GB/s", 1e-6f},
        {"bias_gelu fused_columns, 1003 columns", bias_gelu_by_loop, bias_gelu_fused, rows, short_row, short_all,
         8.0 * short_all, "GB/s", 1e-6f},
        {"layernorm thread_per_row, 1003 columns", layernorm_by_loop, layernorm_by_threads, rows, short_row,
         short_all + 2 * rows, 8.0 * short_all, "GB/s", 1e-5f},
        {"layernorm warp_per_row, 1003 columns", layernorm_by_loop, layernorm_by_warps, rows, short_row,
         short_all + 2 * rows, 8.0 * short_all, "GB/s", 1e-5f},
        {"layernorm warp_per_row, 4096 columns", layernorm_by_loop, layernorm_by_warps, fewer - 2, long_row,
         long_all - 2 * long_row + 2 * (fewer - 2), 8.0 * (long_all - 2 * long_row), "GB/s", 1e-5f},
    };
    return measure_rows(argc, argv, table, LENGTH(table), most);
}
