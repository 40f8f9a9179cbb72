// dot: the sum of x[i]·y[i] over n elements, one number out of 8n bytes.
//
// The first kernel in which threads must work together: every thread has a product, and all of them go into one sum.
// It is the pattern behind norms, means, softmax, losses and every gradient of a bias. Two questions run through the
// versions: how do the threads meet, and through how many additions does a product go on its way? The first decides
// the speed, the second what rounding costs: the program prints both. The limit is reading 8 bytes for two operations.
#include <hip/hip_runtime.h>
#include "../common/program.h"
#include "../common/unroll.h"

enum { DOT_THREADS_MOST = 1024, DOT_WARPS_MOST = 32 }; // of a block: 1024 threads are 32 warps of 32 or 16 of 64

// All threads add to one float in memory. atomicAdd makes each addition indivisible, and the memory unit does them one
// after the other, n in a row, in the order in which the threads happen to come: the last bits differ from run to run.
__global__ void dot_atomic(const float *x, const float *y, float *sum, int n)
{
    int i = blockIdx.x * blockDim.x + threadIdx.x;
    if (i < n)
        atomicAdd(sum, x[i] * y[i]);
}

// A block adds up its own products first, as a tree in shared memory: in every round the upper half of what is left is
// added to the lower half, so 256 numbers take 8 rounds. Then one atomicAdd a block. The halves are rounded up, so that
// any number of threads is right (with 7: 3 are added to 4, the middle one waits). Two pitfalls: the barrier stands
// outside the `if`, where all threads reach it, and threads beyond n take part with 0, or their places hold old bits.
__global__ void dot_shared(const float *x, const float *y, float *sum, int n)
{
    __shared__ float parts[DOT_THREADS_MOST];
    int t = threadIdx.x, i = blockIdx.x * blockDim.x + t;
    parts[t] = i < n ? x[i] * y[i] : 0;
    for (int count = blockDim.x; count > 1; count = ceil_div(count, 2)) {
        __syncthreads();
        int half = ceil_div(count, 2);
        if (t + half < count)
            parts[t] += parts[t + half];
    }
    if (t == 0)
        atomicAdd(sum, parts[0]);
}

// The same tree within a warp, by shuffles: a lane reads the register of the lane `step` above. No shared memory, no
// barrier. `lanes`: how many the caller's warp has, for the last one of a block may be incomplete, and what a shuffle
// brings from a lane that is not there is undefined: it is fetched and not used. (A branch around the addition would
// save nothing, and lanes that took different ways need not shuffle together.) The result is in lane 0.
static inline __device__ float dot_warp_sum(float value, int lane, int lanes)
{
    warp_sync(); // whatever happened before, the warp goes on as one
    for (int step = warpSize / 2; step > 0; step /= 2) {
        float other = __shfl_down(value, step);
        value += lane + step < lanes ? other : 0;
    }
    return value;
}

// The sum over a block, in thread 0: each warp by shuffles, then one number a warp through shared memory, then the
// first warp adds those up by shuffles. One barrier instead of one a round. If there is a second warp, the first one is
// complete, and there are never more warps in a block than lanes in a warp. A kernel that calls it twice needs a barrier
// in between: the second call writes where the first warp may still be reading.
static inline __device__ float dot_block_sum(float value)
{
    __shared__ float parts[DOT_WARPS_MOST];
    int lane = threadIdx.x % warpSize, warp = threadIdx.x / warpSize;
    int warps = ceil_div(blockDim.x, warpSize);
    value = dot_warp_sum(value, lane, min(warpSize, (int)blockDim.x - warp * warpSize));
    if (lane == 0)
        parts[warp] = value;
    __syncthreads();
    if (warp == 0)
        value = dot_warp_sum(lane < warps ? parts[lane] : 0, lane, min(warpSize, warps));
    return value;
}

// dot_shared with that sum in place of its tree.
__global__ void dot_shuffle(const float *x, const float *y, float *sum, int n)
{
    int i = blockIdx.x * blockDim.x + threadIdx.x;
    float value = dot_block_sum(i < n ? x[i] * y[i] : 0);
    if (threadIdx.x == 0)
        atomicAdd(sum, value);
}

// Fused multiply-adds: the products are not rounded at all.
static inline __device__ float dot_quad(float4 x, float4 y, float sum)
{
    return fmaf(x.w, y.w, fmaf(x.z, y.z, fmaf(x.y, y.y, fmaf(x.x, y.x, sum))));
}

// Pass 1 of two. One element a thread left the block sum as the main work. Here the device is filled once, and every
// thread walks over the arrays: it adds in registers what it meets, and the block sum comes once at the end. DOT_AHEAD
// quads of x and of y are asked for before the first one is used, 128 bytes a thread: memory answers after several
// hundred cycles, and only what is under way meanwhile makes bandwidth. Each has a sum of its own, so that no addition
// waits for the one before, and each chain of additions is as many times shorter.
enum { DOT_AHEAD = 4 };
__global__ void dot_partials(const float *x, const float *y, float *partials, int n)
{
    const float4 *x4 = (const float4 *)x, *y4 = (const float4 *)y;
    int quads = n / 4, stride = gridDim.x * blockDim.x, first = blockIdx.x * blockDim.x + threadIdx.x, i = first;
    float sum[DOT_AHEAD] = {0};
    for (; i + (DOT_AHEAD - 1) * stride < quads; i += DOT_AHEAD * stride) {
        float4 a[DOT_AHEAD], b[DOT_AHEAD];
        UNROLL
        for (int k = 0; k < DOT_AHEAD; ++k) {
            a[k] = x4[i + k * stride];
            b[k] = y4[i + k * stride];
        }
        UNROLL
        for (int k = 0; k < DOT_AHEAD; ++k)
            sum[k] = dot_quad(a[k], b[k], sum[k]);
    }
    for (; i < quads; i += stride) // what is left, less than DOT_AHEAD quads a thread
        sum[0] = dot_quad(x4[i], y4[i], sum[0]);
    for (int e = 4 * quads + first; e < n; e += stride) // and the last elements, which are no quad
        sum[1] = fmaf(x[e], y[e], sum[1]);
    float value = dot_block_sum((sum[0] + sum[1]) + (sum[2] + sum[3]));
    if (threadIdx.x == 0)
        partials[blockIdx.x] = value;
}

// Pass 2: one block adds up what the blocks have left. The end of a launch is the barrier for the whole grid that a
// kernel does not have. Every number is added in a fixed place, so the result is the same to the last bit in every run.
__global__ void dot_total(const float *partials, float *sum, int count)
{
    float value = 0;
    for (int i = threadIdx.x; i < count; i += blockDim.x)
        value += partials[i];
    value = dot_block_sum(value);
    if (threadIdx.x == 0)
        *sum = value;
}

// Reference. Returns the sum in double; `size` becomes the sum of |x||y|, in which errors are measured: the sum itself
// may come out near 0 by cancellation, which is not the fault of the additions.
static inline double dot_cpu(const float *x, const float *y, double *size, int n)
{
    double sum = 0, absolute = 0;
    for (int i = 0; i < n; ++i) {
        double product = (double)x[i] * y[i];
        sum += product;
        absolute += fabs(product);
    }
    *size = absolute;
    return sum;
}

// The error allowed, relative to that size, where no product goes through more than k roundings. Each is off by at most
// u = 2^-24, so k·u for certain (Higham, Accuracy and Stability of Numerical Algorithms, section 4.2). Errors with signs
// of their own cancel as in a random walk: less than 8 sqrt(k) u in all but one case of 10^9 (Higham and Mary, A new
// approach to probabilistic rounding error analysis, 2019). That needs terms which are not small against the last bit of
// the sum: after 2^22 alike ones a single one is worth four units in the last place, and beyond that errors take sides.
// And k·u reaches 1 at 2^24, where even a kernel that does nothing would pass: a tenth is all that is ever allowed.
static inline double dot_bound(double k)
{
    const double u = 0.5 * FLT_EPSILON;
    return fmin(0.1, u * (k <= 4194304 ? likely_roundings(k) : k));
}

#if __INCLUDE_LEVEL__ == 0

enum { TOTAL_THREADS = 256, THREADS_PER_MULTIPROCESSOR = 1024 };

typedef struct {
    DeviceF32 x, y; // n elements each
    DeviceF32 sum, partials;
    int n, block, blocks, warp;
    double size;   // the sum of |x||y|
    HostF64 bound; // of the version that runs
} Operands;

// How often two_pass's blocks fit on the device: 1024 threads a multiprocessor have 128 KiB of loads under way there,
// and equally many blocks on each one keep them busy to the end. Fewer where there are not as many quads.
static int two_pass_blocks(int n, int block)
{
    int most = device_multiprocessors() * ceil_div(THREADS_PER_MULTIPROCESSOR, block);
    int needed = ceil_div(ceil_div(n, 4), block);
    return needed < most ? needed : most;
}

static int ceil_log2(int n)
{
    int log = 0;
    while (1 << log < n)
        ++log;
    return log;
}

// The most roundings that a product goes through: its own, and those of the additions.
static double chain_atomic(const Operands *o)
{
    return o->n;
}

static double chain_shared(const Operands *o)
{
    return 1.0 + ceil_log2(o->block) + (ceil_div(o->n, o->block) - 1);
}

static double chain_shuffle(const Operands *o)
{
    int warps = ceil_div(o->block, o->warp);
    return 1.0 + ceil_log2(warps > 1 ? o->warp : o->block) + ceil_log2(warps) + (ceil_div(o->n, o->block) - 1);
}

static double chain_two_pass(const Operands *o)
{
    int rounds = o->n / 4 / (DOT_AHEAD * o->blocks * o->block); // each thread: whole ones, then up to 3 quads
    int thread = 4 * (rounds + DOT_AHEAD - 1) + 1 + ceil_log2(DOT_AHEAD);
    int pass1 = thread + ceil_log2(o->warp) + ceil_log2(ceil_div(o->block, o->warp));
    return pass1 + ceil_div(o->blocks, TOTAL_THREADS) + ceil_log2(TOTAL_THREADS);
}

// With few elements most additions are those of zeros, and exact: never more than n roundings.
static double allowed(const Operands *o, double chain)
{
    return dot_bound(chain < o->n ? chain : o->n);
}

// Every version is held to its own bound; what it adds to by atomics has to be 0 first, and that is a part of its work.
static void start(const Operands *o, double chain, bool zero)
{
    o->bound.data[0] = o->size * allowed(o, chain);
    if (zero)
        HIP_CHECK(hipMemsetAsync(o->sum.data, 0, sizeof(float), 0));
}

static void atomic(const void *operands)
{
    const Operands *o = (const Operands *)operands;
    start(o, chain_atomic(o), true);
    dot_atomic<<<ceil_div(o->n, o->block), o->block>>>(o->x.data, o->y.data, o->sum.data, o->n);
}

static void shared(const void *operands)
{
    const Operands *o = (const Operands *)operands;
    start(o, chain_shared(o), true);
    dot_shared<<<ceil_div(o->n, o->block), o->block>>>(o->x.data, o->y.data, o->sum.data, o->n);
}

static void shuffle(const void *operands)
{
    const Operands *o = (const Operands *)operands;
    start(o, chain_shuffle(o), true);
    dot_shuffle<<<ceil_div(o->n, o->block), o->block>>>(o->x.data, o->y.data, o->sum.data, o->n);
}

static void two_pass(const void *operands)
{
    const Operands *o = (const Operands *)operands;
    start(o, chain_two_pass(o), false);
    dot_partials<<<o->blocks, o->block>>>(o->x.data, o->y.data, o->partials.data, o->n);
    dot_total<<<1, TOTAL_THREADS>>>(o->partials.data, o->sum.data, o->blocks);
}

// What each version lost. The checker's error/bound, times the bound, is the error.
static void print_errors(Program *program, const Operands *o)
{
    static const char *const names[] = {"atomic", "shared", "shuffle", "two_pass"};
    const double chains[] = {chain_atomic(o), chain_shared(o), chain_shuffle(o), chain_two_pass(o)};
    printf("\nerror / sum |x||y|, in units of 2^-24   found     allowed   longest chain of roundings\n");
    for (int i = 0; i < program->result_count; ++i) {
        for (int k = 0; k < LENGTH(names); ++k) {
            if (strcmp(program->results[i].version, names[k]) != 0)
                continue;
            double bound = allowed(o, chains[k]), error = program->results[i].ratio * bound;
            printf("%-36s %8.3g  %10.3g  %11.0f\n", names[k], error * 16777216, bound * 16777216, chains[k]);
            program_result(program, names[k], error);
        }
    }
}

// Is two_pass the same to the last bit, however its blocks come about?
static void expect_same_bits(Program *program, const Operands *o)
{
    float first = 0, again = 0;
    for (int run = 0; run < 10; ++run) {
        two_pass(o);
        HIP_CHECK_LAUNCH();
        HIP_CHECK(hipMemcpy(run ? &again : &first, o->sum.data, sizeof first, hipMemcpyDeviceToHost));
        if (run && !program_expect(program, memcmp(&first, &again, sizeof first) == 0,
                                   "two_pass: %.9g in one run and %.9g in another", (double)first, (double)again))
            return;
    }
}

int main(int argc, char **argv)
{
    int n = 4000037; // a prime: no block size divides it
    const Option options[] = {OPTION_INT_RANGE("n", &n, "number of elements", 1, 2000000000)};
    const Version versions[] = {
        {"atomic", atomic, "one atomicAdd a thread"},
        {"shared", shared, "a tree in shared memory, one atomicAdd a block"},
        {"shuffle", shuffle, "warp shuffles, one atomicAdd a block"},
        {"two_pass", two_pass, "grid-stride, float4, shuffles, two launches, the same bits every time"},
    };
    Program program = program_begin(argc, argv, "sum of x y, float32", options, LENGTH(options));

    // More positive products than negative ones: with a mean of 0 the sum would stay small on its way, and with it the
    // errors of every version.
    HostF32 x = host_uniform(n, program.seed, -0.5f, 1.5f);
    HostF32 y = host_uniform(n, program.seed + 1, -0.5f, 1.5f);
    HostF64 expected = host_f64(1), bound = host_f64(1);
    double size = 0;
    expected.data[0] = dot_cpu(x.data, y.data, &size, n);

    int blocks = two_pass_blocks(n, program.block);
    Operands operands = {
        device_copy(x),     device_copy(y), device_f32(1), device_f32(blocks), n, program.block, blocks,
        device_warp_size(), size,           bound};
    program_input(&program, "x", x, SHAPE(n));
    program_input(&program, "y", y, SHAPE(n));
    program_output(&program, "sum", operands.sum, SHAPE(1), expected, bound);
    program_scratch(&program, operands.partials);
    program_work(&program, (Work){.flops = 2.0 * n, .bytes = 8.0 * n});

    program_run(&program, versions, LENGTH(versions), &operands);
    print_errors(&program, &operands);
    if (program_wants(&program, "two_pass"))
        expect_same_bits(&program, &operands);
    return program_end(&program);
}
#endif
