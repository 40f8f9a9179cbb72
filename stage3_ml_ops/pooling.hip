// pooling: every window of a plane becomes one number, its largest element or its average, and on the way back the
// gradient of a largest element goes to where it came from: dx[i] = Σ dy[o] over the windows o whose argmax is i.
//
// Nothing is computed that is worth mentioning: memory is the limit. What is interesting is what a window needs to keep
// (the place of its maximum: an int for each output, or the way back would have to search again), what "the largest"
// means where several are equal or one is NaN, and how the way back can do without atomics: not every window adds to
// its element, but every element asks its windows. The order of its sum is fixed then, and so are its bits.
#ifndef STAGE3_POOLING_HIP
#define STAGE3_POOLING_HIP

#include <hip/hip_runtime.h>
#include "pooling_problem.h"
#include "pooling_quads.h"

// ---- a thread an element --------------------------------------------------------------------------------------------

// The loops over planes and windows turned inside out. The largest so far starts as the window's first element, not as
// -infinity: a window full of -infinity has an argmax, too. With a stride of 2 the threads of a warp load every second
// float, and the others in the next round: the same pieces of memory twice, the second time from the cache. Which
// element is the largest is chance: a choice between two values costs less than a branch that is hard to foresee.
__global__ void pooling_max(Pool g, const float *x, float *y, int *argmax)
{
    int o = blockIdx.x * blockDim.x + threadIdx.x, outs = g.out_h * g.out_w, row_last, column_last;
    if (o >= outs)
        return;
    int row_first = pool_first(&g, o / g.out_w, g.h, &row_last);
    int column_first = pool_first(&g, o % g.out_w, g.w, &column_last);
    for (int plane = blockIdx.y; plane < g.planes; plane += gridDim.y) {
        const float *in = x + (long)plane * g.h * g.w;
        int at = row_first * g.w + column_first;
        float best = in[at];
        for (int row = row_first; row < row_last; ++row) {
            for (int column = column_first; column < column_last; ++column) {
                float value = in[row * g.w + column];
                bool larger = pool_beats(value, best);
                best = larger ? value : best;
                at = larger ? row * g.w + column : at;
            }
        }
        y[(long)plane * outs + o] = best;
        argmax[(long)plane * outs + o] = at;
    }
}

// What an average divides by, for a window that shows rows x columns of the plane. The padding counts as zeros, as in
// PyTorch (count_include_pad), or not at all.
static inline __device__ float pool_count(const Pool *g, int rows, int columns)
{
    return g->count_valid ? (float)rows * columns : (float)g->window * g->window;
}

__global__ void pooling_average(Pool g, const float *x, float *y)
{
    int o = blockIdx.x * blockDim.x + threadIdx.x, outs = g.out_h * g.out_w, row_last, column_last;
    if (o >= outs)
        return;
    int row_first = pool_first(&g, o / g.out_w, g.h, &row_last);
    int column_first = pool_first(&g, o % g.out_w, g.w, &column_last);
    float count = pool_count(&g, row_last - row_first, column_last - column_first);
    for (int plane = blockIdx.y; plane < g.planes; plane += gridDim.y) {
        const float *in = x + (long)plane * g.h * g.w;
        float sum = 0;
        for (int row = row_first; row < row_last; ++row)
            for (int column = column_first; column < column_last; ++column)
                sum += in[row * g.w + column];
        y[(long)plane * outs + o] = sum / count;
    }
}

// A thread an element of dx. Each looks through the windows that show it, which are one or none where windows do not
// overlap, and takes the gradient of those that found their maximum here.
__global__ void pooling_max_backward(Pool g, const int *argmax, const float *dy, float *dx)
{
    int i = blockIdx.x * blockDim.x + threadIdx.x, p_last, q_last;
    if (i >= g.h * g.w)
        return;
    int p_first = pool_windows(&g, i / g.w, g.out_h, &p_last), q_first = pool_windows(&g, i % g.w, g.out_w, &q_last);
    for (int plane = blockIdx.y; plane < g.planes; plane += gridDim.y) {
        long outs = (long)plane * g.out_h * g.out_w;
        float sum = 0;
        for (int p = p_first; p < p_last; ++p)
            for (int q = q_first; q < q_last; ++q)
                if (argmax[outs + p * g.out_w + q] == i)
                    sum += dy[outs + p * g.out_w + q];
        dx[(long)plane * g.h * g.w + i] = sum;
    }
}

// ---- a tile in shared memory ----------------------------------------------------------------------------------------

// A block has a tile of 32 x 8 outputs, and what their windows show comes into shared memory once, side by side. That
// saves loads where windows overlap: with 3 x 3 and a stride of 1 an element is in nine of them.
enum { POOL_ACROSS = 32, POOL_DOWN = 8, POOL_SHARED_MOST = 48 * 1024 };

static inline HOST_DEVICE int pool_tile_width(const Pool *g)
{
    return (POOL_ACROSS - 1) * g->stride + g->window;
}

static inline HOST_DEVICE int pool_tile_height(const Pool *g)
{
    return (POOL_DOWN - 1) * g->stride + g->window;
}

// Zeros outside the plane: an average adds them.
static inline __device__ void pool_load_tile(float *tile, const Pool *g, const float *plane, int top, int left)
{
    int width = pool_tile_width(g), height = pool_tile_height(g);
    for (int i = threadIdx.y; i < height; i += POOL_DOWN) {
        for (int j = threadIdx.x; j < width; j += POOL_ACROSS) {
            int row = top + i, column = left + j;
            bool inside = row >= 0 && row < g->h && column >= 0 && column < g->w;
            tile[i * width + j] = inside ? plane[row * g->w + column] : 0;
        }
    }
}

__global__ void __launch_bounds__(POOL_ACROSS *POOL_DOWN)
    pooling_max_tile(Pool g, const float *x, float *y, int *argmax)
{
    extern __shared__ float tile[];
    int tiles_across = ceil_div(g.out_w, POOL_ACROSS), width = pool_tile_width(&g), row_last, column_last;
    int p0 = blockIdx.x / tiles_across * POOL_DOWN, q0 = blockIdx.x % tiles_across * POOL_ACROSS;
    int top = p0 * g.stride - g.pad, left = q0 * g.stride - g.pad, p = p0 + threadIdx.y, q = q0 + threadIdx.x;
    int row_first = pool_first(&g, p, g.h, &row_last), column_first = pool_first(&g, q, g.w, &column_last);
    for (int plane = blockIdx.y; plane < g.planes; plane += gridDim.y) {
        pool_load_tile(tile, &g, x + (long)plane * g.h * g.w, top, left);
        __syncthreads(); // the tile is complete
        if (p < g.out_h && q < g.out_w) {
            int at = row_first * g.w + column_first;
            float best = tile[(row_first - top) * width + column_first - left];
            for (int row = row_first; row < row_last; ++row) {
                for (int column = column_first; column < column_last; ++column) {
                    float value = tile[(row - top) * width + column - left];
                    bool larger = pool_beats(value, best);
                    best = larger ? value : best;
                    at = larger ? row * g.w + column : at;
                }
            }
            y[((long)plane * g.out_h + p) * g.out_w + q] = best;
            argmax[((long)plane * g.out_h + p) * g.out_w + q] = at;
        }
        __syncthreads(); // nobody needs it any more
    }
}

__global__ void __launch_bounds__(POOL_ACROSS *POOL_DOWN) pooling_average_tile(Pool g, const float *x, float *y)
{
    extern __shared__ float tile[];
    int tiles_across = ceil_div(g.out_w, POOL_ACROSS), width = pool_tile_width(&g), row_last, column_last;
    int p0 = blockIdx.x / tiles_across * POOL_DOWN, q0 = blockIdx.x % tiles_across * POOL_ACROSS;
    int p = p0 + threadIdx.y, q = q0 + threadIdx.x;
    int row_first = pool_first(&g, p, g.h, &row_last), column_first = pool_first(&g, q, g.w, &column_last);
    float count = pool_count(&g, row_last - row_first, column_last - column_first);
    for (int plane = blockIdx.y; plane < g.planes; plane += gridDim.y) {
        pool_load_tile(tile, &g, x + (long)plane * g.h * g.w, p0 * g.stride - g.pad, q0 * g.stride - g.pad);
        __syncthreads(); // the tile is complete
        if (p < g.out_h && q < g.out_w) {
            const float *first = tile + threadIdx.y * g.stride * width + threadIdx.x * g.stride;
            float sum = 0;
            for (int r = 0; r < g.window; ++r)
                for (int s = 0; s < g.window; ++s)
                    sum += first[r * width + s];
            y[((long)plane * g.out_h + p) * g.out_w + q] = sum / count;
        }
        __syncthreads(); // nobody needs it any more
    }
}

#include "pooling_launch.h"

#if __INCLUDE_LEVEL__ == 0 // the program; a later stage that includes this file skips it
#include "../common/library_pooling.h"
#include "../common/program.h"

typedef struct {
    Pool g;
    DeviceF32 x, max, average, dy, dx; // x and dx: planes of h x w; max, average and dy: of out_h x out_w
    DeviceI32 argmax;
    int block;
} Operands;

// The three operations of each version, so that they can be timed one by one.
typedef void (*Operation)(const Operands *o);

static void max_per_output(const Operands *o)
{
    pooling_max_launch(&o->g, o->x.data, o->max.data, o->argmax.data, o->block);
}

static void average_per_output(const Operands *o)
{
    pooling_average_launch(&o->g, o->x.data, o->average.data, o->block);
}

static void backward_per_input(const Operands *o)
{
    pooling_max_backward_launch(&o->g, o->argmax.data, o->dy.data, o->dx.data, o->block);
}

static void max_tile(const Operands *o)
{
    pooling_max_tile_launch(&o->g, o->x.data, o->max.data, o->argmax.data, o->block);
}

static void average_tile(const Operands *o)
{
    pooling_average_tile_launch(&o->g, o->x.data, o->average.data, o->block);
}

static void max_quads(const Operands *o)
{
    pooling_max_quads_launch(&o->g, o->x.data, o->max.data, o->argmax.data, o->block);
}

static void average_quads(const Operands *o)
{
    pooling_average_quads_launch(&o->g, o->x.data, o->average.data, o->block);
}

static void backward_quads(const Operands *o)
{
    pooling_max_backward_quads_launch(&o->g, o->argmax.data, o->dy.data, o->dx.data, o->block);
}

enum { VERSIONS = 3, OPERATIONS = 3 };
static const Operation operations[VERSIONS][OPERATIONS] = {{max_per_output, average_per_output, backward_per_input},
                                                           {max_tile, average_tile, backward_per_input},
                                                           {max_quads, average_quads, backward_quads}};

template <int VERSION> static void all_operations(const void *operands)
{
    for (int i = 0; i < OPERATIONS; ++i)
        operations[VERSION][i]((const Operands *)operands);
}

static const Version versions[VERSIONS] = {
    {"thread_per_element", all_operations<0>, "a thread an output; on the way back, a thread an input"},
    {"tile", all_operations<1>, "what the windows of a block show is loaded into shared memory once"},
    {"quads", all_operations<2>, "2 x 2 windows, two of them a thread, 16 bytes a load; else thread_per_element"},
};

#include "pooling_checks.h"

// Half of the elements are copies of a neighbour, so that many windows have more than one maximum.
static HostF32 make_x(const Pool *g, uint64_t seed)
{
    HostF32 x = host_uniform((long)g->planes * g->h * g->w, seed, -1, 1), u = host_uniform(x.n, seed + 1, 0, 4);
    for (long i = 0; i < x.n; ++i) {
        if (u.data[i] < 1 && i >= 1)
            x.data[i] = x.data[i - 1];
        else if (u.data[i] < 2 && i >= g->w)
            x.data[i] = x.data[i - g->w];
    }
    host_free(u);
    return x;
}

// Sets planes, out_h and out_w. Kernels count the elements of a plane and the planes in int.
static void set_out(Pool *g, int n, int c)
{
    const double most = INT_MAX - 2048;
    if (g->pad >= g->window)
        fail(STATUS_USAGE, "--pad has to be smaller than --window, or a window could show nothing of the image");
    if (g->h + 2 * g->pad < g->window || g->w + 2 * g->pad < g->window)
        fail(STATUS_USAGE, "a window of %d x %d has no room in an image of %d x %d with a padding of %d", g->window,
             g->window, g->h, g->w, g->pad);
    g->out_h = (g->h + 2 * g->pad - g->window) / g->stride + 1;
    g->out_w = (g->w + 2 * g->pad - g->window) / g->stride + 1;
    if ((double)n * c > most || (double)g->h * g->w > most || (double)g->out_h * g->out_w > most)
        fail(STATUS_USAGE, "too large: N*C, H*W and the elements of an output plane must each be below 2^31");
    g->planes = n * c;
}

int main(int argc, char **argv)
{
    int n = 7, c = 35;
    Pool g = {0, 57, 60, 2, 2, 0, 0, 0, false};
    const Option options[] = {
        OPTION_INT_RANGE("N", &n, "images", 1, 2000000000),
        OPTION_INT_RANGE("C", &c, "channels", 1, 2000000000),
        OPTION_INT_RANGE("H", &g.h, "height of x", 1, 1000000),
        OPTION_INT_RANGE("W", &g.w, "width of x", 1, 1000000),
        OPTION_INT_RANGE("window", &g.window, "rows and columns of a window", 1, 10000),
        OPTION_INT_RANGE("stride", &g.stride, "rows and columns from one window to the next", 1, 10000),
        OPTION_INT_RANGE("pad", &g.pad, "rows and columns around each image: for averages zeros, never a maximum", 0,
                         9999),
        OPTION_FLAG("count-valid", &g.count_valid, "averages over what lies inside the image, without the padding"),
    };
    Program program = program_begin(argc, argv, "max and average pooling, float32, NCHW", options, LENGTH(options));
    program_versions(&program, versions, VERSIONS);
    set_out(&g, n, c);

    long in = (long)g.planes * g.h * g.w, out = (long)g.planes * g.out_h * g.out_w;
    HostF64 max = host_f64(out), exact = host_f64(out), average = host_f64(out), average_bound = host_f64(out);
    HostF64 dx = host_f64(in), dx_bound = host_f64(in);
    HostI32 argmax = host_i32(out);
    HostF32 x = make_x(&g, program.seed), dy = host_uniform(out, program.seed + 2, -1, 1);
    PoolCpu cpu = {&g,      x.data,        dy.data,    max.data, average.data, average_bound.data,
                   dx.data, dx_bound.data, argmax.data};
    pool_cpu(&cpu);

    Operands o = {g,
                  device_copy(x),
                  device_f32(out),
                  device_f32(out),
                  device_copy(dy),
                  device_f32(in),
                  device_i32(out),
                  program.block};
    program_input(&program, "x", x, SHAPE(n, c, g.h, g.w));
    program_input(&program, "dy", dy, SHAPE(n, c, g.out_h, g.out_w));
    program_output(&program, "max", o.max, SHAPE(n, c, g.out_h, g.out_w), max, exact);
    program_output(&program, "argmax", o.argmax, SHAPE(n, c, g.out_h, g.out_w), argmax);
    program_output(&program, "average", o.average, SHAPE(n, c, g.out_h, g.out_w), average, average_bound);
    program_output(&program, "dx", o.dx, SHAPE(n, c, g.h, g.w), dx, dx_bound);
    program_work(&program, (Work){.flops = 0, .bytes = 4.0 * (3.0 * in + 5.0 * out)});
    program_run(&program, versions, VERSIONS, &o);
    for (int i = 0; i < VERSIONS; ++i)
        if (program_wants(&program, versions[i].name))
            expect_specials(&program, &o, &versions[i]);
    print_operations(&program, &o);
    return program_end(&program);
}
#endif
#endif
