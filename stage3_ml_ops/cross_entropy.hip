// cross_entropy: how wrong a classifier is, and which way to go. For a row x of logits and its label c, the number of
// the right class: loss = -ln p[c] with p = softmax(x), the mean of it over the batch, and the gradient of that mean,
// dx[j] = (p[j] - [j = c]) / samples, float32.
//
// In two steps it loses what matters: for a sample that is badly wrong p[c] is so small that float32 makes it 0, and
// ln 0 is infinite. In one step nothing is lost: -ln p[c] = ln Σ e^(x - max) - (x[c] - max), the log-sum-exp form, and
// the probabilities need never be stored: half of the bytes. Labels come from files, so they are not to be trusted: one
// that is no class must not become an address.
#ifndef STAGE3_CROSS_ENTROPY_HIP
#define STAGE3_CROSS_ENTROPY_HIP

#include "softmax.hip"

// A sample with this label is left out: its loss and its gradient are 0, whatever its logits, and the mean does not
// count it. Padding in a batch gets it.
#define CROSS_ENTROPY_IGNORED -1

#include "cross_entropy_mean.h"

// x, p and dx are rows x columns without gaps, a row a sample, a column a class; labels and losses have one element a
// row. A label that is neither a class nor CROSS_ENTROPY_IGNORED gives NaN: an error that cannot be overlooked, and no
// access outside. cross_entropy_first_bad_label says where it is.
static inline __device__ bool cross_entropy_is_class(int label, int columns)
{
    return label >= 0 && label < columns;
}

// The factor of a sample's gradient. `scale` is 1 / number of samples that count.
static inline __device__ float cross_entropy_weight(int label, int columns, float scale)
{
    return cross_entropy_is_class(label, columns) ? scale : NAN;
}

static inline __device__ float cross_entropy_grad(float p, int j, int label, float weight)
{
    return label == CROSS_ENTROPY_IGNORED ? 0 : (p - (j == label ? 1 : 0)) * weight;
}

// One thread a sample. -ln 0 is infinity: that is what the probabilities say.
__global__ void cross_entropy_of_probabilities(const float *p, const int *labels, float *losses, int rows, int columns)
{
    int i = blockIdx.x * blockDim.x + threadIdx.x;
    if (i >= rows)
        return;
    int label = labels[i];
    float loss = label == CROSS_ENTROPY_IGNORED ? 0 : NAN;
    if (cross_entropy_is_class(label, columns))
        loss = -logf(p[(long)i * columns + label]);
    losses[i] = loss;
}

// One thread an element, a block a row or more.
__global__ void cross_entropy_grad_of_probabilities(const float *p, const int *labels, const float *scale, float *dx,
                                                    int rows, int columns)
{
    for (int i = blockIdx.x; i < rows; i += gridDim.x) {
        int label = labels[i];
        float weight = cross_entropy_weight(label, columns, *scale);
        const float *row = p + (long)i * columns;
        float *out = dx + (long)i * columns;
        for (int j = threadIdx.x; j < columns; j += blockDim.x)
            out[j] = cross_entropy_grad(row[j], j, label, weight);
    }
}

// ln Σ e^(x - max) - (x[c] - max): nothing in it can overflow, and nothing that counts underflows, for the sum is 1 at
// least. `row` is read at the label only if that is a class.
static inline __device__ float cross_entropy_of_logits(const float *row, int label, int columns, float largest,
                                                       float sum)
{
    if (cross_entropy_is_class(label, columns))
        return logf(sum) - (row[label] - largest);
    return label == CROSS_ENTROPY_IGNORED ? 0 : NAN;
}

// The passes of softmax, with e^(x - max) kept in dx, and at their end the loss and the gradient instead of the
// probabilities. A thread a row: for ten classes that is right, where a warp would have 22 lanes too many.
__global__ void cross_entropy_thread_per_row(const float *x, const int *labels, const float *scale, float *losses,
                                             float *dx, int rows, int columns)
{
    int i = blockIdx.x * blockDim.x + threadIdx.x;
    if (i >= rows)
        return;
    const float *row = x + (long)i * columns;
    float *out = dx + (long)i * columns;
    float largest = -INFINITY, sum = 0;
    for (int j = 0; j < columns; ++j)
        largest = fmaxf(largest, row[j]);
    for (int j = 0; j < columns; ++j) {
        float e = expf(row[j] - largest);
        sum += e;
        out[j] = e;
    }
    int label = labels[i];
    float weight = cross_entropy_weight(label, columns, *scale);
    losses[i] = cross_entropy_of_logits(row, label, columns, largest, sum);
    for (int j = 0; j < columns; ++j)
        out[j] = cross_entropy_grad(out[j] / sum, j, label, weight);
}

// A warp a row, blockDim (warpSize, rows of a block): for many classes.
__global__ void cross_entropy_warp_per_row(const float *x, const int *labels, const float *scale, float *losses,
                                           float *dx, int rows, int columns)
{
    int i = blockIdx.x * blockDim.y + threadIdx.y;
    if (i >= rows)
        return;
    const float *row = x + (long)i * columns;
    float *out = dx + (long)i * columns;
    float largest = -INFINITY, sum = 0;
    for (int j = threadIdx.x; j < columns; j += warpSize)
        largest = fmaxf(largest, row[j]);
    largest = warp_max(largest);
    for (int j = threadIdx.x; j < columns; j += warpSize) {
        float e = expf(row[j] - largest);
        sum += e;
        out[j] = e;
    }
    sum = warp_sum(sum);
    int label = labels[i];
    float weight = cross_entropy_weight(label, columns, *scale);
    if (threadIdx.x == 0)
        losses[i] = cross_entropy_of_logits(row, label, columns, largest, sum);
    for (int j = threadIdx.x; j < columns; j += warpSize)
        out[j] = cross_entropy_grad(out[j] / sum, j, label, weight);
}

// Leaves in *first the smallest i whose label is neither a class nor CROSS_ENTROPY_IGNORED; else *first stays.
__global__ void cross_entropy_find_bad_label(const int *labels, int *first, int rows, int columns)
{
    int i = blockIdx.x * blockDim.x + threadIdx.x;
    if (i < rows && labels[i] != CROSS_ENTROPY_IGNORED && !cross_entropy_is_class(labels[i], columns))
        atomicMin(first, i);
}

// The first sample with a bad label, or -1. Once for a data set, before the training; it waits for the device.
static inline int cross_entropy_first_bad_label(const int *labels, int rows, int columns)
{
    int *d_first, none = rows, first = none;
    HIP_CHECK(hipMalloc((void **)&d_first, sizeof(int)));
    HIP_CHECK(hipMemcpy(d_first, &none, sizeof(int), hipMemcpyHostToDevice));
    cross_entropy_find_bad_label<<<ceil_div(rows, 256), 256>>>(labels, d_first, rows, columns);
    HIP_CHECK_LAUNCH();
    HIP_CHECK(hipMemcpy(&first, d_first, sizeof(int), hipMemcpyDeviceToHost));
    HIP_CHECK(hipFree(d_first));
    return first == none ? -1 : first;
}

// ---- how they are launched: for later stages, and for the program below ---------------------------------------------

enum { CROSS_ENTROPY_SCRATCH = 1 + CROSS_ENTROPY_PARTS };

typedef struct {
    const float *x;    // rows x columns
    const int *labels; // rows
    float *losses;     // rows
    float *loss;       // their mean
    float *dx;         // rows x columns
    float *scratch;    // CROSS_ENTROPY_SCRATCH floats: the scale, and the parts of a sum
    int rows, columns; // rows up to 2^24
} CrossEntropy;

// What all versions begin with: the scale is needed by every row.
static inline void cross_entropy_begin(const CrossEntropy *c)
{
    int parts = cross_entropy_parts(c->rows);
    float *scale = c->scratch, *counts = c->scratch + 1;
    cross_entropy_counts<<<parts, CROSS_ENTROPY_THREADS>>>(c->labels, counts, c->rows);
    cross_entropy_scale<<<1, CROSS_ENTROPY_THREADS>>>(counts, scale, parts);
}

// And what they end with. The counts are not needed any more.
static inline void cross_entropy_end(const CrossEntropy *c)
{
    int parts = cross_entropy_parts(c->rows);
    float *scale = c->scratch, *sums = c->scratch + 1;
    cross_entropy_sums<<<parts, CROSS_ENTROPY_THREADS>>>(c->losses, sums, c->rows);
    cross_entropy_mean<<<1, CROSS_ENTROPY_THREADS>>>(sums, scale, c->loss, parts);
}

static inline void cross_entropy_thread_per_row_launch(const CrossEntropy *c, int block)
{
    cross_entropy_begin(c);
    cross_entropy_thread_per_row<<<ceil_div(c->rows, block), block>>>(c->x, c->labels, c->scratch, c->losses, c->dx,
                                                                      c->rows, c->columns);
    cross_entropy_end(c);
}

static inline void cross_entropy_warp_per_row_launch(const CrossEntropy *c, int block)
{
    int warps = device_warps(block);
    cross_entropy_begin(c);
    cross_entropy_warp_per_row<<<ceil_div(c->rows, warps), dim3(device_warp_size(), warps)>>>(
        c->x, c->labels, c->scratch, c->losses, c->dx, c->rows, c->columns);
    cross_entropy_end(c);
}

// By way of the probabilities, p, which has room for rows x columns.
static inline void cross_entropy_separate_launch(const CrossEntropy *c, float *p, int block)
{
    cross_entropy_begin(c);
    softmax_warp_per_row_launch(c->x, p, c->rows, c->columns, false, block);
    cross_entropy_of_probabilities<<<ceil_div(c->rows, block), block>>>(p, c->labels, c->losses, c->rows, c->columns);
    cross_entropy_grad_of_probabilities<<<grid_rows(c->rows), block>>>(p, c->labels, c->scratch, c->dx, c->rows,
                                                                       c->columns);
    cross_entropy_end(c);
}

#include "cross_entropy_cpu.h"

#if __INCLUDE_LEVEL__ == 0 // the program; a later stage that includes this file skips it
#include "../common/parallel.h"
#include "../common/program.h"

typedef struct {
    CrossEntropy c;                         // with device pointers
    DeviceF32 p, losses, loss, dx, scratch; // p is used by `separate` only
    int block;
} Operands;

static void separate(const void *operands)
{
    const Operands *o = (const Operands *)operands;
    cross_entropy_separate_launch(&o->c, o->p.data, o->block);
}

static void thread_per_row(const void *operands)
{
    const Operands *o = (const Operands *)operands;
    cross_entropy_thread_per_row_launch(&o->c, o->block);
}

static void warp_per_row(const void *operands)
{
    const Operands *o = (const Operands *)operands;
    cross_entropy_warp_per_row_launch(&o->c, o->block);
}

// Room for the results of so many samples, and where the kernels find all of it.
static Operands make_operands(DeviceF32 x, DeviceI32 labels, int rows, int columns, int block)
{
    long n = (long)rows * columns;
    Operands o = {
        {}, device_f32(n), device_f32(rows), device_f32(1), device_f32(n), device_f32(CROSS_ENTROPY_SCRATCH), block};
    CrossEntropy c = {x.data, labels.data, o.losses.data, o.loss.data, o.dx.data, o.scratch.data, rows, columns};
    o.c = c;
    return o;
}

// Labels at random; every sixteenth sample is left out.
static HostI32 make_labels(int rows, int columns, uint64_t seed)
{
    HostF32 random = host_uniform(rows, seed, 0, 1);
    HostI32 labels = host_i32(rows);
    for (int i = 0; i < rows; ++i) {
        int label = (int)(random.data[i] * columns);
        labels.data[i] = i % 16 == 7 ? CROSS_ENTROPY_IGNORED : label < columns ? label : columns - 1;
    }
    return labels;
}

// Plain logits, and samples that are badly wrong, quite sure, or far from 0. What is left out may hold anything.
static HostF32 make_logits(int rows, int columns, const int *labels, uint64_t seed)
{
    HostF32 x = host_uniform((long)rows * columns, seed, -6, 6);
    for (int i = 0; i < rows; ++i) {
        float *row = x.data + (long)i * columns;
        int label = labels[i];
        if (label == CROSS_ENTROPY_IGNORED) {
            row[0] = NAN;
        } else if (i % 8 == 1) { // p[label] is about e^-80: float32 still has it with all digits
            row[label] = -40;
            row[columns - 1 - label] = 40;
        } else if (i % 8 == 3) {
            row[label] = 30;
        } else if (i % 8 == 5) {
            for (int j = 0; j < columns; ++j)
                row[j] += 10000;
        }
    }
    return x;
}

typedef struct {
    HostF32 x;
    HostI32 labels;
    HostF64 losses, losses_bound, dx, dx_bound;
    double scale;
    int columns;
} Reference;

static void reference_rows(void *context, long first, long last)
{
    const Reference *r = (const Reference *)context;
    for (long i = first; i < last; ++i)
        r->losses.data[i] =
            cross_entropy_row_cpu(r->x.data + i * r->columns, r->labels.data[i], r->scale, r->dx.data + i * r->columns,
                                  r->dx_bound.data + i * r->columns, r->columns, &r->losses_bound.data[i]);
}

// What comes out at the edges: a right class that is hopeless, labels that are no class, a batch that is left out.
static void expect_limits(Program *program, const Version *version, int block)
{
    enum { ROWS = 6, COLUMNS = 39, HOPELESS = 0, IMPOSSIBLE = 1, FIRST_BAD = 2 };
    HostF32 x = host_uniform(ROWS * COLUMNS, 1, -6, 6);
    HostI32 labels = host_i32(ROWS);
    const int special[ROWS] = {5, 7, COLUMNS, -2, INT_MAX, INT_MIN};
    memcpy(labels.data, special, sizeof special);
    x.data[HOPELESS * COLUMNS + 5] = -200;
    x.data[IMPOSSIBLE * COLUMNS + 7] = -INFINITY;
    DeviceI32 d_labels = device_copy(labels);
    Operands o = make_operands(device_copy(x), d_labels, ROWS, COLUMNS, block);
    version->launch(&o);
    HIP_CHECK_LAUNCH();
    HostF32 losses = host_copy(o.losses), dx = host_copy(o.dx);

    bool by_p = version->launch == separate;
    SoftmaxRow row = softmax_row_sum_cpu(x.data, COLUMNS);
    double wanted = log(row.sum) + row.largest + 200, got = losses.data[HOPELESS];
    printf("%s: a sample whose class is at -200 has a loss of %g; exactly it is %g\n", version->name, got, wanted);
    program_expect(program, by_p ? isinf(got) : fabs(got - wanted) < 1e-4, "%s: a loss of %g is %g", version->name,
                   wanted, got);
    program_expect(program, isinf(losses.data[IMPOSSIBLE]), "%s: a loss of infinity is %g", version->name,
                   losses.data[IMPOSSIBLE]);
    for (int i = FIRST_BAD; i < ROWS; ++i)
        program_expect(program, isnan(losses.data[i]) && isnan(dx.data[i * COLUMNS]),
                       "%s: label %d of %d classes gives a loss of %g and a gradient of %g", version->name,
                       labels.data[i], COLUMNS, losses.data[i], dx.data[i * COLUMNS]);
    int bad = cross_entropy_first_bad_label(d_labels.data, ROWS, COLUMNS);
    program_expect(program, bad == FIRST_BAD, "the first bad label is that of sample %d, not %d", FIRST_BAD, bad);

    for (int i = 0; i < ROWS; ++i)
        labels.data[i] = CROSS_ENTROPY_IGNORED;
    upload(d_labels, labels);
    version->launch(&o);
    HIP_CHECK_LAUNCH();
    HostF32 loss = host_copy(o.loss);
    program_expect(program, loss.data[0] == 0, "%s: the loss of no samples is %g", version->name, loss.data[0]);
}

int main(int argc, char **argv)
{
    int rows = 2051, columns = 1003, label = 0;
    // One float sum of so many terms of one sign is still as exact as the bound says; from about twice as many on it is
    // not, for its roundings go in one direction (docs/training/numerical-stability.md, long sums).
    const int columns_most = 1 << 18;
    const Option options[] = {
        OPTION_INT_RANGE("rows", &rows, "samples", 1, 1 << 24),
        OPTION_INT_RANGE("columns", &columns, "classes", 1, columns_most),
        OPTION_INT_RANGE("label", &label, "the label of the first sample; -1: it is left out", INT_MIN, INT_MAX),
    };
    const Version versions[] = {
        {"separate", separate, "softmax into memory, then the losses, then the gradient"},
        {"thread_per_row", thread_per_row, "from the logits, in one kernel, a thread for each sample"},
        {"warp_per_row", warp_per_row, "from the logits, in one kernel, a warp for each sample"},
    };
    Program program =
        program_begin(argc, argv, "loss = -ln softmax(x)[label], and dx, float32", options, LENGTH(options));
    program_versions(&program, versions, LENGTH(versions));

    long n = (long)rows * columns;
    HostI32 labels = make_labels(rows, columns, program.seed + 1);
    HostF32 x = make_logits(rows, columns, labels.data, program.seed);
    labels.data[0] = label;
    DeviceI32 d_labels = device_copy(labels);
    int bad = cross_entropy_first_bad_label(d_labels.data, rows, columns);
    if (bad >= 0)
        fail(STATUS_USAGE, "sample %d has label %d, and the %d classes are 0 to %d (-1: left out)", bad,
             labels.data[bad], columns, columns - 1);
    Operands operands = make_operands(device_copy(x), d_labels, rows, columns, program.block);

    int count = 0;
    for (int i = 0; i < rows; ++i)
        count += labels.data[i] != CROSS_ENTROPY_IGNORED;
    Reference r = {x,           labels,      host_f64(rows),          host_f64(rows),
                   host_f64(n), host_f64(n), count ? 1.0 / count : 0, columns};
    parallel_for(rows, reference_rows, &r);
    HostF64 loss = host_f64(1), bound = host_f64(1);
    loss.data[0] = cross_entropy_mean_cpu(r.losses.data, r.losses_bound.data, r.scale, rows, bound.data);

    program_input(&program, "x", x, SHAPE(rows, columns));
    program_input(&program, "labels", labels, SHAPE(rows));
    program_output(&program, "losses", operands.losses, SHAPE(rows), r.losses, r.losses_bound);
    program_output(&program, "loss", operands.loss, SHAPE(1), loss, bound);
    program_output(&program, "dx", operands.dx, SHAPE(rows, columns), r.dx, r.dx_bound);
    program_scratch(&program, operands.p);
    program_scratch(&program, operands.scratch);
    program_work(&program, (Work){.flops = 0, .bytes = 8.0 * n + 8.0 * rows});
    for (int i = 0; i < LENGTH(versions); ++i) { // x in, dx out; by way of the probabilities, those out and in, too
        bool fused = strcmp(versions[i].name, "separate") != 0;
        program_bytes(&program, "moved", versions[i].name, (fused ? 8.0 : 16.0) * n + 8.0 * rows);
    }
    program_run(&program, versions, LENGTH(versions), &operands);
    printf("\n");
    for (int i = 0; i < LENGTH(versions); ++i)
        if (program_wants(&program, versions[i].name))
            expect_limits(&program, &versions[i], program.block);
    return program_end(&program);
}
#endif
#endif
