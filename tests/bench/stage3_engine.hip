// Kernels of stage 3 on the simulated GPU beside the same work written as loops in C with OpenMP (measure.h). A further
// operation needs a loop in stage3_loops.c, two functions here that call the loop and the kernel, and a line in main.
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
    softmax_thread_per_row<<<ceil_div(o->rows, BLOCK), BLOCK>>>(o->a, o->c, o->rows, o->n, false);
}
static void softmax_by_blocks(const Operands *o)
{
    softmax_block_per_row<<<softmax_blocks(o->rows), BLOCK>>>(o->a, o->c, o->rows, o->n, false);
}
static void softmax_by_warps(const Operands *o)
{
    int warp = device_warp_size(), warps = BLOCK / warp;
    softmax_warp_per_row<<<ceil_div(o->rows, warps), dim3(warp, warps)>>>(o->a, o->c, o->rows, o->n, false);
}
static void softmax_by_online(const Operands *o)
{
    softmax_online<<<softmax_blocks(o->rows), softmax_threads(o->n, BLOCK)>>>(o->a, o->c, o->rows, o->n, false);
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
    };
    return measure_rows(argc, argv, table, LENGTH(table), most);
}
