// parallel.h: a loop on all cores of the host, for references whose work grows faster than their data (a product of two
// 4096 x 4096 matrices is 69 billion multiplications, and takes minutes on one core).
#ifndef COMMON_PARALLEL_H
#define COMMON_PARALLEL_H

#include "posix.h"
#include <pthread.h>
#include <stdbool.h>
#include <unistd.h>

// Does the iterations first ... last - 1. They must not depend on each other.
typedef void (*ParallelBody)(void *context, long first, long last);

typedef struct {
    ParallelBody body;
    void *context;
    long first, last;
    pthread_t thread;
    bool started;
} ParallelPart;

enum { PARALLEL_MOST = 64 }; // threads

static inline void *parallel_run(void *argument)
{
    ParallelPart *part = (ParallelPart *)argument;
    part->body(part->context, part->first, part->last);
    return NULL;
}

// Iterations 0 ... n - 1 in equal shares, one a core; returns when all are done. A share for which no thread can be had
// is done by the caller.
static inline void parallel_for(long n, ParallelBody body, void *context)
{
    ParallelPart parts[PARALLEL_MOST];
    long count = sysconf(_SC_NPROCESSORS_ONLN);
    count = count > PARALLEL_MOST ? (long)PARALLEL_MOST : count;
    count = count > n ? n : count;
    count = count < 1 ? 1 : count;
    for (long i = 0; i < count; ++i) {
        parts[i].body = body;
        parts[i].context = context;
        parts[i].first = n / count * i + (i < n % count ? i : n % count);
        parts[i].last = parts[i].first + n / count + (i < n % count);
        parts[i].started = i > 0 && pthread_create(&parts[i].thread, NULL, parallel_run, &parts[i]) == 0;
    }
    for (long i = 0; i < count; ++i)
        if (!parts[i].started)
            parallel_run(&parts[i]);
    for (long i = 0; i < count; ++i)
        if (parts[i].started)
            pthread_join(parts[i].thread, NULL);
}

#endif
