// gemm_program.h: what the gemm programs share: their options, their matrices, the row of the vendor's library.
#ifndef STAGE2_GEMM_PROGRAM_H
#define STAGE2_GEMM_PROGRAM_H

#include "../common/library_gemm.h"
#include "../common/program.h"
#include "gemm_problem.h"

// What the command line sets. The numbers that a program starts with are its default shape: ragged, as most shapes are.
typedef struct {
    int m, n, k, pad;
    bool trans_a, trans_b;
    float alpha, beta;
} GemmOptions;

// Indices are int and run up to a tile beyond the sizes: the limit leaves room for that below 2^31.
// clang-format off
#define GEMM_OPTIONS(o)                                                                                                \
    OPTION_INT_RANGE("M", &(o).m, "rows of op(A) and C", 1, 2000000000),                                               \
    OPTION_INT_RANGE("N", &(o).n, "columns of op(B) and C", 1, 2000000000),                                            \
    OPTION_INT_RANGE("K", &(o).k, "columns of op(A), rows of op(B)", 1, 2000000000),                                   \
    OPTION_FLAG("transA", &(o).trans_a, "A is stored as K x M"),                                                       \
    OPTION_FLAG("transB", &(o).trans_b, "B is stored as N x K"),                                                       \
    OPTION_FLOAT_RANGE("alpha", &(o).alpha, "C = alpha op(A) op(B) + beta C", -1e20f, 1e20f),                                               \
    OPTION_FLOAT_RANGE("beta", &(o).beta, "0: C is not read", -1e20f, 1e20f),                                                               \
    OPTION_INT_RANGE("pad", &(o).pad, "unused floats after each row of A, B and C", 0, 100000)
// clang-format on

typedef struct {
    Gemm g; // with device pointers
    int block;
    HostF64 size, bound; // m rows of ldc: see gemm_cpu
} GemmOperands;

// A matrix as it lies in memory, and NaN in its padding: whatever a kernel computes from there will show.
static inline HostF32 gemm_random(int rows, int columns, int ld, uint64_t seed)
{
    HostF32 matrix = host_uniform((long)rows * ld, seed, -1, 1);
    for (long i = 0; i < rows; ++i)
        for (long j = columns; j < ld; ++j)
            matrix.data[i * ld + j] = NAN;
    return matrix;
}

static inline int gemm_ld(int columns, int pad)
{
    if (columns > INT_MAX - pad)
        fail(STATUS_USAGE, "rows of %d elements and a padding of %d are too long together", columns, pad);
    return columns + pad;
}

// bound = factor·size. The padding has size 0: there nothing may change.
static inline void gemm_set_bound(const GemmOperands *o, double factor)
{
    for (long i = 0; i < o->bound.n; ++i)
        o->bound.data[i] = factor * o->size.data[i];
}

// Makes A, B and C, computes the reference and declares all of it to the program. C counts as written only where beta
// is 0 and it has no padding; with padding and beta = 0 its elements are NaN before every launch.
static inline GemmOperands gemm_operands(Program *program, const GemmOptions *options)
{
    GemmOperands o;
    Gemm *g = &o.g;
    int a_rows = options->trans_a ? options->k : options->m, a_columns = options->trans_a ? options->m : options->k;
    int b_rows = options->trans_b ? options->n : options->k, b_columns = options->trans_b ? options->k : options->n;
    memset(&o, 0, sizeof o);
    o.block = program->block;
    g->m = options->m;
    g->n = options->n;
    g->k = options->k;
    g->trans_a = options->trans_a;
    g->trans_b = options->trans_b;
    g->alpha = options->alpha;
    g->beta = options->beta;
    g->lda = gemm_ld(a_columns, options->pad);
    g->ldb = gemm_ld(b_columns, options->pad);
    g->ldc = gemm_ld(options->n, options->pad);

    HostF64 expected = host_f64((long)g->m * g->ldc); // C before A and B: sizes that are too large are found at once
    HostF32 a = gemm_random(a_rows, a_columns, g->lda, program->seed);
    HostF32 b = gemm_random(b_rows, b_columns, g->ldb, program->seed + 1);
    HostF32 c = host_uniform((long)g->m * g->ldc, program->seed + 2, -1, 1);
    o.size = host_f64(c.n);
    o.bound = host_f64(c.n);
    for (long i = 0; i < c.n; ++i) {
        expected.data[i] = c.data[i];
        if (g->beta == 0 && i % g->ldc < g->n)
            c.data[i] = NAN;
    }
    Gemm host = *g;
    host.a = a.data;
    host.b = b.data;
    host.c = c.data;
    gemm_cpu(&host, expected.data, o.size.data);
    gemm_set_bound(&o, gemm_bound_f32(g->k));

    DeviceF32 d_c = device_copy(c);
    program_input(program, "A", a, SHAPE(a_rows, g->lda));
    program_input(program, "B", b, SHAPE(b_rows, g->ldb));
    if (g->beta == 0 && options->pad == 0)
        program_output(program, "C", d_c, SHAPE(g->m, g->ldc), expected, o.bound);
    else
        program_inout(program, "C", d_c, SHAPE(g->m, g->ldc), expected, o.bound);
    g->a = device_copy(a).data;
    g->b = device_copy(b).data;
    g->c = d_c.data;
    program_work(program, (Work){.flops = 2.0 * g->m * g->n * g->k, .bytes = 0}); // the arithmetic is what counts
    return o;
}

static inline void gemm_library(const void *operands)
{
    const Gemm *g = &((const GemmOperands *)operands)->g;
    library_gemm(g->trans_a, g->trans_b, g->m, g->n, g->k, g->alpha, g->a, g->lda, g->b, g->ldb, g->beta, g->c, g->ldc);
}

// Runs the versions. The last one of the table is the vendor's library, and left out where this program was built
// without one.
static inline void gemm_run(Program *program, const Version *versions, int count, const GemmOperands *operands)
{
    if (library_name())
        program_library(program, library_name());
    program_run(program, versions, count, operands);
}

#endif
