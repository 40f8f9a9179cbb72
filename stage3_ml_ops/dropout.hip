// dropout: in training each element of x is dropped with probability p, and what is kept is divided by 1 - p, so that
// the expected value stays: y[i] = x[i]·keep[i] / (1 - p). On the way back dx[i] = dy[i]·keep[i] / (1 - p), with the
// same keep. (Srivastava and others, Dropout, JMLR 2014; dividing in training and not multiplying afterwards is
// "inverted" dropout.)
//
// The interesting part is the random numbers. A generator with a state would have to be asked in order, by one thread
// after the other. A counter-based one has no state: keep[i] is a function of (seed, step, layer, i), which any thread
// computes for itself, in any order, for any block size, on any device - and once more on the way back, so that no mask
// need be stored. Whether to compute it again or to keep it is a question of arithmetic against memory.
#ifndef STAGE3_DROPOUT_HIP
#define STAGE3_DROPOUT_HIP

#include <hip/hip_runtime.h>
#include "../common/device.h"
#include "../common/random.h"
#include <float.h>
#include <math.h>

// What a layer has to know, the same on both ways. `threshold` of 2^24 numbers drop an element.
typedef struct {
    uint64_t seed;
    uint32_t step, layer, threshold;
    float scale;
} Dropout;

#define DROPOUT_NUMBERS 16777216 // 2^24

// p from 0 to 1. A float below 1 is at most 1 - 2^-24, so that p = 1 is the only one that drops everything; there is
// nothing left to scale then. Below 1/2 the threshold rounds p, by 2^-25 at most.
// A network's dropout layers are numbered, from 0 to DROPOUT_LAYERS - 1.
static inline Dropout dropout_make(float p, uint64_t seed, int step, int layer)
{
    uint32_t threshold = (uint32_t)((double)p * DROPOUT_NUMBERS + 0.5);
    Dropout d = {seed, (uint32_t)step, (uint32_t)layer, threshold, p < 1 ? (float)(1 / (1 - (double)p)) : 0};
    return d;
}

// Four random words for the elements 4 block ... 4 block + 3. The key is the seed; the counter has room for the block,
// for the step, and for a mark that sets these numbers apart from those that make data and weights (random_block has 0
// there): a network whose weights and masks came from the same words would drop what is small. The number of the layer
// stands beside the mark: without it two layers of a network would drop the same elements in every step.
#define DROPOUT_MARK   0xD50Fu
#define DROPOUT_LAYERS 65536

static inline HOST_DEVICE Philox4 dropout_block(Dropout d, uint64_t block)
{
    Philox4 counter;
    counter.v[0] = (uint32_t)block;
    counter.v[1] = (uint32_t)(block >> 32);
    counter.v[2] = d.step;
    counter.v[3] = d.layer << 16 | DROPOUT_MARK;
    return philox4x32_10(counter, (uint32_t)d.seed, (uint32_t)(d.seed >> 32));
}

static inline HOST_DEVICE bool dropout_keeps(Dropout d, uint32_t word)
{
    return word >> 8 >= d.threshold;
}

// 1 / (1 - p) or 0, to multiply with. A product and not a choice between x and 0: NaN times 0 is NaN, and an error of
// an earlier layer stays to be seen.
static inline HOST_DEVICE float dropout_factor(Dropout d, bool kept)
{
    return kept ? d.scale : 0;
}

// An element a thread. Philox makes four words at a time, and each thread throws three of them away. (The word is
// chosen by comparisons, for registers have no index.) On the way back it is this very kernel: dx from dy.
__global__ void dropout_per_element(Dropout d, const float *x, float *y, int n)
{
    int i = blockIdx.x * blockDim.x + threadIdx.x;
    if (i >= n)
        return;
    Philox4 words = dropout_block(d, i / 4);
    int k = i % 4;
    uint32_t word = k == 0 ? words.v[0] : k == 1 ? words.v[1] : k == 2 ? words.v[2] : words.v[3];
    y[i] = x[i] * dropout_factor(d, dropout_keeps(d, word));
}

// Which of four elements are kept, a bit each, the first one's the lowest.
static inline HOST_DEVICE unsigned dropout_nibble(Dropout d, uint64_t block)
{
    Philox4 words = dropout_block(d, block);
    return (unsigned)dropout_keeps(d, words.v[0]) | (unsigned)dropout_keeps(d, words.v[1]) << 1 |
           (unsigned)dropout_keeps(d, words.v[2]) << 2 | (unsigned)dropout_keeps(d, words.v[3]) << 3;
}

// Four elements from i on, a multiple of 4, or those that there are.
static inline __device__ void dropout_quad(Dropout d, unsigned nibble, const float *x, float *y, int i, int n)
{
    if (i + 3 < n) {
        float4 a = *(const float4 *)(x + i);
        *(float4 *)(y + i) = make_float4(a.x * dropout_factor(d, nibble & 1), a.y * dropout_factor(d, nibble & 2),
                                         a.z * dropout_factor(d, nibble & 4), a.w * dropout_factor(d, nibble & 8));
    } else {
        for (int k = 0; i + k < n; ++k)
            y[i + k] = x[i + k] * dropout_factor(d, nibble >> k & 1);
    }
}

// Four elements a thread: all four words are used, and it is one load and one store of 16 bytes.
__global__ void dropout_float4(Dropout d, const float *x, float *y, int n)
{
    int t = blockIdx.x * blockDim.x + threadIdx.x;
    if (t < ceil_div(n, 4))
        dropout_quad(d, dropout_nibble(d, t), x, y, 4 * t, n);
}

// The same, and the mask is kept for the way back, a byte an element: no Philox there, but two bytes more of memory for
// each element, written once and read once.
__global__ void dropout_mask_bytes(Dropout d, const float *x, float *y, unsigned char *mask, int n)
{
    int t = blockIdx.x * blockDim.x + threadIdx.x, i = 4 * t;
    if (t >= ceil_div(n, 4))
        return;
    unsigned nibble = dropout_nibble(d, t);
    dropout_quad(d, nibble, x, y, i, n);
    if (i + 3 < n)
        *(uchar4 *)(mask + i) = make_uchar4(nibble & 1, nibble >> 1 & 1, nibble >> 2 & 1, nibble >> 3 & 1);
    else
        for (int k = 0; i + k < n; ++k)
            mask[i + k] = nibble >> k & 1;
}

__global__ void dropout_mask_bytes_grad(Dropout d, const float *dy, const unsigned char *mask, float *dx, int n)
{
    int t = blockIdx.x * blockDim.x + threadIdx.x, i = 4 * t;
    if (i + 3 < n) {
        uchar4 m = *(const uchar4 *)(mask + i);
        dropout_quad(d, m.x | m.y << 1 | m.z << 2 | m.w << 3, dy, dx, i, n);
    } else {
        for (; i < n; ++i)
            dx[i] = dy[i] * dropout_factor(d, mask[i]);
    }
}

// A bit an element, eight elements a thread, so that a whole byte is one thread's: a quarter of a byte more of memory
// for each element, both ways together. Element i is bit i % 8 of byte i / 8.
__global__ void dropout_mask_bits(Dropout d, const float *x, float *y, unsigned char *mask, int n)
{
    int t = blockIdx.x * blockDim.x + threadIdx.x;
    if (t >= ceil_div(n, 8))
        return;
    unsigned low = dropout_nibble(d, 2 * (uint64_t)t), high = dropout_nibble(d, 2 * (uint64_t)t + 1);
    dropout_quad(d, low, x, y, 8 * t, n);
    dropout_quad(d, high, x, y, 8 * t + 4, n);
    mask[t] = (unsigned char)(low | high << 4);
}

__global__ void dropout_mask_bits_grad(Dropout d, const float *dy, const unsigned char *mask, float *dx, int n)
{
    int t = blockIdx.x * blockDim.x + threadIdx.x;
    if (t >= ceil_div(n, 8))
        return;
    unsigned bits = mask[t];
    dropout_quad(d, bits & 15, dy, dx, 8 * t, n);
    dropout_quad(d, bits >> 4, dy, dx, 8 * t + 4, n);
}

// y from x, and dx from dy: the mask is computed in both. Any n and any pointers: where x and y do not begin at
// multiples of 16 bytes, it goes by single elements. The versions with a stored mask have no such choice: x, y, dy and
// dx have to begin at multiples of 16 bytes there, and the mask at one of 4.
static inline void dropout_launch(Dropout d, const float *x, float *y, int n, int block)
{
    if (((size_t)x | (size_t)y) % sizeof(float4) == 0)
        dropout_float4<<<ceil_div(ceil_div(n, 4), block), block>>>(d, x, y, n);
    else
        dropout_per_element<<<ceil_div(n, block), block>>>(d, x, y, n);
}

// Reference for one way: y from x, or dx from dy. The scale is rounded once, and so is the product; where nothing is
// scaled, and where an element is dropped, nothing is rounded. Below the smallest normal number a rounding is 2^-150.
static inline void dropout_cpu(Dropout d, float p, const float *x, double *y, double *bound, int n)
{
    for (int block = 0; block < ceil_div(n, 4); ++block) {
        unsigned nibble = dropout_nibble(d, block);
        for (int k = 0; k < 4 && 4 * block + k < n; ++k) {
            int i = 4 * block + k;
            bool kept = nibble >> k & 1;
            y[i] = kept ? x[i] / (1 - (double)p) : 0.0 * x[i];
            bound[i] = kept && p > 0 ? 1.001 * FLT_EPSILON * fabs(y[i]) + ldexp(1, -149) : 0;
        }
    }
}

#if __INCLUDE_LEVEL__ == 0 // the program; a later stage that includes this file skips it
#include "../common/program.h"

typedef struct {
    Dropout dropout;
    DeviceF32 x, dy, y, dx;
    DeviceU8 mask; // n, or of the versions that store bits the first n / 8, rounded up
    int n, block;
} Operands;

static void per_element(const void *operands)
{
    const Operands *o = (const Operands *)operands;
    int grid = ceil_div(o->n, o->block);
    dropout_per_element<<<grid, o->block>>>(o->dropout, o->x.data, o->y.data, o->n);
    dropout_per_element<<<grid, o->block>>>(o->dropout, o->dy.data, o->dx.data, o->n);
}

static void float4_loads(const void *operands)
{
    const Operands *o = (const Operands *)operands;
    dropout_launch(o->dropout, o->x.data, o->y.data, o->n, o->block);
    dropout_launch(o->dropout, o->dy.data, o->dx.data, o->n, o->block);
}

static void mask_bytes(const void *operands)
{
    const Operands *o = (const Operands *)operands;
    int grid = ceil_div(ceil_div(o->n, 4), o->block);
    dropout_mask_bytes<<<grid, o->block>>>(o->dropout, o->x.data, o->y.data, o->mask.data, o->n);
    dropout_mask_bytes_grad<<<grid, o->block>>>(o->dropout, o->dy.data, o->mask.data, o->dx.data, o->n);
}

static void mask_bits(const void *operands)
{
    const Operands *o = (const Operands *)operands;
    int grid = ceil_div(ceil_div(o->n, 8), o->block);
    dropout_mask_bits<<<grid, o->block>>>(o->dropout, o->x.data, o->y.data, o->mask.data, o->n);
    dropout_mask_bits_grad<<<grid, o->block>>>(o->dropout, o->dy.data, o->mask.data, o->dx.data, o->n);
}

// Uniform in [-1, 1), and never 0: what is dropped must be seen.
static HostF32 make_values(int n, uint64_t seed)
{
    HostF32 x = host_uniform(n, seed, -1, 1);
    for (int i = 0; i < n; ++i)
        x.data[i] = x.data[i] == 0 ? 1 : x.data[i];
    return x;
}

// How far a count of `n` independent events of probability q may be from n·q, in all but one case of 10^9: Bernstein's
// inequality, P(|count - nq| >= t) <= 2 exp(-t^2 / (2 (nq(1-q) + t/3))), solved for t.
static double count_bound(double n, double q)
{
    double l = log(2e9);
    return l / 3 + sqrt(l * l / 9 + 2 * n * q * (1 - q) * l);
}

static void statistics_row(Program *program, Table *table, const char *what, double count, double n, double q)
{
    char(*cell)[TABLE_CELL] = table->cell[table->rows++];
    double bound = count_bound(n, q);
    text_format(cell[0], TABLE_CELL, "%s", what);
    text_format(cell[1], TABLE_CELL, "%.4f %%", 100 * count / n);
    text_format(cell[2], TABLE_CELL, "%.4f %%", 100 * q);
    text_format(cell[3], TABLE_CELL, "%.4f %%", 100 * bound / n);
    program_expect(program, fabs(count - n * q) <= bound, "%s: %.0f of %.0f, expected %.1f +- %.1f", what, count, n,
                   n * q, bound);
}

// Is the mask random enough? How much is kept; how much is kept in this step and in the next one, in this layer and in
// another one; of neighbours, how many are kept both. The last three are squares of the first if one keeps apart from
// the other.
static void print_statistics(Program *program, Dropout d, int n)
{
    Dropout next = d, other = d;
    ++next.step;
    other.layer ^= 1;
    double kept = 0, both_steps = 0, both_layers = 0, both_neighbours = 0,
           q = 1 - (double)d.threshold / DROPOUT_NUMBERS;
    for (int block = 0; 4 * (long)block < n; ++block) {
        unsigned now = dropout_nibble(d, block), later = dropout_nibble(next, block);
        unsigned elsewhere = dropout_nibble(other, block);
        for (int k = 0; k < 4 && 4 * (long)block + k < n; ++k) {
            kept += now >> k & 1;
            both_steps += now & later & 1u << k ? 1 : 0;
            both_layers += now & elsewhere & 1u << k ? 1 : 0;
            if (k % 2 == 1)
                both_neighbours += (now >> (k - 1) & 3) == 3;
        }
    }
    Table table;
    memset(&table, 0, sizeof table);
    static const char *const heading[] = {"", "found", "expected", "within"};
    table.columns = LENGTH(heading);
    table.rows = 1;
    for (int c = 0; c < table.columns; ++c)
        text_format(table.cell[0][c], TABLE_CELL, "%s", heading[c]);
    statistics_row(program, &table, "kept", kept, n, q);
    statistics_row(program, &table, "kept in this step and the next", both_steps, n, q * q);
    statistics_row(program, &table, "kept in this layer and another one", both_layers, n, q * q);
    if (n > 1)
        statistics_row(program, &table, "kept both, 2i and 2i + 1", both_neighbours, n / 2, q * q);
    program_result(program, "kept", kept / n);
    printf("\n");
    table_print(&table);
}

// NaN stays NaN, dropped or not; the checker cannot say that, for to it NaN is always wrong.
static void expect_nan(Program *program, const Operands *all, const Version *version)
{
    enum { COUNT = 23 }; // quads, and a ragged end in quads and in eights
    HostF32 nan = host_f32(COUNT), got = host_f32(COUNT);
    for (int i = 0; i < COUNT; ++i)
        nan.data[i] = NAN;
    Operands o = *all;
    o.n = COUNT;
    o.x = o.dy = device_copy(nan);
    o.y = device_copy(host_f32(COUNT));
    o.dx = device_copy(host_f32(COUNT));
    o.mask = device_u8(COUNT);
    version->launch(&o);
    HIP_CHECK_LAUNCH();
    for (int way = 0; way < 2; ++way) {
        download(got, way ? o.dx : o.y);
        for (int i = 0; i < COUNT; ++i)
            program_expect(program, isnan(got.data[i]), "%s: NaN has become %g in %s[%d]", version->name, got.data[i],
                           way ? "dx" : "y", i);
    }
}

int main(int argc, char **argv)
{
    int n = 1000003, step = 0, layer = 0; // a prime: no block size divides it
    float p = 0.3f;
    const Option options[] = {
        OPTION_INT_RANGE("n", &n, "number of elements", 1, 2000000000),
        OPTION_FLOAT_RANGE("p", &p, "probability that an element is dropped", 0, 1),
        OPTION_INT_RANGE("step", &step, "number of the training step; another one has another mask", 0, INT_MAX),
        OPTION_INT_RANGE("layer", &layer, "number of the layer in its network, the same", 0, DROPOUT_LAYERS - 1),
    };
    const Version versions[] = {
        {"per_element", per_element, "an element and a Philox block a thread, the mask computed twice"},
        {"float4", float4_loads, "four elements and a Philox block a thread, the mask computed twice"},
        {"mask_bytes", mask_bytes, "float4, the mask kept for the way back, a byte an element"},
        {"mask_bits", mask_bits, "the mask kept in bits, eight elements a thread"},
    };
    Program program =
        program_begin(argc, argv, "y = x keep / (1 - p) and dx = dy keep / (1 - p), float32", options, LENGTH(options));
    program_versions(&program, versions, LENGTH(versions));

    Dropout dropout = dropout_make(p, program.seed, step, layer);
    HostF32 x = make_values(n, program.seed), dy = make_values(n, program.seed + 1);
    HostF64 y = host_f64(n), y_bound = host_f64(n), dx = host_f64(n), dx_bound = host_f64(n);
    dropout_cpu(dropout, p, x.data, y.data, y_bound.data, n);
    dropout_cpu(dropout, p, dy.data, dx.data, dx_bound.data, n);

    Operands o = {dropout, device_copy(x), device_copy(dy), device_f32(n), device_f32(n), device_u8(n),
                  n,       program.block};
    program_input(&program, "x", x, SHAPE(n));
    program_input(&program, "dy", dy, SHAPE(n));
    program_output(&program, "y", o.y, SHAPE(n), y, y_bound);
    program_output(&program, "dx", o.dx, SHAPE(n), dx, dx_bound);
    program_scratch(&program, o.mask);
    program_work(&program, (Work){.flops = 0, .bytes = 16.0 * n});
    program_bytes(&program, "moved", "per_element", 16.0 * n);
    program_bytes(&program, "moved", "float4", 16.0 * n);
    program_bytes(&program, "moved", "mask_bytes", 18.0 * n);
    program_bytes(&program, "moved", "mask_bits", 16.25 * n);
    program_run(&program, versions, LENGTH(versions), &o);
    for (int i = 0; i < LENGTH(versions); ++i)
        if (program_wants(&program, versions[i].name))
            expect_nan(&program, &o, &versions[i]);
    print_statistics(&program, dropout, n);
    return program_end(&program);
}
#endif
#endif
