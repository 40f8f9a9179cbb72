// pooling_problem.h: what the pooling kernels take as their argument, what they and the CPU share, and the reference.
#ifndef STAGE3_POOLING_PROBLEM_H
#define STAGE3_POOLING_PROBLEM_H

#include "../common/compare.h"
#include "../common/device.h"
#include "../common/parallel.h"
#include <float.h>
#include <math.h>
#include <stdbool.h>

// x is n x c x h x w: `planes` = n·c planes, each pooled by itself. Windows are square, and stride and padding the same
// both ways. The padding is smaller than the window, so that every window shows at least one element.
typedef struct {
    int planes, h, w, window, stride, pad, out_h, out_w;
    bool count_valid; // averages: over the elements that a window shows, and not over all of its places
} Pool;

// The part of a window that lies inside the plane, in one direction: window number `o` shows first <= i < *last.
static inline HOST_DEVICE int pool_first(const Pool *g, int o, int size, int *last)
{
    int first = o * g->stride - g->pad;
    *last = first + g->window < size ? first + g->window : size;
    return first > 0 ? first : 0;
}

// The windows that show element i: first <= o < *last, of `out`.
static inline HOST_DEVICE int pool_windows(const Pool *g, int i, int out, int *last)
{
    int end = (i + g->pad) / g->stride + 1, begin = i + g->pad - g->window + 1;
    *last = end < out ? end : out;
    return begin > 0 ? ceil_div(begin, g->stride) : 0;
}

// Does a value take the place of the largest so far? Only if it is larger: of equals the first one stays. And a NaN
// stays, but nothing else stays before a NaN: a comparison with NaN is false, whichever way it is written.
static inline HOST_DEVICE bool pool_beats(float value, float best)
{
    return best == best && !(value <= best);
}

// ---- reference ------------------------------------------------------------------------------------------------------

typedef struct {
    const Pool *g;
    const float *x, *dy;
    double *max, *average, *average_bound, *dx, *dx_bound;
    int *argmax;
} PoolCpu;

static inline void pool_cpu_window(const PoolCpu *job, long plane, int p, int q)
{
    const Pool *g = job->g;
    const float *x = job->x + plane * g->h * g->w;
    long o = (plane * g->out_h + p) * g->out_w + q;
    int row_last, column_last, row_first = pool_first(g, p, g->h, &row_last);
    int column_first = pool_first(g, q, g->w, &column_last), at = row_first * g->w + column_first;
    double sum = 0, size = 0;
    for (int row = row_first; row < row_last; ++row) {
        for (int column = column_first; column < column_last; ++column) {
            int i = row * g->w + column;
            at = pool_beats(x[i], x[at]) ? i : at;
            sum += x[i];
            size += fabs(x[i]);
        }
    }
    double shown = (double)(row_last - row_first) * (column_last - column_first);
    double count = g->count_valid ? shown : (double)g->window * g->window;
    job->max[o] = x[at];
    job->argmax[o] = at;
    job->average[o] = sum / count;
    job->average_bound[o] = likely_roundings(shown + 2) * 0.5 * FLT_EPSILON * size / count; // + 2: the division
    job->dx[plane * g->h * g->w + at] += job->dy[o];
    job->dx_bound[plane * g->h * g->w + at] += fabs(job->dy[o]);
}

// Planes first ... last - 1. The largest element is exact. An element of dx is a sum of at most as many numbers as
// windows show it; where windows do not overlap nothing is added, and nothing rounded.
static inline void pool_cpu_planes(void *context, long first, long last)
{
    const PoolCpu *job = (const PoolCpu *)context;
    const Pool *g = job->g;
    double across = ceil_div(g->window, g->stride), roundings = likely_roundings(across * across - 1);
    for (long plane = first; plane < last; ++plane) {
        for (int p = 0; p < g->out_h; ++p)
            for (int q = 0; q < g->out_w; ++q)
                pool_cpu_window(job, plane, p, q);
        for (long i = plane * g->h * g->w; i < (plane + 1) * g->h * g->w; ++i)
            job->dx_bound[i] *= roundings * 0.5 * FLT_EPSILON;
    }
}

// The reference, in double. dx and dx_bound are zero at the beginning.
static inline void pool_cpu(const PoolCpu *job)
{
    const Pool *g = job->g;
    if ((double)g->planes * g->out_h * g->out_w * g->window * g->window < 1e7)
        pool_cpu_planes((void *)job, 0, g->planes); // not worth starting threads
    else
        parallel_for(g->planes, pool_cpu_planes, (void *)job);
}

#endif
