// bias_activation: Y = f(X + b), a matrix of M x N, a bias b of N added to each of its rows, and f one of the functions
// of stage 1, float32: the end of every dense layer.
//
// There is next to nothing to compute, so memory is the limit, and the question is how often the matrix travels.
// Written as a library of single operations has it, it goes to the chip and back twice: once for the sum, once for f.
// Fused, it goes once, and X + b exists in a register only. The other question is what a kernel pays to find its
// column: a matrix is one long array in memory, which the activation alone need not know; the bias has to.
#ifndef STAGE3_BIAS_ACTIVATION_HIP
#define STAGE3_BIAS_ACTIVATION_HIP

#include <hip/hip_runtime.h>
#include "../common/device.h"
#include "../stage1_vector/activation_functions.h"
#include "../stage1_vector/activations_cpu.h"

// X and Y are row-major, n floats from one row to the next.

// Half of the separate way: Y = X + b. The grid is as the matrix is, so that nobody has to divide to find its place: x
// for the columns, y for the rows, and z, for a grid has at most 65535 blocks in y. The other half are stage 1's
// kernels, for which Y is one array of m·n elements.
__global__ void bias_add(const float *x, const float *b, float *y, int m, int n)
{
    int i = blockIdx.z * gridDim.y + blockIdx.y, j = blockIdx.x * blockDim.x + threadIdx.x;
    if (i < m && j < n)
        y[(long)i * n + j] = x[(long)i * n + j] + b[j];
}

// Fused, in the simplest way: the matrix as one array here too, and the column is what remains of the index. No device
// has an instruction for a division of integers: a remainder by a number that the compiler does not know is twenty or
// more of others, for each element.
template <int FUNCTION>
__global__ void bias_activation_remainder(const float *x, const float *b, float *y, int m, int n)
{
    int k = blockIdx.x * blockDim.x + threadIdx.x;
    if (k < m * n)
        y[k] = activation(FUNCTION, x[k] + b[k % n]);
}

// Fused, with the grid of bias_add: nothing to divide. Rows that are short against a block leave most of it idle; there
// the remainder is the better way.
template <int FUNCTION> __global__ void bias_activation_columns(const float *x, const float *b, float *y, int m, int n)
{
    int i = blockIdx.z * gridDim.y + blockIdx.y, j = blockIdx.x * blockDim.x + threadIdx.x;
    if (i < m && j < n)
        y[(long)i * n + j] = activation(FUNCTION, x[(long)i * n + j] + b[j]);
}

// Sixteen bytes a load. A row of n floats begins where it likes, and only every fourth float of memory begins a quad.
// So each row is cut where memory's quads are: quad t of row i begins at this column, which is negative for a first
// quad that the row above has begun.
static inline __device__ int bias_quad_column(int t, int i, int n)
{
    return 4 * t - (int)((long)i * n % 4);
}

// bias_add in quads. The ends of a row, up to three floats on both sides, are done one by one. b is read in single
// floats, for its quads are elsewhere than those of the row; it is in the cache.
__global__ void bias_add_float4(const float *x, const float *b, float *y, int m, int n)
{
    int i = blockIdx.z * gridDim.y + blockIdx.y, j = bias_quad_column(blockIdx.x * blockDim.x + threadIdx.x, i, n);
    if (i >= m)
        return;
    const float *from = x + (long)i * n;
    float *to = y + (long)i * n;
    if (j >= 0 && j + 3 < n) {
        float4 a = *(const float4 *)(from + j);
        *(float4 *)(to + j) = make_float4(a.x + b[j], a.y + b[j + 1], a.z + b[j + 2], a.w + b[j + 3]);
    } else {
        for (int k = j < 0 ? 0 : j; k < j + 4 && k < n; ++k)
            to[k] = from[k] + b[k];
    }
}

// Fused and in quads: one load, four sums, four activations, one store.
template <int FUNCTION> __global__ void bias_activation_float4(const float *x, const float *b, float *y, int m, int n)
{
    int i = blockIdx.z * gridDim.y + blockIdx.y, j = bias_quad_column(blockIdx.x * blockDim.x + threadIdx.x, i, n);
    if (i >= m)
        return;
    const float *from = x + (long)i * n;
    float *to = y + (long)i * n;
    if (j >= 0 && j + 3 < n) {
        float4 a = *(const float4 *)(from + j);
        *(float4 *)(to + j) = make_float4(activation(FUNCTION, a.x + b[j]), activation(FUNCTION, a.y + b[j + 1]),
                                          activation(FUNCTION, a.z + b[j + 2]), activation(FUNCTION, a.w + b[j + 3]));
    } else {
        for (int k = j < 0 ? 0 : j; k < j + 4 && k < n; ++k)
            to[k] = activation(FUNCTION, from[k] + b[k]);
    }
}

// Blocks for m rows of n elements, `columns` of them to a thread.
static inline dim3 bias_grid(int m, int n, int columns, int block)
{
    int across = ceil_div(n, columns) + (columns > 1); // the first quad may begin before the row
    int layers = ceil_div(m, 65535);
    return dim3(ceil_div(across, block), ceil_div(m, layers), layers);
}

// The fused kernels for later stages: about `block` threads a block, m·n at most 2^31 - 1. Any pointers: quads want X
// and Y at multiples of 16 bytes, and where one of them is not, it goes by single elements.
template <int FUNCTION>
static inline void bias_activation_function(const float *x, const float *b, float *y, int m, int n, int block)
{
    if (((size_t)x | (size_t)y) % sizeof(float4) == 0)
        bias_activation_float4<FUNCTION><<<bias_grid(m, n, 4, block), block>>>(x, b, y, m, n);
    else
        bias_activation_columns<FUNCTION><<<bias_grid(m, n, 1, block), block>>>(x, b, y, m, n);
}

// The function is a constant of each kernel; which of them is meant is decided here, on the host.
static inline void bias_activation_launch(int function, const float *x, const float *b, float *y, int m, int n,
                                          int block)
{
    static void (*const functions[ACTIVATIONS])(const float *, const float *, float *, int, int, int) = {
        bias_activation_function<ACTIVATION_RELU>,      bias_activation_function<ACTIVATION_SIGMOID>,
        bias_activation_function<ACTIVATION_TANH>,      bias_activation_function<ACTIVATION_GELU>,
        bias_activation_function<ACTIVATION_GELU_TANH>, bias_activation_function<ACTIVATION_SOFTPLUS>};
    functions[function](x, b, y, m, n, block);
}

// Reference in double, rows first ... last - 1. t = x + b is rounded once, to within half a unit of |t|, and f passes
// that on with its slope; what f itself may add, y_error, stands in stage 1. (The slope changes by less than a
// thousandth of itself so near to t, and where it is 0, what counts is y_error.)
static inline void bias_activation_cpu(int function, const float *x, const float *b, double *y, double *bound, int n,
                                       long first, long last)
{
    const double unit = 1.001 * FLT_EPSILON, least = function == ACTIVATION_RELU ? 0 : ldexp(1, -139);
    for (long i = first; i < last; ++i)
        for (int j = 0; j < n; ++j) {
            double t = (double)x[i * n + j] + b[j];
            ActivationCpu f = activation_cpu(function, t);
            y[i * n + j] = f.y;
            bound[i * n + j] = unit * (f.y_error + 0.5 * fabs(t * f.grad)) + least;
        }
}

#if __INCLUDE_LEVEL__ == 0 // the program; a later stage that includes this file skips it
#include "../common/parallel.h"
#include "../common/program.h"
#include "../stage1_vector/activations.hip"

static const char *const names[ACTIVATIONS] = {"relu", "sigmoid", "tanh", "gelu", "gelu_tanh", "softplus"};

typedef struct {
    DeviceF32 x, b, y; // m x n, n, m x n
    int function, m, n, block;
} Operands;

enum { SEPARATE, SEPARATE_FLOAT4, FUSED_REMAINDER, FUSED_COLUMNS };

template <int FUNCTION> static void launch_function(const Operands *o, int version)
{
    const float *x = o->x.data, *b = o->b.data;
    float *y = o->y.data;
    int m = o->m, n = o->n, block = o->block, elements = m * n, quads = ceil_div(elements, 4);
    dim3 by_columns = bias_grid(m, n, 1, block), by_quads = bias_grid(m, n, 4, block);
    switch (version) {
    case SEPARATE:
        bias_add<<<by_columns, block>>>(x, b, y, m, n);
        activations_specialised<FUNCTION><<<ceil_div(elements, block), block>>>(y, y, elements);
        break;
    case SEPARATE_FLOAT4:
        bias_add_float4<<<by_quads, block>>>(x, b, y, m, n);
        activations_float4<FUNCTION><<<ceil_div(quads, block), block>>>(y, y, elements);
        break;
    case FUSED_REMAINDER:
        bias_activation_remainder<FUNCTION><<<ceil_div(elements, block), block>>>(x, b, y, m, n);
        break;
    default:
        bias_activation_columns<FUNCTION><<<by_columns, block>>>(x, b, y, m, n);
    }
}

static void launch(const void *operands, int version)
{
    static void (*const functions[ACTIVATIONS])(const Operands *, int) = {
        launch_function<ACTIVATION_RELU>, launch_function<ACTIVATION_SIGMOID>,   launch_function<ACTIVATION_TANH>,
        launch_function<ACTIVATION_GELU>, launch_function<ACTIVATION_GELU_TANH>, launch_function<ACTIVATION_SOFTPLUS>};
    const Operands *o = (const Operands *)operands;
    functions[o->function](o, version);
}

static void separate(const void *operands)
{
    launch(operands, SEPARATE);
}

static void separate_float4(const void *operands)
{
    launch(operands, SEPARATE_FLOAT4);
}

static void fused_remainder(const void *operands)
{
    launch(operands, FUSED_REMAINDER);
}

static void fused_columns(const void *operands)
{
    launch(operands, FUSED_COLUMNS);
}

static void fused_float4(const void *operands)
{
    const Operands *o = (const Operands *)operands;
    bias_activation_launch(o->function, o->x.data, o->b.data, o->y.data, o->m, o->n, o->block);
}

// The number of the function that --function names.
static int function_called(const char *name)
{
    char list[200] = "";
    size_t used = 0;
    for (int f = 0; f < ACTIVATIONS; ++f) {
        if (strcmp(name, names[f]) == 0)
            return f;
        used += text_format(list + used, sizeof list - used, f ? ", %s" : "%s", names[f]);
    }
    fail(STATUS_USAGE, "--function: no function is called '%s'; functions: %s", name, list);
}

// In every 32nd row every eighth element is one at which careless formulas break. (In all rows they would be most of
// the time on the cpu backend: a vector function leaves 16 numbers to the scalar one where one of them is out of its
// range.) Every fifth column has no bias, so that some of them, tiny ones too, reach the function as they are.
static HostF32 make_x(int m, int n, uint64_t seed)
{
    static const float outliers[] = {0, 9, 13.5f, 20, 88, 89, 104, 1e-40f, FLT_MIN, 1e-20f, 1e13f, FLT_MAX};
    HostF32 x = host_uniform((long)m * n, seed, -6, 6);
    for (long i = 0, k = 0; i < m; i += 32)
        for (long j = 5; j < n; j += 8, ++k) {
            float outlier = outliers[k / 2 % LENGTH(outliers)];
            x.data[i * n + j] = k % 2 ? outlier : -outlier;
        }
    return x;
}

static HostF32 make_b(int n, uint64_t seed)
{
    HostF32 b = host_uniform(n, seed, -1, 1);
    for (int j = 2; j < n; j += 5)
        b.data[j] = 0;
    return b;
}

typedef struct {
    int function, n;
    const float *x, *b;
    double *y, *bound;
} Reference;

static void reference_rows(void *context, long first, long last)
{
    const Reference *r = (const Reference *)context;
    bias_activation_cpu(r->function, r->x, r->b, r->y, r->bound, r->n, first, last);
}

// Infinities and NaN, in x and in b, go where they belong: the checker cannot say that, for to it NaN is always wrong.
static void expect_limits(Program *program, const Operands *all, const Version *version)
{
    enum { COUNT = 7 };
    const float special_x[COUNT] = {-INFINITY, INFINITY, NAN, 1, INFINITY, 2, 3};
    const float special_b[COUNT] = {1, 1, 1, NAN, -INFINITY, INFINITY, -INFINITY};
    HostF32 x = host_f32(COUNT), b = host_f32(COUNT), y = host_f32(COUNT);
    memcpy(x.data, special_x, sizeof special_x);
    memcpy(b.data, special_b, sizeof special_b);
    Operands o = *all;
    o.m = 1;
    o.n = COUNT;
    o.x = device_copy(x);
    o.b = device_copy(b);
    o.y = device_f32(COUNT);
    version->launch(&o);
    HIP_CHECK_LAUNCH();
    download(y, o.y);
    for (int j = 0; j < COUNT; ++j) {
        float t = x.data[j] + b.data[j];
        double low = o.function == ACTIVATION_TANH ? -1 : 0;
        double high = o.function == ACTIVATION_TANH || o.function == ACTIVATION_SIGMOID ? 1 : INFINITY;
        double wanted = isnan(t) ? NAN : t < 0 ? low : high;
        program_expect(program, activation_is_limit(y.data[j], wanted), "%s: %s(%g + %g) is %g, not %g", version->name,
                       names[o.function], x.data[j], b.data[j], y.data[j], wanted);
    }
}

// The fastest of the versions whose names begin like this; 0 where none of them is wanted.
static double fastest_ms(const Program *program, const Operands *o, const Version *versions, int count,
                         const char *beginning)
{
    double best = 0;
    for (int i = 0; i < count; ++i) {
        if (strncmp(versions[i].name, beginning, strlen(beginning)) != 0)
            continue;
        double ms = time_launch(versions[i].launch, o, program->repeat).median_ms;
        best = best == 0 || ms < best ? ms : best;
    }
    return best;
}

// What fusing brings to a function that costs nothing and to one that costs something. Times of the same versions as
// above, the faster one of each kind.
static void print_fusion(Program *program, const Operands *all, const Version *versions, int count)
{
    static const int functions[] = {ACTIVATION_RELU, ACTIVATION_GELU};
    Table table;
    memset(&table, 0, sizeof table);
    static const char *const heading[] = {"function", "separate", "fused", "times faster"};
    static char keys[LENGTH(functions)][24];
    table.columns = LENGTH(heading);
    table.rows = 1 + LENGTH(functions);
    for (int c = 0; c < table.columns; ++c)
        text_format(table.cell[0][c], TABLE_CELL, "%s", heading[c]);
    for (int k = 0; k < LENGTH(functions); ++k) {
        Operands o = *all;
        o.function = functions[k];
        double separate_ms = fastest_ms(program, &o, versions, count, "separate");
        double fused_ms = fastest_ms(program, &o, versions, count, "fused");
        text_format(table.cell[k + 1][0], TABLE_CELL, "bias + %s", names[o.function]);
        time_text(table.cell[k + 1][1], TABLE_CELL, separate_ms);
        time_text(table.cell[k + 1][2], TABLE_CELL, fused_ms);
        text_format(table.cell[k + 1][3], TABLE_CELL, "%.2f", separate_ms / fused_ms);
        text_format(keys[k], sizeof keys[k], "fusion_%s", names[o.function]);
        program_result(program, keys[k], separate_ms / fused_ms);
    }
    printf("\nwhat fusing brings, the fastest version of each kind:\n");
    table_print(&table);
}

int main(int argc, char **argv)
{
    int m = 2051, n = 2053;
    const char *function = "gelu";
    const Option options[] = {
        OPTION_INT_RANGE("M", &m, "rows of X and Y", 1, 2000000000),
        OPTION_INT_RANGE("N", &n, "columns of X and Y, elements of b", 1, 2000000000),
        OPTION_TEXT("function", &function, "relu, sigmoid, tanh, gelu, gelu_tanh or softplus"),
    };
    const Version versions[] = {
        {"separate", separate, "a kernel for the bias, then stage 1's kernel for f"},
        {"separate_float4", separate_float4, "the same two, 16 bytes a load"},
        {"fused_remainder", fused_remainder, "one kernel, the column by a division of the index"},
        {"fused_columns", fused_columns, "one kernel, the column from the grid"},
        {"fused_float4", fused_float4, "one kernel, 16 bytes a load, cut where memory's quads begin"},
    };
    Program program = program_begin(argc, argv, "Y = f(X + b), float32", options, LENGTH(options));
    program_versions(&program, versions, LENGTH(versions));
    if ((double)m * n > 2000000000)
        fail(STATUS_USAGE, "M times N is at most 2000000000, not %.0f", (double)m * n);
    long count = (long)m * n;

    Operands o = {{NULL, 0}, {NULL, 0}, {NULL, 0}, function_called(function), m, n, program.block};
    HostF32 x = make_x(m, n, program.seed), b = make_b(n, program.seed + 1);
    HostF64 y = host_f64(count), bound = host_f64(count);
    Reference reference = {o.function, n, x.data, b.data, y.data, bound.data};
    parallel_for(m, reference_rows, &reference);

    o.x = device_copy(x);
    o.b = device_copy(b);
    o.y = device_f32(count);
    program_input(&program, "X", x, SHAPE(m, n));
    program_input(&program, "b", b, SHAPE(n));
    program_output(&program, "Y", o.y, SHAPE(m, n), y, bound);
    program_work(&program, (Work){.flops = 0, .bytes = 8.0 * (double)count + 4.0 * n});
    for (int i = 0; i < LENGTH(versions); ++i) {
        bool fused = strncmp(versions[i].name, "fused", 5) == 0; // X in, Y out; else that and Y in and out
        program_bytes(&program, "moved", versions[i].name, (fused ? 8.0 : 16.0) * (double)count + 4.0 * n);
    }
    program_run(&program, versions, LENGTH(versions), &o);
    for (int i = 0; i < LENGTH(versions); ++i)
        if (program_wants(&program, versions[i].name))
            expect_limits(&program, &o, &versions[i]);
    if (!program.version)
        print_fusion(&program, &o, versions, LENGTH(versions));
    return program_end(&program);
}
#endif
#endif
