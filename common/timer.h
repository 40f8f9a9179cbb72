// timer.h: how long the GPU takes.
// A launch returns before the kernel has run, so a host clock around it measures the queue and not the work. Events
// are marks in the queue itself: the device notes the time when it reaches them. The first launch is left out (it
// loads code and wakes the device), and the median is reported, because the slow outliers of a shared machine pull a
// mean and not a median.
#ifndef COMMON_TIMER_H
#define COMMON_TIMER_H

#include "check.h"
#include "timing.h"

typedef struct {
    hipEvent_t begin, end;
} Timer;

// Not timer_create: POSIX has a function of that name.
static inline Timer timer_make(void)
{
    Timer timer;
    HIP_CHECK(hipEventCreate(&timer.begin));
    HIP_CHECK(hipEventCreate(&timer.end));
    return timer;
}

static inline void timer_free(Timer *timer)
{
    HIP_CHECK(hipEventDestroy(timer->begin));
    HIP_CHECK(hipEventDestroy(timer->end));
}

// Everything that is put into the default stream between timer_start and timer_stop is measured.
static inline void timer_start(Timer *timer)
{
    HIP_CHECK(hipEventRecord(timer->begin, 0));
}

// Waits until the work is done; milliseconds since timer_start.
static inline double timer_stop(Timer *timer)
{
    float milliseconds = 0;
    HIP_CHECK(hipEventRecord(timer->end, 0));
    HIP_CHECK(hipEventSynchronize(timer->end));
    HIP_CHECK(hipEventElapsedTime(&milliseconds, timer->begin, timer->end));
    return milliseconds;
}

// A version's launch: puts the kernel or kernels on the default stream and returns.
typedef void (*Launch)(const void *operands);

// Runs `launch` again and again and times each run by events. repeat > 0: so many runs. repeat 0: at least 3 and at
// most 1000 runs, until 0.2 s of measured time or 1 s in all have gone by; a run of over a second is not repeated.
// `prepare` (may be NULL) is called before each run and is not timed. There is no warm-up here: see time_launch.
static inline Timing time_runs(Launch launch, const void *operands, int repeat, void (*prepare)(void *), void *context)
{
    int most = repeat > 0 ? repeat : 1000, count = 0;
    double *ms = (double *)allocate((size_t)most, sizeof(double)), total_ms = 0, start = host_seconds();
    Timer timer = timer_make();
    while (count < most) {
        if (repeat == 0 && (count >= 3 || total_ms >= 1000) && (total_ms >= 200 || host_seconds() - start >= 1))
            break;
        if (prepare)
            prepare(context);
        timer_start(&timer);
        launch(operands);
        HIP_CHECK_LAUNCH();
        ms[count] = timer_stop(&timer);
        total_ms += ms[count++];
    }
    timer_free(&timer);
    Timing timing = timing_of(ms, count);
    free(ms);
    return timing;
}

// The usual way: one warm-up that is not measured, then time_runs.
static inline Timing time_launch(Launch launch, const void *operands, int repeat)
{
    launch(operands);
    HIP_CHECK_LAUNCH();
    HIP_CHECK(hipDeviceSynchronize());
    return time_runs(launch, operands, repeat, NULL, NULL);
}

#endif
