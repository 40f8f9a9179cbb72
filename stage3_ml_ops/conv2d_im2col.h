// conv2d_im2col.h: a convolution as a product of two matrices that both lie in memory. The filters already are one,
// k x c·r·s. The other, "im2col", has a column for each pixel of y, with the c·r·s elements of x that its window shows.
#ifndef STAGE3_CONV2D_IM2COL_H
#define STAGE3_CONV2D_IM2COL_H

#include "../stage2_matrix/gemm_blocked.hip"
#include "conv2d_problem.h"

// Blocks of a grid's second dimension for `count` things, of which a block does several where there are more.
static inline unsigned conv2d_grid_y(long count)
{
    return count < 65535 ? (unsigned)count : 65535; // no device takes more
}

// Copies the windows of `images` images from `first` on. A thread copies what one pixel of y sees of one channel: r·s
// elements, into as many rows, so that neighbouring threads write neighbouring pixels. Most elements of x are copied
// r·s times: with 3 x 3 filters and a stride of 1 the matrix is nine times as large as x.
__global__ void conv2d_im2col(Conv2d g, int first, int images, float *columns)
{
    int count = images * conv2d_pixels(&g); // columns of the matrix
    int j = blockIdx.x * blockDim.x + threadIdx.x;
    if (j >= count)
        return;
    Conv2dWindow window = conv2d_window(&g, first * conv2d_pixels(&g) + j);
    for (int c = blockIdx.y; c < g.c; c += gridDim.y)
        for (int r = 0; r < g.r; ++r)
            for (int s = 0; s < g.s; ++s)
                columns[(long)((c * g.r + r) * g.s + s) * count + j] = conv2d_element(&g, &window, c * g.h * g.w, r, s);
}

// Filters of 1 x 1 with a stride of 1 and no padding see one pixel each: x is its own matrix of windows.
static inline bool conv2d_needs_columns(const Conv2d *g)
{
    return g->r > 1 || g->s > 1 || g->stride > 1 || g->pad > 0;
}

// Floats of the matrix for so many images.
static inline long conv2d_columns(const Conv2d *g, int images)
{
    double count = (double)conv2d_depth(g) * images * conv2d_pixels(g);
    if (count > 1e15)
        fail(STATUS_USAGE, "im2col would need a matrix of %.3g elements: choose smaller sizes", count);
    return (long)conv2d_depth(g) * images * conv2d_pixels(g);
}

static inline void conv2d_im2col_launch(const Conv2d *g, int first, int images, float *columns, int block)
{
    dim3 grid((unsigned)ceil_div(images * conv2d_pixels(g), block), conv2d_grid_y(g->c));
    conv2d_im2col<<<grid, block>>>(*g, first, images, columns);
}

// The bias, where gemm has the sum in a register: row i of the product is filter i.
typedef struct {
    const float *bias;
} Conv2dBias;

static inline __device__ float gemm_epilogue(const Conv2dBias *e, int i, int, float value)
{
    return e->bias ? value + e->bias[i] : value;
}

// C = filters · columns, a row of `pixels` numbers for each filter.
static inline void conv2d_gemm(const Conv2d *g, const float *columns, float *c, int pixels)
{
    int depth = conv2d_depth(g);
    Gemm product = {g->k, pixels, depth, false, false, g->filter, columns, c, depth, pixels, pixels, 1, 0};
    Conv2dBias bias = {g->bias};
    gemm_launch(&product, bias);
}

// An image at a time. What comes out of a product is the image of y as it has to lie in memory, and the matrix is used
// again for the next one: `columns` is conv2d_columns(g, 1) floats of scratch. But a product of one small image is no
// work for a whole device: 14 x 14 pixels and 64 filters are four tiles of 64 x 64.
static inline void conv2d_im2col_images(const Conv2d *g, float *columns, int block)
{
    int pixels = conv2d_pixels(g);
    for (int image = 0; image < g->n; ++image) {
        const float *windows = g->x + (long)image * g->c * g->h * g->w;
        if (conv2d_needs_columns(g)) {
            conv2d_im2col_launch(g, image, 1, columns, block);
            windows = columns;
        }
        conv2d_gemm(g, windows, g->y + (long)image * g->k * pixels, pixels);
    }
}

// k x n x pixels -> n x k x pixels: planes change places, the order inside of them stays.
__global__ void conv2d_planes(const float *from, float *y, int n, int k, int pixels)
{
    int i = blockIdx.x * blockDim.x + threadIdx.x;
    if (i >= pixels)
        return;
    for (int plane = blockIdx.y; plane < n * k; plane += gridDim.y) // of y
        y[(long)plane * pixels + i] = from[((long)(plane % k) * n + plane / k) * pixels + i];
}

// All images in one product: large enough for any device. It pays with n times the scratch, conv2d_columns(g, n)
// floats, and a row of the product holds one filter's pixels of all images, so that another kernel has to put the
// planes in order: y is written twice, the first time to `product`.
static inline void conv2d_im2col_batch(const Conv2d *g, float *columns, float *product, int block)
{
    int pixels = conv2d_pixels(g);
    conv2d_im2col_launch(g, 0, g->n, columns, block);
    conv2d_gemm(g, columns, product, g->n * pixels);
    dim3 grid((unsigned)ceil_div(pixels, block), conv2d_grid_y((long)g->n * g->k));
    conv2d_planes<<<grid, block>>>(product, g->y, g->n, g->k, pixels);
}

#endif
