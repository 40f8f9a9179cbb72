// pooling_launch.h: a part of pooling.hip: grid and block for its kernels, and which of them can do what is asked for.
// For later stages, and for the program.
#ifndef STAGE3_POOLING_LAUNCH_H
#define STAGE3_POOLING_LAUNCH_H

// A grid has a row of blocks for each plane; with more planes than a grid can have rows, a block does several. Nothing
// of the indices has to be divided by the size of a plane then, but planes that are smaller than a block leave threads
// idle.
static inline dim3 pool_grid(const Pool *g, int blocks)
{
    return dim3((unsigned)blocks, (unsigned)grid_y(g->planes));
}

// Threads of a block for planes of `count` elements: `block` at most, and no more whole warps than the plane can use.
// Of the 7 x 7 outputs that many a network ends with there are 49 in a plane, and of 256 threads 207 would have nothing
// to do.
static inline int pool_block(int count, int block)
{
    int warp = device_warp_size(), wanted = ceil_div(count, warp);
    return wanted < block / warp ? wanted * warp : block;
}

static inline size_t pool_tile_bytes(const Pool *g)
{
    double bytes = sizeof(float) * (double)pool_tile_width(g) * pool_tile_height(g);
    return bytes <= POOL_SHARED_MOST ? (size_t)bytes : 0; // 0: too large for a tile
}

// x and dx are planes of h x w floats in device memory; y, argmax and dy planes of out_h x out_w. `block` is how many
// threads a block has at most.
static inline void pooling_max_launch(const Pool *g, const float *x, float *y, int *argmax, int block)
{
    int outs = g->out_h * g->out_w, threads = pool_block(outs, block);
    pooling_max<<<pool_grid(g, ceil_div(outs, threads)), threads>>>(*g, x, y, argmax);
}

static inline void pooling_average_launch(const Pool *g, const float *x, float *y, int block)
{
    int outs = g->out_h * g->out_w, threads = pool_block(outs, block);
    pooling_average<<<pool_grid(g, ceil_div(outs, threads)), threads>>>(*g, x, y);
}

static inline void pooling_max_backward_launch(const Pool *g, const int *argmax, const float *dy, float *dx, int block)
{
    int ins = g->h * g->w, threads = pool_block(ins, block);
    pooling_max_backward<<<pool_grid(g, ceil_div(ins, threads)), threads>>>(*g, argmax, dy, dx);
}

static inline dim3 pool_tile_grid(const Pool *g)
{
    return pool_grid(g, ceil_div(g->out_h, POOL_DOWN) * ceil_div(g->out_w, POOL_ACROSS));
}

static inline void pooling_max_tile_launch(const Pool *g, const float *x, float *y, int *argmax, int block)
{
    size_t bytes = pool_tile_bytes(g);
    if (bytes == 0)
        pooling_max_launch(g, x, y, argmax, block);
    else
        pooling_max_tile<<<pool_tile_grid(g), dim3(POOL_ACROSS, POOL_DOWN), bytes>>>(*g, x, y, argmax);
}

static inline void pooling_average_tile_launch(const Pool *g, const float *x, float *y, int block)
{
    size_t bytes = pool_tile_bytes(g);
    if (bytes == 0)
        pooling_average_launch(g, x, y, block);
    else
        pooling_average_tile<<<pool_tile_grid(g), dim3(POOL_ACROSS, POOL_DOWN), bytes>>>(*g, x, y);
}

// The versions with quads: where the windows, or the places of the arrays, do not allow any, those without.
static inline void pooling_max_quads_launch(const Pool *g, const float *x, float *y, int *argmax, int block)
{
    int count = g->out_h * (g->w / 4), threads = pool_block(count, block);
    if (!pool_has_quads(g, x, y, argmax))
        pooling_max_launch(g, x, y, argmax, block);
    else
        pooling_max_quads<<<pool_grid(g, ceil_div(count, threads)), threads>>>(*g, x, y, argmax);
}

static inline void pooling_average_quads_launch(const Pool *g, const float *x, float *y, int block)
{
    int count = g->out_h * (g->w / 4), threads = pool_block(count, block);
    if (!pool_has_quads(g, x, y, NULL))
        pooling_average_launch(g, x, y, block);
    else
        pooling_average_quads<<<pool_grid(g, ceil_div(count, threads)), threads>>>(*g, x, y);
}

static inline void pooling_max_backward_quads_launch(const Pool *g, const int *argmax, const float *dy, float *dx,
                                                     int block)
{
    int count = ceil_div(g->h, 2) * (g->w / 4), threads = pool_block(count, block);
    if (!pool_has_quads(g, dx, dy, argmax))
        pooling_max_backward_launch(g, argmax, dy, dx, block);
    else
        pooling_max_backward_quads<<<pool_grid(g, ceil_div(count, threads)), threads>>>(*g, argmax, dy, dx);
}

#endif
