// timing.h: a clock on the host, and what is left of several times: their median. Needs no GPU.
#ifndef COMMON_TIMING_H
#define COMMON_TIMING_H

#include "posix.h"
#include <stdlib.h>
#include <time.h>

// Seconds on a host clock that never jumps. Only differences mean something.
static inline double host_seconds(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + 1e-9 * (double)now.tv_nsec;
}

typedef struct {
    double median_ms, min_ms, max_ms;
    int repeats;
} Timing;

static inline int timing_compare(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

// Median, smallest and largest of `count` times in milliseconds; sorts them. count >= 1.
static inline Timing timing_of(double *ms, int count)
{
    Timing timing;
    qsort(ms, (size_t)count, sizeof ms[0], timing_compare);
    timing.median_ms = 0.5 * (ms[(count - 1) / 2] + ms[count / 2]);
    timing.min_ms = ms[0];
    timing.max_ms = ms[count - 1];
    timing.repeats = count;
    return timing;
}

#endif
