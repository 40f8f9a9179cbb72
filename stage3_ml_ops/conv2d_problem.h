// conv2d_problem.h: a convolution as one plain struct, which every conv2d kernel takes, and the reference on the CPU.
#ifndef STAGE3_CONV2D_PROBLEM_H
#define STAGE3_CONV2D_PROBLEM_H

#include "../common/compare.h"
#include "../common/device.h"
#include "../common/fail.h"
#include "../common/parallel.h"
#include <float.h>
#include <limits.h>
#include <math.h>
#include <stdlib.h>

// All arrays in C order: x is n x c x h x w ("NCHW"), the filters are k x c x r x s, y is n x k x out_h x out_w. Stride
// and padding are the same both ways. There is neither dilation nor are there groups of channels.
typedef struct {
    int n, c, h, w;                 // images, channels, height, width
    int k, r, s;                    // filters, which are the channels of y; their height and width
    int stride, pad;                // pixels from one window to the next; rows and columns of zeros around each image
    int out_h, out_w;               // conv2d_out of h and w
    const float *x, *filter, *bias; // bias: k floats, or NULL
    float *y;
} Conv2d;

// Windows side by side in `size` elements with `pad` more at both ends; 0 where not even one has room.
static inline int conv2d_out(int size, int window, int stride, int pad)
{
    long room = (long)size + 2L * pad - window;
    return room < 0 ? 0 : (int)(room / stride) + 1;
}

// Products in an element of y: rows of the matrix of windows.
static inline HOST_DEVICE int conv2d_depth(const Conv2d *g)
{
    return g->c * g->r * g->s;
}

// Elements of a channel of y.
static inline HOST_DEVICE int conv2d_pixels(const Conv2d *g)
{
    return g->out_h * g->out_w;
}

// Sets out_h and out_w. The kernels count images, the pixels of all images and the products of an element in int, and
// run up to a tile beyond the sizes: what does not fit is refused here.
static inline void conv2d_set_out(Conv2d *g)
{
    const double most = INT_MAX - 2048;
    g->out_h = conv2d_out(g->h, g->r, g->stride, g->pad);
    g->out_w = conv2d_out(g->w, g->s, g->stride, g->pad);
    if (g->out_h < 1 || g->out_w < 1)
        fail(STATUS_USAGE, "a filter of %d x %d has no room in an image of %d x %d with a padding of %d", g->r, g->s,
             g->h, g->w, g->pad);
    if ((double)g->c * g->h * g->w > most || (double)g->c * g->r * g->s > most || (double)g->n * g->k > most ||
        (double)g->n * g->out_h * g->out_w > most)
        fail(STATUS_USAGE, "too large: an image, a filter, N*K and the pixels of y must each be below 2^31 elements");
}

// Where the window of one pixel of y lies: of pixel j of all images, counted through.
typedef struct {
    const float *image; // all channels
    int top, left;      // its first row and column, which may lie in the padding
} Conv2dWindow;

enum { CONV2D_OUTSIDE = -(1 << 30) }; // a row that is in no image, whatever is added to it

static inline HOST_DEVICE Conv2dWindow conv2d_window(const Conv2d *g, int j)
{
    Conv2dWindow window;
    int pixels = conv2d_pixels(g), image = j / pixels, pixel = j % pixels;
    window.image = g->x + (long)image * g->c * g->h * g->w;
    window.top = image < g->n ? pixel / g->out_w * g->stride - g->pad : (int)CONV2D_OUTSIDE;
    window.left = pixel % g->out_w * g->stride - g->pad;
    return window;
}

// Element (r, s) of the window in a channel that begins `channel` floats behind the image; zero outside.
static inline HOST_DEVICE float conv2d_element(const Conv2d *g, const Conv2dWindow *window, int channel, int r, int s)
{
    int row = window->top + r, column = window->left + s;
    bool inside = row >= 0 && row < g->h && column >= 0 && column < g->w;
    return inside ? window->image[channel + row * g->w + column] : 0;
}

// ---- reference ------------------------------------------------------------------------------------------------------

typedef struct {
    const Conv2d *g;
    double *y, *bound;
} Conv2dCpu;

// The windows o, o + 1, ... of which element `at` of the filter lies inside the image: first <= o < *last.
static inline int conv2d_inside(int size, int at, int stride, int pad, int out, int *last)
{
    int first = pad - at > 0 ? ceil_div(pad - at, stride) : 0;
    long end = (long)size - 1 + pad - at;
    *last = end < 0 ? 0 : end / stride + 1 < out ? (int)(end / stride + 1) : out;
    return first;
}

// y and Σ|x||w| + |bias| of one filter for one image. The products with one element of the filter are added for the
// whole plane, so that the padding is a matter of where loops begin and end.
static inline void conv2d_cpu_plane(const Conv2dCpu *job, long plane)
{
    const Conv2d *g = job->g;
    long image = plane / g->k, k = plane % g->k;
    double *sum = job->y + plane * conv2d_pixels(g), *size = job->bound + plane * conv2d_pixels(g);
    for (long i = 0; i < conv2d_pixels(g); ++i) {
        sum[i] = g->bias ? g->bias[k] : 0;
        size[i] = fabs(sum[i]);
    }
    for (int d = 0; d < conv2d_depth(g); ++d) {
        int c = d / (g->r * g->s), r = d / g->s % g->r, s = d % g->s, p_last, q_last;
        int p_first = conv2d_inside(g->h, r, g->stride, g->pad, g->out_h, &p_last);
        int q_first = conv2d_inside(g->w, s, g->stride, g->pad, g->out_w, &q_last);
        double weight = g->filter[k * conv2d_depth(g) + d];
        for (int p = p_first; p < p_last; ++p) {
            const float *row = g->x + ((image * g->c + c) * g->h + (long)p * g->stride - g->pad + r) * g->w;
            double *sums = sum + (long)p * g->out_w, *sizes = size + (long)p * g->out_w;
            for (int q = q_first; q < q_last; ++q) {
                double product = weight * row[(long)q * g->stride - g->pad + s]; // exact in double
                sums[q] += product;
                sizes[q] += fabs(product);
            }
        }
    }
}

// Planes first ... last - 1. An element is a sum of c·r·s products and the bias, in whatever order: likely_roundings,
// times u = 2^-24, times Σ|x||w| + |bias|.
static inline void conv2d_cpu_planes(void *context, long first, long last)
{
    const Conv2dCpu *job = (const Conv2dCpu *)context;
    double factor = likely_roundings(conv2d_depth(job->g) + 1) * 0.5 * FLT_EPSILON;
    for (long plane = first; plane < last; ++plane) {
        conv2d_cpu_plane(job, plane);
        for (long i = 0; i < conv2d_pixels(job->g); ++i)
            job->bound[plane * conv2d_pixels(job->g) + i] *= factor;
    }
}

// The reference, in double. g's pointers are host pointers here; y and bound receive n·k·out_h·out_w numbers.
static inline void conv2d_cpu(const Conv2d *g, double *y, double *bound)
{
    Conv2dCpu job = {g, y, bound};
    long planes = (long)g->n * g->k;
    if ((double)planes * conv2d_pixels(g) * conv2d_depth(g) < 1e8)
        conv2d_cpu_planes(&job, 0, planes); // not worth starting threads
    else
        parallel_for(planes, conv2d_cpu_planes, &job);
}

#endif
