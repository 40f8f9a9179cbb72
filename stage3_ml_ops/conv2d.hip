// conv2d: y[n,k,p,q] = bias[k] + Σ x[n, c, p·stride + r - pad, q·stride + s - pad] · w[k,c,r,s] over c, r and s: every
// filter w[k] is laid on every place of every image, and the products are added up. What lies outside the image is 0.
//
// Seven loops, four of them over outputs: there is more than enough to do in parallel. And an element of x takes part
// in up to k·r·s products, so that arithmetic is the limit, once each element that was loaded is used often enough.
// That is the problem of a matrix product, and a convolution is one: of the filters and the matrix of all windows. The
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
    Conv2dWindow window = conv2d_window(&g, pixel);                       // in image 0
    for (int plane = blockIdx.y; plane < g.n * g.k; plane += gridDim.y) { // an image and a filter
        int k = plane % g.k;
        const float *filter = g.filter + (long)k * conv2d_depth(&g);
        float sum = g.bias ? g.bias[k] : 0, *y = g.y + (long)plane * pixels;
        window.image = g.x + (long)(plane / g.k) * g.c * g.h * g.w;
        for (int c = 0; c < g.c; ++c)
            for (int r = 0; r < g.r; ++r)
                for (int s = 0; s < g.s; ++s)
                    sum += conv2d_element(&g, &window, c * g.h * g.w, r, s) * filter[(c * g.r + r) * g.s + s];
        y[pixel] = sum;
    }
}

static inline void conv2d_direct_launch(const Conv2d *g, int block)
{
    dim3 grid((unsigned)ceil_div(conv2d_pixels(g), block), conv2d_grid_y((long)g->n * g->k));
    conv2d_direct<<<grid, block>>>(*g);
}

#if __INCLUDE_LEVEL__ == 0 // the program; a later stage that includes this file skips it
#include "../common/library_conv.h"
#include "../common/program.h"
#include "conv2d_numpy.h"

typedef struct {
    Conv2d g;                                        // with device pointers
    DeviceF32 columns, batch_columns, batch_product; // scratch of im2col and im2col_batch
    LibraryConv conv;
    DeviceU8 library_scratch;
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

static void library(const void *operands)
{
    const Operands *o = (const Operands *)operands;
    library_conv(&o->conv, o->g.x, o->g.filter, o->g.bias, o->g.y, o->library_scratch.data);
}

// Makes x, the filters and the bias, computes the reference and declares all of it. g: sizes, then also host pointers.
static Operands make_operands(Program *program, Conv2d *g, bool no_bias)
{
    long y_count = (long)g->n * g->k * conv2d_pixels(g);
    HostF64 expected = host_f64(y_count),
            bound = host_f64(y_count); // first: sizes that are too large are found at once
    HostF32 x = host_uniform((long)g->n * g->c * g->h * g->w, program->seed, -1, 1);
    HostF32 filter = host_uniform((long)g->k * conv2d_depth(g), program->seed + 1, -1, 1);
    HostF32 bias = host_uniform(g->k, program->seed + 2, -1, 1);
    g->x = x.data;
    g->filter = filter.data;
    g->bias = no_bias ? NULL : bias.data;
    conv2d_cpu(g, expected.data, bound.data);

    Operands o;
    memset(&o, 0, sizeof o);
    DeviceF32 y = device_f32(y_count);
    o.g = *g;
    o.g.x = device_copy(x).data;
    o.g.filter = device_copy(filter).data;
    o.g.bias = no_bias ? NULL : device_copy(bias).data;
    o.g.y = y.data;
    o.block = program->block;
    program_input(program, "x", x, SHAPE(g->n, g->c, g->h, g->w));
    program_input(program, "w", filter, SHAPE(g->k, g->c, g->r, g->s));
    program_input(program, "bias", bias, SHAPE(g->k));
    program_output(program, "y", y, SHAPE(g->n, g->k, g->out_h, g->out_w), expected, bound);
    program_work(program, (Work){.flops = 2.0 * (double)y_count * conv2d_depth(g), .bytes = 0});
    return o;
}

// The memory that the wanted versions need besides x, the filters and y.
static void make_scratch(Program *program, Operands *o)
{
    const Conv2d *g = &o->g;
    if (program_wants(program, "im2col"))
        o->columns = device_f32(conv2d_needs_columns(g) ? conv2d_columns(g, 1) : 0);
    if (program_wants(program, "im2col_batch")) {
        o->batch_columns = device_f32(conv2d_columns(g, g->n));
        o->batch_product = device_f32((long)g->n * g->k * conv2d_pixels(g));
    }
    if (library_dnn_name() && program_wants(program, library_dnn_name())) {
        LibraryConvShape shape = {g->n, g->c, g->h, g->w, g->k, g->r, g->s, g->stride, g->pad, g->out_h, g->out_w};
        o->conv = library_conv_begin(shape, g->x, g->filter, g->y);
        o->library_scratch = device_u8((long)library_conv_scratch(&o->conv));
    }
    const DeviceF32 scratch[] = {o->columns, o->batch_columns, o->batch_product};
    for (int i = 0; i < LENGTH(scratch); ++i)
        if (scratch[i].n > 0)
            program_scratch(program, scratch[i]);
}

// A line of the table of memory, for a version that has run; also for --json, where a name lives as long as the
// program.
static void print_scratch(Program *program, const char *version, const char *name, double bytes)
{
    if (program_timing(program, version).repeats == 0)
        return;
    printf("%-14s %10.2f MB\n", version, 1e-6 * bytes);
    program_result(program, name, bytes);
}

static void print_memory(Program *program, const Operands *o)
{
    const Conv2d *g = &o->g;
    double x = 4.0 * g->n * g->c * g->h * g->w, y = 4.0 * g->n * g->k * conv2d_pixels(g);
    printf("\nmemory besides x (%.2f MB), the filters (%.2f MB) and y (%.2f MB):\n", 1e-6 * x,
           4e-6 * g->k * conv2d_depth(g), 1e-6 * y);
    print_scratch(program, "direct", "direct_scratch_bytes", 0);
    print_scratch(program, "im2col", "im2col_scratch_bytes", 4.0 * o->columns.n);
    print_scratch(program, "im2col_batch", "im2col_batch_scratch_bytes",
                  4.0 * (o->batch_columns.n + o->batch_product.n));
    print_scratch(program, "implicit_gemm", "implicit_gemm_scratch_bytes", 0);
    if (library_dnn_name())
        print_scratch(program, library_dnn_name(), "library_scratch_bytes", o->library_scratch.n);
}

int main(int argc, char **argv)
{
    Conv2d g = {8, 37, 33, 31, 61, 3, 3, 1, 1, 0, 0, NULL, NULL, NULL, NULL};
    bool no_bias = false, numpy = false;
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
        OPTION_FLAG("numpy", &numpy, "two more rows: the same in numpy, by loops and by im2col"),
    };
    const Version versions[] = {
        {"direct", direct, "a thread an element of y, with loops over c, r and s"},
        {"im2col", im2col, "the windows of an image as a matrix in memory, times the filters"},
        {"im2col_batch", im2col_batch, "the same for all images in one product"},
        {"implicit_gemm", implicit_gemm, "the same product, tiles of the matrix gathered when they are needed"},
        {library_dnn_name(), library, "the vendor's library"},
    };
    int count = LENGTH(versions) - (library_dnn_name() ? 0 : 1);
    Program program = program_begin(argc, argv, "y = conv2d(x, w) + bias, float32, NCHW", options, LENGTH(options));
    program_versions(&program, versions, count);
    conv2d_set_out(&g);
    Operands o = make_operands(&program, &g, no_bias);
    make_scratch(&program, &o);
    if (library_dnn_name())
        program_library(&program, library_dnn_name());
    if (numpy)
        conv2d_run_with_numpy(&program, versions, count, &o, &o.g, &g);
    else
        program_run(&program, versions, count, &o);
    print_memory(&program, &o);
    return program_end(&program);
}
#endif
#endif
