// A kernel on the simulated GPU beside a loop in C: they take turns in one run, since the machine's speed changes from
// minute to minute more than the two differ. For each pair one line is printed: name, amount of work, its unit, seconds by
// the loop, seconds by the kernel (medians).
#ifndef MEASURE_H
#define MEASURE_H

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <hip/hip_runtime.h>
#include "../../common/buffer.h"
#include "../../common/check.h"
#include "../../common/fill.h"
#include "../../common/timer.h"

// a, b: input. c: what the kernel writes; d: what the loop writes.
typedef struct {
    const float *a, *b;
    float *c, *d;
    int rows, n; // rows of n elements; without rows: 1, and n elements, or a matrix of n x n
} Operands;

typedef struct {
    const char *name;
    void (*loop)(const Operands *); // NULL: there is nothing to compare with
    void (*kernel)(const Operands *);
    int rows, n;
    long outputs;  // floats that are the result
    double amount; // bytes, operations or events in one run
    const char *unit;
    float tolerance; // between the results, whose sums are in different orders
} Row;

static inline double ms_of(void (*run)(const Operands *), const Operands *o)
{
    double start = host_seconds();
    run(o);
    HIP_CHECK(hipDeviceSynchronize());
    return 1e3 * (host_seconds() - start);
}

// The kernel must have computed the loop's result, or its time means nothing.
static inline void require_equal(const Row *row, const Operands *o)
{
    for (long i = 0; i < row->outputs; ++i)
        if (!(fabsf(o->c[i] - o->d[i]) <= row->tolerance))
            fail(STATUS_CHECK, "%s: element %ld is %g, by the loop %g", row->name, i, o->c[i], o->d[i]);
}

static inline void measure(const Row *row, Operands o, int repeats)
{
    double by_loop[101] = {0}, by_kernel[101];
    o.rows = row->rows;
    o.n = row->n;
    for (int r = -1; r < repeats; ++r) { // the first round warms up, and is checked
        if (r < 0) {
            HIP_CHECK(hipMemset(o.c, 0, (size_t)row->outputs * sizeof(float))); // axpy reads what it writes
            HIP_CHECK(hipMemset(o.d, 0, (size_t)row->outputs * sizeof(float)));
        }
        double loop = row->loop ? ms_of(row->loop, &o) : 0, kernel = ms_of(row->kernel, &o);
        HIP_CHECK_LAUNCH();
        if (r < 0 && row->loop)
            require_equal(row, &o);
        if (r >= 0) {
            by_loop[r] = loop;
            by_kernel[r] = kernel;
        }
    }
    printf("%s;%g;%s;%g;%g\n", row->name, row->amount, row->unit, 1e-3 * timing_of(by_loop, repeats).median_ms,
           1e-3 * timing_of(by_kernel, repeats).median_ms);
}

// The rows whose names begin with the second argument; the first one is how often each is repeated. Arrays of `floats`
// elements in all operands.
static inline int measure_rows(int argc, char **argv, const Row *rows, int count, long floats)
{
    int repeats = argc > 1 ? atoi(argv[1]) : 5;
    const char *only = argc > 2 ? argv[2] : "";
    if (argc > 3 || repeats < 1 || repeats > 101)
        fail(STATUS_USAGE, "arguments: [REPEATS [BEGINNING OF A NAME]], 1 to 101 repeats");
    Operands o = {device_copy(host_uniform(floats, 1, -1, 1)).data,
                  device_copy(host_uniform(floats, 2, -1, 1)).data,
                  device_f32(floats).data,
                  device_f32(floats).data,
                  0,
                  0};
    for (int i = 0; i < count; ++i)
        if (strncmp(rows[i].name, only, strlen(only)) == 0)
            measure(&rows[i], o, repeats);
    buffers_free_all();
    return 0;
}

#endif
