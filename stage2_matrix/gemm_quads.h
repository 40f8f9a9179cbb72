// gemm_quads.h: the parts that the last three kernels of gemm_blocked are made of: moving tiles by quads (four floats
// in one 16-byte access), the outer products of a thread, and the way out to C.
//
// Both operands have the same form in shared memory: tile[k][e], where e counts rows of C for A and columns of C for B.
// So a thread finds the rows and columns that it needs in step k side by side, and loads them by quads. In global
// memory an operand lies along k (A as it is, B transposed) or along e (A transposed, B as it is). What lies along k is
// turned round on its way into the tile: all four combinations of transposes cost one branch that all threads take
// alike, and not four kernels.
#ifndef STAGE2_GEMM_QUADS_H
#define STAGE2_GEMM_QUADS_H

#include "../common/unroll.h"
#include "gemm_problem.h"

// Floats by which tile[k + 1] lies farther from tile[k] than it must. Four, so that quads stay aligned; and not none,
// so that threads that turn an operand round, and write to several rows at once, meet in fewer banks of shared memory.
enum { GEMM_PADDING = 4 };

// ---- global memory -> registers -> shared memory --------------------------------------------------------------------

// One thread's share of the tiles of one operand: THREADS threads share a tile of EXTENT x BK floats: COUNT pieces
// each, of WIDTH floats that are neighbours in memory (a quad, or one float where the matrix does not allow quads).
template <int EXTENT, int BK, int THREADS, int WIDTH> struct GemmShare {
    enum {
        COUNT = EXTENT * BK / WIDTH / THREADS,
        E_APART = THREADS * WIDTH / BK,     // from one piece to the next, where the operand lies along k
        K_APART = THREADS * WIDTH / EXTENT, // and where it lies along e
        STRIDE = EXTENT + GEMM_PADDING,
    };
    static_assert(COUNT * WIDTH * THREADS == EXTENT * BK && E_APART * BK == THREADS * WIDTH &&
                      K_APART * EXTENT == THREADS * WIDTH,
                  "these threads cannot share such a tile equally");
    bool along_k;
    const float *next;           // its first piece in the tile that comes next
    long jump, step, full_step;  // floats in memory: from piece to piece; from the next tile on; from full tiles on
    int count, full_count;       // pieces inside the matrix: in the next tile; in full tiles
    int at;                      // where its first piece goes in the tile
    float staged[COUNT * WIDTH]; // pieces on their way
};

// `x`: the operand in global memory, ld its row length there; begin: the block's first row (or column) of C, of
// `extent`.
//
// The tile that is not full is the first one, not the last: it is loaded before the loop over k, which then has full
// tiles only and needs no test for the end. And what is outside the matrix are always the last pieces of a thread, so
// that one number, the count, says which they are.
template <int EXTENT, int BK, int THREADS, int WIDTH>
static inline __device__ void gemm_open(GemmShare<EXTENT, BK, THREADS, WIDTH> *o, const float *x, int ld, bool along_k,
                                        int begin, int extent, int k_size, int thread)
{
    typedef GemmShare<EXTENT, BK, THREADS, WIDTH> O;
    int e = along_k ? thread / (BK / WIDTH) : thread % (EXTENT / WIDTH) * WIDTH;
    int k = along_k ? thread % (BK / WIDTH) * WIDTH : thread / (EXTENT / WIDTH);
    int left = extent - begin - e, first = (k_size - 1) % BK + 1; // what is left of e from here on; k in the first tile
    long k_distance = along_k ? 1 : ld;                           // floats in memory from one k to the next
    o->along_k = along_k;
    o->at = k * O::STRIDE + e;
    o->next = x + (along_k ? (long)(begin + e) * ld + k : (long)k * ld + begin + e);
    o->jump = (along_k ? (long)O::E_APART : (long)O::K_APART) * ld;
    o->step = first * k_distance;
    o->full_step = BK * k_distance;
    o->full_count = left <= 0 ? 0 : along_k ? ceil_div(left, O::E_APART) : (int)O::COUNT;
    o->count = left <= 0 || k >= first ? 0 : along_k ? o->full_count : ceil_div(first - k, O::K_APART);
    UNROLL
    for (int i = 0; i < O::COUNT * WIDTH; ++i)
        o->staged[i] = 0;
}

// Loads the pieces of the next tile; those outside the matrix stay zero.
template <int EXTENT, int BK, int THREADS, int WIDTH>
static inline __device__ void gemm_fetch(GemmShare<EXTENT, BK, THREADS, WIDTH> *o)
{
    const float *piece = o->next;
    UNROLL
    for (int i = 0; i < GemmShare<EXTENT, BK, THREADS, WIDTH>::COUNT; ++i, piece += o->jump) {
        if (i >= o->count)
            continue;
        if (WIDTH == 4) {
            float4 quad = *(const float4 *)piece;
            o->staged[WIDTH * i] = quad.x;
            o->staged[WIDTH * i + 1 % WIDTH] = quad.y; // % WIDTH: for the compiler, when WIDTH is 1
            o->staged[WIDTH * i + 2 % WIDTH] = quad.z;
            o->staged[WIDTH * i + 3 % WIDTH] = quad.w;
        } else {
            o->staged[i] = *piece;
        }
    }
    o->next += o->step;
    o->step = o->full_step;
    o->count = o->full_count;
}

// Puts them into the tile.
template <int EXTENT, int BK, int THREADS, int WIDTH>
static inline __device__ void gemm_stash(float *tile, const GemmShare<EXTENT, BK, THREADS, WIDTH> *o)
{
    typedef GemmShare<EXTENT, BK, THREADS, WIDTH> O;
    const float *from = o->staged;
    float *to = tile + o->at;
    for (int i = 0; i < O::COUNT; ++i, from += WIDTH) {
        if (o->along_k) {
            for (int w = 0; w < WIDTH; ++w)
                to[i * O::E_APART + w * O::STRIDE] = from[w];
        } else if (WIDTH == 4) {
            *(float4 *)&to[i * O::K_APART * O::STRIDE] = make_float4(from[0], from[1], from[2], from[3]);
        } else {
            to[i * O::K_APART * O::STRIDE] = from[0];
        }
    }
}

// Do all quads of A, B lie at multiples of 16 bytes, and does no quad reach over the end of a row?
static inline bool gemm_has_quads(const Gemm *g)
{
    int a_row = g->trans_a ? g->m : g->k, b_row = g->trans_b ? g->k : g->n;
    return a_row % 4 == 0 && b_row % 4 == 0 && g->lda % 4 == 0 && g->ldb % 4 == 0 && (size_t)g->a % 16 == 0 &&
           (size_t)g->b % 16 == 0;
}

// ---- shared memory -> sums ------------------------------------------------------------------------------------------

// A thread's TM x TN elements of C come in quads of rows, and in groups of columns: quads on a device, more on a CPU
// (LOAD_FLOATS). `apart` is how far it is, in the tile, from one group to the next. A struct of this kind is loaded in
// one piece, and then its floats are in registers, each by itself.
template <int COUNT> struct __align__(16) GemmGroup
{
    float of[COUNT];
};

// Columns in a group, where a thread has TN.
template <int TN> struct GemmColumns {
    enum { GROUP = TN < LOAD_FLOATS ? TN : LOAD_FLOATS };
};

// Loads the numbers of one k.
template <int COUNT, int GROUPS>
static inline __device__ void gemm_load_groups(GemmGroup<COUNT> (&x)[GROUPS], const float *tile, int apart)
{
    UNROLL
    for (int q = 0; q < GROUPS; ++q)
        x[q] = *(const GemmGroup<COUNT> *)&tile[q * apart];
}

// Adds the products of one pair of tiles. a and b point to the thread's first row and column in them. Each number is
// loaded once and used TN (or TM) times: with 16 x 8 elements, six loads of quads serve 128 multiply-adds.
template <int BM, int BN, int BK, int TM, int TN>
static __forceinline__ __device__ void gemm_multiply(float (&sum)[TM][TN], const float *a, const float *b, int a_apart,
                                                     int b_apart)
{
    enum { GROUP = GemmColumns<TN>::GROUP };
    UNROLL_STEPS
    for (int k = 0; k < BK; ++k) {
        GemmGroup<4> x[TM / 4];
        GemmGroup<GROUP> y[TN / GROUP];
        gemm_load_groups(x, a + k * (BM + GEMM_PADDING), a_apart);
        gemm_load_groups(y, b + k * (BN + GEMM_PADDING), b_apart);
        UNROLL
        for (int r = 0; r < TM; ++r) {
            UNROLL
            for (int q = 0; q < TN / GROUP; ++q) {
                UNROLL_VECTOR
                for (int s = 0; s < GROUP; ++s)
                    sum[r][q * GROUP + s] += x[r / 4].of[r % 4] * y[q].of[s];
            }
        }
    }
}

// ---- sums -> C ------------------------------------------------------------------------------------------------------

// The last word on an element of C: what a layer does with it (add a bias, apply an activation) costs next to nothing
// here, where the number is in a register, and a pass over all of C anywhere else. A stage that wants that defines a
// plain struct with what it needs, and a function of this name for it:
//
//     typedef struct { const float *bias; } BiasRelu;
//     static inline __device__ float gemm_epilogue(const BiasRelu *e, int i, int j, float value)
//     {
//         return fmaxf(value + e->bias[j], 0);
//     }
//
// and gives the struct to gemm_launch. value is alpha·Σ + beta·c, (i, j) its place; what is returned is stored.
typedef struct {
} GemmPlain;

static inline __device__ float gemm_epilogue(const GemmPlain *, int, int, float value)
{
    return value;
}

template <class Epilogue>
static inline __device__ float gemm_finish(const Gemm *g, const Epilogue *e, int i, int j, float sum, float old)
{
    return gemm_epilogue(e, i, j, g->beta == 0 ? g->alpha * sum : g->alpha * sum + g->beta * old);
}

// Elements (i, j) ... (i, j + 3), those that exist.
template <class Epilogue>
static inline __device__ void gemm_write_quad(const Gemm *g, const Epilogue *e, int i, int j, const float *sum)
{
    float *c = &g->c[(long)i * g->ldc + j];
    if (j + 3 < g->n && g->ldc % 4 == 0 && (size_t)g->c % 16 == 0) {
        float4 old = g->beta == 0 ? make_float4(0, 0, 0, 0) : *(const float4 *)c;
        *(float4 *)c =
            make_float4(gemm_finish(g, e, i, j, sum[0], old.x), gemm_finish(g, e, i, j + 1, sum[1], old.y),
                        gemm_finish(g, e, i, j + 2, sum[2], old.z), gemm_finish(g, e, i, j + 3, sum[3], old.w));
    } else {
        for (int s = 0; s < 4; ++s)
            if (j + s < g->n)
                c[s] = gemm_finish(g, e, i, j + s, sum[s], g->beta == 0 ? 0 : c[s]);
    }
}

// All elements of a thread: its first row and column in C, and how far apart its quads of rows and its groups of columns
// are.
template <int TM, int TN, class Epilogue>
static inline __device__ void gemm_write_sums(const Gemm *g, const Epilogue *e, const float (&sum)[TM][TN], int i,
                                              int j, int rows_apart, int columns_apart)
{
    enum { GROUP = GemmColumns<TN>::GROUP };
    UNROLL
    for (int r = 0; r < TM; ++r) {
        int row = i + r / 4 * rows_apart + r % 4;
        UNROLL
        for (int s = 0; s < TN; s += 4)
            if (row < g->m)
                gemm_write_quad(g, e, row, j + s / GROUP * columns_apart + s % GROUP, &sum[r][s]);
    }
}

#endif
