// conv2d: y[n,k,p,q] = bias[k] + Σ x[n, c, p·stride + r - pad, q·stride + s - pad] · w[k,c,r,s] over c, r and s: every
// filter w[k] is laid on every place of every image, and the products are added up. What lies outside the image is 0.
//
// Seven loops, four of them over outputs: there is more than enough to do in parallel. And an element of x takes part
// in up to k·r·s products, so that arithmetic is the limit, once each element that was loaded is used often enough. That
// is the problem of a matrix product, and a convolution is one: of the filters and the matrix of all windows. The
// question is whether that matrix has to exist (docs/layers/conv2d.md).
#ifndef STAGE3_CONV2D_HIP
#define STAGE3_CONV2D_HIP

#include <hip/hip_runtime.h>
#include "conv2d_im2col.h"
#include "conv2d_implicit.h"
#include "conv2d_problem.h"

// The loops over images, filters and pixels turned inside out: a thread an element of y. Neighbouring threads have
// neighbouring pixels of one plane and the same filter: an element of it is one load for the warp, and those of x lie
// side by side, if the stride is 1. But every product takes two loads, and only caches save memory from the k·r·s of
// them that want the same element of x.
__global__ void conv2d_direct(Conv2d g)
{
    int pixels = conv2d_pixels(&g), pixel = blockIdx.x * blockDim.x + threadIdx.x;
    if (pixel >= pixels)
        return;
    int top = pixel / g.out_w * g.stride - g.pad, left = pixel % g.out_w * g.stride - g.pad;
    for (int plane = blockIdx.y; plane < g.n * g.k; plane += gridDim.y) { // an image and a filter
        const float *x = g.x + (long)(plane / g.k) * g.c * g.h * g.w;
        const float *filter = g.filter + (long)(plane % g.k) * conv2d_depth(&g);
        float sum = 0;
        for (int c = 0; c < g.c; ++c) {
            for (int r = 0; r < g.r; ++r) {
                for (int s = 0; s < g.s; ++s) {
                    int row = top + r, column = left + s;
                    if (row >= 0 && row < g.h && column >= 0 && column < g.w)
                        sum += x[(c * g.h + row) * g.w + column] * filter[(c * g.r + r) * g.s + s];
                }
            }
        }
        g.y[(long)plane * pixels + pixel] = g.bias ? sum + g.bias[plane % g.k] : sum;
    }
}

static inline void conv2d_direct_launch(const Conv2d *g, int block)
{
    dim3 grid((unsigned)ceil_div(conv2d_pixels(g), block), conv2d_grid_y((long)g->n * g->k));
    conv2d_direct<<<grid, block>>>(*g);
}

#if __INCLUDE_LEVEL__ == 0 // the program; a later stage that includes this file skips it
#include "../common/program.h"

typedef struct {
    Conv2d g; // with device pointers
    DeviceF32 columns, batch_columns, batch_product;
    int block;
} Operands;

static void direct(const void *operands)
{
    const Operands *o = (const Operands *)operands;
    conv2d_direct_launch(&o->g, o->block);
}

static void im2col(const void *operands)
{
    const Operands *o = (const Operands *)operands;
    conv2d_im2col_images(&o->g, o->columns.data, o->block);
}

static void im2col_batch(const void *operands)
{
    const Operands *o = (const Operands *)operands;
    conv2d_im2col_batch(&o->g, o->batch_columns.data, o->batch_product.data, o->block);
}

static void implicit_gemm(const void *operands)
{
    conv2d_implicit_launch(&((const Operands *)operands)->g);
}

int main(int argc, char **argv)
{
    Conv2d g = {8, 35, 33, 31, 67, 3, 3, 1, 1, 0, 0, NULL, NULL, NULL, NULL};
    bool no_bias = false;
    const Option options[] = {
        OPTION_INT_RANGE("N", &g.n, "images", 1, 2000000000),
        OPTION_INT_RANGE("C", &g.c, "channels of x", 1, 2000000000),
        OPTION_INT_RANGE("H", &g.h, "height of x", 1, 1000000),
        OPTION_INT_RANGE("W", &g.w, "width of x", 1, 1000000),
        OPTION_INT_RANGE("K", &g.k, "filters, which are the channels of y", 1, 2000000000),
        OPTION_INT_RANGE("R", &g.r, "height of a filter", 1, 10000),
        OPTION_INT_RANGE("S", &g.s, "width of a filter", 1, 10000),
        OPTION_INT_RANGE("stride", &g.stride, "rows and columns from one window to the next", 1, 10000),
        OPTION_INT_RANGE("pad", &g.pad, "rows and columns of zeros on each side of an image", 0, 10000),
        OPTION_FLAG("no-bias", &no_bias, "add no bias"),
    };
    const Version versions[] = {
        {"direct", direct, "a thread an element of y, with loops over c, r and s"},
        {"im2col", im2col, "the windows of an image as a matrix in memory, times the filters"},
        {"im2col_batch", im2col_batch, "the same for all images in one product"},
        {"implicit_gemm", implicit_gemm, "the same product, tiles of the matrix gathered when they are needed"},
    };
    Program program = program_begin(argc, argv, "y = conv2d(x, w) + bias, float32, NCHW", options, LENGTH(options));
    program_versions(&program, versions, LENGTH(versions));
    conv2d_set_out(&g);

    long y_count = (long)g.n * g.k * conv2d_pixels(&g);
    HostF32 x = host_uniform((long)g.n * g.c * g.h * g.w, program.seed, -1, 1);
    HostF32 filter = host_uniform((long)g.k * conv2d_depth(&g), program.seed + 1, -1, 1);
    HostF32 bias = host_uniform(g.k, program.seed + 2, -1, 1);
    HostF64 expected = host_f64(y_count), bound = host_f64(y_count);
    g.x = x.data;
    g.filter = filter.data;
    g.bias = no_bias ? NULL : bias.data;
    conv2d_cpu(&g, expected.data, bound.data);

    DeviceF32 y = device_f32(y_count);
    g.x = device_copy(x).data;
    g.filter = device_copy(filter).data;
    g.bias = no_bias ? NULL : device_copy(bias).data;
    g.y = y.data;
    Operands o = {g, device_f32(conv2d_needs_columns(&g) ? conv2d_columns(&g, 1) : 0),
                  device_f32(conv2d_columns(&g, g.n)), device_f32(y_count), program.block};
    program_input(&program, "x", x, SHAPE(g.n, g.c, g.h, g.w));
    program_input(&program, "w", filter, SHAPE(g.k, g.c, g.r, g.s));
    program_input(&program, "bias", bias, SHAPE(g.k));
    program_output(&program, "y", y, SHAPE(g.n, g.k, g.out_h, g.out_w), expected, bound);
    program_scratch(&program, o.columns);
    program_scratch(&program, o.batch_columns);
    program_scratch(&program, o.batch_product);
    program_work(&program, (Work){.flops = 2.0 * (double)y_count * conv2d_depth(&g), .bytes = 0});
    program_run(&program, versions, LENGTH(versions), &o);
    return program_end(&program);
}
#endif
#endif
