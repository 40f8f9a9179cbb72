// attention: O = softmax(Q K^T / sqrt(d)) V
#ifndef STAGE3_ATTENTION_HIP
#define STAGE3_ATTENTION_HIP

#include <hip/hip_runtime.h>
#include "../common/reduce.h"
#include "../stage2_matrix/gemm_blocked.hip"
#include "attention_flash.h"
#include "attention_tiled.h"

// What the gemm does with a score before it stores it: what must not be seen weighs e^-inf = 0.
typedef struct {
    int hidden_behind; // query i does not see the keys behind i + hidden_behind
} AttentionMask;

static inline __device__ float gemm_epilogue(const AttentionMask *mask, int i, int j, float value)
{
    return j - i > mask->hidden_behind ? -INFINITY : value;
}

__global__ void attention_softmax(float *s, long rows, int m)
{
    __shared__ float partial[REDUCE_WARPS_MOST];
    for (long i = blockIdx.x; i < rows; i += gridDim.x) {
        float *row = s + i * m;
        float largest = -INFINITY, sum = 0;
        for (int j = threadIdx.x; j < m; j += blockDim.x)
            largest = fmaxf(largest, row[j]);
        largest = block_max(largest, partial);
        for (int j = threadIdx.x; j < m; j += blockDim.x) {
            float w = expf(row[j] - largest);
            row[j] = w;
            sum += w;
        }
        sum = block_sum(sum, partial);
        for (int j = threadIdx.x; j < m; j += blockDim.x)
            row[j] /= sum;
    }
}

#if __INCLUDE_LEVEL__ == 0
#include "../common/program.h"

typedef struct {
    Attention a;
    float *scores; // heads x n x m
} Operands;

static void three_kernels(const void *operands)
{
    const Operands *o = (const Operands *)operands;
    const Attention *a = &o->a;
    for (long head = 0; head < a->heads; ++head) {
        Gemm g;
        memset(&g, 0, sizeof g);
        g.m = a->n, g.n = a->m, g.k = a->d;
        g.trans_b = true;
        g.a = a->q + head * a->n * a->d, g.b = a->k + head * a->m * a->d, g.c = o->scores + head * a->n * a->m;
        g.lda = g.ldb = a->d, g.ldc = a->m;
        g.alpha = a->scale;
        AttentionMask mask = {a->causal ? a->m - a->n : INT_MAX};
        if (a->causal)
            gemm_launch(&g, mask);
        else
            gemm_launch(&g, GemmPlain());
    }
    long rows = (long)a->heads * a->n;
    attention_softmax<<<(int)rows, 256>>>(o->scores, rows, a->m);
    for (long head = 0; head < a->heads; ++head) {
        Gemm g;
        memset(&g, 0, sizeof g);
        g.m = a->n, g.n = a->d, g.k = a->m;
        g.a = o->scores + head * a->n * a->m, g.b = a->v + head * a->m * a->d, g.c = a->o + head * a->n * a->d;
        g.lda = a->m, g.ldb = g.ldc = a->d;
        g.alpha = 1;
        gemm_launch(&g, GemmPlain());
    }
}

static void flash(const void *operands)
{
    attention_flash_launch(&((const Operands *)operands)->a);
}

static void flash_tiled(const void *operands)
{
    attention_tiled_launch(&((const Operands *)operands)->a);
}

static HostF32 make_queries(const Attention *a, uint64_t seed)
{
    HostF32 q = host_uniform((long)a->heads * a->n * a->d, seed, -1, 1);
    for (long row = 5; row < (long)a->heads * a->n; row += 8)
        for (int c = 0; c < a->d; ++c)
            q.data[row * a->d + c] *= 200;
    return q;
}

static HostF32 make_keys(const Attention *a, uint64_t seed)
{
    HostF32 k = host_uniform((long)a->heads * a->m * a->d, seed, -1, 1);
    for (long row = 0; row < (long)a->heads * a->m; ++row)
        k.data[row * a->d] += 4;
    return k;
}

int main(int argc, char **argv)
{
    int heads = 3, n = 1021, m = 0, d = 64;
    bool causal = false;
    const Option options[] = {
        OPTION_INT_RANGE("heads", &heads, "heads, or heads times samples: problems of the same size", 1, 100000),
        OPTION_INT_RANGE("N", &n, "queries", 1, 1000000),
        OPTION_INT_RANGE("M", &m, "keys and values; 0: as many as queries", 0, 1000000),
        OPTION_INT_RANGE("D", &d, "numbers in a query, a key, a value", 1, 256),
        OPTION_FLAG("causal", &causal, "a query sees no keys behind its own place"),
    };
    const Version versions[] = {
        {"three_kernels", three_kernels, "two gemms and a softmax between them, with all scores in memory"},
        {"flash", flash, "tiles of keys, online softmax, no matrix of scores"},
        {"flash_tiled", flash_tiled, "register tiles"},
    };
    Program program = program_begin(argc, argv, "O = softmax(Q K^T / sqrt(d)) V, float32", options, LENGTH(options));
    program_versions(&program, versions, LENGTH(versions));
    m = m == 0 ? n : m;
    if (causal && m < n)
        fail(STATUS_USAGE, "--causal needs at least as many keys as queries (--m %d, --n %d)", m, n);
    Operands o;
    Attention host = {heads, n, m, d, causal, (float)(1 / sqrt((double)d)), NULL, NULL, NULL, NULL};
    long outputs = (long)heads * n * d;
    HostF64 expected = host_f64(outputs), bound = host_f64(outputs);
    HostF32 q = make_queries(&host, program.seed), k = make_keys(&host, program.seed + 1);
    HostF32 v = host_uniform((long)heads * m * d, program.seed + 2, -1, 1);
    host.q = q.data, host.k = k.data, host.v = v.data;
    attention_cpu(&host, expected.data, bound.data);
    o.a = host;
    o.a.q = device_copy(q).data, o.a.k = device_copy(k).data, o.a.v = device_copy(v).data;
    DeviceF32 d_o = device_f32(outputs), scores = device_f32((long)heads * n * m);
    o.a.o = d_o.data;
    o.scores = scores.data;
    program_input(&program, "Q", q, SHAPE(heads, n, d));
    program_input(&program, "K", k, SHAPE(heads, m, d));
    program_input(&program, "V", v, SHAPE(heads, m, d));
    program_output(&program, "O", d_o, SHAPE(heads, n, d), expected, bound);
    program_scratch(&program, scores);
    double pairs = causal ? (double)n * (m - n) + 0.5 * n * (n + 1.0) : (double)n * m;
    program_work(&program, (Work){.flops = 4.0 * heads * pairs * d, .bytes = 0});
    program_run(&program, versions, LENGTH(versions), &o);
    return program_end(&program);
}
#endif
#endif
