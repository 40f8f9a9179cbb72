// gemm_tensor_core: C = alpha·op(A)·op(B) + beta·C on NVIDIA's tensor cores, and what the speed costs in accuracy.
//
// A tensor core multiplies small matrices in one instruction: 16 x 16 x 8 for TF32, 16 x 16 x 16 for bf16, a whole warp
// together. The sums are float32, but the factors are not: TF32 has 11 significant bits and bf16 8 where float32 has
// 24. So the products of this program are exact, of inputs that have been rounded. For a network's training that is
// mostly good enough; the last lines of the output say how large the error is.
//
// The instructions are NVIDIA's own, and so is the way in that CUDA offers to C++ programs, nvcuda::wmma. It is the
// short way, not the last word: nvcc 13 makes of each load_matrix_sync several loads of 32 bits through generic
// addresses, so that, with quads, only every sixth to eleventh instruction of the main loop is a matrix multiply-add (make asm shows
// it). Needs compute capability 8.0.
#include <hip/hip_runtime.h>
#include <cuda_bf16.h>
#include <mma.h>
#include "gemm_blocked.hip"
#include "gemm_program.h"

// Older GPUs do not know the formats, and for them nvcc does not know the types: they get a kernel that does nothing,
// which main() does not launch.
#if !defined(__CUDA_ARCH__) || __CUDA_ARCH__ >= 800
#define HAS_TENSOR_CORES 1
#else
#define HAS_TENSOR_CORES 0
#endif

// What a kernel needs to know of a number format. K: depth of one instruction; PADDING: see GEMM_PADDING, here so that
// rows of a tile lie at multiples of 16 bytes; u: half a unit in the last place of 1.
struct Tf32 {
    enum { K = 8, PADDING = 4 };
    typedef float Stored;
#if HAS_TENSOR_CORES
    typedef nvcuda::wmma::precision::tf32 Format;
#endif
    static constexpr double u = 1.0 / 2048;
};

struct Bf16 {
    enum { K = 16, PADDING = 8 };
    typedef __nv_bfloat16 Stored;
    typedef __nv_bfloat16 Format;
    static constexpr double u = 1.0 / 256;
};

#if HAS_TENSOR_CORES
// Rounded to the nearest; a float32 of which the tensor core takes the upper bits would be cut off, with twice the
// error.
static __device__ inline void round_to(float *to, float x)
{
    *to = nvcuda::wmma::__float_to_tf32(x);
}

static __device__ inline void round_to(__nv_bfloat16 *to, float x)
{
    *to = __float2bfloat16_rn(x);
}

// gemm_stash of gemm_quads.h, with rounding.
template <class T, int EXTENT, int BK, int THREADS, int WIDTH>
static __device__ inline void stash_rounded(typename T::Stored *tile, const GemmShare<EXTENT, BK, THREADS, WIDTH> *o)
{
    typedef GemmShare<EXTENT, BK, THREADS, WIDTH> O;
    int k = o->at / O::STRIDE, e = o->at % O::STRIDE, stride = EXTENT + T::PADDING;
    UNROLL
    for (int i = 0; i < O::COUNT; ++i) {
        UNROLL
        for (int w = 0; w < WIDTH; ++w) {
            int at = o->along_k ? (k + w) * stride + e + i * O::E_APART : (k + i * O::K_APART) * stride + e + w;
            round_to(&tile[at], o->staged[i * WIDTH + w]);
        }
    }
}

#endif

enum { BM = 128, BN = 128, WARP_M = 32, WARP_N = 64, WARPS = BM / WARP_M * (BN / WARP_N), THREADS = 32 * WARPS };

// double_buffer of gemm_blocked, with the inner loop on the tensor cores: a warp holds 2 x 4 pieces of 16 x 16 sums, in
// fragments, whose elements are spread over the lanes in a way that only the hardware knows. Hence the detour through
// shared memory at the end. (A warp has 32 lanes here: there is no NVIDIA GPU with another number.)
template <class T, int BK, int WIDTH> __global__ void __launch_bounds__(THREADS, 1) gemm_wmma(Gemm g)
{
#if HAS_TENSOR_CORES
    using namespace nvcuda;
    enum { STRIDE = BM + T::PADDING, M = WARP_M / 16, N = WARP_N / 16 };
    static_assert(BM == BN, "one STRIDE for both tiles");
    __shared__ __align__(32) typename T::Stored a_tile[2][BK * STRIDE], b_tile[2][BK * STRIDE];
    __shared__ __align__(32) float out[WARPS][16 * 16];
    GemmShare<BM, BK, THREADS, WIDTH> a;
    GemmShare<BN, BK, THREADS, WIDTH> b;
    wmma::fragment<wmma::accumulator, 16, 16, T::K, float> sum[M][N];
    int thread = threadIdx.x, warp = thread / 32, lane = thread % 32, now = 0;
    int tiles_across = ceil_div(g.n, BN), steps = ceil_div(g.k, BK);
    int i0 = blockIdx.x / tiles_across * BM, j0 = blockIdx.x % tiles_across * BN;
    int i = warp / (BN / WARP_N) * WARP_M, j = warp % (BN / WARP_N) * WARP_N;
    UNROLL
    for (int r = 0; r < M; ++r) {
        UNROLL
        for (int s = 0; s < N; ++s)
            wmma::fill_fragment(sum[r][s], 0);
    }
    gemm_open(&a, g.a, g.lda, !g.trans_a, i0, g.m, g.k, thread);
    gemm_open(&b, g.b, g.ldb, g.trans_b, j0, g.n, g.k, thread);
    gemm_fetch(&a);
    gemm_fetch(&b);
    stash_rounded<T>(a_tile[0], &a);
    stash_rounded<T>(b_tile[0], &b);
    __syncthreads();
    for (int left = steps - 1;; --left) {
        if (left > 0) {
            gemm_fetch(&a);
            gemm_fetch(&b);
        }
        UNROLL
        for (int k = 0; k < BK; k += T::K) {
            // tile[k][row] is A by columns and B by rows.
            wmma::fragment<wmma::matrix_a, 16, 16, T::K, typename T::Format, wmma::col_major> x[M];
            wmma::fragment<wmma::matrix_b, 16, 16, T::K, typename T::Format, wmma::row_major> y[N];
            UNROLL
            for (int r = 0; r < M; ++r)
                wmma::load_matrix_sync(x[r], &a_tile[now][k * STRIDE + i + 16 * r], STRIDE);
            UNROLL
            for (int s = 0; s < N; ++s)
                wmma::load_matrix_sync(y[s], &b_tile[now][k * STRIDE + j + 16 * s], STRIDE);
            UNROLL
            for (int r = 0; r < M; ++r) {
                UNROLL
                for (int s = 0; s < N; ++s)
                    wmma::mma_sync(sum[r][s], x[r], y[s], sum[r][s]);
            }
        }
        if (left == 0)
            break;
        now = 1 - now;
        stash_rounded<T>(a_tile[now], &a);
        stash_rounded<T>(b_tile[now], &b);
        __syncthreads();
    }
    UNROLL
    for (int r = 0; r < M; ++r) {
        UNROLL
        for (int s = 0; s < N; ++s) {
            wmma::store_matrix_sync(out[warp], sum[r][s], 16, wmma::mem_row_major);
            warp_sync();
            for (int e = lane; e < 16 * 16; e += 32) {
                int row = i0 + i + 16 * r + e / 16, column = j0 + j + 16 * s + e % 16;
                if (row < g.m && column < g.n)
                    gemm_write(&g, row, column, out[warp][e]);
            }
            warp_sync();
        }
    }
#endif
}

// ---- program --------------------------------------------------------------------------------------------------------

// The error of a sum of k products of rounded factors, relative to Σ|a||b|: each product has two factors that are off
// by u at most, and the sum is float32's, but a tensor core cuts its additions off instead of rounding them, and brings
// all terms of an instruction to the exponent of the largest one first: count four times k + 3 roundings, all of which may
// go the same way. (Fasi, Higham,
// Mikaitis, Pranesh, Numerical behavior of NVIDIA tensor cores, PeerJ Computer Science 7, 2021.)
static double bound_of(double u, int k)
{
    return u == 0 ? gemm_bound_f32(k) : 2 * u + u * u + 4 * (k + 3.0) * 0.5 * FLT_EPSILON;
}

// Every version is held to its own bound: it is put in place by the version's first launch, which is not timed.
static void use_bound(const GemmOperands *o, double u)
{
    static double now = 0;
    if (now != u)
        gemm_set_bound(o, bound_of(u, o->g.k));
    now = u;
}

static void fp32(const void *operands)
{
    const GemmOperands *o = (const GemmOperands *)operands;
    use_bound(o, 0);
    gemm_warp_tile_launch<128, 128, 8, 16, 8>(&o->g, GemmPlain());
}

template <class T, int BK> static void tensor_core(const void *operands)
{
    const GemmOperands *o = (const GemmOperands *)operands;
    use_bound(o, T::u);
    if (gemm_has_quads(&o->g))
        gemm_wmma<T, BK, 4><<<gemm_grid(&o->g, BM, BN), THREADS>>>(o->g);
    else
        gemm_wmma<T, BK, 1><<<gemm_grid(&o->g, BM, BN), THREADS>>>(o->g);
}

static void library(const void *operands)
{
    use_bound((const GemmOperands *)operands, 0);
    gemm_library(operands);
}

// error/bound times the bound's factor is error/size, the same measure for all versions.
static void print_errors(Program *program, int k)
{
    static const char *const names[] = {"fp32", "tf32", "bf16"};
    static const double u[] = {0, Tf32::u, Bf16::u};
    printf("\nlargest error of an element, relative to its |alpha| sum |a||b| + |beta c|:\n");
    for (int i = 0; i < program->result_count; ++i) {
        for (int n = 0; n < LENGTH(names); ++n) {
            if (strcmp(program->results[i].version, names[n]) != 0)
                continue;
            double error = program->results[i].ratio * bound_of(u[n], k);
            printf("%-8s %.2g\n", names[n], error);
            program_result(program, names[n], error);
        }
    }
}

int main(int argc, char **argv)
{
    GemmOptions sizes = {511, 516, 500, 0, false, false, 1, 0};
    const Option options[] = {GEMM_OPTIONS(sizes)};
    const Version versions[] = {
        {"fp32", fp32, "gemm_blocked's warp_tile, on the ordinary multipliers"},
        {"tf32", tensor_core<Tf32, 16>, "factors with 11 significant bits"},
        {"bf16", tensor_core<Bf16, 32>, "factors with 8 significant bits"},
        {library_name(), library, "the vendor's library, float32"},
    };
    int count = LENGTH(versions) - (library_name() ? 0 : 1);
    Program program =
        program_begin(argc, argv, "C = alpha op(A) op(B) + beta C, tensor cores", options, LENGTH(options));
    program_versions(&program, versions, count);
    if (device_properties()->major < 8) {
        printf("%s   %s has compute capability %d.%d; TF32 and bf16 need 8.0: nothing is run\n", program.name,
               device_name(), device_properties()->major, device_properties()->minor);
        return STATUS_OK;
    }
    GemmOperands operands = gemm_operands(&program, &sizes);
    gemm_run(&program, versions, count, &operands);
    print_errors(&program, sizes.k);
    return program_end(&program);
}
