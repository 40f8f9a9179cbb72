// attention: O = softmax(Q·K^T / sqrt(d))·V, float32: each of N queries is compared with M keys, and what it gets is a
// mean of the M values, weighted by how well their keys fit. Rows of d numbers, for each of `heads` heads by itself.
//
// The formula has a matrix of N x M scores in its middle, and nothing that goes in or comes out is as large: with N = M
// = 4096 and d = 64 each of Q, K, V and O takes 1 MiB, and the scores 64 MiB. Computed as it is written, they are
// stored twice and read three times (by the softmax twice), and memory decides. Done a tile at a time they never leave
// the chip; what stands in the way is the softmax, which wants to see the whole row first, and how that is avoided is
// the point of this program.
#ifndef STAGE3_ATTENTION_HIP
#define STAGE3_ATTENTION_HIP

#include <hip/hip_runtime.h>
#include "../stage2_matrix/gemm_blocked.hip"
#include "attention_flash.h"
#include "attention_tiled.h"
#include "softmax.hip"
#include <string.h>

// ---- three_kernels: the formula as it is written, with kernels that there are already -------------------------------

// What becomes of a score on its way out of the gemm: what query i must not see gets -infinity, and e^-infinity = 0.
typedef struct {
    int visible; // query i sees the keys up to i + visible
} AttentionMask;

static inline __device__ float gemm_epilogue(const AttentionMask *mask, int i, int j, float value)
{
    return j > i + mask->visible ? -INFINITY : value;
}

// Tiles of 64 x 64, and not by_shape's choice: O is a narrow matrix, and a dozen kernels would have to be compiled for
// it.
static inline void attention_gemm(const Gemm *g, AttentionMask mask)
{
    gemm_warp_tile_launch<64, 64, 16, 8, 8>(g, mask);
}

// S = Q·K^T / sqrt(d) of one head, n x m.
static inline void attention_scores_launch(const Attention *a, long head, float *scores)
{
    Gemm g;
    memset(&g, 0, sizeof g);
    g.m = a->n;
    g.n = a->m;
    g.k = a->d;
    g.trans_b = true;
    g.a = a->q + head * a->n * a->d;
    g.b = a->k + head * a->m * a->d;
    g.c = scores + head * a->n * a->m;
    g.lda = g.ldb = a->d;
    g.ldc = a->m;
    g.alpha = a->scale;
    AttentionMask mask = {a->causal ? a->m - a->n : a->m}; // m: all of them
    attention_gemm(&g, mask);
}

// O = P·V of one head, P the weights, n x m.
static inline void attention_mean_launch(const Attention *a, long head, const float *weights)
{
    Gemm g;
    memset(&g, 0, sizeof g);
    g.m = a->n;
    g.n = a->d;
    g.k = a->m;
    g.a = weights + head * a->n * a->m;
    g.b = a->v + head * a->m * a->d;
    g.c = a->o + head * a->n * a->d;
    g.lda = a->m;
    g.ldb = g.ldc = a->d;
    g.alpha = 1;
    AttentionMask none = {a->d}; // a plain gemm; the same kernels serve
    attention_gemm(&g, none);
}

// `scores` has room for heads x n x m floats. The softmax works where they are: a thread writes what it alone has read.
static inline void attention_three_kernels_launch(const Attention *a, float *scores)
{
    for (long head = 0; head < a->heads; ++head)
        attention_scores_launch(a, head, scores);
    int rows = a->heads * a->n;
    softmax_online_launch(scores, scores, rows, a->m, false, 256);
    for (long head = 0; head < a->heads; ++head)
        attention_mean_launch(a, head, scores);
}

#if __INCLUDE_LEVEL__ == 0 // the program; a later stage that includes this file skips it
#include "../common/program.h"
#include "attention_cpu.h"

typedef struct {
    Attention a; // with device pointers
    DeviceF32 scores;
} Operands;

static void three_kernels(const void *operands)
{
    const Operands *o = (const Operands *)operands;
    attention_three_kernels_launch(&o->a, o->scores.data);
}

static void flash(const void *operands)
{
    attention_flash_launch(&((const Operands *)operands)->a);
}

static void flash_tiled(const void *operands)
{
    attention_tiled_launch(&((const Operands *)operands)->a);
}

// Every eighth query is so long that its scores reach past ±100: e^100 is infinite in float32.
static HostF32 make_queries(const Attention *a, uint64_t seed)
{
    HostF32 q = host_uniform((long)a->heads * a->n * a->d, seed, -1, 1);
    for (long i = 5; i < (long)a->heads * a->n; i += 8)
        for (int c = 0; c < a->d; ++c)
            q.data[i * a->d + c] *= 200;
    return q;
}

// The first number of all keys lies around 2: so the scores of a query tend to one side, and of a long query all may be
// far below 0, where a maximum that begins with 0 is wrong.
static HostF32 make_keys(const Attention *a, uint64_t seed)
{
    HostF32 k = host_uniform((long)a->heads * a->m * a->d, seed, -1, 1);
    for (long j = 0; j < (long)a->heads * a->m; ++j)
        k.data[j * a->d] = 2.5f * k.data[j * a->d] + 2;
    return k;
}

// Indices that are int count queries or keys of all heads, and one row of scores.
static void check_sizes(const Attention *a)
{
    if ((double)a->heads * a->n > 1e9 || (double)a->heads * a->m > 1e9)
        fail(STATUS_USAGE, "%d heads of %d queries and %d keys are too many; at most 10^9 of each in all", a->heads,
             a->n, a->m);
    if (a->causal && a->m < a->n)
        fail(STATUS_USAGE,
             "with --causal there are at least as many keys as queries, or the first ones see none: "
             "--m %d is less than --n %d",
             a->m, a->n);
}

// Everything that a version needs, in bytes: Q, K, V, O, and the scores where it stores them.
static void tell_memory(Program *program, const Attention *a)
{
    double arrays = 8.0 * a->heads * a->d * ((double)a->n + a->m), scores = 4.0 * a->heads * (double)a->n * a->m;
    program_bytes(program, "memory", "three_kernels", arrays + scores);
    program_bytes(program, "memory", "flash", arrays);
    program_bytes(program, "memory", "flash_tiled", arrays);
}

int main(int argc, char **argv)
{
    int heads = 3, n = 1021, m = 0, d = 64;
    bool causal = false;
    const Option options[] = {
        OPTION_INT_RANGE("heads", &heads, "heads, times the samples of a batch: what has nothing to do with each other",
                         1, 1000000),
        OPTION_INT_RANGE("N", &n, "queries of a head", 1, 10000000),
        OPTION_INT_RANGE("M", &m, "keys and values of a head; 0: as many as queries", 0, 10000000),
        OPTION_INT_RANGE("D", &d, "numbers in a query, a key, a value", 1, ATTENTION_WIDTH_MOST),
        OPTION_FLAG("causal", &causal, "query i does not see the keys behind key M - N + i"),
    };
    const Version versions[] = {
        {"three_kernels", three_kernels, "gemm, softmax, gemm: with a matrix of all scores in memory"},
        {"flash", flash, "a tile of keys at a time, the softmax on the way: no matrix of scores"},
        {"flash_tiled", flash_tiled, "the same with register tiles and quads, as in gemm_blocked"},
    };
    Program program = program_begin(argc, argv, "O = softmax(Q K^T / sqrt(D)) V, float32", options, LENGTH(options));
    program_versions(&program, versions, LENGTH(versions));
    m = m == 0 ? n : m;
    Attention a = {heads, n, m, d, causal, (float)(1 / sqrt((double)d)), NULL, NULL, NULL, NULL}, host = a;
    check_sizes(&a);

    bool stored = program_wants(&program, "three_kernels"); // the flash versions run where there is no room for scores
    DeviceF32 scores = device_f32(stored ? (long)heads * n * m : 1);
    HostF32 q = make_queries(&a, program.seed), k = make_keys(&a, program.seed + 1);
    HostF32 v = host_uniform((long)heads * m * d, program.seed + 2, -1, 1);
    HostF64 expected = host_f64(q.n), bound = host_f64(q.n);
    host.q = q.data;
    host.k = k.data;
    host.v = v.data;
    attention_cpu(&host, expected.data, bound.data);

    DeviceF32 o = device_f32(q.n);
    a.q = device_copy(q).data;
    a.k = device_copy(k).data;
    a.v = device_copy(v).data;
    a.o = o.data;
    Operands operands = {a, scores};
    program_input(&program, "Q", q, SHAPE(heads, n, d));
    program_input(&program, "K", k, SHAPE(heads, m, d));
    program_input(&program, "V", v, SHAPE(heads, m, d));
    program_output(&program, "O", o, SHAPE(heads, n, d), expected, bound);
    program_scratch(&program, scores);
    // 2 d for a score and 2 d for its value: of the pairs that are visible, whether a version computes others or not.
    double pairs = causal ? (double)n * (m - n) + 0.5 * n * (n + 1.0) : (double)n * m;
    program_work(&program, (Work){.flops = 4.0 * heads * pairs * d, .bytes = 0});
    tell_memory(&program, &a);
    program_run(&program, versions, LENGTH(versions), &operands);
    return program_end(&program);
}
#endif
#endif
