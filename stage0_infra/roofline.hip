// roofline: the two limits of this machine that every other program is measured against.
//
// A kernel moves bytes and computes, and the slower of the two decides: at I operations for each byte of memory
// traffic it cannot do more than min(FMA rate, I x bandwidth) operations a second. Drawn over I that is a roof with a
// slope and a flat part (Williams, Waterman, Patterson: "Roofline", CACM 52, 2009). Where they meet, at the ridge, is
// the intensity that a kernel needs before the arithmetic matters at all.
//
// Both limits are measured, because a datasheet counts clocks that are never kept and bandwidth that no kernel sees:
// the bandwidth by copying arrays several times as large as the last-level cache (bytes read plus bytes written), the
// FMA rate by long chains of a = a x b + c in registers (two operations each). The best of several shapes counts. The
// result goes to build/roof/BACKEND-DEVICE.json, where the other programs find it.
#include <hip/hip_runtime.h>
#include "../common/program.h"

// Element i of the array that is copied: a whole number below 2^24, exact as a float.
static __device__ inline float roofline_value(long i)
{
    return (float)((i ^ (i >> 24)) & 0xFFFFFF);
}

__global__ void roofline_fill(float *array, long n)
{
    long i = (long)blockIdx.x * blockDim.x + threadIdx.x;
    if (i < n)
        array[i] = roofline_value(i);
}

// Counts the elements that are not as roofline_fill made them.
__global__ void roofline_count_wrong(const float *array, long n, int *wrong)
{
    long i = (long)blockIdx.x * blockDim.x + threadIdx.x;
    if (i < n && !(array[i] == roofline_value(i)))
        atomicAdd(wrong, 1);
}

// QUADS float4 a thread, blockDim.x apart, so that neighbours always touch neighbouring quads. All loads come first: a
// thread that has four on their way waits once and not four times.
template <int QUADS> __global__ void roofline_copy(const float4 *from, float4 *to, long quads)
{
    long first = (long)blockIdx.x * blockDim.x * QUADS + threadIdx.x;
    float4 value[QUADS];
    for (int q = 0; q < QUADS; ++q)
        if (first + q * blockDim.x < quads)
            value[q] = from[first + q * blockDim.x];
    for (int q = 0; q < QUADS; ++q)
        if (first + q * blockDim.x < quads)
            to[first + q * blockDim.x] = value[q];
}

// CHAINS independent sums a thread, each `steps` multiply-adds long. One chain alone would wait several clocks for each
// result; what fills the arithmetic units is other chains, of the same thread or of other threads. With factor 1 and
// term 1, which the compiler does not know, every sum counts the steps, so the result tells whether they were done:
// out[t] = CHAINS x steps + (0 + 1 + ... + CHAINS-1), a whole number below 2^24. Without __launch_bounds__ hipcc allows
// for blocks of 1024 threads, leaves each 64 registers on some chips, and the chains spill into memory.
enum { FMA_STEPS = 4096, FMA_BLOCK = 256 };
template <int CHAINS>
__global__ void __launch_bounds__(FMA_BLOCK) roofline_fma(float *out, int steps, float factor, float term)
{
    int t = blockIdx.x * blockDim.x + threadIdx.x;
    float a[CHAINS];
    for (int c = 0; c < CHAINS; ++c)
        a[c] = (float)c;
    for (int s = 0; s < steps; ++s) {
        for (int c = 0; c < CHAINS; ++c)
            a[c] = a[c] * factor + term;
    }
    float sum = 0;
    for (int c = 0; c < CHAINS; ++c)
        sum += a[c];
    out[t] = sum;
}

#if __INCLUDE_LEVEL__ == 0

typedef struct {
    DeviceF32 from, to; // the arrays that are copied
    DeviceI32 wrong;    // 1
    DeviceF32 sums;     // one a thread of the FMA kernels
    long quads;
    int block; // of the shape that runs
} Operands;

// One way to copy, or to compute; `size` is the quads or chains a thread.
typedef struct {
    const char *what;
    Launch launch;
    int block, size;
} KernelShape;

template <int QUADS> static void copy(const void *operands)
{
    const Operands *o = (const Operands *)operands;
    long blocks = ceil_div_long(o->quads, (long)QUADS * o->block);
    roofline_copy<QUADS><<<(unsigned)blocks, o->block>>>((const float4 *)o->from.data, (float4 *)o->to.data, o->quads);
}

template <int CHAINS> static void fma_chains(const void *operands)
{
    const Operands *o = (const Operands *)operands;
    roofline_fma<CHAINS><<<(unsigned)(o->sums.n / FMA_BLOCK), FMA_BLOCK>>>(o->sums.data, FMA_STEPS, 1, 1);
}

static void print_row(const char *what, Timing timing, const char *rate)
{
    char time[32];
    time_text(time, sizeof time, timing.median_ms);
    printf("  %-36s ", what);
    print_field(time, 10, true);
    printf("   %s\n", rate);
    fflush(stdout);
}

// Spoils the copy, runs one shape, and looks at every element.
static bool copy_is_right(const Operands *o, const KernelShape *shape)
{
    device_fill_bytes(o->to, 0xFF);
    device_fill_bytes(o->wrong, 0);
    shape->launch(o);
    HIP_CHECK_LAUNCH();
    roofline_count_wrong<<<(unsigned)ceil_div_long(o->to.n, 256), 256>>>(o->to.data, o->to.n, o->wrong.data);
    HIP_CHECK_LAUNCH();
    HostI32 wrong = host_copy(o->wrong);
    if (wrong.data[0] == 0)
        return true;
    complain("%s: %d of %ld elements are not copied", shape->what, wrong.data[0], o->to.n);
    return false;
}

static bool sums_are_right(const Operands *o, const KernelShape *shape)
{
    double expected = (double)shape->size * FMA_STEPS + 0.5 * shape->size * (shape->size - 1);
    device_fill_bytes(o->sums, 0xFF);
    shape->launch(o);
    HIP_CHECK_LAUNCH();
    HostF32 sums = host_copy(o->sums);
    for (long t = 0; t < sums.n; ++t) {
        if (!(sums.data[t] == expected)) {
            complain("%s: thread %ld got %.9g, expected %.9g", shape->what, t, sums.data[t], expected);
            return false;
        }
    }
    host_free(sums);
    return true;
}

// The best bandwidth of the shapes in GB/s, 0 where one of them is wrong.
static double measure_copy(Operands *o, int repeat)
{
    const KernelShape shapes[] = {
        {"one float4 a thread, blocks of 256", copy<1>, 256, 1},
        {"one float4 a thread, blocks of 1024", copy<1>, 1024, 1},
        {"two float4 a thread, blocks of 512", copy<2>, 512, 2},
        {"four float4 a thread, blocks of 256", copy<4>, 256, 4},
    };
    char rate[32];
    double best = 0, bytes = 32.0 * o->quads;
    for (int i = 0; i < LENGTH(shapes); ++i) {
        o->block = shapes[i].block;
        if (!copy_is_right(o, &shapes[i]))
            return 0;
        Timing timing = time_launch(shapes[i].launch, o, repeat);
        double gb_per_s = 1e-6 * bytes / timing.median_ms;
        snprintf(rate, sizeof rate, "%8.1f GB/s", gb_per_s);
        print_row(shapes[i].what, timing, rate);
        best = gb_per_s > best ? gb_per_s : best;
    }
    return best;
}

// The best FMA rate of the shapes in GFLOP/s, 0 where one of them is wrong.
static double measure_fma(const Operands *o, int repeat)
{
    const KernelShape shapes[] = {
        {"4 chains a thread", fma_chains<4>, FMA_BLOCK, 4},
        {"16 chains a thread", fma_chains<16>, FMA_BLOCK, 16},
        {"64 chains a thread", fma_chains<64>, FMA_BLOCK, 64},
        {"128 chains a thread", fma_chains<128>, FMA_BLOCK, 128},
    };
    char rate[32];
    double best = 0;
    for (int i = 0; i < LENGTH(shapes); ++i) {
        if (!sums_are_right(o, &shapes[i]))
            return 0;
        Timing timing = time_launch(shapes[i].launch, o, repeat);
        double gflop_per_s = 2e-6 * o->sums.n * shapes[i].size * FMA_STEPS / timing.median_ms;
        snprintf(rate, sizeof rate, "%8.1f GFLOP/s", gflop_per_s);
        print_row(shapes[i].what, timing, rate);
        best = gflop_per_s > best ? gflop_per_s : best;
    }
    return best;
}

// What is possible at some intensities, as a table with bars.
static void print_roof(Roof roof)
{
    const struct {
        double intensity;
        const char *example;
    } rows[] = {
        {1.0 / 12, "vector_add: 1 addition, 12 bytes"}, {0.5, "a vector times a matrix"},
        {5, "mnist_linear: 20 operations, 4 bytes"},    {21, "a product of matrices of 128 x 128"},
        {171, "a product of matrices of 1024 x 1024"},
    };
    double ridge = roof.fma_gflop_per_s / roof.copy_gb_per_s;
    printf("\ncopy %.1f GB/s, FMA %.1f GFLOP/s; the ridge is at %.1f FLOP a byte\n\n", roof.copy_gb_per_s,
           roof.fma_gflop_per_s, ridge);
    printf("FLOP/byte   possible GFLOP/s                                limit\n");
    for (int i = 0; i < LENGTH(rows); ++i) {
        double slope = rows[i].intensity * roof.copy_gb_per_s;
        bool memory = slope < roof.fma_gflop_per_s;
        double possible = memory ? slope : roof.fma_gflop_per_s;
        int bar = (int)(30 * possible / roof.fma_gflop_per_s + 0.5);
        printf("%9.2f %10.1f  |%.*s%*s| %s   %s\n", rows[i].intensity, possible, bar, "##############################",
               30 - bar, "", memory ? "memory    " : "arithmetic", rows[i].example);
    }
}

// Bytes of one array: both together fill the last-level cache four times, and are 1 GiB at least, because not every
// GPU tells its largest cache (AMD's Infinity Cache does not show in l2CacheSize). At most a quarter of what is free.
static double bytes_by_itself(double cache)
{
    size_t free_bytes = 0, total_bytes = 0;
    double least = 512 * 1048576.0, bytes = 2 * cache > least ? 2 * cache : least;
    HIP_CHECK(hipMemGetInfo(&free_bytes, &total_bytes));
    return bytes < 0.25 * free_bytes ? bytes : 0.25 * free_bytes;
}

int main(int argc, char **argv)
{
    int mib = 0, repeat = 0;
    const Option options[] = {
        OPTION_INT_RANGE("mib", &mib, "MiB of each of the two arrays that are copied; 0: by itself", 0, 65536),
        OPTION_INT_RANGE("repeat", &repeat, "timed runs a shape; 0: as many as it takes", 0, 1000000),
    };
    options_parse(argc, argv, "measures copy bandwidth and FMA rate, for the reports of all programs", options,
                  LENGTH(options));
    printf("stage0_infra/roofline   %s\n", device_summary());
    double cache = device_properties()->l2CacheSize;
    long n = 4 * (long)((mib ? 1048576.0 * mib : bytes_by_itself(cache)) / 16);
    bool small = 8.0 * n < 4 * cache;
    if (small)
        printf("Both arrays together are not four times as large as the last-level cache (%.0f MiB): parts of them\n"
               "stay there, and the copy is faster than memory.\n",
               cache / 1048576);
    Operands o = {
        device_f32(n), device_f32(n), device_i32(1), device_f32(8L * FMA_BLOCK * device_multiprocessors()), n / 4, 0};
    roofline_fill<<<(unsigned)ceil_div_long(n, 256), 256>>>(o.from.data, n);
    HIP_CHECK_LAUNCH();

    Roof roof = {false, 0, 0};
    printf("\nCopy, 2 x %.0f MiB, bytes read plus bytes written\n", 4.0 * n / 1048576);
    roof.copy_gb_per_s = measure_copy(&o, repeat);
    printf("\nMultiply-adds in registers, %ld threads, 2 operations each\n", o.sums.n);
    roof.fma_gflop_per_s = measure_fma(&o, repeat);
    roof.known = roof.copy_gb_per_s > 0 && roof.fma_gflop_per_s > 0;
    if (roof.known) {
        print_roof(roof);
        if (small && mib > 0) {
            printf("\nNot kept for the other programs: --mib is too small for that.\n");
        } else {
            roof_save(roof);
            printf("\nwrote %s\n", roof_path());
        }
    }
    HIP_CHECK(hipDeviceSynchronize());
    buffers_free_all();
    return roof.known ? STATUS_OK : STATUS_CHECK;
}
#endif
