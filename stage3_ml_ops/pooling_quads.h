// pooling_quads.h: pooling for the case that networks are made of: windows of 2 x 2 side by side, and rows of a
// multiple of 4 elements. A thread loads a quad of each of two rows, which are two windows. Nothing is loaded twice,
// every load is 16 bytes, and no window reaches over an edge.
#ifndef STAGE3_POOLING_QUADS_H
#define STAGE3_POOLING_QUADS_H

#include <hip/hip_runtime.h>
#include "pooling_problem.h"

// `in` is accessed 16 bytes at a time, `out` and `argmax` 8 at a time; parts of larger arrays may begin anywhere.
static inline bool pool_has_quads(const Pool *g, const float *in, const float *out, const int *argmax)
{
    bool aligned = (size_t)in % 16 == 0 && ((size_t)out | (size_t)argmax) % 8 == 0;
    return aligned && g->window == 2 && g->stride == 2 && g->pad == 0 && g->w % 4 == 0;
}

// An element and where it lies.
typedef struct {
    float value;
    int at;
} PoolElement;

static inline __device__ PoolElement pool_larger(PoolElement best, float value, int at)
{
    bool larger = pool_beats(value, best.value);
    best.value = larger ? value : best.value;
    best.at = larger ? at : best.at;
    return best;
}

// The largest of a, b and, in the row below, c and d; a is element `at`.
static inline __device__ PoolElement pool_largest(float a, float b, float c, float d, int at, int w)
{
    PoolElement best = {a, at};
    best = pool_larger(best, b, at + 1);
    best = pool_larger(best, c, at + w);
    return pool_larger(best, d, at + w + 1);
}

__global__ void pooling_max_quads(Pool g, const float *x, float *y, int *argmax)
{
    int i = blockIdx.x * blockDim.x + threadIdx.x, quads = g.w / 4; // out_w is 2·quads
    if (i >= g.out_h * quads)
        return;
    int from = i / quads * 2 * g.w + i % quads * 4; // 2·i outputs lie before this thread's two
    for (int plane = blockIdx.y; plane < g.planes; plane += gridDim.y) {
        const float *in = x + (long)plane * g.h * g.w + from;
        long out = (long)plane * g.out_h * g.out_w + 2 * i;
        float4 top = *(const float4 *)in, below = *(const float4 *)(in + g.w);
        PoolElement left = pool_largest(top.x, top.y, below.x, below.y, from, g.w);
        PoolElement right = pool_largest(top.z, top.w, below.z, below.w, from + 2, g.w);
        *(float2 *)(y + out) = make_float2(left.value, right.value);
        *(int2 *)(argmax + out) = make_int2(left.at, right.at);
    }
}

__global__ void pooling_average_quads(Pool g, const float *x, float *y)
{
    int i = blockIdx.x * blockDim.x + threadIdx.x, quads = g.w / 4;
    if (i >= g.out_h * quads)
        return;
    int from = i / quads * 2 * g.w + i % quads * 4;
    for (int plane = blockIdx.y; plane < g.planes; plane += gridDim.y) {
        const float *in = x + (long)plane * g.h * g.w + from;
        float4 top = *(const float4 *)in, below = *(const float4 *)(in + g.w);
        *(float2 *)(y + (long)plane * g.out_h * g.out_w + 2 * i) =
            make_float2(0.25f * (top.x + top.y + below.x + below.y), 0.25f * (top.z + top.w + below.z + below.w));
    }
}

// The gradients of two windows, for a quad of dx whose first element is `from`.
static inline __device__ float4 pool_spread(int2 argmax, float2 dy, int from)
{
    return make_float4(argmax.x == from ? dy.x : 0, argmax.x == from + 1 ? dy.x : 0, argmax.y == from + 2 ? dy.y : 0,
                       argmax.y == from + 3 ? dy.y : 0);
}

// The same way back, a thread two quads of dx. If h is odd, no window shows the last row: it gets zeros.
__global__ void pooling_max_backward_quads(Pool g, const int *argmax, const float *dy, float *dx)
{
    int i = blockIdx.x * blockDim.x + threadIdx.x, quads = g.w / 4, row = i / quads * 2;
    if (row >= g.h)
        return;
    int from = row * g.w + i % quads * 4;
    for (int plane = blockIdx.y; plane < g.planes; plane += gridDim.y) {
        long out = (long)plane * g.out_h * g.out_w + 2 * i;
        float *to = dx + (long)plane * g.h * g.w + from;
        if (row + 1 < g.h) {
            int2 at = *(const int2 *)(argmax + out);
            float2 gradient = *(const float2 *)(dy + out);
            *(float4 *)to = pool_spread(at, gradient, from);
            *(float4 *)(to + g.w) = pool_spread(at, gradient, from + g.w);
        } else {
            *(float4 *)to = make_float4(0, 0, 0, 0);
        }
    }
}

#endif
