// timing: how long does a kernel take, and which clock says so?
//
// A launch only puts a kernel into a queue and returns; the host and the device then run side by side. A host clock
// around a launch therefore measures how fast one can queue. What to do instead:
//     events     marks in the queue; the device notes the time when it reaches them. Right for kernels.
//     host clock around launch + hipDeviceSynchronize: right too, but with the way there and back in it.
// Here both look at kernels of known size, and at an empty one, which shows what a launch costs by itself. The first
// launch of a program is another matter: the driver has yet to make a context and to bring the code to the device.
#include <hip/hip_runtime.h>
#include "../common/program.h"

__global__ void timing_empty(void) {}

// `steps` multiply-adds one after the other in every thread, none of which can begin before the last is done: the time
// grows with steps and with nothing else. With factor 1 and term 1 the result is steps.
__global__ void timing_chain(float *out, int steps, float factor, float term)
{
    float a = 0;
    for (int s = 0; s < steps; ++s)
        a = a * factor + term;
    out[blockIdx.x * blockDim.x + threadIdx.x] = a;
}

#if __INCLUDE_LEVEL__ == 0

enum { THREADS = 256 };

typedef struct {
    DeviceF32 out;
    int steps;
} Operands;

// Microseconds of host time.
typedef struct {
    double launch; // until the launch has returned
    double done;   // until the device has finished as well
} HostTimes;

static double host_us(void)
{
    return 1e6 * host_seconds();
}

static double median(double *us, int count)
{
    return timing_of(us, count).median_ms; // it only sorts: the unit stays
}

static HostTimes time_empty(void)
{
    HostTimes t;
    double start = host_us();
    timing_empty<<<1, 1>>>();
    t.launch = host_us() - start;
    HIP_CHECK_LAUNCH();
    HIP_CHECK(hipDeviceSynchronize());
    t.done = host_us() - start;
    return t;
}

// The very first things that a program does on the device. Has to come before any other HIP call.
static double show_first_launches(void)
{
    HostTimes first[3];
    double start = host_us();
    HIP_CHECK(hipFree(NULL)); // does nothing, but needs a context
    double context = host_us() - start;
    for (int i = 0; i < 3; ++i)
        first[i] = time_empty();
    printf("\n1. The first launch, host clock\n");
    printf("   %-48s %10.1f us\n", "making the context (the first HIP call)", context);
    printf("   %-48s %10.1f us\n", "first launch of a kernel, until it is done", first[0].done);
    printf("   %-48s %10.1f us\n", "second launch", first[1].done);
    printf("   %-48s %10.1f us\n", "third launch", first[2].done);
    return first[0].done;
}

static void show_latency(int repeat, double first)
{
    HostF64 launch = host_f64(repeat), done = host_f64(repeat);
    for (int i = 0; i < repeat; ++i) {
        HostTimes t = time_empty();
        launch.data[i] = t.launch;
        done.data[i] = t.done;
    }
    Timer timer = timer_make();
    double start = host_us();
    timer_start(&timer);
    for (int i = 0; i < repeat; ++i)
        timing_empty<<<1, 1>>>();
    double queued = host_us() - start, finished = 1e3 * timer_stop(&timer);
    HIP_CHECK_LAUNCH();
    timer_free(&timer);
    double one = median(done.data, repeat);
    printf("\n2. An empty kernel, %d launches\n", repeat);
    printf("   %-48s %10.2f us\n", "one at a time: the launch returns after", median(launch.data, repeat));
    printf("   %-48s %10.2f us\n", "               and the kernel is done after", one);
    printf("   %-48s %10.2f us each\n", "back to back: queued, host clock", queued / repeat);
    printf("   %-48s %10.2f us each\n", "              done, events", finished / repeat);
    printf("   The first launch took %.0f times as long as one of these: never time it.\n", first / one);
    host_free(launch);
    host_free(done);
}

// One line of part 3: the medians of `repeat` runs of a chain.
typedef struct {
    double event, launch, done;
} ChainTimes;

static ChainTimes time_chain(const Operands *o, int repeat)
{
    HostF64 event = host_f64(repeat), launch = host_f64(repeat), done = host_f64(repeat);
    Timer timer = timer_make();
    unsigned blocks = (unsigned)(o->out.n / THREADS);
    for (int i = -1; i < repeat; ++i) { // the first run is the warm-up
        int k = i < 0 ? 0 : i;
        HIP_CHECK(hipDeviceSynchronize());
        double start = host_us();
        timer_start(&timer);
        double before = host_us();
        timing_chain<<<blocks, THREADS>>>(o->out.data, o->steps, 1, 1);
        launch.data[k] = host_us() - before;
        event.data[k] = 1e3 * timer_stop(&timer);
        done.data[k] = host_us() - start;
        HIP_CHECK_LAUNCH();
    }
    timer_free(&timer);
    ChainTimes times = {median(event.data, repeat), median(launch.data, repeat), median(done.data, repeat)};
    host_free(event);
    host_free(launch);
    host_free(done);
    return times;
}

// Every thread must have made all its steps.
static bool chain_is_right(const Operands *o)
{
    bool right = true;
    HostF32 out = host_copy(o->out);
    for (long i = 0; i < out.n && right; ++i) {
        right = out.data[i] == (float)o->steps;
        if (!right)
            complain("thread %ld has made %.9g steps, not %d", i, out.data[i], o->steps);
    }
    host_free(out);
    return right;
}

static bool show_clocks(int repeat)
{
    const int steps[] = {1000, 4000, 16000, 64000};
    bool right = true;
    ChainTimes first = {0, 0, 0}, last = {0, 0, 0};
    Operands o = {device_f32((long)THREADS * device_multiprocessors()), 0};
    printf("\n3. Kernels of known size: %ld threads, a chain of multiply-adds each (medians of %d)\n", o.out.n, repeat);
    printf("     steps     by events   launch returns, host   done, host   ns a step\n");
    for (int i = 0; i < LENGTH(steps); ++i) {
        o.steps = steps[i];
        device_fill_bytes(o.out, 0xFF);
        last = time_chain(&o, repeat);
        first = i == 0 ? last : first;
        right = chain_is_right(&o) && right;
        printf("   %7d %10.1f us          %10.1f us %9.1f us %11.3f\n", o.steps, last.event, last.launch, last.done,
               1e3 * last.event / o.steps);
        // Events lie within what the host clock saw; 5 % and 20 us for two clocks that are not the same.
        if (!(last.event > 0 && last.event <= 1.05 * last.done + 20)) {
            complain("by events %.1f us, by the host clock %.1f us: the events are wrong", last.event, last.done);
            right = false;
        }
    }
    if (last.launch > 0.5 * last.event)
        printf("   Here a launch returns only when the kernel is done: launches are synchronous on this backend (%s),\n"
               "   and a host clock around the launch alone happens to be right. On a GPU it is not.\n",
               device_backend());
    else
        printf("   The launch returns after %.1f us whatever the kernel does: a host clock around it measures nothing\n"
               "   but the launch.\n",
               last.launch);
    if (!(last.event > 4 * first.event)) {
        complain("64 times the steps took only %.1f times as long: this clock does not see the kernel",
                 last.event / first.event);
        right = false;
    }
    return right;
}

int main(int argc, char **argv)
{
    int repeat = 100;
    const Option options[] = {
        OPTION_INT_RANGE("repeat", &repeat, "launches that each median is taken of", 1, 100000),
    };
    options_parse(argc, argv, "what a launch costs, and how to time a kernel", options, LENGTH(options));
    printf("stage0_infra/timing   %s backend\n", device_backend());
    double first = show_first_launches();
    show_latency(repeat, first);
    bool right = show_clocks(repeat < 21 ? repeat : 21);
    printf("\nSo: warm up once, then events around the kernel, several times, and the median; that is what the tables\n"
           "of all programs show. A kernel that takes less than a launch is not worth one: give it more to do.\n");
    buffers_free_all();
    return right ? STATUS_OK : STATUS_CHECK;
}
#endif
